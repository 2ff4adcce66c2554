"""The view of the evidence: every source's range as a bar on one axis, and the figure chosen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mesocare.render.phrasing import detail_words, hours_words, protocol_words
from mesocare.render.text import triage
from mesocare.render.text.page import AMBER, BLUE, GREEN, RED, Page
from mesocare.render.text.questions import figures_words, footer, treatment_words
from mesocare.text import lower_first

if TYPE_CHECKING:
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Evidence, Item, Protocol
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer

AXIS_TICKS = (
    (6, "6h"), (12, "12h"), (24, "1d"), (48, "2d"), (72, "3d"), (168, "1w"), (336, "2w"),
    (720, "30d"), (2160, "90d"), (4320, "180d"),
)  # fmt: skip
# Hours below which the axis is nearly linear; above, each doubling takes the same room.
AXIS_KNEE = 6.0
GRADE_STYLES = {"A": f"bold {GREEN}", "B": BLUE, "C": "dim"}
SHORTEST_NAME = 16
CLINIC_FIRST = "what your clinic said takes the place of the rule set here, and of its sources."


def explain_text(answer: Answer, question: Question, meaning: Triage | None = None) -> str:
    """Return what the sources say, shortest to longest, and why this figure was chosen."""
    page = Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    item = question.rules.items[(answer.items[0] if answer.items else answer).activity]
    page.line(page.verdict(answer.verdict), ("  " + item.label, "bold"))
    page.line((treatment_words(answer.governed_by, answer, question), "dim"), hang=2)
    if answer.held_by:
        page.line(answer.reason)
    page.gap()
    if not answer.rule.concerns:
        page.line(answer.reason)
        if answer.protocol is not None:
            _protocol(page, answer.protocol)
        footer(page, question)
        return page.text()
    _phases(page, answer)
    page.gap()
    figured = [row for row in answer.evidence if row.restricts and _given(row)]
    _bars(page, answer, figured)
    silent = [row for row in answer.evidence if row not in figured]
    if silent:
        page.gap()
        page.line(("Without a waiting time of their own", "bold"))
    for row in silent:
        page.line((row.grade, GRADE_STYLES[row.grade]), f" {_cited(row)}: {row.paraphrase}", hang=2)
    page.gap()
    if answer.by_clinic:
        page.line(("Clinic  ", "bold"), CLINIC_FIRST)
    else:
        page.line(("Figures ", "bold"), figures_words(answer) or "no source gives one.")
    _reasons(page, answer, item)
    page.gap()
    page.line(("Grades: A hospital, journal or label; B clinic; C commercial page.", "dim"))
    footer(page, question)
    return page.text()


def _reasons(page: Page, answer: Answer, item: Item) -> None:
    """Say what a detail asks for, what could go wrong, and why this figure was chosen."""
    for detail, rule in answer.details:
        ids = f"({', '.join(rule.evidence)})" if rule.evidence else ""
        page.line((f"{detail.kind.capitalize():<8}", "bold"), f"{detail_words(detail, rule)} {ids}")
    if item.harm:
        page.line(("Harm    ", "bold"), f"{item.harm}.")
    if answer.protocol is not None:
        _protocol(page, answer.protocol)
    elif answer.rule.rationale:
        page.line(("Why so  ", "bold"), answer.rule.rationale)


def _protocol(page: Page, protocol: Protocol) -> None:
    """Show the clinic as the source, and beside it the rule that it changed."""
    page.line(("Protocol ", "bold"), protocol_words(protocol), hang=2)
    if protocol.builtin is not None and protocol.builtin.rationale:
        page.line(("Built in ", "bold"), protocol.builtin.rationale, hang=2)


def _phases(page: Page, answer: Answer) -> None:
    since = "at once"
    for phase in answer.rule.phases:
        words = f"{since}: {lower_first(phase.reason)}"
        page.row([page.verdict(phase.verdict, 11)], 12, words)
        if phase.until is not None:
            since = f"after {hours_words(phase.until.nominal_hours)}"


def _bars(page: Page, answer: Answer, rows: list[Evidence]) -> None:
    """Draw one bar a source, and the chosen figure as a line through all of them."""
    if not rows:
        return
    chosen = answer.figures.chosen
    longest = max([*(_given(row)[-1] for row in rows), chosen or 0, _builtin_end(answer) or 0])
    name = 0 if page.narrow else max(SHORTEST_NAME, min(34, page.width - 50))
    width = page.width - name - (2 if page.narrow else 24)
    axis = _Axis(longest, width)
    line = None if chosen is None else axis.column(chosen)
    for row in rows:
        low, high = _given(row)[0], _given(row)[-1]
        bar = axis.bar(low, high, line, page)
        figure = f"{low:g}-{high:g} h" if low != high else f"{high:g} h"
        if page.narrow:
            page.line((row.grade, GRADE_STYLES[row.grade]), f" {_cited(row)}: {figure}", hang=2)
            page.line(*bar, indent=2)
        else:
            title = f"{row.source.publisher:<{name}.{name}}"
            page.line(
                (row.grade, GRADE_STYLES[row.grade]), f" {row.id:<8} {title} ", *bar, f" {figure}"
            )
    indent = 2 if page.narrow else name + 12
    page.line((axis.ticks(), "dim"), indent=indent)
    if line is not None and chosen is not None:
        word = f"{page.signs.mark} chosen: {hours_words(chosen)}"
        page.line((word, "bold"), indent=indent + min(line, max(0, width - len(word))))
    builtin = _builtin_end(answer)
    if builtin is not None:
        word = f"{page.signs.mark} built in: {hours_words(builtin)}"
        at = min(axis.column(builtin), max(0, width - len(word)))
        page.line((word, "dim"), indent=indent + at)


def _builtin_end(answer: Answer) -> int | None:
    """Return the figure that a clinic's protocol replaced, in hours."""
    rule = None if answer.protocol is None else answer.protocol.builtin
    until = None if rule is None else rule.restricted_until
    return None if until is None else until.nominal_hours


class _Axis:
    """Hours to columns: nearly linear at first, then each doubling the same width."""

    def __init__(self, longest: float, width: int) -> None:
        self.width = width
        self._scale = (width - 1) / math.log1p(longest / AXIS_KNEE)

    def column(self, hours: float) -> int:
        """Return the column of a number of hours."""
        return round(math.log1p(hours / AXIS_KNEE) * self._scale)

    def bar(self, low: float, high: float, line: int | None, page: Page) -> list[tuple[str, str]]:
        """Return a bar from nothing to `low` (all agree) and on to `high` (their range)."""
        ends = self.column(low), self.column(high)
        cells = []
        for column in range(self.width):
            if column == line:
                cells.append((page.signs.mark, "bold"))
            elif column <= ends[0]:
                cells.append((page.signs.full, RED))
            elif column <= ends[1]:
                cells.append((page.signs.part, AMBER))
            else:
                cells.append((" ", ""))
        return cells

    def ticks(self) -> str:
        """Return the axis labels that have room."""
        text = "0"
        for hours, label in AXIS_TICKS:
            column = self.column(hours)
            if column > len(text) and column + len(label) <= self.width + 4:
                text = text.ljust(column) + label
        return text


def _given(row: Evidence) -> list[float]:
    """Return the figures a row has: none, one or two, shortest first."""
    return [hours for hours in (row.min_hours, row.max_hours) if hours is not None]


def _cited(row: Evidence) -> str:
    return f"{row.id} {row.source.publisher}"
