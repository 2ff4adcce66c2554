"""Words that are one slip of the key away: one letter more, less, other, or two exchanged."""

from __future__ import annotations

from functools import lru_cache
from string import ascii_lowercase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A word has to be this long to be a slip of another, and this long to be two slips from it.
SHORTEST, SHORTEST_FOR_TWO = 5, 9
# No word of ours is longer.
LONGEST = 24
# Two slips are looked for only among words that begin or end with these many of the same letters.
_SHARED = 3


def slips(word: str) -> int:
    """Return how many slips are forgiven in a word."""
    if not SHORTEST <= len(word) <= LONGEST:
        return 0
    return 2 if len(word) >= SHORTEST_FOR_TWO else 1


def near(word: str, vocabulary: str) -> list[str]:
    """Return the words of a vocabulary that a slip or, in a long word, two may have made this.

    Args:
        word: What was typed.
        vocabulary: The words, apart by blanks.
    """
    most = slips(word)
    if not most:
        return []
    known, by_end = _laid_out(vocabulary)
    found = dict.fromkeys(other for other in _one_away(word) if other in known)
    if most > 1:
        ends = (word[:_SHARED], word[-_SHARED:])
        candidates = (other for end in ends for other in by_end.get(end, ()))
        found |= dict.fromkeys(other for other in candidates if within(word, other, most))
    return list(found)


@lru_cache(maxsize=8)
def _laid_out(vocabulary: str) -> tuple[frozenset[str], dict[str, list[str]]]:
    """Return the words, and the long ones by how they begin and how they end."""
    words = frozenset(vocabulary.split())
    by_end: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= SHORTEST_FOR_TWO - 2:
            by_end.setdefault(word[:_SHARED], []).append(word)
            by_end.setdefault(word[-_SHARED:], []).append(word)
    return words, by_end


def _one_away(word: str) -> Iterator[str]:
    """Yield everything that one slip makes of a word, real or not."""
    for at in range(len(word) + 1):
        start, rest = word[:at], word[at:]
        yield start + rest[1:]
        if len(rest) > 1:
            yield start + rest[1] + rest[0] + rest[2:]
        for letter in ascii_lowercase:
            yield start + letter + rest
            yield start + letter + rest[1:]


def within(one: str, other: str, most: int) -> bool:
    """Whether two words are at most so many slips apart."""
    if abs(len(one) - len(other)) > most:
        return False
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return _distance(one, other) <= most


def _distance(one: str, other: str) -> int:
    """Return the fewest slips between two words (Damerau's distance, restricted)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        now = [i]
        for j, right in enumerate(other, start=1):
            cost = min(row[j] + 1, now[j - 1] + 1, row[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            now.append(cost)
        before, row = row, now
    return row[-1]
