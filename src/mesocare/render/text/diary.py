"""The view of the diary: a chart for every sign, the worst first, then the entries themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.diary import chart as core
from mesocare.render.phrasing import instant_words
from mesocare.render.text import chart
from mesocare.render.text.page import Page
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.diary.entries import Entry
    from mesocare.core.question import Question

COLUMN = 26
# A long diary stays a page one reads: the worst signs in full, the latest entries.
CHARTS_SHOWN = 8
SIGNS_SHOWN = 30
ENTRIES_SHOWN = 20
SHOWN_OF_ID = 8
EMPTY = "The diary is empty. Type for example: mesocare feel redness 3"


def diary_text(
    entries: Sequence[Entry],
    question: Question,
    *,
    everything: bool = False,
    page: Page | None = None,
) -> str:
    """Return the diary: every sign's course beside what was expected, then its entries.

    Args:
        entries: What was noted up to the instant of the question, in the order of time.
        question: The treatments may be none.
        everything: Leave out no chart and no entry.
        page: Where to draw; a page for standard output if left out.
    """
    page = page or Page(no_color=question.no_color)
    if not entries:
        page.line(EMPTY)
        return page.text()
    charts(page, entries, question, everything=everything)
    page.gap()
    _entries(page, entries, question, everything=everything)
    return page.text()


def charts(
    page: Page, entries: Sequence[Entry], question: Question, *, everything: bool = False
) -> None:
    """Add a chart of every sign, the worst first; in a long diary only a line for the others."""
    found = core.signs(entries, question.treatments, question.rules, question.at)
    axis = core.axis(entries, question.treatments, question.at, question.zone, chart.room(page))
    page.line(("Diary", "bold"))
    chart.legend(page, axis, question)
    most = len(found) if everything else CHARTS_SHOWN
    for each in found[:most]:
        page.gap()
        chart.sign(page, each, axis, question)
    page.gap()
    chart.temperatures(page, entries, axis, question)
    page.gap()
    for each in found[most:SIGNS_SHOWN]:
        chart.heading(page, each, axis, question)
    if len(found) > max(most, SIGNS_SHOWN):
        page.line((f"And {len(found) - SIGNS_SHOWN} more signs: mesocare diary --all", "bold"))


def _entries(
    page: Page, entries: Sequence[Entry], question: Question, *, everything: bool = False
) -> None:
    shown = entries if everything else entries[-ENTRIES_SHOWN:]
    page.line(("Entries", "bold"))
    if len(shown) < len(entries):
        page.line((f"{len(entries) - len(shown)} earlier ones: mesocare diary --all", "dim"))
    for each in shown:
        words = entry_words(each)
        shown_id = f"  {each.id[:SHOWN_OF_ID]}" if everything else ""
        page.row([instant_words(each.at, question.zone)], COLUMN, words, (shown_id, "dim"))
    if everything:
        page.line(("To take an entry back: mesocare remove ID", "dim"))


def entry_words(entry: Entry) -> str:
    """Return an entry in a line: words, score, temperature, note."""
    parts = [printable(entry.words)] if entry.words else []
    if entry.score is not None:
        parts.append(f"{entry.score} of 10")
    if entry.temperature is not None:
        parts.append(f"{entry.temperature:g} C")
    if entry.note:
        parts.append(printable(entry.note))
    return ", ".join(parts)
