"""What moved between two rule sets: the values, and the words for how far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        kind: `type`, `group`, `item`, `reaction` or `red_flag`.
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
