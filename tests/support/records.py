"""Makes treatments for the tests of the record, and reads its file without the program."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import mesocare
from mesocare.store.treatments import StoredTreatment

FIRST = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
CHANGED = "2024-05-02T08:00:00+00:00"
SOURCE = str(Path(mesocare.__file__).parents[1])
ROOT = str(Path(__file__).parents[2])


def treatment(number: int = 0, **changes: Any) -> StoredTreatment:
    """Return a treatment: number 0 on 1 May 2024, each further one an hour later."""
    moment = (FIRST + timedelta(hours=number)).isoformat()
    plain = StoredTreatment(
        id=f"{number:08x}{'0' * 24}",
        type="face",
        area="face",
        typed=f"number {number}",
        earliest=moment,
        latest=moment,
        zone="Europe/Berlin",
        clinic="Rose Clinic",
        phone=None,
        note=f"note {number} " + "n" * 300,
        overrides={},
        changed=CHANGED,
        removed=None,
    )
    return plain._replace(**changes)


def ids(path: Path) -> list[str]:
    """Return the ids in a record's file, which has to be sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return [row[0] for row in connection.execute("SELECT id FROM treatment ORDER BY id")]


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file in a directory with its content."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
