"""The record where nothing can be written: read from a copy, with what its log holds."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from mesocare.files import private_folder
from mesocare.store import migrations
from mesocare.store.integrity import looked_at
from mesocare.store.location import (
    LOGS,
    MENDED,
    NAME,
    beside,
    connect,
    damages,
    log,
    private,
    size,
    unusable,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

ATTEMPTS = 5


@contextmanager
def copied(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Give a connection to a private copy, for a directory in which nothing can be written.

    There SQLite could not read the log, and what is in it was acknowledged.
    """
    mended = beside(path, MENDED)
    source = mended if mended.is_file() else path
    with private_folder() as folder:
        copy = folder / NAME
        parts = [(log(source, suffix), log(copy, suffix)) for suffix in ("", *LOGS)]
        for _ in range(ATTEMPTS):
            before = [_state(part) for part, _ in parts]
            for part, target in parts:
                private(target)
                with suppress(FileNotFoundError):  # its last user deletes a log at any moment
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
        connection, version = looked_at(copy, thorough=True)
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
