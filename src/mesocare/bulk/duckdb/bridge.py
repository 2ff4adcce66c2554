"""What one join cannot do goes through the streaming engine, between files of its kinds."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from mesocare.bulk.duckdb import output
from mesocare.bulk.duckdb.session import literal, quoted, reading
from mesocare.bulk.duckdb.source import parquet
from mesocare.bulk.io.writers import OutputFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.job import Job, Tally
    from mesocare.bulk.signals import StopSignals


def by_streaming(
    job: Job, duck: Session, stopping: StopSignals, progress: Callable[[int], None]
) -> Tally:
    """Check a table by the streaming engine, whatever kind its input and output are.

    Raises:
        TableError: The table cannot be read, or has not the columns that are needed.
        OutputError: The answers cannot be written.
    """
    from mesocare.bulk.stream import engine

    streamed = as_lines(job, duck) if job.kind == "parquet" else job
    if job.form != "parquet":
        return engine.run(streamed, progress)
    form = "ndjson" if streamed.kind == "ndjson" else "csv"
    path, refused = duck.folder / "streamed", duck.folder / "refused"
    inner = streamed._replace(output=str(path), form=form, raw=True)
    with reading(repr(job.source)), stopping.around(ExitStack()) as held:
        with stopping.undisturbed():
            place = held.enter_context(output.Place(job.output, duck.folder))
            rejects = _rejects(job, held)
        tally = engine.run(inner._replace(rejects=str(refused) if rejects else None), progress)
        output.copy(job, duck, _streamed(streamed, str(path), form), place.path)
        if rejects is not None:
            rejects.write(refused.read_bytes())
        place.deliver(stopping)
        if rejects is not None:  # not before the answers are there
            rejects.keep()
    return tally


def _rejects(job: Job, held: ExitStack) -> OutputFile | None:
    """Open where the rejected rows go; `None` for standard error."""
    if job.rejects is None:
        return None
    return held.enter_context(OutputFile(None if job.rejects == "-" else job.rejects))


def as_lines(job: Job, duck: Session) -> Job:
    """Return the job with its Parquet file as lines of JSON: the number of a line is the row's."""
    source = parquet(job, duck)
    ours = {
        "treated": source.treated,
        "type": source.type,
        "tz": source.tz,
        "with": source.substances,
        "about": source.factors,
    }
    texts = {source.columns.get(each, each): text for each, text in ours.items()}
    columns = [
        f"{texts.get(name.strip(), f'c{n}')} AS {quoted(name)}"
        for n, name in enumerate(source.names)
    ]
    path = str(duck.folder / "rows.ndjson")
    with reading(repr(job.source)):
        duck.run(
            f"COPY (SELECT {', '.join(columns)} FROM {source.relation})"
            f" TO {literal(path)} (FORMAT json)"
        )
    return job._replace(source=path, kind="ndjson", called=job.source)


def _streamed(job: Job, path: str, form: str) -> str:
    """Return what the streaming engine wrote, in SQL; of text every column is text."""
    if form == "csv":
        delim = "" if job.delimiter is None else f", delim = {literal(job.delimiter)}"
        if job.kind == "tsv":
            delim = ", delim = '\t'"
        options = f"all_varchar = true, header = true, quote = '\"', escape = '\"'{delim}"
        return f"SELECT * FROM read_csv({literal(path)}, {options})"
    return f"SELECT * FROM read_ndjson({literal(path)}, sample_size = -1)"
