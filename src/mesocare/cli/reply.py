"""What a command has to say, and what of it has to be said even if nobody gets the answer."""

from __future__ import annotations

from typing import NamedTuple


class Reply(NamedTuple):
    """What a command has to say: text for standard output and the exit code.

    Attributes:
        text: The answer, as bytes where it is no text; `None` of a command that has written by
            itself. An empty one is a fault.
        exit_code: What the process ends with once it was delivered.
        done: What was changed by then: said where the text cannot be delivered, so that nobody
            does it twice.
        calls: Whom to call, likewise.
        is_data: Whether the text is data for another program: then it is UTF-8, whatever letters
            the terminal has.
    """

    text: str | bytes | None
    exit_code: int = 0
    done: str = ""
    calls: str = ""
    is_data: bool = False


def did(text: str) -> Reply:
    """Return the reply of a command that changed something, which its text says."""
    return Reply(text, done=text.strip())


def told(text: str) -> Reply:
    """Return the same for a text in lines that fit the screen."""
    from mesocare.render.text.plain import wrapped

    return did(f"{wrapped(text)}\n")
