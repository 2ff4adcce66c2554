"""How two rule sets differ in ingredients and their classes.

An ingredient that is restricted, or a class tied to one item more, is caution: it tightens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.products import Entry
from mesocare.rules.format.ingredients_tsv import RESTRICTING
from mesocare.rules.quality.changes import (
    LOOSENED,
    NEW,
    REMOVED,
    TIGHTENED,
    Move,
    direction_of_steps,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import RuleSet
    from mesocare.core.products import IngredientClass, Products

    Steps = list[tuple[float, str]]
    # An ingredient, and every name that leads to it.
    Named = tuple[Entry, frozenset[str]]

_ALWAYS = RESTRICTING[0]


def ingredient_moves(old: RuleSet, new: RuleSet) -> Iterator[Move]:
    """Yield what moved among ingredients and their classes."""
    if old.products == new.products:
        return
    before, after = old.products(), new.products()
    for id_ in dict.fromkeys([*after.classes, *before.classes]):
        was, now = before.classes.get(id_), after.classes.get(id_)
        if was is None or now is None:
            label = (was or after.classes[id_]).label
            yield Move("ingredient", id_, label, None, NEW if now else REMOVED, (), ("class",))
        elif steps := _class_steps(was, now):
            yield _move(id_, now.label, steps)
    olds, news = _named(before), _named(after)
    for each in dict.fromkeys([*news, *olds]):
        yield from _name(each[0], olds.get(each), news.get(each))


def _move(id_: str, label: str, steps: Steps) -> Move:
    words = tuple(text for _, text in steps if text)
    return Move("ingredient", id_, label, None, direction_of_steps(steps), (), words)


def _class_steps(was: IngredientClass, now: IngredientClass) -> Steps:
    steps = _come_and_gone("held to", was.items, now.items)
    steps += [(n, f"{text} on a mask") for n, text in _come_and_gone("held to", was.mask, now.mask)]
    if was.hair != now.hair:
        # What takes the place of others may be more or less than those.
        told = "as its kind" if now.hair is None else ", ".join(now.hair) or "nothing"
        steps += [(1, f"on hair held to {told}"), (-1, "")]
    if was.clinic != now.clinic:
        steps.append((1, "the clinic is asked") if now.clinic else (-1, "the clinic is not asked"))
    if (was.label, was.note) != (now.label, now.note):
        steps.append((0, f"reworded: {now.label}. {now.note or ''}".rstrip()))
    return steps


def _come_and_gone(what: str, was: Sequence[str], now: Sequence[str]) -> Steps:
    steps: Steps = [(1, f"{what} {each} too") for each in now if each not in was]
    return [*steps, *((-1, f"no longer {what} {each}") for each in was if each not in now)]


def _named(products: Products) -> dict[tuple[str, str], Named]:
    """Return every ingredient by its name and by whose word it is, with all that lead to it."""
    found: dict[tuple[str, str], tuple[Entry, set[str]]] = {}
    for key, row in (*products.names.items(), *products.own.items()):
        each = Entry(*products.rows[int(row)].split("\t"))
        found.setdefault((each.name, each.protocol), (each, set()))[1].add(key)
    return {by: (each, frozenset(keys)) for by, (each, keys) in found.items()}


def _name(name: str, was: Named | None, now: Named | None) -> Iterator[Move]:
    for each, word, direction in ((now, NEW, TIGHTENED), (was, REMOVED, LOOSENED)):
        if each is not None and (was is None or now is None):
            moved = direction if _restricts(each[0]) else word
            yield Move("ingredient", name, name, None, moved, (), (f"{word}: {_words(each[0])}",))
    if was is not None and now is not None and was != now:
        yield from _changed(name, was, now)


def _changed(name: str, old: Named, new: Named) -> Iterator[Move]:
    was, now = old[0], new[0]
    steps: Steps = []
    if (was.group, was.role) != (now.group, now.role):
        steps = [(level, "") for level in _levels(was, now)]
        steps.append((0, f"{_words(now)}, was {_words(was)}"))
    weight = int(_restricts(now))
    steps += [(weight, f"is found by {key}") for key in sorted(new[1] - old[1])]
    steps += [(-weight, f"is no longer found by {key}") for key in sorted(old[1] - new[1])]
    if steps:
        yield _move(name, name, steps)


def _restricts(entry: Entry) -> bool:
    return entry.role in RESTRICTING


def _words(entry: Entry) -> str:
    return f"{entry.group} ({entry.role})"


def _levels(was: Entry, now: Entry) -> list[int]:
    """Return whether an ingredient is held to more than it was (1), to less (-1), or to both.

    Another class may be either, and so may a place in place of another.
    """
    if not (_restricts(was) and _restricts(now)):
        return [_restricts(now) - _restricts(was)]
    levels = []
    if was.role != now.role:
        levels += [1] if now.role == _ALWAYS else [-1] if was.role == _ALWAYS else [1, -1]
    if was.group != now.group:
        levels += [1, -1]
    return levels
