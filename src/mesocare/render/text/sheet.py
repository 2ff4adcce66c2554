"""The aftercare sheet as plain text and as Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mesocare.core.signs import Urgency
from mesocare.render import sheet_words as words
from mesocare.render.phrasing import instant_words
from mesocare.render.text.plain import wrapped
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.app.sheet import Line, Sheet

INDENT = 2
# What Markdown, or a page that a program makes of it, would not show as it is.
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")


def sheet_text(sheet: Sheet) -> str:
    """Return the sheet as lines of text."""
    lines: list[str] = []
    for level, text in _parts(sheet):
        if level:
            title = wrapped(printable(text), 0).split("\n")
            underline = "=-"[level - 1] * max(map(len, title))
            lines += [*([""] if lines else []), *title, underline]
        else:
            first, *rest = wrapped(f"- {printable(text)}", INDENT).split("\n")
            lines += [first, *(f"{' ' * INDENT}{each}" for each in rest)]
    return "\n".join(lines) + "\n"


def sheet_markdown(sheet: Sheet) -> str:
    """Return the sheet as Markdown, in which nothing that was typed is a mark."""
    lines: list[str] = []
    for level, text in _parts(sheet):
        said = _MARKS.sub(r"\\\1", printable(text))
        if level:
            lines += [*([""] if lines else []), f"{'#' * level} {said}", ""]
        else:
            lines.append(f"- {said}")
    return "\n".join(lines) + "\n"


def _parts(sheet: Sheet) -> Iterator[tuple[int, str]]:
    """Yield headings, by their level, and lines, whose level is 0."""
    yield from _head(sheet)
    yield 2, "What to leave until when"
    for line in sheet.lines:
        yield 0, f"{line.row.answer.label}: {_line(line, sheet)}"
    if sheet.fine:
        yield 0, f"Fine: {', '.join(lower_first(each.answer.label) for each in sheet.fine)}."
    products = words.product_words(sheet)
    if products:
        yield 2, "Your products"
    for name, when in products:
        yield 0, f"{name}: {when}"
    yield 2, "What helps"
    for care in sheet.schedule.care:
        when = words.care_words(care, sheet)
        yield 0, f"{care.label}: {care.text}" + (f" ({when})" if when else "")
    yield from _calls(sheet)
    yield 2, "What is normal, if mild"
    for signs, until, _ in words.normal_words(sheet):
        yield 0, f"To {until}: {signs}"
    yield from _end(sheet)


def _head(sheet: Sheet) -> Iterator[tuple[int, str]]:
    head = sheet.head
    yield 1, words.title(sheet)
    if head.name:
        yield 0, f"For {head.name}"
    for each in words.treated(sheet):
        yield 0, f"Treated: {each}"
    if head.clinic or head.phone:
        yield 0, ", ".join(filter(None, (head.clinic, head.phone)))
    for each in words.notes(sheet):
        yield 0, each


def _line(line: Line, sheet: Sheet) -> str:
    leave, free = words.leave_words(line, sheet), words.free_words(line, sheet)
    parts = [f"not before {leave}" if leave and leave != "ask first" else leave or "with care"]
    parts.append(free if free == "ask first" else f"no limit from {free}")
    between = " ".join(words.between_words(line, sheet))
    return f"{'; '.join(dict.fromkeys(parts))}. {between}".rstrip()


def _calls(sheet: Sheet) -> Iterator[tuple[int, str]]:
    for urgency, flags in sheet.flags:
        yield 2, sheet.schedule.question.rules.contacts[urgency.value]
        for flag in flags:
            if urgency is Urgency.EMERGENCY or not flag.aside:
                yield 0, " ".join(filter(None, (flag.text, flag.action)))


def _end(sheet: Sheet) -> Iterator[tuple[int, str]]:
    question = sheet.schedule.question
    sessions = words.next_session_words(sheet)
    if sessions:
        yield 2, "Next session"
    for each in sessions:
        yield 0, each
    yield 2, "Notes"
    yield 0, question.rules.notice
    identity = question.rules.identity
    made = instant_words(question.at, question.zone)
    rules = f"{identity.name} {identity.version}, reviewed {identity.reviewed}"
    yield 0, f"Made {made}. Rules: {rules}."
