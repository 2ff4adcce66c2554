"""What was injected and who was treated: cases by hand, and that nothing ever gets milder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.core.aftercare.advice import red_flags
from mesocare.core.aftercare.details import notes, raised
from mesocare.core.model import Rule, Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer, assess, in_recovery
from mesocare.errors import TreatmentError
from mesocare.parsing.details import find_details
from tests.support.recoveries import recoveries

if TYPE_CHECKING:
    from mesocare.core.model import Detail, RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

FACE, BOTH = ("face", "brightening"), ("face", "scalp")
# A detail, the types, the items, the verdict, for how many hours, and a claim with that figure.
CASES = (
    ("prp", BOTH, "nsaid", "avoid", 336, "E032"),
    ("prp", BOTH, "alcohol", "avoid", 72, "E040"),
    ("prp", BOTH, "smoking", "avoid", 72, "E041"),
    ("prp", BOTH, "cold-compress", "ask", 72, None),
    ("microneedling", FACE, "foundation", "avoid", 96, "E452"),
    ("microneedling", FACE, "mineral-makeup", "avoid", 96, "E452"),
    ("microneedling", FACE, "eye-lip-makeup", "avoid", 96, "E452"),
    ("microneedling", FACE, "retinoids", "avoid", 168, "E449"),
    ("microneedling", FACE, "aha-bha", "avoid", 168, "E458"),
    ("microneedling", FACE, "vitamin-c", "avoid", 168, "E449"),
    ("microneedling", FACE, "nsaid", "avoid", 168, "E461"),
    ("microneedling", FACE, "cold-compress", "ask", 72, None),
    ("microneedling", FACE, "arnica", "ask", 168, None),
    ("microneedling", FACE, "direct-sun", "avoid", 336, "E459"),
    ("microneedling", FACE, "sunbathing", "avoid", 336, "E455"),
    ("microneedling", FACE, "sunbed", "avoid", 336, "E455"),
    ("microneedling", FACE, "pool", "avoid", 96, "E454"),
    ("microneedling", FACE, "sea", "avoid", 96, "E454"),
    ("microneedling", FACE, "sauna", "avoid", 96, "E454"),
    ("microneedling", FACE, "intense-workout", "avoid", 96, "E454"),
    ("ha-booster", FACE, "sauna", "avoid", 336, "E228"),
    ("ha-booster", FACE, "steam-room", "avoid", 336, "E252"),
    ("ha-booster", FACE, "icy-cold", "avoid", 336, "E230"),
    ("ha-booster", FACE, "sunbathing", "avoid", 336, "E231"),
    ("ha-booster", FACE, "sunbed", "avoid", 336, "E231"),
    ("ha-booster", FACE, "pool", "avoid", 336, "E229"),
    ("ha-booster", FACE, "sea", "avoid", 336, "E229"),
    ("ha-booster", FACE, "dental-work", "avoid", 336, "E253"),
    ("polynucleotide", FACE, "sauna", "avoid", 168, "E286"),
    ("polynucleotide", FACE, "hot-yoga", "avoid", 168, "E286"),
    ("polynucleotide", FACE, "intense-workout", "avoid", 168, "E286"),
    ("polynucleotide", FACE, "sunbed", "avoid", 168, "E286"),
    ("polynucleotide", FACE, "retinoids", "avoid", 168, "E289"),
    ("polynucleotide", FACE, "aha-bha", "avoid", 168, "E289"),
    ("polynucleotide", FACE, "hydroquinone", "avoid", 168, "E289"),
    ("exosome", ("scalp",), "hair-colour", "avoid", 672, "E138"),
    ("dutasteride", ("scalp",), "blood-donation", "avoid", 4320, "E476"),
)
BOUNDARIES = [
    (name, type_, item, verdict, hours, claim)
    for name, types, item, verdict, hours, claim in CASES
    for type_ in types
]
FOR_GOOD = [
    ("pregnant", type_, "retinoids", "ask") for type_ in ("face", "scalp", "brightening")
] + [
    ("isotretinoin", type_, item, "ask")
    for type_ in ("face", "scalp", "brightening")
    for item in ("chemical-peel", "laser-ipl", "microdermabrasion")
]
DARK = ("chemical-peel", "laser-ipl", "waxing", "direct-sun", "peak-sun", "sunbathing", "sunbed")
FLAGS = (
    ("prp", "doubtful-needles", "same_day"), ("exosome", "sepsis", "emergency"),
    ("dutasteride", "low-mood", "same_day"), ("dutasteride", "suicidal-thoughts", "emergency"),
    ("tranexamic-acid", "chest-or-clot", "emergency"),
    ("tranexamic-acid", "swollen-leg", "same_day"),
    ("tranexamic-acid", "vision-or-stroke", "emergency"),
    ("glutathione", "severe-skin-reaction", "emergency"), ("glutathione", "organ-harm", "same_day"),
    ("fat-dissolver", "skin-ulcer", "same_day"), ("fat-dissolver", "draining-nodules", "same_day"),
    ("toxin", "drooping-lid", "same_day"), ("cold-sores", "grouped-blisters", "same_day"),
    ("anticoagulant", "lasting-bruise", "same_day"), ("keloid", "thick-scar", "contact_clinic"),
    ("dark-skin", "darker-patch", "contact_clinic"),
    ("immunosuppressed", "hot-swelling", "emergency"),
    ("immunosuppressed", "late-nodule", "same_day"),
)  # fmt: skip
TREATED = datetime(2026, 6, 1, 10, tzinfo=UTC)  # no clocks change in these weeks


def after(type_: str, *details: Detail, vague: int = 0) -> Treatment:
    when = Interval(TREATED - timedelta(hours=vague), TREATED, UTC)
    return Treatment(type_, when, details=details)


@pytest.mark.parametrize(("name", "type_", "item", "verdict", "hours", "claim"), BOUNDARIES)
def test_a_minute_around_each_boundary(  # noqa: PLR0913, PLR0917 - a case
    name: str, type_: str, item: str, verdict: str, hours: int, claim: str | None, rules: RuleSet
) -> None:
    """Up to it the detail's verdict holds at least; from it on what the treatment's rule says."""
    detail, about = rules.details()[name], rules.items[item]
    end = TREATED + timedelta(hours=hours)
    for minutes in (-1, 0, 1):
        at = end + timedelta(minutes=minutes)
        plain = answer(about, [after(type_)], rules, at).verdict
        found = answer(about, [after(type_, detail)], rules, at)
        wanted = max(plain, Verdict(verdict), key=lambda each: each.severity)
        assert found.verdict is (wanted if minutes < 0 else plain)
        assert [each.id for each, _ in found.details] == [name]
    rule = detail.rules[item][type_]
    if claim is None:
        assert rule.rationale
    else:
        assert rules.evidence[claim].max_hours == hours
        assert claim in rule.evidence
        assert claim in {row.id for row in found.evidence}


@pytest.mark.parametrize(("name", "type_", "item", "verdict"), FOR_GOOD)
@pytest.mark.parametrize("days", [0, 20, 300])
def test_what_has_no_end(  # noqa: PLR0913, PLR0917 - a case
    name: str, type_: str, item: str, verdict: str, days: int, rules: RuleSet
) -> None:
    """It holds for as long as the factor does, and no date is promised."""
    found = answer(
        rules.items[item],
        [after(type_, rules.details()[name])],
        rules,
        TREATED + timedelta(days=days, minutes=1),
    )
    assert found.verdict.severity >= Verdict(verdict).severity
    assert (found.allowed_from, found.figures.chosen) == (None, None)


@pytest.mark.parametrize("item", DARK)
def test_brown_or_black_skin_has_the_brightening_phases(item: str, rules: RuleSet) -> None:
    """After a face treatment, whichever of the two is stricter."""
    dark = rules.details()["dark-skin"]
    for hours in range(0, 24 * 100, 5):
        at = TREATED + timedelta(hours=hours, minutes=1)
        plain, other, found = (
            answer(rules.items[item], [each], rules, at).verdict
            for each in (after("face"), after("brightening"), after("face", dark))
        )
        assert found.severity == max(plain.severity, other.severity)


@pytest.mark.parametrize(("name", "flag", "urgency"), FLAGS)
def test_flags_are_raised(name: str, flag: str, urgency: str, rules: RuleSet) -> None:
    """A flag is as urgent as said, listed at one look, and cites why."""
    detail = rules.details()[name]
    treatment = after(detail.types[0] if detail.types else "face", detail)
    found = raised(rules, [treatment])
    assert found.red_flags[flag].urgency.value == urgency
    assert not found.red_flags[flag].aside
    assert set(detail.flags[flag].evidence) <= set(found.red_flags[flag].evidence)
    alerts = {each.id for each in red_flags([treatment], found, TREATED)}
    assert flag in alerts


def test_everything_has_a_case(rules: RuleSet) -> None:
    """No rule and no flag of the data is left out here, and there are enough of them."""
    known = rules.details()
    there = {(each.id, item) for each in known.values() for item in each.rules}
    tested = {(name, item) for name, _, item, *_ in (*CASES, *FOR_GOOD)}
    assert tested | {("dark-skin", item) for item in DARK} == there
    assert {(name, flag) for name, flag, _ in FLAGS} == {
        (each.id, flag) for each in known.values() for flag in each.flags
    }
    assert 3 * len(BOUNDARIES) + 3 * len(FOR_GOOD) + len(FLAGS) + len(DARK) >= 250


def never_milder(count: int, seed: int, rules: RuleSet) -> None:
    """Any details, at any time, after any treatments: nothing is milder, no flag is lowered."""
    random = Random(seed)
    known = list(rules.details().values())
    for question in recoveries(count, seed, rules):
        with_ = tuple(
            each._replace(details=tuple(random.sample(known, random.randrange(1, 5))))
            for each in question.treatments
        )
        plain = assess(question.treatments, rules, question.at)
        tighter = raised(rules, with_)
        found = assess(with_, tighter, question.at)
        for one, other in zip(plain.answers, found.answers, strict=True):
            pairs = [(one, other), *zip(one.items, other.items, strict=True)]
            for before, now in pairs:
                assert now.verdict.severity >= before.verdict.severity, now.activity
                assert now.verdict_if_earliest.severity >= before.verdict_if_earliest.severity
                assert now.reason
                for name in ("limited_from", "allowed_from"):
                    early, late = getattr(before, name), getattr(now, name)
                    assert late is None or (early is not None and early <= late)
        urgencies = {each.id: each.urgency.severity for each in found.red_flags}
        for alert in plain.red_flags:
            assert urgencies[alert.id] >= alert.urgency.severity


def test_nothing_gets_milder(rules: RuleSet) -> None:
    """In a few random recoveries."""
    never_milder(25, 21, rules)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(30, 34))
def test_nothing_ever_gets_milder(seed: int, rules: RuleSet, searched: Searched) -> None:
    """In many."""
    never_milder(400, seed, rules)
    searched(400, "recoveries with details, none milder")


def test_without_details_nothing_changes(rules: RuleSet) -> None:
    """The same rules and the same answers."""
    assert raised(rules, [after("face")]) is rules
    assert notes([after("face")]) == []


def test_the_clinics_own_word_stays(rules: RuleSet) -> None:
    """What the clinic that treated said of an item takes the place of details too."""
    item = rules.items["foundation"]
    own: Rule = item.rules["scalp"]  # unrestricted
    needling = rules.details()["microneedling"]
    treatment = after("face", needling)._replace(overrides={"foundation": own})
    assert answer(item, [treatment], rules, TREATED).verdict is Verdict.ALLOWED
    assert treatment.detailed(item) == []


def test_recovery_lasts_as_long_as_details(rules: RuleSet) -> None:
    """Six months after dutasteride, where it would be over otherwise."""
    at = TREATED + timedelta(days=150)
    item = rules.items["blood-donation"]
    plain, with_ = after("scalp"), after("scalp", rules.details()["dutasteride"])
    assert in_recovery(with_, rules, at)
    assert answer(item, [with_], rules, at).verdict is Verdict.AVOID
    assert answer(item, [plain], rules, at).verdict is not Verdict.AVOID


def test_doubt_counts_from_the_latest(rules: RuleSet) -> None:
    """A treatment without a time is judged at its latest, details too."""
    needling = rules.details()["microneedling"]
    at = TREATED + timedelta(hours=95)
    found = answer(rules.items["foundation"], [after("face", needling, vague=20)], rules, at)
    assert (found.verdict, found.verdict_if_earliest) == (Verdict.AVOID, Verdict.ALLOWED)


@pytest.mark.parametrize(
    ("words", "id_"),
    [("vampire facial", "prp"), ("skin booster", "ha-booster"), ("profhilo", "ha-booster"),
     ("fat jab", "fat-dissolver"), ("Botox", "toxin"), ("PRP", "prp"), ("prp; ha", "prp"),
     ("derma roller", "microneedling"), ("salmon DNA", "polynucleotide")],
)  # fmt: skip
def test_words_for_substances(words: str, id_: str, program: Program) -> None:
    """As people call them."""
    found = program.run(
        "can-i", "sauna", "--treated", "2024-05-01", "--at", "2024-05-02T10:00",
        "--with", words, "--json",
    ).json()  # fmt: skip
    assert id_ in found["treatments"][0]["with"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--with", "nedlin"), "Did you mean: microneedling"),
        (("--with", "pregnant"), "is unknown"),
        (("--about", "prp"), "is unknown"),
        (("--about", "qqq"), "Known: pregnant"),
        (("--with", "needle-free", "--with", "fat jab"), "exclude each other"),
        (("--with", "dutasteride"), "does not go with a face treatment"),
    ],
)
def test_what_cannot_be_used(options: tuple[str, ...], said: str, program: Program) -> None:
    """Exit 2, with what is known."""
    ask = ("today", "--treated", "2024-05-01", "--at", "2024-05-02T10:00")
    ended = program.run(*ask, *options)
    assert ended.code == 2
    assert said in ended.err


def test_what_is_shown(program: Program) -> None:
    """The answer, the day and the sources name the detail; the environment gives it too."""
    ask = ("--treated", "2024-05-01T14:30", "--at", "2024-05-04T15:00", "--with", "needling")
    out = program.run("can-i", "makeup", *ask).out
    assert out.startswith("x avoid  Make-up, until Sun 5 May, 14:30")
    assert "With      Microneedling (by pen or roller): avoid until 4 days." in out
    assert "--with microneedling" in " ".join(out.split())
    assert "(E452, E456)" in program.run("explain", "makeup", *ask).out
    assert "With" in program.run("when", "makeup", *ask).out
    today = program.run("today", *ask[:-1], "botox", "--about", "pregnant").out
    assert "with botulinum toxin; pregnant" in " ".join(today.split())
    assert "Do not drive" in today
    env = {"MESOCARE_WITH": "prp;ha", "MESOCARE_ABOUT": "keloids"}
    found: Any = program.run("can-i", "nsaid", *ask[:-2], "--json", env=env).json()
    assert found["treatments"][0]["with"] == ["prp", "ha-booster"]
    assert found["treatments"][0]["about"] == ["keloid"]
    assert [each["id"] for each in found["answer"]["details"]] == ["prp"]


def test_on_record(own: Program) -> None:
    """What is given for a call holds for what is on record, and the record stays as it is."""
    own.run("treated", "2024-05-01T14:30")
    at = ("--at", "2024-05-04T15:00")
    assert own.run("can-i", "makeup", *at).code == 0
    assert own.run("can-i", "makeup", *at, "--with", "microneedling").code == 1
    assert own.run("can-i", "makeup", *at).code == 0


@pytest.mark.parametrize(
    ("kind", "words", "ids"),
    [
        ("with", "vampire facials", ["prp"]),
        ("with", "platlet rich plasma", ["prp"]),
        ("with", "my own blood", ["prp"]),
        ("with", "micro-needling", ["microneedling"]),
        ("with", "derma pen; skinboosters", ["microneedling", "ha-booster"]),
        ("with", "fat dissolving injections", ["fat-dissolver"]),
        ("about", "I'm pregnant", ["pregnant"]),
        ("about", "coldsores, on Eliquis", ["cold-sores", "anticoagulant"]),
        ("about", "taking apixaban", ["anticoagulant"]),
        ("about", "I get keloid scars", ["keloid"]),
        ("about", " ; , ", []),
    ],
)
def test_words_as_people_type_them(kind: str, words: str, ids: list[str], rules: RuleSet) -> None:
    """In any form, in one word or several, among the words of a sentence, with a slip."""
    assert [each.id for each in find_details([words], kind, rules)] == ids


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("about", "not pregnant"),
        ("about", "I have no cold sores"),
        ("about", "never keloids"),
        ("about", "pregnant cat"),
        ("about", "cold"),
        ("about", "blood"),
        ("with", "blood"),
        ("with", "acid"),
        ("with", "no prp"),
        ("with", "pen"),
        ("with", "prp and botox"),
    ],
)
def test_words_that_mean_something_else(kind: str, words: str, rules: RuleSet) -> None:
    """A denial, a part of a name and what is left over are refused, never guessed."""
    with pytest.raises(TreatmentError, match="is unknown"):
        find_details([words], kind, rules)
