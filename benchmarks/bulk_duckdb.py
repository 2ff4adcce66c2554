"""Check generated patients in DuckDB; print times and memory as ratios, measured in one run.

The yardstick is one SQL statement as somebody would write it by hand: the same file, a decision
table with a row per type, zone and day and a range within it, joined by equality and range, and the
verdicts written beside the rows. It rejects nothing, counts nothing, and may write the rows in any
order; the check keeps the order, names what it rejects, and is asked for no summary either.
Treatments lie between 08:00 and 20:00, as a clinic's do; round the clock, some lie at times that
clocks left out, which sends the rows the longer way. The two run in turn, each a process of its
own, and what counts is the median of the ratios. `--readme`
writes them where README quotes them.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from figures import Row, tell

from bulk import AT, TYPES, ZONES, Run, check, compared, measured, patients

MEMORY = "1GB"
JOIN = """
import sys
import duckdb

steps, source, target = sys.argv[1:]
kind = "FORMAT csv, HEADER" if target.endswith("csv") else "FORMAT parquet"
read = f"read_csv('{source}', all_varchar = true, header = true, delim = ',')"
read = read if source.endswith("csv") else f"'{source}'"
duckdb.execute(f"CREATE TABLE steps AS SELECT * FROM '{steps}'")
verdicts = ", ".join(
    f"d.{row[0]}" for row in duckdb.sql("DESCRIBE steps").fetchall()[6:]
)
duckdb.execute(
    f"COPY (SELECT p.* EXCLUDE (moment, kind), {verdicts} FROM (SELECT *,"
    f" TRY_CAST(treated AS TIMESTAMP) AS moment, length(treated) > 10 AS kind FROM {read}) AS p"
    " LEFT JOIN steps AS d ON d.kind = p.kind AND d.type = p.type AND d.tz = p.tz"
    " AND d.day = CAST(moment AS DATE) AND moment >= d.begins AND moment < d.ends)"
    f" TO '{target}' ({kind})"
)
"""


def steps(path: Path) -> Path:
    """Write the decision table of the hand-written join, as rows by type, zone and day."""
    import duckdb

    from mesocare.bulk.decider import Decider
    from mesocare.rules.loader import load_rules

    rules = load_rules()
    groups = [rules.groups[id_] for id_ in rules.headline_groups]
    at = datetime.fromisoformat(AT).replace(tzinfo=UTC)
    rows: list[tuple[object, ...]] = []
    for type_, zone in ((type_, zone) for type_ in TYPES for zone in ZONES):
        decider = Decider(rules, groups, at, ZoneInfo(zone))
        made = decider.steps(type_)
        for begin, end, cells in zip(made.breaks, made.breaks[1:], made.cells[1:], strict=False):
            day = begin.date()
            while cells and day <= end.date():
                rows.append((True, type_, zone, day, begin, end, *cells))
                day += timedelta(days=1)
        today = at.date() - timedelta(days=1)
        for day in (today - timedelta(days=n) for n in range(3652)):
            begin = datetime.combine(day, datetime.min.time())
            cells = decider.cells(day.isoformat(), type_)
            rows.append((False, type_, zone, day, begin, begin + timedelta(days=1), *cells))
    names = ("kind", "type", "tz", "day", "begins", "ends", *(f"v_{each.id}" for each in groups))
    kinds = ("BOOLEAN", "VARCHAR", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP")
    columns = ", ".join(
        f"unnest(${n}::{kinds[n - 1] if n <= len(kinds) else 'VARCHAR'}[]) AS {name}"
        for n, name in enumerate(names, 1)
    )
    with duckdb.connect() as connection:
        lists = [list(column) for column in zip(*rows, strict=True)]
        connection.execute(f"CREATE TABLE steps AS SELECT {columns}", lists)
        connection.execute(f"COPY steps TO '{path}' (FORMAT parquet)")
    return path


def as_parquet(source: Path, target: Path) -> Path:
    """Write a CSV file as Parquet."""
    import duckdb

    with duckdb.connect() as connection:
        read = f"read_csv('{source}', all_varchar = true)"
        connection.execute(f"COPY (SELECT * FROM {read}) TO '{target}' (FORMAT parquet)")
    return target


def duck(source: Path, target: Path) -> Run:
    """Check a table by the DuckDB engine."""
    return check(source, target, "--engine", "duckdb", "--rejects", os.devnull)


def measure(rows: int, pairs: int) -> list[Row]:
    """Return all comparisons of the DuckDB engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table_ = steps(folder / "steps.parquet")
        told = f"{rows:,} patients"
        found = []
        for kind in ("csv", "parquet", "csv, round the clock"):
            kind, _, night = kind.partition(", ")  # noqa: PLW2901
            source = patients(folder / "in.csv", rows, at_night=bool(night))
            tenth = patients(folder / "tenth.csv", rows // 10)
            if kind == "parquet":
                source = as_parquet(source, folder / "in.parquet")
                tenth = as_parquet(tenth, folder / "tenth.parquet")
            target = folder / f"out.{kind}"
            join = [sys.executable, "-c", JOIN, str(table_), str(source), str(target)]
            both = [(duck(source, target), measured(join)) for _ in range(pairs)]
            ratios = [one.seconds / other.seconds for one, other in both]
            if night:
                found.append(
                    Row(f"`check`, {kind}, {told}, {night}", "one join by hand", None, ratios)
                )
                continue
            found.append(Row(f"`check`, {kind}, {told}", "one join by hand", 1.3, ratios))
            small = [duck(tenth, target).seconds for _ in range(pairs)]
            grown = [one.seconds / less for (one, _), less in zip(both, small, strict=True)]
            found.append(Row(f"`check`, {kind}, {told}", f"{rows // 10:,} patients", 11, grown))
            if kind == "csv":
                how = ("--engine", "duckdb", "--rejects", os.devnull)
                found.append(compared(source, folder, rows, pairs, *how))
            os.environ["MESOCARE_MEMORY_LIMIT"] = MEMORY
            memory = [duck(source, target).memory * 1024 / 1e9 for _ in range(pairs)]
            del os.environ["MESOCARE_MEMORY_LIMIT"]
            found.append(Row(f"peak memory, {kind}, {told}", f"limit of {MEMORY}", 1, memory))
        return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    rows_help = "patients in the large table; several for several tables"
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000], help=rows_help)
    parser.add_argument("--pairs", type=int, default=5, help="pairs of runs per comparison")
    parser.add_argument("--readme", action="store_true", help="write the figures into README.md")
    options = parser.parse_args()
    how = f"Whole processes, all headline activities, median of {options.pairs} pairs run in turn"
    found = [row for rows in options.rows for row in measure(rows, options.pairs)]
    tell(found, how, "duckdb benchmark" if options.readme else None)


if __name__ == "__main__":
    main()
