"""A whole recovery on a terminal: a bar for each activity on one axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.calendar import ONE_DAY
from mesocare.render.axis import Axis, axis_of, kind, strictest
from mesocare.render.phrasing import date_words, session_words
from mesocare.render.text import triage
from mesocare.render.text.page import AMBER, GREEN, RED, VIOLET, Page
from mesocare.render.text.questions import footer
from mesocare.render.timeline_words import expected_by_day, legend, open_words

if TYPE_CHECKING:
    from mesocare.app.schedule import Row, Schedule
    from mesocare.core.diary.triage import Triage
    from mesocare.render.text.page import Part

LABEL, DATES = 22, 26
# Below these there is no room for dates beside the bars, and for labels before them.
WITH_DATES, WITH_LABELS, WIDEST = 78, 60, 200
DATE_ROOM = 8
DRAWN = {"avoid": "█", "ask": "?", "limited": "▒", "partly": "░", "allowed": "·", "normal": "~"}
PLAIN = DRAWN | {"avoid": "#", "limited": "=", "partly": "-", "allowed": "."}
STYLES = {
    "avoid": RED, "ask": VIOLET, "limited": AMBER, "partly": GREEN, "allowed": GREEN, "normal": "",
}  # fmt: skip


def timeline_text(
    known: Schedule,
    meaning: Triage | None = None,
    *,
    days: int | None = None,
    items: bool = False,
    page: Page | None = None,
) -> str:
    """Return the picture.

    Args:
        known: The recovery.
        meaning: What the diary means; what the clinic has to see first leads.
        days: How many days to draw; all of it up to four weeks if left out.
        items: Whether every activity has a bar, and not only each group.
        page: Where to draw; a page for standard output if left out.
    """
    question = known.question
    page = page or Page(no_color=question.no_color)
    page.width = max(page.width, min(page.console.width, WIDEST))
    triage.lead(page, meaning, question)
    picture = _Picture(page, known, days)
    for treatment in question.treatments:
        words = session_words(treatment, question.rules)
        page.line((words[:1].upper() + words[1:], "bold"), hang=2)
    page.gap()
    picture.days()
    for group in known.groups:
        if not items:
            picture.row(group)
            continue
        page.gap()
        page.line((group.answer.label, "bold"))
        for each in known.items(group):
            picture.row(each)
    page.gap()
    picture.normal()
    page.gap()
    picture.legend()
    footer(page, question)
    return page.text()


class _Picture:
    """Draws bars on a page."""

    def __init__(self, page: Page, known: Schedule, days: int | None) -> None:
        self.page, self.known = page, known
        self.dates = DATES if page.width >= WITH_DATES else 0
        self.label = LABEL if page.width >= WITH_LABELS else 0
        self.axis: Axis = axis_of(known, page.width - self.label - self.dates, days)
        self.width = int(self.axis.width)
        self.signs = DRAWN if page.signs.full == DRAWN["avoid"] else PLAIN

    def days(self) -> None:
        """Add the weekdays, the dates, and where now is."""
        names, dates = ([" "] * self.width for _ in range(2))
        for each in self.axis.midnights(DATE_ROOM):
            column = int(self.axis.place(each))
            weekday, day, month, *_ = date_words(each, self.axis.zone).split()
            for line, words in ((names, weekday), (dates, f"{day} {month}")):
                if column + len(words) <= self.width:
                    line[column : column + len(words)] = words
        for line in (names, dates):
            self._line("", ["".join(line)], "")
        at = self.known.question.at
        if at < self.axis.end:
            column = min(int(self.axis.place(at)), self.width - 1)
            drawn = self.signs is DRAWN
            words = f"{'▼' if drawn else 'v'} now"
            shown = (
                " " * column + words
                if column + len(words) <= self.width
                else (" " * (column - len(words) + 1) + words[2:] + " " + words[0])
            )
            self._line("", [(shown, "bold")], "")

    def row(self, row: Row) -> None:
        """Add an activity's bar, and from when it is open."""
        parts: list[Part] = []
        for column in range(self.width):
            since, until = (self.axis.instant(each) for each in (column, column + 1))
            drawn = kind(strictest(row.stretches, since, until))
            style = STYLES[drawn]
            if until <= self.known.question.at:
                style += " dim"
            parts.append((self.signs[drawn], style))
        words = open_words(row, self.known.question)
        self._line(row.answer.label, parts, words)

    def normal(self) -> None:
        """Add a band for each day up to which reactions are expected, and what they are."""
        for n, (end, labels) in enumerate(expected_by_day(self.known)):
            band = self.signs["normal"] * int(self.axis.place(end))
            until = date_words(end, self.axis.zone, self.known.question.at)
            head = "" if n else "Normal, if mild"
            self._line(head, [(band.ljust(self.width), "dim")], f"before {until}")
            self.page.line((labels, "dim"), indent=self.label)

    def legend(self) -> None:
        """Say what the signs mean, as the rule set calls them."""
        parts: list[Part] = []
        for drawn, words in legend(self.known.question.rules):
            parts += [(self.signs[drawn] * 2, STYLES[drawn]), f" {words}   "]
        self.page.line(*parts)
        if self.axis.end < self.known.end:
            last = date_words(self.known.end, self.axis.zone)
            days = -((self.known.begin - self.known.end) // ONE_DAY)
            self.page.line((f"It goes on to {last}: --days {days}", "dim"))

    def _line(self, label: str, parts: list[Part], end: str) -> None:
        """Add a label, a bar and what ends it; without room for them, both above the bar."""
        if not self.label:
            if label or end:
                self.page.line((label, "bold"), " " * bool(label), (end, "dim"), hang=2)
            self.page.line(*parts)
            return
        short = label if len(label) < LABEL else f"{label[: LABEL - 2]}…"
        tail: list[Part] = [f"  {end}"] if self.dates and end else []
        self.page.line(short.ljust(LABEL), *parts, *tail, hang=LABEL)
