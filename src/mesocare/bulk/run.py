"""One check row by row: what it reads, where it writes, and how it ends, whatever is asked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from mesocare.bulk.io.formats import CsvFormat, JsonFormat
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.writers import OutputFile, Rejects, check_places
from mesocare.bulk.job import Interrupted, Tally
from mesocare.bulk.signals import Stopped, StopSignals
from mesocare.errors import OutputError, TableError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.bulk.job import Job


class Run(ABC):
    """One check of a table.

    Attributes:
        job: What to check, and how.
        tally: What it has counted.
        delimiter: What stands between two cells of the output.
    """

    stopping: StopSignals
    open: ExitStack
    lines: Lines
    rejects: Rejects
    file: OutputFile
    out: CsvFormat | JsonFormat

    def __init__(self, job: Job, tally: Tally) -> None:
        self.job = job
        self.tally = tally
        self.delimiter = ","
        self._begun = False

    @abstractmethod
    def table(self) -> None:
        """Read the table; in the end everything has been given to the output."""

    @abstractmethod
    def count(self) -> None:
        """Add up."""

    def whole(self) -> None:
        """Read, judge and write everything."""
        job = self.as_text()
        with self.stopping.undisturbed():
            self.lines = Lines(job.source, job.encoding, job.called)
            self.open.callback(self.lines.close)
            self.rejects = self.open.enter_context(Rejects(job.rejects))
        try:
            self.table()
        except TableError as error:
            if self._begun and self.job.output is None:
                # After rows, nothing else may go to standard output, not even an error as JSON.
                raise OutputError(error.message, error.hint) from error
            raise
        with self.stopping.undisturbed():
            self.rejects.pass_on()
            self.out.flush()
            self.rejects.flush()
        self.stopping.too_late()
        self.file.keep()
        self.rejects.keep()
        self.count()

    def as_text(self) -> Job:
        """Return the job, its table as text."""
        return self.job

    def understood(self, job: Job, header: int = 0) -> None:
        """Take the job with the names of its columns as they were found out."""
        self.job = job
        reading = self.tally.reading
        reading.header, reading.sheet = header or job.header, job.sheet
        reading.columns = {
            ours: theirs for ours, theirs in job.columns.items() if theirs not in {"", ours}
        }

    def begin(self, header: Sequence[str], names: Sequence[str], added: Sequence[str]) -> None:
        """Open the output, which has the columns of the input and those of the answers."""
        with self.stopping.undisturbed():
            self.file = self.open.enter_context(OutputFile(self.job.output))
        self._begun = True
        if self.job.form == "ndjson":
            self.out = JsonFormat(self.file.write, [*names, *added])
            return
        if self.job.mark or (self.job.kind != "ndjson" and self.lines.marked):
            self.file.write(BOM_UTF8)
        self.out = CsvFormat(self.file.write, self.delimiter)
        shown = [each if self.job.raw else without_formula(each) for each in header]
        self.out.write([[*shown, *added]])

    def stop(self) -> None:
        """Let go of the whole rows that are waiting, if somebody is still reading, and add up."""
        with suppress(OutputError):
            if hasattr(self, "rejects"):  # it may be stopped as soon as it has begun
                self.rejects.flush()
            if self._begun and self.job.output is None:
                self.out.flush()
        self.count()

    @property
    def rejected(self) -> int:
        """How many rows were rejected."""
        return self.rejects.count if hasattr(self, "rejects") else 0


def carried_out(run: Run) -> Tally:
    """Carry out a check, to the end or until a signal stops it.

    Raises:
        TableError: The table, or its header, cannot be used.
        OutputError: The rows could not be delivered.
        Interrupted: A signal asked to stop; whole rows were written, and no file is left.
    """
    check_places(run.job)
    run.stopping = stopping = StopSignals()
    try:
        with stopping, stopping.around(ExitStack()) as run.open:
            try:
                run.whole()
            except Stopped:
                with stopping.undisturbed():
                    run.stop()
                raise
    except Stopped as stopped:
        raise Interrupted(run.tally, stopped.number) from stopped
    return run.tally
