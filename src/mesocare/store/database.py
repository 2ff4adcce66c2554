"""The database file: where it is, how it is opened, migrated, backed up and mended.

One SQLite file in the platform's data directory, readable by its owner only. Every write is on disk
before it is acknowledged. Faults of SQLite leave here as errors that say what to do; a damaged
file is kept aside and what can be read of it is carried over.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "mesocare.db"
WAIT_SECONDS = 30

# Each step leads from the version that is its index to the next; a released step never changes.
MIGRATIONS = (
    """
    CREATE TABLE treatment (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        area TEXT NOT NULL,
        typed TEXT NOT NULL,
        earliest TEXT NOT NULL,
        latest TEXT NOT NULL,
        zone TEXT NOT NULL,
        clinic TEXT,
        phone TEXT,
        note TEXT,
        overrides TEXT NOT NULL,
        changed TEXT NOT NULL,
        removed TEXT
    ) STRICT;
    CREATE UNIQUE INDEX treatment_once
        ON treatment (earliest, latest, area) WHERE removed IS NULL;
    """,
    """
    CREATE TABLE entry (
        id TEXT PRIMARY KEY,
        sign TEXT,
        words TEXT NOT NULL,
        score INTEGER CHECK (score BETWEEN 0 AND 10),
        temperature REAL,
        note TEXT,
        at TEXT NOT NULL
    ) STRICT;
    """,
)
TABLES = ("treatment", "entry")


def home() -> Path:
    """Return the directory that holds the record; `MESOCARE_HOME` overrides the platform's."""
    override = os.environ.get("MESOCARE_HOME")
    if override:
        return Path(override)
    from platformdirs import user_data_path

    return user_data_path("mesocare", appauthor=False)


@contextmanager
def reading() -> Iterator[sqlite3.Connection | None]:
    """Give a connection for reading, or `None` where there is no record yet.

    Works in a directory that cannot be written.

    Raises:
        StoreError: The file is there and cannot be read.
    """
    path = home() / NAME
    try:
        there = path.is_file()
    except OSError as error:
        raise _unusable(path, str(error.strerror)) from error
    if not there:
        yield None
        return
    with _faults(path):
        if not os.access(path.parent, os.W_OK):
            uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                _check_version(connection, path)
                yield connection
        elif (current := _current(path)) is not None:
            with closing(current):
                yield current
        else:
            with closing(_opened(path)) as connection:
                yield connection


def _current(path: Path) -> sqlite3.Connection | None:
    """Return a plain connection to a sound file of the newest version; `None` for any other.

    Reading needs none of what writing sets up, and is what every question starts with.
    """
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        if _check_version(connection, path) == len(MIGRATIONS):
            return connection
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass  # damaged: opening it to write mends it
    connection.close()
    return None


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """Give a connection inside one transaction: all of it is kept, or none.

    Raises:
        StoreError: The record cannot be written; nothing was changed.
    """
    path = home() / NAME
    with _faults(path):
        _prepare(path)
        with closing(_opened(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


def _prepare(path: Path) -> None:
    """Make directory and file, for their owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _opened(path: Path) -> sqlite3.Connection:
    """Return a connection to the file at its newest version; mends a damaged file first."""
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        _mend(path)
        return _connected(path)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA schema_version").fetchone()
        _migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check_version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        message = f"the record {str(path)!r} was written by a newer mesocare (version {version})"
        raise StoreError(message, "Update mesocare; the record was left as it is.")
    return version


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest version, one step a transaction; a copy is kept first."""
    if _check_version(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited.
        version = _check_version(connection, path)
        if 0 < version < len(MIGRATIONS):
            _back_up(path, version)
        for step in MIGRATIONS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def _back_up(path: Path, version: int) -> None:
    copy = path.with_name(f"{path.stem}-version-{version}.backup.db")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _mend(path: Path) -> None:
    """Keep a damaged file aside and carry over every row that can still be read."""
    number = 1
    while (aside := path.with_name(f"{path.stem}-damaged-{number}.db")).exists():
        number += 1
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        beside = Path(f"{path}{suffix}")
        if beside.exists():
            beside.replace(f"{aside}{suffix}")
    _prepare(path)
    with closing(_connected(path)) as fresh, closing(sqlite3.connect(aside)) as damaged:
        for table in TABLES:
            for row in _readable(damaged, table):
                marks = ", ".join("?" * len(row))
                fresh.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)  # noqa: S608 - our own table names


def _readable(damaged: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    try:
        yield from damaged.execute(f"SELECT * FROM {table}")  # noqa: S608 - our own table names
    except sqlite3.DatabaseError:
        return  # what lies behind the damage cannot be reached


@contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's faults into errors that say what to do."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            message = f"the record {str(path)!r} is in use by another program"
            raise StoreError(message, "Try again in a moment; nothing was changed.") from error
        raise _unusable(path, str(error)) from error
    except (sqlite3.DatabaseError, OSError) as error:
        raise _unusable(path, getattr(error, "strerror", None) or str(error)) from error


def _unusable(path: Path, why: str) -> StoreError:
    message = f"the record {str(path)!r} cannot be used: {why}"
    hint = (
        "Nothing was changed. Make room or give access, or set MESOCARE_HOME to another directory."
    )
    return StoreError(message, hint)


def forget() -> list[Path]:
    """Wipe and delete the record with everything beside it; return the files that were there."""
    folder = home()
    files = [path for path in sorted(folder.glob("mesocare*")) if path.is_file()]
    with _faults(folder / NAME):
        for path in files:
            with path.open("r+b") as file:
                file.write(b"\0" * path.stat().st_size)
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
    return files
