"""What kind of product a label is on: as somebody said, or as its words tell."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import MesocareError
from mesocare.text import closest, folded

if TYPE_CHECKING:
    from mesocare.core.products import Kind
    from mesocare.parsing.labels.ingredients import Reading

_WORDS = r"[^\W_]+"


class KindReading(NamedTuple):
    """What kind of product it is taken for, and how that was told.

    Attributes:
        kinds: The kinds; none if nothing tells.
        given: Whether it was given, not guessed.
        words: The words of the label that tell it.
    """

    kinds: tuple[Kind, ...]
    given: bool
    words: tuple[str, ...]


def kind_of(reading: Reading, kind: str | None) -> KindReading:
    """Return what kind of product it is taken for: as given, else as the label's words say.

    Raises:
        MesocareError: There is no such kind.
    """
    products = reading.products
    if kind is not None:
        known = products.kinds.get(kind.strip().casefold())
        if known is None:
            close = closest(kind, products.kinds) or ["cream"]
            message = f"unknown kind of product {kind!r}; known: {', '.join(products.kinds)}"
            raise MesocareError(message, f"Type for example: --kind {close[0]}")
        return KindReading((known,), given=True, words=())
    kinds, words = guessed(reading)
    return KindReading(kinds, given=False, words=words)


def guessed(reading: Reading) -> tuple[tuple[Kind, ...], tuple[str, ...]]:
    """Return the kinds that the words of a label tell, those before the list first of all."""
    for text in (reading.label.before, reading.label.after):
        if not text.strip():
            continue
        line = f" {' '.join(_plain(text))} "
        found: dict[str, tuple[Kind, str]] = {}
        # The longest words first: a peel-off mask is no peel.
        for wanted, kind, words in _kind_words(tuple(reading.products.kinds.values())):
            if wanted in line:
                found.setdefault(kind.id, (kind, words))
                line = line.replace(wanted, " | ")
        if found:
            return tuple(each for each, _ in found.values()), tuple(w for _, w in found.values())
    return (), ()


@lru_cache(maxsize=4)
def _kind_words(kinds: tuple[Kind, ...]) -> list[tuple[str, Kind, str]]:
    """Return the words that tell a kind, as they are looked for, the longest first."""
    found = [
        (f" {' '.join(_plain(words))} ", kind, words) for kind in kinds for words in kind.words
    ]
    return sorted(found, key=lambda each: -len(each[0]))


def _plain(text: str) -> list[str]:
    return [folded(word) for word in re.findall(_WORDS, text)]
