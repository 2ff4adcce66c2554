"""Where an item or a group stands at an instant, after one or more treatments.

A rule's phases become windows on the clock: one closing time per phase, counted from the latest
possible treatment time and once more from the earliest. Looking up an instant in them gives the
standing. Everything an answer says (now, from when, what changes next, what comes later) is read
off this one step function.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mesocare.core.model import Verdict
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from mesocare.core.model import Group, Item, Phase, Rule, Treatment
    from mesocare.core.timespan import Span


class Standing(NamedTuple):
    """What holds at one instant.

    Attributes:
        verdict: The verdict in the worst case over all possible treatment times.
        if_earliest: The verdict had every treatment been at its earliest possible time.
        condition: What makes it fine, where it is not plainly allowed or closed.
        reason: Why, as the governing phase says.
        treatment: The treatment that governs the verdict.
    """

    verdict: Verdict
    if_earliest: Verdict
    condition: str | None
    reason: str
    treatment: Treatment


class Subject(Protocol):
    """Anything that has a standing: an item, or a group of items."""

    @property
    def begins(self) -> datetime:
        """The latest possible time (UTC) of the last treatment; nothing is asked of before."""

    @property
    def boundaries(self) -> frozenset[datetime]:
        """The instants, in UTC, at which the standing may change."""

    def verdict(self, instant: datetime) -> Verdict:
        """Return the verdict at `instant` (UTC), and nothing else of what holds."""

    def standing(self, instant: datetime) -> Standing:
        """Return what holds at `instant` (UTC)."""


class _Closings:
    """When windows of any length close after one treatment; each length is worked out once."""

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment
        self._known: dict[Span, tuple[datetime, datetime]] = {}

    def of(self, span: Span) -> tuple[datetime, datetime]:
        """Return the closing (UTC) after the latest and after the earliest possible time."""
        found = self._known.get(span)
        if found is None:
            when = self.treatment.when
            latest = earliest = last_closing(when, span)
            if when.earliest != when.latest:
                earliest = closing(when.earliest, span, when.zone)
            self._known[span] = found = latest, earliest
        return found


class _Windows:
    """The phases of one rule on the clock, after one treatment."""

    def __init__(self, rule: Rule, closings: _Closings) -> None:
        self.rule = rule
        self.treatment = closings.treatment
        ends = [closings.of(phase.until) for phase in rule.phases if phase.until is not None]
        self.if_latest = [latest for latest, _ in ends]
        self.if_earliest = [earliest for _, earliest in ends]

    def worst(self, instant: datetime) -> Phase:
        """Return the most severe phase that any possible treatment time puts `instant` in."""
        later, earlier = _index(self.if_latest, instant), _index(self.if_earliest, instant)
        if later == earlier:
            return self.rule.phases[later]
        return max(self.rule.phases[later : earlier + 1], key=lambda phase: phase.verdict.severity)

    def earliest(self, instant: datetime) -> Phase:
        """Return the phase that holds if the treatment was as early as possible."""
        return self.rule.phases[_index(self.if_earliest, instant)]

    @property
    def opens_last(self) -> float:
        """When the last phase begins, as a timestamp; infinite if it is not `allowed`."""
        if self.rule.phases[-1].verdict is not Verdict.ALLOWED:
            return float("inf")
        closings = [*self.if_latest, self.treatment.when.latest]
        return max(closing.timestamp() for closing in closings)


def _index(closings: Sequence[datetime], instant: datetime) -> int:
    """Return the position of the first window that `instant` has not left; the end is outside."""
    return next((n for n, end in enumerate(closings) if instant < end), len(closings))


def subjects(items: Iterable[Item], treatments: Sequence[Treatment]) -> dict[str, ItemSubject]:
    """Return items by id, as they are after some treatments."""
    closings = [_Closings(each) for each in treatments]
    return {item.id: ItemSubject(item, closings) for item in items}


class ItemSubject:
    """One item after some treatments: the most severe verdict over all of them holds.

    It is made by `subjects`, which works out once what several items have in common.
    """

    def __init__(self, item: Item, closings: Sequence[_Closings], *, floor: bool = False) -> None:
        self.item = item
        self._closings = closings
        rules = [each.treatment.rule_for(item) for each in closings]
        self._rules = [rule.floor for rule in rules] if floor else rules

    @property
    def begins(self) -> datetime:
        """The latest possible time (UTC) of the last treatment; nothing is asked of before."""
        return max(each.treatment.when.latest for each in self._closings)

    @property
    def has_floor(self) -> bool:
        """Whether a clinic's protocol tightened it."""
        return any(rule.floor is not rule for rule in self._rules)

    @cached_property
    def _windows(self) -> list[_Windows]:
        """Only when they are asked for: a group that is open does not look at all its items."""
        return [_Windows(*pair) for pair in zip(self._rules, self._closings, strict=True)]

    @property
    def boundaries(self) -> frozenset[datetime]:
        """The instants, in UTC, at which the standing may change."""
        return frozenset(
            end for each in self._windows for end in (*each.if_latest, *each.if_earliest)
        )

    @property
    def floor(self) -> ItemSubject:
        """The same item without what a clinic's protocol tightened."""
        return ItemSubject(self.item, self._closings, floor=True) if self.has_floor else self

    @property
    def softens(self) -> bool:
        """Whether it being allowed says something about its group after these treatments.

        That needs a rule about every one of them, and an item that does not stand aside: walking
        softens exercise, a flight does not soften a chemical peel.
        """
        return not self.item.aside and all(rule.concerns for rule in self._rules)

    def verdict(self, instant: datetime) -> Verdict:
        """Return the verdict at `instant` (UTC), and nothing else of what holds."""
        return max((each.worst(instant).verdict for each in self._windows), key=_severity)

    def standing(self, instant: datetime) -> Standing:
        """Return what holds at `instant` (UTC)."""
        verdict = self.verdict(instant)
        phases = [(each.worst(instant), each) for each in self._windows]
        deciding = [(phase, each) for phase, each in phases if phase.verdict is verdict]
        # Among equals the treatment that holds the activity back longest governs.
        phase, windows = max(
            deciding,
            key=lambda pair: (pair[1].opens_last, *reversed(pair[1].treatment.when[:2])),
        )
        conditions = dict.fromkeys(each.condition for each, _ in deciding if each.condition)
        return Standing(
            verdict=verdict,
            if_earliest=max(
                (each.earliest(instant).verdict for each in self._windows), key=_severity
            ),
            condition=" ".join(conditions) or None,
            reason=phase.reason,
            treatment=windows.treatment,
        )


class GroupSubject:
    """A group after some treatments: its headline item's verdict, softened by its siblings.

    What a clinic's protocol tightens never opens it: it is then no milder than without that. An
    item that is closed for longer could otherwise open its group, since a closed headline item is
    softened and one to ask about is not.
    """

    def __init__(
        self, group: Group, items: Mapping[str, ItemSubject], *, floor: bool = False
    ) -> None:
        self.group = group
        self.items = {id_: items[id_] for id_ in group.items}
        self._floor: GroupSubject | None = None
        if not floor and any(each.has_floor for each in self.items.values()):
            without = {id_: each.floor for id_, each in self.items.items()}
            self._floor = GroupSubject(group, without, floor=True)

    @property
    def begins(self) -> datetime:
        """The latest possible time (UTC) of the last treatment; nothing is asked of before."""
        return max(each.begins for each in self.items.values())

    @property
    def boundaries(self) -> frozenset[datetime]:
        """The instants, in UTC, at which the standing may change."""
        found = frozenset().union(*(each.boundaries for each in self.items.values()))
        return found if self._floor is None else found | self._floor.boundaries

    def verdict(self, instant: datetime) -> Verdict:
        """Return the verdict at `instant` (UTC), and nothing else of what holds."""
        headline = self.items[self.group.headline].verdict(instant)
        siblings = (each.verdict(instant) for each in self.items.values() if each.softens)
        verdict = _soften(headline, siblings)
        if self._floor is None:
            return verdict
        return max(verdict, self._floor.verdict(instant), key=_severity)

    def standing(self, instant: datetime) -> Standing:
        """Return what holds at `instant` (UTC)."""
        verdict = self.verdict(instant)
        standings = {id_: each.standing(instant) for id_, each in self.items.items()}
        headline = standings[self.group.headline]
        siblings = (standings[id_].if_earliest for id_, each in self.items.items() if each.softens)
        if_earliest = _soften(headline.if_earliest, siblings)
        if self._floor is not None:
            floor = self._floor.standing(instant)
            if_earliest = max(if_earliest, floor.if_earliest, key=_severity)
        return Standing(
            verdict=verdict,
            if_earliest=if_earliest,
            condition=self._condition(verdict, standings),
            reason=headline.reason,
            treatment=headline.treatment,
        )

    def _condition(self, verdict: Verdict, standings: Mapping[str, Standing]) -> str | None:
        """Say on what condition the group is open, and which of its items are not."""
        if verdict.closed:
            return None
        headline = standings[self.group.headline]
        parts = [headline.condition]
        if verdict is not headline.verdict:
            parts.append(self._listing("Fine", Verdict.ALLOWED, standings))
        parts.append(self._listing("Not yet", Verdict.AVOID, standings))
        parts.append(self._listing("Ask first", Verdict.ASK, standings))
        return " ".join(filter(None, parts)) or None

    def _listing(self, word: str, verdict: Verdict, standings: Mapping[str, Standing]) -> str:
        """Return `Fine: walking, stretching.`, or nothing where no item has that verdict."""
        labels = [
            _in_sentence(self.items[id_].item.label)
            for id_, each in standings.items()
            if each.verdict is verdict and (verdict.closed or self.items[id_].softens)
        ]
        return f"{word}: {', '.join(labels)}." if labels else ""


def _severity(verdict: Verdict) -> int:
    return verdict.severity


def _soften(headline: Verdict, items: Iterable[Verdict]) -> Verdict:
    """Return a group's verdict: no workouts yet but walking is fine makes it `limited`."""
    if headline is Verdict.AVOID and Verdict.ALLOWED in items:
        return Verdict.LIMITED
    return headline


def _in_sentence(label: str) -> str:
    """Return a label as it reads inside a sentence; abbreviations keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
