"""Whether a file is what was written: looked through before anything is read from it."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesocare.store.location import DamageError, connect, log, size
from mesocare.store.migrations import PARTS, SEALED, check_version, tables
from mesocare.store.seal import COLUMNS, SEAL, is_whole

if TYPE_CHECKING:
    from pathlib import Path

# SQLITE_ERROR: in a statement of ours it means that the file is not laid out as it should be.
_STATEMENT = 1
# What a write-ahead log begins with, in either order of bytes; nothing, if it was never flushed.
_AT = COLUMNS["entry"].index("at")
LOST = """
    SELECT (SELECT count(*) FROM treatment WHERE id NOT IN (SELECT treatment FROM injected)),
        (SELECT count(*) <> 2 FROM person)
"""
_LOG_HEADER, _LOG_MAGIC = 32, (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83", bytes(4))


def looked_at(path: Path, *, thorough: bool = False) -> tuple[sqlite3.Connection, int]:
    """Return a connection that has changed nothing, and the version of the sound file.

    With content in the log, one that could write would move it into the file when it is closed,
    and a newer version's file has to stay as it is. Where only the log has content, opening the
    file would delete it.

    Raises:
        DamageError: The file is empty, or not what was written.
    """
    if not size(path):
        raise DamageError("it is empty")
    if not _is_log(log(path, "-wal")):
        raise DamageError("its log is damaged")
    connection = connect(path, "ro" if size(log(path, "-wal")) else "rw")
    try:
        version = check_version(connection, path)
        try:
            check_sound(connection, version, thorough=thorough)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", None) == _STATEMENT:
                raise DamageError(str(error)) from error
            raise
    except BaseException:
        connection.close()
        raise
    return connection, version


def _is_log(path: Path) -> bool:
    """Whether a log begins as SQLite's do, or holds nothing yet; any other, SQLite would ignore.

    Its last user deletes it at any moment, even while it is looked at.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_LOG_HEADER)
    except FileNotFoundError:
        return True
    return len(header) < _LOG_HEADER or header[:4] in _LOG_MAGIC


def check_sound(connection: sqlite3.Connection, version: int, *, thorough: bool) -> None:
    """Read a file through, so that what is lost in it is noticed before an answer is given.

    The indexes hold times, areas and ids a second time, so a change of one of them shows. Only a
    `thorough` look reads every text; otherwise whoever reads one that is none finds it.

    Raises:
        DamageError: It is not what was written.
        sqlite3.DatabaseError: It is so wrong that SQLite cannot say how.
    """
    _check_layout(connection, version)
    found = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if found != [("ok",)]:
        raise DamageError(f"it is damaged ({found[0][0] if found else 'it cannot be checked'})")
    _check_seals(connection, version)
    known = tables(version)
    if "treatment" in known:
        rows = connection.execute("SELECT earliest, latest, changed, overrides FROM treatment")
        for *times, said in rows:
            if not (all(map(_is_instant, times)) and (said == "{}" or _is_object(said))):
                raise DamageError("it is damaged (a treatment cannot be read)")
    if thorough:
        for table in known:
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own table names
                if table == "entry" and not _is_instant(row[_AT]):
                    raise DamageError("it is damaged (a diary entry cannot be read)")


def _check_seals(connection: sqlite3.Connection, version: int) -> None:
    """Look at every row's seal, and for rows that have to be there."""
    for table in (each for each, since in SEALED.items() if version >= since):
        columns = COLUMNS[table]
        chosen = ", ".join((*columns, SEAL))
        for *row, seal in connection.execute(f"SELECT {chosen} FROM {table}"):  # noqa: S608 - our own names
            if not is_whole(table, row, seal):
                raise DamageError(f"it is damaged (a row of {table} is not as it was written)")
    if version >= SEALED["injected"] and any(connection.execute(LOST).fetchone()):
        raise DamageError("it is damaged (something about a treatment or the person got lost)")


def _check_layout(connection: sqlite3.Connection, version: int) -> None:
    """Look for the tables and indexes of a version, and for those it cannot have."""
    parts = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    expected = {name for step in PARTS[: max(version, 0)] for name in step}
    if not expected <= parts or any(set(step) & parts for step in PARTS[max(version, 0) :]):
        raise DamageError(f"it is not laid out as version {version} is")
    if parts and not expected:
        raise DamageError("it is no record")


def _is_instant(text: object) -> bool:
    """Whether a text is an instant with an offset."""
    try:
        return isinstance(text, str) and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_object(text: Any) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (TypeError, ValueError, RecursionError):
        return False
