"""What a check row by row does, whatever a row is written in."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mesocare.bulk.header import wanted_types
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.job import OPTIONAL, REQUIRED, Reject, Tally, blamed, reason
from mesocare.bulk.run import Run
from mesocare.bulk.verdicts import RowVerdicts
from mesocare.parsing.date_order import UNSETTLED, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mesocare.bulk.job import Job
    from mesocare.errors import MesocareError
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


class PatientRun(Run):
    """A check of patients: the verdicts of each row, and how its dates are meant."""

    def __init__(self, job: Job, progress: Callable[[int], None]) -> None:
        super().__init__(job, Tally())
        self.progress = progress
        self.verdicts = RowVerdicts(job, self.surveyed)
        self.ahead: Ahead[Any] | None = None
        self.wanted_types = wanted_types(job)

    def understood(self, job: Job, header: int = 0) -> None:
        """Take the job with the names of its columns as they were found out."""
        super().understood(job, header)
        self.ours = {each: job.columns.get(each, each) for each in (*REQUIRED, *OPTIONAL)}

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

    def count(self) -> None:
        """Add up."""
        self.verdicts.tally(self.tally)
        self.tally.rejected = self.rejected
        judged = max((sum(each.values()) for each in self.tally.verdicts.values()), default=0)
        self.tally.read = judged + self.tally.rejected
