"""Ingredient names in one form, by which they are compared: as wholes, never by a part.

Case, blanks, dashes, dots and accents make no difference, nor do British spellings; letters and
digits do, and so does the slash. With the blanks gone a name is the same that a label has broken
at the end of a line, or run together.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mesocare.text import folded as letters

_SPELLED = (
    ("sulph", "sulf"),
    ("aluminium", "aluminum"),
    ("colour", "color"),
    ("lysed", "lyzed"),
)
_COLOUR_INDEX = r"c[il1]([0-9oil]{5})"
_DIGITS = str.maketrans("oil", "011")
_LETTERS = str.maketrans("01", "ol")
_GLUED = r"(?i)(?<=[a-z])[0-9]{1,2}(?=[\s,/)]|$)"


@lru_cache(maxsize=2_048)
def folded(name: str) -> str:
    """Return what a name is compared by."""
    key = "/".join(map(letters, name.split("/"))) if "/" in name else letters(name)
    for theirs, ours in _SPELLED:
        if theirs in key:
            key = key.replace(theirs, ours)
    return key


def misread(key: str) -> list[str]:
    """Return what a camera or a scanner may have made a folded name of: `cl77492`, `30ethyl`."""
    found = []
    colour = re.fullmatch(_COLOUR_INDEX, key) if key[:1] == "c" else None
    if colour is not None:
        found.append("ci" + colour[1].translate(_DIGITS))
    if not key.isalpha():
        found.append(key.translate(_LETTERS))
        found += [
            key[: match.start()] + "o" + key[match.end() :] for match in re.finditer("0", key)
        ]
    return [each for each in found if each != key]


def without_notes(name: str) -> str | None:
    """Return a name without footnote numbers glued to its words; `None` if it has none.

    `Polysorbate 603` keeps its number, for nobody can tell 60 and a note from 603.
    """
    if not any(map(str.isdigit, name)):
        return None
    bare = re.sub(_GLUED, "", name)
    return None if bare == name else bare
