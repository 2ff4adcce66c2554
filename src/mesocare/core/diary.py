"""The diary: what somebody felt, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime


SCORES = range(11)


class Entry(NamedTuple):
    """One line of the diary.

    Attributes:
        id: Its identity.
        sign: The reaction or red flag it is about; `None` for words the rule set does not know.
        words: What was typed.
        score: 0 (gone, not there) to 10; `None` for there, without a figure.
        temperature: The body temperature measured with it, in degrees Celsius.
        note: Anything else.
        at: When it was so, in UTC.
    """

    id: str
    sign: str | None
    words: str
    score: int | None
    temperature: float | None
    note: str | None
    at: datetime
