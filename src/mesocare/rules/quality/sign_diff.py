"""How two rule sets differ in the signs to watch for and in whom to call.

A sign is loosened where less is called a reason to call: a reaction that is expected for longer, a
red flag that is gone, less urgent, shown for a shorter time or after fewer types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.rules.quality.changes import (
    CHANGED,
    LOOSENED,
    NEW,
    REMOVED,
    TIGHTENED,
    Move,
    Pair,
    direction_of_steps,
    span_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import RuleSet
    from mesocare.core.signs import Reaction, RedFlag


def sign_moves(old: RuleSet, new: RuleSet, types: Sequence[Pair]) -> Iterator[Move]:
    """Yield what moved among reactions, red flags, triage and contacts."""
    for id_ in dict.fromkeys([*new.reactions, *old.reactions]):
        was, now = old.reactions.get(id_), new.reactions.get(id_)
        for pair in types:
            yield from _reaction(id_, was, now, pair)
        if was and now and (was.text, was.beyond) != (now.text, now.beyond):
            note = f"reworded: {now.text} {now.beyond}"
            yield Move("reaction", id_, now.label, None, CHANGED, (), (note,))
    for id_ in dict.fromkeys([*new.red_flags, *old.red_flags]):
        yield from _red_flag(id_, old.red_flags.get(id_), new.red_flags.get(id_), types)
    if old.triage != new.triage:
        # Nobody can say in one word whether other thresholds find more or less.
        note = "the rules on diaries differ: compare triage.yaml by hand"
        yield Move("triage", "triage", "Triage", None, CHANGED, (), (note,))
    for urgency in new.contacts:
        if old.contacts.get(urgency) != new.contacts[urgency]:
            note = f"contact: {new.contacts[urgency]}"
            yield Move("contact", urgency, urgency, None, CHANGED, (), (note,))


def _reaction(id_: str, old: Reaction | None, new: Reaction | None, pair: Pair) -> Iterator[Move]:
    was = None if old is None else old.expected.get(pair.old)
    now = None if new is None else new.expected.get(pair.new)
    hours = [0 if each is None else each.until.nominal_hours for each in (was, now)]
    if hours[0] == hours[1]:
        return
    later = hours[1] > hours[0]
    there = new or old
    label = there.label if there else id_
    how_far = span_words(abs(hours[1] - hours[0]))
    before, after = (span_words(each) if each else "not at all" for each in hours)
    note = f"expected {how_far} {'longer' if later else 'shorter'} ({after}, was {before})"
    direction = LOOSENED if later else TIGHTENED
    yield Move("reaction", id_, label, pair.shown, direction, (), (note,))


def _red_flag(
    id_: str, old: RedFlag | None, new: RedFlag | None, types: Sequence[Pair]
) -> Iterator[Move]:
    if old is None or new is None:
        there = new or old
        label = there.label if there else id_
        # One more reason to call is caution; one less needs somebody's review.
        direction, note = (TIGHTENED, NEW) if old is None else (LOOSENED, REMOVED)
        yield Move("red_flag", id_, label, None, direction, (), (note,))
        return
    steps: list[tuple[float, str]] = []
    if new.urgency is not old.urgency:
        change = new.urgency.severity - old.urgency.severity
        steps.append((change, f"{new.urgency.value}, was {old.urgency.value}"))
    ends = [float("inf") if each.until is None else each.until.nominal_hours for each in (old, new)]
    if ends[0] != ends[1]:
        before, after = ("for good" if e == float("inf") else span_words(e) for e in ends)
        steps.append((1 if ends[1] > ends[0] else -1, f"shown until {after}, was {before}"))
    for pair in types:
        shown = (pair.old in old.types, pair.new in new.types)
        if shown == (True, False):
            steps.append((-1, f"no longer after {pair.shown}"))
        elif shown == (False, True):
            steps.append((1, f"after {pair.shown} too"))
    if (old.text, old.action) != (new.text, new.action):
        steps.append((0, f"reworded: {' '.join(filter(None, (new.text, new.action)))}"))
    if steps:
        direction = direction_of_steps(steps)
        yield Move("red_flag", id_, new.label, None, direction, (), tuple(t for _, t in steps))
