"""A record on a disk that is full, lies, or loses its power: nothing is lost, nothing made up."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.core.diary.entries import Entry
from mesocare.errors import StoreError
from mesocare.store import database, diary, erase, location, recovery, seal, treatments
from tests.support.records import treatment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.process import Program
    from tests.support.searches import Searched

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="asked of Linux only")
AT = datetime.fromisoformat("2024-05-02T08:00:00+00:00")
OVERRIDE = {"exercise": {"until": "96 h", "verdict": "avoid", "reason": "Dr A. said so."}}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the record in a directory of the test's own, which is not there yet."""
    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path / "record"))
    return tmp_path / "record"


def filled() -> tuple[list[treatments.StoredTreatment], list[Entry]]:
    """Record two treatments, one with an override, and two entries; return them as read."""
    with database.writing() as connection:
        treatments.keep(connection, treatment(0, overrides=OVERRIDE))
        treatments.keep(connection, treatment(1))
        diary.keep(connection, Entry("a" * 32, "infection", "pus", None, None, None, AT))
        diary.keep(connection, Entry("b" * 32, None, "temperature", None, 38.5, "hot", AT))
    return read()


def read() -> tuple[list[treatments.StoredTreatment], list[Entry]]:
    """Return what is on record."""
    with database.reading() as connection:
        assert connection is not None
        return treatments.on_record(connection), diary.entries(connection)


@pytest.mark.parametrize("flips", [120, pytest.param(1_500, marks=pytest.mark.long)])
def test_one_flipped_bit(flips: int, home: Path, tmp_path: Path, searched: Searched) -> None:
    """It is found, or changes nothing: no override shrinks, no sign is another one."""
    known = filled()
    path = home / database.NAME
    content = path.read_bytes()
    kept = tmp_path / "kept"
    shutil.copytree(home, kept)
    chance = random.Random(flips)
    # Most of a small file is empty; what is written is hit twice as often as that.
    written = [n for n, byte in enumerate(content) if byte]
    found = 0
    for n in range(flips):
        at = chance.choice(written) if n % 3 else chance.randrange(len(content))
        damaged = bytearray(content)
        damaged[at] ^= 1 << chance.randrange(8)
        shutil.rmtree(home)
        shutil.copytree(kept, home)
        path.write_bytes(damaged)
        try:
            assert read() == known, (at, damaged[at])
        except StoreError:
            found += 1
            if not (home / "mesocare-damaged-1.db").exists():
                continue  # the version: it is of a newer program
            assert (home / "mesocare-damaged-1.db").read_bytes() == damaged
            rows, entries = read()
            assert all(any(_same(row, each) for each in known[0]) for row in rows), at
            assert all(any(_same(entry, each) for each in known[1]) for entry in entries), at
    assert found > flips / 4
    searched(flips, "flipped bits in a record")


def _same(one: Any, other: Any) -> bool:
    """Whether all that an answer depends on is the same; a note may have a letter lost."""
    free = {"area", "typed", "clinic", "phone", "note", "words"}
    return all(
        mine == theirs
        for name, mine, theirs in zip(one._fields, one, other, strict=True)
        if name not in free
    )


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE treatment SET overrides = replace(overrides, '96 h', '16 h')""",
        """UPDATE treatment SET overrides = replace(overrides, 'exercise', 'exercisf')""",
        "UPDATE treatment SET type = 'scalp'",
        "UPDATE treatment SET seal = ''",
        "UPDATE entry SET sign = 'redness'",
        "UPDATE entry SET temperature = 36.5",
        "UPDATE entry SET words = 'puss'",
        "UPDATE entry SET seal = replace(seal, 'a', 'b')",
    ],
)
def test_a_change_that_nobody_made(change: str, home: Path) -> None:
    """What the database takes for sound is known by its seal; it is not answered from."""
    known = filled()
    with closing(sqlite3.connect(home / database.NAME)) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(recovery.UnconfirmedError):
        read()
    rows, entries = read()
    assert len(rows) + len(entries) <= 4
    assert all(any(_same(row, each) for each in known[0]) for row in rows)
    assert all(any(_same(entry, each) for each in known[1]) for entry in entries)


def test_seals_are_of_the_row() -> None:
    """Each value of a row, and the table it is in, is under its seal."""
    row = tuple(f"v{n}" for n in range(len(seal.COLUMNS["entry"])))
    whole = seal.sealed("entry", row)
    assert seal.is_whole("entry", row, whole)
    for n in range(len(row)):
        other = (*row[:n], None, *row[n + 1 :])
        assert not seal.is_whole("entry", other, whole)
        assert seal.may_answer("entry", other, whole) == (
            seal.COLUMNS["entry"][n] in {"words", "note"}
        )


# Forgetting, with the power cut in between.


class PowerCut(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("after", range(4))
def test_forgetting_is_finished(after: int, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short at any file, the next command finishes it; nothing is damaged, nothing is left."""
    filled()
    (home / "mesocare-damaged-1.db").write_bytes(b"a note" * 100)
    calls = 0
    real = location.wipe

    def wipe(path: Path) -> None:
        nonlocal calls
        if calls == after:
            raise PowerCut
        calls += 1
        real(path)

    with monkeypatch.context() as patch:
        patch.setattr(erase, "wipe", wipe)
        try:
            erase.forget()
        except PowerCut:
            assert (home / "mesocare.forgotten").exists()
    with database.reading() as connection:
        assert connection is None
    left = [path.name for path in home.iterdir()] if home.exists() else []
    assert set(left) <= {"mesocare.lock"}
    with database.writing() as connection:
        treatments.keep(connection, treatment(5))
    assert [each.id for each in read()[0]] == [treatment(5).id]


def test_nothing_noted_gets_into_free_blocks(home: Path) -> None:
    """No file that held a note is deleted or cut short by what a record lives through."""
    filled()
    names = {path.name for path in home.iterdir()}
    assert names == {"mesocare.db", "mesocare.db-journal", "mesocare.lock"}
    journal = (home / "mesocare.db-journal").stat().st_ino
    for n in range(20):
        with database.writing() as connection:
            diary.keep(connection, Entry(f"{n:032}", None, f"word {n}", None, None, "x" * 400, AT))
        read()
        assert {path.name for path in home.iterdir()} == names
        assert (home / "mesocare.db-journal").stat().st_ino == journal


# Locks.


def _refuses(*_: object) -> int:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


def _gives_to_anybody(*_: object) -> int:
    return 0


@LINUX
@pytest.mark.parametrize("lock", [_refuses, _gives_to_anybody])
def test_a_file_system_without_locks(
    lock: Callable[..., int], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said at once that the record cannot live there, and nothing is changed."""
    import fcntl

    filled()
    before = {path.name: path.read_bytes() for path in home.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "fcntl", lock)
        patch.setattr(location, "_with_locks", set())  # as in a process of its own
        with pytest.raises(StoreError, match="cannot live there") as caught:
            filled()
        assert "MESOCARE_HOME" in caught.value.hint
    assert {path.name: path.read_bytes() for path in home.iterdir()} == before


# A disk that is full.


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 400 kB, where this user may make one."""
    place = tmp_path / "disk"
    place.mkdir()
    made = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", place],
            capture_output=True,
            check=False,
        )
        if shutil.which("mount")
        else None
    )
    if made is None or made.returncode:
        pytest.skip("no disk can be mounted by this user")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(place: Path) -> None:
    """Write until there is no room for a single byte."""
    with (place / "filler").open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue


@LINUX
def test_a_full_disk_is_read_from(small_disk: Path, own: Program) -> None:
    """All that only reads answers; what would write says why not, and whom to call; then forget."""
    own.record = small_disk / "record"
    assert own.run("treated", "yesterday 10:00").code == 0
    assert own.run("feel", "pus").code == 3
    expected = {
        command: own.run(*command.split())
        for command in (
            "can-i makeup",
            "triage",
            "export",
            "today",
            "diary",
            "course",
            "treatments",
        )
    }
    fill(small_disk)
    for command, usual in expected.items():
        done = own.run(*command.split())
        assert (done.code, done.err) == (usual.code, ""), command
    kept = 1
    # There may be room left in the file itself; what is acknowledged then is there.
    while (done := own.run("feel", "trouble breathing", "--note", f"{'x' * 400} {kept}")).code == 4:
        kept += 1
    assert done.code == 2
    assert "Call your local emergency number now" in done.err
    assert len(own.run("diary", "--json").json()["entries"]) == kept
    assert own.run("triage").code == (4 if kept > 1 else 3)
    assert own.run("forget", "--all", "--yes").code == 0
    assert [path.name for path in small_disk.rglob("*")] == ["filler"]


@LINUX
@pytest.mark.parametrize("form", ["csv", "parquet", "sql"])
def test_a_table_on_a_full_disk(form: str, small_disk: Path, own: Program) -> None:
    """It is refused by its name, not by a fault nobody foresaw."""
    fill(small_disk)
    target = small_disk / f"table.{form}"
    done = own.run("rules", "table", "--at", "2024-05-01", "-o", str(target))
    assert done.code == 2
    assert str(target) in done.err
    assert [path.name for path in small_disk.iterdir()] == ["filler"]
