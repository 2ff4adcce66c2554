"""The rows that were refused, found again in the input, to be named with their line and reason.

Where the decision table had an answer for every row, it refused only times that no clock showed, of
which there are a few hours. So what was written in such an hour is looked at. Where the rows were
laid down, their numbers say which were refused.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.duckdb.layout import REFUSED
from mesocare.bulk.duckdb.session import literal
from mesocare.bulk.header import places
from mesocare.bulk.io.lines import Lines
from mesocare.bulk.io.readers import CsvRows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from mesocare.bulk.duckdb.lookup import DecisionTable
    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.job import Job

_BATCH = 10_000
_BLOCK = 1024 * 1024


class Suspect(NamedTuple):
    """A row that may have been refused: its line, its treatment as it is written, its cells."""

    line: int
    treated: str
    type: str
    tz: str
    row: Sequence[str]


def written_in(job: Job, duck: Session, source: Source, hours: Collection[str]) -> list[Suspect]:
    """Return the rows whose treatment was written in some hours, such as `2024-03-31T01`."""
    if not hours:
        return []
    if job.kind != "parquet":
        return list(_lines_with(hours, job, source))
    forms = [form for hour in sorted(hours) for form in (hour, hour.replace("T", " "))]
    within = " OR ".join(f"starts_with({source.treated}, {literal(each)})" for each in forms)
    return list(_selected(duck, source, "n + 1", f"{source.numbered} WHERE {within} ORDER BY n"))


def skipped(table: DecisionTable, suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """Yield those whose time no clock showed, as the table has it."""
    for each in suspects:
        try:
            moment = datetime.fromisoformat(each.treated)
        except ValueError:
            continue
        if moment.tzinfo is None and table.refuses(each.type, each.tz, moment):
            yield each


def laid_down(job: Job, duck: Session, source: Source) -> Iterator[Suspect]:
    """Yield the rows that were refused, where all of them were laid down."""
    line = _line_of(job)
    for each in _selected(duck, source, "rowid", f"rows WHERE cell = {REFUSED} ORDER BY rowid"):
        yield each._replace(line=line(each.line))


def _selected(duck: Session, source: Source, number: str, rows: str) -> Iterator[Suspect]:
    """Yield rows of a relation, each with a number."""
    cells = ", ".join(f"coalesce(CAST(c{n} AS VARCHAR), '')" for n in range(len(source.names)))
    query = f"SELECT {number}, {source.treated}, {source.type}, {source.tz}, {cells} FROM {rows}"
    for batch in duck.batches(query, _BATCH):
        for at, treated, type_, tz, *row in batch:
            yield Suspect(at, treated, type_, tz, row)


def _lines_with(hours: Iterable[str], job: Job, source: Source) -> Iterator[Suspect]:
    """Yield the rows of a text without quotes in which one of some hours stands."""
    marks: dict[bytes, set[bytes]] = {}
    for hour in hours:
        date, _, clock = hour.encode().partition(b"T")
        marks.setdefault(date, set()).update({b"T" + clock, b" " + clock})
    where = places([name.strip() for name in source.names], job.columns)
    number = 1
    with Path(job.source).open("rb") as file:
        while block := file.read(_BLOCK) + file.readline():
            counted = 0
            for at in sorted({at for mark in marks.items() for at in _lines_of(*mark, block)}):
                number += block.count(b"\n", counted, at)
                counted = at
                line = block[at : _end(block, at)].decode().removesuffix("\r")
                row = line.split(source.delimiter)
                treated, type_, tz = (
                    row[where[each]] if each in where else "" for each in ("treated", "type", "tz")
                )
                yield Suspect(number, treated, type_, tz, row)
            number += block.count(b"\n", counted)


def _lines_of(date: bytes, clocks: Collection[bytes], block: bytes) -> Iterator[int]:
    """Yield where in a block the lines begin in which one of some hours of a day stands."""
    at = block.find(date)
    while at >= 0:
        after = at + len(date)
        if block[after : after + len(b"T01")] in clocks:
            yield block.rfind(b"\n", 0, at) + 1
        at = block.find(date, after)


def _end(block: bytes, at: int) -> int:
    """Return where a line ends."""
    end = block.find(b"\n", at)
    return end if end >= 0 else len(block)


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
    lines = Lines(job.source)
    try:
        yield from (begin for begin, _ in CsvRows(lines, job, lambda _: None))
    finally:
        lines.close()


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
