"""How two rule sets differ in details and in what comes before a treatment.

A detail guards somebody at more risk, and what is left out before is caution too: one more is
tighter, one less is looser. Before a treatment the longer span is the stricter one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.rules.quality.changes import (
    LOOSENED,
    NEW,
    REMOVED,
    TIGHTENED,
    Move,
    direction_of,
    direction_of_steps,
    ended,
    rule_notes,
    span_words,
    stretches_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import Detail, Point, Preparation, Raised, Rule, RuleSet, Washout
    from mesocare.core.signs import RedFlag
    from mesocare.rules.quality.changes import Pair

    Steps = list[tuple[float, str]]

# How many hours before an appointment its day begins, at most.
_DAY = 24


def detail_moves(old: RuleSet, new: RuleSet, types: Sequence[Pair]) -> Iterator[Move]:
    """Yield what moved among substances and factors, and what treatments bring along."""
    for pair in types:
        yield from _injected(old, new, pair)
    before, after = old.details(), new.details()
    for id_ in dict.fromkeys([*after, *before]):
        was, now = before.get(id_), after.get(id_)
        if was is None or now is None:
            yield from _come_or_gone("detail", was, now)
            continue
        yield from _detail(was, now, types, (old, new))
        for item in dict.fromkeys([*now.rules, *was.rules]):
            for pair in types:
                rules = was.rules.get(item, {}).get(pair.old), now.rules.get(item, {}).get(pair.new)
                yield from _detail_rule(now, item, pair.shown, rules)


def before_moves(old: RuleSet, new: RuleSet, types: Sequence[Pair]) -> Iterator[Move]:
    """Yield what moved among what comes before a treatment."""
    before, after = old.before(), new.before()
    for id_ in dict.fromkeys([*after.leave_out, *before.leave_out]):
        was, now = before.leave_out.get(id_), after.leave_out.get(id_)
        if was is None or now is None:
            yield from _come_or_gone("before", was, now)
            continue
        yield from _preparation(was, now)
        for pair in types:
            yield from _washout(now, pair, was.washouts.get(pair.old), now.washouts.get(pair.new))
    points = [
        {each.id: each for kind in side.checklist.values() for each in kind}
        for side in (before, after)
    ]
    for id_ in dict.fromkeys([*points[1], *points[0]]):
        yield from _point(id_, points[0].get(id_), points[1].get(id_), types)


def _come_or_gone(
    kind: str, was: Detail | Preparation | None, now: Detail | Preparation | None
) -> Iterator[Move]:
    for each, direction, note in ((now, TIGHTENED, NEW), (was, LOOSENED, REMOVED)):
        if each is not None:
            yield Move(kind, each.id, each.label, None, direction, (), (note,))


def _detail(
    was: Detail, now: Detail, types: Sequence[Pair], sides: tuple[RuleSet, RuleSet]
) -> Iterator[Move]:
    """Yield what moved of a detail besides its rules."""
    steps: Steps = []
    for flag in dict.fromkeys([*now.flags, *was.flags]):
        raised = [
            _urgency(side.red_flags.get(flag), each.flags.get(flag))
            for side, each in zip(sides, (was, now), strict=True)
        ]
        steps += _flag(flag, *raised)
    for pair in types:
        goes = _for(was.types, pair.old), _for(now.types, pair.new)
        if goes[0] != goes[1]:
            steps.append((0, f"{'goes' if goes[1] else 'no longer goes'} with {pair.shown}"))
    steps += _lists("excludes", was.excludes, now.excludes)
    if now.note != was.note:
        steps.append((0, f"note: {now.note.text}" if now.note else "note gone"))
    steps += _reworded((was.label, was.aliases), (now.label, now.aliases))
    if steps:
        direction = direction_of_steps(steps)
        yield Move("detail", now.id, now.label, None, direction, (), tuple(t for _, t in steps))


def _urgency(flag: RedFlag | None, said: Raised | None) -> tuple[int, str] | None:
    """Return how urgent a flag is with a detail, and the word; `None` where it raises none."""
    if flag is None or said is None:
        return None
    urgencies = [flag.urgency, *([said.urgency] if said.urgency else [])]
    most = max(urgencies, key=lambda urgency: urgency.severity)
    return most.severity, most.value


def _flag(flag: str, was: tuple[int, str] | None, now: tuple[int, str] | None) -> Steps:
    if was == now:
        return []
    if was is None or now is None:
        return [(1, f"raises {flag}") if now else (-1, f"no longer raises {flag}")]
    return [(now[0] - was[0], f"{flag}: {now[1]}, was {was[1]}")]


def _lists(what: str, was: Sequence[str], now: Sequence[str]) -> Steps:
    come = [each for each in now if each not in was]
    gone = [each for each in was if each not in now]
    steps: Steps = [(0, f"{what} {', '.join(come)}")] if come else []
    return [*steps, (0, f"no longer {what} {', '.join(gone)}")] if gone else steps


def _reworded(was: tuple[str, Sequence[str]], now: tuple[str, Sequence[str]]) -> Steps:
    steps: Steps = [(0, f"called {now[0]}")] if was[0] != now[0] else []
    return steps + _lists("is found by", was[1], now[1])


def _detail_rule(
    detail: Detail, item: str, type_: str, rules: tuple[Rule | None, Rule | None]
) -> Iterator[Move]:
    if rules[0] == rules[1]:
        return
    hours = sorted({0, *(end for rule in rules for end in _ends(rule))})
    old, new = ({each: _held(rule, each) for each in hours} for rule in rules)
    stretches = stretches_of(hours, old, new)
    was, now = rules
    notes = [] if was is None or now is None else rule_notes(was, now)
    words = (*ended(old, new), *notes)
    if stretches or words:
        direction = direction_of(stretches)
        id_ = f"{detail.id}:{item}"
        yield Move("detail", id_, detail.label, type_, direction, stretches, words)


def _ends(rule: Rule | None) -> list[int]:
    phases = () if rule is None else rule.phases
    return [phase.until.nominal_hours for phase in phases if phase.until]


def _held(rule: Rule | None, hours: int) -> Verdict:
    """Return what a detail asks for so many hours after a treatment."""
    phases = () if rule is None else rule.phases
    return next(
        (p.verdict for p in phases if p.until is None or hours < p.until.nominal_hours),
        Verdict.ALLOWED,
    )


def _preparation(was: Preparation, now: Preparation) -> Iterator[Move]:
    steps = _reworded((was.label, was.aliases), (now.label, now.aliases))
    if was.text != now.text:
        steps.append((0, f"reworded: {now.text}"))
    # An activity that it no longer is may be done until the treatment.
    gone = [each for each in was.activities if each not in now.activities]
    come = [each for each in now.activities if each not in was.activities]
    steps += [(-1, f"no longer about {', '.join(gone)}")] if gone else []
    steps += [(1, f"about {', '.join(come)} too")] if come else []
    if steps:
        direction = direction_of_steps(steps)
        yield Move("before", now.id, now.label, None, direction, (), tuple(t for _, t in steps))


def _washout(
    named: Preparation, pair: Pair, was: Washout | None, now: Washout | None
) -> Iterator[Move]:
    told = [_words(each) for each in (was, now)]
    notes = [] if told[0] == told[1] else [f"{told[1]}, was {told[0]}"]
    if was and now:
        notes += _washout_notes(was, now)
    if notes:
        direction = direction_of_steps(_steps(was, now))
        yield Move("before", named.id, named.label, pair.shown, direction, (), tuple(notes))


def _words(washout: Washout | None) -> str:
    """Return `avoid from 48 h before`."""
    if washout is None:
        return "not at all"
    if washout.verdict is Verdict.ASK:
        return "ask at any time before"
    if washout.span is None:
        return f"{washout.verdict.value} on the day"
    return f"{washout.verdict.value} from {span_words(washout.span.nominal_hours)} before"


def _steps(was: Washout | None, now: Washout | None) -> Steps:
    """Return whether a washout is looser or tighter than it was, or both at different times."""
    if was is None or now is None:
        return [(1 if was is None else -1, "")]
    steps: Steps = [(now.verdict.severity - was.verdict.severity, "")]
    if (now.verdict is Verdict.ASK) != (was.verdict is Verdict.ASK):
        return [*steps, (1 if now.verdict is Verdict.ASK else -1, "")]
    if now.span is None and was.span is None:
        return steps
    (least, most), (short, long) = (_lengths(each) for each in (now, was))
    return [*steps, (min(0, least - long), ""), (max(0, most - short), "")]


def _lengths(washout: Washout) -> tuple[int, int]:
    """Return how short and how long before an appointment it can begin, in nominal hours."""
    if washout.span is None:
        return 0, _DAY
    return washout.span.nominal_hours, washout.span.nominal_hours


def _washout_notes(was: Washout, now: Washout) -> list[str]:
    """Return what changed of a washout besides what holds from when on."""
    notes = []
    spans = (was.span, now.span)
    if spans[0] != spans[1] and _words(was) == _words(now):
        notes.append(f"counted as {spans[1]}, was {spans[0]}")
    if now.ask and now.ask != was.ask:
        notes.append(f"reason reworded: {now.ask}")
    come = [id_ for id_ in now.evidence if id_ not in was.evidence]
    gone = [id_ for id_ in was.evidence if id_ not in now.evidence]
    notes += [f"cites {', '.join(come)}"] if come else []
    notes += [f"no longer cites {', '.join(gone)}"] if gone else []
    if was.rationale != now.rationale:
        notes.append("rationale rewritten" if now.rationale else "rationale gone")
    return notes


def _point(id_: str, was: Point | None, now: Point | None, types: Sequence[Pair]) -> Iterator[Move]:
    """Yield what moved of a point of the lists to go through."""
    steps: Steps = []
    if was is None or now is None:
        steps.append((1, NEW) if was is None else (-1, REMOVED))
    else:
        steps += [(0, f"reworded: {now.text}")] if was.text != now.text else []
        for pair in types:
            shown = (_for(was.types, pair.old), _for(now.types, pair.new))
            if shown[0] != shown[1]:
                words = f"before {pair.shown} too" if shown[1] else f"no longer before {pair.shown}"
                steps.append((shown[1] - shown[0], words))
    if steps:
        there = now or was
        label = there.text if there else id_
        direction = direction_of_steps(steps)
        yield Move("point", id_, label, None, direction, (), tuple(t for _, t in steps))


def _for(types: Sequence[str], type_: str) -> bool:
    """Whether something is for a type; without types it is for all."""
    return not types or type_ in types


def _injected(old: RuleSet, new: RuleSet, pair: Pair) -> Iterator[Move]:
    """Yield what a treatment brings along, where it was something else."""
    was, now = old.types[pair.old].injected, new.types[pair.new].injected
    steps: Steps = [(1, f"always with {each}") for each in now if each not in was]
    steps += [(-1, f"no longer always with {each}") for each in was if each not in now]
    if steps:
        label = (new.types.get(pair.shown) or old.types[pair.shown]).label
        direction = direction_of_steps(steps)
        yield Move("type", pair.shown, label, None, direction, (), tuple(t for _, t in steps))
