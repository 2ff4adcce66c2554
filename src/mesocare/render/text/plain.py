"""Plain text in lines that fit the screen, for a message that has no page of its own."""

from __future__ import annotations

import shutil
import textwrap

_NARROWEST, _WIDEST = 20, 100


def wrapped(text: str, spare: int = 0) -> str:
    """Return a plain text in lines that fit the screen, with some columns to spare."""
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST) - spare)
    return "\n".join(
        textwrap.fill(line, width, break_on_hyphens=False) for line in text.split("\n")
    )
