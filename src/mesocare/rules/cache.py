"""A compiled rule set kept between runs, keyed by its content and by the code that compiled it.

What comes with mesocare is compiled when a wheel is built and lies in it. Anything else is compiled
once and kept in a folder of its owner's: such a file decides verdicts, so it is read only where
nobody else could have written it. A file is plain data with a digest of itself. One that is
damaged, foreign, planted, stale, unreadable or cannot be written costs the time to compile again
and nothing else, so every fault here is silent.
"""

from __future__ import annotations

import json
import os
import stat
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesocare.files import AtomicFile, absolute, named

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FILES = 8
RULES, WORDS = "rules", "words"
KINDS = (RULES, WORDS)
LARGEST = 16 * 1024 * 1024
# Where all that a compiled rule set depends on besides its content is written.
CODE = (
    "rules", "parsing", "core/model.py", "core/products.py", "core/signs.py", "core/timespan.py",
    "text.py",
)  # fmt: skip

_PACKAGE = Path(__file__).resolve().parents[1]
_SHIPPED = "compiled"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DIRECTORY = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_HAS_OWNERS = hasattr(os, "geteuid")
_left_alone: ContextVar[bool] = ContextVar("left_alone", default=False)


def directory() -> Path:
    """Return where compiled rule sets are kept; `MESOCARE_CACHE_DIR` overrides it."""
    override = os.environ.get("MESOCARE_CACHE_DIR")
    if override:
        return named(override)
    from platformdirs import user_cache_path

    return absolute(user_cache_path("mesocare", appauthor=False, opinion=False), ".cache")


@contextmanager
def left_alone() -> Iterator[None]:
    """Let nothing compiled be read or kept: for whoever checks the files themselves."""
    token = _left_alone.set(True)
    try:
        yield
    finally:
        _left_alone.reset(token)


def read(digest: str, kind: str = RULES) -> dict[str, Any] | None:
    """Return the plain values of a kind compiled from content of that digest, or `None`.

    With `MESOCARE_DEBUG`, as where the cache is left alone, there are none.
    """
    if _unused():
        return None
    try:
        # What lies beside the code needs no digest of it: whoever changes the one has the other.
        shipped = _opened(_shipped(kind), _key(digest, kind, _SHIPPED))
        return shipped or _opened(_kept(digest, kind), _key(digest, kind, code()))
    except (OSError, ValueError, RuntimeError):
        return None


def write(digest: str, plain: dict[str, Any], kind: str = RULES) -> None:
    """Keep compiled values of a kind, for this user only; a file appears whole or not at all."""
    if _unused():
        return
    try:
        folder = directory()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(_owned_folder(folder))
        # A link in its place is replaced, not written through.
        with AtomicFile(folder / _name(digest, kind)) as file:
            with os.fdopen(file.handle, "wb") as opened:
                opened.write(_sealed(_key(digest, kind, code()), plain))
            file.keep(durable=False)
        _discard_oldest(folder)
    except (OSError, RuntimeError):
        return


def ship(folder: Path, digest: str, plain: dict[str, Any], kind: str) -> Path:
    """Write what comes with the package; return the file, to be called the same in `compiled/`."""
    path = folder / f"{kind}.json"
    path.write_bytes(_sealed(_key(digest, kind, _SHIPPED), plain))
    return path


@cache
def code(package: Path = _PACKAGE) -> str:
    """Return what tells the code that compiles from any other.

    By the size and the time of change of its files, as Python tells whether its own bytecode holds.

    Raises:
        OSError: It cannot be looked at.
    """
    files = []
    for part in CODE:
        place = package / part
        walked = os.walk(place) if place.is_dir() else [(str(place.parent), [], [place.name])]
        for folder, _, names in walked:
            for name in names:
                if name.endswith(".py"):
                    path = f"{folder}{os.sep}{name}"
                    status = os.stat(path)  # noqa: PTH116 - every start of the program pays for it
                    known = path[len(str(package)) :]
                    files.append((known, status.st_size, status.st_mtime_ns))
    return sha256(repr(sorted(files)).encode()).hexdigest()


def _unused() -> bool:
    return _left_alone.get() or bool(os.environ.get("MESOCARE_DEBUG"))


def _name(digest: str, kind: str) -> str:
    return f"{kind}-{_key(digest, kind, code())[:32]}.json"


def _key(digest: str, kind: str, by: str) -> str:
    return sha256(f"{kind} {digest} {by}".encode()).hexdigest()


def _sealed(key: str, plain: dict[str, Any]) -> bytes:
    payload = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    return _seal(key, payload) + b"\n" + payload


def _seal(key: str, payload: bytes) -> bytes:
    """Return the digest that ties a payload to the content and the code it was compiled by."""
    return sha256(key.encode() + b" " + payload).hexdigest().encode()


def _shipped(kind: str) -> int | None:
    """Open what came with the package, which is as trusted as the code beside it."""
    try:
        return os.open(_PACKAGE / _SHIPPED / f"{kind}.json", _FILE)
    except FileNotFoundError:  # a checkout
        return None


def _kept(digest: str, kind: str) -> int | None:
    """Open what was kept by a run before, if nobody else can have written it."""
    folder, name = directory(), _name(digest, kind)
    if not _HAS_OWNERS:  # there a home is closed to others
        return os.open(folder / name, _FILE)
    owned = _owned_folder(folder)
    try:
        return _owned(os.open(name, _FILE, dir_fd=owned))
    finally:
        os.close(owned)


def _owned_folder(folder: Path) -> int:
    """Open a folder of this user's alone, itself and not what a link leads to."""
    return _owned(os.open(folder, _DIRECTORY))


def _owned(handle: int) -> int:
    """Return a handle of what this user owns and nobody else may write; close any other."""
    status = os.fstat(handle)
    if _HAS_OWNERS and (status.st_uid != os.geteuid() or status.st_mode & _OTHERS_WRITE):
        os.close(handle)
        raise PermissionError
    return handle


def _opened(handle: int | None, key: str) -> dict[str, Any] | None:
    """Return what an open file holds; `None` if that is not what was written for this content."""
    if handle is None:
        return None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            return None
        seal, _, payload = file.read(LARGEST).partition(b"\n")
    if seal != _seal(key, payload):
        return None
    plain = json.loads(payload)
    return plain if isinstance(plain, dict) else None


def _discard_oldest(folder: Path) -> None:
    for kind in KINDS:
        kept = sorted(folder.glob(f"{kind}-*.json"), key=lambda each: each.lstat().st_mtime)
        for path in kept[:-MOST_FILES]:
            path.unlink(missing_ok=True)
