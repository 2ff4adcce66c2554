"""The header of a table: what stands between its cells, its columns, conditions on them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from mesocare.bulk.job import JUDGED, PATIENTS, shortened
from mesocare.errors import TableError
from mesocare.text import closest, folded, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mesocare.bulk.job import Job, Layout

DELIMITERS = (",", ";", "\t", "|")
# A practice's own export may have its title above the header.
LATEST_HEADER = 20
_MOST_NAMED = 20


class Columns:
    """What a table may call the columns that have a meaning.

    Args:
        said: By a column of ours, the name that somebody said it has; empty for none.
        known: By a column of ours, the names that the rule set knows for it.
        layout: Which columns are ours.
    """

    def __init__(
        self,
        said: Mapping[str, str],
        known: Mapping[str, Sequence[str]],
        layout: Layout = PATIENTS,
    ) -> None:
        self._said = said
        self.layout = layout
        self._known = {
            ours: {folded(each) for each in (ours, *known.get(ours, ()))} for ours in layout.all
        }

    def candidates(self, ours: str, names: Sequence[str]) -> list[str]:
        """Return which names of a header may be a column of ours: one that was said, or is ours."""
        wanted = self._said.get(ours, ours)
        if wanted in names or ours in self._said:
            return [wanted] if wanted and wanted in names else []
        taken = set(self._said.values())
        return [each for each in names if each not in taken and folded(each) in self._known[ours]]

    def found(self, header: Sequence[str]) -> dict[str, str]:
        """Return, by each column of ours that is there beyond doubt, its name."""
        names = [each.strip() for each in header]
        candidates = {ours: self.candidates(ours, names) for ours in self.layout.all}
        return {ours: each[0] for ours, each in candidates.items() if len(each) == 1}

    def settled(self, header: Sequence[str]) -> dict[str, str]:
        """Return the same with what somebody said is not there, as an empty name."""
        absent = {ours: "" for ours, theirs in self._said.items() if not theirs}
        return {**absent, **self.found(header)}

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row of cells names every column that there has to be."""
        return self.found(cells).keys() >= {*self.layout.required}


def columns_of(job: Job) -> Columns:
    """Return what the table of a job may call its columns."""
    return Columns(job.columns, known_names(job), job.layout)


def known_names(job: Job) -> Mapping[str, Sequence[str]]:
    """Return, by a column of ours, further names that it may have."""
    return job.rules.columns if job.layout.known is None else job.layout.known


def places(header: Sequence[str], columns: Mapping[str, str]) -> dict[str, int]:
    """Return where the columns of ours stand in a sound header; one that is absent is left out.

    Args:
        header: The names of the columns.
        columns: By a column of ours, its name.
    """
    names = [name.strip() for name in header]
    return {ours: names.index(name) for ours, name in columns.items() if name and name in names}


def delimiter_of(line: str, job: Job) -> str:
    """Return what stands between the cells of a header: what makes most of it a header."""
    if job.kind == "tsv":
        return "\t"
    columns = columns_of(job)

    def found(delimiter: str) -> tuple[int, int]:
        try:
            names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
        except csv.Error:
            return 0, 0
        return len(columns.found(names)), len(set(names))

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
    columns = columns_of(job)
    candidates = {ours: columns.candidates(ours, names) for ours in job.layout.all}
    for ours, each in candidates.items():
        if len(each) > 1:
            said = " and ".join(repr(shortened(one)) for one in each)
            hint = f"Say which: --map {shell_quoted(f'{ours}={each[0]}')}"
            return TableError(f"{name} has {len(each)} columns for {ours}: {said}", hint)
    layout = job.layout
    wanted = {ours: job.columns.get(ours, ours) for ours in layout.required}
    wanted |= {ours: job.columns[ours] for ours in layout.optional if job.columns.get(ours)}
    missing = {ours: theirs for ours, theirs in wanted.items() if not candidates[ours]}
    if missing:
        lacks = ", ".join(repr(each) for each in missing.values())
        return TableError(
            f"{name} lacks the column {lacks}; {there}", _map_hint(missing, names, layout)
        )
    return collision(names, job, name) or _unknown_condition(names, job)


def collision(names: Sequence[str], job: Job, name: str) -> TableError | None:
    """Return that columns of the input are where answers go; `None` where none is."""
    taken = [each for each in names if each in job.added]
    if not taken:
        return None
    said = ", ".join(map(repr, taken))
    hint = "Rename the column, or take it out"
    hint += "; --activities says which answers there are." if job.activities else "."
    return TableError(f"{name} has columns that the answers would go into: {said}", hint)


def _unknown_condition(names: Sequence[str], job: Job) -> TableError | None:
    """Return that a condition is on no column: it would keep nothing, and say nothing."""
    judged = (*JUDGED, *(job.layout.added or ()))
    known = (*judged, *names, *columns_of(job).found(names))
    for name, _ in job.where:
        if name not in known:
            there = ", ".join(dict.fromkeys([*judged, *names]))
            return TableError(f"--where {name}=: there is no such column", f"Known: {there}.")
    return None


def _map_hint(missing: Mapping[str, str], names: Sequence[str], layout: Layout) -> str:
    """Return how to say which columns are meant, or that there has to be a header."""
    no_header = len(missing) == len(layout.required) and any(each[:1].isdigit() for each in names)
    if layout is PATIENTS and no_header:
        return "If its first line is a patient, put above it: patient_id,treated,type"
    if len(names) == 1:
        return "If something else stands between its cells, say it: --delimiter '~'"
    near_by = {each.casefold(): each for each in names if each}
    pairs = []
    for ours, theirs in missing.items():
        near = closest(theirs.casefold(), near_by)
        near = near or [key for key in near_by if ours in key or key in ours]
        pairs.append(f"{ours}={near_by[near[0]] if near else 'COLUMN'}")
    return f"Say which columns they are: --map {shell_quoted(','.join(pairs))}"


def filters(job: Job, names: Sequence[str], place: Mapping[str, int]) -> list[tuple[int, str]]:
    """Return the conditions on columns: where each stands, and the text that has to stand there.

    Those on the type are left out: it may be written in many ways.

    Args:
        job: It has the conditions.
        names: The columns of the input, of a sound header.
        place: Where the columns of ours stand.
    """
    return [
        (place[name] if name in place else names.index(name), text)
        for name, text in job.where
        if name not in JUDGED and name != "type"
    ]


def wanted_types(job: Job) -> list[str]:
    """Return the types that a row has to be of: all of them, if there are several."""
    return [text for name, text in job.where if name == "type"]
