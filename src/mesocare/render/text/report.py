"""The clinician's summary as text: findings first, then what they rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.render.phrasing import date_words, instant_words
from mesocare.render.report_facts import (
    TITLE,
    cited,
    grounds,
    said,
    timeline,
    treatment_facts,
    zone_name,
)
from mesocare.render.text import diary
from mesocare.render.text.page import URGENCY_STYLES, Page
from mesocare.render.text.questions import footer, until_words
from mesocare.text import printable

if TYPE_CHECKING:
    from mesocare.app.report import Summary
    from mesocare.render.report_facts import Event

COLUMN = 20
CLOCK = 8


def report_text(summary: Summary, page: Page | None = None) -> str:
    """Return the summary for a terminal or a pipe."""
    question = summary.question
    page = page or Page(no_color=question.no_color)
    page.line((TITLE, "bold"))
    at = instant_words(question.at, question.zone)
    page.line((f"As at {at}, in {zone_name(question.zone)}.", "dim"))
    for draw in (_findings, _missing, _treatments, _restrictions, _charts, _timeline, _sources):
        page.gap()
        draw(page, summary)
    page.gap()
    identity = question.rules.identity
    page.line(f"Rules: {identity.name} {identity.version}, reviewed {identity.reviewed}")
    page.line(f"sha256 {identity.sha256[:32]}", hang=2)
    page.line(f"       {identity.sha256[32:]}", hang=2)
    page.line(f"Made {instant_words(summary.made, question.zone)}.")
    footer(page, question)
    return page.text()


def _findings(page: Page, summary: Summary) -> None:
    page.line(("Findings", "bold"))
    if not summary.meaning.findings:
        page.line(summary.question.rules.triage.unremarkable.text)
    contacts = summary.question.rules.contacts
    said_last = None
    for each in summary.meaning.findings:
        if each.urgency is not said_last:
            page.line((f"{contacts[each.urgency.value]}:", URGENCY_STYLES[each.urgency]), hang=2)
            said_last = each.urgency
        page.line(f"{page.signs.bullet} {each.text}", indent=1, hang=2)
        for words in grounds(each, summary):
            page.line(words, indent=5, hang=2)
        page.line((f"Evidence: {', '.join(each.evidence)}", "dim"), indent=5, hang=2)


def _missing(page: Page, summary: Summary) -> None:
    if summary.meaning.missing:
        page.line(("Worth answering", "bold"))
    for each in summary.meaning.missing:
        page.line(f"{page.signs.bullet} {each.text}", indent=1, hang=2)


def _treatments(page: Page, summary: Summary) -> None:
    page.line(("Treatments", "bold"))
    for title, facts in treatment_facts(summary):
        page.line((title, "bold"), indent=1)
        for fact in facts:
            page.row([f"  {fact.label}"], COLUMN, printable(fact.words))


def _restrictions(page: Page, summary: Summary) -> None:
    page.line(("Restrictions now", "bold"))
    for answer in summary.answers:
        head = [page.verdict(answer.verdict, 11), (answer.label, "bold")]
        page.row(head, COLUMN + 4, until_words(answer, summary.question))


def _charts(page: Page, summary: Summary) -> None:
    if summary.entries:
        diary.charts(page, summary.entries, summary.question, everything=True)
    else:
        page.line(("Diary", "bold"))
        page.line("Nothing was noted.")


def _timeline(page: Page, summary: Summary) -> None:
    page.line(("Timeline", "bold"))
    for _, events in timeline(summary):
        page.line((date_words(events[0].at, summary.question.zone), "bold"), indent=1)
        for event in events:
            clock = instant_words(event.at, summary.question.zone).rpartition(" ")[2]
            page.line(f"{clock:<{CLOCK}}", *_words(event), indent=2, hang=CLOCK)


def _words(event: Event) -> tuple[str | tuple[str, str], ...]:
    if event.entry is None:
        return ((event.words, "dim" if event.kind == "change" else "bold"),)
    note = f", {printable(event.entry.note)}" if event.entry.note else ""
    return (f"{said(event.entry)}{note}",)


def _sources(page: Page, summary: Summary) -> None:
    rows = cited(summary)
    if rows:
        page.line(("Evidence for the findings", "bold"))
    for each in rows:
        words = f"[{each.grade}] {each.source.publisher}: {each.source.title}"
        page.line(f"{each.id:<9}", words, indent=1, hang=9)
