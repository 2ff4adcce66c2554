"""Whether a product may be used: its ingredients, and the rules that their classes are held to.

The verdict is the strictest of those that the engine gives for the items in question; no window is
written here. A list read only in part is never a plain yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Verdict
from mesocare.core.verdict.engine import answer
from mesocare.errors import MesocareError
from mesocare.parsing.labels.inci import parse_label
from mesocare.parsing.labels.ingredients import HARMLESS, NOTED, Reader
from mesocare.parsing.labels.kinds import guessed, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mesocare.core.model import Treatment
    from mesocare.core.products import Entry, IngredientClass, Kind, Products
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer
    from mesocare.parsing.labels.ingredients import Found, Reading
    from mesocare.parsing.labels.kinds import KindReading

# Used where nothing says what kind of product it is: what stays on the skin is held to more.
UNKNOWN_KIND = "cream"
PEELS = frozenset({"peel", "scrub"})
# So many names make a list, where no word says that one begins.
LEAST_NAMES = 3
MOST_NAMES = 1000
_WHOLE = 100.5
_TYPE = "Type the list as printed, for example: mesocare product 'Aqua, Glycerin, Retinol'"


class Held(NamedTuple):
    """An ingredient that is held to a rule.

    Attributes:
        found: The name and where it stands.
        entry: What it was recognised as.
        group: The class of that.
        answer: The strictest answer of the items the class is tied to; `None` where it has none.
    """

    found: Found
    entry: Entry
    group: IngredientClass
    answer: Answer | None

    @property
    def protocol(self) -> str:
        """The clinic whose protocol restricts it, or ties its class to what decides; else empty."""
        tied = self.answer is not None and self.answer.activity in self.group.added
        return self.entry.protocol or (self.group.protocol if tied else "")


class ProductAnswer(NamedTuple):
    """What is said of a product at one instant. Instants are in UTC.

    Attributes:
        verdict: The strictest of all that holds, and no milder than the doubts allow.
        decisive: The answer that decides.
        decides: The ingredient that decides; `None` where the kind of product does.
        held: Every ingredient that a rule holds, the strictest first.
        noted: What is said without a rule.
        traces: What would be held higher up in the list: buffers and traces.
        reading: What was recognised.
        kind: What kind of product it is taken for.
        doubts: Why it is no plain yes, beside the rules; whom to ask is said with it.
        remarks: What else was read of the text.
        limited_from: From then on it is surely neither `avoid` nor `ask`; `None` for never.
        allowed_from: From then on it is surely `allowed`; `None` for never, as with a doubt.
    """

    verdict: Verdict
    decisive: Answer
    decides: Held | None
    held: tuple[Held, ...]
    noted: tuple[Held, ...]
    traces: tuple[Held, ...]
    reading: Reading
    kind: KindReading
    doubts: tuple[str, ...]
    remarks: tuple[str, ...]
    limited_from: datetime | None
    allowed_from: datetime | None


class Judge:
    """Says of any number of products whether they may be used, at one instant.

    What does not depend on a product is read and asked once: the table of ingredients, and what
    the engine answers for an item.

    Args:
        question: The instant, the treatments and the rules.
        open_findings: The ids of what the clinic has to see first, as a diary says.
    """

    def __init__(self, question: Question, open_findings: Sequence[str] = ()) -> None:
        self.question = question
        self._open_findings = tuple(open_findings)
        self._reader = Reader(question.rules.products())
        self._answers: dict[tuple[str, tuple[int, ...]], Answer] = {}

    def product(self, text: str, kind: str | None = None) -> ProductAnswer:
        """Say whether a product may be used, by its label.

        Args:
            text: The label.
            kind: The id of the kind of product, where it is known.

        Raises:
            MesocareError: No ingredient was recognised, or there is no such kind.
        """
        reading = _read(text, self._reader)
        told = kind_of(reading, kind)
        words = guessed(reading)[0] if told.given else told.kinds
        peel = bool(PEELS & {each.id for each in (*told.kinds, *words)})
        asked = _Asked(self, told, reading.products.kinds[UNKNOWN_KIND])
        held, noted, traces, unsure = _sorted(reading, asked, peel=peel)
        base = asked.base()
        decisive = max((*(each.answer for each in held if each.answer), *base), key=_strictness)
        doubts = (*_doubts(reading), *unsure, *asked.unruled(held))
        unread = 2 * reading.known < len(reading.found)
        return ProductAnswer(
            _cautious(decisive.verdict, doubts, unread=unread),
            decisive,
            next((each for each in held if each.answer is decisive), None),
            held,
            noted,
            traces,
            reading,
            told,
            doubts,
            _remarks(reading),
            None if unread else _last([each.limited_from for each in asked.answers.values()]),
            None if doubts else _last([each.allowed_from for each in asked.answers.values()]),
        )

    def answer(self, item: str, treatments: tuple[Treatment, ...]) -> Answer:
        """Return what the engine answers for an item after some treatments."""
        # They are those of the question, or some of them, so each is known by being itself.
        key = item, tuple(map(id, treatments))
        if key not in self._answers:
            rules = self.question.rules
            self._answers[key] = answer(
                rules.items[item], treatments, rules, self.question.at, self._open_findings
            )
        return self._answers[key]


def product(
    text: str, question: Question, kind: str | None = None, open_findings: Sequence[str] = ()
) -> ProductAnswer:
    """Say whether one product may be used, as a `Judge` does.

    Raises:
        MesocareError: No ingredient was recognised, or there is no such kind.
    """
    return Judge(question, open_findings).product(text, kind)


def _cautious(verdict: Verdict, doubts: Sequence[str], *, unread: bool) -> Verdict:
    """Return a verdict that no doubt makes too mild; of a list mostly unread the clinic decides."""
    if unread and not verdict.closed:
        return Verdict.ASK
    return Verdict.LIMITED if doubts and verdict is Verdict.ALLOWED else verdict


def read(text: str, products: Products) -> Reading:
    """Return what is recognised of a label.

    Raises:
        MesocareError: That is nothing.
    """
    return _read(text, Reader(products))


def _read(text: str, reader: Reader) -> Reading:
    label = parse_label(text)
    if not label.items:
        raise MesocareError("there is no ingredient in that text", _TYPE)
    reading = reader.read(label)
    if not reading.recognised:
        count = len(reading.found)
        first = reading.found[0].printed.text
        names = "the one name" if count == 1 else f"any of the {count} names"
        message = f"no ingredient was recognised in {names} of that text, which begins {first!r}"
        hint = "It needs the list on the pack, in INCI names such as Aqua, Glycerin, Retinol."
        raise MesocareError(message, f"{hint}\n{_TYPE}")
    return reading


class _Asked:
    """The questions that one product comes to, each put once."""

    def __init__(self, judge: Judge, told: KindReading, usual: Kind) -> None:
        self.judge = judge
        self.told = told
        self.usual = usual
        self.answers: dict[str, Answer] = {}
        self.mask = any(each.id == "mask" for each in told.kinds)
        # Given, not guessed: then what only goes on hair is held to the rules of hair.
        self._hair = told.kinds[0] if told.given and told.kinds[0].hair else None
        self._treatments = self._concerned()

    def base(self) -> list[Answer]:
        """Return what holds of the kind itself, whatever is in it."""
        kinds = list(self.told.kinds)
        if not self.told.given:
            # A guess may only make it stricter.
            kinds.insert(0, self.usual)
        return [self._answer(item) for kind in kinds for item in kind.items]

    def strictest(self, group: IngredientClass) -> Answer | None:
        """Return the strictest answer of the items that a class is tied to, if it has any.

        On hair alone nothing holds where the treatment was elsewhere.
        """
        items = (*group.items, *(group.mask if self.mask else ()))
        if self._hair is not None:
            if not self._treatments:
                return None
            own = group.items if self._hair.rinsed else self._hair.items
            items = own if group.hair is None else group.hair
        answers = [self._answer(item, self._treatments) for item in items]
        return max(answers, key=_strictness, default=None)

    def unruled(self, held: Iterable[Held]) -> list[str]:
        """Return what no rule covers in full, so that the clinic has to say."""
        return list(
            dict.fromkeys(
                f"no rule covers {each.found.printed.name} ({each.group.label}) in full"
                for each in held
                if each.group.clinic and not (self._hair and each.group.hair is not None)
            )
        )

    def _answer(self, item: str, treatments: tuple[Treatment, ...] = ()) -> Answer:
        if item not in self.answers:
            treatments = treatments or self.judge.question.treatments
            self.answers[item] = self.judge.answer(item, treatments)
        return self.answers[item]

    def _concerned(self) -> tuple[Treatment, ...]:
        """Return the treatments that count: of a hair product, those of what it goes on."""
        question = self.judge.question
        treatments = question.treatments
        if self._hair is None:
            return treatments
        items = [question.rules.items[id_] for id_ in self._hair.items]
        return tuple(
            each for each in treatments if any(each.rule_for(item).concerns for item in items)
        )


def _sorted(
    reading: Reading, asked: _Asked, *, peel: bool
) -> tuple[tuple[Held, ...], tuple[Held, ...], tuple[Held, ...], tuple[str, ...]]:
    """Return what is held, noted, and only a trace, and what cannot be told for its place."""
    held: list[Held] = []
    noted: list[Held] = []
    traces: list[Held] = []
    unsure: list[str] = []
    seen: set[Entry] = set()
    for found in reading.found:
        # What the table says of a name is not said again where a protocol restricts it anyway.
        ours = any(each.protocol and found.counts(each, peel=peel) for each in found.entries)
        for entry in found.entries:
            group = reading.products.classes[entry.group]
            counts = found.counts(entry, peel=peel)
            if counts:
                if entry not in seen:
                    held.append(Held(found, entry, group, asked.strictest(group)))
                    seen.add(entry)
            elif counts is None:
                unsure.append(f"{found.printed.name}: {_unplaced(found)}")
            elif entry.role == NOTED and not ours:
                noted.append(Held(found, entry, group, None))
            elif group.items and entry.role not in {HARMLESS, NOTED} and not ours:
                traces.append(Held(found, entry, group, None))
    held.sort(key=lambda each: _strictness(each.answer), reverse=True)
    return tuple(held), tuple(noted), tuple(traces), tuple(unsure)


def _unplaced(found: Found) -> str:
    """Return why it cannot be told how much of a name there is."""
    if found.again:
        return "it may be of a second product in the text"
    return "the order of this list says nothing of amounts"


def _strictness(given: Answer | None) -> tuple[int, bool, float, bool, float]:
    """Return what answers are compared by: what holds now, then how long it lasts."""
    if given is None:
        return (-1, False, 0.0, False, 0.0)
    opens, free = given.limited_from, given.allowed_from
    return (
        given.verdict.severity,
        opens is None,
        opens.timestamp() if opens else 0.0,
        free is None,
        free.timestamp() if free else 0.0,
    )


def _doubts(reading: Reading) -> list[str]:
    """Return why a list is no ground for a plain yes."""
    doubts = []
    unknown = frozenset(reading.unknown)
    for own, words in ((False, "not recognised"), (True, "only known to the clinic's protocol,")):
        names = [each.text for each in reading.early if own is (each not in unknown)]
        if names:
            doubts.append(f"{words} near the top: {', '.join(names[:_MOST_NAMED])}")
    label = reading.label
    few = reading.known < LEAST_NAMES and not any(each.headed for each in label.lists)
    if few or 2 * reading.known < len(reading.found):
        doubts.append("too little of a list was recognised")
    if len(reading.found) > MOST_NAMES:
        doubts.append(f"{len(reading.found)} names are more than a label has")
    if label.percent > _WHOLE:
        doubts.append(f"its percentages add up to {label.percent:g} %")
    if any(each.more for each in label.lists):
        doubts.append("it ends with `and other ingredients`")
    return doubts


_MOST_NAMED = 4


def _remarks(reading: Reading) -> tuple[str, ...]:
    """Return what else was read of a text: several lists, what may be in it, what was cleaned."""
    label = reading.label
    remarks = []
    if len(label.lists) > 1:
        kinds = {each.part for each in label.lists}
        active = len(label.lists) == len(kinds) and "active" in kinds
        if not active:
            remarks.append(f"{len(label.lists)} lists were read, and all of them count")
    if any(each.may for each in label.items):
        remarks.append("what it only may contain is taken as contained")
    if any(each.again for each in reading.found):
        remarks.append("water stands in it twice, so it may be two products; all of it counts")
    if label.cleaned:
        remarks.append(f"{label.cleaned} control characters were left out")
    return tuple(remarks)


def _last(instants: list[datetime | None]) -> datetime | None:
    """Return the last of some instants; `None`, which is never, where one is."""
    known = [each for each in instants if each is not None]
    return max(known) if len(known) == len(instants) else None
