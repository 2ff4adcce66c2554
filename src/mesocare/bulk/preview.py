"""How the first rows of a table are read: what was understood, and what would be said of each."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.job import DETAILS
from mesocare.bulk.understood import as_written, understood
from mesocare.errors import DateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesocare.bulk.job import Job, Reading
    from mesocare.bulk.understood import Row, Understood

SHOWN = 10


class PreviewRow(NamedTuple):
    """A row as it was read.

    Attributes:
        line: The line that it begins on.
        patient: The patient's id.
        treated: When the treatment was, as it is written there.
        words: The type, as it is written there.
        when: What was understood: a day or a moment; `None` where it cannot be.
        earliest: The first instant that is meant, in ISO 8601 with its offset.
        latest: The last one.
        type: The type that was understood.
        details: By `with` and `about`, where there is such a column, what is written there, and the
            ids of what was understood, if it was.
        verdicts: What holds, in the order of the activities.
        why: Why the row would be rejected.
    """

    line: int
    patient: str
    treated: str
    words: str
    when: str | None
    earliest: str | None
    latest: str | None
    type: str
    details: Mapping[str, tuple[str, tuple[str, ...] | None]]
    verdicts: tuple[str, ...]
    why: str


class Preview(NamedTuple):
    """The first rows of a table, and how it was read as a whole."""

    reading: Reading
    rows: list[PreviewRow]


def preview(job: Job) -> Preview:
    """Return how the first ten rows of a table are read; nothing is written.

    Raises:
        TableError: The table cannot be read, or lacks a column.
    """
    with understood(job) as table:
        rows = [_shown(table, row) for row in islice(table, SHOWN)]
        return Preview(table.reading, rows)


def _shown(table: Understood, row: Row) -> PreviewRow:
    there = table.has(DETAILS)
    shown = PreviewRow(
        line=row.line,
        patient=row.cells.get(table.ours("patient_id"), ""),
        treated=row.treated,
        words=row.what.type,
        when=None,
        earliest=None,
        latest=None,
        type="",
        details={ours: (row.cells.get(table.ours(ours), ""), None) for ours in there},
        verdicts=(),
        why="" if row.reject is None else row.reject.reason,
    )
    if row.treatment is None:
        return shown
    when = row.treatment.when
    first, last = (
        each.astimezone(when.zone).isoformat(timespec="seconds")
        for each in (when.earliest, when.latest)
    )
    try:
        said = as_written(row.treatment)
    except DateError:
        said = f"{first} to {last}"
    tz = row.cells.get(table.ours("tz"), "")
    return shown._replace(
        when=said,
        earliest=first,
        latest=last,
        type=row.treatment.type,
        details={ours: (shown.details[ours][0], table.details(row, ours)) for ours in there},
        verdicts=table.decider.cells(row.treated, row.what, tz),
    )
