"""A damaged record: the original is kept aside, what can be read is carried over and spoken of.

A treatment that got lost could let a "yes" come too early. So nothing is mended in silence: until
the user has confirmed that what was recovered is complete, no question is answered from it.

Each step can be cut short. The damaged file stays in its place until a whole new one takes it, and
that one says that it was recovered; the next program takes up what the last one left.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import StoreError
from mesocare.files import on_disk
from mesocare.store import migrations
from mesocare.store.location import (
    LOGS,
    MENDED,
    PARTIAL,
    SALVAGE,
    TRANSIENT,
    beside,
    holds,
    install,
    log,
    private,
    size,
    wipe,
)

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Recovery(NamedTuple):
    """What was recovered, and where the original is; the user has not confirmed it yet."""

    aside: str
    treatments: int
    entries: int


class UnconfirmedError(StoreError):
    """A record that was recovered from a damaged file, and may lack something."""


def unconfirmed(connection: sqlite3.Connection | None) -> Recovery | None:
    """Return the recovery that the user has still to confirm, if there is one."""
    if connection is None:
        return None
    row = connection.execute(
        "SELECT aside, treatments, entries FROM recovery"
        " WHERE confirmed IS NULL ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return Recovery(*row) if row else None


def confirm(connection: sqlite3.Connection, now: datetime) -> None:
    """Note that what was recovered is complete."""
    connection.execute(
        "UPDATE recovery SET confirmed = ? WHERE confirmed IS NULL", (now.isoformat(),)
    )


def check_confirmed(connection: sqlite3.Connection | None) -> None:
    """Let nothing be answered from a record that may lack something.

    Raises:
        UnconfirmedError: It was recovered from a damaged file, and nobody has confirmed it.
    """
    recovery = unconfirmed(connection)
    if recovery is not None:
        raise refusal(recovery)


def refusal(recovery: Recovery) -> UnconfirmedError:
    """Return the error that speaks of a recovery."""
    treatments = f"{recovery.treatments} treatment{'' if recovery.treatments == 1 else 's'}"
    entries = f"{recovery.entries} diary entr{'y' if recovery.entries == 1 else 'ies'}"
    message = (
        f"the record was damaged: {treatments} and {entries} could be recovered, and something "
        f"may be missing; the original is kept as {recovery.aside!r}"
    )
    hint = (
        "Type: mesocare treatments. Record again what is missing, or import your last export. "
        "Then type: mesocare treatments --confirm. Until then, questions need --treated."
    )
    return UnconfirmedError(message, hint)


def mend(path: Path) -> None:
    """Put a new file with all that can be read in a damaged one's place. The lock is held alone.

    Raises:
        OSError, sqlite3.Error: It could not be done; the damaged file is still in its place.
    """
    from mesocare.store.salvage import salvaged

    if not path.exists():
        private(path)  # of this one, only the log was left
    aside = _kept_aside(path)
    scratch = beside(path, SALVAGE)
    try:
        for suffix in ("", *LOGS):
            _copied(log(aside, suffix), log(scratch, suffix))
        rows = salvaged(scratch)
    finally:
        _cleared(scratch)

    def fill(fresh: sqlite3.Connection) -> None:
        for table, each in rows:
            marks = ", ".join("?" * len(each))
            # A new file has the rows about the person already.
            first = "REPLACE" if table == "person" else "IGNORE"
            fresh.execute(f"INSERT OR {first} INTO {table} VALUES ({marks})", each)  # noqa: S608 - our own table names
        fresh.execute(
            "INSERT INTO injected SELECT id, '[]', sealed('injected', id, '[]') FROM treatment"
            " WHERE id NOT IN (SELECT treatment FROM injected)"
        )
        fresh.execute(
            "INSERT INTO recovery (aside, treatments, entries) SELECT ?,"
            " (SELECT count(*) FROM treatment WHERE removed IS NULL),"
            " (SELECT count(*) FROM entry)",
            (os.fsencode(aside).decode(errors="replace"),),  # a name need not be text
        )

    migrations.create(path, fill, into=beside(path, MENDED))
    finish(path)


def finish(path: Path) -> bool:
    """Let a mended file take the damaged one's place; return whether there was one.

    The log of the damaged file goes first: SQLite would apply it to the new one. Should the power
    fail in between, the mended file is still there, and this is done again.
    """
    mended = beside(path, MENDED)
    if not mended.is_file():
        return False
    for suffix in (*LOGS, *TRANSIENT):
        if log(path, suffix).exists():
            wipe(log(path, suffix))
    on_disk(path.parent)
    install(mended, path)
    return True


def _kept_aside(path: Path) -> Path:
    """Return the damaged file's second name; the same again if mending was cut short before."""
    number = 1
    while True:
        aside = beside(path, f"-damaged-{number}.db")
        if not aside.exists():
            break
        parts = ("", *(suffix for suffix in LOGS if holds(log(path, suffix))))
        if all(_same(log(path, suffix), log(aside, suffix)) for suffix in parts):
            return aside
        number += 1
    # The file itself comes last: where it is, its log is too.
    for suffix in (*LOGS, ""):
        source, target = log(path, suffix), log(aside, suffix)
        target.unlink(missing_ok=True)
        if not suffix or holds(source):
            source.chmod(0o600)
            try:
                os.link(source, target)
            except OSError:  # not every file system knows two names for one file
                _copied(source, beside(path, PARTIAL))
                install(beside(path, PARTIAL), target)
    on_disk(path.parent)
    return aside


def _same(one: Path, other: Path) -> bool:
    if not (one.exists() and other.exists()):
        return size(one) == size(other) == 0
    import filecmp

    return filecmp.cmp(one, other, shallow=False)


def _copied(source: Path, target: Path) -> None:
    if source.exists():
        private(target)
        shutil.copyfile(source, target)


def _cleared(path: Path) -> None:
    for suffix in ("", *LOGS, *TRANSIENT):
        with suppress(OSError):  # a copy, of which something may be missing
            wipe(log(path, suffix))


def recovery_of(path: Path) -> Recovery | None:
    """Return the unconfirmed recovery in a file that was just mended."""
    with closing(sqlite3.connect(path)) as connection:
        return unconfirmed(connection)
