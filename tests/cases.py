"""The published cases of `data/cases/`, read the way the command line reads a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import yaml

from mesocare import dates
from mesocare.core.model import Treatment
from mesocare.rules.loader import built_in

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = built_in() / "cases"
INSTANTS = ("limited_from", "allowed_from", "next_change")
EXPECTED = ("verdict", "certain", "verdict_if_earliest", *INSTANTS)


@dataclass(frozen=True)
class Case:
    """One question with its expected answer; the instants are in UTC."""

    id: str
    ask: str
    at: datetime
    treatments: tuple[Treatment, ...]
    expected: dict[str, Any]
    why: str


def _text(value: object) -> str:
    """Return a date or clock time as somebody would have typed it; YAML may have read it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    return value.isoformat() if isinstance(value, date) else str(value)


def _case(plain: dict[str, Any]) -> Case:
    zone = ZoneInfo(plain["tz"])

    def instant(value: object) -> datetime:
        return dates.parse_at(_text(value), now=datetime(2026, 11, 21, tzinfo=UTC), zone=zone)

    at = instant(plain["at"])
    treatments = plain.get("treatments") or [{"treated": plain["treated"]}]
    expected = {key: plain[key] for key in EXPECTED if key in plain}
    for key in INSTANTS:
        if expected.get(key) is not None:
            expected[key] = instant(expected[key])
    return Case(
        id=plain["id"],
        ask=plain["ask"],
        at=at,
        treatments=tuple(
            Treatment(
                each.get("type", plain.get("type", "face")),
                dates.parse_treated(_text(each["treated"]), at=at, zone=zone),
            )
            for each in treatments
        ),
        expected=expected,
        why=plain["why"],
    )


def read_file(path: Path) -> list[Case]:
    """Return the cases of one file, its defaults filled in."""
    plain = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [_case({**plain.get("defaults", {}), **each}) for each in plain["cases"]]


def read_all() -> list[Case]:
    """Return every published case."""
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in read_file(path)]
