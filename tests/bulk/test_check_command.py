"""`mesocare check` as its users run it: files, pipes, terminals, and being stopped."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import pytest

from mesocare.bulk.job import Tally
from mesocare.cli.commands import check_options
from mesocare.core.model import Verdict
from mesocare.render.text.check import check_text
from tests.support import bulk
from tests.support.process import PATIENCE, script

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Finished, Program

HEADER = "patient_id,treated,type\n"
ROWS = "".join(f"{n},2024-05-01T{n % 24:02d}:{n % 60:02d},face\n" for n in range(20_000))
AT = ("--at", "2024-05-03T15:00", "--tz", "Europe/Berlin")


@pytest.fixture
def table(own: Program) -> Path:
    path = own.place / "patients.csv"
    path.write_text(HEADER + ROWS, encoding="utf-8")
    return path


def small(own: Program, *rows: str) -> str:
    path = own.place / "small.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path.name


def test_a_sound_table(own: Program) -> None:
    """Rows go to standard output, the summary to standard error, and the code is 0."""
    ended = own.run("check", small(own, "1,2024-05-01T14:30,face"), *AT, "--activities", "makeup")
    assert ended.code == 0
    assert ended.out == f"{HEADER.strip()},makeup\n1,2024-05-01T14:30,face,allowed\n"
    assert "1 row read, 1 written, 0 rejected" in ended.err
    assert "allowed 1" in ended.err


def test_a_rejected_row_is_code_1(own: Program) -> None:
    """Named on standard error, also when all else is to be quiet, or in a file."""
    name = small(own, "1,2024-05-01T14:30,face", "2,01/05/2024,face")
    quiet = own.run("check", name, *AT, "--quiet")
    assert quiet.code == 1
    assert len(quiet.out.splitlines()) == 2
    (line,) = quiet.err.splitlines()
    assert line.startswith("line 3: treated '01/05/2024' can be read as 2 dates")
    filed = own.run("check", name, *AT, "--quiet", "--rejects", "no.csv", "-o", "yes.csv")
    assert (filed.code, filed.out, filed.err) == (1, "", "")
    with (own.place / "no.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["line"], row["column"], row["value"]) == ("3", "treated", "01/05/2024")
    assert row["row"] == "2,01/05/2024,face"
    assert oct((own.place / "yes.csv").stat().st_mode & 0o777) == "0o600"


def test_the_summary_as_json(own: Program) -> None:
    """One line on standard error, after any rejects."""
    name = small(own, "1,2024-05-01T14:30,face", "2,x,face")
    ended = own.run("check", name, *AT, "--json", "--changes-within", "3 days")
    said = json.loads(ended.err.splitlines()[-1])
    assert said["schema"] == "mesocare.check/1"
    assert said["rows"] == {"read": 2, "written": 1, "rejected": 1}
    assert said["verdicts"]["makeup"]["allowed"] == 1
    assert said["opening"]["makeup"] == 0
    assert said["complete"] is True


def test_standard_input(own: Program) -> None:
    """With its kind by name; CSV if nothing is said."""
    row = b'{"patient_id": 1, "treated": "2024-05-01T14:30", "type": "face"}\n'
    ended = own.run("check", "-", *AT, "--input-format", "ndjson", given=row)
    assert (ended.code, json.loads(ended.out)["makeup"]) == (0, "allowed")
    ended = own.run("check", "-", *AT, given=(HEADER + "1,2024-05-01,scalp\n").encode())
    assert ended.code == 0
    assert ended.out.startswith("patient_id,treated,type,makeup,")


def test_the_summary_parts_no_sign_from_its_figure(
    rules: RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every width each figure stands beside its verdict, and no line is too long."""
    job = bulk.job(rules, tmp_path / "in.csv", tmp_path / "out.csv")
    counts = Counter({verdict.value: 872_486 for verdict in Verdict})
    tally = Tally(9_999_999, 9_999_999, 1_234, dict.fromkeys(job.ids, counts))
    for width in range(40, 121):
        monkeypatch.setenv("COLUMNS", str(width))
        said = check_text(job._replace(output="out.csv"), tally, no_color=True, stopped=False)
        assert max(map(len, said.splitlines())) <= width
        figures = re.findall(r"[x?~+] (?:avoid|ask|limited|allowed) 872,486", said)
        assert len(figures) == len(Verdict) * len(job.ids), width
        assert "1,234 rejected" in said


@pytest.mark.parametrize("engine", ["stream", "duckdb"])
def test_a_system_zone_without_a_name(engine: str, own: Program, table: Path) -> None:
    """As the C library knows one: the same answers as by the zone's name."""
    if engine == "duckdb":
        pytest.importorskip("duckdb")
    asked = ("check", table.name, "--at", "2024-05-03T15:00", "--engine", engine, "--quiet")
    here = own.run(*asked, env={"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"})
    assert (here.code, here.err) == (0, "")
    assert here.out == own.run(*asked, "--tz", "Europe/Berlin").out


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["no-such.csv"], "cannot be read", "Name a file"),
        (["small.doc"], "does not say what kind", "--input-format"),
        (["small.csv", "--map", "x=y"], "is not one of patient_id", "--map treated=date"),
        (["small.csv", "--map", "treated=when"], "lacks the column 'when'", "--map treated="),
        (["small.csv", "--activities", "juggling"], "no rule is written", "makeup"),
        (["small.csv", "--activities", ","], "names none", "makeup,exercise"),
        (["small.csv", "--changes-within", "soon"], "no span", "24h"),
        (["small.csv", "--where", "verdict=never"], "no such verdict", "allowed"),
        (["small.csv", "--where", "verdict"], "no condition", "verdict=avoid"),
        (["small.csv", "--where", "type=nose"], "no such type", "scalp"),
        (["small.csv", "--where", "activity=sauna"], "not asked about", "--activities"),
        (["small.csv", "--where", "site=A"], "no such column", "patient_id"),
        (["small.csv", "--delimiter", "ab"], "no single character", "tab"),
        (["small.csv", "--encoding", "klingon"], "not the name of an encoding", "cp1252"),
        (["small.csv", "--engine", "steam"], "unknown", "stream"),
        (["small.csv", "--format", "xml"], "unknown", "ndjson"),
        (["-", "--input-format", "xml"], "unknown", "ndjson"),
        (["small.csv", "-o", "out.xlsx"], "Excel is not written", "verdicts.csv"),
        (["small.csv", "-o", "small.csv"], "destroyed", "another"),
        (["small.csv", "--engine", "stream", "--format", "parquet"], "not parquet", "--engine"),
        (["small.csv", "--tz", "Mars"], "time zone", "Asia/Bangkok"),
        ([], "missing argument", "--help"),
    ],
)
def test_what_cannot_be_run_is_code_2(
    own: Program, arguments: list[str], said: str, hint: str
) -> None:
    """With what was given, and what to type next; nothing is written."""
    small(own, "1,2024-05-01T14:30,face")
    before = own.written()
    ended = own.run("check", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert hint in ended.err
    assert own.written() == before


def test_duckdb_is_asked_for_by_name(tmp_path: Path) -> None:
    """Where it is not installed, the error says how to get it."""
    from tests.support.process import Program

    before = "sys.modules['duckdb'] = None"
    without = Program(tmp_path / "without", script(tmp_path / "without.py", before))
    for arguments in (["small.csv", "--engine", "duckdb"], ["small.csv", "-o", "out.parquet"]):
        small(without, "1,2024-05-01,face")
        ended = without.run("check", *arguments)
        assert ended.code == 2
        assert "pip install 'mesocare[bulk]'" in ended.err


def test_a_terminal_gets_a_bar_and_colours(own: Program, table: Path) -> None:
    """On standard error only; the rows in the file know nothing of it."""
    screen = own.on_terminal("check", table.name, *AT, "-o", "out.csv")
    assert screen.code == 0
    assert "20,000 rows read" in screen.raw
    assert "rows" in screen.raw
    assert "\x1b" not in (own.place / "out.csv").read_text(encoding="utf-8")


def test_a_pipe_that_closes(own: Program, table: Path) -> None:
    """Ends with code 2 and a line, whether somebody read something or nothing."""
    for take in (0, 100):
        ended = own.unread("check", table.name, *AT, "--quiet", take=take)
        assert ended.code == 2
        assert "nobody is reading any more" in ended.err
        assert "Traceback" not in ended.err
        assert len(ended.err.splitlines()) == 2


@pytest.mark.parametrize("redirection", [">&-", "> /dev/full", "2>&-", "2> /dev/full"])
def test_streams_that_are_closed_or_full(own: Program, redirection: str) -> None:
    """A row, or a rejected row, that cannot be written is code 2, never a silent loss."""
    name = small(own, "1,2024-05-01T14:30,face", "2,x,face")
    ended = own.redirected(redirection, "check", name, *AT)
    assert ended.code == 2
    assert "Traceback" not in ended.err


def test_no_standard_output_is_needed_for_a_file(own: Program) -> None:
    """Where the rows go to a file, the run is complete without it."""
    name = small(own, "1,2024-05-01T14:30,face")
    ended = own.redirected(">&-", "check", name, *AT, "-o", "out.csv")
    assert ended.code == 0
    assert len((own.place / "out.csv").read_text().splitlines()) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_named_pipe_is_written_into(own: Program) -> None:
    """It is not replaced by a file; without a reader it is an error."""
    pipe = own.place / "pipe.csv"
    os.mkfifo(pipe)
    name = small(own, "1,2024-05-01T14:30,face")
    assert "nobody is reading it" in own.run("check", name, *AT, "-o", "pipe.csv").err
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        time.sleep(0.2)
        assert own.run("check", name, *AT, "-o", "pipe.csv").code == 0
        assert reader.communicate(timeout=PATIENCE)[0].count(b"\n") == 2
    assert pipe.is_fifo()


def test_a_named_pipe_is_not_closed_where_streaming_goes_on(own: Program) -> None:
    """DuckDB gives up late, at a row that lacks cells; who reads the pipe hears nothing of it."""
    pytest.importorskip("duckdb")
    (own.place / "ragged.csv").write_text(HEADER + ROWS * 20 + "1,2\n", encoding="utf-8")
    os.mkfifo(own.place / "pipe.csv")
    with subprocess.Popen(["cat", own.place / "pipe.csv"], stdout=subprocess.PIPE) as reader:
        found: list[bytes] = []
        thread = threading.Thread(target=lambda: found.append(reader.communicate()[0]))
        thread.start()
        time.sleep(0.2)
        asked = ("check", "ragged.csv", *AT, "--activities", "makeup", "--engine", "duckdb")
        ended = own.run(*asked, "--quiet", "-o", "pipe.csv")
        thread.join(PATIENCE)
    assert (ended.code, ended.err.count("has 2 cells")) == (1, 1)
    assert found[0].count(b"\n") == 1 + 20 * ROWS.count("\n")


def _fed(pipe: IO[bytes]) -> None:
    """Write rows and hold the pipe open; both pipes may fill, so this has a thread of its own."""
    with contextlib.suppress(OSError):
        pipe.write((HEADER + ROWS).encode())
        pipe.flush()


def stopped(own: Program, number: int, *arguments: str) -> Finished:
    """Return how a check ends that is stopped by a signal while it waits for more rows."""
    from tests.support.process import Finished

    process = subprocess.Popen(
        [own.path, "check", "-", *AT, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=own.environment(), cwd=own.place,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    feeder = threading.Thread(target=_fed, args=(process.stdin,), daemon=True)
    feeder.start()
    begun = b""
    if "-o" in arguments:
        deadline = time.monotonic() + PATIENCE
        while not any(path.stat().st_size for path in own.place.glob(".mesocare.*")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    else:
        begun = os.read(process.stdout.fileno(), 100)
    process.send_signal(number)
    rest = process.stdout.read()
    said = process.stderr.read().decode()
    code = process.wait(timeout=PATIENCE)
    feeder.join(PATIENCE)
    for pipe in (process.stdin, process.stdout, process.stderr):
        with contextlib.suppress(OSError):
            pipe.close()
    return Finished(code, (begun + rest).decode(), said)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_leaves_no_file(own: Program, number: int) -> None:
    """What was there stays; the summary says how far it came, the code by which signal."""
    (own.place / "out.csv").write_text("before")
    ended = stopped(own, number, "-o", "out.csv", "--rejects", "no.csv")
    assert ended.code == 128 + number
    assert "Stopped before the end" in ended.err
    assert "nothing was written to out.csv" in ended.err
    assert [path.name for path in own.place.iterdir()] == ["out.csv"]
    assert (own.place / "out.csv").read_text() == "before"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_whole_rows(own: Program, number: int) -> None:
    """Every row on standard output has all its cells and its end."""
    ended = stopped(own, number, "--json")
    assert ended.code == 128 + number
    assert ended.out.endswith("\n")
    rows = list(csv.reader(ended.out.splitlines()))
    assert {len(row) for row in rows} == {8}
    said = json.loads(ended.err)
    assert said["complete"] is False
    assert said["rows"]["written"] == len(rows) - 1 > 100


def test_a_killed_check_replaces_nothing(own: Program) -> None:
    """What was there before is there still, whole; what it left is gone with the next check."""
    (own.place / "out.csv").write_text("before")
    ended = stopped(own, signal.SIGKILL, "-o", "out.csv", "--rejects", "no.csv")
    assert ended.code == -signal.SIGKILL
    assert (own.place / "out.csv").read_text() == "before"
    assert len(list(own.place.glob(".mesocare.*"))) == 2
    name = small(own, "1,2024-05-01T14:30,face")
    assert own.run("check", name, *AT, "-o", "other.csv").code == 0
    assert sorted(path.name for path in own.place.iterdir()) == [
        "other.csv", "out.csv", "small.csv"
    ]  # fmt: skip


def test_two_checks_into_one_directory(own: Program) -> None:
    """The file that a running check is writing is left to it, by whoever comes meanwhile."""
    name = small(own, "1,2024-05-01T14:30,face")
    with subprocess.Popen(
        [own.path, "check", "-", *AT, "-q", "-o", "slow.csv"],
        stdin=subprocess.PIPE, env=own.environment(), cwd=own.place,
    ) as slow:  # fmt: skip
        assert slow.stdin is not None
        _fed(slow.stdin)
        deadline = time.monotonic() + PATIENCE
        while not list(own.place.glob(".mesocare.*")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert own.run("check", name, *AT, "-o", "quick.csv").code == 0
        slow.stdin.close()
        assert slow.wait(PATIENCE) == 0
    assert len((own.place / "slow.csv").read_text().splitlines()) == 20_001
    assert not list(own.place.glob(".mesocare.*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_looks_like_a_leftover_and_is_none_does_no_harm(own: Program) -> None:
    """A directory, a pipe, a link: none is in the way, and what a link leads to is left alone."""
    name = small(own, "1,2024-05-01T14:30,face")
    (own.place / ".mesocare.a.partial").mkdir()
    os.mkfifo(own.place / ".mesocare.b.partial")
    (own.place / ".mesocare.c.partial").symlink_to(own.place / name)
    assert own.run("check", name, *AT, "-o", "out.csv").code == 0
    assert len((own.place / name).read_text().splitlines()) == 2
    assert len((own.place / "out.csv").read_text().splitlines()) == 2


def test_memory_does_not_grow_with_the_table(own: Program, tmp_path: Path) -> None:
    """Ten times as many patients take as much memory, within a tenth."""
    # Not what `wait4` counts, which begins with the memory of the process that starts it.
    told = "print(open('/proc/self/status').read(), file=sys.stderr, flush=True)"
    before = f"import os; leave = os._exit; os._exit = lambda code: ({told}, leave(code))"
    own.path = script(tmp_path / "told", before)
    peaks = []
    for times in (5, 50):
        with (own.place / "many.csv").open("w", encoding="utf-8") as file:
            file.write(HEADER)
            file.writelines(ROWS for _ in range(times))
        ended = own.run("check", "many.csv", *AT, "-q", "-o", "out.csv", "--engine", "stream")
        assert ended.code == 0
        peaks.append(int(ended.err.partition("VmHWM:")[2].split()[0]))
    assert peaks[1] < 1.1 * peaks[0], peaks


@pytest.mark.parametrize("output", [(), ("-o", "out.csv")])
def test_the_bar_and_the_rows_do_not_share_a_screen(output: tuple[str, ...], own: Program) -> None:
    """Rows on a terminal begin their lines; a bar is for rows that go elsewhere."""
    (own.place / "patients.csv").write_text(
        "patient_id,treated,type\n1,2024-05-01,face\n", encoding="utf-8"
    )
    at = ("--at", "2024-05-03T09:00")
    screen = own.on_terminal("check", "patients.csv", *at, *output)
    assert screen.code == 0
    assert ("\x1b[?25l" in screen.raw) is bool(output)
    if not output:
        assert any(line.startswith("patient_id,") for line in screen.lines)


@pytest.mark.parametrize(
    ("changes", "engine"),
    [
        ({}, "duckdb"),
        ({"output": None}, "stream"),
        ({"long": True}, "stream"),
        ({"kind": "ndjson"}, "stream"),
        ({"source": "-"}, "stream"),
        ({"source": "no-such-file.csv"}, "stream"),
        ({"form": "parquet", "output": None}, "duckdb"),
    ],
    ids=str,
)
def test_auto_takes_the_engine_that_is_quicker(
    rules: RuleSet, tmp_path: Path, changes: dict[str, Any], engine: str
) -> None:
    """DuckDB for a large text from file to file and for what cannot be streamed."""
    pytest.importorskip("duckdb")
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(b"x")
    large.write_bytes(b"x" * check_options.LARGE)
    asked = bulk.job(rules, large, tmp_path / "out.csv")._replace(**changes)
    assert check_options.runner("auto", asked).__module__ == f"mesocare.bulk.{engine}.engine"
    if changes.get("form") != "parquet":
        named = check_options.runner("stream", asked)
        assert named.__module__ == "mesocare.bulk.stream.engine"
    if changes.get("form") != "parquet":
        less = asked._replace(source=str(small) if "source" not in changes else asked.source)
        assert check_options.runner("auto", less).__module__ == "mesocare.bulk.stream.engine"
