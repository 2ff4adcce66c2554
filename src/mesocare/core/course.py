"""The course of sessions: how many were done, when the next one is due, what to expect by now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core import watch
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.model import Course, RuleSet, Treatment


class Due(StrEnum):
    """Where the next session stands."""

    TOO_EARLY = "too_early"
    NOW = "now"
    OVERDUE = "overdue"


class Plan(NamedTuple):
    """The course after the sessions of one treatment type. Instants are in UTC.

    Attributes:
        done: How many sessions are known.
        next_from: The next session is surely not too early from then on.
        next_until: Later than that, it is later than usual.
        maintenance_from: When a maintenance session is usual, counted from the last one.
        results: What may be expected of the treatment by now.
    """

    type: str
    done: int
    course: Course
    last: Treatment
    next_from: datetime
    next_until: datetime
    maintenance_from: datetime
    maintenance_until: datetime
    due: Due
    results: tuple[watch.Advice, ...]


def plans(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> tuple[Plan, ...]:
    """Return the plan for every type that was treated, as it stands at an instant (UTC)."""
    return tuple(
        _plan(last, [each for each in treatments if each.type == last.type], rules, at)
        for last in watch.latest_of_each_type(treatments)
        if last.type in rules.course
    )


def _plan(last: Treatment, sessions: list[Treatment], rules: RuleSet, at: datetime) -> Plan:
    course, when = rules.course[last.type], last.when
    # Not before it surely is time, and not after it may have passed.
    next_from = last_closing(when, course.spacing.least)
    next_until = closing(when.earliest, course.spacing.most, when.zone, cautious=False)
    due = Due.TOO_EARLY if at < next_from else Due.NOW if at < next_until else Due.OVERDUE
    return Plan(
        type=last.type,
        done=len(sessions),
        course=course,
        last=last,
        next_from=next_from,
        next_until=max(next_from, next_until),
        maintenance_from=last_closing(when, course.maintenance.least),
        maintenance_until=last_closing(when, course.maintenance.most),
        due=due,
        results=watch.results([last], rules, at),
    )


def best_grade(evidence: Sequence[str], rules: RuleSet) -> str:
    """Return the best grade among cited claims: A, B or C."""
    return min(rules.evidence[id_].grade for id_ in evidence)
