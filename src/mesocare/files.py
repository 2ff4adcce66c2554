"""Files that are there whole or not at all, and on the disk when that is said.

An atomic write fills a file beside its target and renames it; other temporary files lie in a folder
for the owner only. A process that is killed outright leaves either behind. So whoever makes one
holds a lock on it, which the system lets go of with the process, and notes where it is; the next
run of any command removes what nobody holds.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX, _SUFFIX = ".mesocare.", ".partial"
_FOLDER, _LOCK = "mesocare-", ".mesocare.held"
_OWNER_ONLY = 0o600
_NEW = (
    os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
# How long a process may take from noting a file to making it, in seconds.
_MAKING = 60


def home() -> Path:
    """Return the folder of what mesocare keeps; `MESOCARE_HOME` overrides the platform's."""
    override = os.environ.get("MESOCARE_HOME")
    if override:
        return named(override)
    from platformdirs import user_data_path

    return absolute(user_data_path("mesocare", appauthor=False), ".local/share")


def named(text: str) -> Path:
    """Return a folder or file that a variable names; `~` is somebody's home, as in a shell."""
    path = Path(text)
    with suppress(RuntimeError):  # nobody has such a home
        return path.expanduser()
    return path


def absolute(path: Path, usual: str) -> Path:
    """Return a platform's folder; a relative one is no setting (XDG) and gives way to the usual."""
    return path if path.is_absolute() else Path.home() / usual / path.name


def temporary() -> Path:
    """Return where temporary files lie: with the record, where others see nothing of them.

    Without a record it is the system's folder, so that nobody gets a folder who keeps nothing.
    """
    return home() / "temporary" if home().is_dir() else _system()


def _partial(name: str) -> str:
    return f"{_PREFIX}{name}{_SUFFIX}"


def _system() -> Path:
    return Path(os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp")  # noqa: S108 - each file there is made by mkdtemp


class AtomicFile:
    """A file for its owner only, in the directory of the one it is to become.

    As a context manager it leaves nothing behind that was not kept.

    Args:
        target: What it is to become; a link there would be replaced, so it is to be resolved.
        sweep: Whether to look for what a killed process left in that directory.

    Attributes:
        handle: To write to; closing it is the caller's.
        path: Its name until then.

    Raises:
        OSError: It cannot be made.
    """

    def __init__(self, target: Path, *, sweep: bool = True) -> None:
        self._target = target
        self._note: Path | None = None
        if sweep:
            _sweep_files(target.parent)
        self._there = False
        self._lock: int | None = None
        while True:
            name = os.urandom(6).hex()
            self.path = target.parent / _partial(name)
            # Before it is there, so that there is no moment at which nobody would find it.
            self._note = _noted(self.path)
            try:
                self.handle = os.open(self.path, _NEW, _OWNER_ONLY)
            except FileExistsError:
                self._unlock()
                continue
            except OSError:
                self._unlock()
                raise
            self._there = True
            self._lock = _locked(self.handle)
            # Somebody may have swept it up before it was locked.
            if self.path.exists():
                return
            self._unlock()
            os.close(self.handle)

    def keep(self, *, durable: bool = True, mode: int = _OWNER_ONLY, new: bool = False) -> None:
        """Let it take the place of the target, once its handle is closed.

        Args:
            durable: Whether to wait until it is on the disk, so that no power cut undoes it.
            mode: The permissions it gets.
            new: Whether nothing may be there yet.

        Raises:
            FileExistsError: Something is there, and only a `new` file was wanted.
            OSError: It could not.
        """
        if not self._there:
            return
        if mode != _OWNER_ONLY:
            self.path.chmod(mode)
        if durable:
            on_disk(self.path)
        if new:
            _install_new(self.path, self._target)
        else:
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
        if self._note is not None:
            with suppress(OSError):
                self._note.unlink()
            self._note = None
            _remove_if_empty()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def write(  # noqa: PLR0913 - how a file may be written
    path: Path,
    data: bytes,
    *,
    mode: int = _OWNER_ONLY,
    new: bool = False,
    durable: bool = True,
    sweep: bool = True,
) -> None:
    """Write a file, whole or not at all; a link is followed, not replaced.

    Args:
        path: The file; its folder is there.
        data: Its content.
        mode: The permissions it gets.
        new: Whether nothing may be there yet.
        durable: Whether to wait until it is on the disk.
        sweep: Whether to look for what a killed process left beside it.

    Raises:
        FileExistsError: Something is there, and only a `new` file was wanted.
        OSError: It could not be written; what was there is as it was.
    """
    with AtomicFile(Path(os.path.realpath(path)), sweep=sweep) as file:
        with os.fdopen(file.handle, "wb") as opened:
            opened.write(data)
        file.keep(mode=mode, new=new, durable=durable)


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


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder for temporary files that nobody else can read, and remove it in the end.

    Raises:
        OSError: It cannot be made anywhere.
    """
    import shutil

    folder, lock = _made_folder()
    try:
        yield folder
    finally:
        if lock is not None:
            os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)
        _remove_if_empty()


def _made_folder() -> tuple[Path, int | None]:
    from tempfile import mkdtemp

    try:
        temporary().mkdir(mode=0o700, exist_ok=True)
        folder = Path(mkdtemp(prefix=_FOLDER, dir=temporary()))
    except OSError:
        folder = Path(mkdtemp(prefix=_FOLDER))
    # Locked before it is there under its name, or it would be taken for one that nobody holds.
    making = folder / f"{_LOCK}.new"
    handle = os.open(making, os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
    lock = _locked(handle)
    os.close(handle)
    making.rename(folder / _LOCK)
    return folder, lock


def sweep() -> None:
    """Remove what processes left behind that were killed, wherever they noted it."""
    if sys.platform == "win32":
        return
    with suppress(OSError, RuntimeError):  # nobody has a home
        places = {home() / "temporary", _system()}
        found = [entry for place in places for entry in _leavings(place)]
        for path in found:
            if path.is_symlink():
                left = Path(os.readlink(path))  # noqa: PTH115 - it may be gone
                if left.name != _partial(path.name.removeprefix(_FOLDER)):
                    continue  # somebody's link that happens to be called so
                given_up = not left.exists() and time() - path.lstat().st_mtime > _MAKING
                if given_up or _swept(left):
                    path.unlink()
            elif (path / _LOCK).exists() and _swept(path / _LOCK):
                import shutil

                shutil.rmtree(path, ignore_errors=True)
        _remove_if_empty()


def _leavings(place: Path) -> list[Path]:
    """Return our temporary folders and notes in a folder, which may hold those of others too."""
    try:
        with os.scandir(place) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.name.startswith(_FOLDER)
                and entry.stat(follow_symlinks=False).st_uid == os.geteuid()
            ]
    except OSError:
        return []


def _remove_if_empty() -> None:
    with suppress(OSError):  # others are at work in it
        (home() / "temporary").rmdir()


def _noted(path: Path) -> Path | None:
    """Note where a file is that a killed process would leave behind; return the note."""
    try:
        with suppress(FileExistsError):
            temporary().mkdir(mode=0o700)
        note = temporary() / f"{_FOLDER}{path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)}"
        note.symlink_to(path.absolute())
    except (OSError, RuntimeError):  # then only who writes in that folder next finds it
        return None
    return note


def _install_new(ready: Path, target: Path) -> None:
    """Give a file its name only if nothing has it yet."""
    if os.name == "nt":
        ready.rename(target)  # there it fails if something is in its place
        return
    try:
        os.link(ready, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError from None
        ready.rename(target)
    else:
        ready.unlink()


def _sweep_files(folder: Path) -> None:
    """Remove what processes left behind in a folder that were killed."""
    if sys.platform == "win32":
        return
    for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        _swept(path)


def _swept(path: Path) -> bool:
    """Remove a file unless a process holds it; return whether it is gone."""
    import fcntl

    with suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
        return True
    return False
