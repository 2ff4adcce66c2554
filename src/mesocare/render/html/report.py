"""The clinician's summary as a page: one file that loads nothing, runs nothing and prints well.

A strict policy in the page itself forbids everything but its own style. Whatever a person typed is
text, is isolated from the direction of the rest, and shows what it would hide.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary import chart as core
from mesocare.render.html import svg
from mesocare.render.html.page import fill, part, policy
from mesocare.render.phrasing import date_words, instant_words
from mesocare.render.report_facts import TITLE, cited, grounds, timeline, treatment_facts, zone_name
from mesocare.render.text.questions import until_words
from mesocare.render.text.sign_phrasing import expected_words, latest_words

if TYPE_CHECKING:
    from markupsafe import Markup

    from mesocare.app.report import Summary


class Drawn(NamedTuple):
    """One sign of the diary: its name, what was last noted of it, and its chart."""

    label: str
    words: str
    svg: Markup


class Chart(NamedTuple):
    """The charts of a diary, and what a column of them is."""

    size: str
    first: str
    signs: list[Drawn]
    temperatures: Markup | None


def report_html(summary: Summary) -> str:
    """Return the summary as an HTML page."""
    question, zone = summary.question, summary.question.zone
    css = part("report.css")
    by_urgency = groupby(summary.meaning.findings, key=lambda each: each.urgency)
    return fill(
        "report.html.j2",
        answers=summary.answers,
        at=instant_words(question.at, zone),
        chart=_chart(summary),
        clock=lambda at: instant_words(at, zone).rpartition(" ")[2],
        findings=[(urgency, list(of_urgency)) for urgency, of_urgency in by_urgency],
        grounds=lambda finding: grounds(finding, summary),
        made=instant_words(summary.made, zone),
        missing=summary.meaning.missing,
        policy=policy(css),
        rules=question.rules,
        sources=cited(summary),
        style=css,
        timeline=[(date_words(events[0].at, zone), events) for _, events in timeline(summary)],
        title=TITLE,
        treatments=treatment_facts(summary),
        until=lambda answer: until_words(answer, question),
        zone=zone_name(zone),
    )


def _chart(summary: Summary) -> Chart | None:
    """Return the charts; `None` where nothing was noted."""
    question, entries = summary.question, summary.entries
    if not entries:
        return None
    axis = core.axis(entries, question.treatments, question.at, question.zone, svg.MOST_COLUMNS)
    first = date_words(min(each.at for each in entries), question.zone)
    if axis.treated and axis.treated[0] == axis.first:
        treated = (each.when.earliest for each in question.treatments)
        begun = (instant for instant in treated if axis.column(instant) == 0)
        first = f"{date_words(next(begun), question.zone)}, the day of the treatment"
    signs = [
        Drawn(
            sign.label,
            f"Last {latest_words(sign, question)}; {expected_words(sign, question)}.",
            svg.sign(sign, axis, question),
        )
        for sign in core.signs(entries, question.treatments, question.rules, question.at)
    ]
    measured = any(entry.temperature is not None for entry in entries)
    drawing = svg.temperatures(entries, axis, question) if measured else None
    return Chart("a day" if axis.size == 1 else f"{axis.size} days", first, signs, drawing)
