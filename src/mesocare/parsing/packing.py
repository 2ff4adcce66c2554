"""Plain values as short texts, which cost next to nothing until they are asked for."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any
from zlib import compress, decompress


def packed(value: object) -> str:
    """Return a plain value as a short text."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return b64encode(compress(text.encode())).decode()


def unpacked(text: str) -> Any:
    """Return the plain value that was packed.

    Raises:
        ValueError: It is no packed value.
    """
    return json.loads(decompress(b64decode(text)))
