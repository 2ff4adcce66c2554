"""The published table and its query say what the engine says; in doubt, later and never earlier."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import typer
from typer.testing import CliRunner

from mesocare.bulk import publish
from mesocare.cli.commands.rules import table
from mesocare.core.calendar import day_span
from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from mesocare.errors import TableError
from tests.support.bulk import AT, MOMENTS, ZONES

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import Group, Item, RuleSet

TREATED = 60


def _treatments(rules: RuleSet, at: datetime, *, days: bool) -> list[Treatment]:
    """Return treatments whose windows close about the instant; at points or on whole days."""
    random_ = random.Random(f"{at}{days}")
    spans = sorted(
        {p.until for i in rules.items.values() for r in i.rules.values() for p in r.phases}
        - {None},
        key=str,
    )
    found = []
    for n in range(TREATED):
        zone = ZoneInfo(ZONES[n % len(ZONES)])
        span = random_.choice(spans)
        assert span is not None
        near = timedelta(minutes=random_.choice([0, 30, 60, random_.randrange(-150, 150)]))
        moment = at - timedelta(hours=span.nominal_hours) + near
        type_ = random_.choice(list(rules.types))
        if not days:
            moment = min(moment, at)
            found.append(Treatment(type_, Interval(moment, moment, zone)))
            continue
        whole = day_span(moment.astimezone(zone).date(), zone)
        if whole is not None and whole[0] <= at:
            found.append(Treatment(type_, Interval(whole[0], min(whole[1], at), zone)))
    return found


def _by_sql(
    rules: RuleSet, treatments: list[Treatment], at: datetime
) -> dict[tuple[int, str], str]:
    """Return what the published script says of each treatment and activity."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")  # which must not matter
        connection.execute(
            "CREATE TABLE patients (patient_id INTEGER, treated_earliest TIMESTAMPTZ,"
            " treated_latest TIMESTAMPTZ, type VARCHAR, tz VARCHAR)"
        )
        connection.execute("CREATE TABLE asked (instant TIMESTAMPTZ)")
        connection.execute("INSERT INTO asked VALUES (?::TIMESTAMPTZ)", [at.isoformat()])
        for n, each in enumerate(treatments):
            when = each.when
            ends = [when.earliest.isoformat(), when.latest.isoformat()]
            connection.execute(
                "INSERT INTO patients VALUES (?, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?, ?)",
                [n, *ends, each.type, str(when.zone)],
            )
        connection.execute(publish.as_sql(rules))
        rows = connection.execute("SELECT * FROM mesocare_verdicts").fetchall()
    return {(patient, activity): verdict for patient, activity, verdict in rows}


@pytest.mark.parametrize("at", [AT, *(each for each in MOMENTS if each.year != 2011)], ids=str)
def test_the_query_is_exact_where_the_time_is_known(rules: RuleSet, at: datetime) -> None:
    """After a treatment at a known time, every item and group has the engine's verdict."""
    treatments = _treatments(rules, at, days=False)
    found = _by_sql(rules, treatments, at)
    activities: list[Item | Group] = [*rules.items.values(), *rules.groups.values()]
    assert len(found) == len(treatments) * len(activities)
    for n, each in enumerate(treatments):
        for activity in activities:
            expected = answer(activity, [each], rules, at).verdict
            assert found[n, activity.id] == expected, (each, activity.id)


@pytest.mark.parametrize("at", [AT, *(each for each in MOMENTS if each.year != 2011)], ids=str)
def test_the_query_is_never_milder_after_a_whole_day(rules: RuleSet, at: datetime) -> None:
    """After a day without a time, it is the engine's verdict, or a stricter one near a change."""
    treatments = _treatments(rules, at, days=True)
    found = _by_sql(rules, treatments, at)
    activities: list[Item | Group] = [*rules.items.values(), *rules.groups.values()]
    stricter = 0
    for n, each in enumerate(treatments):
        for activity in activities:
            expected = answer(activity, [each], rules, at).verdict
            got = Verdict(found[n, activity.id])
            assert got.severity >= expected.severity, (each, activity.id)
            stricter += got is not expected
            if got is not expected:
                assert str(each.when.zone) != "UTC"
    assert stricter <= len(found) // 100


def test_the_table_holds_every_phase(rules: RuleSet) -> None:
    """Read back, the table gives each phase's verdict, its end, and where it begins."""
    rows = list(csv.DictReader(StringIO(publish.as_csv(rules))))
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
    ids = [row.condition_id for row in publish.phases(rules) if row.condition]
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


def test_the_command_writes_each_format(rules: RuleSet, tmp_path: Path) -> None:
    """CSV and SQL go to standard output or a file, Parquet to a file; the rows are the same."""
    assert _run() == publish.as_csv(rules)
    assert _run("--format", "sql") == publish.as_sql(rules)
    target = tmp_path / "rules.parquet"
    _run("-o", str(target))
    rows = duckdb.execute(f"SELECT * FROM '{target}'").fetchall()
    assert rows == [tuple(row) for row in publish.phases(rules)]
    text = tmp_path / "rules.sql"
    _run("-o", str(text))
    assert text.read_text(encoding="utf-8") == publish.as_sql(rules)


@pytest.mark.parametrize("arguments", [("--format", "xml"), ("--format", "parquet")])
def test_a_format_that_cannot_be_written_is_refused(arguments: tuple[str, ...]) -> None:
    """The error says which formats there are, or what to type."""
    with pytest.raises(TableError) as caught:
        _run(*arguments)
    assert caught.value.hint
