"""Whether a rule's figures fit those of its sources, or need a written rationale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Verdict
from mesocare.core.timespan import parse_span
from mesocare.rules.format.schema import GRAVE_HARMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Plain = dict[str, Any]


def unreasoned(
    phases: list[Plain], harm: str | None, evidence: Plain, sources: Plain
) -> Iterator[tuple[int, str]]:
    """Yield what a rule does that only a written rationale can justify."""
    severities = [Verdict(phase["verdict"]).severity for phase in phases]
    for n in range(1, len(phases)):
        if severities[n] > severities[n - 1]:
            yield n, "gets stricter with time"
    restricting = [n for n, severity in enumerate(severities) if severity > 0]
    rows = [evidence[id_] for id_ in cited(phases) if id_ in evidence]
    longest = max((row["max_hours"] for row in rows if _counts(row, sources)), default=None)
    chosen = end_of(phases[restricting[-1]]) if restricting else 0
    if longest is None and restricting:
        yield restricting[-1], "no credible source gives a figure"
    elif longest is not None and chosen != longest:
        chosen_text = "never ends" if chosen is None else f"ends after {chosen} h"
        yield max(restricting, default=0), f"{chosen_text}; the longest credible is {longest} h"
    yield from _disputed(phases, rows, harm, sources)


def _disputed(
    phases: list[Plain], rows: list[Plain], harm: str | None, sources: Plain
) -> Iterator[tuple[int, str]]:
    """Yield where a disputed span is closed without grave harm, or open in spite of it."""
    closed = [n for n, phase in enumerate(phases) if phase["verdict"] == "avoid"]
    end = end_of(phases[closed[-1]]) if closed else 0
    avoids = [row for row in rows if row["modality"] == "avoid"]
    shorter = [row["min_hours"] for row in avoids if row["min_hours"] is not None]
    longer = [row["max_hours"] for row in avoids if _counts(row, sources)]
    if harm in GRAVE_HARMS:
        if end is not None and longer and max(longer) > end:
            complaint = f"opens after {end} h while a credible source says avoid for"
            yield (closed or [0])[-1], f"{complaint} {max(longer)} h, and the harm is {harm}"
    elif closed and shorter and (end is None or min(shorter) < end):
        complaint = f"stays closed while a source says {min(shorter)} h, without grave harm"
        yield closed[-1], complaint


def _counts(row: Plain, sources: Plain) -> bool:
    """Whether a row's longest figure counts towards the longest credible one."""
    source = sources.get(row["source"], {})
    return (
        row["modality"] in {"avoid", "limited"}
        and row["max_hours"] is not None
        and (row["grade"] in {"A", "B"} or source.get("seed", False))
    )


def longest_washout(washout: Plain, evidence: Plain) -> int | None:
    """Return the longest credible figure of a washout in hours before; `None` without any."""
    rows = [evidence[id_] for id_ in washout.get("evidence", ()) if id_ in evidence]
    figures = [row["max_hours"] for row in rows if row["grade"] in {"A", "B"}]
    return max((each for each in figures if each is not None), default=None)


def nominal_hours(value: int | str) -> int:
    """Return a duration in hours; a plain number stands for itself."""
    return value if isinstance(value, int) else parse_span(value).nominal_hours


def end_of(phase: Plain) -> int | None:
    """Return when a phase ends, in hours; `None` for never."""
    return nominal_hours(phase["until"]) if "until" in phase else None


def cited(phases: Iterable[Plain]) -> Iterator[str]:
    """Return the ids that phases cite."""
    return (id_ for phase in phases for id_ in phase["evidence"])
