"""The views of one answer: `can-i` and `when`."""

from __future__ import annotations

from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

from mesocare.core import DEFAULT_TYPE
from mesocare.core.model import Verdict
from mesocare.render.phrasing import (
    came_twice,
    detail_words,
    elapsed_words,
    hours_words,
    instant_words,
    joined,
    protocol_words,
    sibling_words,
    treated_words,
    type_words,
    typed_words,
    wait_words,
)
from mesocare.render.text import triage
from mesocare.render.text.page import AMBER, Page
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mesocare.app.product import ProductAnswer
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Treatment
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer

COLUMN = 10
# For one answer, with the treatments and the notice.
LINES = 8
# How much of an answer is drawn: all; the first sentence of a reason; no waits and no figures; and
# no reason either, where a condition says how.
ALL, SENTENCE, BRIEF, BRIEFEST = range(4)
GONE = "say so with 0 and the words of the diary: mesocare feel WORDS 0"
# How words are read that are a name to the letter.
EXACT = "exact"


def can_i_text(
    answers: Sequence[Answer], question: Question, reading: str, meaning: Triage | None = None
) -> str:
    """Return the answer to `can-i`: the verdict first, then why, until when, and what instead.

    Of several things asked about at once, the strictest comes first. `reading` is how the words
    were understood, and said unless they were a name. What the clinic has to see first, as the
    diary says, leads the page. An answer takes no more than eight lines where that can be: what
    comes last gives way first.
    """
    page = Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    _read_as(page, answers, reading)
    for answer in answers:
        ways = [partial(_verdict, page, answer, question, brief=n) for n in range(BRIEFEST + 1)]
        _fitting(page, ways, answers[0], question)
    _treatments(page, answers[0], question)
    footer(page, question, gap=False)
    return page.text()


def _fitting(
    page: Page, ways: Sequence[Callable[[], None]], answer: Answer, question: Question
) -> None:
    """Draw in the first way that leaves room for the end of the page; in the last if none does."""
    end = [*(treatment_words(each, answer, question) for each in question.treatments)]
    room = LINES - sum(page.lines_of(each, page.width) for each in [*end, question.rules.notice])
    begun = page.height
    for draw in ways:
        page.cut(begun)
        draw()
        if page.narrow or page.height - begun <= room:
            return


def _verdict(page: Page, answer: Answer, question: Question, *, brief: int) -> None:
    until = until_part(answer, question, waits=brief < BRIEF)
    page.line(page.verdict(answer.verdict), (f"  {answer.label}", "bold"), until, hang=2)
    if answer.condition:
        _row(page, "Which" if answer.items else "How", answer.condition)
    # What the clinic says, or has to see first, is never shortened.
    told = answer.held_by or answer.by_clinic or answer.protocol is not None
    if told or brief < BRIEFEST or not answer.condition:
        whole = told or brief == ALL
        _row(page, "Why", answer.reason if whole else _sentence(answer.reason))
    particulars(page, answer)
    if answer.instead and answer.verdict.closed:
        _row(page, "Instead", answer.instead)
    if answer.held_by:
        _row(page, "If gone", GONE)
    if not answer.certain:
        said = unsure(answer, question)
        _row(page, "Unsure", said if brief < BRIEF else unsure_shortly(question))
    figures = figures_words(answer)
    if figures and brief < BRIEF:
        _row(page, "Sources", figures)
    if figures:
        _row(page, "More", explain_command(answer, question))


def until_part(answer: Answer | ProductAnswer, question: Question, *, waits: bool = True) -> str:
    """Return until when a verdict holds and what follows, for the line that begins with it.

    It has no other verdict in it, which might be read as the answer.
    """
    if answer.verdict is Verdict.ALLOWED:
        return ""
    opens = answer.limited_from if answer.verdict.closed else answer.allowed_from
    if opens is None:
        return ", with no date: your practitioner decides"

    def words(instant: datetime) -> str:
        said = f"until {instant_words(instant, question.zone, question.at)}"
        return f"{said} ({wait_words(instant, question.at).removeprefix('in ')})" if waits else said

    if answer.verdict.closed and answer.allowed_from != opens:
        last = f" {words(answer.allowed_from)}" if answer.allowed_from else ""
        return f", {words(opens)}, then with care{last}"
    return f", {words(opens)}"


def _sentence(text: str) -> str:
    """Return the first sentence of a text."""
    first, dot, _ = text.partition(". ")
    return first + dot.strip()


def _read_as(page: Page, answers: Sequence[Answer], reading: str) -> None:
    """Say what was understood, unless it was a name to the letter."""
    if reading != EXACT:
        labels = joined([lower_first(answer.label) for answer in answers])
        page.line((f"Read as: {labels}", "dim"))
        page.gap()


def when_text(
    answers: Sequence[Answer], question: Question, reading: str, meaning: Triage | None = None
) -> str:
    """Return the answer to `when`: every step of the course on the calendar, in few lines."""
    page = Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    _read_as(page, answers, reading)
    for answer in answers:
        ways = [partial(_course, page, answer, question, brief=n) for n in range(BRIEFEST + 1)]
        _fitting(page, ways, answers[0], question)
    _treatments(page, answers[0], question)
    footer(page, question, gap=False)
    return page.text()


def _course(page: Page, answer: Answer, question: Question, *, brief: int) -> None:
    waits = [
        wait_words(each, question.at)
        for each in (answer.limited_from, answer.allowed_from)
        if each is not None and each > question.at
    ]
    wait = f", next {waits[0]}" if waits and answer.verdict is not Verdict.ALLOWED else ""
    page.line((answer.label, "bold"), "  now: ", page.verdict(answer.verdict), wait)
    if answer.by_clinic or answer.held_by:
        _row(page, "Why", answer.reason)
    _protocol(page, answer)
    _details(page, answer)
    _clinic(page, answer.items[1:])
    if not answer.certain:
        said = unsure_shortly(question) if brief else unsure(answer, question)
        _row(page, "Unsure", said)
    if answer.verdict is not Verdict.ALLOWED and answer.allowed_from is None:
        _row(page, "Allowed", _from(None, question))
    before = None
    for n, step in enumerate(answer.steps):
        if brief == BRIEFEST and step.verdict is before:
            continue  # nothing of it would be seen
        before = step.verdict
        since = (
            f"from {instant_words(step.at, question.zone, question.at)}"
            if n
            else "after the treatment"
        )
        page.row([page.verdict(step.verdict, 11)], 12, since)
        if step.condition and (brief < BRIEF or step.condition == answer.condition):
            said = _sentence(step.condition) if brief else step.condition
            page.line((said, "dim"), indent=2 if page.narrow else 12)


def _row(page: Page, label: str, text: str) -> None:
    page.row([(label, "bold")], COLUMN, text)


def particulars(page: Page, answer: Answer) -> None:
    """Say what a protocol, what was injected and what the clinic said have to do with it."""
    _protocol(page, answer, answer.reason)
    _details(page, answer)
    _clinic(page, answer.items[1:])


def _protocol(page: Page, answer: Answer, said: str = "") -> None:
    """Say where a clinic's protocol decides, and what is built in; the item asked about first.

    A reason that was `said` is not said again.
    """
    if answer.protocol is not None:
        _row(page, "Protocol", protocol_words(answer.protocol, said))
    for each in answer.items[1:]:
        if each.protocol is not None:
            _row(page, "Protocol", sibling_words(each, each.protocol))


def _details(page: Page, answer: Answer) -> None:
    """Say what was injected, or who was treated, where it asks for more."""
    for detail, rule in answer.details:
        _row(page, detail.kind.capitalize(), detail_words(detail, rule, answer.reason))


def _clinic(page: Page, items: Sequence[Answer]) -> None:
    """Say which of some items stand as the clinic said."""
    for text in clinic_words(items):
        _row(page, "Clinic", text)


def clinic_words(items: Sequence[Answer]) -> list[str]:
    """Return what the clinic said of those items of which its word decides."""
    return [
        f"{each.label}: {each.verdict.value}. {each.reason}" for each in items if each.by_clinic
    ]


def _from(instant: datetime | None, question: Question) -> str:
    if instant is None:
        return "no date: that is for your practitioner to say"
    at, zone = question.at, question.zone
    return f"from {instant_words(instant, zone, at)} ({wait_words(instant, at)})"


def unsure(answer: Answer, question: Question) -> str:
    """Say what knowing the time of treatment would change, and how to give it."""
    vague = next(each for each in question.treatments if each.when.earliest != each.when.latest)
    local = vague.when.earliest.astimezone(vague.when.zone)
    return (
        f"The time of treatment decides. Had it been as early as {local:%H:%M}, this would be "
        f"{answer.verdict_if_earliest.value} already. With the time, the answer is exact: "
        f"{unsure_command(question)}"
    )


def unsure_shortly(question: Question) -> str:
    """Say in a line that the time of treatment decides, and how to give it."""
    return f"The time of treatment decides: {unsure_command(question)}"


def unsure_command(question: Question) -> str:
    """Return what to type to give the time of the treatment whose time is not known."""
    vague = next(each for each in question.treatments if each.when.earliest != each.when.latest)
    local = vague.when.earliest.astimezone(vague.when.zone)
    exact = local.isoformat(timespec="minutes") if came_twice(vague) else f"{local:%Y-%m-%d}THH:MM"
    return _exact_time(vague, exact, question)


def _exact_time(vague: Treatment, exact: str, question: Question) -> str:
    """Return what to type to give the time of a treatment, on record or for this call."""
    kept = next((each for each in question.recorded if each.treatment == vague), None)
    return f"--treated {exact}" if kept is None else f"mesocare edit {kept.id[:8]} --when {exact}"


def until_words(answer: Answer, question: Question, *, short: bool = False) -> str:
    """Return until when the verdict holds, in a line; `short` leaves out how long that is."""
    if answer.verdict is Verdict.ALLOWED:
        words = "no restriction left" if answer.rule.concerns else "not restricted"
        return f"{words}, with exceptions" if answer.condition else words
    opens = answer.limited_from if answer.verdict.closed else answer.allowed_from
    if opens is None:
        return "no date: ask" if short else "until your practitioner says otherwise"
    words = f"until {instant_words(opens, question.zone, question.at)}"
    if short:
        return words
    words += f" ({wait_words(opens, question.at)})"
    if answer.verdict.closed and answer.allowed_from != opens:
        words += ", then limited"
    return words


def figures_words(answer: Answer) -> str:
    """Return the shortest, longest, longest credible and chosen figure; empty without any."""
    figures = answer.figures
    if figures.shortest is None or figures.longest is None:
        return ""
    words = f"{hours_words(figures.shortest)} in every one with a figure"
    if figures.shortest != figures.longest:
        words = f"{hours_words(figures.shortest)} to {hours_words(figures.longest)}"
    if figures.credible not in {None, figures.longest}:
        words += f", at most {hours_words(figures.credible or 0)} in the credible ones"
    restricted = any(phase.verdict is not Verdict.ALLOWED for phase in answer.rule.phases)
    held = "no end chosen" if restricted else "none adopted"
    if figures.chosen is not None:
        held = f"{hours_words(figures.chosen)} chosen"
    return f"{words}; {held}."


def explain_command(answer: Answer, question: Question) -> str:
    """Return the command that shows the evidence, ready to run."""
    words = [f"mesocare explain {answer.activity}"]
    if not question.recorded:
        usual = {each.type for each in question.treatments} == {DEFAULT_TYPE}
        words += [
            f"--treated {typed_words(each)}" + ("" if usual else f" --type {each.type}")
            for each in question.treatments
        ]
    details = {each.id: each for one in question.treatments for each in one.details}
    # What is on record, or comes with the type, is there for the next call too.
    named = [each for each in details.values() if each.kind in question.kinds_given]
    words += [f"--{each.kind} {each.id}" for each in named]
    if question.rules_given:
        words.append(f"--rules {quote(question.rules_given)}")
    return " ".join(words)


def footer(page: Page, question: Question, *, gap: bool = True) -> None:
    """End a page: whose instructions come first, and whether the rules are due for review."""
    if gap:
        page.gap()
    due = question.rules.identity.review_due
    if question.at.date().isoformat() > due:
        page.line((f"These rules were due for review on {due}.", AMBER))
    page.line((question.rules.notice, "dim"))


def _treatments(page: Page, answer: Answer, question: Question) -> None:
    """Say which treatments were meant, as understood, which one governs, and at what time."""
    for each in question.treatments:
        page.line((treatment_words(each, answer, question), "dim"), hang=2)


def treatment_words(treatment: Treatment, answer: Answer, question: Question) -> str:
    """Return one treatment as understood; with several, whether it is the one that governs."""
    words = f"After {type_words(treatment.type, question.rules)}, {treated_words(treatment)}"
    now = instant_words(question.at.replace(second=0), question.zone, treatment.when.earliest)
    words += f" ({elapsed_words(treatment, question.at).removesuffix('ago')}before {now})"
    governs = len(question.treatments) > 1 and treatment == answer.governed_by
    return words + (": this one decides." if governs else ".")
