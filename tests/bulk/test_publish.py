"""What other programs read: the phases of the rules, and the verdict table of an instant."""

from __future__ import annotations

import csv
from datetime import datetime
from io import StringIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from mesocare.bulk import publish
from mesocare.cli.commands.rules import table
from mesocare.core.calendar import instants
from mesocare.core.model import Treatment
from mesocare.core.verdict.engine import answer
from mesocare.errors import MesocareError, TableError
from mesocare.parsing.dates import parse_treated
from tests.support.bulk import AT, MOMENTS, ZONES, treatments
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import Group, Item, RuleSet
    from tests.support.searches import Searched

ROWS = 800


def _plain(treated: str, zone: ZoneInfo) -> tuple[str, datetime] | None:
    """Return by which clock an ISO text tells a time, and what it shows there without an offset."""
    try:
        moment = datetime.fromisoformat(treated)
    except ValueError:
        return None
    if len(treated) == len("2024-05-01"):
        return "day", moment
    if moment.tzinfo is not None:
        return "instant", moment.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
    return ("local", moment) if len(instants(moment, zone)) == 1 else None


@pytest.mark.parametrize("at", shared_out([AT, *MOMENTS]), ids=str)
def test_a_range_join_says_what_the_engine_says(
    rules: RuleSet, at: datetime, searched: Searched
) -> None:
    """Days, local times and instants in twelve zones around changes of clocks, exactly."""
    asked: list[Item | Group] = [*rules.groups.values(), *list(rules.items.values())[::9]]
    published = publish.verdict_table(rules, asked, at, ZONES)
    found, expected, unanswered = [], [], 0
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")  # which must not matter
        connection.execute(
            "CREATE TABLE patients (patient_id INTEGER, type VARCHAR, tz VARCHAR, clock VARCHAR,"
            " treated TIMESTAMP)"
        )
        rows: list[list[object]] = []
        for treated, type_, tz in treatments(rules, at, ROWS, seed=at.day):
            zone = ZoneInfo(tz)
            plain = _plain(treated, zone)
            try:
                when = parse_treated(treated, at=at, zone=zone)
            except MesocareError:
                when = None
            if plain is None:
                continue
            rows.append([len(rows), type_, tz, *plain])
            expected.append(
                [None] * len(asked)
                if when is None
                else [
                    answer(each, [Treatment(type_, when)], rules, at).verdict.value
                    for each in asked
                ]
            )
        columns = [list(column) for column in zip(*rows, strict=True)]
        unnested = ", ".join(f"unnest(${n})" for n in range(1, 6))
        connection.execute(f"INSERT INTO patients SELECT {unnested}", columns)
        connection.execute(publish.as_sql(published))
        found = connection.execute("SELECT * FROM mesocare_verdicts ORDER BY patient_id").fetchall()
    assert len(found) == len(rows) > ROWS / 2
    for row, wanted in zip(found, expected, strict=True):
        verdicts = list(row[5:])
        if verdicts == [None] * len(asked) and wanted != verdicts:
            unanswered += 1  # the table has no answer, which is never a wrong one
        else:
            assert verdicts == wanted, row
    assert unanswered < len(rows) / 20
    searched(len(rows), "rows joined with the verdict table")


def test_stretches_are_half_open_and_in_order(rules: RuleSet) -> None:
    """For a type, a clock and a zone, no two overlap, and none is empty."""
    published = publish.verdict_table(rules, [rules.groups["makeup"]], AT, ZONES[:4])
    by_key: dict[tuple[object, ...], list[tuple[Any, Any]]] = {}
    for type_, clock, tz, begin, end, _ in published.rows:
        by_key.setdefault((type_, clock, tz), []).append((begin, end))
    assert len(by_key) == len(rules.types) * 3 * 4
    for stretches in by_key.values():
        assert all(begin < end for begin, end in stretches)
        assert all(before[1] <= after[0] for before, after in pairwise(stretches))


def test_the_table_holds_every_phase(rules: RuleSet) -> None:
    """Read back, the table gives each phase's verdict, its end, and where it begins."""
    rows = list(csv.DictReader(StringIO(publish.as_csv(publish.phases(rules)))))
    assert tuple(rows[0]) == publish.PhaseRow._fields
    by_rule: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        by_rule.setdefault((row["treatment_type"], row["activity"]), []).append(row)
    assert len(by_rule) == len(rules.types) * len(rules.items)
    for (type_, id_), found in by_rule.items():
        phases = rules.items[id_].rules[type_].phases
        assert [row["verdict"] for row in found] == [phase.verdict for phase in phases]
        ends = [f"{row['until_count']} {row['until_unit']}".strip() for row in found]
        assert ends == [str(phase.until or "") for phase in phases]
        begins = [f"{row['from_count']} {row['from_unit']}" for row in found]
        assert begins == ["0 h", *ends[:-1]]
        assert [row["condition"] for row in found] == [phase.condition or "" for phase in phases]
        assert [row["evidence"].split() for row in found] == [list(p.evidence) for p in phases]


def test_a_condition_has_an_id_of_its_own(rules: RuleSet) -> None:
    """Each condition can be named, and no two have one name."""
    rows = [row for row in publish.phases(rules).rows if isinstance(row, publish.PhaseRow)]
    ids = [row.condition_id for row in rows if row.condition]
    assert len(ids) == len(set(ids))
    assert None not in ids


def _run(*arguments: str) -> Any:
    """Return what the command, as it is registered, answers in this process."""
    app = typer.Typer()
    app.callback()(lambda: None)
    table.register(app)
    found = CliRunner().invoke(
        app, ["table", *arguments], catch_exceptions=False, standalone_mode=False
    )
    return found.return_value.text


ASKED = ("--at", "2024-05-02T15:00Z", "--tz", "Europe/Berlin", "--tz", "Asia/Tehran")


@pytest.mark.parametrize("asked", [(), ASKED], ids=["phases", "verdicts"])
def test_the_command_writes_each_format(
    rules: RuleSet, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    """CSV goes to standard output or a file, Parquet to a file; the rows are the same."""
    groups = [rules.groups[id_] for id_ in rules.headline_groups]
    expected = (
        publish.verdict_table(rules, groups, AT, ["Europe/Berlin", "Asia/Tehran"])
        if asked
        else publish.phases(rules)
    )
    assert _run(*asked) == publish.as_csv(expected)
    target = tmp_path / "rules.parquet"
    _run(*asked, "-o", str(target))
    assert duckdb.execute(f"SELECT * FROM '{target}'").fetchall() == expected.rows
    text = tmp_path / "rules.csv"
    _run(*asked, "-o", str(text))
    assert text.read_text(encoding="utf-8") == publish.as_csv(expected)
    if asked:
        assert _run(*asked, "--format", "sql") == publish.as_sql(expected)


@pytest.mark.parametrize("arguments", [("--tz", "UTC"), ("--activities", "makeup")])
def test_what_is_about_an_instant_needs_one(arguments: tuple[str, ...]) -> None:
    """The phases have neither zones nor columns to choose."""
    with pytest.raises(TableError) as caught:
        _run(*arguments)
    assert "--at" in caught.value.hint


def test_a_zone_that_is_none_is_refused() -> None:
    """It is not left out of the table in silence."""
    with pytest.raises(MesocareError, match="Europe/Lodnon"):
        _run("--at", "2024-05-02T15:00Z", "--tz", "UTC", "--tz", "Europe/Lodnon")


@pytest.mark.parametrize("arguments", [("--format", "xml"), ("--format", "parquet")])
def test_a_format_that_cannot_be_written_is_refused(arguments: tuple[str, ...]) -> None:
    """The error says which formats there are, or what to type."""
    with pytest.raises(TableError) as caught:
        _run(*arguments)
    assert caught.value.hint
