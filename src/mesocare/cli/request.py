"""How what was typed, set or put on record becomes a question: resolved, checked, ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.cli import clock
from mesocare.cli.reply import Reply
from mesocare.cli.settings import Settings
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import SettingError, TreatmentError
from mesocare.text import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.app.before import Ahead
    from mesocare.app.shelf import Bottle
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Detail, RuleSet, Treatment
    from mesocare.core.question import Question, Recorded
    from mesocare.parsing.date_order import Orders
    from mesocare.store.record import Record

NO_TREATMENT_HINT = (
    "Say when it was, for example: mesocare today --treated 2024-05-01T14:30, "
    "or put it on record: mesocare treated 2024-05-01T14:30"
)


class Request(NamedTuple):
    """What a command was asked: resolved, checked and ready for the engine.

    Attributes:
        question: The instant, the treatments and the rules.
        json: Whether the answer is wanted as JSON.
        record: What is on record; `None` where the answer does not depend on it.
        on_record: Whether the treatments are those on record, so that the diary belongs to them.
        orders: How the numbers of a date are ordered, for somebody who has said so.
    """

    question: Question
    json: bool
    record: Record | None
    on_record: bool
    orders: Orders | None = None

    @property
    def meaning(self) -> Triage | None:
        """What the diary of the treatments asked about means; `None` where there is none.

        Raises:
            UnconfirmedError: It means nothing, but the record was damaged and may lack something.
        """
        if not self.on_record or self.record is None:
            return None
        if not self.record.entries and self.record.recovery is None:
            return None  # most have no diary, and need nothing of what judges one
        from mesocare.app.diary import meaning_of

        return meaning_of(self.question, self.record)

    @property
    def planned(self) -> Ahead | None:
        """What comes before the next session on record; `None` where there is none ahead.

        Raises:
            TreatmentError: It cannot be used here.
        """
        if not self.on_record or self.record is None or self.record.person.session is None:
            return None
        from mesocare.app.before import planned

        return planned(self.record, self.question.rules, self.question.at)

    @property
    def shelf(self) -> tuple[Bottle, ...]:
        """The person's own products with what is said of each; none for treatments of a call."""
        if not self.on_record or self.record is None or not self.record.products:
            return ()
        from mesocare.app.shelf import shelf

        meaning = self.meaning
        return shelf(self.record.products, self.question, meaning.open_ids if meaning else ())

    @property
    def changed(self) -> datetime | None:
        """When the treatments asked about were last changed, in UTC, if they are on record."""
        if not self.on_record or self.record is None:
            return None
        from datetime import datetime as instant

        changes = [each.changed for each in self.record.treatments]
        changes += [each.changed for each in self.record.products]
        return max(map(instant.fromisoformat, changes), default=None)

    def reply(self, text: str, exit_code: int = 0, meaning: Triage | None = None) -> Reply:
        """Return a reply; whom to call by what the diary means is said even if nobody gets it."""
        if meaning is None:
            return Reply(text, exit_code)
        from mesocare.app.diary import calls

        return Reply(text, exit_code, calls=calls(meaning, self.question.rules))


def request(
    settings: Settings | None = None,
    *,
    whole_record: bool = False,
    needs_treatment: bool = True,
    needs_diary: bool = False,
    rules: RuleSet | None = None,
    record: Record | None = None,
) -> Request:
    """Return what was asked.

    Args:
        settings: The flags; none at all if left out.
        whole_record: Whether the treatments on record are all of them, not those that still count.
        needs_treatment: Whether there has to be a treatment.
        needs_diary: Whether the record is read even where treatments were given.
        rules: Those that have been read already.
        record: What has been read already.

    Raises:
        MesocareError: Something given cannot be used.
    """
    settings = settings or Settings({})
    # The parts of the program that a question needs, loaded once it is clear there is one.
    from mesocare.core.question import Question

    at, zone, rules = moment_and_rules(settings, rules)
    recorded: tuple[Recorded, ...] = ()
    on_record = not settings.get("treated")
    if record is None and (on_record or needs_diary):
        from mesocare.store import record as store

        record = store.read()
    if on_record and record is not None:
        from mesocare.app import recall

        _check_no_type(settings)
        recorded = recall.recorded(record, rules, at, confirmed=needs_treatment)
        if needs_treatment and not recorded:
            raise no_treatment()
        recorded = tuple(
            each._replace(treatment=one)
            for each, one in zip(
                recorded,
                _detailed([each.treatment for each in recorded], settings, rules),
                strict=True,
            )
        )
        treatments = recall.counting(recorded, rules, at, whole=whole_record)
    else:
        treatments = _detailed(_given(settings, at, zone, rules), settings, rules)
    if any(each.details for each in treatments):
        from mesocare.core.aftercare.details import raised

        rules = raised(rules, treatments)
    # What the environment or the configuration file names is there for the next call too.
    path, origin = settings.found("rules")
    kinds = ("with", "about")
    named = [each for each in kinds if settings.get(each) and not settings.found(each)[1]]
    question = Question(
        at,
        zone,
        treatments,
        rules,
        no_color=bool(settings.get("no_color")),
        recorded=recorded,
        rules_given=None if origin else path,
        kinds_given=tuple(named),
    )
    return Request(question, bool(settings.get("json")), record, on_record, date_orders(settings))


def moment_and_rules(
    settings: Settings, rules: RuleSet | None = None
) -> tuple[datetime, tzinfo, RuleSet]:
    """Return the instant asked about, in UTC, the time zone, and the rules that answer.

    Rules that were read already are not read again.

    Raises:
        MesocareError: One of them cannot be used; the message says where it comes from.
    """
    from mesocare.parsing import dates
    from mesocare.rules.loader import load_rules

    with settings.reading("tz"):
        tz = settings.get("tz")
        zone = dates.parse_zone(tz) if tz is not None else clock.system_zone()
    at = clock.now()
    with settings.reading("at"):
        text = settings.get("at")
        orders = date_orders(settings)
        at = at if text is None else dates.parse_at(text, now=at, zone=zone, orders=orders)
    with settings.reading("rules"):
        return at, zone, rules or load_rules(settings.get("rules"))


def date_orders(settings: Settings | None = None) -> Orders | None:
    """Return how the numbers of a date are ordered, for somebody who has said so; else `None`.

    Raises:
        SettingError: No such order.
    """
    settings = settings or Settings({})
    text, origin = settings.found("dates")
    if text is None:
        return None
    from mesocare.parsing.date_order import ORDERS

    if text not in ORDERS:
        message = f"--dates {text!r} is unknown{origin}"
        raise SettingError(message, f"Type one of: {', '.join(ORDERS)}.")
    return ORDERS[text]


def _pairs(settings: Settings) -> tuple[list[str], list[str]]:
    """Return the treatment times and, in the same order, their types."""
    whens, types = settings.get("treated") or [], settings.get("type") or []
    origin = settings.found("type")[1]
    if types and len(types) != len(whens):
        counts = f"{len(whens)} --treated but {len(types)} --type{origin}"
        example = " ".join(
            f"--treated {shell_quoted(when)} --type {(types + [DEFAULT_TYPE] * len(whens))[n]}"
            for n, when in enumerate(whens)
        )
        hint = f"Give one --type for each --treated, for example: mesocare today {example}"
        raise TreatmentError(f"{counts}: they pair up in order", hint)
    return whens, types or [DEFAULT_TYPE] * len(whens)


def _given(settings: Settings, at: datetime, zone: tzinfo, rules: RuleSet) -> tuple[Treatment, ...]:
    """Return the treatments that were given for this call."""
    from mesocare.core.model import Treatment
    from mesocare.parsing import dates
    from mesocare.parsing.types import find_type

    whens, types = _pairs(settings)
    with settings.reading("treated"):
        orders = date_orders(settings)
        intervals = [dates.parse_treated(when, at=at, zone=zone, orders=orders) for when in whens]
    with settings.reading("type"):
        types = [find_type(type_, rules, "--type") for type_ in types]
    return tuple(Treatment(*pair) for pair in zip(types, intervals, strict=True))


def _detailed(
    treatments: Sequence[Treatment], settings: Settings, rules: RuleSet
) -> tuple[Treatment, ...]:
    """Return the treatments with what was injected and who was treated, as it was given."""
    from mesocare.parsing.details import details_of, find_details

    given: list[Detail] = []
    for kind in ("with", "about"):
        with settings.reading(kind):
            given += find_details(settings.get(kind) or (), kind, rules)
            treatments = [
                each._replace(details=details_of(each.type, (*each.details, *given), rules))
                for each in treatments
            ]
    return tuple(treatments)


def _check_no_type(settings: Settings) -> None:
    """Refuse a type without a time: on record, every treatment has its own."""
    if types := settings.get("type"):
        origin = settings.found("type")[1]
        message = f"--type {types[0]} was given{origin}, but not when the treatment was"
        raise TreatmentError(message, NO_TREATMENT_HINT)


def no_treatment(first: str = "") -> TreatmentError:
    """Return the error that there is no treatment to answer by; `first` opens its hint."""
    message = "no treatment was given, and none is on record"
    return TreatmentError(message, "\n".join(filter(None, (first, NO_TREATMENT_HINT))))
