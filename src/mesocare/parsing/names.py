"""Exact names: what an item, a group or a sign is found by to the letter. Quick, and used first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")
# Shorter words end in `s` by nature: gas, bus.
_SHORTEST_PLURAL = 4


def exact_key(text: str) -> str:
    """Return what an exact name is compared by: its words in lower case and in the singular."""
    words = _WORD.findall(text.casefold().replace("'", "").replace("\u2019", ""))
    return " ".join(map(singular, words))


def singular(word: str) -> str:
    """Return an approximate singular; both sides of a comparison go through it."""
    if len(word) > _SHORTEST_PLURAL and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > _SHORTEST_PLURAL and word.endswith(("shes", "ches", "sses", "xes", "zes")):
        return word[:-2]
    if (
        len(word) >= _SHORTEST_PLURAL
        and word.endswith("s")
        and not word.endswith(("ss", "us", "is"))
    ):
        return word[:-1]
    return word


def names(id_: str, label: str, aliases: Iterable[str]) -> set[str]:
    """Return the exact names by which something is found."""
    return {exact_key(each) for each in (id_, label, *aliases)} - {""}
