"""The header of a table: what stands between its cells, its columns, conditions on them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from mesocare.bulk.job import JUDGED, OPTIONAL, REQUIRED, shortened
from mesocare.errors import TableError
from mesocare.text import closest, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mesocare.bulk.job import Job

DELIMITERS = (",", ";", "\t", "|")
_MOST_NAMED = 20


def places(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Return where the columns of ours stand in a sound header; one that is absent is left out."""
    names = [name.strip() for name in header]
    wanted = {ours: columns.get(ours, ours) for ours in (*REQUIRED, *OPTIONAL)}
    return {ours: names.index(name) for ours, name in wanted.items() if name in names}


def delimiter_of(line: str, job: Job) -> str:
    """Return what stands between the cells of a header: what makes most of it a header."""
    if job.kind == "tsv":
        return "\t"

    def found(delimiter: str) -> tuple[int, int]:
        try:
            names = {name.strip() for name in next(csv.reader([line], delimiter=delimiter))}
        except csv.Error:
            return 0, 0
        ours = sum(job.columns.get(each, each) in names for each in (*REQUIRED, *OPTIONAL))
        return ours, len(names)

    return max(DELIMITERS, key=found)


def header_problem(header: Sequence[str], job: Job, name: str) -> TableError | None:
    """Return what is wrong with a header; `None` where it will do."""
    names = [each.strip() for each in header]
    there = "it has: " + ", ".join(repr(shortened(each)) for each in names[:_MOST_NAMED])
    there += f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    twice = [each for each in dict.fromkeys(names) if names.count(each) > 1]
    if twice:
        said = ", ".join(repr(shortened(each)) for each in twice)
        return TableError(
            f"{name} has columns of the same name: {said}", "Give each column a name of its own."
        )
    wanted = {ours: job.columns.get(ours, ours) for ours in REQUIRED}
    wanted |= {ours: job.columns[ours] for ours in OPTIONAL if ours in job.columns}
    missing = {ours: theirs for ours, theirs in wanted.items() if theirs not in names}
    if missing:
        lacks = ", ".join(repr(each) for each in missing.values())
        return TableError(f"{name} lacks the column {lacks}; {there}", _map_hint(missing, names))
    return collision(names, job, name) or _unknown_condition(names, job)


def collision(names: Sequence[str], job: Job, name: str) -> TableError | None:
    """Return that columns of the input are where answers go; `None` where none is."""
    taken = [each for each in names if each in job.added]
    if not taken:
        return None
    said = ", ".join(map(repr, taken))
    hint = "Rename the column, or take it out; --activities says which answers there are."
    return TableError(f"{name} has columns that the answers would go into: {said}", hint)


def _unknown_condition(names: Sequence[str], job: Job) -> TableError | None:
    """Return that a condition is on no column: it would keep nothing, and say nothing."""
    known = (*JUDGED, *names, *places(names, job.columns))
    for name, _ in job.where:
        if name not in known:
            there = ", ".join(dict.fromkeys([*JUDGED, *names]))
            return TableError(f"--where {name}=: there is no such column", f"Known: {there}.")
    return None


def _map_hint(missing: Mapping[str, str], names: Sequence[str]) -> str:
    """Return how to say which columns are meant, or that there has to be a header."""
    if len(missing) == len(REQUIRED) and any(each[:1].isdigit() for each in names):
        return "If its first line is a patient, put above it: patient_id,treated,type"
    folded = {each.casefold(): each for each in names if each}
    pairs = []
    for ours, theirs in missing.items():
        near = closest(theirs.casefold(), folded)
        near = near or [key for key in folded if ours in key or key in ours]
        pairs.append(f"{ours}={folded[near[0]] if near else 'COLUMN'}")
    return f"Say which columns they are: --map {shell_quoted(','.join(pairs))}"


def filters(job: Job, names: Sequence[str], place: Mapping[str, int]) -> list[tuple[int, str]]:
    """Return the conditions on columns: where each stands, and the text that has to stand there.

    Args:
        job: It has the conditions.
        names: The columns of the input, of a sound header.
        place: Where the columns of ours stand.
    """
    return [
        (place[name] if name in place else names.index(name), text)
        for name, text in job.where
        if name not in JUDGED
    ]
