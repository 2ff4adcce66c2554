"""What a bulk check did: a summary for people, the same as JSON, and a bar while it runs."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from mesocare.core.model import Verdict
from mesocare.render.json.answers import rules, time
from mesocare.render.phrasing import instant_words
from mesocare.render.text.page import Page, together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesocare.bulk.job import Job, Tally

_NAME, _FIGURE = 16, 12


def check_text(job: Job, tally: Tally, *, no_color: bool, stopped: bool) -> str:
    """Return the summary: rows, rejects, and how often each verdict was given."""
    page = Page(no_color=no_color, console=_console(no_color=no_color))
    page.line((f"Checked for {instant_words(job.at, job.zone)}", "bold"))
    if stopped:
        page.line(("Stopped before the end.", "bold red"), " What follows is as far as it came.")
    rejected = together(f"{tally.rejected:,} rejected")
    page.line(
        f"{tally.read:,} row{'s' * (tally.read != 1)} read, {tally.written:,} written, ",
        (rejected, "bold red") if tally.rejected else rejected,
    )
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


def check_json(job: Job, tally: Tally, *, stopped: bool) -> str:
    """Return the summary as `mesocare.check/1`, in one line."""
    plain = {
        "schema": "mesocare.check/1",
        "at": time(job.at, job.zone),
        "output": job.output,
        "complete": not stopped,
        "rows": {"read": tally.read, "written": tally.written, "rejected": tally.rejected},
        "verdicts": {
            id_: {each.value: tally.verdicts.get(id_, Counter())[each.value] for each in Verdict}
            for id_ in job.ids
        },
        "opening": {id_: tally.opening.get(id_, 0) for id_ in job.ids} if job.within else None,
        "midnights": ("day" if tally.midnights else None) if not job.exact else "exact",
        "rules": rules(job.rules.identity),
    }
    return json.dumps(plain, ensure_ascii=True) + "\n"


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
