"""The DuckDB engine says what the streaming engine says, of the same rows, in the same order."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from mesocare.bulk.decider import Decider
from mesocare.bulk.duckdb import engine as duckdb_engine
from mesocare.bulk.job import Interrupted
from mesocare.bulk.memory import MEMORY_VARIABLE
from mesocare.bulk.stream import engine as stream_engine
from mesocare.core.timespan import Hours
from mesocare.errors import MesocareError
from mesocare.text import without_formula
from tests.support import bulk
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from types import ModuleType

    from mesocare.bulk.job import Job, Tally
    from mesocare.core.model import RuleSet
    from tests.support.searches import Searched

HEADER = ("patient_id", "treated", "type", "tz", "note")


def _nothing(_: int) -> None:
    """Hear of progress, and do nothing."""


def _table(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def _cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _objects(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _both(job: Job, folder: Path) -> tuple[Tally, Tally]:
    """Run both engines on one job, and see to it that what they write is the same."""
    made = []
    for name, run in (("duck", duckdb_engine.run), ("stream", stream_engine.run)):
        ours = job._replace(output=str(folder / f"{name}.out"), rejects=str(folder / f"{name}.bad"))
        made.append(run(ours, _nothing))
    for kind in ("out", "bad"):
        read = _objects if kind == "out" and job.form == "ndjson" else _cells
        one, other = (read(folder / f"{name}.{kind}") for name in ("duck", "stream"))
        assert one == other
        assert one or kind == "bad" or not made[0].written
    return made[0], made[1]


def _random_rows(rules: RuleSet, count: int, at: datetime = bulk.AT) -> list[tuple[str, ...]]:
    """Return rows in all zones, most at a change; some that nobody can read."""
    random_ = random.Random(7)
    rows: list[tuple[str, ...]] = []
    for n, row in enumerate(bulk.treatments(rules, at, count, 11)):
        treated, type_, tz = row
        note = random_.choice(["", "", "plain", "=1+1", "-2", "a b"])
        if n % 500 == 0:
            treated = random_.choice(["01/05/2024", "", "2024-02-30", "2024-05-01T24:30"])
        if n % 701 == 0:
            type_ = random_.choice(["fase", "", "FACE"])
        rows.append((f"P{n}", treated, type_, tz, note))
    return rows


@pytest.mark.parametrize("moment", [bulk.MOMENTS[0], bulk.MOMENTS[2]])
@pytest.mark.parametrize("count", [10_000, pytest.param(200_000, marks=pytest.mark.long)])
def test_duckdb_equals_streaming(
    rules: RuleSet, tmp_path: Path, moment: datetime, count: int, searched: Searched
) -> None:
    """Rows in twelve zones, across changes of clocks, get the same verdicts, cell by cell."""
    rows = _random_rows(rules, count, moment)
    source = _table(tmp_path / "in.csv", rows)
    one, other = _both(bulk.job(rules, source, tmp_path, at=moment), tmp_path)
    assert one == other
    assert one.read == len(rows)
    assert one.written + one.rejected == one.read
    assert one.rejected
    searched(count, "rows by DuckDB and by streaming")


def _in_table(decider: Decider, row: Sequence[str]) -> bool:
    """Whether a row is written plainly, and of a time that was."""
    treated, type_, tz = row
    try:
        decider.cells(treated, type_, tz)
    except MesocareError:
        return False
    # A midnight with an offset is a day of that offset, which is left to the engine.
    return treated[4:5] == "-" and not re.search(r"[T ]00:00(:00(\.0*)?)?(Z|[-+])", treated)


@pytest.mark.parametrize(
    "moment", shared_out([bulk.AT, *(bulk.MOMENTS[n] for n in (0, 3, 5, 6))], quick=2), ids=str
)
@pytest.mark.parametrize(
    "size", ["1000 csv", "1000 parquet", *shared_out(["40000 csv", "40000 parquet"], quick=0)]
)
def test_plain_rows_are_never_laid_down(
    rules: RuleSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: datetime,
    size: str,
) -> None:
    """Days, clock times and instants are answered in one pass, in twelve zones around changes.

    Of a time that came twice and of what lies at the end of a window, the one pass says what
    streaming says. Every activity together has more answers than one sign tells.
    """
    count, form = int(size.split(maxsplit=1)[0]), size.split()[1]
    job = bulk.job(rules, tmp_path / "in.csv", tmp_path, at=moment)
    if moment == bulk.AT:
        job = job._replace(activities=(*rules.groups.values(), *rules.items.values()))
    decider = Decider(rules, job.activities, moment, job.zone)
    made = [row for row in bulk.treatments(rules, moment, count, 13) if _in_table(decider, row)]
    assert len(made) > count * 3 / 4
    _table(tmp_path / "in.csv", [(f"P{n}", *row, "") for n, row in enumerate(made)])
    expected = job._replace(output=str(tmp_path / "a.csv"), rejects=str(tmp_path / "a.bad"))
    other = stream_engine.run(expected, _nothing)
    told: list[str] = []
    monkeypatch.setattr(
        duckdb_engine._Check, "_lay_down", lambda self: told.append(self.job.source)
    )
    monkeypatch.setattr(duckdb_engine._Check, "_ask", lambda _: None)
    out = tmp_path / f"b.{form}"
    given = job._replace(output=str(out), form=form, rejects=str(tmp_path / "b.bad"))
    one = duckdb_engine.run(given, _nothing)
    assert not told
    assert one == other
    assert _cells(tmp_path / "a.bad") == _cells(tmp_path / "b.bad")
    if form == "parquet":
        duckdb.execute(f"COPY (FROM '{out}') TO '{tmp_path / 'b.csv'}' (FORMAT csv)")
    assert _cells(tmp_path / "a.csv") == _cells(tmp_path / "b.csv")


@pytest.mark.parametrize(
    "changes",
    [
        {"where": (("verdict", "avoid"),)},
        {"where": (("verdict", "limited"), ("type", "scalp"), ("note", "plain"))},
        {"where": (("activity", "sun"), ("verdict", "avoid"))},
        {"raw": True},
        {"long": True},
        {"within": Hours(24)},
        {"form": "ndjson", "raw": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("count", shared_out([750, 1500]))
def test_every_option_says_the_same(
    rules: RuleSet, tmp_path: Path, changes: dict[str, Any], count: int
) -> None:
    """Whatever is asked of it, DuckDB writes what streaming writes."""
    source = _table(tmp_path / "in.csv", _random_rows(rules, count))
    job = bulk.job(rules, source, tmp_path, **changes)
    one, other = _both(job, tmp_path)
    assert one == other
    assert one.written > 0


@pytest.mark.parametrize("count", shared_out([4_000, 20_000]))
def test_parquet_in_and_out_keeps_rows_and_order(
    rules: RuleSet, tmp_path: Path, count: int
) -> None:
    """From CSV to Parquet, and from that to Parquet and CSV, the same rows come out."""
    source = _table(tmp_path / "in.csv", _random_rows(rules, count))
    job = bulk.job(rules, source, tmp_path, rejects=os.devnull, raw=True)
    expected = tmp_path / "expected.csv"
    stream_engine.run(job._replace(output=str(expected)), _nothing)
    with expected.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)]
    columns = ", ".join(f"coalesce({name}, '')" for name in rows[0])
    first, second, third = (str(tmp_path / name) for name in ("a.parquet", "b.parquet", "c.csv"))
    duckdb_engine.run(job._replace(output=first, form="parquet"), _nothing)
    found = duckdb.execute(f"SELECT {columns} FROM '{first}'").fetchall()
    assert found == rows[1:]
    given = str(tmp_path / "in.parquet")
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{source}', all_varchar = true)) TO '{given}'")
    again = job._replace(source=given, kind="parquet")
    tally = duckdb_engine.run(again._replace(output=second, form="parquet"), _nothing)
    assert duckdb.execute(f"SELECT {columns} FROM '{second}'").fetchall() == rows[1:]
    duckdb_engine.run(again._replace(output=third), _nothing)
    assert Path(third).read_bytes() == expected.read_bytes()
    assert tally.rejected == count - len(rows) + 1


def test_formulas_are_made_plain_alike(rules: RuleSet, tmp_path: Path) -> None:
    """Behind blanks and in full width too, in every column and in the header."""
    notes = [
        f"{before}{sign}1+1"
        for before in ("", " ", "  ", "\t", "\xa0", "\u3000", "\ufeff", "x", "\x1c", "\u2003")
        for sign in "=+-@＝＋－＠5a{é'"
    ]
    notes += ["", "\tplain", "ﬀ", "'=1", "~", "/", ":", "[", "`", "{", "\u3000", "-", "="]
    rows = [(note, "2024-04-30T10:00", "face", "UTC", note) for note in notes]
    source = _table(tmp_path / "in.csv", rows, [*HEADER[:4], " =note"])
    one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
    assert one == other
    assert one.written == len(rows)
    header, *cells = _cells(tmp_path / "duck.out")
    assert header[4] == "' =note"
    assert [row[4] for row in cells] == [without_formula(note) for note in notes]
    assert sum(row[4].startswith("'") for row in cells) > len(notes) / 2


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_typed_columns_are_read_as_what_they_are(rules: RuleSet, tmp_path: Path, form: str) -> None:
    """A date is a whole day, a time a local time, a time with a zone an instant."""
    zone = "America/New_York"
    days = "DATE '2024-04-01' + (i % 40)::INTEGER"
    times = "TIMESTAMP '2024-03-09 22:00:00' + to_seconds(i * 1801)"
    for type_, expression, written in (
        ("DATE", days, "strftime(treated, '%Y-%m-%d')"),
        ("TIMESTAMP", times, "strftime(treated, '%Y-%m-%dT%H:%M:%S')"),
        ("TIMESTAMP_NS", times, "strftime(treated::TIMESTAMP, '%Y-%m-%dT%H:%M:%S')"),
        (
            "TIMESTAMPTZ",
            f"make_timestamptz(epoch_us({times}))",
            "strftime(make_timestamp(epoch_us(treated)), '%Y-%m-%dT%H:%M:%SZ')",
        ),
    ):
        typed, text = tmp_path / "typed.parquet", tmp_path / "text.csv"
        duckdb.execute(
            f"COPY (SELECT i AS patient_id, ({expression})::{type_} AS treated, 'face' AS type,"
            f" '{zone}' AS tz FROM range(2400) t(i)) TO '{typed}'"
        )
        duckdb.execute(f"COPY (SELECT * REPLACE ({written} AS treated) FROM '{typed}') TO '{text}'")
        job = bulk.job(rules, text, tmp_path / "a.csv", rejects=str(tmp_path / "a.bad"))
        expected = stream_engine.run(job, _nothing)
        out = tmp_path / f"b.{form}"
        given = job._replace(source=str(typed), kind="parquet", form=form, output=str(out))
        found = duckdb_engine.run(given._replace(rejects=str(tmp_path / "b.bad")), _nothing)
        assert (found.verdicts, found.rejected) == (expected.verdicts, expected.rejected)
        ids = ", ".join(job.ids)
        one, other = (
            duckdb.execute(f"SELECT patient_id::BIGINT, {ids} FROM '{path}'").fetchall()
            for path in (tmp_path / "a.csv", out)
        )
        assert one == other
        assert len(one) > 1000


HOSTILE = {
    "quotes": 'P1,2024-05-01,face,UTC,"a ""b"", c\nd"\nP2,x,face,UTC,\n',
    "ragged": "P1,2024-05-01,face\nP2,2024-05-01,face,UTC,n,more\nP3,2024-05-01,face,UTC,\n",
    "blank lines": "\n\nP1,2024-05-01,face,UTC,\n\r\n\nP2,bad,face,UTC,\n",
    "unclosed": 'P1,2024-05-01,face,UTC,"a\nP2,2024-05-01,face,UTC,\n',
    "wrongly closed": 'P1,2024-05-01,face,UTC,"a"b\nP2,2024-05-01,face,UTC,\n',
    "NUL": "P1,2024-05-01,face,UTC,\0\nP2,2024-05-01,face,UTC,\n",
    "old line ends": "P1,2024-05-01,face,UTC,a\rP2,2024-05-01,face,UTC,b\r",
    "no end": "P1,2024-05-01,face,UTC,ä\nP2,2024-05-01,face,UTC,\u2028",
    "spaces": ' P1 , 2024-05-01 ,face,UTC, "a"\nP2,2024-05-01, face,UTC,\n',
    "hash": "#P1,2024-05-01,face,UTC,#\nP2,2024-05-01,face,UTC,NULL\n",
    "no rows": "",
    "long": f"P1,2024-05-01,face,UTC,{'x' * 300_000}\nP2,2024-05-01,face,UTC,\n",
    "formulas": '\t1,2024-05-01,face,UTC,"=A1,B1"\n@P2,\t2024-05-01,face,UTC,+\n',
    "lax times": "".join(
        f"P,{text},face,UTC,\n"
        for text in ("2024-05-01T24:30", "2024-05-01 14:30+02", "2024-05-01  1:30",
                     "2024-05-01T14: 0", "-024-05-01", "2024-05-01 14:30:1Z", "infinity")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_readers_disagree_about(rules: RuleSet, tmp_path: Path, name: str) -> None:
    """What DuckDB would read in another way is read as streaming reads it."""
    source = tmp_path / "in.csv"
    source.write_bytes((",".join(HEADER) + "\n" + HOSTILE[name]).encode())
    one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
    assert one == other


def test_random_text_is_read_alike(rules: RuleSet, tmp_path: Path) -> None:
    """Short texts of all that CSV is made of give the same rows and the same rejects."""
    random_ = random.Random(3)
    pieces = [
        '"',
        '""',
        ",",
        "\n",
        "\r\n",
        " ",
        "a",
        "é",
        "2024-05-01",
        "face",
        "P,2024-05-01,face",
    ]
    for _ in range(120):
        source = tmp_path / "in.csv"
        body = "".join(random_.choices(pieces, k=random_.randrange(25)))
        source.write_bytes(f"patient_id,treated,type\n{body}\n".encode())
        one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
        assert one == other, body


def test_times_that_are_nearly_plain_are_read_alike(rules: RuleSet, tmp_path: Path) -> None:
    """A digit less and a blank more keep the length; DuckDB takes more than is a time."""
    random_ = random.Random(19)
    parts = (
        ("2024", " 202", "-202", "+202", "20 4", "202"),
        ("04", " 4", "4", "4 ", "004", "13"),
        ("30", " 3", "3", "3 ", "31", "003"),
        ("10", " 9", "9", "9 ", "24", "+9"),
        ("30", " 5", "5", "5 ", "60", "5Z"),
    )
    times = {"2024-04-30 10:30", "2024-04-30t10:30", "2024-04-30\t10:30", "2024-04-30T10:30"}
    for _ in range(4_000):
        year, month, day, hour, minute = (random_.choice([each[0], *each]) for each in parts)
        between = random_.choice(["T", "T", " ", "  "])
        blanks = random_.choice(["", "", " ", "\t"])
        time = f"{year}-{month}-{day}{between}{hour}:{minute}"
        times.add(random_.choice([f"{blanks}{time}", f"{time}{blanks}"]))
    rows = [(f"P{n}", time, "face", "UTC") for n, time in enumerate(sorted(times))]
    assert sum(len(row[1]) == len("2024-04-30T10:30") for row in rows) > 500
    source = _table(tmp_path / "in.csv", rows, HEADER[:4])
    one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
    assert one == other
    assert 0 < one.written < one.rejected


@pytest.mark.parametrize("broken", ["truncated", "text", "empty"])
def test_a_broken_parquet_file_is_named(rules: RuleSet, tmp_path: Path, broken: str) -> None:
    """A file that is no Parquet is an error in one line, and nothing is written."""
    whole, path, out = tmp_path / "whole.parquet", tmp_path / "in.parquet", tmp_path / "out.csv"
    duckdb.execute(f"COPY (SELECT 1 AS patient_id, 'x' AS treated, 'face' AS type) TO '{whole}'")
    data = whole.read_bytes()
    path.write_bytes({"truncated": data[: len(data) // 2], "text": b"a,b\n", "empty": b""}[broken])
    with pytest.raises(MesocareError, match=r"in\.parquet' cannot be read") as caught:
        duckdb_engine.run(bulk.job(rules, path, out, kind="parquet"), _nothing)
    assert "\n" not in caught.value.message
    assert not out.exists()


@pytest.mark.parametrize(
    "value", ["[1, 2]", "17", "{'a': 1}", "NULL::INTEGER", "TIME '12:00'", "DATE 'infinity'"]
)
def test_a_column_of_the_wrong_type_is_rejected_row_by_row(
    rules: RuleSet, tmp_path: Path, value: str
) -> None:
    """A time of treatment that is none is rejected, and carried columns of any type survive."""
    path, bad = tmp_path / "in.parquet", tmp_path / "bad.csv"
    duckdb.execute(
        f"COPY (SELECT 'a' AS patient_id, {value} AS treated, 'face' AS type, [1, 2] AS list"
        f") TO '{path}'"
    )
    job = bulk.job(rules, path, tmp_path / "out.csv", kind="parquet", rejects=str(bad))
    tally = duckdb_engine.run(job, _nothing)
    assert (tally.read, tally.written, tally.rejected) == (1, 0, 1)
    assert bad.read_text(encoding="utf-8").splitlines()[1].startswith("1,treated,")


def test_a_parquet_file_without_the_columns_is_refused(rules: RuleSet, tmp_path: Path) -> None:
    """The error says which column is missing, and which there are."""
    path = tmp_path / "in.parquet"
    duckdb.execute(f"COPY (SELECT 1 AS patient_id, DATE '2024-05-01' AS date) TO '{path}'")
    with pytest.raises(MesocareError, match="lacks the column 'treated', 'type'; it has"):
        duckdb_engine.run(bulk.job(rules, path, tmp_path / "out.csv", kind="parquet"), _nothing)


def test_long_from_parquet_says_what_it_says_from_text(rules: RuleSet, tmp_path: Path) -> None:
    """A row per activity, from Parquet to Parquet, is the same as from text to text."""
    rows = [(f"P{n}", *each, "n") for n, each in enumerate(bulk.treatments(rules, bulk.AT, 50, 5))]
    source = _table(tmp_path / "in.csv", rows)
    given = tmp_path / "in.parquet"
    duckdb.execute(f"COPY (SELECT * FROM read_csv('{source}', all_varchar = true)) TO '{given}'")
    job = bulk.job(rules, source, tmp_path / "a.csv", long=True, rejects=os.devnull)
    expected = stream_engine.run(job, _nothing)
    out = str(tmp_path / "b.parquet")
    found = duckdb_engine.run(
        job._replace(source=str(given), kind="parquet", form="parquet", output=out), _nothing
    )
    assert found == expected
    columns = "patient_id, activity, verdict, condition"
    one, other = (
        duckdb.execute(f"SELECT {columns} FROM {table}").fetchall()
        for table in (f"read_csv('{tmp_path / 'a.csv'}', all_varchar = true)", f"'{out}'")
    )
    assert one == other


def test_a_name_that_looks_like_a_pattern_is_a_name(rules: RuleSet, tmp_path: Path) -> None:
    """`a[1]*.csv` is one file, whatever lies beside it."""
    source = _table(tmp_path / "a[1]*.csv", [("P1", "2024-05-01", "face", "UTC", "")])
    _table(tmp_path / "a1x.csv", [("P2", "2024-05-01", "face", "UTC", "")] * 3)
    assert duckdb_engine.run(bulk.job(rules, source, tmp_path / "out.csv"), _nothing).read == 1


def test_a_zone_that_comes_late_is_laid_out_too(rules: RuleSet, tmp_path: Path) -> None:
    """A type and zone that the first rows did not have are decided by the table all the same."""
    rows = [
        (f"P{n}", f"2024-04-30T{n % 24:02}:{n // 24 % 60:02}", "face", "UTC") for n in range(51_000)
    ]
    rows += [(*row[:2], "scalp", "Asia/Kathmandu") for row in rows[:2000]]
    source = _table(tmp_path / "in.csv", rows, HEADER[:4])
    one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
    assert one == other


@pytest.mark.parametrize("engine", [duckdb_engine, stream_engine])
@pytest.mark.parametrize("plain", [True, False])
def test_nothing_is_delivered_where_a_rejected_row_cannot_be_named(
    rules: RuleSet, tmp_path: Path, engine: ModuleType, *, plain: bool
) -> None:
    """A table that lacks rows of which nobody hears would be taken for whole."""
    if not Path("/dev/full").exists():
        pytest.skip("there is no device that is always full")
    # London's clocks left out this hour on 31 March 2024; the other is nobody's spelling.
    skipped = "2024-03-31T01:30" if plain else "31.31.2024"
    rows = [(f"P{n}", "2024-04-30T10:00", "face", "Europe/London") for n in range(2_000)]
    rows.append(("P", skipped, "face", "Europe/London"))
    source = _table(tmp_path / "in.csv", rows, HEADER[:4])
    job = bulk.job(rules, source, tmp_path / "out.csv", rejects="/dev/full")
    with pytest.raises(MesocareError, match="No space left"):
        engine.run(job, _nothing)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_memory_has_a_limit(
    rules: RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit is kept to by spilling, and one that is no amount of memory is refused."""
    rows = [(f"P{n}", "2024-04-30T10:00", "face", "UTC", "x" * 40) for n in range(400_000)]
    source = _table(tmp_path / "in.csv", rows)
    monkeypatch.setenv(MEMORY_VARIABLE, "90MB")
    one, other = _both(bulk.job(rules, source, tmp_path), tmp_path)
    assert one == other
    monkeypatch.setenv(MEMORY_VARIABLE, "plenty")
    with pytest.raises(MesocareError, match="no amount of memory"):
        duckdb_engine.run(bulk.job(rules, source, tmp_path / "out"), _nothing)


SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mesocare.bulk.duckdb import engine as duck
from mesocare.bulk.job import Interrupted
from mesocare.rules.loader import load_rules
from tests.support import bulk
job = bulk.job(load_rules(), Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
try:
    duck.run(job, lambda _: None)
except Interrupted as error:
    sys.exit(100 + error.signal)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    """A signal amid the work ends it; neither output nor temporary files are left."""
    source = tmp_path / "in.csv"
    duckdb.execute(
        "COPY (SELECT i AS patient_id, '2024-04-30T10:00' AS treated, 'face' AS type,"
        f" repeat('x', 100) AS note FROM range(1500000) t(i)) TO '{source}'"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(source), str(tmp_path / "out.csv")],
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            # Temporary files lie with the record, where there is one.
            "MESOCARE_HOME": str(tmp_path / "nobody"),
            "TMPDIR": str(temporary),
            MEMORY_VARIABLE: "200MB",
        },
        cwd=Path(__file__).parents[2],
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        while not list(temporary.iterdir()):
            time.sleep(0.01)
        time.sleep(0.3)
        process.send_signal(number)
        assert process.wait(30) == 100 + number
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "temporary"]


@pytest.mark.parametrize("step", ["mkdtemp", "rmtree"])
def test_a_signal_while_it_begins_or_ends_leaves_nothing_behind(
    rules: RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Neither the making nor the clearing of the temporary directory is broken off."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    owner = {"mkdtemp": tempfile, "rmtree": shutil}[step]
    real = getattr(owner, step)
    signals = iter([signal.SIGINT])

    def disturbed(*args: Any, **options: Any) -> Any:
        made = real(*args, **options) if step == "mkdtemp" else None
        for number in signals:
            os.kill(os.getpid(), number)
            time.sleep(0.01)
        return made or real(*args, **options)

    monkeypatch.setattr(owner, step, disturbed)
    source = _table(tmp_path / "in.csv", [("P1", "2024-05-01", "face", "UTC", "")])
    job = bulk.job(rules, source, tmp_path / "out.csv")
    if step == "mkdtemp":
        with pytest.raises(Interrupted):
            duckdb_engine.run(job, _nothing)
        assert not (tmp_path / "out.csv").exists()
    else:  # all is done, and it comes too late
        assert duckdb_engine.run(job, _nothing).written == 1
        assert len(_cells(tmp_path / "out.csv")) == 2
    assert list(signals) == []
    assert list(temporary.iterdir()) == []


def test_without_duckdb_the_error_says_what_to_type(tmp_path: Path) -> None:
    """Where DuckDB is not installed, its absence is named, and how to end it."""
    source = _table(tmp_path / "in.csv", [("P1", "2024-05-01", "face", "UTC", "")])
    blocked = (
        "import sys; sys.modules['duckdb'] = None\n"
        "from mesocare.errors import MesocareError\n"
        "try:\n    exec(sys.argv.pop(1))\n"
        "except MesocareError as error:\n    print(error.message, error.hint)"
    )
    found = subprocess.run(
        [sys.executable, "-c", blocked, SCRIPT, str(source), str(tmp_path / "out.csv")],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "DuckDB, which is not installed" in found.stdout
    assert "pip install 'mesocare[bulk]'" in found.stdout


def test_nothing_is_left_in_the_temporary_directory(
    rules: RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a check, and after one that failed, the temporary directory is as it was."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    source = _table(tmp_path / "in.csv", [("P1", "2024-05-01", "face", "UTC", "")])
    duckdb_engine.run(bulk.job(rules, source, tmp_path / "out.csv"), _nothing)
    with pytest.raises(MesocareError, match="could not be written"):
        duckdb_engine.run(bulk.job(rules, source, tmp_path / "no" / "out.csv"), _nothing)
    assert list(temporary.iterdir()) == []
