"""The streaming engine: row by row in constant memory, with the standard library alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.bulk.run import carried_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.bulk.job import Job, Tally
    from mesocare.bulk.stream.base import PatientRun


def run(job: Job, progress: Callable[[int], None]) -> Tally:
    """Check a table row by row.

    Args:
        job: What to check, and how.
        progress: Called now and then with the number of rows read so far.

    Raises:
        TableError: The table, or its header, cannot be used.
        OutputError: The rows could not be delivered.
        Interrupted: A signal asked to stop; whole rows were written, and no file is left.
    """
    return carried_out(_of_kind(job)(job, progress))


def _of_kind(job: Job) -> type[PatientRun]:
    """Return what checks such a table."""
    if job.kind == "ndjson":
        from mesocare.bulk.stream.ndjson import JsonRun

        return JsonRun
    from mesocare.bulk.stream.csv import CsvRun

    return CsvRun
