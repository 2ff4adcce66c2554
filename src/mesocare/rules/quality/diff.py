"""Two rule sets compared: which verdicts moved, for whom and by how long.

Verdicts are read off the engine, at every boundary either side has, after a treatment whose time is
known, in hours as no clock changes them. So what is compared is what would be answered.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.core.verdict.standing import GroupSubject, subjects
from mesocare.rules.quality.changes import (
    NEW,
    REMOVED,
    Move,
    Pair,
    direction_of,
    ended,
    rule_notes,
    stretches_of,
)
from mesocare.rules.quality.detail_diff import before_moves, detail_moves
from mesocare.rules.quality.ingredient_diff import ingredient_moves
from mesocare.rules.quality.sign_diff import sign_moves

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.verdict.standing import ItemSubject, Subject

# Any instant will do: in UTC no clock changes.
_START = datetime(2024, 1, 1, tzinfo=UTC)


class _Course(NamedTuple):
    """What holds after one treatment, from each boundary (in hours) to the next."""

    verdicts: dict[int, Verdict]
    conditions: dict[int, str | None]


def compare(old: RuleSet, new: RuleSet) -> list[Move]:
    """Return everything that moved from one rule set to another.

    Types first, then groups with their items in the new set's order, then details, what comes
    before, ingredients and signs.
    """
    moves = [*_named("type", old.types, new.types)]
    types = _pairs(old, new)
    moves += _named("group", old.groups, new.groups)
    moves += _named("item", old.items, new.items)
    for id_, group in new.groups.items():
        if id_ in old.groups:
            for pair in types:
                moves += _group_moves(old, new, group, pair)
    for id_, item in new.items.items():
        if id_ in old.items:
            for pair in types:
                moves += _item_moves(old.items[id_], item, pair)
    moves += detail_moves(old, new, types)
    moves += before_moves(old, new, types)
    moves += ingredient_moves(old, new)
    return [*moves, *sign_moves(old, new, types)]


def _pairs(old: RuleSet, new: RuleSet) -> list[Pair]:
    """Return the types to compare; a named treatment with the type that it extends."""
    pairs = [Pair(type_, type_, type_) for type_ in new.types if type_ in old.types]
    for type_, each in new.types.items():
        base = getattr(each, "extends", None)
        if base is not None and type_ not in old.types and base in old.types:
            pairs.append(Pair(base, type_, type_))
    for type_, each in old.types.items():
        base = getattr(each, "extends", None)
        if base is not None and type_ not in new.types and base in new.types:
            pairs.append(Pair(type_, base, type_))
    return pairs


def _named(kind: str, old: object, new: object) -> Iterator[Move]:
    """Yield what stands on one side only."""
    before, after = dict(old), dict(new)  # type: ignore[call-overload]
    for id_ in (id_ for id_ in after if id_ not in before):
        yield Move(kind, id_, after[id_].label, None, NEW, (), ())
    for id_ in (id_ for id_ in before if id_ not in after):
        yield Move(kind, id_, before[id_].label, None, REMOVED, (), ())


def _group_moves(old: RuleSet, new: RuleSet, group: Group, pair: Pair) -> Iterator[Move]:
    before, after = (
        GroupSubject(rules.groups[group.id], _subjects(rules, rules.groups[group.id], type_))
        for rules, type_ in ((old, pair.old), (new, pair.new))
    )
    notes = []
    if old.groups[group.id].headline != group.headline:
        notes.append(f"{group.headline} speaks for the group, was {old.groups[group.id].headline}")
    yield from _moves("group", group, pair.shown, (before, after), notes)


def _subjects(rules: RuleSet, group: Group, type_: str) -> dict[str, ItemSubject]:
    return subjects((rules.items[id_] for id_ in group.items), [_treated(type_)])


def _item_moves(old: Item, new: Item, pair: Pair) -> Iterator[Move]:
    before = subjects([old], [_treated(pair.old)])[old.id]
    after = subjects([new], [_treated(pair.new)])[new.id]
    notes = rule_notes(old.rules[pair.old], new.rules[pair.new])
    if old.aside != new.aside:
        notes.append("no longer speaks for its group" if new.aside else "speaks for its group now")
    if old.apart != new.apart:
        notes.append(
            "leaves the treated area alone" if new.apart else "touches the treated area now"
        )
    yield from _moves("item", new, pair.shown, (before, after), notes)


def _moves(
    kind: str, named: Item | Group, type_: str, both: tuple[Subject, Subject], notes: list[str]
) -> Iterator[Move]:
    """Yield the one move of a subject after a type, if there is any."""
    hours = _boundaries(both)
    before, after = (_course(subject, hours) for subject in both)
    stretches = stretches_of(hours, before.verdicts, after.verdicts)
    kind_of_move = direction_of(stretches)
    if not stretches and before.conditions != after.conditions:
        notes = [*notes, *_condition_notes(hours, before, after)]
    if stretches or notes:
        words = [*ended(before.verdicts, after.verdicts), *notes]
        yield Move(kind, named.id, named.label, type_, kind_of_move, stretches, tuple(words))


def _treated(type_: str) -> Treatment:
    return Treatment(type_, Interval(_START, _START, UTC))


def _boundaries(both: tuple[Subject, Subject]) -> list[int]:
    """Return the hours at which either side may change, from the treatment on."""
    instants = {_START}.union(*(subject.boundaries for subject in both))
    return sorted(int((each - _START) / timedelta(hours=1)) for each in instants)


def _course(subject: Subject, hours: Sequence[int]) -> _Course:
    standings = {each: subject.standing(_START + timedelta(hours=each)) for each in hours}
    return _Course(
        {each: standing.verdict for each, standing in standings.items()},
        {each: standing.condition for each, standing in standings.items()},
    )


def _condition_notes(hours: Sequence[int], before: _Course, after: _Course) -> list[str]:
    """Return how a group's condition reads now, where it reads otherwise than before."""
    changed = dict.fromkeys(
        after.conditions[each] or "no condition"
        for each in hours
        if before.conditions[each] != after.conditions[each]
    )
    return [f"condition reworded: {text}" for text in changed]
