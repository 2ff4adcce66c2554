"""A table as it is meant: each row with its treatment, for looking at it and for mending it.

Any kind of table is read, and read twice: once for the order of its dates. Where nothing but the
verdicts is wanted, the engines are far quicker.
"""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.decider import joined
from mesocare.bulk.header import columns_of, header_problem
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.readers import CsvRows, JsonRows, not_text, plain, row_text
from mesocare.bulk.job import OPTIONAL, REQUIRED, Reading, Reject, blamed, reason, shortened
from mesocare.bulk.kinds import What
from mesocare.bulk.verdicts import decider
from mesocare.errors import DateError, MesocareError, TableError
from mesocare.files import private_folder
from mesocare.parsing.date_order import UNSETTLED, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from mesocare.bulk.decider import Decider
    from mesocare.bulk.job import Job
    from mesocare.core.model import Treatment

_DAY = timedelta(days=1)


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: The line that it begins on, the first being 1.
        cells: Its cells by the names of the columns.
        treated: When the treatment was, as it is written, with the time that stands beside it.
        what: The type, what was injected and who was treated, as they are written.
        treatment: What that means; `None` where it means nothing.
        reject: Why the row cannot be judged; `None` where it can.
    """

    line: int
    cells: Mapping[str, str]
    treated: str
    what: What
    treatment: Treatment | None
    reject: Reject | None


class Understood:
    """The rows of a table, with how it was read.

    Args:
        job: The table; of no other kind than CSV, TSV or NDJSON.
    """

    def __init__(self, job: Job) -> None:
        self.reading = Reading(header=job.header, sheet=job.sheet)
        self.names: list[str] = []
        self._job = job
        self._rejects: list[Reject] = []
        texts = (cells.get(self.ours("treated"), "") for _, cells, _ in self._records())
        orders = settled(texts, job.at.astimezone(job.zone).date())
        if job.orders == UNSETTLED:
            self._job = self._job._replace(orders=orders)
            self.reading.orders = orders
        self.decider: Decider = decider(self._job)
        self.reading.types = self.decider.kinds.words
        self.reading.columns = {
            ours: theirs for ours, theirs in self._job.columns.items() if theirs not in {"", ours}
        }

    def ours(self, column: str) -> str:
        """Return the name of a column of ours."""
        return self._job.columns.get(column, column)

    def has(self, columns: Iterable[str]) -> list[str]:
        """Return those of some columns of ours that are there."""
        return [ours for ours in columns if self.ours(ours) in self.names]

    def details(self, row: Row, kind: str) -> tuple[str, ...]:
        """Return the ids of what a sound row names in its column `with` or `about`."""
        cell = row.cells.get(self.ours(kind), "").strip()
        return tuple(each.id for each in self.decider.kinds.details(kind, cell))

    def __iter__(self) -> Iterator[Row]:
        """Yield every row in order."""
        self._rejects.clear()
        for line, cells, text in self._records():
            yield from self._passed_over()
            yield self._row(line, cells, text)
        yield from self._passed_over()

    def _passed_over(self) -> Iterator[Row]:
        """Yield what was met on the way and is no row."""
        for reject in self._rejects:
            yield Row(reject.line, {}, reject.row, What(""), None, reject)
        self._rejects.clear()

    def _row(self, line: int, cells: Mapping[str, str], text: str) -> Row:
        given = {each: cells.get(self.ours(each), "") for each in (*REQUIRED, *OPTIONAL)}
        what = What(given["type"], given["with"], given["about"])
        treated = given["treated"]
        try:
            treated = joined(treated, given["treated_time"])
            if not treated:
                raise DateError("No date was given.", "Every row needs its own.")
            found = self.decider.treatment(treated, what, given["tz"].strip())
        except MesocareError as error:
            ours = blamed(error)
            value = {**given, "treated": treated}[ours]
            reject = Reject(line, self.ours(ours), value, reason(error), text)
            return Row(line, cells, treated, what, None, reject)
        return Row(line, cells, treated, what, found, None)

    def _records(self) -> Iterator[tuple[int, dict[str, str], str]]:
        """Yield the line, the cells and the text of each row, from the first."""
        of_kind = self._objects if self._job.kind == "ndjson" else self._delimited
        with closing(Lines(self._job.source, self._job.encoding, self._job.called)) as lines:
            yield from of_kind(lines)

    def _delimited(self, lines: Lines) -> Iterator[tuple[int, dict[str, str], str]]:
        rows = CsvRows(lines, self._job, self._rejects.append)
        self._job = rows.job
        self.names = [each.strip() for each in rows.header]
        self.reading.header = rows.line if rows.titled else self._job.header
        for line, row in rows:
            if row is not None:
                cells = dict(zip(self.names, row, strict=True))
                yield line, cells, row_text(row, rows.delimiter)

    def _objects(self, lines: Lines) -> Iterator[tuple[int, dict[str, str], str]]:
        ours: dict[str, str] = {}
        for each in JsonRows(lines, self._rejects.append):
            if each is None:
                continue
            line, found, text = each
            if not self.names:
                self.names = list(self._job.names or found)
                problem = header_problem(self.names, self._job, lines.name)
                if problem:
                    raise problem
                columns = columns_of(self._job).settled(self.names)
                self._job = self._job._replace(columns=columns)
            ours = ours or {each: self.ours(each) for each in (*REQUIRED, *OPTIONAL)}
            if fault := not_text(found, ours):
                self._rejects.append(Reject(line, *fault, shortened(text)))
            else:
                yield line, {name: plain(found.get(name)) for name in self.names}, shortened(text)


@contextmanager
def understood(job: Job) -> Iterator[Understood]:
    """Give the rows of a table of any kind.

    Raises:
        TableError: It cannot be read, or lacks a column.
    """
    with ExitStack() as held:
        folder = held.enter_context(private_folder())
        if job.source == "-":
            job = job._replace(source=str(_spooled(folder)), called="standard input")
        if job.kind == "excel":
            from mesocare.bulk.io.spreadsheet import as_text

            job = as_text(job, folder)
        elif job.kind == "parquet":
            from mesocare.bulk.duckdb.bridge import as_lines
            from mesocare.bulk.duckdb.session import session

            job = as_lines(job, held.enter_context(session()))
        yield Understood(job)


def _spooled(folder: Path) -> Path:
    """Keep standard input, so that it can be read twice."""
    if sys.stdin is None:
        raise TableError("standard input is closed", "Name a file.")
    place = folder / "input"
    with place.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return place


def as_written(treatment: Treatment) -> str:
    """Return when a treatment was, in the form that has one reading in its zone.

    Raises:
        DateError: It was within a span that is neither a day nor a moment.
    """
    when = treatment.when
    first, last = (each.astimezone(when.zone) for each in (when.earliest, when.latest))
    if when.earliest == when.latest:
        if first.time() == time(0):
            # As the beginning of a day it would be taken for the day.
            offset = first.strftime("%z")
            return f"{first.date() - _DAY}T24:00{offset[:3]}:{offset[3:]}"
        # The offset settles a time that the clocks showed twice.
        return first.isoformat(timespec="minutes" if not first.second else "seconds")
    if first.date() == last.date() or last.replace(tzinfo=None) == datetime.combine(
        first.date() + _DAY, datetime.min.time()
    ):
        return first.date().isoformat()
    raise DateError("It was within a span of more than a day.", "Write the day.")
