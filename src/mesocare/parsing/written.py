"""Words -> what is written under them in a rule set: an item or group, a detail, what comes before.

For who reads a rule set. One word may name several of them; which leads, and what else there is, is
told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Detail, Group, Item, Preparation
from mesocare.errors import ActivityError
from mesocare.parsing.activities import find
from mesocare.parsing.names import exact_key, names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.core.model import RuleSet

Named = Item | Group | Detail | Preparation

BEFORE = "before"


class Written(NamedTuple):
    """What words name: what leads, and what else goes by them, each with what to type for it."""

    first: Named
    others: tuple[str, ...]


def find_written(words: Sequence[str], rules: RuleSet) -> Written:
    """Return what words name.

    The id of an item or group goes before everything, then that of a detail or of something to
    leave out before a treatment; then their other words, in the same order. `with`, `about` or
    `before` as the first word says which is meant.

    Raises:
        ActivityError: They name nothing, or several activities.
    """
    kinds = _by_kind(rules)
    if len(words) > 1 and words[0] in kinds and (found := _named(words[1:], kinds[words[0]])):
        return Written(found[0], ())
    # Each with what to type for it.
    known = [
        (f"{kind} {each.id}", each) for kind, of in kinds.items() for each in _named(words, of)
    ]
    first = _first(words, [each for _, each in known], rules)
    others = [typed for typed, each in known if each is not first]
    owner = rules.names.get(exact_key(" ".join(words)))
    if owner is not None and not isinstance(first, Item | Group):
        others.insert(0, owner)
    return Written(first, tuple(others))


def _by_kind(rules: RuleSet) -> dict[str, list[Detail] | list[Preparation]]:
    details = rules.details().values()
    return {
        "with": [each for each in details if each.kind == "with"],
        "about": [each for each in details if each.kind == "about"],
        BEFORE: list(rules.before().leave_out.values()),
    }


def _first(words: Sequence[str], known: Sequence[Detail | Preparation], rules: RuleSet) -> Named:
    """Return what leads among what goes by some words."""
    key = exact_key(" ".join(words))
    is_id = any(exact_key(id_) == key for id_ in (*rules.items, *rules.groups))
    exact = [each for each in known if exact_key(each.id) == key]
    if exact and not is_id:
        return exact[0]
    try:
        return find(words, rules)
    except ActivityError:
        if not known:
            raise
        return known[0]


def _named(
    words: Sequence[str], known: Iterable[Detail | Preparation]
) -> list[Detail | Preparation]:
    key = exact_key(" ".join(words))
    return [each for each in known if key in names(each.id, each.label, each.aliases)]
