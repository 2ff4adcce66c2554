"""The view of a whole assessment: one screen that a worried person understands in ten seconds."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING

from mesocare.core.model import Verdict
from mesocare.core.signs import Urgency
from mesocare.core.timespan import day_number
from mesocare.render.phrasing import (
    builtin_words,
    changes_words,
    date_words,
    elapsed_words,
    instant_words,
    joined,
    treated_words,
    type_words,
)
from mesocare.render.text import today_all, triage
from mesocare.render.text.page import URGENCY_STYLES, Page
from mesocare.render.text.questions import clinic_words, footer, unsure, until_words
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.aftercare.advice import Advice, Alert
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer, Assessment, Change

COLUMN = 24
CHANGES_SHOWN = 2
NAMES_SHOWN = 1


def today_text(
    assessment: Assessment,
    question: Question,
    *,
    everything: bool = False,
    meaning: Triage | None = None,
    page: Page | None = None,
) -> str:
    """Return the screen: where, what is allowed, what changes, what is normal, what is not.

    Args:
        assessment: What to show.
        question: The instant, the rules and how to show it.
        everything: Show every activity, change, care instruction and red flag in full.
        meaning: What the diary means; its findings lead the page.
        page: Where to draw; a page for standard output if left out.
    """
    page = page or Page(no_color=question.no_color)
    if meaning is not None and meaning.findings:
        triage.draw(page, meaning, question)
        page.gap()
    _where(page, assessment, question)
    if everything:
        today_all.draw(page, assessment, question)
    else:
        _draw(page, assessment, question)
    footer(page, question)
    return page.text()


def _draw(page: Page, assessment: Assessment, question: Question) -> None:
    headline = assessment.answers[: len(question.rules.headline_groups)]
    others = assessment.answers[len(headline) :]
    page.gap()
    for answer in headline:
        _answer(page, answer, question)
    _others(page, others)
    for text in clinic_words([each for group in assessment.answers for each in group.items]):
        page.row([("Clinic", "bold")], COLUMN, text)
    _protocol(page, assessment)
    page.gap()
    _next(page, assessment.upcoming, question)
    _normal(page, assessment.normal, question)
    page.gap()
    _red_flags(page, assessment.red_flags, question)


def _where(page: Page, assessment: Assessment, question: Question) -> None:
    days = [
        f"Day {day_number(each.when.earliest, question.at, each.when.zone)} after "
        + type_words(each.type, question.rules)
        for each in question.treatments
    ]
    page.line((joined([days[0], *(lower_first(day) for day in days[1:])]), "bold"))
    for each in question.treatments:
        label = f"{question.rules.types[each.type].label}: " if len(question.treatments) > 1 else ""
        page.line(
            (f"{label}{treated_words(each)} ({elapsed_words(each, question.at)})", "dim"), hang=2
        )
    _bar(page, assessment, question)
    doubtful = next((each for each in assessment.answers if not each.certain), None)
    if doubtful:
        page.line(
            ("! ", "bold yellow"),
            f"{doubtful.label}: {lower_first(unsure(doubtful, question))}",
            hang=2,
        )


def _bar(page: Page, assessment: Assessment, question: Question) -> None:
    """Draw the recovery window: surely behind, perhaps behind, ahead."""
    ends = [
        answer.allowed_from or answer.limited_from
        for answer in assessment.answers[: len(question.rules.headline_groups)]
    ]
    end = max((each for each in ends if each), default=question.at)
    if end <= question.at:
        page.line(("The headline restrictions are behind you.", "green"))
        return
    last = max(question.treatments, key=lambda each: each.when.latest)
    total = (end - last.when.earliest).total_seconds()
    sure, perhaps = (
        (question.at - start).total_seconds() / total
        for start in (last.when.latest, last.when.earliest)
    )
    words = f" recovery window to {date_words(end, question.zone, question.at)}"
    width = max(10, min(40, page.width - len(words) - 1))
    behind, possible = int(sure * width), int(perhaps * width)
    signs = page.signs
    page.line(
        (signs.full * behind, "green"),
        (signs.part * (possible - behind), "yellow"),
        (signs.empty * (width - possible), "dim"),
        (words, "dim"),
    )


def _answer(page: Page, answer: Answer, question: Question) -> None:
    """Show one headline group: verdict, until when, and what to do instead or how."""
    head = [page.verdict(answer.verdict, 11), (answer.label, "bold")]
    page.row(head, COLUMN, until_words(answer, question))
    detail = answer.condition or (answer.instead if answer.verdict.closed else None)
    if detail:
        page.line((detail, "dim"), indent=2 if page.narrow else COLUMN)


def _others(page: Page, answers: Sequence[Answer]) -> None:
    """Name the other groups by verdict, strictest first."""
    for verdict in reversed(Verdict):
        labels = [lower_first(each.label) for each in answers if each.verdict is verdict]
        if labels:
            page.row([page.verdict(verdict, 11), "Also"], COLUMN, ", ".join(labels))


def _protocol(page: Page, assessment: Assessment) -> None:
    """Say once that a clinic's protocol decides, and what is built in where it matters most."""
    items = [each for group in assessment.answers for each in group.items]
    decided = {each.activity: (each, each.protocol) for each in items if each.protocol is not None}
    found = sorted(decided.values(), key=lambda pair: -pair[0].verdict.severity)
    if not found:
        return
    parts = [
        f"{lower_first(answer.label)} ({lower_first(builtin_words(protocol))})"
        for answer, protocol in found[:NAMES_SHOWN]
    ]
    if len(found) > NAMES_SHOWN:
        parts.append(f"{len(found) - NAMES_SHOWN} more")
    words = f"{found[0][1].clinic}'s decides {joined(parts)}."
    page.row([("Protocol", "bold")], COLUMN, words)


def _next(page: Page, upcoming: Sequence[Change], question: Question) -> None:
    """Show the next instants at which something opens, the headline groups' items first."""
    headline = {
        id_ for name in question.rules.headline_groups for id_ in question.rules.groups[name].items
    }
    by_instant = groupby(upcoming, key=lambda change: change.at)
    for n, (at, group) in enumerate(islice(by_instant, CHANGES_SHOWN)):
        changes = sorted(group, key=lambda change: change.activity not in headline)
        label = "Then" if n else "Next"
        when = instant_words(at, question.zone, question.at)
        page.row([(label, "bold"), f"  {when}"], COLUMN, changes_words(changes, NAMES_SHOWN))


def _normal(page: Page, normal: Sequence[Advice], question: Question) -> None:
    """Name the expected reactions by the last whole day on which they are expected."""
    ends: dict[str, list[str]] = {}
    for each in sorted(normal, key=lambda advice: str(advice.until)):
        if each.until is not None:
            # A window that closes on a morning is over for anyone who reads a date, so the day
            # before is the one to name.
            last = date_words(each.until - timedelta(days=1), question.zone, question.at)
            ends.setdefault(last, []).append(_sign(each, question))
    parts = [f"{joined(labels)} (to {last})" for last, labels in ends.items()]
    if parts:
        page.row([("Normal", "bold"), "  if mild"], COLUMN, "; ".join(parts))


def _red_flags(page: Page, alerts: Sequence[Alert], question: Question) -> None:
    """Say whom to call for what, most urgent first."""
    for urgency in reversed(Urgency):
        labels = [
            lower_first(each.label)
            for each in alerts
            if each.urgency is urgency and not each.persisting and not _aside(each, question)
        ]
        contact = question.rules.contacts[urgency.value]
        page.line((f"{contact}: ", URGENCY_STYLES[urgency]), f"{'; '.join(labels)}.", hang=2)
    lasting = [_sign(each, question) for each in alerts if each.persisting]
    if lasting:
        page.line(f"Also call it if still there: {joined(lasting, 'or')}.", indent=2)


def _aside(alert: Alert, question: Question) -> bool:
    """Whether a red flag is known when somebody names it, and not listed at one look."""
    flag = question.rules.red_flags.get(alert.id)
    return flag is not None and flag.aside


def _sign(sign: Advice | Alert, question: Question) -> str:
    """Return a sign's label; after treatments of several types, with those it is meant for."""
    label = lower_first(sign.label)
    several = len({each.type for each in question.treatments}) > 1
    types = [lower_first(question.rules.types[type_].label) for type_ in sign.types]
    return f"{label} ({joined(types)})" if several else label
