"""The content of the rule set: complete, cited, plain, and covered by published cases."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from mesocare.core.model import Item, Treatment, Verdict
from mesocare.core.timespan import Days, Interval, closing
from mesocare.core.verdict.engine import answer
from mesocare.parsing.activities import find
from mesocare.rules.quality.cases import Question
from tests.support.cases import read_all
from tests.support.scripts import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.core.model import Phase, Rule, RuleSet

DATA = Path(__file__).parents[2] / "data"
FILES = sorted(
    path
    for path in DATA.rglob("*.yaml")
    if path.relative_to(DATA).parts[0] not in {"cases", "starter"}
)
PROSE = [path for path in FILES if path.name not in {"sources.yaml", "ruleset.yaml"}]
ID = re.compile(r"\b(?:S[0-9]{3}-[0-9]{3}|[BE][0-9]{3})\b")
TYPES = ["face", "scalp", "brightening"]

GROUPS = {
    "makeup": "foundation mineral-makeup eye-lip-makeup makeup-remover self-tan",
    "masks": "regular-mask soothing-gel-mask strong-mask recovery-mask",
    "exercise": "intense-workout light-activity hot-yoga contact-sport",
    "actives": (
        "retinoids aha-bha physical-exfoliant vitamin-c alcohol-based fragrance hydroquinone"
        " benzoyl-peroxide niacinamide"
    ),
    "sun": "direct-sun protected-sun peak-sun sunbathing sunbed",
    "heat": "sauna hot-shower steam-room hot-tub icy-cold cold-compress",
    "touch": "touching picking self-massage professional-facial sleeping-on-face shaving",
    "cleansing": "gentle-cleansing water-rinse lukewarm-shower moisturiser brush-cleansing",
    "hair": (
        "hair-washing hair-brushing styling-products hair-colour heat-styling haircut tight-hat"
        " loose-hat minoxidil"
    ),
    "procedures": (
        "chemical-peel laser-ipl microdermabrasion microneedling waxing threading"
        " laser-hair-removal botulinum-toxin filler dental-work vaccination flying tattoo-piercing"
        " blood-donation"
    ),
    "medicines": "nsaid paracetamol blood-thinners fish-oil collagen arnica numbing-cream",
    "lifestyle": "alcohol hot-drinks smoking",
    "water": "pool sea hot-tub",
}


def _read(name: str) -> dict[str, Any]:
    """Return a file as YAML has it, unchecked."""
    found: dict[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return found


def _cited(value: object) -> Iterator[str]:
    """Yield every id in a list called `evidence`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from inner if key == "evidence" else _cited(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _cited(inner)


def _texts(value: object) -> Iterator[str]:
    """Yield every text in a document, keys included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


CITED = {
    id_
    for path in PROSE
    if path.name != "ledger.yaml"
    for id_ in _cited(yaml.safe_load(path.read_text(encoding="utf-8")))
}


def test_every_row_is_kept(rules: RuleSet) -> None:
    """There are 876 rows, 203 of them from the five first documents, in files and in the model."""
    lines = (DATA / "evidence.tsv").read_text(encoding="utf-8").splitlines()
    ids = [line.split("\t")[0] for line in lines[1:]]
    assert ids == list(rules.evidence)
    assert len(ids) == len(set(ids)) == 876
    first = [id_ for id_ in ids if id_.startswith("S")]
    assert len(first) == 203
    assert {id_[:4] for id_ in first} == {"S000", "S001", "S002", "S003", "S004"}
    assert [rules.evidence[id_].source.seed for id_ in ids] == [id_[0] == "S" for id_ in ids]
    assert sum(source.seed for source in rules.sources.values()) == 5


def test_ledger(rules: RuleSet) -> None:
    """Each of the claims is cited, or else listed as not used with a reason, never both."""
    not_used = _read("ledger.yaml")["not_used"]
    assert CITED | set(not_used) == set(rules.evidence)
    assert not CITED & set(not_used)
    assert all(len(reason.split()) >= 5 for reason in not_used.values())


def test_every_id_in_prose_is_known(rules: RuleSet) -> None:
    """Ids are known wherever they stand: in lists, in rationales, in comments and in cases."""
    for path in DATA.rglob("*.yaml"):
        unknown = set(ID.findall(path.read_text(encoding="utf-8"))) - set(rules.evidence)
        assert not unknown, path


def test_every_source_is_used(rules: RuleSet) -> None:
    """Each document of the bibliography has a row, and says where it was published."""
    assert {row.source.id for row in rules.evidence.values()} == set(rules.sources)
    assert all(source.publisher and source.title for source in rules.sources.values())
    assert all(source.url is None or source.url[:4] == "http" for source in rules.sources.values())


def test_groups_and_items_of_the_brief(rules: RuleSet) -> None:
    """Every group and item is there, with a rule for all three types."""
    assert list(rules.types) == TYPES
    assert {id_: set(group.items) for id_, group in rules.groups.items()} == {
        id_: set(items.split()) for id_, items in GROUPS.items()
    }
    assert rules.headline_groups == ("makeup", "masks", "exercise", "actives", "sun")
    for item in rules.items.values():
        assert set(item.rules) == set(TYPES), item.id
        assert any(rule.concerns for rule in item.rules.values()), item.id
    for reaction in rules.reactions.values():
        assert reaction.expected, reaction.id
    assert set(rules.course) == set(TYPES)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("foundation", "foundation"), ("gym", "intense-workout"), ("retinol", "retinoids"),
        ("sheet mask", "regular-mask"), ("sauna", "sauna"), ("minoxidil", "minoxidil"),
        ("hair dye", "hair-colour"), ("go to the gym", "intense-workout"),
        ("peel", "chemical-peel"), ("swimming", "water"), ("make-up", "makeup"),
        ("masks", "masks"), ("tanning bed", "sunbed"),
    ],
)  # fmt: skip
def test_words_people_type(words: str, wanted: str, rules: RuleSet) -> None:
    """The usual words lead to their item or group."""
    assert find(words.split(), rules).id == wanted


@pytest.mark.parametrize("path", PROSE, ids=lambda path: path.name)
def test_prose_is_plain(path: Path) -> None:
    """Texts are ASCII, so that any terminal shows them, and have no doubled spaces or tabs."""
    for text in _texts(yaml.safe_load(path.read_text(encoding="utf-8"))):
        assert text.isascii(), text
        assert text == " ".join(text.split()), text


def _sentences(rule: Rule) -> Iterator[tuple[Phase, str]]:
    for phase in rule.phases:
        yield phase, phase.reason
        if phase.condition:
            yield phase, phase.condition


def _figures(rules: RuleSet, item: Item, rule: Rule) -> set[str]:
    """Return the numbers an item's evidence or the rule's own phases give, in any unit."""
    rows = [
        rules.evidence[id_]
        for each in item.rules.values()
        for id_ in each.evidence
    ]  # fmt: skip
    hours = {each for row in rows for each in (row.min_hours, row.max_hours) if each is not None}
    hours |= {phase.until.nominal_hours for phase in rule.phases if phase.until is not None}
    units = {f"{value / unit:g}" for value in hours for unit in (1, 24, 168, 720)}
    return units | {
        each for row in rows for each in re.findall(r"[0-9]+", f"{row.subject} {row.paraphrase}")
    }


WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10,
    "twelve": 12, "fourteen": 14, "a": 1, "an": 1, "couple": 2,
}  # fmt: skip


def test_no_number_without_a_source(rules: RuleSet) -> None:
    """A number in what an item says comes from its evidence or from its own phases."""
    timed = re.compile(rf"\b({'|'.join(WORDS)})(?= (?:hours?|days?|weeks?|months?)\b)")
    unfounded = []
    for item in rules.items.values():
        for type_, rule in item.rules.items():
            known = _figures(rules, item, rule)
            for _, text in _sentences(rule):
                spelled = [str(WORDS[word]) for word in timed.findall(text.casefold())]
                numbers = {*re.findall(r"[0-9]+", text), *spelled}
                unfounded += [(item.id, type_, number, text) for number in numbers - known]
    assert unfounded == []


def test_red_flags(rules: RuleSet) -> None:
    """Each has an urgency with somebody to call and says what to do; only one ever ends."""
    assert list(rules.contacts) == ["emergency", "same_day", "contact_clinic"]
    assert all(rules.contacts.values())
    for flag in rules.red_flags.values():
        assert flag.action or rules.contacts[flag.urgency], flag.id
        assert flag.evidence, flag.id
        assert set(flag.types) <= set(TYPES), flag.id
        assert flag.types, flag.id
    ending = {flag.id: flag.until for flag in rules.red_flags.values() if flag.until}
    assert ending == {"late-nodule": Days(203)}
    for type_ in TYPES:
        urgencies = {each.urgency for each in rules.red_flags.values() if type_ in each.types}
        assert len(urgencies) == 3, type_


def test_last_restriction_is_the_longest_credible(rules: RuleSet) -> None:
    """A rule that ends earlier or later than its credible sources says why."""
    for item in rules.items.values():
        for type_, rule in item.rules.items():
            rows = [rules.evidence[id_] for id_ in rule.evidence]
            figures = [row.max_hours for row in rows if row.restricts and row.credible]
            longest = max((each for each in figures if each is not None), default=None)
            end = rule.restricted_until
            if rule.concerns and (end is None or end.nominal_hours != longest):
                assert rule.rationale, (item.id, type_)


def test_every_boundary_has_its_cases(rules: RuleSet) -> None:
    """For each end of each phase a case asks a minute before it, at it, and a minute after it."""
    minute = timedelta(minutes=1)
    asked: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for case in read_all():
        if not isinstance(case, Question) or any(case.details.values()):
            continue
        subject = find([case.ask], rules)
        if not isinstance(subject, Item) or len(case.treatments) > 1:
            continue
        (treatment,) = case.treatments
        when = treatment.when
        for phase in subject.rules[treatment.type].phases:
            if phase.until is not None and when.earliest == when.latest:
                beside = case.at - closing(when.latest, phase.until, when.zone)
                asked[subject.id, treatment.type, str(phase.until)].add(beside // minute)
    gaps = [
        (item.id, type_, str(phase.until), minutes)
        for item in rules.items.values()
        for type_, rule in item.rules.items()
        for phase in rule.phases
        if phase.until is not None
        for minutes in (-1, 0, 1)
        if minutes not in asked[item.id, type_, str(phase.until)]
    ]
    assert gaps == []


def test_review_dates(rules: RuleSet) -> None:
    """The rule set says when it was reviewed and when that is due again, in a year."""
    reviewed, due = (
        datetime.fromisoformat(each).replace(tzinfo=UTC)
        for each in (rules.identity.reviewed, rules.identity.review_due)
    )
    assert due - reviewed == timedelta(days=365)
    assert all(source.read <= rules.identity.reviewed for source in rules.sources.values())


def test_verdicts_are_all_used(rules: RuleSet) -> None:
    """The rule set uses every verdict, and `ask` always has somebody to ask."""
    phases = [
        phase
        for item in rules.items.values()
        for rule in item.rules.values()
        for phase in rule.phases
    ]
    assert {phase.verdict for phase in phases} == set(Verdict)
    person = re.compile(r"\b(?:ask|doctor|practitioner|prescriber|clinic|dentist|whoever)\b")
    for phase in phases:
        if phase.verdict is Verdict.ASK:
            assert person.search(phase.reason.casefold()), phase.reason


PRESCRIBED = re.compile(
    r"\b(?:stop|stops|pause|skip|leave out|come off|do not take|withhold)\b[^.;]*"
    r"\b(?:medicines?|medication|tablets?|prescri\w+|blood.thinners?|anticoagulants?)\b",
    re.IGNORECASE,
)
# A sentence that names these speaks of a medicine that goes on, or of asking.
GOES_ON = re.compile(r"\b(?:ask|keep|never stop|do not stop|not a reason|nobody)\b", re.IGNORECASE)
VESSEL = re.compile(r"blocked vessel|vascular|white, dusky|mottled|net-like", re.IGNORECASE)
AT_HOME = re.compile(
    r"\b(?:massage|rub|warm|heat|hot pack|aspirin|(?<!after a )press|tap|nitro\w*|ice)\b",
    re.IGNORECASE,
)


def _read_by_people(rules: RuleSet) -> Iterator[str]:
    """Yield every text of the rules that is meant to be followed."""
    yield from load("plain_words").texts(rules)
    yield from rules.contacts.values()
    yield from (rules.triage.nodules.fever_text, rules.triage.open.text, rules.triage.noted)


def _each_sentence(text: str) -> list[str]:
    return re.split(r"(?<=[.?!;:])\s+", text)


@pytest.mark.parametrize(
    "wrong",
    [
        "Stop your blood thinners for a week.",
        "Skip the tablets until then.",
        "Pause prescribed creams.",
    ],
)
def test_a_text_that_stops_a_medicine_would_be_found(wrong: str) -> None:
    """The search below finds what it is for."""
    assert PRESCRIBED.search(wrong)
    assert not GOES_ON.search(wrong)


def test_no_text_stops_a_prescribed_medicine(rules: RuleSet) -> None:
    """That is for who prescribed it."""
    found = [
        sentence
        for text in _read_by_people(rules)
        for sentence in _each_sentence(text)
        if PRESCRIBED.search(sentence) and not GOES_ON.search(sentence)
    ]
    assert not found


def test_no_text_treats_a_blocked_vessel_at_home(rules: RuleSet) -> None:
    """Whoever may have one calls; nothing is to be tried before."""
    found = [
        sentence
        for text in _read_by_people(rules)
        for sentence in _each_sentence(text)
        if VESSEL.search(text)
        and AT_HOME.search(sentence)
        and not re.search(r"\b(?:never|do not|no)\b", sentence, re.IGNORECASE)
    ]
    assert not found


def test_no_type_is_looser_than_another_without_a_reason(rules: RuleSet) -> None:
    """Where an item opens earlier after one type than after another, the rule says why."""
    unsaid = []
    for item in rules.items.values():
        concerned = {type_: rule for type_, rule in item.rules.items() if rule.concerns}
        for type_, rule in concerned.items():
            looser = any(_looser(rule, other) for other in concerned.values())
            if looser and not rule.rationale:
                unsaid.append((item.id, type_))
    assert not unsaid


def _looser(rule: Rule, other: Rule) -> bool:
    """Whether a rule is at some hour milder than another."""
    hours = {0, *(span.nominal_hours for each in (rule, other) for span in each.spans)}
    return any(_at(rule, hour).severity < _at(other, hour).severity for hour in hours)


def _at(rule: Rule, hour: int) -> Verdict:
    return next(
        phase.verdict
        for phase in rule.phases
        if phase.until is None or hour < phase.until.nominal_hours
    )


# What names a time that passes while the text still stands there.
PASSING = re.compile(
    r"\b(?:after|from|for|until|in) (?:the )?(?:first )?\d+ ?(?:h|hours?|d|days?|weeks?)\b"
    r"|\bfirst (?:few )?(?:\d+ )?(?:hours?|days?|weeks?)\b|\bthis week\b|\btomorrow\b",
    re.IGNORECASE,
)


def test_no_advice_names_a_time_that_passes(rules: RuleSet) -> None:
    """What stands beside a verdict is true for as long as it stands there."""
    for item in rules.items.values():
        texts = [item.instead or "", item.at_first[1] if item.at_first else ""]
        texts += [p.condition or "" for rule in item.rules.values() for p in rule.phases]
        for text in texts:
            assert not PASSING.search(text), (item.id, text)


def test_what_to_do_at_first_ends_with_its_hours(rules: RuleSet) -> None:
    """To the minute, and by the latest that the treatment can have been."""
    treated = datetime(2024, 5, 1, 10, tzinfo=UTC)
    exact = Treatment("face", Interval(treated, treated, UTC))
    vague = Treatment("face", Interval(treated - timedelta(hours=9), treated, UTC))
    with_one = [item for item in rules.items.values() if item.at_first]
    assert len(with_one) > 15
    for item in with_one:
        assert item.at_first is not None
        for each in (exact, vague):
            for minutes, wanted in ((-1, item.at_first[1]), (0, item.instead), (1, item.instead)):
                at = treated + timedelta(hours=12, minutes=minutes)
                assert answer(item, [each], rules, at).instead == wanted


def test_texts_are_plain(rules: RuleSet) -> None:
    """No text asks for more than nine years of school, half for five, in short sentences."""
    plain = load("plain_words")
    # Two sentences whose grades are known.
    assert plain.grade("The cat sat on the mat.") == pytest.approx(-1.45)
    platypus = "The Australian platypus is seemingly a hybrid of a mammal and reptilian creature."
    assert plain.grade(platypus) == pytest.approx(11.3, abs=2)
    found = plain.measured(rules)
    assert len(found) > 500
    assert max(found)[0] <= plain.HIGHEST, max(found)
    assert found[len(found) // 2][0] <= plain.MIDDLE
    assert max(words for _, words, _ in found) <= plain.LONGEST
