"""The view of a product: the verdict, the ingredient that decides, and what was not recognised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.app.shelf import coming_back
from mesocare.core.model import Verdict
from mesocare.render.phrasing import instant_words, joined
from mesocare.render.text import questions, triage
from mesocare.render.text.page import Page
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.app.product import Held, ProductAnswer
    from mesocare.app.shelf import Bottle
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.parsing.labels.kinds import KindReading

COLUMN = questions.COLUMN
MOST_NAMED = 6
LONGEST_NAME = 48
LIMITS = "Amounts and pH are not on a label, so the answer is cautious."


def product_text(found: ProductAnswer, question: Question, meaning: Triage | None = None) -> str:
    """Return whether a product may be used: the verdict first, then which ingredient decides.

    What the clinic has to see first, as the diary says, leads the page.
    """
    page = Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    decisive = found.decisive
    page.line(
        page.verdict(found.verdict), ("  This product", "bold"), _until(found, question), hang=2
    )
    _row(page, "Decides", _decides(found, question))
    if decisive.condition:
        _row(page, "How", decisive.condition)
    if found.doubts:
        _row(page, "Ask", f"Check with your clinic: {'; '.join(map(printable, found.doubts))}.")
    questions.particulars(page, decisive)
    _protocol(page, found)
    if decisive.instead and decisive.verdict.closed:
        _row(page, "Instead", decisive.instead)
    if decisive.held_by:
        _row(page, "If gone", questions.GONE)
    _others(page, found, question)
    _read(page, found)
    if not decisive.certain:
        _row(page, "Unsure", questions.unsure_shortly(question))
    _row(page, "More", questions.explain_command(decisive, question))
    for each in question.treatments:
        page.line((questions.treatment_words(each, decisive, question), "dim"), hang=2)
    page.line((LIMITS, "dim"))
    questions.footer(page, question, gap=False)
    return page.text()


def _until(found: ProductAnswer, question: Question) -> str:
    """Return until when the verdict holds; a doubt has no date, and says so in a row of its own."""
    if found.verdict is Verdict.LIMITED and found.doubts:
        return ", with care"
    return questions.until_part(found, question)


def _decides(found: ProductAnswer, question: Question) -> str:
    """Return what decides, and by which rule."""
    answer = found.decisive
    if found.decides is not None:
        printed = found.decides.found.printed
        rule = question.rules.items[answer.activity].label
        where = f"number {printed.position}"
        return f"{named(found.decides)}, {where}. Rule: {lower_first(rule)}. {answer.reason}"
    if answer.verdict is Verdict.ALLOWED:
        if found.verdict is Verdict.ALLOWED:
            return f"No ingredient restricts it now. {answer.reason}"
        return "What could not be read of the list."
    kinds = found.kind.kinds or ()
    what = joined([each.label for each in kinds]) if kinds else "any product on the skin"
    return f"No ingredient, but the rule for {what}. {answer.reason}"


def named(held: Held) -> str:
    """Return an ingredient as printed, with its class."""
    return f"{_printed(held)} ({held.group.label})"


def _printed(held: Held) -> str:
    text = printable(held.found.printed.text)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 3]}..."


def _protocol(page: Page, found: ProductAnswer) -> None:
    """Say which ingredients are restricted because a clinic's protocol says so."""
    ours = [each for each in found.held if each.protocol]
    if ours:
        _row(page, "Protocol", f"{ours[0].protocol}'s protocol restricts {_some(ours)}.")


def _others(page: Page, found: ProductAnswer, question: Question) -> None:
    """Name every other ingredient that is held, by what holds for it; and what no rule is about."""
    lines: dict[str, list[Held]] = {}
    for each in found.held:
        if each is not found.decides:
            lines.setdefault(_holds(each, question), []).append(each)
    label = "Also"
    for head, helds in lines.items():
        _row(page, label, f"{head}: {_some(helds)}.")
        label = ""
    for label, rest, said in (
        ("Noted", found.noted, "no rule has a wait for it"),
        ("Traces", found.traces, "low in the list, so taken for a trace or a buffer"),
    ):
        if rest:
            _row(page, label, f"{_some(rest)}: {said}.")
    for note in dict.fromkeys(each.group.note for each in found.held):
        if note:
            _row(page, "Know", note)


def _holds(held: Held, question: Question) -> str:
    """Return what holds of one ingredient by itself."""
    answer = held.answer
    if answer is None:
        return "no rule holds it here"
    if answer.verdict is Verdict.ALLOWED:
        return "allowed by now"
    return f"{answer.verdict.value} {questions.until_words(answer, question, short=True)}"


def _some(helds: Sequence[Held]) -> str:
    """Return ingredients by class; the first of many, and how many more there are."""
    shown = list(helds[:MOST_NAMED])
    classes = {
        label: once([_printed(each) for each in shown if each.group.label == label])
        for label in dict.fromkeys(each.group.label for each in shown)
    }
    more = len(helds) - MOST_NAMED
    words = ", ".join(f"{names} ({label})" for label, names in classes.items())
    return words + (f" and {more} more" if more > 0 else "")


def once(names: Sequence[str]) -> str:
    """Return names once each, apart by commas."""
    return ", ".join(dict.fromkeys(names))


def _read(page: Page, found: ProductAnswer) -> None:
    """Say what was not recognised, what kind of product it was taken for, and how the text read."""
    reading = found.reading
    unknown, total = reading.unknown, len(reading.found)
    if unknown:
        names = once([printable(each.text) for each in unknown[:MOST_NAMED]])
        names += f" and {len(unknown) - MOST_NAMED} more" if len(unknown) > MOST_NAMED else ""
        _row(page, "Unknown", f"{len(unknown)} of {total} not recognised: {names}.")
    else:
        _row(page, "Read", f"All {total} names were recognised." if total > 1 else "One name.")
    _row(page, "Kind", kind_words(found.kind))
    for remark in found.remarks:
        _row(page, "Note", f"{remark[0].upper()}{remark[1:]}.")


def kind_words(kind: KindReading) -> str:
    """Return what kind of product it was taken for, how that was told, and what to type."""
    if kind.given:
        return f"Taken as {kind.kinds[0].label}, as you said."
    if not kind.kinds:
        return "Nothing tells, so it is taken to stay on the skin. Say it with --kind."
    words = joined([f'"{each}"' for each in kind.words])
    return (
        f"Taken as {joined([each.label for each in kind.kinds])}, by {words} on the "
        "label, and no milder than what stays on the skin. Say it with --kind."
    )


def _row(page: Page, label: str, text: str) -> None:
    page.row([(label, "bold")], COLUMN, text)


def shelf_text(bottles: Sequence[Bottle], question: Question, meaning: Triage | None = None) -> str:
    """Return the products of a shelf, what may be used first, with what decides of each."""
    page = Page(no_color=question.no_color)
    triage.lead(page, meaning, question)
    for bottle in bottles:
        found, name = bottle.answer, printable(bottle.stored.name)
        if found is None:
            page.line(page.verdict(Verdict.ASK), (f"  {name}", "bold"), ": ask your clinic")
            _row(page, "Why", f"{bottle.problem[0].upper()}{bottle.problem[1:]}.")
            continue
        page.line(
            page.verdict(found.verdict), (f"  {name}", "bold"), _until(found, question), hang=2
        )
        if found.decides is not None:
            _row(page, "Decides", f"{named(found.decides)}.")
        if found.limited_from is None:
            questions.particulars(page, found.decisive)  # why there is no date
        if found.doubts:
            _row(page, "Ask", f"Check with your clinic: {'; '.join(map(printable, found.doubts))}.")
    page.gap()
    decisive = [each.answer.decisive for each in bottles if each.answer]
    for treatment in question.treatments if decisive else ():
        words = questions.treatment_words(treatment, decisive[0], question)
        page.line((words, "dim"), hang=2)
    page.line((LIMITS, "dim"))
    questions.footer(page, question, gap=False)
    return page.text()


def coming_back_words(bottles: Sequence[Bottle], question: Question) -> str:
    """Return `From Wed 2 Dec, 14:30: Night serum, Toner`; empty where none is to come back."""
    found = coming_back(bottles)
    if found is None:
        return ""
    at, which = found
    names = [printable(each.stored.name) for each in which]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    words = f"{', '.join(names[:MOST_NAMED])}{more}"
    return f"From {instant_words(at, question.zone, question.at)}: {words}"
