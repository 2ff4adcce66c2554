"""Text that came from outside, made fit for a screen, a sentence or a spreadsheet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What makes a spreadsheet take a cell for a formula: one of the signs, full-width ones too, behind
# any blanks; and a control character, behind which some programs look for one. Python and DuckDB
# read this pattern alike.
_BLANKS = "\t\n\v\f\r \x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
FORMULA = rf"^(?:[\t\r\n]|[{_BLANKS}]*[=+\-@＝＋－＠])"
is_formula = re.compile(FORMULA).match


def without_formula(cell: str) -> str:
    """Return a cell that no spreadsheet runs: one that it would begins with an apostrophe."""
    return f"'{cell}" if is_formula(cell) else cell


# What turns the order of all that follows on a line, and blanks that nobody sees. Other format
# characters join letters of a word or of an emoji, and belong to it.
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff")


def is_shown(text: str) -> bool:
    """Whether a terminal shows all of a text, in one line, and obeys none of it."""
    return text.isprintable() or all(map(_is_shown, text))


def _is_shown(letter: str) -> bool:
    from unicodedata import category  # hardly any text needs it

    return letter.isprintable() or (category(letter) == "Cf" and letter not in _HIDDEN)


def printable(text: str) -> str:
    """Return a text in which everything that a terminal would obey or hide is spelt out."""
    if text.isprintable():
        return text
    return "".join(
        letter if _is_shown(letter) else letter.encode("unicode_escape", "replace").decode()
        for letter in text
    )


def shell_quoted(text: str) -> str:
    """Return a text as it is typed in a shell: one word that runs nothing, whatever is in it."""
    from shlex import quote

    return quote(printable(text))


def folded(text: str) -> str:
    """Return the letters and digits of a text alone: without case, accents, blanks and signs."""
    from unicodedata import combining, normalize

    letters = normalize("NFKD", text.casefold().replace("\u0111", "d"))
    return "".join(each for each in letters if each.isalnum() and not combining(each))


def lower_first(text: str) -> str:
    """Return a label as it reads inside a sentence; abbreviations keep their capitals."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def closest(wanted: str, names: Iterable[str], most: int = 1, likeness: float = 0.6) -> list[str]:
    """Return the names spelled most like what was wanted, the closest first.

    Args:
        wanted: What was given; case counts.
        names: What is possible.
        most: How many to return at most.
        likeness: From 0 to 1, how alike two spellings have to be.
    """
    from difflib import get_close_matches  # only a mistake pays for loading it

    return get_close_matches(wanted, list(names), most, likeness)
