"""A compiled rule set kept between runs, keyed by the content it was compiled from.

The file is plain data with a digest of itself. One that is damaged, foreign, unreadable or cannot
be written costs the time to compile again and nothing else, so every fault here is silent.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from mesocare import files

# Raised whenever `build` reads something that older compiled files do not have.
FORMAT = 8
MOST_FILES = 8
RULES, WORDS = "rules", "words"
LARGEST = 16 * 1024 * 1024


def directory() -> Path:
    """Return where compiled rule sets are kept; `MESOCARE_CACHE_DIR` overrides it."""
    override = os.environ.get("MESOCARE_CACHE_DIR")
    if override:
        return Path(override)
    from platformdirs import user_cache_path

    return user_cache_path("mesocare", appauthor=False, opinion=False)


def read(digest: str, kind: str = RULES) -> dict[str, Any] | None:
    """Return the plain values of a kind compiled from content of that digest, or `None`."""
    try:
        path = _path(digest, kind)
        if path.stat().st_size > LARGEST or not path.is_file():
            return None
        own_digest, _, payload = path.read_bytes().partition(b"\n")
        if own_digest.decode() != _seal(f"{kind} {digest}", payload):
            return None
        plain = json.loads(payload)
    except (OSError, ValueError, RuntimeError):
        return None
    return plain if isinstance(plain, dict) else None


def write(digest: str, plain: dict[str, Any], kind: str = RULES) -> None:
    """Keep compiled values of a kind; a file appears whole or not at all."""
    payload = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    try:
        path = _path(digest, kind)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        sealed = _seal(f"{kind} {digest}", payload).encode() + b"\n" + payload
        files.write(path, sealed, durable=False)
        _discard_oldest(path.parent)
    except (OSError, RuntimeError):
        return


def _path(digest: str, kind: str) -> Path:
    return directory() / f"{kind}-{FORMAT}-{digest[:32]}.json"


def _seal(digest: str, payload: bytes) -> str:
    """Return the digest that ties a payload to the content it was compiled from."""
    return sha256(f"{FORMAT} {digest} ".encode() + payload).hexdigest()


def _discard_oldest(folder: Path) -> None:
    for kind in (RULES, WORDS):
        kept = sorted(folder.glob(f"{kind}-*.json"), key=lambda each: each.stat().st_mtime)
        for path in kept[:-MOST_FILES]:
            path.unlink(missing_ok=True)
