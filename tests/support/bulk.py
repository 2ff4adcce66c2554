"""Jobs for bulk checks, and treatments that lie where a verdict or a clock is about to change."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from mesocare.bulk.job import Job
from mesocare.core.timespan import Days, turns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mesocare.core.model import RuleSet

AT = datetime(2024, 5, 2, 15, tzinfo=UTC)
ZONES = (
    "Europe/London", "Europe/Berlin", "America/New_York", "America/Havana", "America/Santiago",
    "Africa/Casablanca", "Asia/Kathmandu", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Chatham", "UTC",
)  # fmt: skip
# Around changes of clocks: Europe, Havana and New York, Lord Howe (half an hour), Santiago (at
# midnight), Casablanca (Ramadan), and Apia, which skipped a whole day.
MOMENTS = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2024-03-31T01:30", "2024-11-03T05:40", "2024-04-06T15:10", "2024-09-08T04:20",
        "2024-03-10T02:15", "2011-12-31T10:30", "2024-06-15T12:00",
    )
)  # fmt: skip


def job(rules: RuleSet, source: Path, target: Path, **changes: Any) -> Job:
    """Return a job over a CSV file that asks about the headline groups; with some changes."""
    given: dict[str, Any] = {
        "source": str(source),
        "kind": "csv",
        "output": str(target),
        "form": "csv",
        "columns": {},
        "activities": tuple(rules.groups[id_] for id_ in rules.headline_groups),
        "rules": rules,
        "at": AT,
        "zone": UTC,
    }
    return Job(**{**given, **changes})


def treatments(
    rules: RuleSet, at: datetime, count: int, seed: int
) -> Iterator[tuple[str, str, str]]:
    """Yield times as people write them, types and zones; most lie where something changes."""
    random_ = random.Random(seed)
    spans = sorted(
        {
            phase.until
            for item in rules.items.values()
            for rule in item.rules.values()
            for phase in rule.phases
            if phase.until is not None
        },
        key=lambda span: (span.nominal_hours, str(span)),
    )
    changes = {
        name: [at_ for at_, _, _ in turns(at - timedelta(days=200), at, ZoneInfo(name))]
        for name in ZONES
    }
    for _ in range(count):
        name = random_.choice(ZONES)
        zone = ZoneInfo(name)
        wall = at.astimezone(zone).replace(tzinfo=None)
        span = random_.choice(spans)
        near = timedelta(minutes=random_.randrange(-150, 150), seconds=random_.choice([0, 0, 1]))
        if changes[name] and random_.random() < 0.2:
            local = random_.choice(changes[name]).astimezone(zone).replace(tzinfo=None) + near
        elif isinstance(span, Days):
            local = wall - timedelta(days=span.number) + near
        else:
            local = (at - timedelta(hours=span.number)).astimezone(zone).replace(tzinfo=None) + near
        yield _written(local, random_), random_.choice(list(rules.types)), name


def _written(local: datetime, random_: random.Random) -> str:
    kind = random_.random()
    if kind < 0.6:
        return local.isoformat(timespec="seconds" if local.second else "minutes")
    if kind < 0.7:
        return local.isoformat(" ", timespec="seconds")
    if kind < 0.85:
        return str(local.date())
    if kind < 0.9:
        return local.isoformat() + random_.choice(["Z", "+02:00", "-03:30"])
    if kind < 0.95:
        return f"{local.day} {local:%B} {local.year} {local:%H:%M}"
    return f"{random_.randrange(1, 100)} {random_.choice(['days', 'hours'])} ago"
