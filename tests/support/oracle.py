"""A second opinion: the rule files read as naively as possible, with a calendar of its own.

Nothing of `mesocare.core` or `mesocare.rules` is used. A treatment is a list of the instants at
which it may have happened; every question is answered by trying all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[2] / "data"
TYPES = ("face", "scalp", "brightening")
SEVERITY = {"allowed": 0, "limited": 1, "ask": 2, "avoid": 3}
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

Times = tuple[datetime | None, datetime | None]


@lru_cache(maxsize=200_000)
def days_later(start: datetime, days: int, zone: tzinfo) -> datetime:
    """Return the same clock time `days` dates later; of two the later, in a gap moved by it."""
    wanted = start.astimezone(zone).replace(tzinfo=None) + days * DAY
    # The clock offsets in force on the day before and the day after are all there can be.
    around = [(wanted.replace(tzinfo=UTC) + shift).astimezone(zone) for shift in (-DAY, DAY)]
    before, after = (each.utcoffset() or timedelta() for each in around)
    candidates = [(wanted - offset).replace(tzinfo=UTC) for offset in (before, after)]
    real = [each for each in candidates if each.astimezone(zone).replace(tzinfo=None) == wanted]
    return max(real) if real else candidates[0]


def closes(start: datetime, until: str, zone: tzinfo) -> datetime:
    """Return when a window of `48 h` or `7 d` ends, in whole seconds, rounded up."""
    count, unit = until.split()
    end = start + int(count) * HOUR if unit == "h" else days_later(start, int(count), zone)
    return end if end.microsecond == 0 else end.replace(microsecond=0) + timedelta(seconds=1)


@dataclass
class Taken:
    """A treatment: its type, every instant it may have happened at (in order), its zone."""

    type: str
    possible: tuple[datetime, ...]
    zone: ZoneInfo
    _ends: dict[str, list[datetime]] = field(default_factory=dict)

    def ends(self, until: str) -> list[datetime]:
        """Return when a window ends, for each possible instant."""
        if until not in self._ends:
            self._ends[until] = [closes(each, until, self.zone) for each in self.possible]
        return self._ends[until]


class Oracle:
    """The activities of the rule set and what may be asked about them."""

    def __init__(self) -> None:
        documents = [
            yaml.safe_load(path.read_text(encoding="utf-8"))
            for path in sorted((DATA / "activities").glob("*.yaml"))
        ]
        self.items: dict[str, Any] = {}
        self.groups: dict[str, Any] = {}
        for document in documents:
            self.items |= document["items"]
            self.groups[document["group"]] = document
        self.members = {
            name: [*group["items"], *group.get("includes", [])]
            for name, group in self.groups.items()
        }

    def rule(self, item: str, type_: str) -> dict[str, Any]:
        """Return what is written for an item after a treatment type."""
        rules: dict[str, Any] = self.items[item]["rules"]
        written = rules[type_]
        found: dict[str, Any] = rules[written["same_as"]] if "same_as" in written else written
        return found

    def untils(self, activity: str, type_: str) -> list[str]:
        """Return the phase ends that matter for an item or a group."""
        items = self.members.get(activity, [activity])
        phases = [phase for id_ in items for phase in self.rule(id_, type_).get("phases", [])]
        return sorted({phase["until"] for phase in phases if "until" in phase})

    def _after(self, item: str, taken: Taken, at: datetime) -> list[str]:
        """Return the verdict for each instant the treatment may have happened at."""
        rule = self.rule(item, taken.type)
        if "unrestricted" in rule:
            return ["allowed"]
        verdicts = []
        for n in range(len(taken.possible)):
            for phase in rule["phases"]:
                if "until" not in phase or at < taken.ends(phase["until"])[n]:
                    verdicts.append(phase["verdict"])
                    break
        return verdicts

    def _item(self, item: str, taken: list[Taken], at: datetime, held: bool) -> tuple[str, str]:
        each = [self._after(item, one, at) for one in taken]
        concerned = any("phases" in self.rule(item, one.type) for one in taken)
        if held and concerned and not self.items[item].get("apart", False):
            each.append(["ask"])
        worst = max((verdict for some in each for verdict in some), key=SEVERITY.__getitem__)
        return worst, max((some[0] for some in each), key=SEVERITY.__getitem__)

    def _softens(self, item: str, taken: list[Taken]) -> bool:
        concerned = all("unrestricted" not in self.rule(item, one.type) for one in taken)
        return concerned and not self.items[item].get("aside", False)

    def verdicts(
        self, activity: str, taken: list[Taken], at: datetime, *, held: bool = False
    ) -> tuple[str, str]:
        """Return the worst verdict, and the one had every treatment been as early as possible.

        While it is `held`, because the diary has something for the clinic to see first, what
        touches the treated area is at least to ask about.
        """
        if activity not in self.groups:
            return self._item(activity, taken, at, held)
        found = list(self._item(self.groups[activity]["headline"], taken, at, held))
        for item in self.members[activity]:
            if "avoid" in found and self._softens(item, taken):
                for n, verdict in enumerate(self._item(item, taken, at, held)):
                    if verdict == "allowed" and found[n] == "avoid":
                        found[n] = "limited"
        return found[0], found[1]

    def times(self, activity: str, taken: list[Taken], *, held: bool = False) -> Times:
        """Return from when it is surely neither `avoid` nor `ask`, and surely `allowed`."""
        begins = max(one.possible[-1] for one in taken)
        ends = {
            end
            for one in taken
            for until in self.untils(activity, one.type)
            for end in one.ends(until)
            if end > begins
        }
        limited_from = allowed_from = None
        still_allowed = True
        for instant in sorted({begins, *ends}, reverse=True):
            verdict, _ = self.verdicts(activity, taken, instant, held=held)
            if verdict in {"avoid", "ask"}:
                break
            limited_from = instant
            still_allowed = still_allowed and verdict == "allowed"
            if still_allowed:
                allowed_from = instant
        return limited_from, allowed_from
