"""Recoveries of any kind: treatments at random times and zones, known to the minute or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mesocare.core.calendar import day_span
from mesocare.core.model import Treatment
from mesocare.core.question import Question
from mesocare.core.timespan import Interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.core.model import RuleSet

# With changes of clocks at night and at noon, by half an hour, and with none at all.
ZONES = (
    "Europe/London", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "UTC",
    "Asia/Kathmandu", "Pacific/Chatham", "Africa/Casablanca", "America/St_Johns",
)  # fmt: skip
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
YEARS = timedelta(days=3 * 365)


def recoveries(count: int, seed: int, rules: RuleSet) -> Iterator[Question]:
    """Yield so many questions, each some time after one or two treatments."""
    random = Random(seed)
    for _ in range(count):
        zone = ZoneInfo(random.choice(ZONES))
        whens = [_when(random, zone) for _ in range(random.choice((1, 1, 1, 2)))]
        types = random.sample(list(rules.types), len(whens))
        treatments = tuple(Treatment(*pair) for pair in zip(types, whens, strict=True))
        latest = max(each.latest for each in whens)
        at = latest + timedelta(minutes=random.randrange(60 * 24 * 40))
        yield Question(at, zone, treatments, rules)


def _when(random: Random, zone: ZoneInfo) -> Interval:
    at = FIRST + timedelta(seconds=random.randrange(int(YEARS.total_seconds())))
    if random.random() < 0.3:
        day = day_span(at.astimezone(zone).date(), zone)
        assert day is not None
        return Interval(*day, zone)
    return Interval(at, at, zone)
