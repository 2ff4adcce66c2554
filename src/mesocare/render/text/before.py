"""What comes before a treatment: a dated list, and a list to tick off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.model import Treatment, Verdict
from mesocare.render.phrasing import (
    before_words,
    hours_words,
    instant_words,
    joined,
    treated_words,
    type_words,
    washout_words,
)
from mesocare.render.text import questions, triage
from mesocare.render.text.page import AMBER, Page
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.app.before import Ahead
    from mesocare.core.aftercare.washout import Leave
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer
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
    for detail in ahead.details:
        said = detail.note.text if detail.note else "Tell the clinic."
        if detail.note or detail.kind == "about":  # the clinic knows what it will inject
            page.line((f"{detail.label}: ", "bold"), said, hang=2)
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
    _protocol(page, ahead.leave)
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
        texts = [each.text for each in ahead.checklist[kind]]
        if kind == "tell":
            about = (each for each in ahead.details if each.kind == "about")
            texts = [*(f"About you: {lower_first(each.label)}." for each in about), *texts]
        for text in texts:
            page.line(f"[ ] {text}", indent=1, hang=4)
    page.gap()
    page.line((ahead.rules.notice, "dim"))
    return page.text()


def answer_text(ahead: Ahead) -> str:
    """Return whether some things are allowed before an appointment, the strictest first.

    What a treatment on record still restricts is said before what the appointment asks for; then
    no time stands beside the verdict, which is that of both.
    """
    page = Page(no_color=ahead.no_color)
    if ahead.after:
        triage.lead(page, ahead.after.meaning, ahead.after.question)
    restricting: list[Answer] = []
    for each in ahead.strictest_first:
        found = ahead.restricting(each)
        restricting += found
        verdict, until = page.verdict(ahead.verdict(each)), "" if found else _until(each, ahead)
        page.line(verdict, (f"  {each.preparation.label}", "bold"), until, hang=2)
        if ahead.after and found:
            rows = _after(found, ahead.after.question, alone=len(each.preparation.activities) == 1)
            rows.append(("Before", _before(each, ahead)))
        else:
            rows = [("How", each.preparation.text)]
        rows += [("Why", each.washout.ask or ""), ("Sources", figures_words(each, ahead))]
        if each.washout.protocol is not None:
            said = each.washout.ask or ""
            rows.append(("Protocol", washout_words(each.washout, each.washout.protocol, said)))
        for label, text in rows:
            if text:
                page.row([(label, "bold")], questions.COLUMN, text)
    if ahead.after and restricting:
        for treatment in ahead.after.question.treatments:
            words = questions.treatment_words(treatment, restricting[0], ahead.after.question)
            page.line((words, "dim"), hang=2)
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


def _protocol(page: Page, leaves: Sequence[Leave]) -> None:
    """Say once of what a clinic's protocol decides, and what is built in."""
    found = [(each, each.washout.protocol) for each in leaves if each.washout.protocol is not None]
    if not found:
        return
    parts = []
    for each, _ in found:
        builtin = lower_first(before_words(each.washout.builtin)).rstrip(".")
        parts.append(f"{lower_first(each.preparation.label)} ({builtin})")
    page.gap()
    page.line(("Protocol  ", "bold"), f"{found[0][1].clinic}'s decides {joined(parts)}.", hang=2)


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
    """Return until when a verdict holds, for the line that begins with it.

    It has no other verdict in it, which might be read as the answer.
    """
    if leave.begins is None:
        return ": ask your clinic"
    if leave.verdict is Verdict.ALLOWED:
        then = "with care" if leave.washout.verdict is Verdict.LIMITED else "leave it out"
        return f", until {_from(leave, ahead)}; then {then}"
    return f", until {_treatment(ahead)}"


def _before(leave: Leave, ahead: Ahead) -> str:
    """Return what the appointment asks for, in a sentence."""
    if leave.begins is None:
        return f"Ask your clinic. {leave.preparation.text}"
    begins = f"From {_from(leave, ahead)} until" if leave.verdict is Verdict.ALLOWED else "Until"
    return f"{begins} {_treatment(ahead)}: {leave.preparation.text}"


def _treatment(ahead: Ahead) -> str:
    return f"the treatment on {instant_words(ahead.appointment.latest, ahead.zone, ahead.at)}"


def _after(answers: Sequence[Answer], question: Question, *, alone: bool) -> list[tuple[str, str]]:
    """Return rows on what a treatment on record restricts; `alone`, with the reason."""
    rows = []
    for each in answers:
        until = questions.until_words(each, question)
        if alone:
            rows.append(("After", f"{until[0].upper()}{until[1:]}. {each.reason}"))
        else:
            rows.append(("After", f"{each.label}: {each.verdict.value} {until}."))
    if any(each.held_by for each in answers):
        rows.append(("If gone", questions.GONE))
    return rows


def planned_words(ahead: Ahead) -> str:
    """Return when a session is, and how much is to be left out before it now and from when."""
    when = treated_words(Treatment(ahead.types[0], ahead.appointment), ahead.at)
    begun = [each for each in ahead.leave if each.begins and each.verdict is not Verdict.ALLOWED]
    coming = [each for each in ahead.leave if each.begins and each.verdict is Verdict.ALLOWED]
    first = [each for each in coming if each.begins == coming[0].begins]
    now = f"leave out {_counted(len(begun))} now" if begun else ""
    more = f"{len(first)} more" if begun else f"leave out {_counted(len(first))}"
    then = f"{more} from {_from(first[0], ahead)}" if first else ""
    return f"{when}: {', '.join(filter(None, (now, then)))} (mesocare before)"


def _counted(number: int) -> str:
    return f"{number} thing{'' if number == 1 else 's'}"
