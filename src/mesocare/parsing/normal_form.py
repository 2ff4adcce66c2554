"""What was typed, in one form: lower case, one spelling, `can't` and `unable to` alike.

Nothing is thrown away: what a word may be ignored for is a rule of `data/words/`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# Stands for punctuation that ends a clause.
BREAK = "|"
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\u00b4\u0060\uff07", "''''''")
_PART = re.compile(r"\d+[.,]\d+|[^\W_]+(?:'[^\W_]+)*|[,;:.!?/()&+\n]")
_ENDINGS = ("'s", "'m", "'re", "'ve", "'ll", "'d")
_WRITTEN_OUT = {"&": "and", "+": "and", "/": "or"}
# From izing to ising, but not in short words, such as size.
_AMERICAN = re.compile(r"^(\w{3,})iz(e|ed|es|er|ers|ing|ation|ations)$")


def split(text: str) -> list[str]:
    """Return the words and the breaks between clauses, in lower case and with one apostrophe."""
    import unicodedata  # an exact name does without it

    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()
    return [
        _WRITTEN_OUT.get(part, BREAK if not part[0].isalnum() else part)
        for part in _PART.findall(plain)
    ]


def normal_form(
    text: str, spellings: Sequence[Sequence[str]], joined: Mapping[str, Iterable[Sequence[str]]]
) -> list[str]:
    """Return the words of a text in one form.

    Args:
        text: What was typed.
        spellings: Pairs of beginnings: what a word may begin with, and what is read for it.
        joined: By a first word: the words that go on from it, and last what is read for all.
    """
    words = split(text)
    found: list[str] = []
    at = 0
    while at < len(words):
        length, read = _joined(words, at, joined)
        found.append(_spelled(read, spellings))
        at += length
    return [word for word in found if word]


def _joined(
    words: Sequence[str], at: int, joined: Mapping[str, Iterable[Sequence[str]]]
) -> tuple[int, str]:
    """Return how many words from here are read as one, and as which; the longest way first."""
    best = (1, _bare(words[at]))
    for *rest, read in joined.get(words[at], ()):
        end = at + 1 + len(rest)
        if len(rest) + 1 >= best[0] and list(words[at + 1 : end]) == rest:
            best = (len(rest) + 1, read)
    return best


def _bare(word: str) -> str:
    """Return a word without what an apostrophe adds to it."""
    if "'" not in word:
        return word
    if word.endswith("n't"):
        return "not"
    for ending in _ENDINGS:
        word = word.removesuffix(ending)
    return word.replace("'", "")


def _spelled(word: str, spellings: Sequence[Sequence[str]]) -> str:
    for theirs, ours in spellings:
        if word.startswith(theirs):
            word = ours + word[len(theirs) :]
            break
    return _AMERICAN.sub(r"\1is\2", word) if "iz" in word else word
