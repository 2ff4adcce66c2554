"""Many processes at once, and processes killed: what was acknowledged is on record, whole."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesocare.errors import StoreError
from mesocare.store import database, integrity, location, treatments
from tests.support.records import ROOT, SOURCE, ids, treatment

if TYPE_CHECKING:
    from tests.support.process import Program

WRITES, ROUNDS = 500, 6
PROCESSES, EACH = 32, 5
PATIENCE = 60

# Writes the treatments of a range one by one, each in a transaction of its own, and says the id of
# each once it is acknowledged.
WRITER = """
import sys
from mesocare.store import database, treatments
from tests.support.records import treatment

first, count = map(int, sys.argv[1:])
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + count):
    with database.writing() as connection:
        treatments.keep(connection, treatment(number))
    print(treatment(number).id, flush=True)
"""


def writer(home: Path, first: int, count: int) -> subprocess.Popen[str]:
    """Start a process that writes a range once it is told to."""
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(first), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            **os.environ,
            "MESOCARE_HOME": str(home),
            "PYTHONPATH": os.pathsep.join((SOURCE, ROOT)),
        },
        encoding="utf-8",
    )


def go(*crowd: subprocess.Popen[str]) -> None:
    """Let writers begin together, once all of them are ready."""
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in crowd:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


def minute(number: int) -> str:
    """Return a time of its own for each number."""
    return f"2024-05-01T14:{number:02}"


def on_record(home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, treatments.StoredTreatment]:
    """Return what mesocare itself reads, by id."""
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    with database.reading() as connection:
        assert connection is not None
        return {each.id: each for each in treatments.everything(connection)}


def whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Check that every treatment on record is as it was written; return their ids."""
    found = on_record(home, monkeypatch)
    for each in found.values():
        assert each == treatment(int(each.id[:8], 16))
    assert set(ids(home / database.NAME)) == set(found)
    assert not [path.name for path in home.iterdir() if "damaged" in path.name]
    return set(found)


def test_killed_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`kill -9` at any moment: all that was acknowledged is there, and nothing half-written."""
    chance = random.Random(20240501)
    acknowledged: set[str] = set()
    started = 0
    while started < WRITES:
        count = min(WRITES - started, WRITES // ROUNDS + chance.randrange(60))
        process = writer(tmp_path / "record", started, count)
        go(process)
        assert process.stdout is not None
        survivors = chance.randrange(count)
        for _ in range(survivors):
            acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.random() * 0.004)
        process.kill()
        rest, errors = process.communicate(timeout=PATIENCE)
        assert errors == ""
        acknowledged |= set(rest.split())
        there = whole(tmp_path / "record", monkeypatch)
        # The last one may have been stored and the process killed before it could say so.
        assert acknowledged <= there
        assert len(there - acknowledged) <= 1
        acknowledged = there
        started += count
    assert len(acknowledged) > ROUNDS


def test_killed_while_it_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while the file is made or right after, the next program goes on with it."""
    chance = random.Random(7)
    for number in range(12):
        home = tmp_path / f"record-{number}"
        process = writer(home, 0, 3)
        go(process)
        deadline = time.monotonic() + PATIENCE
        while not home.exists() and time.monotonic() < deadline:
            time.sleep(0.0005)
        time.sleep(chance.random() * 0.02)
        process.kill()
        said, _ = process.communicate(timeout=PATIENCE)
        again = writer(home, 10, 1)
        go(again)
        done, errors = again.communicate(timeout=PATIENCE)
        assert (again.returncode, errors) == (0, "")
        assert {*said.split(), *done.split()} <= whole(home, monkeypatch)


def test_killed_in_a_transaction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that was never finished leaves no trace and no lock."""
    home = tmp_path / "record"
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    with database.writing() as connection:
        treatments.keep(connection, treatment(0))
    held = WRITER.replace("    print(", "        print(") + "        sys.stdin.readline()\n"
    process = subprocess.Popen(
        [sys.executable, "-c", held, "1", "1"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join((SOURCE, ROOT)),
        },
        encoding="utf-8",
    )
    go(process)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == treatment(1).id
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert whole(home, monkeypatch) == {treatment(0).id}
    with database.writing() as connection:
        treatments.keep(connection, treatment(2))
    assert whole(home, monkeypatch) == {treatment(0).id, treatment(2).id}


@pytest.mark.parametrize("begun", [False, True], ids=["from nothing", "on record already"])
def test_many_writers(begun: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """32 processes write at once, the first of them making the file: none lost, none wrong."""
    home = tmp_path / "record"
    expected = {treatment(number).id for number in range(PROCESSES * EACH)}
    if begun:
        monkeypatch.setenv("MESOCARE_HOME", str(home))
        with database.writing() as connection:
            treatments.keep(connection, treatment(9999))
        expected.add(treatment(9999).id)
    crowd = [writer(home, number * EACH, EACH) for number in range(PROCESSES)]
    go(*crowd)
    said: set[str] = set()
    problems = []
    for process in crowd:
        out, errors = process.communicate(timeout=PATIENCE)
        said |= set(out.split())
        problems += [errors] if errors or process.returncode else []
    assert problems == []
    assert said == {each for each in expected if each != treatment(9999).id}
    assert whole(home, monkeypatch) == expected


def test_many_programs(own: Program) -> None:
    """The command line itself, many at once from nothing on: every treatment is on record."""
    crowd = [
        own.start(
            "treated", minute(number), "--note", f"number {number}", stdout=subprocess.DEVNULL
        )
        for number in range(PROCESSES)
    ]
    ended = [(process.communicate(timeout=PATIENCE)[1], process.returncode) for process in crowd]
    assert ended == [(b"", 0)] * PROCESSES
    listed = json.loads(own.run("treatments", "--json").out)["treatments"]
    assert {each["note"] for each in listed} == {f"number {each}" for each in range(PROCESSES)}
    for each in listed:
        number = int(each["note"].removeprefix("number "))
        assert each["typed"] == minute(number)


def test_many_menders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several find the file damaged: it is mended once, one is told, no new treatment is lost."""
    home = tmp_path / "record"
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    with database.writing() as connection:
        treatments.keep(connection, treatment(500))
    wrong = random.Random(1).randbytes(20_000)
    (home / database.NAME).write_bytes(wrong)
    crowd = [writer(home, number * 2, 2) for number in range(12)]
    go(*crowd)
    ended = [(*process.communicate(timeout=PATIENCE), process.returncode) for process in crowd]
    told = [errors for _, errors, code in ended if errors or code]
    assert len(told) == 1
    assert "UnconfirmedError: the record was damaged" in told[0]
    acknowledged = {each for out, _, _ in ended for each in out.split()}
    assert set(ids(home / database.NAME)) == acknowledged
    kept = [path.read_bytes() for path in home.glob("*damaged-?.db")]
    assert kept == [wrong]


@pytest.mark.parametrize("version", [1, 2])
def test_many_migrators(version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several that find an earlier version at once migrate it once, and lose nothing."""
    home = tmp_path / "record"
    home.mkdir(mode=0o700)
    earlier = Path(__file__).parents[1] / "data" / f"record-version-{version}.db"
    shutil.copy(earlier, home / database.NAME)
    before = ids(earlier)
    crowd = [writer(home, 100 + number, 1) for number in range(PROCESSES)]
    go(*crowd)
    ended = [(*process.communicate(timeout=PATIENCE), process.returncode) for process in crowd]
    assert [(errors, code) for _, errors, code in ended if errors or code] == []
    said = {each for out, _, _ in ended for each in out.split()}
    assert set(on_record(home, monkeypatch)) == {*before, *said}
    assert len(said) == PROCESSES
    (backup,) = home.glob("*backup.db")
    assert ids(backup) == before


def test_locked_by_another_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another program writes, one waits for its turn and then says so; nothing is lost."""
    home = tmp_path / "record"
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    monkeypatch.setattr(location, "WAIT_SECONDS", 0.2)
    with database.writing() as connection:
        treatments.keep(connection, treatment(0))
    hold = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
    hold += "c.execute('BEGIN IMMEDIATE'); print('ready', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", hold, home / database.NAME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(StoreError, match="in use"), database.writing():
            pytest.fail("written while another program writes")
        assert whole(home, monkeypatch) == {treatment(0).id}
        other.communicate("\n", timeout=PATIENCE)
    with database.writing() as connection:
        treatments.keep(connection, treatment(1))
    assert whole(home, monkeypatch) == {treatment(0).id, treatment(1).id}


def test_reading_while_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads while another writes sees whole treatments, and never fewer than before."""
    home = tmp_path / "record"
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    seen = 0
    with writer(home, 0, 120) as process:
        go(process)
        assert process.stdout is not None
        for line in process.stdout:
            found = on_record(home, monkeypatch)
            assert line.strip() in found
            assert len(found) >= seen
            seen = len(found)
        process.communicate(timeout=PATIENCE)
    assert seen == len(whole(home, monkeypatch)) == 120


def test_a_log_that_goes_while_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's last user deletes the log at any moment; whoever reads then reads all the same."""
    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path))
    with database.writing() as connection:
        treatments.keep(connection, treatment(0))
    path = tmp_path / database.NAME
    log = location.log(path, "-wal")
    log.write_bytes(b"")
    real_size = location.size

    def size_then_gone(path: Path) -> int:
        size = real_size(path)
        if path == log:
            log.unlink(missing_ok=True)
            return 4096  # as it was a moment ago
        return size

    monkeypatch.setattr(integrity, "size", size_then_gone)
    assert whole(tmp_path, monkeypatch) == {treatment(0).id}
