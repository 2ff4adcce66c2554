"""Dates as people write them, brought into the forms that are read.

Nothing is guessed here: each rule turns one way of writing into another that means the same and
nothing else. What could mean two things is left as it is, to be refused with every reading.
"""

from __future__ import annotations

import re
import unicodedata

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
           "twelve")  # fmt: skip
_COUNT = re.compile(rf"\b(an?|{'|'.join(_COUNTS)})(?= [a-z]+ ago\b)")
_UNITS = {"min": "minute", "h": "hour", "hr": "hour", "d": "day", "wk": "week", "w": "week"}
_UNIT = re.compile(rf"\b(\d+) ?({'|'.join(_UNITS)})s? ago\b")
_HALF = re.compile(r"\b(\d\d?)\.(\d\d)(?= ?[ap]\.?m\b)")
_HOURS = re.compile(r"\b(\d\d?)h(\d\d)\b")
_NOON = re.compile(r"\b(?:noon|midday)\b")
# 25-Nov-2026, 25. November 2026, 25/nov/26
_JOINED = re.compile(
    r"\b(\d\d?)(?:(?:st|nd|rd|th)?[-/.]|\. )([a-z]{3,9})\b(?:\.? ?[-/.]? ?(\d{2,4})\b)?"
)
# A clock time before its day: 3pm yesterday, 14:30 on 25 Nov
_CLOCK_FIRST = re.compile(
    r"(?:at )?(\d\d?(?::\d\d){0,2} ?[ap]\.?m\.?|\d\d?(?::\d\d){1,2})(?: on)? ([a-z0-9].*)"
)


def plain(text: str) -> str:
    """Return a text in lower case and single blanks, its usual variants in the form that is read.

    Full-width letters and digits are those they stand for.
    """
    words = " ".join(unicodedata.normalize("NFKC", text).replace(",", " ").split()).lower()
    words = words.removeprefix("on ").replace("day before yesterday", "2 days ago")
    words = words.removeprefix("the ")
    words = _COUNT.sub(lambda found: str(_number(found[1])), words)
    words = _UNIT.sub(lambda found: f"{found[1]} {_UNITS[found[2]]} ago", words)
    words = _HALF.sub(r"\1:\2", words)
    words = _HOURS.sub(r"\1:\2", words)
    words = _NOON.sub("12:00", words)
    words = _JOINED.sub(lambda found: " ".join(filter(None, found.groups())), words)
    if found := _CLOCK_FIRST.fullmatch(words):
        words = f"{found[2]} {found[1]}"
    return words


def _number(word: str) -> int:
    return _COUNTS.index(word) + 1 if word in _COUNTS else 1
