"""Files that are there whole or not at all, and on the disk when that is said.

An atomic write fills a file beside its target and renames it. A process that is killed outright
leaves that file behind; so whoever writes one holds a lock on it, which the system lets go of with
the process, and who writes next in that folder removes what nobody holds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

_PREFIX, _SUFFIX = ".mesocare.", ".partial"
_OWNER_ONLY = 0o600


class AtomicFile:
    """A file for its owner only, in the directory of the one it is to become.

    As a context manager it leaves nothing behind that was not kept.

    Args:
        target: What it is to become; a link there would be replaced, so it is to be resolved.

    Attributes:
        handle: To write to; closing it is the caller's.
        path: Its name until then.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        _sweep(target.parent)
        while True:
            self.handle, name = tempfile.mkstemp(_SUFFIX, _PREFIX, target.parent)
            self.path = Path(name)
            self._there = True
            self._lock = _locked(self.handle)
            # Somebody may have swept it up before it was locked.
            if self.path.exists():
                return
            self._unlock()
            os.close(self.handle)

    def keep(self, *, durable: bool = True, mode: int = _OWNER_ONLY) -> None:
        """Let it take the place of the target, once its handle is closed.

        Args:
            durable: Whether to wait until it is on the disk, so that no power cut undoes it.
            mode: The permissions it gets.

        Raises:
            OSError: It could not.
        """
        if not self._there:
            return
        if mode != _OWNER_ONLY:
            self.path.chmod(mode)
        if durable:
            on_disk(self.path)
        self.path.replace(self._target)
        self._there = False
        self._unlock()
        if durable:
            on_disk(self._target.parent)

    def drop(self) -> None:
        """Remove it; after `keep` there is nothing to do."""
        if self._there:
            self.path.unlink(missing_ok=True)
            self._there = False
            self._unlock()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was not kept."""
        self.drop()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def write(path: Path, data: bytes, *, durable: bool = True, mode: int = _OWNER_ONLY) -> None:
    """Write a file, whole or not at all; a link is followed, not replaced.

    Args:
        path: The file; its folder is there.
        data: Its content.
        durable: Whether to wait until it is on the disk.
        mode: The permissions it gets.

    Raises:
        OSError: It could not be written; what was there is as it was.
    """
    with AtomicFile(Path(os.path.realpath(path))) as file:
        with os.fdopen(file.handle, "wb") as opened:
            opened.write(data)
        file.keep(durable=durable, mode=mode)


def is_special(path: Path) -> bool:
    """Whether a path is a pipe or a device, which is written into and never replaced."""
    return path.exists() and not path.is_file() and not path.is_dir()


def open_special(path: Path) -> BinaryIO:
    """Open a pipe or a device for writing, without waiting for somebody at its other end.

    Raises:
        OSError: Nobody is there (ENXIO), or it cannot be opened.
    """
    handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    if hasattr(os, "set_blocking"):
        os.set_blocking(handle, True)
    return os.fdopen(handle, "wb")


def on_disk(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk."""
    if path.is_dir() and os.name == "nt":
        return  # a directory cannot be opened there
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _locked(handle: int) -> int | None:
    """Return another handle of the same file, which holds a lock until it is closed."""
    if sys.platform == "win32":
        return None  # there a file cannot be replaced as long as anybody has it open
    import fcntl

    with suppress(OSError):  # a file system without locks: then nothing is swept up either
        fcntl.flock(handle, fcntl.LOCK_EX)
        return os.dup(handle)
    return None


def _sweep(folder: Path) -> None:
    """Remove what processes left behind that were killed."""
    if sys.platform == "win32":
        return
    import fcntl

    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(handle)
