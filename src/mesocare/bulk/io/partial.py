"""A file under another name, until it is whole.

A process that is killed outright leaves it behind. So whoever writes one holds a lock on it, which
the system lets go of with the process, and who comes next removes what nobody holds.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

_PREFIX, _SUFFIX = ".mesocare.check.", ".partial"


class Partial:
    """A file that nobody but its owner can read, in the directory of the one it is to become.

    Attributes:
        handle: To write to; closing it is the caller's.
        path: Its name until then.

    Args:
        target: What it is to become.

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

    def keep(self) -> None:
        """Let it take the place of the target, once its handle is closed.

        Raises:
            OSError: It could not.
        """
        if self._there:
            self.path.replace(self._target)
            self._there = False
            self._unlock()

    def drop(self) -> None:
        """Remove it; after `keep` there is nothing to do."""
        if self._there:
            self.path.unlink(missing_ok=True)
            self._there = False
            self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


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
