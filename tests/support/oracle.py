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
    """A treatment: its type, every instant it may have happened at (in order), its zone.

    `details` are the ids of what was injected and who was treated.
    """

    type: str
    possible: tuple[datetime, ...]
    zone: ZoneInfo
    details: tuple[str, ...] = ()
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
        self.details: dict[str, Any] = {}
        for name, root in (("substances", "substances"), ("factors", "factors")):
            text = (DATA / "details" / f"{name}.yaml").read_text(encoding="utf-8")
            self.details |= yaml.safe_load(text)[root]
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

    def beside(self, item: str, taken: Taken) -> list[dict[str, Any]]:
        """Return what details of a treatment ask for besides, for an item."""
        found = []
        for detail in taken.details:
            rules = self.details[detail].get("rules", {}).get(item, {})
            written = rules.get(taken.type)
            if written is None:
                continue
            if "same_as" in written:
                written = rules[written["same_as"]]
            found.append(self.rule(item, written["as"]) if "as" in written else written)
        return found

    def fitting(self, type_: str) -> list[str]:
        """Return the details that go with a treatment type."""
        return [id_ for id_, each in self.details.items() if type_ in each.get("types", TYPES)]

    def untils(self, activity: str, taken: Taken) -> list[str]:
        """Return the phase ends that matter for an item or a group."""
        items = self.members.get(activity, [activity])
        rules = [
            rule for id_ in items for rule in (self.rule(id_, taken.type), *self.beside(id_, taken))
        ]
        phases = [phase for rule in rules for phase in rule.get("phases", [])]
        return sorted({phase["until"] for phase in phases if "until" in phase})

    def _after(self, rule: dict[str, Any], taken: Taken, at: datetime) -> list[str]:
        """Return the verdict for each instant the treatment may have happened at."""
        if "unrestricted" in rule:
            return ["allowed"]
        verdicts = []
        for n in range(len(taken.possible)):
            holding = (
                phase["verdict"]
                for phase in rule["phases"]
                if "until" not in phase or at < taken.ends(phase["until"])[n]
            )
            verdicts.append(next(holding, "allowed"))  # what has ended leaves all to the others
        return verdicts

    def _item(
        self, item: str, taken: list[Taken], at: datetime, held: bool, plain: bool
    ) -> tuple[str, str]:
        rules = [
            (rule, one)
            for one in taken
            for rule in (
                self.rule(item, one.type), *([] if plain else self.beside(item, one)),
            )
        ]  # fmt: skip
        each = [self._after(rule, one, at) for rule, one in rules]
        concerned = any("phases" in rule for rule, _ in rules)
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
            return self._item(activity, taken, at, held, plain=False)
        # What details ask for never opens a group, so without them it is no stricter.
        both = [self._group(activity, taken, at, held, plain) for plain in (False, True)]
        worst, earliest = (max(each, key=SEVERITY.__getitem__) for each in zip(*both, strict=True))
        return worst, earliest

    def _group(
        self, group: str, taken: list[Taken], at: datetime, held: bool, plain: bool
    ) -> tuple[str, str]:
        found = list(self._item(self.groups[group]["headline"], taken, at, held, plain))
        for item in self.members[group]:
            if "avoid" in found and self._softens(item, taken):
                for n, verdict in enumerate(self._item(item, taken, at, held, plain)):
                    if verdict == "allowed" and found[n] == "avoid":
                        found[n] = "limited"
        return found[0], found[1]

    def times(self, activity: str, taken: list[Taken], *, held: bool = False) -> Times:
        """Return from when it is surely neither `avoid` nor `ask`, and surely `allowed`."""
        begins = max(one.possible[-1] for one in taken)
        ends = {
            end
            for one in taken
            for until in self.untils(activity, one)
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
