"""The streaming engine: row by row in constant memory, with the standard library alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from mesocare.bulk.io.forms import CsvForm, JsonForm
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.writers import Rejects, Sink, check_places
from mesocare.bulk.job import Interrupted, Reject, Tally, blamed, reason
from mesocare.bulk.signals import Stopped, Stopping
from mesocare.bulk.verdicts import Judge
from mesocare.errors import MesocareError, OutputError, TableError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesocare.bulk.job import Job

# Rows from one writing to the next.
CHUNK = 128


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
    with Stopping() as run_.stopping, ExitStack() as run_.open:
        try:
            run_.whole()
        except Stopped as stopped:
            run_.stop()
            raise Interrupted(run_.tally, stopped.number) from stopped
    return run_.tally


def _of_kind(job: Job) -> type[Run]:
    """Return what checks such a table; both kinds build on what is here."""
    if job.kind == "ndjson":
        from mesocare.bulk.stream.ndjson import JsonRun

        return JsonRun
    from mesocare.bulk.stream.csv import CsvRun

    return CsvRun


class Run(ABC):
    """One check: what it reads, where it writes, and what it has counted."""

    stopping: Stopping
    open: ExitStack
    lines: Lines
    rejects: Rejects
    sink: Sink
    out: CsvForm | JsonForm

    def __init__(self, job: Job, progress: Callable[[int], None]) -> None:
        self.job = job
        self.progress = progress
        self.judge = Judge(job)
        self.tally = Tally()
        self.delimiter = ","
        self._begun = False

    def whole(self) -> None:
        """Read, judge and write everything."""
        self.lines = Lines(self.job.source, self.job.encoding)
        self.open.callback(self.lines.close)
        self.rejects = Rejects(self.job.rejects)
        if self.rejects.sink is not None:
            self.open.enter_context(self.rejects.sink)
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
            self.sink.keep()
            if self.rejects.sink is not None:
                self.rejects.sink.keep()
        self.count()

    @abstractmethod
    def table(self) -> None:
        """Read the table; in the end everything has been given to the output."""

    def begin(self, header: Sequence[str], names: Sequence[str]) -> None:
        """Open the output, which has the columns of the input and those of the answers."""
        self.sink = self.open.enter_context(Sink(self.job.output))
        self._begun = True
        if self.job.form == "ndjson":
            self.out = JsonForm(self.sink.write, [*names, *self.job.added])
            return
        self.out = CsvForm(self.sink.write, self.delimiter)
        shown = [each if self.job.raw else without_formula(each) for each in header]
        self.out.write([[*shown, *self.job.added]])

    def pass_on(self, rows: list[Any], read: int) -> None:
        """Write some rows, undisturbed, and say how far it is."""
        with self.stopping.undisturbed():
            if rows:
                self.deliver(rows)
            self.tally.written += len(rows)
            self.rejects.pass_on()
        self.tally.read += read
        self.progress(self.tally.read)

    def deliver(self, rows: list[Any]) -> None:
        """Write some rows."""
        self.out.write(rows)

    def refuse(self, line: int, error: MesocareError, values: dict[str, str], row: str) -> None:
        """Reject a row for what the engine has to say of it."""
        ours = blamed(error)
        column = self.job.columns.get(ours, ours)
        self.rejects.add(Reject(line, column, values[ours], reason(error), row))

    def stop(self) -> None:
        """Let go of the whole rows that are waiting, if somebody is still reading, and add up."""
        with suppress(OutputError):
            self.rejects.flush()
            if self._begun and self.job.output is None:
                self.out.flush()
        self.count()

    def count(self) -> None:
        """Add up."""
        self.judge.tally(self.tally)
        self.tally.rejected = self.rejects.count if hasattr(self, "rejects") else 0
        judged = max((sum(each.values()) for each in self.tally.verdicts.values()), default=0)
        self.tally.read = judged + self.tally.rejected
