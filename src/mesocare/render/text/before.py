"""What comes before a treatment: a dated list, and a list to tick off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Treatment, Verdict
from mesocare.render.phrasing import hours_words, instant_words, joined, treated_words, type_words
from mesocare.render.text.page import AMBER, Page

if TYPE_CHECKING:
    from mesocare.app.before import Ahead
    from mesocare.core.aftercare.washout import Leave
    from mesocare.render.text.page import Part

COLUMN = 24
TITLES = {
    "on_the_day": "On the day",
    "tell": "Tell the clinic",
    "move": "Move the appointment",
    "choose": "Choosing who does it",
}
MORE = "More: mesocare before --on WHEN --checklist, mesocare can-i WORDS --before WHEN"


def before_text(ahead: Ahead) -> str:
    """Return what to leave out now, what from when, what to ask, and what to do on the day."""
    page = Page(no_color=ahead.no_color)
    _where(page, ahead)
    now = [each for each in ahead.leave if each.begins and each.verdict is not Verdict.ALLOWED]
    later = [each for each in ahead.leave if each.begins and each.verdict is Verdict.ALLOWED]
    asked = [each for each in ahead.leave if each.begins is None]
    for title, leaves in (
        ("Leave out already", now),
        ("Leave out from", later),
        ("Ask first", asked),
    ):
        if leaves:
            page.gap()
            page.line((title, "bold"))
        shown = ""
        for each in leaves:
            shown = _leave(page, each, ahead, shown)
    page.gap()
    page.line((TITLES["on_the_day"], "bold"))
    for point in ahead.checklist["on_the_day"]:
        page.line(f"{page.signs.bullet} {point.text}", indent=1, hang=2)
    page.gap()
    page.line((TITLES["move"], "bold"))
    for point in ahead.checklist["move"]:
        page.line(f"{page.signs.bullet} {point.text}", indent=1, hang=2)
    page.gap()
    page.line((MORE, "dim"))
    page.line((ahead.rules.notice, "dim"))
    return page.text()


def checklist_text(ahead: Ahead) -> str:
    """Return every point with a box to tick, to print and take along."""
    page = Page(no_color=ahead.no_color)
    _where(page, ahead)
    for kind, title in TITLES.items():
        page.gap()
        page.line((title, "bold"))
        for point in ahead.checklist[kind]:
            page.line(f"[ ] {point.text}", indent=1, hang=4)
    page.gap()
    page.line((ahead.rules.notice, "dim"))
    return page.text()


def answer_text(ahead: Ahead) -> str:
    """Return whether some things are allowed before an appointment, the strictest first."""
    page = Page(no_color=ahead.no_color)
    for each in sorted(ahead.leave, key=lambda leave: -leave.verdict.severity):
        words = f", from {_from(each, ahead)} on {each.washout.verdict.value}"
        until = words if each.verdict is Verdict.ALLOWED else _until(each, ahead)
        page.line(
            page.verdict(each.verdict), (f"  {each.preparation.label}", "bold"), until, hang=2
        )
        page.row([("How", "bold")], 10, each.preparation.text)
        if each.washout.ask:
            page.row([("Why", "bold")], 10, each.washout.ask)
        figures = figures_words(each, ahead)
        if figures:
            page.row([("Sources", "bold")], 10, figures)
    _where(page, ahead)
    page.line((ahead.rules.notice, "dim"))
    return page.text()


def figures_words(leave: Leave, ahead: Ahead) -> str:
    """Return the shortest and longest figure of the sources, and the one chosen."""
    rows = [ahead.rules.evidence[id_] for id_ in leave.washout.evidence]
    low = [row.min_hours for row in rows if row.min_hours is not None]
    high = [row.max_hours for row in rows if row.max_hours is not None]
    if not low or not high or leave.washout.span is None:
        return ""
    chosen = hours_words(leave.washout.span.nominal_hours)
    return f"{hours_words(min(low))} to {hours_words(max(high))} before; chosen: {chosen}"


def _where(page: Page, ahead: Ahead) -> None:
    types = joined([type_words(each, ahead.rules) for each in ahead.types])
    when = treated_words(Treatment(ahead.types[0], ahead.appointment))
    page.line((f"Before {types}, {when}", "bold"), hang=2)
    if ahead.appointment.earliest != ahead.appointment.latest:
        words = "No time was given, so everything begins as early as it can have to."
        page.line(("! ", f"bold {AMBER}"), words, hang=2)


def _leave(page: Page, leave: Leave, ahead: Ahead, shown: str) -> str:
    """Add something to leave out, and its time if that was not `shown`; return its time."""
    head = leave.preparation.label
    since = ""
    if leave.begins is not None and leave.verdict is Verdict.ALLOWED:
        since = _from(leave, ahead)
        words: list[Part] = [(f"{head}. ", "bold"), leave.preparation.text]
        if page.narrow and since == shown:
            page.line(*words, indent=2)
        else:
            page.row(["" if since == shown else since], COLUMN, *words)
    else:
        page.line(
            (f"{page.signs.bullet} {head}. ", "bold"), leave.preparation.text, indent=1, hang=2
        )
    return since


def _from(leave: Leave, ahead: Ahead) -> str:
    return instant_words(leave.begins or ahead.at, ahead.zone, ahead.at)


def _until(leave: Leave, ahead: Ahead) -> str:
    if leave.begins is None:
        return ": ask your clinic"
    return (
        f", until the treatment on {instant_words(ahead.appointment.latest, ahead.zone, ahead.at)}"
    )
