"""The engine against the oracle, on 100,000 random questions."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from mesocare.core.model import Treatment
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from tests.support.oracle import DAY, TYPES, Oracle, Taken
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.searches import Searched

SEEDS, QUESTIONS = 50, 2_000
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)

# Zones and the years asked about, chosen for what their clocks do.
ZONES = {
    "UTC": (2024, 2026),
    "Europe/Berlin": (2024, 2026),
    "Europe/London": (2024, 2026),
    "America/New_York": (2024, 2026),
    "America/St_Johns": (2008, 2011),
    "America/Sao_Paulo": (2016, 2019),
    "America/Havana": (2023, 2026),
    "America/Nuuk": (2024, 2026),
    "America/Santiago": (2023, 2026),
    "Africa/Casablanca": (2024, 2026),
    "Asia/Kathmandu": (2024, 2026),
    "Asia/Kolkata": (2024, 2026),
    "Australia/Lord_Howe": (2024, 2026),
    "Pacific/Apia": (2010, 2012),
    "Pacific/Chatham": (2024, 2026),
}


def _changes(zone: ZoneInfo, years: tuple[int, int]) -> list[datetime]:
    """Return the hours in which the clocks of a zone change."""
    hour = datetime(years[0], 1, 1, tzinfo=UTC)
    found = []
    while hour.year <= years[1]:
        later = hour + timedelta(hours=1)
        if hour.astimezone(zone).utcoffset() != later.astimezone(zone).utcoffset():
            found.append(later)
        hour = later
    return found


CHANGES = {name: _changes(ZoneInfo(name), years) for name, years in ZONES.items()}
ORACLE = Oracle()
SUBJECTS = sorted(ORACLE.items)
GROUPS = sorted(ORACLE.groups)


def _moment(draw: random.Random, name: str) -> datetime:
    """Return a treatment instant, often one whose windows meet a change of the clocks."""
    first, last = ZONES[name]
    if CHANGES[name] and draw.random() < 0.6:
        days = draw.choice([0, 1, 2, 3, 7, 7, 7, 14, 14, 21, 28, 30, 90, 180])
        shift = timedelta(minutes=draw.randrange(-1600, 200), seconds=draw.choice([0, 0, 7]))
        return draw.choice(CHANGES[name]) - days * DAY + shift
    minutes = draw.randrange((last - first + 1) * 365 * 24 * 60)
    return datetime(first, 1, 1, tzinfo=UTC) + minutes * MINUTE


def _possible(draw: random.Random, name: str) -> tuple[datetime, ...]:
    """Return the instants of a treatment: a point, a clock time that was twice, or a day."""
    zone, moment, kind = ZoneInfo(name), _moment(draw, name), draw.random()
    if kind < 0.15 and CHANGES[name]:
        wall = draw.choice(CHANGES[name]).astimezone(zone).replace(tzinfo=None)
        wall += draw.randrange(-60, 60) * MINUTE
        both = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        real = [each for each in both if each.astimezone(zone).replace(tzinfo=None) == wall]
        return tuple(sorted(real)) or (moment,)
    if kind < 0.65:
        return (moment,)
    day = datetime.combine(moment.astimezone(zone).date(), time(), tzinfo=zone)
    first, last = day.astimezone(UTC), (day + DAY).astimezone(UTC)
    if not _near_a_change(name, first):
        return (first, first + (last - first) / 3, last)
    # Clocks change on a quarter of an hour, so what matters is just before each of them.
    quarters = [first + n * 15 * MINUTE for n in range(1, int((last - first) / MINUTE) // 15 + 1)]
    return (first, *(each - timedelta(microseconds=1) for each in quarters), last)


def _near_a_change(name: str, day: datetime) -> bool:
    """Whether the clocks change on about that day, or where a window of it ends."""
    ends = [day + days * DAY for days in (0, 7, 14, 21, 28, 30, 42, 90, 180)]
    return any(abs(end - change) < 3 * DAY for end in ends for change in CHANGES[name])


def _taken(draw: random.Random) -> list[Taken]:
    """Return one to three treatments, not far from each other and mostly in one zone."""
    name = draw.choice(list(ZONES))
    type_ = draw.choice(TYPES)
    treatments = [Taken(type_, _possible(draw, name), ZoneInfo(name), _details(draw, type_))]
    while len(treatments) < 3 and draw.random() < 0.35:
        if draw.random() < 0.2:
            name = draw.choice(list(ZONES))
        possible, zone = _possible(draw, name), ZoneInfo(name)
        if abs(possible[0] - treatments[0].possible[0]) < 200 * DAY:
            type_ = draw.choice(TYPES)
            treatments.append(Taken(type_, possible, zone, _details(draw, type_)))
    return treatments


def _details(draw: random.Random, type_: str) -> tuple[str, ...]:
    """Return up to four things that were injected or said of who was treated; mostly none."""
    if draw.random() < 0.6:
        return ()
    fitting = ORACLE.fitting(type_)
    found = draw.sample(fitting, draw.choice([1, 1, 2, 4]))
    excluded = {other for each in found for other in ORACLE.details[each].get("excludes", ())}
    return tuple(each for each in found if each not in excluded)


def _instant(draw: random.Random, activity: str, taken: list[Taken]) -> datetime:
    """Return an instant to ask about, often at a boundary or just beside one."""
    begins = max(each.possible[-1] for each in taken)
    one = draw.choice(taken)
    untils = ORACLE.untils(activity, one)
    if untils and draw.random() < 0.7:
        end = draw.choice(one.ends(draw.choice(untils)))
        beside = draw.choice([-MINUTE, -SECOND, 0 * SECOND, 0 * SECOND, SECOND, MINUTE])
        return max(begins, end + beside)
    longest = draw.choice([2, 3, 9, 16, 400]) * 24 * 60
    return begins + draw.randrange(longest) * MINUTE


@pytest.mark.parametrize("seed", shared_out(range(SEEDS)))
def test_engine_agrees_with_oracle(seed: int, rules: RuleSet, searched: Searched) -> None:
    """Both say the same, now and from when; also while the clinic has something to see first."""
    draw = random.Random(seed)
    known = rules.details()
    for number in range(QUESTIONS):
        activity = draw.choice(GROUPS if draw.random() < 0.15 else SUBJECTS)
        taken = _taken(draw)
        at = _instant(draw, activity, taken)
        asked = rules.groups[activity] if activity in GROUPS else rules.items[activity]
        treatments = [
            Treatment(
                each.type,
                Interval(each.possible[0], each.possible[-1], each.zone),
                details=tuple(known[id_] for id_ in each.details),
            )
            for each in taken
        ]
        held = draw.random() < 0.2
        found = answer(asked, treatments, rules, at, ["infection"] if held else [])
        question = (seed, number, activity, taken, at, held)
        given: object = (str(found.verdict), str(found.verdict_if_earliest))
        assert given == ORACLE.verdicts(activity, taken, at, held=held), question
        given = (found.limited_from, found.allowed_from)
        assert given == ORACLE.times(activity, taken, held=held), question
    searched(QUESTIONS, "questions to the engine and the oracle")
