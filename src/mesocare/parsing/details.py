"""Words for what was injected and who was treated."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mesocare.errors import DetailError
from mesocare.parsing.names import exact_key, names, singular
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.core.model import Detail, RuleSet
    from mesocare.parsing.lexicon import Lexicon

# By a kind, what one of it is.
_CALLED = {"with": "substance", "about": "factor"}


class DetailNames:
    """What the details of one kind are called.

    Args:
        kind: `with` or `about`.
        rules: The rule set.
    """

    def __init__(self, kind: str, rules: RuleSet) -> None:
        self._kind = kind
        self._rules = rules
        self._known = [each for each in rules.details().values() if each.kind == kind]
        self._owners = {
            key: each for each in self._known for key in names(each.id, each.label, each.aliases)
        }

    def find(self, said: Iterable[str]) -> tuple[Detail, ...]:
        """Return what words name, each once.

        Raises:
            DetailError: A word names none; the hint has the closest names.
        """
        found: dict[str, Detail] = {}
        for words in said:
            detail = self._owners.get(exact_key(words)) or self._understood(words)
            if detail is None:
                raise self.unknown(words)
            found[detail.id] = detail
        return tuple(found.values())

    def _understood(self, words: str) -> Detail | None:
        """Return what words name in another form, in a sentence or with a slip of the key.

        Every word has to be accounted for, so that `not pregnant` names nothing.
        """
        joined = {key.replace(" ", ""): detail for key, detail in self._owners.items()}
        if detail := joined.get(exact_key(words).replace(" ", "")):
            return detail  # in one word, or in several
        known, vocabulary = self._names
        read: set[str] = set()
        for word in self._plain(words):
            near = [word]
            if word not in vocabulary | self._question:
                near = self._lexicon.near(word, " ".join(sorted(vocabulary)), same_start=True)
            if len(near) != 1:
                return None
            read.add(near[0])
        meant = {
            each.id: each for name, each in known.items() if name <= read <= name | self._question
        }
        return next(iter(meant.values())) if len(meant) == 1 else None

    @cached_property
    def _lexicon(self) -> Lexicon:
        from mesocare.parsing.lexicon import Lexicon

        return Lexicon(self._rules.tables())

    @cached_property
    def _question(self) -> frozenset[str]:
        """The words of a question that say nothing of what is asked about."""
        return frozenset(self._lexicon.activities["question"].split())

    @cached_property
    def _names(self) -> tuple[dict[frozenset[str], Detail], frozenset[str]]:
        """The names by their words, and all of these."""
        known = {self._plain(name): detail for name, detail in self._owners.items()}
        return known, frozenset().union(*known)

    def _plain(self, text: str) -> frozenset[str]:
        """Return the words of a text in their one form."""
        return frozenset(map(singular, self._lexicon.bases(self._lexicon.words(text))))

    def unknown(self, words: str) -> DetailError:
        """Return the error that some words name none, with the closest names."""
        close = dict.fromkeys(
            self._owners[each].id for each in closest(exact_key(words), self._owners, 3)
        )
        meant = f"Did you mean: {', '.join(close)}? " if close else ""
        return DetailError(
            self._kind,
            f"{words!r} is an unknown {_CALLED[self._kind]}",
            f"{meant}Known: {', '.join(each.id for each in self._known)}.",
            f"--{self._kind} {words!r} is unknown",
        )


def parted(said: Iterable[str]) -> list[str]:
    """Return the single words of some, each of one or of several with `;` or `,` between them."""
    parts = (part.strip() for each in said for part in each.replace(";", ",").split(","))
    return [part for part in parts if part]


def find_details(said: Iterable[str], kind: str, rules: RuleSet) -> tuple[Detail, ...]:
    """Return what words name, each once.

    Args:
        said: Words, each of one substance or factor, or of several with `;` or `,` between them.
        kind: `with` or `about`.
        rules: The rule set.

    Raises:
        DetailError: A word names none; the hint has the closest names.
    """
    words = parted(said)
    return DetailNames(kind, rules).find(words) if words else ()


def unusable(kind: str, ids: Sequence[str], type_: str | None, rules: RuleSet) -> str:
    """Return why ids cannot be taken for those of details, after a type if one is given.

    Empty if they can.
    """
    known = [each.id for each in rules.details().values() if each.kind == kind] if ids else []
    if not set(ids) <= set(known):
        return ", ".join(known)
    try:
        if type_ is not None:
            details_of(type_, find_details(ids, kind, rules), rules)
    except DetailError as error:
        return error.message
    return ""


def details_of(type_: str, given: Iterable[Detail], rules: RuleSet) -> tuple[Detail, ...]:
    """Return all that bears on a treatment, each once.

    That is what was given, and what is always injected with a treatment of its type.

    Raises:
        DetailError: Two exclude each other, or one does not go with the type.
    """
    always = find_details(rules.types[type_].injected, "with", rules)
    every = {each.id: each for each in (*always, *given)}
    for each in every.values():
        if clash := every.keys() & set(each.excludes):
            why = f"{each.id} and {', '.join(sorted(clash))} exclude each other"
            raise DetailError(each.kind, why, "Give what was done, and leave the other out.")
        if each.types and type_ not in each.types:
            why = f"{each.id} does not go with a {type_} treatment"
            raise DetailError(each.kind, why, f"It goes with: {', '.join(each.types)}.")
    return tuple(every.values())
