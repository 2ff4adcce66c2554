"""How much memory a check may take, where somebody has said so."""

from __future__ import annotations

import os
import re

from mesocare.errors import TableError

MEMORY_VARIABLE = "MESOCARE_MEMORY_LIMIT"
_AMOUNT = re.compile(r"([1-9][0-9]{0,8}) ?([KMGT])(i?)B", re.IGNORECASE | re.ASCII)


def memory_allowed() -> int | None:
    """Return the bytes that `MESOCARE_MEMORY_LIMIT` allows; `None` where it is not set.

    Raises:
        TableError: What is set is no amount of memory.
    """
    text = os.environ.get(MEMORY_VARIABLE, "").strip()
    if not text:
        return None
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise TableError(
            f"{MEMORY_VARIABLE} is {text!r}, which is no amount of memory",
            f"Set it for example to: {MEMORY_VARIABLE}=2GB",
        )
    unit: int = (1024 if match[3] else 1000) ** (" KMGT".index(match[2].upper()))
    return int(match[1]) * unit
