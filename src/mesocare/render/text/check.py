"""What a bulk check did: a summary for people, the same as JSON, and a bar while it runs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from mesocare.core.model import Verdict
from mesocare.render.json.answers import rules, time
from mesocare.render.phrasing import instant_words
from mesocare.render.text.page import RED, Page, together
from mesocare.text import printable, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesocare.bulk.job import Job, Reading, Tally
    from mesocare.bulk.preview import Preview

_NAME, _FIGURE = 16, 12
_CELL = 28
_MOST_WORDS = 6


def check_text(job: Job, tally: Tally, *, no_color: bool, stopped: bool) -> str:
    """Return the summary: rows, rejects, and how often each verdict was given."""
    page = Page(no_color=no_color, console=_console(no_color=no_color))
    page.line((f"Checked for {instant_words(job.at, job.zone)}", "bold"))
    if stopped:
        page.line(("Stopped before the end.", f"bold {RED}"), " What follows is as far as it came.")
    rejected = together(f"{tally.rejected:,} rejected")
    page.line(
        f"{tally.read:,} row{'s' * (tally.read != 1)} read, {tally.written:,} written, ",
        (rejected, f"bold {RED}") if tally.rejected else rejected,
    )
    for sentence in reading_words(tally.reading):
        page.line(sentence)
    if tally.midnights:
        page.line("Midnight was taken for a day without a time; if it is one: --times exact")
    if job.output is not None:
        there = "nothing was written to" if stopped else "written to"
        page.line(f"{there} {job.output}")
    page.gap()
    for id_ in job.ids:
        counts = tally.verdicts.get(id_, Counter())
        parts: list[str | tuple[str, str]] = []
        for verdict in reversed(Verdict):
            if counts.get(verdict.value):
                sign, style = page.verdict(verdict)
                figure = together(f"{sign} {counts[verdict.value]:,}")
                parts.append((figure.ljust(_FIGURE + 6) + " ", style))
        if opening := tally.opening.get(id_):
            parts.append(f"opens within {job.within}: {opening:,}")
        page.row([id_], _NAME, *(parts or ["-"]))
    return page.text()


def products_text(job: Job, tally: Tally, *, no_color: bool, stopped: bool) -> str:
    """Return the summary of a shop's list in a line: rows, how often each verdict, rejects."""
    page = Page(no_color=no_color, console=_console(no_color=no_color))
    parts: list[str | tuple[str, str]] = []
    if stopped:
        parts += [("Stopped before the end: ", f"bold {RED}")]
    parts += [f"{tally.read:,} row{'s' * (tally.read != 1)} read, {tally.written:,} written"]
    for counts in tally.verdicts.values():
        for verdict in reversed(Verdict):
            if counts[verdict.value]:
                sign, style = page.verdict(verdict)
                parts += [", ", (together(f"{sign} {counts[verdict.value]:,}"), style)]
    rejected = together(f"{tally.rejected:,} rejected")
    page.line(*parts, ", ", (rejected, f"bold {RED}") if tally.rejected else rejected)
    for sentence in reading_words(tally.reading):
        page.line(sentence)
    if job.output is not None:
        page.line(f"{'nothing was written to' if stopped else 'written to'} {job.output}")
    return page.text()


def check_json(job: Job, tally: Tally, *, stopped: bool) -> str:
    """Return the summary as `mesocare.check/1`, in one line."""
    ids = job.ids or tuple(tally.verdicts)
    plain = {
        "schema": "mesocare.check/1",
        "at": time(job.at, job.zone),
        "output": job.output,
        "complete": not stopped,
        "rows": {"read": tally.read, "written": tally.written, "rejected": tally.rejected},
        "verdicts": {
            id_: {each.value: tally.verdicts.get(id_, Counter())[each.value] for each in Verdict}
            for id_ in ids
        },
        "opening": {id_: tally.opening.get(id_, 0) for id_ in job.ids} if job.within else None,
        "midnights": ("day" if tally.midnights else None) if not job.exact else "exact",
        "reading": _reading(tally.reading),
        "rules": rules(job.rules.identity),
    }
    return json.dumps(plain, ensure_ascii=True) + "\n"


def reading_words(reading: Reading) -> Iterator[str]:
    """Yield how a table was read, where it is not as the reference says, in sentences."""
    if reading.sheet is not None:
        yield f"The sheet {reading.sheet!r} was read."
    if reading.header:
        yield f"The header was taken from line {reading.header}."
    if reading.columns:
        taken = (f"{ours} from {theirs!r}" for ours, theirs in reading.columns.items())
        yield f"Columns: {', '.join(taken)}."
    if reading.types:
        taken = (
            f"{', '.join(map(repr, sorted(words)[:_MOST_WORDS]))} as {type_}"
            for type_, words in sorted(reading.types.items())
        )
        yield f"Types: {'; '.join(taken)}."
    if reading.orders.said is not None:
        yield f"Dates are {reading.orders.said}: no other order makes all of them dates."
    if reading.long:
        yield "The input was too long to look at all its dates first: say --dates, or name a file."


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "sheet": reading.sheet,
        "header_line": reading.header or None,
        "columns": reading.columns,
        "types": {type_: sorted(words) for type_, words in sorted(reading.types.items())},
        "dates": reading.orders.said,
    }


def preview_text(job: Job, rows: Preview, *, no_color: bool) -> str:
    """Return how the first rows are read: a block for each, with its verdicts or what is wrong."""
    page = Page(no_color=no_color)
    count = f"{len(rows.rows)} rows" if len(rows.rows) != 1 else "row"
    page.line((f"The first {count}, as read", "bold"))
    for sentence in reading_words(rows.reading):
        page.line(sentence)
    for row in rows.rows:
        page.gap()
        page.line((f"line {row.line}", "bold"), f"  {row.patient}")
        page.row([f"  {row.treated!r}"], _CELL, row.when or "")
        if row.type:
            page.row([f"  {row.words!r}"], _CELL, row.type)
        for kind, (written, ids) in row.details.items():
            if ids:
                page.row([f"  {written!r}"], _CELL, f"{kind} {', '.join(ids)}")
        if row.why:
            page.line((f"  rejected: {row.why}", f"bold {RED}"))
        for id_, verdict in zip(job.ids, row.verdicts, strict=False):
            sign, style = page.verdict(Verdict(verdict))
            page.row([f"  {id_}"], _CELL, (sign, style))
    page.gap()
    page.line("Nothing was written.")
    return page.text()


def preview_json(job: Job, rows: Preview) -> str:
    """Return the same as `mesocare.preview/1`."""
    plain = {
        "schema": "mesocare.preview/1",
        "at": time(job.at, job.zone),
        "reading": _reading(rows.reading),
        "rows": [
            {
                "line": row.line,
                "patient_id": row.patient,
                "treated": row.treated,
                "earliest": row.earliest,
                "latest": row.latest,
                "type": row.type or None,
                **{kind: ids for kind, (_, ids) in row.details.items()},
                "verdicts": dict(zip(job.ids, row.verdicts, strict=False)),
                "rejected": row.why or None,
            }
            for row in rows.rows
        ],
    }
    return json.dumps(plain, ensure_ascii=True, indent=2) + "\n"


def fixed_text(job: Job, tally: Tally, *, no_color: bool) -> str:
    """Return what was written of a table as it is meant."""
    page = Page(no_color=no_color, console=_console(no_color=no_color))
    page.line(f"{tally.read:,} rows read, {tally.written:,} written, {tally.rejected:,} rejected")
    for sentence in reading_words(tally.reading):
        page.line(sentence)
    if job.output is not None:
        page.line(
            f"written to {job.output}; check it by: mesocare check {shell_quoted(job.output)}"
        )
    return page.text()


def sheets_text(folder: str, tally: Tally, *, no_color: bool) -> str:
    """Return how many sheets were written, and where."""
    page = Page(no_color=no_color, console=_console(no_color=no_color))
    counts = f"{tally.read:,} rows read, {tally.written:,} sheets written"
    page.line(f"{counts}, {tally.rejected:,} rejected")
    for sentence in reading_words(tally.reading):
        page.line(sentence)
    page.line(f"the sheets are in {printable(folder)}")
    return page.text()


def say(text: str) -> None:
    """Write to standard error, if it can be."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return  # the rows were delivered, and the exit code says the rest


@contextmanager
def bar(rows: int | None, *, no_color: bool) -> Iterator[Callable[[int], None]]:
    """Show on standard error how far it is; `rows` is about how many there are, if known."""
    console = _console(no_color=no_color)
    columns = [TextColumn("{task.completed:,.0f} rows"), BarColumn(), TimeElapsedColumn()]
    if rows is not None:
        columns.insert(2, TaskProgressColumn())
    with Progress(*columns, console=console, transient=True, redirect_stdout=False) as progress:
        task = progress.add_task("", total=rows)

        def show(read: int) -> None:
            total = None if rows is None else max(rows, read)
            progress.update(task, completed=read, total=total)

        yield show


def _console(*, no_color: bool) -> Console:
    return Console(
        stderr=True, no_color=no_color or None, highlight=False, emoji=False, markup=False,
        soft_wrap=True,
    )  # fmt: skip
