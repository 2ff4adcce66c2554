"""The clinician's summary as a page: one file that loads nothing, runs nothing and prints well.

A strict policy in the page itself forbids everything but its own style. Whatever a person typed is
text, is isolated from the direction of the rest, and shows what it would hide.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import TYPE_CHECKING

from mesocare.core.diary import chart as core
from mesocare.render.html import svg
from mesocare.render.html.style import STYLE
from mesocare.render.phrasing import date_words, instant_words
from mesocare.render.report_facts import TITLE, cited, grounds, timeline, treatment_facts, zone_name
from mesocare.render.text.questions import until_words
from mesocare.render.text.sign_phrasing import expected_words, latest_words
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mesocare.app.report import Summary
    from mesocare.render.report_facts import Event, Fact


def report_html(summary: Summary) -> str:
    """Return the summary as an HTML page."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(
        part
        for section in (
            _head, _findings, _missing, _treatments, _restrictions, _charts, _timeline, _sources,
            _rules,
        )
        for part in section(summary)
    )  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_said(TITLE)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{body}\n</main>\n</body>\n</html>\n"
    )


def _said(text: str) -> str:
    return escape(printable(text), quote=True)


def _typed(text: str) -> str:
    """Return what a person wrote, unable to turn the direction of what stands around it."""
    return f"<bdi>{_said(text)}</bdi>" if text else ""


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are markup already; the first of a row is its head."""
    head = "".join(f'<th scope="col">{_said(each)}</th>' for each in heads)
    lines = (
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{each}</td>" for each in rest) + "</tr>"
        for first, *rest in rows
    )
    top = f"<caption>{_said(caption)}</caption>\n<thead><tr>{head}</tr></thead>"
    return f"<table>\n{top}\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table>"


def _head(summary: Summary) -> Iterable[str]:
    question = summary.question
    yield f"<h1>{_said(TITLE)}</h1>"
    at = instant_words(question.at, question.zone)
    yield f'<p class="quiet">As at {_said(at)}, in {_said(zone_name(question.zone))}.</p>'


def _findings(summary: Summary) -> Iterable[str]:
    yield "<h2>Findings</h2>"
    if not summary.meaning.findings:
        yield f"<p>{_said(summary.question.rules.triage.unremarkable.text)}</p>"
    last = None
    for each in summary.meaning.findings:
        urgency = each.urgency.value
        if urgency != last:
            contact = summary.question.rules.contacts[urgency]
            yield f'<h3 class="{urgency}">{_said(contact)}:</h3>'
            last = urgency
        yield f'<section class="finding {urgency}">\n<p>{_said(each.text)}</p>'
        rows = "".join(f"<li>{_typed(words)}</li>" for words in grounds(each, summary))
        yield f"<ul>{rows}</ul>"
        yield f'<p class="quiet">Evidence: {_said(", ".join(each.evidence))}</p></section>'


def _missing(summary: Summary) -> Iterable[str]:
    if summary.meaning.missing:
        yield "<h2>Worth answering</h2>"
        rows = "".join(f"<li>{_said(each.text)}</li>" for each in summary.meaning.missing)
        yield f"<ul>{rows}</ul>"


def _treatments(summary: Summary) -> Iterable[str]:
    yield "<h2>Treatments</h2>"
    for title, facts in treatment_facts(summary):
        yield f"<h3>{_said(title)}</h3>\n<dl>{''.join(_fact(each) for each in facts)}</dl>"


def _fact(fact: Fact) -> str:
    words = _typed(fact.words) if fact.typed else _said(fact.words)
    return f"<div><dt>{_said(fact.label)}</dt><dd>{words}</dd></div>"


def _restrictions(summary: Summary) -> Iterable[str]:
    question = summary.question
    yield "<h2>Restrictions now</h2>"
    yield _table(
        "What holds at this moment",
        ("Activity", "Verdict", "Until"),
        (
            (
                _said(each.label),
                f'<span class="{each.verdict.value}">{_said(each.verdict.value)}</span>',
                _said(until_words(each, question)),
            )
            for each in summary.answers
        ),
    )


def _charts(summary: Summary) -> Iterable[str]:
    question, entries = summary.question, summary.entries
    yield "<h2>Diary</h2>"
    if not entries:
        yield "<p>Nothing was noted.</p>"
        return
    axis = core.axis(entries, question.treatments, question.at, question.zone, svg.MOST_COLUMNS)
    first = date_words(min(each.at for each in entries), question.zone)
    if axis.treated and axis.treated[0] == axis.first:
        treated = (each.when.earliest for each in question.treatments)
        begun = (each for each in treated if axis.column(each) == 0)
        first = f"{date_words(next(begun), question.zone)}, the day of the treatment"
    size = "a day" if axis.size == 1 else f"{axis.size} days"
    yield (
        f'<p class="quiet">Each column is {size}; day 0 is {_said(first)}. A bar is the highest '
        "score, 0 to 10; 0 is gone; a large dot is there, without a figure; a small dot is nothing "
        "noted. The shaded time is when the sign is expected; what lies outside it has a dark "
        "edge.</p>"
    )
    for each in core.signs(entries, question.treatments, question.rules, question.at):
        yield '<section class="chart">'
        yield f"<h3>{_typed(each.label)}</h3>"
        words = f"Last {latest_words(each, question)}; {expected_words(each, question)}."
        yield f'<p class="quiet">{_said(words)}</p>{svg.sign(each, axis, question)}</section>'
    if any(each.temperature is not None for each in entries):
        yield '<section class="chart"><h3>Temperature</h3>'
        yield f"{svg.temperatures(entries, axis, question)}</section>"


def _timeline(summary: Summary) -> Iterable[str]:
    yield "<h2>Timeline</h2>"
    zone = summary.question.zone
    heads = ("Time", "What", "Score", "Temperature", "Note")
    top = "".join(f'<th scope="col">{each}</th>' for each in heads)
    yield '<table class="timeline">\n<caption>Treatments, diary, changed restrictions</caption>'
    yield f"<thead><tr>{top}</tr></thead>"
    for _, events in timeline(summary):
        day = _said(date_words(events[0].at, zone))
        yield f'<tbody>\n<tr class="day"><th colspan="{len(heads)}">{day}</th></tr>'
        for event in events:
            clock = instant_words(event.at, zone).rpartition(" ")[2]
            cells = "".join(f"<td>{each}</td>" for each in _event(event))
            yield f'<tr><th scope="row">{_said(clock)}</th>{cells}</tr>'
        yield "</tbody>"
    yield "</table>"


def _event(event: Event) -> tuple[str, ...]:
    entry = event.entry
    if entry is None:
        return f'<span class="{event.kind}">{_said(event.words)}</span>', "", "", ""
    return (
        _typed(entry.words),
        "" if entry.score is None else f"{entry.score}&nbsp;of&nbsp;10",
        "" if entry.temperature is None else f"{entry.temperature:g}&nbsp;C",
        _typed(entry.note or ""),
    )


def _sources(summary: Summary) -> Iterable[str]:
    rows = cited(summary)
    if rows:
        yield "<h2>Evidence for the findings</h2>"
        yield _table(
            "Grades: A study, hospital or label; B clinic; C commercial page",
            ("Claim", "Grade", "Source"),
            (
                (
                    _said(each.id),
                    _said(each.grade),
                    _said(f"{each.source.publisher}: {each.source.title}"),
                )
                for each in rows
            ),
        )


def _rules(summary: Summary) -> Iterable[str]:
    question, identity = summary.question, summary.question.rules.identity
    made = instant_words(summary.made, question.zone)
    yield (
        f'<footer><p>{_said(question.rules.notice)}</p><p class="quiet">Rules: '
        f"{_said(f'{identity.name} {identity.version}, reviewed {identity.reviewed}')}; sha256 "
        f"{_said(identity.sha256)}. Page made {_said(made)}. Nothing in it was sent anywhere.</p>"
        "</footer>"
    )
