"""What moved between two rule sets: the values, and the words for how far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mesocare.core.model import Rule

LOOSENED, TIGHTENED, MIXED, CHANGED = "loosened", "tightened", "mixed", "changed"
NEW, REMOVED = "new", "removed"

_WEEK = 168


class Stretch(NamedTuple):
    """A stretch after the treatment in which the verdict differs; in hours, `None` for good."""

    begins: int
    until: int | None
    old: Verdict
    new: Verdict


class Pair(NamedTuple):
    """Two treatment types that are compared: that of the old set, of the new, and the one named."""

    old: str
    new: str
    shown: str


class Move(NamedTuple):
    """Something that is not the same in two rule sets.

    Attributes:
        kind: `type`, `group`, `item`, `detail`, `before`, `point`, `ingredient`, `reaction`,
            `red_flag`, `triage` or `contact`.
        id: Its id.
        label: Its name, as the new set has it.
        type: The treatment type for which it moved; `None` where that makes no difference.
        direction: `loosened`, `tightened`, `mixed` (some of both), `changed` (words only), `new` or
            `removed`.
        stretches: Where the verdict differs.
        notes: The same in words, and what else changed.
    """

    kind: str
    id: str
    label: str
    type: str | None
    direction: str
    stretches: tuple[Stretch, ...]
    notes: tuple[str, ...]

    @property
    def loosens(self) -> bool:
        """Whether anything became milder."""
        return self.direction in {LOOSENED, MIXED}


def ended(old: dict[int, Verdict], new: dict[int, Verdict]) -> Iterator[str]:
    """Yield by how much the end of each verdict moved: `avoid 24 h later (72 h, was 48 h)`.

    Args:
        old: The verdict from each boundary, in hours, to the next.
        new: The same with the same boundaries.
    """
    told = None
    for verdict in reversed(Verdict):
        if verdict is Verdict.ALLOWED or verdict not in {*old.values(), *new.values()}:
            continue
        ends = [_end(course, verdict) for course in (old, new)]
        # What ends together with something more severe has moved with it.
        if ends[0] != ends[1] and ends != told:
            yield f"{verdict.value} {_moved(*ends)}"
            told = ends


def _end(course: dict[int, Verdict], verdict: Verdict) -> float:
    """Return when a verdict, or one more severe, is over for good; 0 where it never holds."""
    hours = list(course)
    held = [n for n, each in enumerate(hours) if course[each].severity >= verdict.severity]
    if not held:
        return 0
    return hours[held[-1] + 1] if held[-1] + 1 < len(hours) else float("inf")


def _moved(was: float, now: float) -> str:
    if now == float("inf"):
        return f"for good (was {_span(was)})"
    if was == float("inf"):
        return f"until {_span(now)} (was for good)"
    how_far = span_words(abs(now - was))
    return f"{how_far} {'later' if now > was else 'earlier'} ({_span(now)}, was {_span(was)})"


def _span(hours: float) -> str:
    return span_words(hours) if hours else "not at all"


def span_words(hours: float) -> str:
    """Return nominal hours as sources speak of them: `72 h`, from a week on in days."""
    whole = int(hours)
    return f"{whole // 24} d" if whole >= _WEEK and whole % 24 == 0 else f"{whole} h"


def direction_of(stretches: Sequence[Stretch]) -> str:
    """Return in which direction the verdicts moved."""
    looser = any(each.new.severity < each.old.severity for each in stretches)
    tighter = any(each.new.severity > each.old.severity for each in stretches)
    if looser and tighter:
        return MIXED
    return LOOSENED if looser else TIGHTENED if tighter else CHANGED


def direction_of_steps(steps: Sequence[tuple[float, str]]) -> str:
    """Return the direction of several steps; one below 0 loosens, one above tightens."""
    looser, tighter = (any(sign * step < 0 for step, _ in steps) for sign in (1, -1))
    if looser and tighter:
        return MIXED
    return LOOSENED if looser else TIGHTENED if tighter else CHANGED


def stretches_of(
    hours: Sequence[int], old: dict[int, Verdict], new: dict[int, Verdict]
) -> tuple[Stretch, ...]:
    """Return the stretches in which the verdicts differ; equal neighbours are one."""
    found: list[Stretch] = []
    for begin, end in zip(hours, [*hours[1:], None], strict=True):
        if old[begin] is new[begin]:
            continue
        last = found[-1] if found else None
        if last and (last.until, last.old, last.new) == (begin, old[begin], new[begin]):
            found[-1] = last._replace(until=end)
        else:
            found.append(Stretch(begin, end, old[begin], new[begin]))
    return tuple(found)


def rule_notes(old: Rule, new: Rule) -> list[str]:
    """Return what changed of a rule besides its verdicts, in words."""
    notes = []
    spans = [{str(phase.until) for phase in rule.phases if phase.until} for rule in (old, new)]
    nominal = [{p.until.nominal_hours for p in rule.phases if p.until} for rule in (old, new)]
    if nominal[0] == nominal[1] and spans[0] != spans[1]:
        before, after = spans[0] - spans[1], spans[1] - spans[0]
        notes.append(f"counted as {', '.join(sorted(after))}, was {', '.join(sorted(before))}")
    for key in ("reason", "condition"):
        was, now = ([getattr(phase, key) for phase in rule.phases] for rule in (old, new))
        notes += [f"{key} reworded: {text}" for text in now if text and text not in was]
        # A condition that went altogether is a change nobody reads in what is left.
        if key == "condition" and not any(now):
            notes += [f"condition gone: {text}" for text in was if text]
    if old.evidence != new.evidence:
        gone = [id_ for id_ in old.evidence if id_ not in new.evidence]
        come = [id_ for id_ in new.evidence if id_ not in old.evidence]
        notes += [f"cites {', '.join(come)}"] if come else []
        notes += [f"no longer cites {', '.join(gone)}"] if gone else []
    if old.rationale != new.rationale:
        notes.append("rationale rewritten" if new.rationale else "rationale gone")
    return notes
