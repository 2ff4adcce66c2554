"""What a clinic's protocol makes of one rule, and whether that is milder than the rule it replaces.

Works on plain values, as `parse` read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Verdict
from mesocare.core.timespan import Days, parse_span
from mesocare.rules.compiler.figures import end_of, nominal_hours

if TYPE_CHECKING:
    from collections.abc import Iterator

Plain = dict[str, Any]

# A change of clocks makes days shorter or longer; hours it leaves alone. So much, at most, apart
# from the calendar reforms that leave out a whole day.
WIDEST_CHANGE = 3
_NEVER = float("inf")


class ChangeError(ValueError):
    """A change that cannot be made to a rule; `path` leads to the key that is to blame."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


def changed(builtin: Plain, change: Plain, row: str) -> list[Plain]:
    """Return the phases that a change makes of a rule.

    Args:
        builtin: The rule it replaces, without `same_as`.
        change: The change, in one of its two forms.
        row: The id of the evidence that stands for the clinic.

    Raises:
        ChangeError: The rule has no such phase to move.
    """
    rows = [row, *change.get("evidence", [])]
    if "phases" in change:
        return [_cited(phase, rows) for phase in change["phases"]]
    if "phases" not in builtin:
        message = "the rule it changes restricts nothing here; write `phases`, or name fewer types"
        raise ChangeError(message, "until")
    return _moved(builtin["phases"], change, rows)


def own_phases(phases: list[Plain], row: str) -> list[Plain]:
    """Return the phases of an item of the clinic's own."""
    return [_cited(phase, [row]) for phase in phases]


def _cited(phase: Plain, rows: list[str]) -> Plain:
    cited = dict.fromkeys([*rows, *phase.get("evidence", [])])
    return {**phase, "evidence": list(cited)}


def _moved(phases: list[Plain], change: Plain, rows: list[str]) -> list[Plain]:
    """Return the phases with some ends moved; a longer phase swallows what it reaches over."""
    for verdict in change["until"]:
        _check_movable(phases, verdict)
    found: list[Plain] = []
    last = 0
    spoken = {"reason": change["reason"]} if "reason" in change else {}
    earlier = False  # whether the phase before was cut short, so that this one begins sooner
    for phase in phases:
        own = end_of(phase)
        until = change["until"].get(phase["verdict"]) if own is not None else None
        end = own if until is None else nominal_hours(until)
        if end is not None and end <= last:
            if until is not None:
                message = "ends no later than the phase before"
                raise ChangeError(message, "until", phase["verdict"])
            continue  # swallowed
        told = _cited({**phase, **spoken}, rows)
        if until is None or own is None or end is None:
            found.append(told if earlier else phase)
            earlier = False
        else:
            if last < own < end:
                found.append(phase)  # up to where the rule reached by itself its own reason holds
            mine = told if earlier or last >= own or own < end else _cited(phase, rows)
            found.append({**mine, "until": until})
            earlier = end < own
        last = last if end is None else end
    return found


def _check_movable(phases: list[Plain], verdict: str) -> None:
    ends = [end_of(phase) for phase in phases if phase["verdict"] == verdict]
    if not ends:
        known = ", ".join(dict.fromkeys(phase["verdict"] for phase in phases if "until" in phase))
        message = f"the rule has no such phase; it has {known or 'none with an end'}"
        raise ChangeError(message, "until", verdict)
    if ends.count(None):
        raise ChangeError("this phase has no end to move; write `phases`", "until", verdict)
    if len(ends) > 1:
        raise ChangeError("the rule has several such phases; write `phases`", "until", verdict)


def milder_from(rule: Plain, builtin: Plain) -> int | None:
    """Return the first nominal hour at which a rule is milder than another; `None` for never.

    Days are tried with every length that a change of clocks gives them, so that 48 h in the place
    of 2 d counts as milder: in autumn the days last longer.
    """
    found = []
    for shift in (0, -WIDEST_CHANGE, WIDEST_CHANGE):
        new, old = list(_course(rule, shift)), list(_course(builtin, shift))
        ends = {0, *(end for end, _ in (*new, *old) if end != _NEVER)}
        found += [at for at in ends if _severity(new, at) < _severity(old, at)]
    return None if not found else int(min(found))


def _course(rule: Plain, shift: int) -> Iterator[tuple[float, int]]:
    """Yield the end of each phase, in hours, and how severe it is."""
    for phase in rule.get("phases", ()):
        end = _NEVER
        if "until" in phase:
            span = parse_span(phase["until"])
            end = span.nominal_hours + (shift if isinstance(span, Days) else 0)
        yield end, Verdict(phase["verdict"]).severity


def _severity(course: list[tuple[float, int]], at: float) -> int:
    """Return how severe a course is at an hour; where nothing is restricted, not at all."""
    return next((severity for end, severity in course if at < end), 0)
