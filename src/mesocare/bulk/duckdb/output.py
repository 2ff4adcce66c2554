"""What DuckDB writes: the verdicts beside their rows, and the rows that were rejected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from mesocare.bulk.duckdb.session import literal, module, quoted
from mesocare.bulk.header import filters, places
from mesocare.bulk.io.readers import row_text
from mesocare.bulk.io.writers import OutputFile
from mesocare.bulk.job import Reject
from mesocare.core.model import Verdict
from mesocare.errors import OutputError
from mesocare.files import AtomicFile, is_special
from mesocare.text import FORMULA, without_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.duckdb.source import Source
    from mesocare.bulk.io.writers import Rejects
    from mesocare.bulk.job import Job
    from mesocare.bulk.signals import StopSignals
    from mesocare.bulk.verdict_table import Cells

# What a query says that meets a row without an answer.
UNANSWERED = "mesocare: a row has no answer"
_BLOCK = 1024 * 1024


class Refused(NamedTuple):
    """A row that could not be judged.

    Attributes:
        line: Its line, or in Parquet its row, the first being 1.
        fault: The column of ours that is at fault.
        value: What stands there.
        why: Why it cannot be used, and what can.
        row: Its cells.
    """

    line: int
    fault: str
    value: str
    why: str
    row: Sequence[str]


def conditions(job: Job, source: Source, types: list[str] | None) -> str:
    """Return what a row has to meet besides its verdicts, in SQL.

    Args:
        job: What was asked.
        source: Where the rows came from.
        types: Every way in which the types that are wanted are written; `None` for any.

    Raises:
        TableError: There is no such column.
    """
    names = [name.strip() for name in source.names]
    parts = [
        f"coalesce(CAST(c{n} AS VARCHAR), '') = {literal(text)}"
        for n, text in filters(job, names, places(names, job.columns))
    ]
    if types is not None:
        parts.append(f"{source.type} IN ({', '.join(map(literal, types))})" if types else "false")
    return " AND ".join(["true", *parts])


def _wanted(job: Job, cells: Cells) -> bool:
    """Whether rows with these verdicts are wanted."""
    verdicts = [text for name, text in job.where if name == "verdict"]
    activities = [text for name, text in job.where if name == "activity"]
    return any(
        all(verdict == one for one in verdicts) and all(id_ == one for one in activities)
        for id_, verdict in zip(job.ids, cells, strict=True)
    )


def wanted(job: Job, source: Source, rows: str, cells: list[Cells], meeting: str) -> str:
    """Return the query for the rows that are wanted; it fails at a row without an answer.

    Args:
        job: What was asked.
        source: Where the rows came from.
        rows: The rows with the number of what holds, as `cell`, in SQL.
        cells: The verdicts, in the order of their numbers from 1 on.
        meeting: What a row has to meet besides, in SQL.
    """
    text = job.form == "csv"
    known = {*source.known, *source.details}
    columns = []
    for n, name in enumerate(source.names):
        column = f"c{n}"
        if text and source.texts[n]:
            column = column if source.plain else f"CAST({column} AS VARCHAR)"
            column = column if job.raw or n in known else _neutral(column)
            # Nothing, and nothing in quotes, are one and the same; written as nothing.
            column = column if source.plain else f"nullif({column}, '')"
        columns.append(
            f"{column} AS {quoted(without_formula(name) if text and not job.raw else name)}"
        )
    columns += _verdicts(job, source, cells)
    kept = [_wanted(job, each) for each in cells]
    listed = ", ".join(map(str, kept))
    wanted_ = "cell > 0" if all(kept) else f"list_extract([{listed}]::BOOLEAN[], cell)"
    answered = f"CASE WHEN cell IS NULL THEN error({literal(UNANSWERED)})::INTEGER ELSE cell END"
    return (
        f"SELECT {', '.join(columns)} FROM (SELECT * REPLACE ({answered} AS cell) FROM {rows})"
        f" WHERE {wanted_} AND {meeting}"
    )


def _verdicts(job: Job, source: Source, cells: list[Cells]) -> Iterator[str]:
    """Yield the columns of the verdicts, in SQL."""
    if unquoted(job, source):
        # As one column that reads as several: what takes most of the time is writing them.
        texts = ", ".join(literal(source.delimiter.join(each)) for each in cells)
        name = quoted(source.delimiter.join(job.ids))
        yield f"list_extract([{texts}]::VARCHAR[], cell) AS {name}"
        return
    # As one of a few words it is written to Parquet in a fraction of the time.
    kind = "VARCHAR" if job.form == "csv" else f"ENUM({', '.join(map(literal, Verdict))})"
    for n, id_ in enumerate(job.ids):
        verdicts = ", ".join(literal(each[n]) for each in cells)
        yield f"list_extract([{verdicts}]::{kind}[], cell) AS {quoted(id_)}"


def unquoted(job: Job, source: Source) -> bool:
    """Whether no cell of the output has to stand in quotes."""
    return job.form == "csv" and source.plain


def copy(job: Job, duck: Session, query: str, path: Path, source: Source | None = None) -> int:
    """Write what a query yields into a file, delimited as its source is; return how many rows.

    Raises:
        OutputError: It could not be written.
    """
    delimiter = "," if source is None else source.delimiter
    quote = literal("" if source is not None and unquoted(job, source) else '"')
    kinds = {
        "csv": f"FORMAT csv, HEADER true, DELIM {literal(delimiter)}, QUOTE {quote},"
        f" ESCAPE {quote}, NULLSTR ''",
        "ndjson": "FORMAT json",
        "parquet": "FORMAT parquet",
    }
    duckdb = module()
    target = literal(str(path))
    try:
        found = duck.rows(f"COPY ({query}) TO {target} ({kinds[job.form]}, USE_TMP_FILE false)")
    except duckdb.IOException as error:
        why = str(error).strip().splitlines()[0]
        message = f"{job.output or 'the output'!r} could not be written: {why}"
        raise OutputError(message, "Name another file.") from error
    return int(found[0][0])


class Place:
    """Where a query writes its rows, and how they get from there to where they belong.

    As a context manager it leaves nothing behind that was not delivered.

    Args:
        output: A file's path; `None` for standard output.
        folder: A directory for what is written before it is passed on.

    Attributes:
        path: The file to write.

    Raises:
        OutputError: It cannot be written; known before the work is done.
    """

    def __init__(self, output: str | None, folder: Path) -> None:
        given = None if output is None else Path(os.path.realpath(output))
        self._output = output
        self._stream = given is None or given.is_dir() or is_special(given)
        self._sink: AtomicFile | OutputFile
        if self._stream or given is None:
            self._sink, self.path = OutputFile(output), folder / "output"
            return
        try:
            self._sink = AtomicFile(given)
            os.close(self._sink.handle)
        except OSError as error:
            raise self._undelivered(error) from error
        self.path = self._sink.path

    def deliver(self, stopping: StopSignals | None = None) -> None:
        """Pass on what was written; from then on it is too late to stop.

        Raises:
            OutputError: It could not be written.
        """
        if isinstance(self._sink, OutputFile):
            with self.path.open("rb") as file:
                while block := file.read(_BLOCK):
                    self._sink.write(block)
        if stopping is not None:
            stopping.too_late()
        try:
            self._sink.keep()
        except OSError as error:
            raise self._undelivered(error) from error

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind that was not delivered."""
        self._sink.drop()

    def _undelivered(self, error: OSError) -> OutputError:
        message = f"{self._output!r} could not be written: {error.strerror}"
        return OutputError(message, "Name another file.")


def _neutral(column: str) -> str:
    """Return a cell, in SQL, that no spreadsheet takes for a formula."""
    # Most cells begin with a digit or a letter, and are told by a comparison or two.
    plain = f"({column} >= '0' AND {column} < ':' OR {column} >= 'A' AND {column} < '{{')"
    risky = f"NOT {plain} AND regexp_matches({column}, {literal(FORMULA)})"
    return f"CASE WHEN {risky} THEN '''' || {column} ELSE {column} END"


def reject(job: Job, source: Source, refused: Iterable[Refused], rejects: Rejects) -> int:
    """Name the rows that could not be judged, in their order; return how many there are.

    Raises:
        OutputError: They could not be named.
    """
    for each in refused:
        shown = row_text(each.row, source.delimiter)
        column = job.columns.get(each.fault, each.fault)
        rejects.add(Reject(each.line, column, each.value, each.why, shown))
    rejects.flush()
    return rejects.count
