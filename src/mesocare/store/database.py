"""The record as a database: opened for reading or for writing, sound and of the newest version.

One SQLite file in the platform's data directory, readable by its owner only. Every write is on disk
before it is acknowledged. Faults of SQLite leave here as errors that say what to do.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare.store import migrations
from mesocare.store.place import (
    LOGS,
    MENDED,
    NAME,
    DamageError,
    beside,
    connect,
    damages,
    faults,
    home,
    locked,
    log,
    private,
    record,
    size,
    there,
    unusable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAME", "home", "reading", "writing"]

ATTEMPTS = 5
# SQLITE_ERROR: in a statement of ours it means that the file is not laid out as it should be.
_STATEMENT = 1


@contextmanager
def reading() -> Iterator[sqlite3.Connection | None]:
    """Give a connection for reading, or `None` where there is no record yet.

    Works in a directory that cannot be written.

    Raises:
        StoreError: The file is there and cannot be read, or it was damaged.
    """
    with faults(home() / NAME):
        path = record()
        if not there(path):
            yield None
        elif os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK)):
            with _session(path, write=False) as connection:
                yield connection
        else:
            with _copy(path) as connection:
                yield connection


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """Give a connection inside one transaction: all of it is kept, or none.

    Raises:
        StoreError: The record cannot be written, or it was damaged; nothing was changed.
    """
    with faults(home() / NAME):
        path = record()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        there(path)
        with _session(path, write=True) as connection:
            assert connection is not None  # noqa: S101 - for writing, the file is made
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


@contextmanager
def _session(path: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    """Give a connection to a sound file while the lock is held; damage met on the way is mended."""
    with ExitStack() as stack:
        connection = _ready(path, stack, write=write)
        try:
            yield connection
        except (sqlite3.DatabaseError, UnicodeDecodeError, DamageError) as error:
            # Nobody may hold the lock, not even this process, when the file is mended.
            stack.close()
            if damages(error):
                with locked(path, alone=True):
                    _mend(path)
            raise


def _ready(path: Path, stack: ExitStack, *, write: bool) -> sqlite3.Connection | None:
    """Return a connection to the file at its newest version, and hold the lock with others.

    What has to be made, migrated or mended first is done while the lock is held alone.
    """
    for _ in range(ATTEMPTS):
        with ExitStack() as held:
            held.enter_context(locked(path, alone=False))
            if not write and not there(path):
                stack.enter_context(held.pop_all())
                return None
            if (connection := _current(path, write=write)) is not None:
                held.callback(connection.close)
                stack.enter_context(held.pop_all())
                return connection
        with locked(path, alone=True):
            if write or there(path):
                _bring_up(path)
    raise unusable(path, "another program changes it over and over")


def _current(path: Path, *, write: bool) -> sqlite3.Connection | None:
    """Return a connection to a sound file of the newest version; `None` for any other."""
    if beside(path, MENDED).exists():
        return None
    try:
        connection, version = _looked_at(path)
    except Exception as error:
        if damages(error):
            return None
        raise
    if version != len(migrations.MIGRATIONS):
        connection.close()
        return None
    if not write:
        return connection
    connection.close()
    connection = connect(path)
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _looked_at(path: Path, *, thorough: bool = False) -> tuple[sqlite3.Connection, int]:
    """Return a connection that has changed nothing, and the version of the sound file.

    With content in the log, one that could write would move it into the file when it is closed,
    and a newer version's file has to stay as it is. Where only the log has content, opening the
    file would delete it.

    Raises:
        DamageError: The file is empty, or not what was written.
    """
    if not size(path):
        raise DamageError("it is empty")
    connection = connect(path, "ro" if size(log(path, "-wal")) else "rw")
    try:
        version = migrations.check_version(connection, path)
        try:
            migrations.check_sound(connection, version, thorough=thorough)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == _STATEMENT:
                raise DamageError(str(error)) from error
            raise
    except BaseException:
        connection.close()
        raise
    return connection, version


def _bring_up(path: Path) -> None:
    """Make, migrate or mend the file. The lock is held alone, so nobody else has it open."""
    from mesocare.store import mending

    if mending.finish(path):
        _speak_of(path)
    if size(path) == 0 and not size(log(path, "-wal")):
        for suffix in ("-journal", "-shm"):
            log(path, suffix).unlink(missing_ok=True)
        migrations.create(path, lambda _: None, into=path)
        return
    try:
        connection, version = _looked_at(path)
        connection.close()
        if version != len(migrations.MIGRATIONS):
            with ExitStack() as stack:
                connection = connect(path)
                stack.callback(connection.close)
                migrations.migrate(connection, path)
    except Exception as error:
        if not damages(error):
            raise
        _mend(path)


def _mend(path: Path) -> None:
    """Mend the file unless another program has, and speak of it.

    Raises:
        StoreError: Always, if something was recovered: whoever finds the damage is told.
    """
    from mesocare.store import mending

    if not mending.finish(path) and not _is_sound(path):
        mending.mend(path)
    _speak_of(path)


def _is_sound(path: Path) -> bool:
    try:
        _looked_at(path, thorough=True)[0].close()
    except Exception as error:
        if damages(error):
            return False
        raise
    return True


def _speak_of(path: Path) -> None:
    from mesocare.store import mending

    recovery = mending.recovery_of(path)
    if recovery is not None:
        raise mending.refusal(recovery)


@contextmanager
def _copy(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Give a connection to a private copy, for a directory in which nothing can be written.

    There SQLite could not read the log, and what is in it was acknowledged.
    """
    import shutil
    from tempfile import TemporaryDirectory

    mended = beside(path, MENDED)
    source = mended if mended.is_file() else path
    with TemporaryDirectory(prefix="mesocare-") as folder:
        copy = Path(folder) / NAME
        parts = [(log(source, suffix), log(copy, suffix)) for suffix in ("", *LOGS)]
        for _ in range(ATTEMPTS):
            before = [_state(part) for part, _ in parts]
            for part, target in parts:
                private(target)
                if part.exists():
                    shutil.copyfile(part, target)
            if [_state(part) for part, _ in parts] == before:
                break
        else:
            raise unusable(path, "another program changes it over and over")
        for _, target in parts[1:]:
            if not size(target):
                target.unlink()
        with ExitStack() as stack:
            yield _opened_copy(copy, path, stack)


def _opened_copy(copy: Path, path: Path, stack: ExitStack) -> sqlite3.Connection:
    try:
        if size(copy) == size(log(copy, "-wal")) == 0:
            migrations.create(copy, lambda _: None, into=copy)
        connection, version = _looked_at(copy)
        connection.close()
        connection = connect(copy)
        stack.callback(connection.close)
        if version != len(migrations.MIGRATIONS):
            migrations.migrate(connection, copy)
    except Exception as error:
        if damages(error):
            why = "it is damaged, and cannot be mended where nothing can be written"
            raise unusable(path, why) from error
        raise
    return connection


def _state(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
