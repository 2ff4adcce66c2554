"""The record as a database: opened for reading or for writing, sound and of the newest version.

One SQLite file in the platform's data directory, readable by its owner only. Every write is on disk
before it is acknowledged. Faults of SQLite leave here as errors that say what to do.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mesocare.errors import StoreError
from mesocare.files import home
from mesocare.store import migrations
from mesocare.store.erase import forgotten
from mesocare.store.integrity import looked_at
from mesocare.store.location import (
    MENDED,
    NAME,
    DamageError,
    beside,
    connect,
    damages,
    faults,
    holds,
    keep_private,
    locked,
    log,
    record,
    size,
    there,
    unusable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["NAME", "home", "reading", "writing"]

ATTEMPTS = 5


@contextmanager
def reading() -> Iterator[sqlite3.Connection | None]:
    """Give a connection for reading, or `None` where there is no record yet.

    Works in a directory that cannot be written.

    Raises:
        StoreError: The file is there and cannot be read, or it was damaged.
    """
    with faults(home() / NAME):
        path = record()
        if forgotten(path) or not there(path):
            yield None
        elif os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK)):
            with _session(path, write=False) as connection:
                yield connection
        else:
            from mesocare.store.snapshot import copied

            with copied(path) as connection:
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
        if not os.access(path.parent, os.W_OK):
            raise unusable(path, "its directory cannot be written")
        forgotten(path)
        there(path)
        with _session(path, write=True) as connection:
            assert connection is not None  # noqa: S101 - for writing, the file is made
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                if connection.in_transaction:
                    commit(connection)
            except BaseException:
                connection.rollback()
                raise


def commit(connection: sqlite3.Connection) -> None:
    """Keep what was written since the transaction began.

    Raises:
        StoreError: It was kept, but the disk failed after that.
        sqlite3.Error: It was not kept.
    """
    # The file is never opened beside SQLite: closing it would let go of the locks on it.
    written = _content(connection)
    try:
        connection.commit()
    except sqlite3.Error as error:
        with suppress(sqlite3.Error):
            connection.rollback()
        if holds(log(record(), "-journal")) or _content(connection) != written:
            raise
        message = f"the disk failed when all was written: {error}"
        hint = "It is on record as far as this system can tell; do not repeat it. To see it, type: "
        raise StoreError(message, f"{hint}mesocare treatments, or mesocare diary") from error


def _content(connection: sqlite3.Connection) -> list[tuple[object, ...]] | None:
    """Return what tells one state of the record from another; `None` where it cannot be read."""
    try:
        return connection.execute(
            "SELECT seal FROM treatment UNION ALL SELECT seal FROM entry"
            " UNION ALL SELECT confirmed FROM recovery"
        ).fetchall()
    except sqlite3.Error:
        return None


@contextmanager
def _session(path: Path, *, write: bool) -> Iterator[sqlite3.Connection | None]:
    """Give a connection to a sound file while the lock is held; damage met on the way is mended."""
    if os.name != "nt":
        keep_private(path)
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
    if beside(path, MENDED).is_file():
        return None
    try:
        connection, version = looked_at(path)
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
    migrations.prepare(connection)
    return connection


def _bring_up(path: Path) -> None:
    """Make, migrate or mend the file. The lock is held alone, so nobody else has it open."""
    from mesocare.store import recovery as store_recovery

    if store_recovery.finish(path):
        _speak_of(path)
    if size(path) == 0 and not size(log(path, "-wal")):
        for suffix in ("-journal", "-shm"):
            log(path, suffix).unlink(missing_ok=True)
        migrations.create(path, lambda _: None, into=path)
        return
    try:
        connection, version = looked_at(path)
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
    from mesocare.store import recovery as store_recovery

    if not store_recovery.finish(path) and not _is_sound(path):
        store_recovery.mend(path)
    _speak_of(path)


def _is_sound(path: Path) -> bool:
    try:
        looked_at(path, thorough=True)[0].close()
    except Exception as error:
        if damages(error):
            return False
        raise
    return True


def _speak_of(path: Path) -> None:
    from mesocare.store import recovery as store_recovery

    recovery = store_recovery.recovery_of(path)
    if recovery is not None:
        raise store_recovery.refusal(recovery)
