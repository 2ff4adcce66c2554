"""The events of a recovery as a list, to see what a calendar would hold."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from mesocare.render.agenda_words import title
from mesocare.render.phrasing import day_words, instant_words
from mesocare.render.text.page import Page
from mesocare.render.text.questions import footer

if TYPE_CHECKING:
    from mesocare.app.agenda import Agenda, Event
    from mesocare.core.question import Question

COLUMN = 27
HOW = "To put it into a calendar: mesocare calendar -o recovery.ics, and open that file."
HELD = "The clinic has something to see first, so nothing opens in it."


def calendar_text(agenda: Agenda) -> str:
    """Return the list of events, the past ones too."""
    question = agenda.schedule.question
    page = Page(no_color=question.no_color)
    page.line(("What a calendar would hold", "bold"))
    if agenda.schedule.held_by:
        page.line(HELD)
    page.gap()
    for each in agenda.events:
        words = title(each, question)
        said = [
            name
            for name, holds in (
                ("every morning", each.every == 1),
                ("every four weeks", each.every > 1),
                ("alarm", each.alarm is not None),
                ("called off", each.called_off),
            )
            if holds
        ]
        page.row([_when(each, question)], COLUMN, f"{words} ({', '.join(said)})" if said else words)
    page.gap()
    page.line(HOW)
    footer(page, question)
    return page.text()


def _when(event: Event, question: Question) -> str:
    if isinstance(event.begin, datetime):
        return instant_words(event.begin, question.zone)
    return day_words(event.begin)
