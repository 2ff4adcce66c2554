"""Where the record is: its directory, the names of its files, the lock around them, its faults.

Several programs may want the record at once. Each holds the lock while it reads or writes; the one
that makes, migrates, mends or wipes the file holds it alone, so that nobody has the file open while
another takes its place. The lock is SQLite's own, on an empty file, so it works on every system and
goes when its holder is killed.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import sys
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare.errors import StoreError, notices
from mesocare.files import home, on_disk

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "mesocare.db"
WAIT_SECONDS = 30.0
# What SQLite keeps beside a database: parts of its content, and what can be made anew.
LOGS, TRANSIENT = ("-wal", "-journal"), ("-shm",)
LOCK, PARTIAL, SALVAGE, MENDED = ".lock", ".partial.db", ".salvage.db", ".mended.db"
# That the record is to be forgotten, until it is: a power cut in between must not bring it back.
FORGOTTEN = ".forgotten"
# What a journal begins with that is to be rolled back; one that was done with begins with zeros.
_JOURNAL_MAGIC = bytes.fromhex("d9d505f920a163d7")
_CHUNK = 1 << 20
_with_locks: set[Path] = set()
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# SQLITE_CORRUPT, SQLITE_FORMAT and SQLITE_NOTADB.
_DAMAGE = {11, 24, 26}


class DamageError(Exception):
    """The file is not what was written; never leaves the store."""


def record() -> Path:
    """Return the record's file; where that is a link, the file it leads to."""
    path = home() / NAME
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def beside(path: Path, kind: str) -> Path:
    """Return a file that belongs to the record, named after it."""
    return path.with_name(f"{path.stem}{kind}")


def log(path: Path, suffix: str) -> Path:
    """Return one of the files that SQLite keeps beside a database."""
    return path.with_name(f"{path.name}{suffix}")


def size(path: Path) -> int:
    """Return a file's size in bytes; 0 where there is none."""
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0


def holds(path: Path) -> bool:
    """Whether a file of the record holds any of it: a journal that was done with does not."""
    if not path.name.endswith("-journal"):
        return size(path) > 0
    try:
        with path.open("rb") as file:
            return file.read(len(_JOURNAL_MAGIC)) == _JOURNAL_MAGIC
    except (FileNotFoundError, NotADirectoryError):
        return False


def keep_private(path: Path) -> None:
    """Let nobody but its owner read a file of the record, as after somebody copied it back."""
    for each in (path, log(path, "-journal")):
        with suppress(OSError):  # it is not there, or somebody else's
            if stat.S_IMODE(each.stat().st_mode) & _OTHERS:
                each.chmod(0o600)
                notices.append(f"{str(each)!r} could be read by others; now only you can read it")


def wipe(path: Path) -> None:
    """Write over a file on the disk, then delete it; one that is a link is only deleted.

    What has another name as well is kept under that one, and written over when that one goes.

    Raises:
        OSError: It could not be.
    """
    if not path.is_symlink() and path.stat().st_nlink == 1:  # what a link leads to is not ours
        path.chmod(0o600)
        with path.open("r+b") as file:
            left = path.stat().st_size
            while left > 0:
                left -= file.write(bytes(min(_CHUNK, left)))
            file.flush()
            os.fsync(file.fileno())
            file.truncate(0)
    path.unlink()


def there(path: Path) -> bool:
    """Whether there is a record, or what is left of one.

    Raises:
        StoreError: Something else is in its place.
    """
    is_file = path.is_file()
    if not is_file and path.exists() and not path.is_file():  # it may have been made in between
        raise unusable(path, "it is not a file")
    return is_file or size(log(path, "-wal")) > 0 or beside(path, MENDED).is_file()


def private(path: Path) -> None:
    """Make a file for its owner only, empty; one that a killed program left is taken away."""
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def install(ready: Path, target: Path) -> None:
    """Let a finished file take its place in one step that a power cut does not split."""
    on_disk(ready)
    ready.replace(target)
    on_disk(target.parent)


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Return a connection to a file that is there; `mode` is `ro` or `rw`."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS, isolation_level=None)


@contextmanager
def locked(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the record's lock, with others or alone; waits at most `WAIT_SECONDS`.

    Raises:
        StoreError: Its file system has no locks, so that entries would get lost.
    """
    lock = beside(path, LOCK)
    while True:
        with suppress(FileExistsError):
            os.close(os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        _check_locks(lock, path)
        if size(lock):
            os.truncate(lock, 0)  # it holds nothing; with content, SQLite would refuse it
        before = _identity(lock)
        with closing(sqlite3.connect(lock, timeout=WAIT_SECONDS, isolation_level=None)) as holder:
            # Nothing is written, so no disk is too full for it.
            holder.execute("PRAGMA journal_mode=MEMORY")
            holder.execute("BEGIN EXCLUSIVE" if alone else "BEGIN")
            holder.execute("SELECT 1 FROM sqlite_master").fetchall()
            # Whoever forgets the record deletes the lock too; then this is another's.
            if before is not None and _identity(lock) == before:
                yield
                return


def _check_locks(lock: Path, path: Path) -> None:
    """Take a lock and see whether it keeps another out.

    Raises:
        StoreError: The file system refuses locks, or hands them to anybody.
    """
    # Once is enough, and closing the file would let go of locks that this process holds on it.
    if sys.platform != "linux" or lock in _with_locks:
        return
    import fcntl
    import struct

    # A byte far from those that SQLite locks. These locks belong to an open file, so that two
    # within one process exclude each other.
    wanted = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 1 << 40, 1, 0)
    with lock.open("rb+") as one, lock.open("rb+") as other:
        try:
            fcntl.fcntl(one, fcntl.F_OFD_SETLK, wanted)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                return  # another program is looking at this moment, and kept us out
            if error.errno == errno.EINVAL:
                return  # an old kernel, which cannot be asked
            raise _lockless(path, f"locks cannot be had ({error.strerror})") from error
        try:
            fcntl.fcntl(other, fcntl.F_OFD_SETLK, wanted)
        except OSError:
            _with_locks.add(lock)
            return
    raise _lockless(path, "locks keep nobody out")


def _lockless(path: Path, why: str) -> StoreError:
    message = f"the record {str(path)!r} cannot live there: on its file system {why}"
    hint = "Two programs at once would lose entries. Set MESOCARE_HOME to a folder on a local disk."
    return StoreError(message, f"{hint} Nothing was changed.")


def _identity(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def damages(error: Exception) -> bool:
    """Whether an error says that the file is not what was written."""
    if isinstance(error, sqlite3.DatabaseError):
        code: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in _DAMAGE or "Could not decode" in str(error)
    return isinstance(error, (DamageError, UnicodeDecodeError))


@contextmanager
def faults(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's faults into errors that say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "locked" in str(error) or "busy" in str(error):
            message = f"the record {str(path)!r} is in use by another program"
            raise StoreError(message, "Try again in a moment; nothing was changed.") from error
        raise unusable(path, str(error)) from error
    except (sqlite3.DatabaseError, OSError, DamageError, UnicodeDecodeError) as error:
        raise unusable(path, getattr(error, "strerror", None) or str(error)) from error


def unusable(path: Path, why: str) -> StoreError:
    """Return the error for a record that cannot be read or written."""
    message = f"the record {str(path)!r} cannot be used: {why}"
    hint = (
        "Nothing was changed. Make room or give access, or set MESOCARE_HOME to another directory."
    )
    return StoreError(message, hint)
