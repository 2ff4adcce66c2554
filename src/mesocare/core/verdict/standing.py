"""Where an item or a group stands at an instant, after one or more treatments.

A rule's phases become windows on the clock: one closing time per phase, counted from the latest
possible treatment time and once more from the earliest. Looking up an instant in them gives the
standing. Everything an answer says (now, from when, what changes next, what comes later) is read
off this one step function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from mesocare.core.model import Verdict
from mesocare.core.verdict.windows import Closings, Windows
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from mesocare.core.model import Group, Item, Treatment


class Standing(NamedTuple):
    """What holds at one instant.

    Attributes:
        verdict: The verdict in the worst case over all possible treatment times.
        if_earliest: The verdict had every treatment been at its earliest possible time.
        condition: What makes it fine, where it is not plainly allowed or closed.
        reason: Why, as the governing phase says.
        treatment: The treatment that governs the verdict.
        held: Whether it would be milder, had the clinic nothing to see first.
    """

    verdict: Verdict
    if_earliest: Verdict
    condition: str | None
    reason: str
    treatment: Treatment
    held: bool = False


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


def subjects(
    items: Iterable[Item], treatments: Sequence[Treatment], held: str | None = None
) -> dict[str, ItemSubject]:
    """Return items by id, as they are after some treatments.

    Where the clinic has something to see first, `held` says so; nothing that touches the treated
    area is then milder than `ask`.
    """
    closings = [Closings(each) for each in treatments]
    return {item.id: ItemSubject(item, closings, held=held) for item in items}


class ItemSubject:
    """One item after some treatments: the most severe verdict over all of them holds.

    It is made by `subjects`, which works out once what several items have in common.

    Attributes:
        item: The item.
        has_floor: Whether a clinic's protocol tightened it.
    """

    def __init__(
        self,
        item: Item,
        closings: Sequence[Closings],
        *,
        floor: bool = False,
        held: str | None = None,
    ) -> None:
        self.item = item
        self._closings = closings
        pairs = [(each.treatment.rule_for(item), each) for each in closings]
        floors = [(rule.floor, each) for rule, each in pairs]
        # Details come last, and no floor has any: what tightens never opens a group.
        details = [(rule, each) for each in closings for _, rule in each.treatment.detailed(item)]
        self.has_floor = not floor and (bool(details) or floors != pairs)
        self._pairs = floors if floor else [*pairs, *details]
        concerned = any(rule.concerns for rule, _ in self._pairs)
        self._held = held if not item.apart and concerned else None
        self._made: list[Windows] = []

    @property
    def treatments(self) -> list[Treatment]:
        """What it is asked after."""
        return [each.treatment for each in self._closings]

    @property
    def begins(self) -> datetime:
        """The latest possible time (UTC) of the last treatment; nothing is asked of before."""
        return max(each.when.latest for each in self.treatments)

    @property
    def _windows(self) -> list[Windows]:
        """Only when they are asked for: a group that is open does not look at all its items."""
        if not self._made:
            self._made = [Windows(*pair) for pair in self._pairs]
        return self._made

    @property
    def boundaries(self) -> frozenset[datetime]:
        """The instants, in UTC, at which the standing may change."""
        return frozenset(
            end for each in self._windows for end in (*each.if_latest, *each.if_earliest)
        )

    @property
    def floor(self) -> ItemSubject:
        """The same item without what a clinic's protocol tightened."""
        if not self.has_floor:
            return self
        return ItemSubject(self.item, self._closings, floor=True, held=self._held)

    @property
    def softens(self) -> bool:
        """Whether it being allowed says something about its group after these treatments.

        That needs a rule about every one of them, and an item that does not stand aside: walking
        softens exercise, a flight does not soften a chemical peel.
        """
        return not self.item.aside and all(rule.concerns for rule, _ in self._pairs)

    def verdict(self, instant: datetime) -> Verdict:
        """Return the verdict at `instant` (UTC), and nothing else of what holds."""
        verdict = self._by_rule(instant)
        return verdict if self._held is None else _worst([verdict, Verdict.ASK])

    def standing(self, instant: datetime) -> Standing:
        """Return what holds at `instant` (UTC)."""
        found = self._standing_by_rule(instant)
        return found if self._held is None else _held(found, self._held)

    def _by_rule(self, instant: datetime) -> Verdict:
        return _worst([each.worst(instant).verdict for each in self._windows])

    def _standing_by_rule(self, instant: datetime) -> Standing:
        verdict = self._by_rule(instant)
        phases = [(each.worst(instant), each) for each in self._windows]
        # What a detail leaves to the others has no words of its own.
        deciding = [
            (phase, each) for phase, each in phases if phase.verdict is verdict and phase.reason
        ]
        # Among equals the treatment that holds the activity back longest governs.
        phase, windows = max(
            deciding,
            key=lambda pair: (pair[1].opens_last, *reversed(pair[1].treatment.when[:2])),
        )
        conditions = dict.fromkeys(each.condition for each, _ in deciding if each.condition)
        return Standing(
            verdict=verdict,
            if_earliest=_worst([each.earliest(instant).verdict for each in self._windows]),
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
        return _worst([verdict, self._floor.verdict(instant)])

    def standing(self, instant: datetime) -> Standing:
        """Return what holds at `instant` (UTC)."""
        verdict = self.verdict(instant)
        standings = {id_: each.standing(instant) for id_, each in self.items.items()}
        headline = standings[self.group.headline]
        siblings = (standings[id_].if_earliest for id_, each in self.items.items() if each.softens)
        if_earliest = _soften(headline.if_earliest, siblings)
        if self._floor is not None:
            floor = self._floor.standing(instant)
            if_earliest = _worst([if_earliest, floor.if_earliest])
        return Standing(
            verdict=verdict,
            if_earliest=if_earliest,
            condition=self._condition(verdict, standings),
            reason=headline.reason,
            treatment=headline.treatment,
            held=headline.held and verdict is headline.verdict,
        )

    def _condition(self, verdict: Verdict, standings: Mapping[str, Standing]) -> str | None:
        """Say on what condition the group is open, and which of its items are not."""
        if verdict.closed:
            return None
        headline = standings[self.group.headline]
        parts = [headline.condition]
        if verdict is not headline.verdict:
            parts.append(self._listing(Verdict.ALLOWED, standings))
        parts.append(self._listing(Verdict.AVOID, standings))
        parts.append(self._listing(Verdict.ASK, standings))
        return " ".join(filter(None, parts)) or None

    def _listing(self, verdict: Verdict, standings: Mapping[str, Standing]) -> str:
        """Return `Fine: walking, stretching.`, or nothing where no item has that verdict."""
        labels = [
            lower_first(self.items[id_].item.label)
            for id_, each in standings.items()
            if each.verdict is verdict and (verdict.closed or self.items[id_].softens)
        ]
        return f"{self.group.listed_as[verdict]}: {', '.join(labels)}." if labels else ""


def _held(standing: Standing, why: str) -> Standing:
    """Return what is open as something to ask about; what is closed stays as it is."""
    if_earliest = _worst([standing.if_earliest, Verdict.ASK])
    if standing.verdict.closed:
        return standing._replace(if_earliest=if_earliest)
    return standing._replace(
        verdict=Verdict.ASK, if_earliest=if_earliest, condition=None, reason=why, held=True
    )


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    return max(verdicts, key=lambda verdict: verdict.severity)


def _soften(headline: Verdict, items: Iterable[Verdict]) -> Verdict:
    """Return a group's verdict: no workouts yet but walking is fine makes it `limited`."""
    if headline is Verdict.AVOID and Verdict.ALLOWED in items:
        return Verdict.LIMITED
    return headline
