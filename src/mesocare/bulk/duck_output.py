"""What DuckDB writes: the verdicts beside their rows, and the rows that were rejected."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare.bulk.columns import places
from mesocare.bulk.duck_session import literal, module, quoted
from mesocare.bulk.job import Reject
from mesocare.bulk.lines import Lines
from mesocare.bulk.rows import CsvRows, row_text
from mesocare.bulk.sink import FORMULA, Rejects, Sink, neutral
from mesocare.bulk.stream import filters
from mesocare.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesocare.bulk.decisions import Cells
    from mesocare.bulk.duck_input import Source
    from mesocare.bulk.duck_session import Session
    from mesocare.bulk.job import Job

_BATCH = 10_000
_BLOCK = 1024 * 1024


def conditions(job: Job, source: Source) -> str:
    """Return what a row has to meet besides its verdicts, in SQL.

    Raises:
        TableError: There is no such column.
    """
    names = [name.strip() for name in source.names]
    parts = [
        f"coalesce(CAST(c{n} AS VARCHAR), '') = {literal(text)}"
        for n, text in filters(job, names, places(names, job.columns))
    ]
    return " AND ".join(["true", *parts])


def _wanted(job: Job, cells: Cells) -> bool:
    """Whether rows with these verdicts are wanted."""
    verdicts = [text for name, text in job.where if name == "verdict"]
    activities = [text for name, text in job.where if name == "activity"]
    return any(
        all(verdict == one for one in verdicts) and all(id_ == one for one in activities)
        for id_, verdict in zip(job.ids, cells, strict=True)
    )


def write(job: Job, duck: Session, source: Source, wanted: tuple[list[Cells], str]) -> int:
    """Write the rows that are wanted, in their order; return how many there are.

    Args:
        job: What was asked.
        duck: Where the rows are.
        source: Where they came from.
        wanted: The verdicts by number, and what a row has to meet besides, in SQL.

    Raises:
        OutputError: They could not be written.
    """
    text = job.form == "csv"
    columns = []
    for n, name in enumerate(source.names):
        column = f"c{n}"
        if text and source.texts[n]:
            # Nothing, and nothing in quotes, are one and the same; written as nothing.
            column = f"nullif({column if job.raw else _neutral(column)}, '')"
        columns.append(f"{column} AS {quoted(neutral(name) if text and not job.raw else name)}")
    cells, meeting = wanted
    for n, id_ in enumerate(job.ids):
        verdicts = ", ".join(literal(each[n]) for each in cells)
        columns.append(f"list_extract([{verdicts}]::VARCHAR[], cell + 1) AS {quoted(id_)}")
    kept = ", ".join(str(_wanted(job, each)) for each in cells)
    query = (
        f"SELECT {', '.join(columns)} FROM rows"
        f" WHERE list_extract([{kept}]::BOOLEAN[], cell + 1) AND {meeting}"
    )
    return copy(job, duck, query, source.delimiter)


def copy(job: Job, duck: Session, query: str, delimiter: str = ",") -> int:
    """Write what a query yields to where the job says; return how many rows.

    Raises:
        OutputError: It could not be written.
    """
    kinds = {
        "csv": f"FORMAT csv, HEADER true, DELIM {literal(delimiter)}, QUOTE '\"', ESCAPE '\"',"
        " NULLSTR ''",
        "ndjson": "FORMAT json",
        "parquet": "FORMAT parquet",
    }
    duckdb = module()
    with place(job.output, duck.folder) as path:
        target = literal(str(path))
        try:
            found = duck.rows(f"COPY ({query}) TO {target} ({kinds[job.form]}, USE_TMP_FILE false)")
        except duckdb.IOException as error:
            why = str(error).strip().splitlines()[0]
            message = f"{job.output or 'the output'!r} could not be written: {why}"
            raise OutputError(message, "Name another file.") from error
        return int(found[0][0])


@contextmanager
def place(output: str | None, folder: Path) -> Iterator[Path]:
    """Yield a file to write; in the end it is where it belongs, or nowhere if something failed."""
    given = None if output is None else Path(os.path.realpath(output))
    if given is None or given.is_dir() or (given.exists() and not given.is_file()):
        # Asked for first: what cannot be written into is to be known before the work is done.
        with Sink(output) as sink:
            path = folder / "output"
            yield path
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    sink.write(block)
            sink.keep()
        return
    partial = given.with_name(f".{given.name}.{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield partial
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(given)
    except OSError as error:
        message = f"{output!r} could not be written: {error.strerror}"
        raise OutputError(message, "Name another file.") from error
    finally:
        partial.unlink(missing_ok=True)


def _neutral(column: str) -> str:
    """Return a cell, in SQL, that no spreadsheet takes for a formula."""
    # All of them stand before the letters. Not by IN: DuckDB makes a join of it, and none keeps
    # the order.
    starts = literal("".join(sorted(FORMULA)))
    risky = f"{column} < 'A' AND {column} <> '' AND contains({starts}, left({column}, 1))"
    return f"CASE WHEN {risky} THEN '''' || {column} ELSE {column} END"


def reject(job: Job, duck: Session, source: Source) -> int:
    """Name the rows that could not be judged, in their order; return how many there are.

    Raises:
        OutputError: They could not be named.
    """
    rejects = Rejects(job.rejects)
    cells = ", ".join(f"coalesce(CAST(c{n} AS VARCHAR), '')" for n in range(len(source.names)))
    query = (
        f"SELECT rows.rowid, a.fault, a.written, a.type, a.tz, a.reason, {cells} FROM rows"
        f" JOIN answers AS a ON a.written = {source.treated} AND a.type = {source.type}"
        f" AND a.tz = {source.tz} WHERE rows.cell IS NULL ORDER BY rows.rowid"
    )
    try:
        lines = _lines(job)
        for batch in duck.batches(query, _BATCH):
            for number, fault, written, type_, tz, why, *row in batch:
                value = {"treated": written, "type": type_, "tz": tz}[fault]
                shown = row_text(row, source.delimiter)
                column = job.columns.get(fault, fault)
                rejects.add(Reject(lines(number), column, value, why, shown))
        rejects.flush()
        if rejects.sink is not None:
            rejects.sink.keep()
    finally:
        if rejects.sink is not None:
            rejects.sink.drop()
    return rejects.count


def _lines(job: Job) -> Callable[[int], int]:
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
            block = tail + block.replace(b"\r\n", b"\n")
            if b"\n\n" in block or b"\n\r" in block:
                return True
            tail = block[-1:]
    return False
