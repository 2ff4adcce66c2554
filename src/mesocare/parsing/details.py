"""Words for what was injected and who was treated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.errors import DetailError
from mesocare.parsing.names import exact_key, names
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesocare.core.model import Detail, RuleSet

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
            key = exact_key(words)
            if key not in self._owners:
                raise self.unknown(words)
            found[self._owners[key].id] = self._owners[key]
        return tuple(found.values())

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
