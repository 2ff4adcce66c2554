"""What a check row by row does, whatever a row is written in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from codecs import BOM_UTF8
from collections import deque
from contextlib import ExitStack, closing, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mesocare.bulk.header import wanted_types
from mesocare.bulk.io.formats import CsvFormat, JsonFormat
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.writers import OutputFile, Rejects
from mesocare.bulk.job import OPTIONAL, REQUIRED, Reject, Tally, blamed, reason
from mesocare.bulk.verdicts import RowVerdicts
from mesocare.errors import MesocareError, OutputError, TableError
from mesocare.parsing.date_order import UNSETTLED, settled
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mesocare.bulk.job import Job
    from mesocare.bulk.signals import StopSignals
    from mesocare.parsing.date_order import Orders

# Rows from one writing to the next.
CHUNK = 128


# How much of a pipe is looked at to settle the order of its dates.
MOST_AHEAD = 20_000
_DAY = len("25.11.2026 ")
_Record = TypeVar("_Record")


class Ahead(Generic[_Record]):
    """Records in chunks, of which the next may be looked at.

    Args:
        records: All of them.
        days: Yields what is kept of records that have gone by: the beginnings of their dates.
            `None` where nothing has to be, as they can be read again.
    """

    def __init__(
        self,
        records: Iterator[_Record],
        days: Callable[[Iterable[_Record]], Iterator[str]] | None,
    ) -> None:
        self._records = records
        self._days = days
        self._gone: set[str] = set()
        self._chunk: list[_Record] = []
        self._waiting: deque[_Record] = deque()

    def chunks(self) -> Iterator[list[_Record]]:
        """Yield the records in their order, some at a time."""
        while True:
            if self._days is not None and len(self._gone) < MOST_AHEAD:
                self._gone.update(text[:_DAY] for text in self._days(self._chunk))
            waiting = [self._waiting.popleft() for _ in range(min(CHUNK, len(self._waiting)))]
            self._chunk = waiting or list(islice(self._records, CHUNK))
            if not self._chunk:
                return
            yield self._chunk

    def look(self) -> bool:
        """Look at the records that follow; whether these are all that there are."""
        self._waiting.extend(islice(self._records, MOST_AHEAD - len(self._waiting)))
        return len(self._waiting) < MOST_AHEAD and len(self._gone) < MOST_AHEAD

    def days(self) -> Iterator[str]:
        """Yield the beginnings of all dates, once `look` has said that it saw the end."""
        yield from self._gone
        if self._days is not None:
            yield from self._days([*self._chunk, *self._waiting])


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
        self.verdicts = RowVerdicts(job, self.surveyed)
        self.tally = Tally()
        self.ahead: Ahead[Any] | None = None
        self.wanted_types = wanted_types(job)
        self.delimiter = ","
        self._begun = False

    def whole(self) -> None:
        """Read, judge and write everything."""
        with self.stopping.undisturbed():
            self.lines = Lines(self.job.source, self.job.encoding, self.job.called)
            self.open.callback(self.lines.close)
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

    def understood(self, job: Job, header: int = 0) -> None:
        """Take the job with the names of its columns as they were found out."""
        self.job = job
        self.ours = {each: job.columns.get(each, each) for each in (*REQUIRED, *OPTIONAL)}
        self.tally.reading.header = header or job.header
        self.tally.reading.sheet = job.sheet
        self.tally.reading.columns = {
            ours: theirs for ours, theirs in job.columns.items() if theirs not in {"", ours}
        }

    def surveyed(self) -> Orders:
        """Look at the whole column for the order of the numbers in its dates.

        A file is read once more. Of a pipe the next rows are looked at; one that goes on for longer
        settles nothing.
        """
        today = self.job.at.astimezone(self.job.zone).date()
        if not self.is_pipe:
            with closing(Lines(self.job.source, self.job.encoding)) as lines:
                return settled(self.treated(self.records(lines)), today)
        if self.ahead is None or not self.ahead.look():
            self.tally.reading.long = True
            return UNSETTLED
        return settled(self.ahead.days(), today)

    @property
    def is_pipe(self) -> bool:
        """Whether the input can be read only once."""
        return self.job.source == "-" or not Path(self.job.source).is_file()

    def chunks(self, records: Iterator[Any]) -> Iterator[list[Any]]:
        """Yield the records, some at a time."""
        needed = self.is_pipe and self.job.orders == UNSETTLED
        self.ahead = Ahead(records, self.treated if needed else None)
        return self.ahead.chunks()

    @abstractmethod
    def records(self, lines: Lines) -> Iterator[Any]:
        """Yield the records of the table anew, without a word on those that are none."""

    @abstractmethod
    def treated(self, records: Iterable[Any]) -> Iterator[str]:
        """Yield the text of when the treatment was, of each record that has one."""

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
        if self.job.mark or (self.job.kind != "ndjson" and self.lines.marked):
            self.file.write(BOM_UTF8)
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
            if hasattr(self, "rejects"):  # it may be stopped as soon as it has begun
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
