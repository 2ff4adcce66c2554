"""The rules as tables that other programs read: their phases, and the verdict table of an instant.

The phases say what is written; the verdict table says what holds, so that a plain range join
answers for any number of patients without knowing a rule.
"""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.decider import Decider
from mesocare.bulk.verdict_table import CLOCKS, segments
from mesocare.core.timespan import Hours
from mesocare.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from mesocare.core.model import Group, Item, Rule, RuleSet
    from mesocare.core.timespan import Span

_STRETCH = ("type", "clock", "tz", "begins_at", "ends_at")
_INTEGERS = frozenset({"phase", "from_count", "until_count"})
_TIMES = frozenset({"begins_at", "ends_at"})


class Table(NamedTuple):
    """A table to be published.

    Attributes:
        name: What it is called in a database.
        columns: Its columns.
        rows: Its rows: texts, whole numbers, naive times, or `None`.
        about: What it is, for whoever finds it.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    about: str

    def kind(self, column: str) -> str:
        """Return the type of a column in SQL."""
        if column in _TIMES:
            return "TIMESTAMP"
        return "INTEGER" if column in _INTEGERS else "VARCHAR"


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


def phases(rules: RuleSet) -> Table:
    """Return every phase of every item, in the order of the rule set."""
    rows = [
        row
        for type_ in rules.types
        for item in rules.items.values()
        for row in _phases(type_, item)
    ]
    return Table("mesocare_phases", PhaseRow._fields, [*rows], _about(rules, "Every phase"))


def detail_phases(rules: RuleSet) -> Table:
    """Return every phase that a detail asks for, in the order of the rule set.

    A table of its own: beside the phases of the rules a row means something else. What they say
    holds too, and the strictest wins; after the last row of a detail they alone do.
    """
    rows: list[tuple[object, ...]] = [
        (detail.kind, detail.id, *row)
        for detail in rules.details().values()
        for item, by_type in detail.rules.items()
        for type_, rule in by_type.items()
        for row in _rows(type_, item, rule, f"{detail.id}.{item}.{type_}")
    ]
    columns = ("kind", "detail", *PhaseRow._fields)
    return Table("mesocare_detail_phases", columns, rows, _about(rules, "Every phase of details"))


def _phases(type_: str, item: Item) -> Iterator[PhaseRow]:
    return _rows(type_, item.id, item.rules[type_], f"{item.id}.{type_}")


def _rows(type_: str, activity: str, rule: Rule, name: str) -> Iterator[PhaseRow]:
    begin: Span = Hours(0)
    for n, phase in enumerate(rule.phases):
        if not phase.reason:
            break  # what a detail leaves to the other rules
        until = phase.until
        yield PhaseRow(
            treatment_type=type_,
            activity=activity,
            phase=n,
            from_count=begin.number,
            from_unit=_unit(begin),
            until_count=None if until is None else until.number,
            until_unit=None if until is None else _unit(until),
            verdict=phase.verdict.value,
            condition_id=f"{name}.{n}" if phase.condition else None,
            condition=phase.condition,
            reason=phase.reason,
            evidence=" ".join(phase.evidence),
        )
        begin = until or begin


def verdict_table(
    rules: RuleSet, activities: Sequence[Item | Group], at: datetime, zones: Iterable[str]
) -> Table:
    """Return what holds at an instant after a treatment at any time, exactly as the engine says.

    A row says: after a treatment of this type, whose time was read by this clock in this zone and
    lies from `begins_at` up to, and not at, `ends_at`, these are the verdicts. By the clock `day`
    that is the midnight of a whole day, by `local` the local time, by `instant` the time in UTC.
    What no row holds is for the engine: a time after `at` or ten years before it, one that the
    clocks left out or showed twice.

    Args:
        rules: The rule set.
        activities: What is asked about, a column each.
        at: The instant asked about, in UTC.
        zones: The names of the zones in which treatments took place.

    Raises:
        ZoneError: There is no such zone.
    """
    from mesocare.parsing.dates import parse_zone

    names = list(dict.fromkeys(zones))
    decider = Decider(rules, activities, at, parse_zone(names[0]), exact=True)
    known: list[tuple[str, ...]] = []
    numbers: dict[tuple[str, ...], int] = {}

    def number(cells: tuple[str, ...]) -> int:
        if cells not in numbers:
            numbers[cells] = len(known)
            known.append(cells)
        return numbers[cells]

    rows = []
    for tz in names:
        decider.zone(tz)  # a name that is none is refused, not left out
        for type_ in rules.types:
            for clock, name in enumerate(CLOCKS):
                for begin, end, n in segments(decider, (clock, type_, tz), number):
                    rows.append((type_, name, tz, begin, end, *known[n]))
    columns = (*_STRETCH, *(activity.id for activity in activities))
    about = _about(rules, f"What holds at {at.isoformat()}")
    return Table("mesocare_verdict_table", columns, rows, about)


def as_csv(table: Table) -> str:
    """Return a table as CSV; times are ISO 8601 without an offset."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_text(value) for value in row] for row in table.rows)
    return buffer.getvalue()


def as_sql(table: Table) -> str:
    """Return a script that makes a verdict table, and a view that joins it with patients."""
    kinds = ",\n".join(f"  {_name(column)} {table.kind(column)}" for column in table.columns)
    values = ",\n".join(f"  ({', '.join(map(_literal, row))})" for row in table.rows)
    verdicts = ", ".join(f"v.{_name(column)}" for column in table.columns[len(_STRETCH) :])
    return f"""\
-- {table.about}.
-- `patients` is a table of yours with patient_id, type, tz, clock and treated: the midnight of a
-- whole day (clock 'day'), the local time ('local') or the time in UTC ('instant'), without offset.
-- Where the verdicts are null, the table has no answer: ask mesocare itself.
CREATE TABLE {table.name} (
{kinds}
);
INSERT INTO {table.name} VALUES
{values};
CREATE VIEW mesocare_verdicts AS
SELECT p.*, {verdicts}
FROM patients p
LEFT JOIN {table.name} v
  ON v.type = p.type AND v.clock = p.clock AND v.tz = p.tz
  AND v.begins_at <= p.treated AND p.treated < v.ends_at;
"""


def write_parquet(table: Table, output: str) -> None:
    """Write a table to a Parquet file.

    Raises:
        TableError: DuckDB is not installed.
        OutputError: It could not be written.
    """
    from mesocare.bulk.duckdb.output import Place
    from mesocare.bulk.duckdb.session import first_line, literal, module, quoted, session

    columns = [[_text(value) for value in column] for column in zip(*table.rows, strict=True)]
    unnested = ", ".join(
        f"unnest(${n}::VARCHAR[])::{table.kind(name)} AS {quoted(name)}"
        for n, name in enumerate(table.columns, 1)
    )
    with session() as duck, Place(output, duck.folder) as place:
        duck.run(f"CREATE TABLE published AS SELECT {unnested}", columns)
        target = literal(str(place.path))
        try:
            duck.run(f"COPY published TO {target} (FORMAT parquet, USE_TMP_FILE false)")
        except module().Error as error:
            message = f"{output!r} could not be written: {first_line(error)}"
            raise OutputError(message, "Name another file.") from error
        place.deliver()


def _about(rules: RuleSet, what: str) -> str:
    identity = rules.identity
    return f"{what} by {identity.name} {identity.version}, reviewed {identity.reviewed}"


def _text(value: object) -> str | None:
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _literal(value: object) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    text = "'" + str(_text(value)).replace("'", "''") + "'"
    return f"TIMESTAMP {text}" if hasattr(value, "isoformat") else text


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _unit(span: Span) -> str:
    return "h" if isinstance(span, Hours) else "d"
