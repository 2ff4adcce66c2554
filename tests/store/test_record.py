"""The record's file: how it is made, read, refused, mended, migrated, filled up and forgotten.

`tests/data/record-version-*.db` are databases as earlier versions left them, each with the three
treatments of `stored()`. A released one never changes. To add the one of the newest version:

    PYTHONPATH=src python -m tests.store.test_record
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesocare.core.diary.entries import Entry
from mesocare.errors import StoreError
from mesocare.store import (
    database,
    diary,
    erase,
    integrity,
    location,
    migrations,
    salvage,
    seal,
    transfer,
    treatments,
)
from mesocare.store import recovery as store_recovery
from tests.support.records import CHANGED, FIRST, ROOT, SOURCE, contents, ids, treatment
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.store.treatments import StoredTreatment

STORED = Path(__file__).parents[1] / "data"
EARLIER = sorted(STORED.glob("record-version-*.db"))
NEWEST = len(migrations.MIGRATIONS)
MANY = 80
PAGE = 4096


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the directory of a record that is not there yet."""
    place = tmp_path / "record"
    monkeypatch.setenv("MESOCARE_HOME", str(place))
    return place


@pytest.fixture
def path(home: Path) -> Path:
    """Return where the record's file will be."""
    return home / database.NAME


@pytest.fixture
def unwritable(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the system say that nothing can be written in the record's directory."""
    real = os.access

    def access(place: str | os.PathLike[str], mode: int) -> bool:
        below = Path(place) == home or home in Path(place).parents
        return False if mode & os.W_OK and below else real(place, mode)

    monkeypatch.setattr(os, "access", access)


def write(*rows: StoredTreatment) -> None:
    """Put treatments on record, in one transaction."""
    with database.writing() as connection:
        for row in rows:
            treatments.keep(connection, row)


def read() -> list[StoredTreatment]:
    """Return the treatments on record."""
    with database.reading() as connection:
        return [] if connection is None else treatments.on_record(connection)


def find(prefix: str) -> StoredTreatment:
    """Return the treatment on record whose id begins so."""
    with database.reading() as connection:
        assert connection is not None
        return treatments.find(connection, prefix)


def recovery() -> store_recovery.Recovery | None:
    """Return what was recovered and not confirmed yet."""
    with database.reading() as connection:
        return store_recovery.unconfirmed(connection)


def stored() -> list[StoredTreatment]:
    """Return what every stored database holds."""
    said = {"foundation": {"until": "72 h", "reason": "My clinic said three days"}}
    return [
        treatment(0, note="Ünïcode, 'quotes' and 文字", overrides=said),
        treatment(1, type="scalp", area="scalp", note=None, clinic=None),
        treatment(2, removed=CHANGED, note="removed"),
    ]


def mode(place: Path) -> int:
    """Return a file's permissions."""
    return stat.S_IMODE(place.stat().st_mode)


# Making and opening it.


def test_nothing_is_made_by_reading(home: Path) -> None:
    """Where there is no record, reading gives nothing and makes nothing."""
    with database.reading() as connection:
        assert connection is None
    assert not home.exists()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_may_read_it(umask: int, home: Path, path: Path) -> None:
    """The directory is 0700, and every file in it 0600, whatever the umask."""
    before = os.umask(umask)
    try:
        with database.writing() as connection:
            treatments.keep(connection, treatment())
            during = {each.name: mode(each) for each in home.iterdir()}
    finally:
        os.umask(before)
    assert mode(home) == 0o700
    assert set(during) == {path.name, f"{path.name}-journal", "mesocare.lock"}
    assert set(during.values()) == {0o600}
    assert mode(path) == 0o600


def test_how_it_is_opened(path: Path) -> None:
    """A journal that is kept, full synchronisation, foreign keys, secure deletion, version 4."""
    with database.writing() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "user_version")
        found = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]
    assert found == ["persist", 2, 1, 1, NEWEST]
    with database.reading() as again:
        assert again is not None
        assert again.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    assert path.read_bytes()[18:20] == b"\1\1", "no log is written ahead"


def test_the_place_of_the_record(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MESOCARE_HOME overrides the platform's directory; set to nothing it does not count."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("MESOCARE_HOME", "")
    usual = database.home()
    assert tmp_path in usual.parents
    assert usual.name == "mesocare"
    monkeypatch.delenv("MESOCARE_HOME")
    assert database.home() == usual
    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path / "elsewhere"))
    assert database.home() == tmp_path / "elsewhere"


@pytest.mark.parametrize(
    "name", ["with space", "a?b#c%20", "ü 'quoted' \"twice\"", "deep/er/still"]
)
def test_odd_places(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any name will do for the directory, relative ones and read-only ones too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MESOCARE_HOME", name)
    write(treatment())
    assert read() == [treatment()]
    assert (tmp_path / name / database.NAME).is_file()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert read() == [treatment()]


def test_all_or_nothing(home: Path) -> None:
    """What fails half-way leaves nothing behind."""
    write(treatment(0))

    def fail() -> None:
        with database.writing() as connection:
            treatments.keep(connection, treatment(1))
            treatments.remove(connection, treatment(0), FIRST)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert home.exists()
    assert read() == [treatment(0)]


# Where nothing can be written.


def test_reads_in_a_read_only_directory(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that cannot be written is read, and nothing in it changes."""
    write(treatment())
    monkeypatch.setattr(os, "access", lambda *_: False)
    before = contents(home)
    monkeypatch.setattr(database, "_session", lambda *_, **__: pytest.fail("opened for writing"))
    assert read() == [treatment()]
    assert contents(home) == before


def test_reads_the_log_in_a_read_only_directory(
    home: Path, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a killed program had acknowledged is still in the log, and is read from there."""
    write(treatment(0))
    with closing(sqlite3.connect(path)) as killed:
        killed.execute("PRAGMA journal_mode=WAL")
        killed.execute("PRAGMA wal_autocheckpoint=0")
        treatments.keep(killed, treatment(1))
        killed.commit()
        left = shutil.copytree(home, tmp_path / "left")
    assert (left / f"{database.NAME}-wal").stat().st_size > 0
    monkeypatch.setenv("MESOCARE_HOME", str(left))
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert read() == [treatment(0), treatment(1)]


@pytest.mark.usefixtures("unwritable")
@pytest.mark.parametrize("earlier", EARLIER, ids=lambda each: each.stem)
def test_reads_earlier_versions_in_a_read_only_directory(
    earlier: Path, home: Path, path: Path
) -> None:
    """An earlier version that cannot be migrated is read as it is, the diary too."""
    home.mkdir()
    shutil.copy(earlier, path)
    before = contents(home)
    assert read() == stored()[:2]
    with database.reading() as connection:
        assert connection is not None
        assert diary.entries(connection) == []
        document = json.loads(transfer.exported(connection))
    assert len(document["treatments"]) == 3
    assert contents(home) == before


OBSTACLES: dict[str, Callable[[Path], None]] = {
    "a file in its place": lambda place: place.touch(),
    "a dangling link": lambda place: place.symlink_to(place.with_name("nowhere") / "below"),
    "a link to itself": lambda place: place.symlink_to(place),
    "a directory in the file's place": lambda place: (place / database.NAME).mkdir(parents=True),
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_a_directory_that_cannot_be_made(
    obstacle: Callable[[Path], None], home: Path, tmp_path: Path
) -> None:
    """What stands in the way is named, and stays as it is; nothing counts as recorded."""
    obstacle(home)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StoreError, match="cannot be used") as caught:
        write(treatment())
    assert database.NAME in caught.value.message
    assert "MESOCARE_HOME" in caught.value.hint
    assert sorted(tmp_path.rglob("*")) == before


def test_a_place_below_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that leads through a file is refused for writing, and holds nothing to read."""
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    monkeypatch.setenv("MESOCARE_HOME", str(tmp_path / "file" / "below"))
    with pytest.raises(StoreError, match="cannot be used"):
        write(treatment())
    assert read() == []
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


# From another version.


@pytest.mark.parametrize("journal", ["wal", "delete"])
@pytest.mark.parametrize("way", ["read", "write", "read-only"])
def test_newer_version(
    journal: str, way: str, home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record of a newer version is refused and left as it is, byte for byte."""
    write(treatment())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute(f"PRAGMA user_version={NEWEST + 1}")
    before = path.read_bytes()
    if way == "read-only":
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="newer") as caught:
        (read if way != "write" else lambda: write(treatment(1)))()
    assert f"version {NEWEST + 1}" in caught.value.message
    assert caught.value.hint
    assert path.read_bytes() == before
    assert not [name for name in contents(home) if "damaged" in name or "backup" in name]


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda each: each.stem)
def test_migration(earlier: Path, home: Path, path: Path) -> None:
    """Every earlier version becomes the newest without loss; a copy is made before."""
    home.mkdir(mode=0o700)
    shutil.copy(earlier, path)
    version = int(earlier.stem.rpartition("-")[2])
    with database.reading() as connection:
        assert connection is not None
        assert treatments.everything(connection) == stored()
        assert diary.entries(connection) == []
        assert connection.execute("PRAGMA user_version").fetchone() == (NEWEST,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    backups = sorted(each for each in home.iterdir() if "backup" in each.name)
    assert len(backups) == (version < NEWEST)
    for backup in backups:
        assert mode(backup) == 0o600
        assert ids(backup) == [each.id for each in stored()]
        with closing(sqlite3.connect(backup)) as kept:
            assert kept.execute("PRAGMA user_version").fetchone() == (version,)
    before = contents(home)
    assert read() == stored()[:2]
    assert contents(home).keys() == before.keys(), "it is done once"


def test_every_earlier_version_is_stored() -> None:
    """There is a stored database for each version before the newest."""
    assert [each.stem for each in EARLIER][: NEWEST - 1] == [
        f"record-version-{number}" for number in range(1, NEWEST)
    ]


def test_an_empty_file(home: Path, path: Path) -> None:
    """A file that is there and empty is version 0: nothing is in it to lose or to back up."""
    home.mkdir()
    path.touch(mode=0o600)
    assert read() == []
    write(treatment())
    assert read() == [treatment()]
    assert not [each for each in home.iterdir() if "backup" in each.name or "damaged" in each.name]


def test_an_empty_file_in_a_read_only_directory(
    home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty file that cannot be written holds nothing; it is no fault."""
    home.mkdir()
    path.touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert read() == []


@pytest.mark.parametrize("earlier", EARLIER[:1], ids=lambda each: each.stem)
def test_a_migration_that_fails(
    earlier: Path, home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that fails half-way leaves the version and the rows as they were."""
    home.mkdir()
    shutil.copy(earlier, path)
    broken = "CREATE TABLE extra (x TEXT) STRICT; INSERT INTO nowhere VALUES (1);"
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, broken))
    with pytest.raises(StoreError):
        read()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert tables.fetchall() == [("treatment",)]
    monkeypatch.undo()
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    assert read() == stored()[:2]


# Damaged.


def scrambled(content: bytes) -> bytes:
    return random.Random(3).randbytes(len(content))


def cut_in_half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def without_header(content: bytes) -> bytes:
    return random.Random(3).randbytes(100) + content[100:]


def without_first_page(content: bytes) -> bytes:
    return bytes(PAGE) + content[PAGE:]


def text_instead(_: bytes) -> bytes:
    return b"these are notes about something else\n" * 50


def without_a_page(content: bytes) -> bytes:
    """Return it with the page overwritten that holds the middle treatment."""
    page = content.index(f"note {MANY // 2} n".encode()) // PAGE
    return content[: page * PAGE] + b"\xff" * PAGE + content[(page + 1) * PAGE :]


def whole(content: bytes) -> int:
    """Return of how many treatments the note is there to its end."""
    return len(set(re.findall(rb"note (\d+) n{300}", content)))


def without_an_end(content: bytes) -> bytes:
    return content[: -PAGE - 100]


DAMAGES = {
    function.__name__: (function, least)
    for function, least in {
        scrambled: 0,
        text_instead: 0,
        without_header: 0,
        without_first_page: 0,
        cut_in_half: 1,
        without_an_end: MANY - 30,
        without_a_page: MANY - 15,
    }.items()
}


@pytest.mark.parametrize(("damage", "least"), DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("first", ["read", "write"])
def test_damaged(
    damage: Callable[[bytes], bytes], least: int, first: str, home: Path, path: Path
) -> None:
    """Whoever finds the damage is told; the original is kept, what can be read is carried over."""
    known = [treatment(number) for number in range(MANY)]
    write(*known)
    assert contents(home).keys() == {path.name, f"{path.name}-journal", "mesocare.lock"}
    wrong = damage(path.read_bytes())
    path.write_bytes(wrong)
    new = treatment(MANY)
    with pytest.raises(store_recovery.UnconfirmedError) as caught:
        (read if first == "read" else lambda: write(new))()
    recovered = read()
    aside = home / "mesocare-damaged-1.db"
    assert aside.read_bytes() == wrong
    assert str(aside) in caught.value.message
    assert f" {len(recovered)} treatment" in caught.value.message
    assert "mesocare treatments --confirm" in caught.value.hint
    write(new)
    assert sorted(read()) == sorted((*recovered, new))
    assert all(each in known for each in recovered)
    assert len(recovered) >= max(least, whole(wrong) if damage is cut_in_half else 0)
    assert {each.id for each in read()} == set(ids(path))
    assert all(mode(each) == 0o600 for each in home.iterdir())
    left = {path.name, f"{path.name}-journal", aside.name, "mesocare.lock"}
    assert {each.name for each in home.iterdir()} == left


def test_damaged_twice(home: Path, path: Path) -> None:
    """Each damaged file is kept; none takes the place of an earlier one."""
    for number in range(3):
        write(treatment(number))
        path.write_bytes(scrambled(bytes(5000 + number)))
        with pytest.raises(store_recovery.UnconfirmedError, match=f"damaged-{number + 1}"):
            read()
        assert read() == []
    kept = [content for name, content in contents(home).items() if "damaged" in name]
    assert sorted(map(len, kept)) == [5000, 5001, 5002]


def test_damaged_in_a_read_only_directory(
    home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be mended it is refused, and nothing changes."""
    write(treatment())
    path.write_bytes(scrambled(path.read_bytes()))
    before = contents(home)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="cannot be used"):
        read()
    assert contents(home) == before


@pytest.mark.parametrize("seed", range(60))
def test_random_damage(seed: int, home: Path, path: Path) -> None:
    """Whatever bytes are wrong: an answer or a clear refusal, and never a made-up instant."""
    write(*(treatment(number) for number in range(12)))
    chance = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(chance.choice((1, 8, 200))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    path.write_bytes(content)
    try:
        found = read()
    except store_recovery.UnconfirmedError:
        found = read()
        assert recovery() is not None
        assert len(found) <= 12
        assert [each for name, each in contents(home).items() if "damaged" in name] == [content]
    except StoreError as error:
        if "newer" not in error.message:  # the number of the version was hit
            raise
    else:
        # Not noticed: nothing that an answer depends on may have changed.
        times = [(each.id, each.earliest, each.latest) for each in found]
        known = [treatment(number) for number in range(12)]
        assert times == [(each.id, each.earliest, each.latest) for each in known]


def test_until_it_is_confirmed(home: Path, path: Path) -> None:
    """What was recovered is spoken of until the user says that it is complete; then no more."""
    write(treatment(0))
    path.write_bytes(text_instead(b""))
    with pytest.raises(store_recovery.UnconfirmedError, match="0 treatments and 0 diary entries"):
        read()
    for _ in range(2):
        found = recovery()
        assert found == store_recovery.Recovery(str(home / "mesocare-damaged-1.db"), 0, 0)
        with database.reading() as connection, pytest.raises(StoreError, match="damaged"):
            store_recovery.check_confirmed(connection)
        write(treatment(0))
    with database.writing() as connection:
        store_recovery.confirm(connection, FIRST)
    assert recovery() is None
    assert read() == [treatment(0)]


@pytest.mark.parametrize(("column", "text"), [("note", "x'66C3'"), ("at", "x'66'")])
def test_an_entry_that_is_none(column: str, text: str, home: Path, path: Path) -> None:
    """A diary entry with bytes that are no text, or with no time, is damage met in reading it."""
    entry = Entry("e" * 32, "redness", "redness", 3, 37.5, "note", FIRST)
    with database.writing() as connection:
        diary.keep(connection, entry)
        diary.keep(connection, entry._replace(id="f" * 32))
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"UPDATE entry SET {column} = CAST({text} AS TEXT) WHERE id LIKE 'e%'")
        other.commit()

    def diary_read() -> list[Entry]:
        with database.reading() as connection:
            assert connection is not None
            return diary.entries(connection)

    with pytest.raises(store_recovery.UnconfirmedError):
        diary_read()
    assert home.exists()
    assert entry._replace(id="f" * 32) in diary_read()
    assert len(diary_read()) == (1 if column == "at" else 2)


@pytest.mark.parametrize("column", ["typed", "note", "zone", "overrides", "type"])
def test_text_that_is_none(column: str, home: Path, path: Path) -> None:
    """Bytes that are no text are damage; what no answer depends on is kept, mangled."""
    write(treatment(0), treatment(1))
    with closing(sqlite3.connect(path)) as connection:
        change = f"UPDATE treatment SET {column} = CAST(x'66C3' AS TEXT) WHERE id = ?"
        connection.execute(change, (treatment(0).id,))
        connection.commit()
    assert home.exists()
    with pytest.raises(store_recovery.UnconfirmedError):
        read()
    found = read()
    assert treatment(1) in found
    if column in {"typed", "note"}:
        assert found == [treatment(0, **{column: "f\ufffd"}), treatment(1)]
    else:
        assert found == [treatment(1)]


def test_damage_met_while_it_is_used(
    home: Path, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damage that shows only at a later statement is mended too, in reading and in writing."""
    known = [treatment(number) for number in range(MANY)]

    def change_all() -> None:
        with database.writing() as connection:
            treatments.keep(connection, treatment(MANY + 1))
            connection.execute("UPDATE treatment SET note = 'changed'")

    attempts: list[Callable[[], object]] = [read, change_all]
    for number, attempt in enumerate(attempts):
        write(*known)
        path.write_bytes(without_a_page(path.read_bytes()))
        with monkeypatch.context() as blind:
            blind.setattr(database, "_current", unchecked(database._current))
            with pytest.raises(store_recovery.UnconfirmedError, match=f"damaged-{number + 1}"):
                attempt()
        assert MANY - 15 <= len(read()) < MANY
        assert treatment(MANY + 1) not in read()
    assert home.exists()


def unseen(_: sqlite3.Connection, __: int, *, thorough: bool) -> None:
    """See nothing wrong, whatever there is."""
    assert thorough in {False, True}


def unchecked(
    real: Callable[..., sqlite3.Connection | None],
) -> Callable[..., sqlite3.Connection | None]:
    """Return the same function with its first look at the file being blind to damage."""

    def current(place: Path, *, write: bool) -> sqlite3.Connection | None:
        with pytest.MonkeyPatch.context() as blind:
            blind.setattr(integrity, "check_sound", unseen)
            return real(place, write=write)

    return current


def test_only_the_log_is_left(home: Path, path: Path) -> None:
    """A file that lost all its content beside a log that did not is damaged, not new."""
    for way in ("emptied", "deleted"):
        write(treatment(0))
        with closing(sqlite3.connect(path)) as killed:
            killed.execute("PRAGMA journal_mode=WAL")
            killed.execute("PRAGMA wal_autocheckpoint=0")
            killed.execute("UPDATE treatment SET note = 'changed'")
            killed.commit()
            log = path.with_name(f"{path.name}-wal").read_bytes()
        path.with_name(f"{path.name}-wal").write_bytes(log)
        path.unlink()
        if way == "emptied":
            path.touch()
        with pytest.raises(store_recovery.UnconfirmedError):
            read()
        assert log in contents(home).values()
    assert recovery() is not None


def test_more_than_one_hole(home: Path, path: Path) -> None:
    """Rows between two pages that are lost are found as well."""
    write(*(treatment(number) for number in range(MANY)))
    content = bytearray(path.read_bytes())
    for number in (MANY // 4, MANY * 3 // 4):
        page = content.index(f"note {number} n".encode()) // PAGE
        content[page * PAGE : (page + 1) * PAGE] = b"\xff" * PAGE
    path.write_bytes(content)
    with pytest.raises(store_recovery.UnconfirmedError):
        read()
    assert home.exists()
    numbers = {int(each.id[:8], 16) for each in read()}
    assert MANY - 30 <= len(numbers) <= MANY - 2
    assert MANY // 2 in numbers


def test_a_lost_beginning(home: Path, path: Path) -> None:
    """A file whose first bytes alone are lost gives every row back, the diary too."""
    write(*(treatment(number) for number in range(MANY)))
    entry = Entry("e" * 32, "redness", "redness", 3, 37.5, None, FIRST)
    with database.writing() as connection:
        diary.keep(connection, entry)
    path.write_bytes(without_header(path.read_bytes()))
    with pytest.raises(
        store_recovery.UnconfirmedError, match=f"{MANY} treatments and 1 diary entry"
    ):
        read()
    assert len(read()) == MANY
    assert home.exists()
    with database.reading() as again:
        assert again is not None
        assert diary.entries(again) == [entry]


ALTERED = {
    "an index is gone": "DROP INDEX treatment_once",
    "a table is gone": "DROP TABLE entry",
    "the version is too low": "PRAGMA user_version=1",
    "the version is none": "PRAGMA user_version=0",
    "the version is below none": "PRAGMA user_version=-5",
    "a column is gone": "ALTER TABLE treatment RENAME COLUMN latest TO last",
}


@pytest.mark.parametrize("change", ALTERED.values(), ids=ALTERED)
def test_another_layout(change: str, home: Path, path: Path) -> None:
    """A file that SQLite finds sound but that is not as we made it counts as damaged."""
    write(treatment(0))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()
    with pytest.raises(store_recovery.UnconfirmedError):
        read()
    assert read() == ([] if "latest" in change else [treatment(0)])
    assert home.exists()


def test_a_damaged_log(home: Path, path: Path) -> None:
    """A log that does not begin as one is not passed over: what it held may be missing."""
    write(treatment(0))
    path.with_name(f"{path.name}-wal").write_bytes(scrambled(bytes(5000)))
    with pytest.raises(store_recovery.UnconfirmedError, match="1 treatment "):
        read()
    assert (home / "mesocare-damaged-1.db-wal").read_bytes() == scrambled(bytes(5000))
    assert read() == [treatment(0)]


@pytest.mark.parametrize(
    ("name", "make"),
    [("mesocare.lock", Path.mkdir), (database.NAME, Path.mkdir), (database.NAME, os.mkfifo)],
)
def test_something_else_in_its_place(
    name: str, make: Callable[[Path], None], home: Path, path: Path
) -> None:
    """What is no file is neither read nor waited for, nor taken for a record that is empty."""
    write(treatment(0))
    (home / name).unlink()
    make(home / name)
    attempts: list[Callable[[], object]] = [read, lambda: write(treatment(1))]
    for attempt in attempts:
        with pytest.raises(StoreError, match="cannot be used"):
            attempt()
    assert not path.is_file() or ids(path) == [treatment(0).id]


def test_damage_in_a_directory_whose_name_is_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name in another encoding does not keep the record from being mended."""
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    monkeypatch.setenv("MESOCARE_HOME", name)
    write(treatment(0))
    (Path(name) / database.NAME).write_bytes(text_instead(b""))
    with pytest.raises(store_recovery.UnconfirmedError, match="mesocare-damaged-1"):
        read()
    assert read() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"earliest": "2024-05-01T12:30"},
        {"latest": "2024-04-01T12:30:00+00:00"},
        {"changed": "never"},
        {"overrides": "[]"},
        {"overrides": "{"},
        {"id": ""},
        {"type": None},
        {"zone": "\x1b"},
    ],
)
def test_rows_that_are_not_carried_over(changes: dict[str, object]) -> None:
    """A row that an answer could not be built on is left in the original."""
    row = {**treatment()._asdict(), "overrides": "{}"}
    del row["injected"]
    assert salvage._plausible("treatment", row, "") is not None
    assert salvage._plausible("treatment", {**row, **changes}, "") is None


def test_a_removal_that_cannot_be_read() -> None:
    """A treatment whose removal is damaged counts: better one too many than one too few."""
    row = {**treatment()._asdict(), "overrides": "{}", "removed": "2024-05-\ufffd"}
    del row["injected"]
    found = salvage._plausible("treatment", row, "")
    assert found is not None
    assert found[-2] is None


# Cut short: the process ends, without a word, at one of its calls of the system.
CUT = """
import os, sys
from mesocare.errors import StoreError
from mesocare.store import database, treatments

left, names = int(sys.argv[1]), {"open", "os.rename", "os.link", "os.remove", "os.truncate",
    "shutil.copyfile", "sqlite3.connect", "os.chmod", "os.mkdir", "sqlite3.connect/handle"}
def hook(event, _):
    global left
    if event in names:
        left -= 1
        if left == 0:
            os._exit(9)
sys.addaudithook(hook)
try:
    with database.writing() as connection:
        connection.execute("UPDATE treatment SET note = 'x' WHERE id = 'none'")
except StoreError as error:
    sys.exit(error.message)
"""


def cut_short(step: int) -> int:
    """Open the record for writing in a process that ends at a step; return its exit code."""
    ended = subprocess.run(
        [sys.executable, "-c", CUT, str(step)],
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join((SOURCE, ROOT)),
        },
        capture_output=True,
        check=False,
    )
    return ended.returncode


def test_a_power_cut_while_it_is_mended(home: Path, path: Path) -> None:
    """Wherever mending is cut short: the next program goes on, loses nothing and speaks of it."""
    home.mkdir(mode=0o700)
    write(*(treatment(number) for number in range(MANY)))
    wrong = without_a_page(path.read_bytes())
    code, step, least = 9, 0, 0
    while code == 9:
        step += 1
        shutil.rmtree(home)
        home.mkdir(mode=0o700)
        path.write_bytes(wrong)
        code = cut_short(step)
        # Either this call finds the rest to do and says so, or all was done and it is on record.
        with contextlib.suppress(store_recovery.UnconfirmedError):
            read()
        found = recovery()
        assert found is not None, step
        least = least or len(read())
        assert len(read()) == found.treatments == least
        assert Path(found.aside).read_bytes() == wrong
        kept = [each.name for each in home.iterdir() if "damaged" in each.name]
        assert kept == ["mesocare-damaged-1.db"], step
        assert path.read_bytes() != wrong
    assert least >= MANY - 15
    assert (code, step > 20) == (1, True)


@pytest.mark.parametrize(
    "earlier",
    shared_out([None, *EARLIER], quick=2),
    ids=lambda each: each.stem if each else "new",
)
def test_a_power_cut_while_it_is_made_or_migrated(
    earlier: Path | None, home: Path, path: Path
) -> None:
    """Wherever making or migrating is cut short, the next program has all that was there."""
    code, step = 9, 0
    while code == 9:
        step += 1
        shutil.rmtree(home, ignore_errors=True)
        if earlier is not None:
            home.mkdir(mode=0o700)
            shutil.copy(earlier, path)
        code = cut_short(step)
        assert read() == ([] if earlier is None else stored()[:2])
        assert recovery() is None
        write(treatment(9))
        assert treatment(9).id in ids(path)
        for backup in home.glob("*backup.db"):
            assert ids(backup) == [each.id for each in stored()]
        assert not list(home.glob("*partial*"))
    assert (code, step > 5) == (0, True)


@pytest.mark.parametrize("largest", [0, 1, 4096, 8192, 20_000])
def test_no_room_to_mend_or_to_migrate(largest: int, home: Path, path: Path) -> None:
    """With no room for a backup or a new file: refused, and what was there is still there."""
    home.mkdir(mode=0o700)
    write(*(treatment(number) for number in range(MANY)))
    damaged = without_a_page(path.read_bytes())
    for content, wanted in ((damaged, MANY - 15), (EARLIER[0].read_bytes(), 2)):
        shutil.rmtree(home)
        home.mkdir(mode=0o700)
        path.write_bytes(content)
        ended = subprocess.run(
            [sys.executable, "-c", FILLING, str(largest)],
            env={
                **os.environ,
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": os.pathsep.join((SOURCE, ROOT)),
            },
            capture_output=True,
            check=False,
            encoding="utf-8",
        )
        assert (ended.returncode, ended.stderr) == (2, "")
        assert ended.stdout.startswith("refused the record ")
        assert path.read_bytes() == content
        with contextlib.suppress(store_recovery.UnconfirmedError):
            read()
        assert len(read()) >= wanted
        write(treatment(2000))


# In use, and full.


def test_locked(home: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that another program holds is read; writing it says to try again."""
    monkeypatch.setattr(location, "WAIT_SECONDS", 0.05)
    write(treatment(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use") as caught:
            write(treatment(1))
        assert "again" in caught.value.hint
        assert read() == [treatment(0)]
        other.execute("ROLLBACK")
    write(treatment(1))
    assert read() == [treatment(0), treatment(1)]
    assert not [each for each in home.iterdir() if "damaged" in each.name]


def test_locked_entirely(home: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that not even a reader may open is not taken for a damaged one."""
    monkeypatch.setattr(location, "WAIT_SECONDS", 0.05)
    write(treatment(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        for attempt in (read, lambda: write(treatment(1))):
            with pytest.raises(StoreError, match="in use"):
                attempt()
    assert read() == [treatment(0)]
    assert not [each for each in home.iterdir() if "damaged" in each.name]


def test_full(home: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no room left, what is on record stays, and what did not fit is refused."""
    write(treatment(0))
    real = location.connect

    def connected(place: Path, mode: str = "rw") -> sqlite3.Connection:
        connection = real(place, mode)
        connection.execute("PRAGMA max_page_count=10")
        return connection

    monkeypatch.setattr(database, "connect", connected)
    kept = [treatment(0)]

    def fill() -> None:
        for number in range(1, 100):
            write(treatment(number))
            kept.append(treatment(number))

    with pytest.raises(StoreError, match="full") as caught:
        fill()
    assert "room" in caught.value.hint
    assert len(kept) > 1
    assert read() == kept
    monkeypatch.undo()
    monkeypatch.setenv("MESOCARE_HOME", str(home))
    write(treatment(200))
    assert read() == [*kept, treatment(200)]
    assert len(ids(path)) == len(kept) + 1


# Writes until the files may not grow any more, and says what it was told is on record.
FILLING = """
import resource, sys
from mesocare.errors import StoreError
from mesocare.store import database, treatments
from tests.support.records import treatment

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
for number in range(1, 1000):
    try:
        with database.writing() as connection:
            treatments.keep(connection, treatment(number))
    except StoreError as error:
        print("refused", error.message)
        sys.exit(error.exit_code)
    print(treatment(number).id, flush=True)
"""


@pytest.mark.parametrize("largest", [0, 1, 4096, 20_000, 40_000, 100_000])
def test_files_that_may_not_grow(largest: int, home: Path, path: Path) -> None:
    """Against the system's own limit: everything acknowledged is there, the rest is refused."""
    write(treatment(0))
    ended = subprocess.run(
        [sys.executable, "-c", FILLING, str(largest)],
        env={
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join((SOURCE, ROOT)),
        },
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert (ended.returncode, ended.stderr) == (2, "")
    *acknowledged, refusal = ended.stdout.splitlines()
    assert refusal.startswith("refused the record ")
    assert ids(path) == [treatment(0).id, *acknowledged]
    write(treatment(2000))
    assert len(read()) == len(acknowledged) + 2
    assert not [each for each in home.iterdir() if "damaged" in each.name]


# Forgetting it.

SECRET = "a note that nobody else may ever read"


def test_forget(home: Path, path: Path, tmp_path: Path) -> None:
    """Nothing is left: not the record, its log, its damaged copies, nor its backups."""
    home.mkdir()
    shutil.copy(EARLIER[0], path)
    write(treatment(7, note=SECRET))
    path.write_bytes(scrambled(path.read_bytes()))
    with pytest.raises(store_recovery.UnconfirmedError):
        write(treatment(8, note=SECRET))
    write(treatment(8, note=SECRET))
    with closing(sqlite3.connect(path)) as open_still:
        open_still.execute("PRAGMA journal_mode=WAL")
        open_still.execute("PRAGMA wal_autocheckpoint=0")
        treatments.keep(open_still, treatment(9, note=SECRET))
        open_still.commit()
        names = set(contents(home))
        assert any("backup" in name for name in names)
        assert any("damaged" in name for name in names)
        assert f"{path.name}-wal" in names
        assert {each.name for each in erase.forget()} == names - {"mesocare.lock"}
    assert not home.exists() or list(home.iterdir()) == []
    leftovers = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert not [each for each in leftovers if SECRET.encode() in each.read_bytes()]
    assert read() == []
    assert erase.forget() == []


def test_forgotten_content_is_wiped_before_the_files_go(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file holds nothing any more when it is deleted."""
    write(treatment(0, note=SECRET))
    (home / "mesocare-damaged-1.db").write_bytes(SECRET.encode() * 100)
    seen = {}
    real = Path.unlink

    def unlink(place: Path, *, missing_ok: bool = False) -> None:
        if place.exists():
            seen[place.name] = place.read_bytes().strip(b"\0")
        real(place, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    erase.forget()
    assert {"mesocare.db", "mesocare-damaged-1.db"} <= set(seen)
    assert set(seen.values()) == {b""}


def test_removed_content_is_overwritten(path: Path) -> None:
    """What is edited away does not linger in the file's free space."""
    write(*(treatment(number, note=SECRET) for number in range(3)))
    write(*(treatment(number, note=None) for number in range(3)))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert SECRET.encode() not in path.read_bytes()


def test_forget_leaves_other_files_alone(home: Path) -> None:
    """A directory shared with other things keeps them, whatever they are called."""
    write(treatment())
    others = {"mesocare-holiday.txt", "mesocare.yaml", "mesocarex.db", "notes.txt"}
    for name in others:
        (home / name).write_text("not ours", encoding="utf-8")
    erase.forget()
    assert set(contents(home)) == others
    assert set(contents(home).values()) == {b"not ours"}


def test_forget_where_nothing_can_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a read-only directory nothing is touched, and that is said."""
    write(treatment())
    before = contents(home)
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="cannot be written") as caught:
        erase.forget()
    assert "Nothing was changed" in caught.value.hint
    assert contents(home) == before


def test_forget_what_is_in_use(home: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that is being written, by us or by another program, is not wiped meanwhile."""
    monkeypatch.setattr(location, "WAIT_SECONDS", 0.05)
    write(treatment())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="in use"):
            erase.forget()
    with database.reading(), pytest.raises(StoreError, match="in use"):
        erase.forget()
    assert read() == [treatment()]
    erase.forget()
    assert not home.exists()


def test_forget_follows_no_link(home: Path, tmp_path: Path) -> None:
    """A link that bears one of our names is deleted; what it leads to is not ours to wipe."""
    write(treatment())
    other = tmp_path / "diary.txt"
    other.write_text("not ours", encoding="utf-8")
    (home / "mesocare-damaged-1.db").symlink_to(other)
    erase.forget()
    assert not home.exists()
    assert other.read_text(encoding="utf-8") == "not ours"


def test_forget_keeps_a_directory_of_others(home: Path) -> None:
    """A directory that was there with other rights is left, though it is empty."""
    home.mkdir()
    home.chmod(0o755)
    write(treatment())
    erase.forget()
    assert list(home.iterdir()) == []


def test_a_record_that_is_a_link(home: Path, path: Path, tmp_path: Path) -> None:
    """A link to the file is followed by all: writing, mending and forgetting."""
    target = tmp_path / "synced" / "mine.db"
    target.parent.mkdir()
    home.mkdir()
    path.symlink_to(target)
    write(treatment())
    assert path.is_symlink()
    assert ids(target) == [treatment().id]
    target.write_bytes(text_instead(b""))
    with pytest.raises(store_recovery.UnconfirmedError, match="mine-damaged-1"):
        read()
    assert path.is_symlink()
    assert read() == []
    erase.forget()
    assert list(target.parent.iterdir()) == []
    assert not path.is_symlink()


def test_a_lock_with_content(home: Path) -> None:
    """Whatever somebody wrote into the lock, it is a lock."""
    write(treatment(0))
    (home / "mesocare.lock").write_bytes(b"not empty" * 1000)
    write(treatment(1))
    assert read() == [treatment(0), treatment(1)]


def test_forget_that_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be deleted is a clear error, not a claim that all is gone."""
    write(treatment())

    def unlink(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(StoreError, match="Permission denied"):
        erase.forget()
    assert home.exists()


# The treatments in it.


def test_kept_as_given() -> None:
    """A stored treatment says which fields it has, in the order of the table."""
    assert treatment()._fields == (*treatments.COLUMNS, "injected")


def test_what_is_kept_comes_back(home: Path) -> None:
    """Texts of any script, quotes and overrides come back as they were."""
    write(*stored())
    assert home.exists()
    with database.reading() as connection:
        assert connection is not None
        assert treatments.everything(connection) == stored()
        assert treatments.on_record(connection) == stored()[:2]


def test_one_instant_and_area(home: Path) -> None:
    """A second treatment of an area at one instant is refused, unless the first was removed."""
    write(treatment(0))
    with pytest.raises(StoreError, match="already on record") as caught:
        write(treatment(0, id="f" * 32, type="brightening"))
    assert "mesocare edit" in caught.value.hint
    write(treatment(0, id="e" * 32, area="neck"), treatment(0, removed=CHANGED))
    write(treatment(0, id="f" * 32))
    with pytest.raises(StoreError, match="already on record"):
        write(treatment(0))
    assert home.exists()
    assert [each.id for each in read()] == ["f" * 32, "e" * 32]


@pytest.mark.parametrize(
    ("prefix", "says"),
    [
        ("abcd", "several treatments"),
        ("abcd0000000000000000000000000000000", "no treatment"),
        ("ffff", "no treatment"),
        ("", "on record"),
        ("%", "on record"),
        ("abc_", "on record"),
    ],
)
def test_ids_that_name_no_treatment(prefix: str, says: str, home: Path) -> None:
    """An id that names none, or several, is refused with those on record."""
    write(treatment(0, id="abcd1" + "0" * 27), treatment(1, id="abcd2" + "0" * 27))
    assert home.exists()
    with pytest.raises(StoreError, match=says) as caught:
        find(prefix)
    assert "abcd1000" in caught.value.message
    assert "abcd2000" in caught.value.message
    assert caught.value.hint


def test_an_id_that_is_too_short(home: Path) -> None:
    """Too short a beginning is refused as such, not as one that is not there."""
    write(treatment(0, id="abcd1" + "0" * 27))
    assert home.exists()
    with pytest.raises(StoreError) as caught:
        find("abc")
    assert "no treatment" not in caught.value.message
    assert str(treatments.SHORTEST_PREFIX) in caught.value.message + caught.value.hint


def test_ids_in_capitals(home: Path) -> None:
    """An id is found in capitals too."""
    write(treatment(0, id="abcd1" + "0" * 27))
    assert home.exists()
    assert find("ABCD1").id.startswith("abcd1")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_undo_within_a_second(order: tuple[int, ...], home: Path) -> None:
    """Of several removals in one second, undo brings back the last first, then the others."""
    write(*(treatment(number) for number in range(3)))
    assert home.exists()
    for number in order:
        with database.writing() as connection:
            treatments.remove(connection, treatment(number), FIRST)
    for number in reversed(order):
        with database.writing() as connection:
            assert treatments.undo(connection, FIRST).id == treatment(number).id
    with database.writing() as connection, pytest.raises(StoreError, match="nothing"):
        treatments.undo(connection, FIRST)


def test_undo_where_another_took_its_place(home: Path) -> None:
    """A removed treatment whose time and area are taken by now is not forced back."""
    write(treatment(0))
    assert home.exists()
    with database.writing() as connection:
        treatments.remove(connection, treatment(0), FIRST)
    write(treatment(0, id="f" * 32))
    with database.writing() as connection, pytest.raises(StoreError, match="already on record"):
        treatments.undo(connection, FIRST)
    assert [each.id for each in read()] == ["f" * 32]


def make_stored(version: int) -> Path:
    """Make the stored database of a version, in its resting state: one file, no log."""
    place = STORED / f"record-version-{version}.db"
    place.unlink(missing_ok=True)
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=PERSIST")
        seal.teach(connection)
        for step in migrations.MIGRATIONS[:version]:
            connection.executescript(step)
        for row in stored():
            treatments.keep(connection, row)
        connection.execute(f"PRAGMA user_version={version}")
    return place


if __name__ == "__main__":
    make_stored(NEWEST)
