"""A check that is stopped or killed at any step: it says so, and nothing of it is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from mesocare.bulk.duckdb import engine as duckdb_engine
from mesocare.bulk.job import Interrupted
from mesocare.bulk.stream import engine as stream_engine
from mesocare.bulk.stream.csv import CsvRun
from tests.support import bulk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from mesocare.bulk.job import Job, Tally
    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
HEADER = "patient_id,treated,type,tz,note\n"
PLAIN = HEADER + "".join(f"P{n},2024-04-0{n % 9 + 1}T10:00,face,UTC,x\n" for n in range(300))
# What the verdict table does not answer, and what is refused: every way through the engine.
ODD = HEADER + "".join(
    f'P{n},"{("yesterday", "1 May 2024", "31 April", "2024-05-01")[n % 4]}",face,UTC,"a,b"\n'
    for n in range(300)
)
OURS = str(Path(duckdb_engine.__file__).parents[2])
RUNS: dict[str, Callable[..., Tally]] = {"duckdb": duckdb_engine.run, "stream": stream_engine.run}


class EarlyOrLate(Exception):  # noqa: N818 - not an error
    """The signal came while the engine did not listen: the process would just end."""


def _ends(*_: object) -> None:
    raise EarlyOrLate


class Striker:
    """Sends this process a signal at the n-th line of our code that is run."""

    def __init__(self, at: int, number: int) -> None:
        self.at, self.number, self.lines = at, number, 0

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """Follow our own code, line by line."""
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if event == "line":
            self.lines += 1
            if self.lines == self.at:
                os.kill(os.getpid(), self.number)
        return self


def outcome(job: Job, engine: str, at: int, number: int) -> tuple[object, int]:
    """Return how a check ends that is struck at a line, and how many lines it came to."""
    striker = Striker(at, number)
    before = sys.gettrace()
    signal.signal(number, _ends)
    sys.settrace(striker)
    try:
        return RUNS[engine](job, lambda _: None), striker.lines
    except (Interrupted, EarlyOrLate) as error:
        return error, striker.lines
    finally:
        sys.settrace(before)
        # One of DuckDB's threads may have taken it, and passes it on a little later.
        signal.signal(number, lambda *_: None)


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """Give the signals back that a test has taken."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    usual = [signal.getsignal(number) for number in numbers]
    yield
    time.sleep(0.1)
    for number, handler in zip(numbers, usual, strict=True):
        signal.signal(number, handler)


def settle(folder: Path) -> list[str]:
    """Return the names in a folder; DuckDB's threads may need a moment to let go."""
    return sorted(path.name for path in folder.iterdir())


KINDS = [
    ("duckdb", "plain.csv", "csv"), ("duckdb", "odd.csv", "csv"), ("stream", "odd.csv", "csv"),
    ("duckdb", "in.parquet", "parquet"), ("duckdb", "in.parquet", "ndjson"),
]  # fmt: skip


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize(("engine", "source", "form"), KINDS)
@pytest.mark.parametrize("steps", [8, pytest.param(250, marks=pytest.mark.long)])
def test_a_signal_at_every_step(  # noqa: PLR0913, PLR0917 - fixtures
    engine: str,
    source: str,
    form: str,
    steps: int,
    rules: RuleSet,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    searched: Searched,
) -> None:
    """Either it was stopped, by that signal and with nothing left; or all of it was done."""
    temporary, place = tmp_path / "temporary", tmp_path / "place"
    temporary.mkdir()
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path / "none"))
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (place / "plain.csv").write_text(PLAIN)
    (place / "odd.csv").write_text(ODD)
    duckdb.execute(
        f"COPY (SELECT * FROM read_csv('{place / 'plain.csv'}', all_varchar = true))"
        f" TO '{place / 'in.parquet'}' (FORMAT parquet)"
    )
    job = bulk.job(
        rules, place / source, place / "out", rejects=str(place / "rejects"),
        kind="parquet" if source.endswith("parquet") else "csv",
    )._replace(form=form)  # fmt: skip
    before = settle(place)
    done, lines = outcome(job, engine, 0, signal.SIGTERM)
    assert not isinstance(done, Interrupted)
    whole = (place / "out").read_bytes()
    (place / "out").unlink()
    (place / "rejects").unlink()
    stopped = 0
    for n in range(steps):
        number = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)[n % 3]
        found, _ = outcome(job, engine, 1 + n * lines // steps, number)
        if isinstance(found, Interrupted):
            stopped += 1
            assert found.signal == number
            assert settle(place) == before, n
        elif settle(place) != before:  # it came too late to stop anything
            assert settle(place) == sorted([*before, "out", "rejects"])
            if form != "parquet":
                assert (place / "out").read_bytes() == whole
            (place / "out").unlink()
            (place / "rejects").unlink()
        assert settle(temporary) == [], n
    assert stopped > steps / 2
    searched(steps, f"signals to a check, {engine} {source} to {form}")


def killed_check(own: Program, *arguments: str) -> None:
    """Kill a check while it waits for more rows, with its files open."""
    with subprocess.Popen(
        [own.path, "check", "-", "--at", "2024-05-03", "--tz", "UTC", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=own.environment({"TMPDIR": str(own.home)}),
        cwd=own.place,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(PLAIN.encode())
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while len(list(own.place.glob(".mesocare.*.partial"))) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.kill()


@pytest.mark.parametrize("has_record", [True, False])
@pytest.mark.parametrize("command", ["today --treated yesterday", "triage", "nonsense"])
def test_the_next_command_sweeps(command: str, has_record: bool, own: Program) -> None:
    """Whatever a killed check left, and wherever: any command removes it, even one that fails."""
    if has_record:
        assert own.run("treated", "yesterday").code == 0
    killed_check(own, "-o", "out.csv", "--rejects", "rejects.csv")
    assert len(list(own.place.glob(".mesocare.*.partial"))) == 2
    away = own.root / "away"
    away.mkdir()
    place, own.place = own.place, away
    own.run(*command.split(), env={"TMPDIR": str(own.home)})
    assert list(place.iterdir()) == []
    assert not (own.record / "temporary").exists()
    assert not list(own.home.glob("mesocare-*"))
    assert own.record.exists() == has_record


def test_what_is_in_use_is_not_swept(own: Program, tmp_path: Path) -> None:
    """The files of a check that is still running stay, whoever runs meanwhile."""
    slow = subprocess.Popen(
        [own.path, "check", "-", "--at", "2024-05-03", "--tz", "UTC", "-q", "-o", "out.csv"],
        stdin=subprocess.PIPE,
        env=own.environment({"TMPDIR": str(tmp_path)}),
        cwd=own.place,
    )
    assert slow.stdin is not None
    slow.stdin.write(PLAIN.encode())
    slow.stdin.flush()
    deadline = time.monotonic() + 30
    while not list(own.place.glob(".mesocare.*.partial")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    own.run("today", "--treated", "yesterday", env={"TMPDIR": str(tmp_path)})
    slow.stdin.close()
    assert slow.wait(30) == 0
    assert (own.place / "out.csv").read_text().count("\n") == 301
    assert not list(tmp_path.glob("mesocare-*"))


SPILL = """
import os, signal, sys, time
from mesocare.files import private_folder
with private_folder() as folder:
    (folder / "patients").write_text("P1")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("has_record", [True, False])
def test_a_killed_spill_is_swept(has_record: bool, own: Program) -> None:
    """The folder of what does not fit into memory holds patients' data."""
    if has_record:
        assert own.run("treated", "yesterday").code == 0
    with subprocess.Popen(
        [sys.executable, "-c", SPILL],
        stdout=subprocess.PIPE,
        env=own.environment({"TMPDIR": str(own.home)}),
        text=True,
        cwd=own.place,
    ) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        assert folder.is_relative_to(own.record if has_record else own.home)
        assert folder.stat().st_mode & 0o777 == 0o700
        own.run("today", "--treated", "yesterday", env={"TMPDIR": str(own.home)})
        assert (folder / "patients").exists()
        process.kill()
        process.wait()
    own.run("today", "--treated", "yesterday", env={"TMPDIR": str(own.home)})
    assert not folder.exists()


def test_a_folder_of_somebody_else_is_left_alone(own: Program) -> None:
    """What has no lock of ours in it, or leads elsewhere, is not ours to remove."""
    (own.home / "mesocare-notes").mkdir()
    (own.home / "mesocare-notes" / "text").write_text("mine")
    (own.home / "mesocare-notes" / "lock").write_text("mine")
    (own.home / "mesocare-link").symlink_to(own.home / "mesocare-notes")
    (own.home / "mesocare-file").symlink_to(own.home / "mesocare-notes" / "text")
    own.run("today", "--treated", "yesterday", env={"TMPDIR": str(own.home)})
    assert (own.home / "mesocare-notes" / "text").read_text() == "mine"
    assert (own.home / "mesocare-file").is_symlink()


@pytest.mark.parametrize(
    "command",
    ["rules new mine.yaml", "export -o mine.json", "report --html mine.html",
     "rules table -o mine.csv", "check in.csv -o mine.csv --at 2024-05-03"],
)  # fmt: skip
def test_a_disk_that_fills_leaves_no_file(command: str, own: Program) -> None:
    """Not even an empty one; and the error names the file."""
    assert own.run("treated", "yesterday", "--note", "x" * 400).code == 0
    (own.place / "in.csv").write_text(PLAIN)
    limited = own.root / "limited"
    # A file may not grow beyond 512 bytes, as on a disk that is full.
    limited.write_text(f'#!/bin/sh\nulimit -f 1\nexec "{own.path}" "$@"\n', encoding="utf-8")
    limited.chmod(0o700)
    own.path = limited
    # Compiled Python files would be cut off as well, and be found so by everybody.
    done = own.spawn(*command.split(), env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert done.code == 2
    assert "mine." in done.err
    assert [path.name for path in own.place.iterdir()] == ["in.csv"]


def test_new_replaces_nothing(own: Program) -> None:
    """`rules new` leaves what is there, also what a link leads to."""
    (own.place / "mine.yaml").write_text("mine")
    (own.place / "link.yaml").symlink_to("mine.yaml")
    for name in ("mine.yaml", "link.yaml"):
        done = own.run("rules", "new", name)
        assert done.code == 2
        assert "is there already" in done.err
    assert (own.place / "mine.yaml").read_text() == "mine"
    assert settle(own.place) == ["link.yaml", "mine.yaml"]


def test_a_stop_before_the_first_row_ends_it_too(rules: RuleSet, tmp_path: Path) -> None:
    """Where nothing is open yet, there is nothing to let go of."""
    source = tmp_path / "in.csv"
    source.write_text("patient_id,treated,type\n")
    run = CsvRun(bulk.job(rules, source, tmp_path / "out"), lambda _: None)
    run.stop()
    assert run.tally.read == run.tally.rejected == 0
