"""Questions on a terminal: shown on standard error, answered line by line."""

from __future__ import annotations

import sys

LONGEST_ANSWER = len(" yes")


def line(question: str) -> str:
    """Show a question and return what is typed; nothing if it is skipped.

    Raises:
        EOFError: Nobody answers any more.
    """
    say(f"\n{question}", end=" ")
    typed = sys.stdin.buffer.readline() if sys.stdin is not None else b""
    if not typed:
        say("")
        raise EOFError
    return typed.decode(errors="replace").strip()


def say(text: str, end: str = "\n") -> None:
    """Write to standard error, wrapped; standard output is for the answer."""
    from mesocare.render.text.plain import wrapped

    if sys.stderr is not None:
        sys.stderr.write(wrapped(text, 0 if end == "\n" else LONGEST_ANSWER) + end)
        sys.stderr.flush()
