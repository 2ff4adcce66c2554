"""What a check row by row does, whatever a row is written in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

from mesocare.bulk.io.formats import CsvFormat, JsonFormat
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.writers import OutputFile, Rejects
from mesocare.bulk.job import Reject, Tally, blamed, reason
from mesocare.bulk.verdicts import RowVerdicts
from mesocare.errors import MesocareError, OutputError, TableError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesocare.bulk.job import Job
    from mesocare.bulk.signals import StopSignals

# Rows from one writing to the next.
CHUNK = 128


class Run(ABC):
    """One check: what it reads, where it writes, and what it has counted."""

    stopping: StopSignals
    open: ExitStack
    lines: Lines
    rejects: Rejects
    file: OutputFile
    out: CsvFormat | JsonFormat

    def __init__(self, job: Job, progress: Callable[[int], None]) -> None:
        self.job = job
        self.progress = progress
        self.verdicts = RowVerdicts(job)
        self.tally = Tally()
        self.delimiter = ","
        self._begun = False

    def whole(self) -> None:
        """Read, judge and write everything."""
        self.lines = Lines(self.job.source, self.job.encoding)
        self.open.callback(self.lines.close)
        with self.stopping.undisturbed():
            self.rejects = self.open.enter_context(Rejects(self.job.rejects))
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

    @abstractmethod
    def table(self) -> None:
        """Read the table; in the end everything has been given to the output."""

    def begin(self, header: Sequence[str], names: Sequence[str]) -> None:
        """Open the output, which has the columns of the input and those of the answers."""
        with self.stopping.undisturbed():
            self.file = self.open.enter_context(OutputFile(self.job.output))
        self._begun = True
        if self.job.form == "ndjson":
            self.out = JsonFormat(self.file.write, [*names, *self.job.added])
            return
        self.out = CsvFormat(self.file.write, self.delimiter)
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
        self.verdicts.tally(self.tally)
        self.tally.rejected = self.rejects.count if hasattr(self, "rejects") else 0
        judged = max((sum(each.values()) for each in self.tally.verdicts.values()), default=0)
        self.tally.read = judged + self.tally.rejected
