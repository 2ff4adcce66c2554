"""Reads what can still be read of a damaged database, row by row around what cannot."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from contextlib import closing, suppress
from datetime import datetime
from typing import TYPE_CHECKING

from mesocare.core.diary.entries import SCORES
from mesocare.store import migrations
from mesocare.store.location import connect
from mesocare.store.person import ABOUT, SESSION, Session, session_of
from mesocare.store.seal import COLUMNS, SEAL, may_answer, sealed
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAGIC = b"SQLite format 3\0"
HEADER, PAGE = 100, 4096
# Rows are numbered from 1 on; so many numbers are tried where nothing says how far they go.
UNKNOWN, MOST = 10_000, 200_000

Row = tuple[object, ...]


def salvaged(scratch: Path) -> list[tuple[str, Row]]:
    """Return the table and values of every row that can be read of a copy; the copy is used up.

    The values are those of its columns and a seal. A row that had one is left out if what an answer
    depends on is not as it was written.

    Where its first bytes are lost, those of a new file take their place: they say nothing but how
    a database is laid out.
    """
    with scratch.open("rb") as file:
        headed = file.read(len(MAGIC)) == MAGIC
    if not headed:
        _give_header(scratch)
    try:
        with closing(connect(scratch)) as connection:
            connection.execute("PRAGMA writable_schema=ON")
            connection.text_factory = lambda text: text.decode(errors="replace")
            return [
                (table, row)
                for table, fields in COLUMNS.items()
                for *each, seal in _rows(connection, table, fields)
                if (row := _plausible(table, dict(zip(fields, each, strict=True)), seal))
            ]
    except sqlite3.DatabaseError:
        return []


def _give_header(scratch: Path) -> None:
    """Let a file begin as ours do, with no word about how long it is, and end with a whole page."""
    numbers = (1, 0, 0, 0, 1, 4, 0, 0, 1, len(migrations.MIGRATIONS), 0, 0)
    layout = MAGIC + struct.pack(">H6B12I", PAGE, 2, 2, 0, 64, 32, 32, *numbers)
    # Valid for no state of the file, so that its length is measured.
    header = layout.ljust(HEADER - 8, b"\0") + b"\xff" * 4 + bytes(4)
    with scratch.open("r+b") as file:
        file.write(header)
        file.seek(0, os.SEEK_END)
        file.write(bytes(-file.tell() % PAGE))


def _rows(connection: sqlite3.Connection, table: str, fields: tuple[str, ...]) -> Iterator[Row]:
    """Give the rows from the first on, from the last back, and those between that can be found."""
    named = ", ".join(f'"{name}"' if name == "removed" else name for name in fields)
    # Without quotes an unknown name is an error; in these it is a text.
    chosen = f'SELECT rowid, {named}, "{SEAL}" FROM {table} NOT INDEXED'  # noqa: S608 - our own names
    found: dict[int, Row] = {}
    forward = _collected(connection, f"{chosen} ORDER BY rowid ASC", found)
    if forward is not None:
        backward = _collected(connection, f"{chosen} ORDER BY rowid DESC", found)
        last = backward or forward + UNKNOWN
        for number in range(forward + 1, min(last, forward + MOST)):
            with suppress(sqlite3.DatabaseError):
                for rowid, *row in connection.execute(f"{chosen} WHERE rowid = ?", (number,)):
                    found.setdefault(rowid, tuple(row))
    yield from (found[number] for number in sorted(found))


def _collected(connection: sqlite3.Connection, query: str, found: dict[int, Row]) -> int | None:
    """Add the rows that a query gives; return the number of the last before damage, else `None`."""
    reached = 0
    try:
        for rowid, *row in connection.execute(query):
            reached = rowid
            found.setdefault(rowid, tuple(row))
    except sqlite3.DatabaseError:
        return reached
    return None


def _plausible(table: str, row: Mapping[str, object], seal: object) -> Row | None:
    """Return a row if what an answer depends on is as it was written; free text may be mangled."""
    if seal not in {SEAL, ""} and not may_answer(table, tuple(row.values()), seal):
        return None
    try:
        fixed = _FIXED[table](row)
    except (ValueError, TypeError, RecursionError):
        return None
    values = tuple(fixed.values())
    return *values, sealed(table, values)


def _treatment(row: Mapping[str, object]) -> dict[str, object]:
    first, last = _instant(row["earliest"]), _instant(row["latest"])
    _instant(row["changed"])
    if first > last or not isinstance(json.loads(_word(row["overrides"])), dict):
        raise ValueError
    fixed = dict(row)
    for name in ("id", "type", "zone"):
        fixed[name] = _word(row[name])
    for name in ("area", "typed", "clinic", "phone", "note"):
        fixed[name] = _readable(row[name])
    try:
        _instant(row["removed"])
    except (ValueError, TypeError):
        fixed["removed"] = None  # on record rather than lost
    return fixed


def _entry(row: Mapping[str, object]) -> dict[str, object]:
    _instant(row["at"])
    fixed = {**row, "id": _word(row["id"])}
    try:
        _instant(row["removed"])
    except (ValueError, TypeError):
        fixed["removed"] = None  # in the diary rather than lost; earlier versions had no such thing
    if row["sign"] is not None:
        _word(row["sign"])
    if row["score"] is not None and row["score"] not in SCORES:
        raise ValueError
    if row["temperature"] is not None and not isinstance(row["temperature"], float):
        raise ValueError
    return fixed | {name: _readable(row[name]) for name in ("words", "note")}


def _injected(row: Mapping[str, object]) -> dict[str, object]:
    _ids(row["substances"])
    return {**row, "treatment": _word(row["treatment"])}


def _person(row: Mapping[str, object]) -> dict[str, object]:
    if row["id"] == ABOUT:
        _ids(row["value"])
    elif row["id"] != SESSION:
        raise ValueError
    else:
        _session(json.loads(_word(row["value"])))
    if row["changed"] is not None:
        _instant(row["changed"])
    return dict(row)


def _session(value: object) -> None:
    """Let nothing through but a session, or none."""
    if value is None:
        return
    if not isinstance(value, dict) or set(value) != set(Session._fields):
        raise ValueError
    session = session_of(value)
    if _instant(session.earliest) > _instant(session.latest):
        raise ValueError
    for each in (*session.types, session.zone):
        _word(each)


def _product(row: Mapping[str, object]) -> dict[str, object]:
    for name in ("name", "label"):
        if not isinstance(row[name], str) or not row[name]:
            raise ValueError
    for name in ("changed", "removed"):
        if name == "changed" or row[name] is not None:
            _instant(row[name])
    if row["kind"] is not None:
        _word(row["kind"])
    return {**row, "id": _word(row["id"])}


_FIXED = {
    "treatment": _treatment,
    "entry": _entry,
    "injected": _injected,
    "person": _person,
    "product": _product,
}


def _ids(value: object) -> None:
    """Let nothing through but a list of words."""
    found = json.loads(_word(value))
    if not isinstance(found, list):
        raise TypeError
    for each in found:
        _word(each)


def _instant(value: object) -> datetime:
    moment = datetime.fromisoformat(_word(value))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _word(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable() or "\ufffd" in value or not value:
        raise ValueError
    return value


def _readable(value: object) -> str | None:
    """Return free text without what no terminal should be shown."""
    if value is None:
        return None
    return printable(str(value))
