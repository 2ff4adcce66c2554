"""The word tables of a rule set: packed small, and each read only once it is needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from mesocare.parsing.names import singular
from mesocare.parsing.normal_form import normal_form
from mesocare.parsing.packing import unpacked
from mesocare.parsing.spelling import near, slips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mesocare.core.model import RuleSet

STAR = "*"
# Starred words are found by this many of their first letters.
_INDEXED = 2
Phrase = tuple[str, ...]
Plain = dict[str, Any]
Reader = TypeVar("Reader")
MOST_KEPT = 8


def kept(made: dict[str, Reader], rules: RuleSet, make: Callable[[], Reader]) -> Reader:
    """Return what was made of a rule set before, or make it; a few are kept."""
    key = rules.identity.sha256
    if key not in made:
        if len(made) >= MOST_KEPT:
            made.clear()
        made[key] = make()
    return made[key]


class Lexicon:
    """What `rules.compiler.words` made of the word lists; each table is read when it is used."""

    def __init__(self, tables: Mapping[str, str]) -> None:
        self._tables = tables

    @cached_property
    def _forms(self) -> Plain:
        found: Plain = unpacked(self._tables["forms"])
        return found

    @cached_property
    def lemmas(self) -> dict[str, str]:
        """From a word's form to the word."""
        found: dict[str, str] = unpacked(self._tables["lemmas"])
        return found

    @cached_property
    def activities(self) -> Plain:
        """The tables by which activities are read."""
        found: Plain = unpacked(self._tables["activities"])
        return found

    @cached_property
    def signs(self) -> Plain:
        """The tables by which signs are read."""
        found: Plain = unpacked(self._tables["signs"])
        return found

    @cached_property
    def english(self) -> frozenset[str]:
        """Words that are no slip of another, though they look like one."""
        return frozenset(unpacked(self._tables["english"]).split())

    def words(self, text: str) -> list[str]:
        """Return the words of a text in their one form."""
        return normal_form(text, self._forms["spellings"], self._forms["joined"])

    def bases(self, words: Iterable[str]) -> list[str]:
        """Return words without what inflection added to them."""
        return [self.lemmas.get(word) or self.lemmas.get(singular(word)) or word for word in words]

    def near(self, word: str, vocabulary: str, *, same_start: bool) -> list[str]:
        """Return the words of a vocabulary that a slip may have made this one.

        None for a word that is short or exists in English.

        Args:
            word: What was typed.
            vocabulary: The words, apart by blanks.
            same_start: Whether the first letter has to be right.
        """
        if not (word.isalpha() and slips(word)) or word in self.english:
            return []
        found = near(word, vocabulary)
        return [other for other in found if other[0] == word[0]] if same_start else found


def indexed(phrases: Iterable[tuple[str, Sequence[str]]]) -> Plain:
    """Return phrases, each with its name, as a table that `Phrases` reads."""
    found: Plain = {"literal": {}, "starred": {}}
    for name, phrase in phrases:
        starred = phrase[0].endswith(STAR)
        first = phrase[0][:_INDEXED] if starred else phrase[0]
        entries = found["starred" if starred else "literal"].setdefault(first, [])
        entry = f"{name}|{' '.join(phrase)}"
        if entry not in entries:
            entries.append(entry)
    return found


class Phrases:
    """Phrases found in a text; a star stands for any ending of a word."""

    def __init__(self, table: Plain) -> None:
        self._literal: dict[str, list[str]] = table["literal"]
        self._starred: dict[str, list[str]] = table["starred"]

    def found(self, words: Sequence[Phrase]) -> Iterator[tuple[str, range]]:
        """Yield the name of each phrase that is there, and where.

        A word may have several readings.
        """
        for at, readings in enumerate(words):
            for reading in readings:
                for entry in (
                    *self._literal.get(reading, ()),
                    *self._starred.get(reading[:_INDEXED], ()),
                ):
                    name, _, text = entry.partition("|")
                    first, *rest = text.split()
                    end = at + 1 + len(rest)
                    if (
                        end <= len(words)
                        and _fits(first, reading)
                        and all(
                            any(_fits(pattern, each) for each in words[at + n])
                            for n, pattern in enumerate(rest, start=1)
                        )
                    ):
                        yield name, range(at, end)

    def covered(self, words: Sequence[Phrase]) -> set[int]:
        """Return the places that any of the phrases covers."""
        return {place for _, where in self.found(words) for place in where}


def _fits(pattern: str, word: str) -> bool:
    return word.startswith(pattern[:-1]) if pattern.endswith(STAR) else word == pattern
