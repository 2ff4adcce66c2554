"""The rule set as a table that any warehouse can join, and the query that does it.

Spans are half-open and counted from the treatment, each in its own unit: hours elapse, days end at
the same local clock time on another date.
"""

from __future__ import annotations

import csv
from importlib import resources
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.timespan import Hours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.core.model import RuleSet
    from mesocare.core.timespan import Span


class PhaseRow(NamedTuple):
    """One phase of one item after one type of treatment.

    Attributes:
        treatment_type: The type of treatment.
        activity: The item's id.
        phase: Its place among the item's phases, from 0.
        from_count: How many of `from_unit` after the treatment it begins.
        from_unit: `h` for elapsed hours, `d` for calendar days.
        until_count: How many of `until_unit` after the treatment it ends; `None` for never. The
            end does not belong to it.
        until_unit: As `from_unit`; `None` where there is no end.
        verdict: What is said of the activity.
        condition_id: A name for the condition; `None` where there is none.
        condition: What makes it fine.
        reason: Why.
        evidence: The claims it rests on, separated by spaces.
    """

    treatment_type: str
    activity: str
    phase: int
    from_count: int
    from_unit: str
    until_count: int | None
    until_unit: str | None
    verdict: str
    condition_id: str | None
    condition: str | None
    reason: str
    evidence: str


class MemberRow(NamedTuple):
    """One item of one group after one type of treatment.

    Attributes:
        treatment_type: The type of treatment.
        activity: The group's id.
        item: The item's id.
        headline: Whether the group's verdict is this item's.
        softens: Whether this item being allowed makes a group that is to be avoided `limited`.
    """

    treatment_type: str
    activity: str
    item: str
    headline: bool
    softens: bool


def phases(rules: RuleSet) -> Iterator[PhaseRow]:
    """Yield every phase of every item, in the order of the rule set."""
    for type_ in rules.types:
        for item in rules.items.values():
            begin: Span = Hours(0)
            for n, phase in enumerate(item.rules[type_].phases):
                until = phase.until
                yield PhaseRow(
                    treatment_type=type_,
                    activity=item.id,
                    phase=n,
                    from_count=begin.number,
                    from_unit=_unit(begin),
                    until_count=None if until is None else until.number,
                    until_unit=None if until is None else _unit(until),
                    verdict=phase.verdict.value,
                    condition_id=f"{item.id}.{type_}.{n}" if phase.condition else None,
                    condition=phase.condition,
                    reason=phase.reason,
                    evidence=" ".join(phase.evidence),
                )
                begin = until or begin


def members(rules: RuleSet) -> Iterator[MemberRow]:
    """Yield which items a group's verdict comes from, and how."""
    for type_ in rules.types:
        for group in rules.groups.values():
            for id_ in group.items:
                item = rules.items[id_]
                softens = not item.aside and item.rules[type_].concerns
                yield MemberRow(type_, group.id, id_, id_ == group.headline, softens)


def as_csv(rules: RuleSet) -> str:
    """Return the phases as CSV."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([PhaseRow._fields, *phases(rules)])
    return buffer.getvalue()


def as_sql(rules: RuleSet) -> str:
    """Return a script: the tables, their content, and the view that joins them with patients."""
    text = resources.files("mesocare.bulk").joinpath("publish.sql").read_text(encoding="utf-8")
    identity = rules.identity
    return (
        text.replace("{rules}", f"{identity.name} {identity.version}, reviewed {identity.reviewed}")
        .replace("{phases}", _values(phases(rules)))
        .replace("{members}", _values(members(rules)))
    )


def _values(rows: Iterator[PhaseRow] | Iterator[MemberRow]) -> str:
    return ",\n".join(f"  ({', '.join(map(_literal, row))})" for row in rows)


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).upper()


def _unit(span: Span) -> str:
    return "h" if isinstance(span, Hours) else "d"
