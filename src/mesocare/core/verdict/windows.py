"""The phases of a rule on the clock: when each closes, after one treatment.

Each closing is counted from the latest possible treatment time, and once more from the earliest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.model import Phase, Rule, Treatment
    from mesocare.core.timespan import Span


class Closings:
    """When windows of any length close after one treatment; each length is worked out once.

    Attributes:
        treatment: The treatment.
        exact: Whether its time is known, so that every window closes at one instant.
    """

    def __init__(self, treatment: Treatment) -> None:
        self.treatment = treatment
        self.exact = treatment.when.earliest == treatment.when.latest
        self._latest: dict[Span, datetime] = {}
        self._earliest: dict[Span, datetime] = {}

    def latest(self, span: Span) -> datetime:
        """Return the latest instant, in UTC, at which such a window can close."""
        found = self._latest.get(span)
        if found is None:
            found = self._latest[span] = last_closing(self.treatment.when, span)
        return found

    def earliest(self, span: Span) -> datetime:
        """Return when it closes, in UTC, if the treatment was as early as possible."""
        found = self._earliest.get(span)
        if found is None:
            when = self.treatment.when
            found = self._earliest[span] = closing(when.earliest, span, when.zone)
        return found


class Windows:
    """The phases of one rule on the clock, after one treatment.

    Attributes:
        if_latest: When each closes (UTC), the treatment having been as late as possible.
        if_earliest: The same, the treatment having been as early as possible.
    """

    def __init__(self, rule: Rule, closings: Closings) -> None:
        self.rule = rule
        self.treatment = closings.treatment
        spans = [phase.until for phase in rule.phases if phase.until is not None]
        self.if_latest = self.if_earliest = [closings.latest(span) for span in spans]
        if not closings.exact:
            self.if_earliest = [closings.earliest(span) for span in spans]

    def worst(self, instant: datetime) -> Phase:
        """Return the most severe phase that any possible treatment time puts `instant` in."""
        later = earlier = _index(self.if_latest, instant)
        if self.if_earliest is not self.if_latest:
            earlier = _index(self.if_earliest, instant)
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
    for n, end in enumerate(closings):
        if instant < end:
            return n
    return len(closings)
