"""The published cases of `data/cases/triage/`: a diary, an instant, and what is found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from mesocare import dates
from mesocare.core.diary import Entry
from mesocare.core.model import Treatment
from mesocare.rules.loader import built_in

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = built_in() / "cases" / "triage"


@dataclass(frozen=True)
class Case:
    """One diary with the findings expected of it; `missing` where the case names it."""

    id: str
    at: datetime
    treatments: tuple[Treatment, ...]
    diary: tuple[Entry, ...]
    findings: dict[str, str]
    missing: set[str] | None
    why: str


def _text(value: object) -> str:
    """Return a date or clock time as somebody would have typed it; YAML may have read it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _case(plain: dict[str, Any]) -> Case:
    def instant(value: object) -> datetime:
        zone = ZoneInfo(plain["tz"])
        return dates.parse_at(_text(value), now=datetime(2026, 11, 21, tzinfo=UTC), zone=zone)

    at = instant(plain["at"])
    treatments = []
    for each in plain.get("treatments") or [{"treated": plain["treated"]}]:
        zone = ZoneInfo(each.get("tz", plain["tz"]))
        when = dates.parse_treated(_text(each["treated"]), at=at, zone=zone)
        treatments.append(Treatment(each.get("type", plain["type"]), when))
    diary = tuple(
        Entry(
            id=f"{plain['id']}-{n}",
            sign=each.get("sign"),
            words=each.get("words", each.get("sign")),
            score=each.get("score"),
            temperature=each.get("temperature"),
            note=each.get("note"),
            at=instant(each.get("at", plain["at"])),
        )
        for n, each in enumerate(plain["diary"], start=1)
    )
    missing = set(plain["missing"]) if "missing" in plain else None
    return Case(plain["id"], at, tuple(treatments), diary, plain["findings"], missing, plain["why"])


def read_file(path: Path) -> list[Case]:
    """Return the cases of one file, its defaults filled in."""
    plain = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [_case({**plain["defaults"], **each}) for each in plain["cases"]]


def read_all() -> list[Case]:
    """Return every published case."""
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in read_file(path)]
