"""What must hold of every answer, whatever the treatments and whatever the instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, permutations
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from mesocare.core.aftercare.advice import normal, red_flags
from mesocare.core.model import Group, Item, Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer, assess
from mesocare.core.verdict.standing import GroupSubject, subjects
from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.core.verdict.answer import Answer

RULES = load_rules()
ACTIVITIES: dict[str, Item | Group] = {**RULES.items, **RULES.groups}
TYPES = sorted(RULES.types)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "America/Sao_Paulo",
    "America/Havana", "America/Nuuk", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia",
)  # fmt: skip

usual = settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
few = settings(usual, max_examples=60)

zones = st.sampled_from(ZONES).map(ZoneInfo)
activities = st.sampled_from(sorted(ACTIVITIES))
dates = st.one_of(
    st.dates(date(2026, 2, 20), date(2026, 4, 5)), st.dates(date(2010, 1, 1), date(2027, 12, 31))
)
delays = st.one_of(
    st.integers(0, 20 * 24 * 60).map(lambda count: timedelta(minutes=count)),
    st.sampled_from([1, 2, 3, 4, 5, 7, 14, 21, 28, 30, 90, 180, 203]).map(lambda n: n * DAY),
    st.timedeltas(timedelta(0), 400 * DAY),
)


def whole_day(day: date, zone: ZoneInfo) -> Interval:
    """Return a local day, from its first instant to the next day's."""
    start = datetime.combine(day, time(), tzinfo=zone)
    return Interval(start.astimezone(UTC), (start + DAY).astimezone(UTC), zone)


@st.composite
def treatment(draw: st.DrawFn) -> Treatment:
    """Draw a treatment at a point, on a whole day, or in the course of some hours."""
    zone, type_ = draw(zones), draw(st.sampled_from(TYPES))
    day = whole_day(draw(dates), zone)
    if draw(st.booleans()):
        return Treatment(type_, day)
    earliest = day.earliest + draw(st.timedeltas(timedelta(0), DAY))
    latest = earliest + draw(st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=1)]))
    return Treatment(type_, Interval(earliest, latest, zone))


@st.composite
def question(draw: st.DrawFn, most: int = 3) -> tuple[list[Treatment], datetime]:
    """Draw some treatments within a month of each other and an instant after them."""
    first = draw(treatment())
    found = [first]
    for _ in range(draw(st.integers(0, most - 1))):
        shift, when = draw(st.timedeltas(-30 * DAY, 30 * DAY)), first.when
        moved = Interval(when.earliest + shift, when.latest + shift, when.zone)
        found.append(Treatment(draw(st.sampled_from(TYPES)), moved))
    return found, max(each.when.latest for each in found) + draw(delays)


def ask(activity: str, treatments: list[Treatment], at: datetime) -> Answer:
    """Ask the built-in rules."""
    return answer(ACTIVITIES[activity], treatments, RULES, at)


def course(activity: str, treatments: list[Treatment]) -> list[datetime]:
    """Return the first instant anything may be asked of, and every boundary after it."""
    asked = ACTIVITIES[activity]
    ids = [asked.id] if isinstance(asked, Item) else asked.items
    items = subjects((RULES.items[id_] for id_ in ids), treatments)
    subject = items[asked.id] if isinstance(asked, Item) else GroupSubject(asked, items)
    return [subject.begins, *sorted(each for each in subject.boundaries if each > subject.begins)]


@usual
@given(activities, st.sampled_from(TYPES), dates, zones, st.floats(0, 1), delays)
@example("retinoids", "face", date(2026, 3, 21), ZoneInfo("America/Nuuk"), 23.6 / 24, 7 * DAY)
@example("retinoids", "face", date(2011, 12, 23), ZoneInfo("Pacific/Apia"), 0.5, 7 * DAY)
def test_whole_day_is_never_milder(  # noqa: PLR0913, PLR0917 - drawn one by one
    activity: str, type_: str, day: date, zone: ZoneInfo, part: float, delay: timedelta
) -> None:
    """A date alone gives no milder verdict and no earlier time than any clock time of that day."""
    whole = whole_day(day, zone)
    moment = whole.earliest + part * (whole.latest - whole.earliest)
    assume(whole.earliest <= moment < whole.latest)
    at = whole.latest + delay
    by_date = ask(activity, [Treatment(type_, whole)], at)
    by_clock = ask(activity, [Treatment(type_, Interval(moment, moment, zone))], at)
    assert by_date.verdict.severity >= by_clock.verdict.severity
    for given_date, given_clock in (
        (by_date.limited_from, by_clock.limited_from),
        (by_date.allowed_from, by_clock.allowed_from),
    ):
        assert given_date is None or (given_clock is not None and given_date >= given_clock)


def test_a_day_still_under_way_is_never_milder() -> None:
    """Treated today and asked at 03:10: a treatment at 02:45 ends in a gap, at 03:45, not 03:10."""
    zone = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 3, 22, 2, 10, tzinfo=UTC)
    today = Interval(datetime(2026, 3, 21, 23, tzinfo=UTC), at, zone)
    moment = datetime(2026, 3, 22, 1, 45, tzinfo=UTC)
    by_date = ask("retinoids", [Treatment("face", today)], at)
    by_clock = ask("retinoids", [Treatment("face", Interval(moment, moment, zone))], at)
    assert by_date.limited_from is not None
    assert by_clock.limited_from is not None
    assert by_date.limited_from >= by_clock.limited_from


@usual
@given(activities, question())
def test_time_never_makes_it_stricter(
    activity: str, asked: tuple[list[Treatment], datetime]
) -> None:
    """From boundary to boundary a verdict stays or gets milder: no shipped rule does otherwise."""
    treatments, _ = asked
    found = [ask(activity, treatments, instant) for instant in course(activity, treatments)]
    for before, after in pairwise(found):
        assert before.verdict.severity >= after.verdict.severity
        assert before.verdict_if_earliest.severity >= after.verdict_if_earliest.severity


@usual
@given(activities, question())
def test_times_agree_with_verdicts(activity: str, asked: tuple[list[Treatment], datetime]) -> None:
    """Just before, at and after each time an answer names, the verdict is what it promises."""
    treatments, at = asked
    found = ask(activity, treatments, at)
    begins = course(activity, treatments)[0]
    for instant, wanted in (
        (found.limited_from, {Verdict.LIMITED, Verdict.ALLOWED}),
        (found.allowed_from, {Verdict.ALLOWED}),
    ):
        if instant is None:
            assert ask(activity, treatments, at + 1000 * DAY).verdict not in wanted
            continue
        assert instant >= begins
        assert ask(activity, treatments, instant).verdict in wanted
        assert ask(activity, treatments, instant + TICK).verdict in wanted
        assert ask(activity, treatments, instant + 1000 * DAY).verdict in wanted
        if instant > begins:
            assert ask(activity, treatments, instant - TICK).verdict not in wanted
    said = (found.verdict, found.condition)
    if found.next_change is None:
        last = ask(activity, treatments, at + 1000 * DAY)
        assert (last.verdict, last.condition) == said
    else:
        assert found.next_change > at
        before = ask(activity, treatments, found.next_change - TICK)
        after = ask(activity, treatments, found.next_change)
        assert (before.verdict, before.condition) == said
        assert (after.verdict, after.condition) != said


@usual
@given(activities, question())
def test_a_treatment_more_is_never_milder(
    activity: str, asked: tuple[list[Treatment], datetime]
) -> None:
    """Another treatment leaves every verdict as it is or makes it stricter."""
    treatments, at = asked
    fewer, more = ask(activity, treatments[:1], at), ask(activity, treatments, at)
    assert fewer.verdict.severity <= more.verdict.severity
    assert fewer.verdict_if_earliest.severity <= more.verdict_if_earliest.severity


@pytest.mark.parametrize("group", sorted(RULES.groups))
def test_an_old_treatment_never_softens_a_group(group: str) -> None:
    """An item free after an old treatment says nothing about what a new one keeps closed."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    ages = [timedelta(hours=count) for count in (1, 25, 49, 73, 169, 721)]
    single = {
        (type_, age): Treatment(type_, Interval(at - age, at - age, UTC))
        for type_ in TYPES
        for age in ages
    }
    alone = {key: ask(group, [each], at).verdict for key, each in single.items()}
    milder = [
        (first, second)
        for first, second in permutations(single, 2)
        if ask(group, [single[first], single[second]], at).verdict.severity < alone[first].severity
    ]
    assert milder == []


@usual
@given(activities, question())
def test_certain_means_both_ends_agree(
    activity: str, asked: tuple[list[Treatment], datetime]
) -> None:
    """An answer is certain if the earliest time gives the same verdict, and a point always is."""
    treatments, at = asked
    found = ask(activity, treatments, at)
    assert found.certain == (found.verdict == found.verdict_if_earliest)
    assert found.verdict.severity >= found.verdict_if_earliest.severity
    if all(each.when.earliest == each.when.latest for each in treatments):
        assert found.certain
    earliest = [
        Treatment(each.type, Interval(each.when.earliest, each.when.earliest, each.when.zone))
        for each in treatments
    ]
    assert ask(activity, earliest, at).verdict is found.verdict_if_earliest


@few
@given(question())
def test_assessment_agrees_with_answers(asked: tuple[list[Treatment], datetime]) -> None:
    """Every group and item of an assessment is what it is when asked for alone."""
    treatments, at = asked
    whole = assess(treatments, RULES, at)
    assert [each.activity for each in whole.answers] == list(RULES.groups)
    seen = set()
    for group in whole.answers:
        assert group == ask(group.activity, treatments, at)
        for item in group.items:
            assert item == ask(item.activity, treatments, at)
            seen.add(item.activity)
    assert seen == set(RULES.items)


@few
@given(question())
def test_upcoming_agrees_with_asking_then(asked: tuple[list[Treatment], datetime]) -> None:
    """What an assessment announces comes true at that instant, and nothing else changes."""
    treatments, at = asked
    upcoming = assess(treatments, RULES, at).upcoming
    assert list(upcoming) == sorted(upcoming, key=lambda change: change.at)
    for id_, item in RULES.items.items():
        verdict = ask(id_, treatments, at).verdict
        for change in (each for each in upcoming if each.activity == id_):
            assert change.at > at
            assert change.label == item.label
            assert ask(id_, treatments, change.at - TICK).verdict is verdict
            verdict = ask(id_, treatments, change.at).verdict
            assert change.verdict is verdict
        assert ask(id_, treatments, at + 1000 * DAY).verdict is verdict


@usual
@given(question(), st.integers(0, 200))
def test_red_flags_are_always_there(asked: tuple[list[Treatment], datetime], days: int) -> None:
    """Whatever the day, every red flag of the types treated is raised, most urgent first."""
    treatments, _ = asked
    at = max(each.when.latest for each in treatments) + days * DAY
    raised = red_flags(treatments, RULES, at)
    types = {each.type for each in treatments}
    for flag in RULES.red_flags.values():
        found = [each for each in raised if each.id == flag.id]
        assert len(found) == bool(types & set(flag.types)), flag.id
        assert all(set(each.types) <= types & set(flag.types) for each in found)
    order = ["emergency", "same_day", "contact_clinic"]
    urgencies = [order.index(each.urgency) for each in raised]
    assert urgencies == sorted(urgencies)


@usual
@given(question(), st.integers(205, 20_000))
def test_red_flags_stay(asked: tuple[list[Treatment], datetime], days: int) -> None:
    """All but the late nodule are raised for ever."""
    treatments, _ = asked
    at = max(each.when.latest for each in treatments) + days * DAY
    types = {each.type for each in treatments}
    raised = {each.id for each in red_flags(treatments, RULES, at)}
    wanted = {flag.id for flag in RULES.red_flags.values() if types & set(flag.types)}
    assert raised & set(RULES.red_flags) == wanted - {"late-nodule"}


def _signs(rules: RuleSet, treatments: list[Treatment], at: datetime) -> tuple[set[str], set[str]]:
    """Return the expected and the persisting reactions, each with its type."""
    expected = {
        f"{each.id} {type_}" for each in normal(treatments, rules, at) for type_ in each.types
    }
    persisting = {
        f"{each.id.removesuffix('-persisting')} {type_}"
        for each in red_flags(treatments, rules, at)
        if each.persisting
        for type_ in each.types
    }
    return expected, persisting


@usual
@given(question())
def test_a_sign_is_normal_or_not(asked: tuple[list[Treatment], datetime]) -> None:
    """After each type a reaction is either still expected or past it, never both or neither."""
    treatments, at = asked
    expected, persisting = _signs(RULES, treatments, at)
    assert not expected & persisting
    assert expected | persisting == {
        f"{reaction.id} {type_}"
        for reaction in RULES.reactions.values()
        for type_ in {each.type for each in treatments}
        if type_ in reaction.expected
    }


def test_the_order_of_treatments_does_not_matter(rules: RuleSet) -> None:
    """Two treatments that may have ended alike say the same whichever is named first."""
    at = datetime(2026, 11, 20, 22, tzinfo=UTC)
    day = Treatment("face", Interval(datetime(2026, 11, 20, tzinfo=UTC), at, UTC))
    point = Treatment("face", Interval(at, at, UTC))
    one, other = (assess(each, rules, at) for each in ([day, point], [point, day]))
    assert one._replace(treatments=()) == other._replace(treatments=())
