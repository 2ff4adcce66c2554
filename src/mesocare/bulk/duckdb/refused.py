"""The rows that were refused, with the line of the input that each begins on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.readers import CsvRows
from mesocare.bulk.job import DETAILS
from mesocare.bulk.kinds import What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.job import Job

# The number of a row that was refused; those of verdicts follow.
REFUSED = 0
_BATCH = 10_000
_BLOCK = 1024 * 1024


class RefusedRow(NamedTuple):
    """A row that was refused: its line, its treatment as it is written, its cells."""

    line: int
    treated: str
    what: What
    tz: str
    row: Sequence[str]

    def value(self, ours: str) -> str:
        """Return what stands in a column of ours."""
        by_column = {"treated": self.treated, "tz": self.tz}
        return {**by_column, **dict(zip(("type", *DETAILS), self.what, strict=True))}[ours]


def refused_rows(job: Job, duck: Session, source: Source) -> Iterator[RefusedRow]:
    """Yield the rows of the table `rows` that were refused, in their order."""
    line = _line_of(job)
    for each in _selected(duck, source, "rowid", f"rows WHERE cell = {REFUSED} ORDER BY rowid"):
        yield each._replace(line=line(each.line))


def _selected(duck: Session, source: Source, number: str, rows: str) -> Iterator[RefusedRow]:
    """Yield rows of a relation, each with a number."""
    cells = ", ".join(f"coalesce(CAST(c{n} AS VARCHAR), '')" for n in range(len(source.names)))
    treatment = ", ".join((source.treated, *source.what, source.tz))
    for batch in duck.batches(f"SELECT {number}, {treatment}, {cells} FROM {rows}", _BATCH):
        for at, treated, type_, substances, factors, tz, *row in batch:
            yield RefusedRow(at, treated, What(type_, substances, factors), tz, row)


def _line_of(job: Job) -> Callable[[int], int]:
    """Return what leads from a row's number, asked for in order, to its line, or row of Parquet."""
    if job.kind == "parquet":
        return lambda number: number + 1
    if not _blank_lines(Path(job.source)):
        return lambda number: number + 2
    begins = enumerate(_begins(job))
    return lambda number: next(line for n, line in begins if n == number)


def _begins(job: Job) -> Iterator[int]:
    """Yield the line on which each row begins."""
    with closing(Lines(job.source)) as lines:
        yield from (begin for begin, _ in CsvRows(lines, job, lambda _: None))


def _blank_lines(path: Path) -> bool:
    tail = b"\n"
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if tail == b"\n" and block[:1] in b"\r\n":
                return True
            if b"\n\n" in block or b"\n\r" in block:
                return True
            tail = block[-1:]
    return False
