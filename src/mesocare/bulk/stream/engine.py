"""The streaming engine: row by row in constant memory, with the standard library alone."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from mesocare.bulk.io.writers import check_places
from mesocare.bulk.job import Interrupted
from mesocare.bulk.signals import Stopped, StopSignals

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.bulk.job import Job, Tally
    from mesocare.bulk.stream.base import Run


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
    check_places(job)
    run_ = _of_kind(job)(job, progress)
    run_.stopping = stopping = StopSignals()
    try:
        with stopping, stopping.around(ExitStack()) as run_.open:
            try:
                run_.whole()
            except Stopped:
                with stopping.undisturbed():
                    run_.stop()
                raise
    except Stopped as stopped:
        raise Interrupted(run_.tally, stopped.number) from stopped
    return run_.tally


def _of_kind(job: Job) -> type[Run]:
    """Return what checks such a table."""
    if job.kind == "ndjson":
        from mesocare.bulk.stream.ndjson import JsonRun

        return JsonRun
    from mesocare.bulk.stream.csv import CsvRun

    return CsvRun
