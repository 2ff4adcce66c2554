"""Diaries: how entries are read, and what must hold of every triage, whatever the diary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mesocare.core.diary.entries import Entry, in_order, records
from mesocare.core.diary.triage import Triage, triage
from mesocare.core.model import Treatment
from mesocare.core.signs import Urgency
from mesocare.core.timespan import Interval
from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet

RULES = load_rules()
T0 = datetime(2024, 6, 3, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FACE = Treatment("face", Interval(T0, T0, BERLIN))
FLAGS = sorted(RULES.red_flags)
SIGNS = [*sorted(RULES.reactions), *FLAGS]

usual = settings(derandomize=True, deadline=None, max_examples=400)


def noted(  # noqa: PLR0913 - an entry has that many fields
    sign: str | None = "redness",
    score: int | None = None,
    *,
    hours: float = 0,
    id_: str = "e",
    temperature: float | None = None,
    words: str | None = None,
) -> Entry:
    """Return an entry so many hours after the treatment."""
    typed = (sign or "") if words is None else words
    return Entry(id_, sign, typed, score, temperature, None, T0 + hours * HOUR)


def judged(*entries: Entry, hours: float, treatments: Sequence[Treatment] = (FACE,)) -> Triage:
    """Return the triage so many hours after the treatment."""
    return triage(entries, treatments, RULES, T0 + hours * HOUR)


def severity(found: Triage) -> int:
    """Return the worst urgency as a number, -1 for none."""
    return -1 if found.urgency is None else found.urgency.severity


def test_nothing_to_judge_by() -> None:
    """Without a treatment, or before one, a diary cannot be judged."""
    with pytest.raises(ValueError, match="no treatment"):
        judged(noted(), hours=1, treatments=[])
    with pytest.raises(ValueError, match="after the instant"):
        judged(noted(), hours=-1)


def test_without_a_treatment_only_what_needs_none_is_judged() -> None:
    """Red flags, fever, growth and unknown words; not how long a reaction lasts, nor late lumps."""
    entries = (
        noted("redness", 2, id_="a"), noted("redness", 5, hours=24, id_="b"),
        noted("soft-lumps", 2, hours=900, id_="c"), noted("infection", hours=900, id_="d"),
        noted(None, words="odd", hours=900, id_="e"),
    )  # fmt: skip
    found = triage(entries, (), RULES, T0 + 900 * HOUR, BERLIN)
    assert {each.id for each in found.findings} == {"getting-worse", "infection", "unknown-sign"}


def test_an_empty_diary_has_no_urgency() -> None:
    """No findings, no questions, no urgency."""
    assert judged(hours=5) == Triage((), ())
    assert judged(hours=5).urgency is None


def test_order_of_entries() -> None:
    """By time, and of those at one instant the one that is there, and the stronger, is last."""
    late, gone = noted(score=1, hours=2), noted(score=0, hours=1)
    there, strong = noted(hours=1), noted(score=4, hours=1)
    future = noted(score=9, hours=3)
    assert in_order([future, late, strong, there, gone], T0 + 2 * HOUR) == (
        gone, there, strong, late,
    )  # fmt: skip


def test_records_tell_signs_and_wordings_apart() -> None:
    """Known signs by id, others by their words; a measurement and a note are no sign."""
    entries = [
        noted("redness", words="red"), noted("redness", words="pink"),
        noted("purple-toes", words="Purple toes"), noted(None, words="purple  TOES"),
        noted(None, words="Temperature", temperature=36.6), noted(None, words="Temperature"),
        noted(None, words=" ", temperature=36.6), noted(None, words=""),
    ]  # fmt: skip
    found = records(entries, {"redness"}, ["temperature"])
    assert [(each.sign, len(each.entries)) for each in found] == [
        ("redness", 2), (None, 2), (None, 1),
    ]  # fmt: skip


def test_days_of_a_record() -> None:
    """Local days, their peaks, and none of those before an instant."""
    entries = (noted(score=1), noted(score=5, hours=1), noted(hours=24), noted(score=2, hours=48))
    (record,) = records(entries, {"redness"}, ())
    assert [day.peak for day in record.days(BERLIN)] == [5, None, 2]
    assert [day.peak for day in record.days(BERLIN, T0 + HOUR)] == [5, None, 2]
    assert [day.peak for day in record.days(BERLIN, T0 + 2 * HOUR)] == [None, 2]
    assert record.latest.score == 2
    assert record.present == entries


def test_text_and_evidence_of_a_red_flag() -> None:
    """What the red flag says and what to do, and no more once it is past."""
    flag = RULES.red_flags["anaphylaxis"]
    there = noted("anaphylaxis", id_="a")
    (finding,) = judged(there, hours=1).findings
    assert finding.text == f"{flag.text} {flag.action}"
    assert finding.evidence == flag.evidence
    assert finding.because == ("a",)
    gone = noted("anaphylaxis", 0, hours=1, id_="b")
    (finding,) = judged(there, gone, hours=1).findings
    assert finding.text == f"{flag.label}. {RULES.triage.past.text}"
    assert finding.because == ("a",)
    assert set(finding.evidence) == {*flag.evidence, *RULES.triage.past.evidence}


def test_text_without_an_action() -> None:
    """A red flag without an action has its text alone."""
    (finding,) = judged(noted("infection"), hours=1).findings
    assert RULES.red_flags["infection"].action is None
    assert finding.text == RULES.red_flags["infection"].text


def test_a_finding_rests_on_the_claims_of_its_rule() -> None:
    """Besides those of the red flag that it raises."""
    said = RULES.triage
    rules = RULES._replace(
        triage=said._replace(
            worse=said.worse._replace(evidence=("W",)),
            strong=said.strong._replace(evidence=("S",)),
            fever=said.fever._replace(evidence=("F",)),
            nodules=said.nodules._replace(evidence=("N",)),
        )
    )
    sign = min(set(said.strong.flags) & set(said.fever.signs) or said.strong.flags)
    diary = (
        noted(sign, 1, hours=300, id_="a"), noted(sign, 10, hours=330, id_="b"),
        noted(min(said.nodules.signs), 2, hours=330, id_="c"),
        noted(min(said.fever.signs), 2, hours=330, id_="d"),
        noted(None, words="", temperature=39.5, hours=330, id_="e"),
    )  # fmt: skip
    found = {each.id: each for each in triage(diary, [FACE], rules, T0 + 331 * HOUR).findings}
    for id_, claim in (
        (said.worse.flag, "W"), (said.strong.flags[sign], "S"), (said.fever.flag, "F"),
        (said.fever.signs_flag, "F"), (said.nodules.flag, "N"),
    ):  # fmt: skip
        assert claim in found[id_].evidence, id_
        assert set(RULES.red_flags[id_].evidence) <= set(found[id_].evidence)


KATHMANDU = ZoneInfo("Asia/Kathmandu")
# The latest treatment, though neither the last in the list nor the last by name.
LATEST = Treatment("face", Interval(T0, T0, KATHMANDU))
EARLIER = Treatment("scalp", Interval(T0 - DAY, T0 - DAY, BERLIN))
MIDNIGHT = 10.25  # hours after T0 in Kathmandu; in Berlin and in UTC it is the same evening


def test_a_sign_that_calmed_down_after_midnight_is_no_strong_one() -> None:
    """Days are those of the zone of the latest treatment."""
    sign, flag = min(RULES.triage.strong.flags.items())
    diary = [noted(sign, 10, hours=MIDNIGHT - 0.5), noted(sign, 1, hours=MIDNIGHT + 0.5)]
    found = judged(*diary, hours=MIDNIGHT + 1, treatments=[LATEST, EARLIER])
    assert flag not in {each.id for each in found.findings}
    same_day = judged(*diary, hours=MIDNIGHT + 1, treatments=[EARLIER._replace(type="face")])
    assert flag in {each.id for each in same_day.findings}


def test_a_sign_that_came_back_after_midnight_has_returned() -> None:
    """It had ended the day before, in the zone of the latest treatment."""
    diary = [
        noted(score=3, hours=MIDNIGHT - 2), noted(score=0, hours=MIDNIGHT - 1),
        noted(score=3, hours=MIDNIGHT + 1),
    ]  # fmt: skip
    for treatments, returned in (([LATEST, EARLIER], True), ([FACE], False)):
        found = judged(*diary, hours=MIDNIGHT + 2, treatments=treatments)
        assert ("sign-returned" in {each.id for each in found.findings}) is returned


def test_a_reaction_at_the_very_instant_of_the_treatment_is_expected() -> None:
    """It is noted in the minute in which the treatment is."""
    assert judged(noted("redness", 3, hours=0), hours=1).findings == ()


def test_texts_of_the_other_findings() -> None:
    """A persisting reaction has its own text, the rest those of triage.yaml."""
    entries = (
        noted(score=1, id_="a"), noted(score=0, hours=24, id_="b"),
        noted(score=1, hours=96, id_="c"),
        noted(None, words="my ear rings", hours=96, id_="d"),
    )  # fmt: skip
    found = {each.id: each for each in judged(*entries, hours=96).findings}
    assert set(found) == {"redness-persisting", "sign-returned", "unknown-sign"}
    redness = RULES.reactions["redness"]
    assert found["redness-persisting"].text == redness.beyond
    assert found["redness-persisting"].evidence == redness.expected["face"].evidence
    assert found["redness-persisting"].because == found["sign-returned"].because == ("c",)
    assert found["sign-returned"][2::2] == RULES.triage.returned
    assert found["unknown-sign"][2::2] == RULES.triage.unknown
    assert found["unknown-sign"].because == ("d",)


def test_a_reaction_no_type_expects_cites_those_that_do() -> None:
    """A headache after a face treatment rests on what is known of the scalp."""
    (finding,) = judged(noted("scalp-headache", 1), hours=1).findings
    assert finding.evidence == RULES.reactions["scalp-headache"].expected["scalp"].evidence


def test_one_finding_for_each_id() -> None:
    """The worst urgency, and every entry and claim that leads to it, in the order of time."""
    entries = (
        noted("infection", id_="c", hours=200, words="pus"),
        noted(None, id_="a", words="temp", temperature=39.0, hours=100),
        noted(None, id_="b", words="temp", temperature=38.5, hours=190),
    )
    found = {each.id: each for each in judged(*entries, hours=200).findings}
    assert found["infection"].urgency is Urgency.SAME_DAY
    assert found["infection"].because == ("a", "b", "c")
    assert found["sepsis"].because == ("b", "c")
    assert set(RULES.triage.fever.evidence) <= set(found["infection"].evidence)
    assert len(set(found["infection"].evidence)) == len(found["infection"].evidence)


def test_entries_behind_a_trend() -> None:
    """A jump rests on two days, a steady rise on all that it took."""
    scores = [(1, 0), (2, 24), (4, 48)]
    entries = [noted("bruising", score, hours=hours, id_=str(hours)) for score, hours in scores]
    (finding,) = judged(*entries, hours=48).findings
    assert finding.because == ("0", "24", "48")
    flat = [
        noted("bruising", score, hours=h, id_=str(h)) for score, h in ((3, 0), (1, 24), (5, 48))
    ]
    (finding,) = judged(*flat, hours=48).findings
    assert finding.because == ("24", "48")


def test_a_lump_with_fever_says_so() -> None:
    """The text asks for a doctor today, and the fever is among the reasons."""
    lump = noted("soft-lumps", 2, hours=400, id_="lump")
    fever = noted(None, words="", temperature=38.0, hours=399, id_="fever")
    found = {each.id: each for each in judged(lump, fever, hours=400).findings}
    assert found["late-nodule"].because == ("fever", "lump")
    assert found["late-nodule"].text.endswith(RULES.triage.nodules.fever_text)


def test_a_lump_flag_that_is_urgent_by_itself(rules: RuleSet) -> None:
    """A fever raises the flag of late lumps, and never lowers it; one without end has no end."""
    flag = rules.red_flags["late-nodule"]
    urgent = flag._replace(urgency=Urgency.EMERGENCY, until=None)
    other = rules._replace(red_flags={**rules.red_flags, flag.id: urgent})
    lump = noted("soft-lumps", 2, hours=9000, temperature=38.5)
    found = triage([lump], [FACE], other, T0 + 9000 * HOUR)
    assert {each.id: each.urgency for each in found.findings}["late-nodule"] is Urgency.EMERGENCY


def test_entries_before_every_treatment() -> None:
    """What was noted before any treatment is judged by all of them."""
    assert judged(noted(hours=-5), hours=1).findings == ()
    (question,) = judged(noted("bruising", hours=-30), hours=1).missing
    assert question.id == "bruising-follow-up"


def test_questions_name_the_sign() -> None:
    """The text begins with the sign's name."""
    asked = judged(noted(score=2), hours=30).missing
    label, questions = RULES.reactions["redness"].label, RULES.triage.questions
    assert [each.text for each in asked] == [
        f"{label}: {questions.still_there}", questions.temperature,
    ]  # fmt: skip


def test_a_lump_that_is_late_asks_for_the_temperature() -> None:
    """A fever would make it more urgent; an early lump asks for none."""
    assert "temperature" not in {
        each.id for each in judged(noted("soft-lumps", 2), hours=1).missing
    }
    late = judged(noted("soft-lumps", 2, hours=200), hours=200)
    assert [each.id for each in late.missing] == ["temperature"]


def test_a_red_flag_is_followed_up() -> None:
    """A day after it was noted: is it still there?"""
    flag = noted("bald-patch")
    assert judged(flag, hours=24).missing == ()
    (question,) = judged(flag, hours=25).missing
    assert question.id == "bald-patch-follow-up"
    assert question.text.startswith(RULES.red_flags["bald-patch"].label)


def test_severity_follows_the_order() -> None:
    """Least urgent first."""
    assert [each.severity for each in Urgency] == [0, 1, 2]


scores = st.one_of(st.none(), st.integers(0, 10))
signs = st.one_of(st.sampled_from(SIGNS), st.sampled_from(["redness", "swelling", "infection"]))


@st.composite
def entry(draw: st.DrawFn, most: int = 30 * 24 * 4) -> Entry:
    """Draw an entry within a month of the treatment, on the quarter hour."""
    known = draw(st.booleans()) or draw(st.booleans())
    sign = draw(signs) if known else None
    words = sign or draw(st.sampled_from(["my ear rings", "odd pressure", "temperature", ""]))
    at = T0 + draw(st.integers(0, most)) * HOUR / 4
    measured = st.sampled_from([None, None, None, 36.6, 37.9, 38.0, 39.5])
    return Entry("", sign, words, draw(scores), draw(measured), None, at)


diaries = st.lists(entry(), max_size=12).map(
    lambda found: [each._replace(id=f"e{n}") for n, each in enumerate(found)]
)


@st.composite
def histories(draw: st.DrawFn) -> list[Treatment]:
    """Draw one to three treatments within the month, at a point or on a stretch of a day."""
    found = [FACE]
    for _ in range(draw(st.integers(0, 2))):
        begin = T0 + draw(st.integers(0, 20 * 24)) * HOUR
        end = begin + draw(st.sampled_from([0, 0, 14])) * HOUR
        type_ = draw(st.sampled_from(sorted(RULES.types)))
        found.append(Treatment(type_, Interval(begin, end, BERLIN)))
    return found


instants = st.integers(22 * 24, 60 * 24).map(lambda hours: T0 + hours * HOUR)


@usual
@given(diaries, histories(), instants)
def test_findings_are_worst_first_and_rest_on_the_diary(
    diary: list[Entry], treatments: list[Treatment], at: datetime
) -> None:
    """Each id once, worst first, with reasons from the diary up to now and known evidence."""
    found = triage(diary, treatments, RULES, at)
    ranks = [each.urgency.severity for each in found.findings]
    assert ranks == sorted(ranks, reverse=True)
    ids = [each.id for each in found.findings]
    assert len(set(ids)) == len(ids)
    known = {each.id for each in diary if each.at <= at}
    for each in found.findings:
        assert each.because
        assert set(each.because) <= known
        assert each.evidence
        assert set(each.evidence) <= set(RULES.evidence)
        assert each.text
    assert len({each.id for each in found.missing}) == len(found.missing)


@usual
@given(st.randoms(use_true_random=False), diaries, histories(), instants)
def test_the_order_of_entries_says_nothing(
    random: object, diary: list[Entry], treatments: list[Treatment], at: datetime
) -> None:
    """However the diary is ordered, the triage is the same."""
    shuffled = list(diary)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert triage(shuffled, treatments, RULES, at) == triage(diary, treatments, RULES, at)


@usual
@given(diaries, histories(), instants, entry())
def test_what_is_noted_later_is_ignored(
    diary: list[Entry], treatments: list[Treatment], at: datetime, later: Entry
) -> None:
    """An entry after the instant changes nothing."""
    later = later._replace(at=at + HOUR)
    assert triage([*diary, later], treatments, RULES, at) == triage(diary, treatments, RULES, at)


@usual
@given(diaries, histories(), instants)
def test_no_diary_hides_a_red_flag(
    diary: list[Entry], treatments: list[Treatment], at: datetime
) -> None:
    """A red flag that was ever there is found; one that is there is as urgent as it says."""
    found = {each.id: each for each in triage(diary, treatments, RULES, at).findings}
    for record in records(in_order(diary, at), set(SIGNS), RULES.triage.fever.aliases):
        flag = RULES.red_flags.get(record.sign or "")
        if flag is None or not record.present:
            continue
        assert flag.id in found
        assert set(found[flag.id].because) >= {each.id for each in record.present}
        if record.latest.present:
            assert found[flag.id].urgency.severity >= flag.urgency.severity


@usual
@given(st.data(), diaries.filter(bool), histories(), instants)
def test_raising_the_latest_score_never_lowers_the_urgency(
    data: st.DataObject, diary: list[Entry], treatments: list[Treatment], at: datetime
) -> None:
    """A sign that was stronger when last noted cannot be less urgent, nor lose a finding."""
    aliases = RULES.triage.fever.aliases
    found = records(in_order(diary, at), set(SIGNS), aliases)
    scored = [each.latest for each in found if each.latest.score is not None]
    assume(scored)
    latest = data.draw(st.sampled_from(scored))
    raised = latest._replace(score=data.draw(st.integers(latest.score or 0, 10)))
    other = [raised if each is latest else each for each in diary]
    before, after = (triage(each, treatments, RULES, at) for each in (diary, other))
    assert severity(after) >= severity(before)
    urgencies = {each.id: each.urgency.severity for each in after.findings}
    for each in before.findings:
        assert urgencies[each.id] >= each.urgency.severity


@usual
@given(diaries, histories(), instants, entry(), st.sampled_from(SIGNS))
def test_one_more_sign_never_lowers_the_urgency(
    diary: list[Entry], treatments: list[Treatment], at: datetime, more: Entry, sign: str
) -> None:
    """A sign that nobody noted before adds to what is found and takes nothing away."""
    diary = [each for each in diary if each.sign != sign]
    score = None if more.score == 0 else more.score
    more = more._replace(id="more", sign=sign, words=sign, score=score, temperature=None)
    before = triage(diary, treatments, RULES, at)
    after = triage([*diary, more], treatments, RULES, at)
    assert severity(after) >= severity(before)
    urgencies = {each.id: each.urgency.severity for each in after.findings}
    for each in before.findings:
        assert urgencies[each.id] >= each.urgency.severity


@usual
@given(diaries, histories(), instants, st.sampled_from(SIGNS))
def test_an_improvement_hides_nothing_else(
    diary: list[Entry], treatments: list[Treatment], at: datetime, sign: str
) -> None:
    """When one sign is gone, every finding that others lead to stays as urgent as it was."""
    others = [each for each in diary if each.sign != sign]
    gone = noted(sign, 0, id_="gone")._replace(at=at)
    found = triage([*diary, gone], treatments, RULES, at).findings
    urgencies = {each.id: each.urgency.severity for each in found}
    for each in triage(others, treatments, RULES, at).findings:
        same = [entry for entry in diary if entry.sign == sign and entry.temperature is not None]
        if not same:  # its entries may have measured the temperature that ended a fever
            assert urgencies[each.id] >= each.urgency.severity


@usual
@given(diaries, histories(), instants)
def test_only_time_and_the_diary_count(
    diary: list[Entry], treatments: list[Treatment], at: datetime
) -> None:
    """Asked twice, the answer is the same, and what was given is as it was."""
    kept = list(diary), list(treatments)
    assert triage(diary, treatments, RULES, at) == triage(diary, treatments, RULES, at)
    assert kept == (diary, treatments)
