"""The course of sessions: how many were done, when the next one is due, what to expect by now."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare import advice
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.model import Course, RuleSet, Spacing, Treatment
    from mesocare.core.timespan import Interval


class Due(StrEnum):
    """Where the next session stands; `held` while the clinic has something to see first."""

    TOO_EARLY = "too_early"
    NOW = "now"
    OVERDUE = "overdue"
    HELD = "held"


class Stage(StrEnum):
    """How many of the usual sessions are known: fewer than the least, enough, or the most."""

    BEGUN = "begun"
    MAY_END = "may_end"
    COMPLETE = "complete"


class Ahead(NamedTuple):
    """The next result to expect, surely from `opens` (UTC) on."""

    id: str
    text: str
    opens: datetime
    evidence: tuple[str, ...]


class Plan(NamedTuple):
    """The course after the sessions of one treatment type. Instants are in UTC.

    Attributes:
        done: How many sessions are known.
        stage: How that compares with what is usual.
        next_from: The next session is surely not too early from then on.
        next_until: Later than that, it is later than usual.
        maintenance_from: When a maintenance session is usual, counted from the last one.
        due: Where the next session of the course stands.
        maintenance_due: Where a maintenance session stands.
        results: What may be expected of the treatment by now.
        ahead: What may be expected next; `None` where nothing more is named.
    """

    type: str
    done: int
    stage: Stage
    course: Course
    last: Treatment
    next_from: datetime
    next_until: datetime
    maintenance_from: datetime
    maintenance_until: datetime
    due: Due
    maintenance_due: Due
    results: tuple[advice.Advice, ...]
    ahead: Ahead | None


def plans(
    treatments: Sequence[Treatment], rules: RuleSet, at: datetime, *, held: bool = False
) -> tuple[Plan, ...]:
    """Return the plan for every type that was treated, as it stands at an instant (UTC).

    No session is due while it is `held` because the clinic has something to see first.
    """
    found = (
        _plan(last, [each for each in treatments if each.type == last.type], rules, at)
        for last in advice.latest_of_each_type(treatments)
        if last.type in rules.course
    )
    if not held:
        return tuple(found)
    return tuple(each._replace(due=Due.HELD, maintenance_due=Due.HELD) for each in found)


def _plan(last: Treatment, sessions: list[Treatment], rules: RuleSet, at: datetime) -> Plan:
    course, when = rules.course[last.type], last.when
    next_from, next_until = _span(when, course.spacing)
    maintenance_from, maintenance_until = _span(when, course.maintenance)
    results = advice.results([last], rules, at)
    return Plan(
        type=last.type,
        done=len(sessions),
        stage=_stage(len(sessions), course),
        course=course,
        last=last,
        next_from=next_from,
        next_until=next_until,
        maintenance_from=maintenance_from,
        maintenance_until=maintenance_until,
        due=_due(next_from, next_until, at),
        maintenance_due=_due(maintenance_from, maintenance_until, at),
        results=results,
        ahead=_ahead(course, when, at),
    )


def _span(when: Interval, spacing: Spacing) -> tuple[datetime, datetime]:
    """Return from when on it surely is time, and when the usual time may have passed."""
    opens = last_closing(when, spacing.least)
    closes = closing(when.earliest, spacing.most, when.zone, cautious=False)
    return opens, max(opens, closes)


def _due(opens: datetime, closes: datetime, at: datetime) -> Due:
    return Due.TOO_EARLY if at < opens else Due.NOW if at < closes else Due.OVERDUE


def _stage(done: int, course: Course) -> Stage:
    least, most = course.sessions
    return Stage.BEGUN if done < least else Stage.MAY_END if done < most else Stage.COMPLETE


def _ahead(course: Course, when: Interval, at: datetime) -> Ahead | None:
    """Return the next result; never promised before it is due for the latest possible time."""
    coming = [
        Ahead(each.id, each.text, last_closing(when, each.opens), each.evidence)
        for each in course.results
        if each.opens is not None
        and at < closing(when.earliest, each.opens, when.zone, cautious=False)
    ]
    return min(coming, key=lambda each: each.opens, default=None)


def best_grade(evidence: Sequence[str], rules: RuleSet) -> str:
    """Return the best grade among cited claims: A, B or C."""
    return min(rules.evidence[id_].grade for id_ in evidence)
