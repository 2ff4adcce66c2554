"""Wiping the record: every file of ours, and none of anybody else's."""

from __future__ import annotations

import os
import re
import stat
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from mesocare.errors import StoreError
from mesocare.files import home, on_disk, sweep
from mesocare.store.location import (
    FORGOTTEN,
    LOCK,
    NAME,
    beside,
    connect,
    faults,
    locked,
    private,
    record,
    unusable,
    wipe,
)

if TYPE_CHECKING:
    from pathlib import Path

_KINDS = (
    r"(\.db|\.partial\.db|\.salvage\.db|\.mended\.db|-damaged-\d+\.db|-version-\d+\.backup\.db)"
    r"(-wal|-shm|-journal)?"
)


def forget() -> list[Path]:
    """Wipe and delete the record with everything beside it; return the files that were there.

    The directory goes too if nothing else is in it and it is one that mesocare made.

    Raises:
        StoreError: The directory cannot be written or the record is in use, and nothing was
            changed; or some of the files could not be wiped.
    """
    with faults(home() / NAME):
        path = record()
        if not ours(path):
            return []
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise unusable(path, "its directory cannot be written")
        with locked(path, alone=True):
            _check_unused(path)
            sweep()
            files = ours(path)
            private(beside(path, FORGOTTEN))
            on_disk(path.parent)
            _wipe(files)
            _finished(path)
            with suppress(PermissionError):  # Windows deletes nothing that is open
                beside(path, LOCK).unlink(missing_ok=True)
        if os.name == "nt":
            beside(path, LOCK).unlink(missing_ok=True)
        if path != home() / NAME:
            (home() / NAME).unlink(missing_ok=True)
        if stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IRWXU:
            with suppress(OSError):
                path.parent.rmdir()
    return files


def forgotten(path: Path) -> bool:
    """Finish what a power cut broke off; return whether the record is to be forgotten.

    Raises:
        StoreError: Some of the files could not be wiped.
    """
    if not beside(path, FORGOTTEN).is_file():
        return False
    if os.access(path.parent, os.W_OK | os.X_OK):
        with locked(path, alone=True):
            if beside(path, FORGOTTEN).is_file():
                _wipe(ours(path))
                _finished(path)
    return True


def _finished(path: Path) -> None:
    """Note that nothing is left, once that is on the disk."""
    on_disk(path.parent)
    beside(path, FORGOTTEN).unlink(missing_ok=True)
    on_disk(path.parent)


def ours(path: Path) -> list[Path]:
    """Return our files: logs first, the record last, so that what is left of it is never read."""
    if not path.parent.is_dir():
        return []
    kind = re.compile(re.escape(path.stem) + _KINDS)
    found = [
        each
        for each in path.parent.iterdir()
        if kind.fullmatch(each.name) and (each.is_symlink() or each.is_file())
    ]
    return sorted(found, key=lambda each: (each == path, each.suffix == ".db", each.name))


def _check_unused(path: Path) -> None:
    """Wait for a program that writes without our lock, such as one for any database."""
    import sqlite3

    if not path.is_file():
        return
    try:
        with closing(connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            raise


def _wipe(files: list[Path]) -> None:
    for path in files:
        try:
            wipe(path)
        except OSError as error:
            left = ", ".join(repr(str(each)) for each in files if each.exists())
            message = f"not everything could be forgotten: {error.strerror}; still there: {left}"
            raise StoreError(
                message, "Give access to them, and type: mesocare forget --all"
            ) from error
