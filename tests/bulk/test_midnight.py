"""A midnight that nobody meant: whatever the table, it is some time of its day unless said."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from mesocare.bulk.rows import check_rows
from tests.support.workbooks import Sheet, ods, xlsx

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

# Make-up is avoided for 48 h: from midnight it opens at midnight, from a whole day a day later.
DAY = date(2024, 5, 1)
AT = ("--at", "2024-05-03T12:00Z", "--tz", "UTC", "--activities", "makeup")
FORMS = [
    "2024-05-01 00:00:00", "2024-05-01T00:00:00", "2024-05-01T00:00", "2024-05-01 00:00",
    "2024-05-01T00:00:00.000", "2024-05-01T00:00:00Z", "2024-05-01T00:00:00.000Z",
    "2024-05-01T00:00:00+00:00", "2024-05-01 00:00:00+0000", "2024-05-01",
]  # fmt: skip


def verdict(program: Program, name: str, *more: str) -> str:
    """Return what is said of make-up for the one patient of a table."""
    done = program.run("check", name, *AT, "--format", "csv", *more)
    assert done.code == 0, done.err
    (row,) = csv.DictReader(done.out.splitlines())
    return str(row["makeup"])


@pytest.mark.parametrize("engine", ["stream", "duckdb"])
@pytest.mark.parametrize("treated", FORMS)
def test_text_is_the_whole_day(treated: str, engine: str, own: Program) -> None:
    """In CSV and NDJSON, by both engines; and exactly midnight for somebody who says so."""
    (own.place / "in.csv").write_text(f"patient_id,treated,type\n1,{treated},face\n")
    row = json.dumps({"patient_id": "1", "treated": treated, "type": "face"})
    (own.place / "in.ndjson").write_text(row + "\n")
    for name in ("in.csv", "in.ndjson"):
        assert verdict(own, name, "--engine", engine) == "avoid"
        if treated != FORMS[-2]:  # an offset without its colon is none of our forms
            exactly = verdict(own, name, "--engine", engine, "--times", "exact")
            assert (exactly == "avoid") == (treated == FORMS[-1])


@pytest.mark.parametrize(
    "kind",
    ["DATE '2024-05-01'", "TIMESTAMP '2024-05-01'", "TIMESTAMPTZ '2024-05-01 00:00:00+00'",
     "TIMESTAMP_S '2024-05-01'", "TIMESTAMP_NS '2024-05-01'", "'2024-05-01 00:00:00'"],
)  # fmt: skip
def test_parquet_too(kind: str, own: Program) -> None:
    """Whatever type a program has for what was a date."""
    duckdb.execute(
        f"COPY (SELECT '1' AS patient_id, {kind} AS treated, 'face' AS type)"
        f" TO '{own.place / 'in.parquet'}' (FORMAT parquet)"
    )
    assert verdict(own, "in.parquet") == "avoid"


@pytest.mark.parametrize("make", [xlsx, ods])
@pytest.mark.parametrize("cell", [DAY, datetime(2024, 5, 1), "2024-05-01 00:00:00"])
def test_sheets_too(make: Any, cell: object, own: Program) -> None:
    """A cell with a date, with a date and a time of nought, or with the text of it."""
    rows = [("patient_id", "treated", "type"), ("1", cell, "face")]
    path = own.place / ("in.xlsx" if make is xlsx else "in.ods")
    make(path, Sheet(rows) if make is xlsx else rows)
    assert verdict(own, path.name) == "avoid"


@pytest.mark.parametrize(
    "treated", [DAY, datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC), *FORMS]
)
def test_the_api_too(treated: Any, rules: RuleSet) -> None:
    """What pandas gives for a column of dates is a date; `times="exact"` says otherwise."""
    at = datetime(2024, 5, 3, 12, tzinfo=UTC)
    row = {"patient_id": "1", "treated": treated, "type": "face"}
    (found,) = check_rows([row], rules, at=at, zone="UTC", activities=["makeup"])
    assert found.verdicts["makeup"].value == "avoid"
    if treated != DAY and treated not in FORMS[-2:]:
        (exact,) = check_rows([row], rules, at=at, zone="UTC", activities=["makeup"], times="exact")
        assert exact.verdicts["makeup"].value != "avoid"


@pytest.mark.parametrize("engine", ["stream", "duckdb"])
def test_it_is_said(engine: str, own: Program) -> None:
    """The summary says that it was done, and how to say otherwise; not where nothing was done."""
    (own.place / "in.csv").write_text("patient_id,treated,type\n1,2024-05-01 00:00:00,face\n")
    (own.place / "no.csv").write_text("patient_id,treated,type\n1,2024-05-01 00:01:00,face\n")
    said = own.run("check", "in.csv", *AT, "--engine", engine)
    assert "Midnight was taken for a day without a time" in " ".join(said.err.split())
    assert "--times exact" in said.err
    for arguments in (["no.csv"], ["in.csv", "--times", "exact"]):
        assert "Midnight" not in own.run("check", *arguments, *AT, "--engine", engine).err
    found = own.run("check", "in.csv", *AT, "--engine", engine, "--json", "-o", "out.csv")
    assert json.loads(found.err)["midnights"] == "day"


def test_an_unknown_choice(own: Program) -> None:
    """It is refused, with the two that there are."""
    (own.place / "in.csv").write_text("patient_id,treated,type\n1,2024-05-01,face\n")
    done = own.run("check", "in.csv", *AT, "--times", "loose")
    assert done.code == 2
    assert "auto, exact" in done.err


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "Africa/Cairo"])
def test_an_offset_is_the_day_there(zone: str, rules: RuleSet) -> None:
    """Midnight in UTC is the whole day of UTC, wherever the patient is."""
    row = {"patient_id": "1", "treated": "2024-05-01T00:00:00Z", "type": "face", "tz": zone}
    before, after = datetime(2024, 5, 3, 23, 59, tzinfo=UTC), datetime(2024, 5, 4, tzinfo=UTC)
    for at, is_avoided in ((before, True), (after, False)):
        (found,) = check_rows([row], rules, at=at, zone="UTC", activities=["foundation"])
        assert (found.verdicts["foundation"].value == "avoid") == is_avoided


def test_a_typed_midnight_is_meant(own: Program) -> None:
    """On the command line somebody typed it, and nothing turns it into a day."""
    said = own.run("can-i", "makeup", "--treated", "2024-05-01T00:00", *AT[:4], "--json")
    assert said.json()["answer"]["verdict"] != "avoid"
