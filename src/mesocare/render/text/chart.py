"""Charts of a diary as text: a sparkline and a chart for every sign, all on one axis of days.

On a terminal they are blocks and lines, off it plain ASCII. What a day says is never in its colour
alone: a bar has a height, and each kind of day without a bar has a mark of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary.chart import Kind, columns
from mesocare.core.diary.entries import SCORES
from mesocare.render.phrasing import instant_words, joined
from mesocare.render.text.page import AMBER, BLUE, RED, URGENCY_STYLES
from mesocare.render.text.sign_phrasing import day_words, expected_words, latest_words
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.diary.chart import Axis, Column, Sign
    from mesocare.core.diary.entries import Entry
    from mesocare.core.question import Question
    from mesocare.render.text.page import Page

GUTTER = 5
# Two points to a row, so that a row is full or half full.
ROWS = range(len(SCORES) // 2, 0, -1)
WIDEST_CELL = 4
FIGURES_FIT = 3
SPARK_DAYS = 14
STEPS = (1, 2, 5, 7, 14, 28, 50, 100, 200, 500, 1000, 5000)
STYLES = {True: f"bold {AMBER}", False: BLUE}


class Glyphs(NamedTuple):
    """The characters a chart draws with; `spark` leads from a score above 0 to its character."""

    full: str
    half: str
    there: str
    nothing: str
    wall: str
    tick: str
    floor: str
    corner: str
    begin: str
    run: str
    end: str
    onward: str
    fever: str
    measured: str
    limit: str
    treated: str
    spark: str


_DRAWN = Glyphs._make((*"█▄●·│┤─└├─┤▶▲•┄▲", "▁▂▂▃▄▅▆▆▇█"))
_PLAIN = Glyphs._make((*"#=+.||-+|-|>^o-^", "123456789X"))


def glyphs(page: Page) -> Glyphs:
    """Return the characters for a page: drawn on a terminal that can, else plain ASCII."""
    return _DRAWN if page.signs.full == _DRAWN.full else _PLAIN


def room(page: Page) -> int:
    """Return how many columns of a chart fit on a page."""
    return page.width - GUTTER


def legend(page: Page, axis: Axis, question: Question) -> None:
    """Say what the axis is, and what each mark on it means."""
    marks = glyphs(page)
    first, last = (day_words(axis, day) for day in (0, axis.days - 1))
    size = "a column a day" if axis.size == 1 else f"each column is {axis.size} days"
    page.line((f"{first} to {last}, {size}.", "dim"))
    anchor = _treated_on(axis, question)
    origin = f"the day of the {anchor} treatment" if anchor else "that of the first entry"
    words = f"Day 0 is {first}, {origin}."
    if len(axis.treated) > 1 or (axis.treated and not anchor):
        words += f" {marks.treated} marks a treatment."
    page.line((words, "dim"))
    words = f"Bars are the highest score, 0 to 10; {marks.there} there, no figure; 0 gone; "
    words += f"{marks.nothing} nothing noted."
    if marks is _PLAIN:
        words += f" {marks.full} is two points, {marks.half} one; X is 10."
    page.line((words, "dim"))
    if axis.silent:
        page.line((f"Nothing was noted after {day_words(axis, axis.days - 2)}.", "bold"))


def heading(page: Page, sign: Sign, axis: Axis, question: Question) -> None:
    """Name a sign, how it was last, and its last days as a sparkline."""
    page.line(
        (printable(sign.label), "bold"),
        f"  {latest_words(sign, question)}  ",
        (_spark(page, sign, axis), STYLES[sign.beyond]),
        hang=2,
    )


def sign(page: Page, sign: Sign, axis: Axis, question: Question) -> None:
    """Draw one sign: heading, bars, the axis of days, and when it was expected."""
    marks, cell = glyphs(page), _cell(page, axis)
    heading(page, sign, axis, question)
    found = columns(sign, axis)
    if any(each.peak for each in found):
        for row in ROWS:
            label = {ROWS[0]: "10", ROWS[-1]: ""}.get(row, "")
            wall = marks.tick if label else marks.wall
            _row(page, f"{label:>3} {wall}", [_bar(each, row, cell, marks) for each in found])
    _row(page, f"  0 {marks.tick}", [_mark(each, cell, marks) for each in found])
    _floor(page, axis, cell, marks)
    _window(page, sign, axis, cell, question)


def temperatures(page: Page, entries: Sequence[Entry], axis: Axis, question: Question) -> None:
    """Draw the temperatures that were measured: in which columns, and which were a fever."""
    measured = [each for each in entries if each.temperature is not None]
    if not measured:
        return
    marks, cell = glyphs(page), _cell(page, axis)
    limit = question.rules.triage.fever.limit
    latest, highest = measured[-1], max(measured, key=lambda each: each.temperature or 0)
    found: dict[int, float] = {}
    for each in measured:
        index = axis.column(each.at)
        found[index] = max(each.temperature or 0, found.get(index, 0))
    page.line(("Temperature", "bold"), f"  {_degrees(latest, question)}", hang=2)
    if highest.temperature != latest.temperature:
        page.line(f"highest {_degrees(highest, question)}", indent=2)
    above, below = [], []
    for index in range(axis.columns):
        degrees = found.get(index)
        fever = degrees is not None and degrees >= limit
        above.append(((marks.fever if fever else marks.limit).ljust(cell), RED if fever else ""))
        mark = marks.nothing if degrees is None else " " if fever else marks.measured
        below.append((mark.ljust(cell), ""))
    above = [(text.replace(" ", marks.limit), style) for text, style in above]
    _row(page, f"{limit:>3g} {marks.tick}", above)
    _row(page, f"    {marks.wall}", below)
    _floor(page, axis, cell, marks)
    page.line(
        f"{marks.fever} a fever, from {limit:g} C; {marks.measured} measured, below it", indent=2
    )


def _degrees(entry: Entry, question: Question) -> str:
    return f"{entry.temperature:g} C, {instant_words(entry.at, question.zone, question.at)}"


def _cell(page: Page, axis: Axis) -> int:
    return max(1, min(WIDEST_CELL, room(page) // axis.columns))


def _row(page: Page, gutter: str, cells: Sequence[tuple[str, str]]) -> None:
    page.line((gutter, "dim"), *cells)


def _bar(column: Column, row: int, cell: int, marks: Glyphs) -> tuple[str, str]:
    """Return one column's share of a row: two points of the score, one of them, or none."""
    rest = (column.peak or 0) - 2 * (row - 1)
    block = marks.full if rest > 1 else marks.half if rest == 1 else " "
    return (block * max(1, cell - 1)).ljust(cell), STYLES[column.beyond]


def _mark(column: Column, cell: int, marks: Glyphs) -> tuple[str, str]:
    """Return what stands below a column: its score where there is room, else what it lacks."""
    if not column.noted:
        return marks.nothing.ljust(cell), "dim"
    if column.peak:
        figure = str(column.peak) if cell >= FIGURES_FIT else ""
        return figure.ljust(cell), ""
    return (marks.there if column.present else "0").ljust(cell), STYLES[column.beyond]


def _floor(page: Page, axis: Axis, cell: int, marks: Glyphs) -> None:
    """Draw the axis: treatments, a line, and the number of some of the days."""
    line = [marks.floor] * (axis.columns * cell)
    if len(axis.treated) > 1 or axis.first not in axis.treated:
        for day in axis.treated:
            line[(day - axis.first).days // axis.size * cell] = marks.treated
    page.line((f"    {marks.corner}{''.join(line)}", "dim"))
    page.line((f" day {_ticks(axis, cell)}", "dim"))


def _ticks(axis: Axis, cell: int) -> str:
    widest = len(str(axis.days - 1)) + 1
    step = next(each for each in STEPS if each * cell >= widest * axis.size)
    text = ""
    for day in range(0, axis.days, step):
        text = text.ljust(day // axis.size * cell) + str(day)
    # The last number may be wider than the column it names.
    return text if len(text) <= axis.columns * cell + 1 else text.rpartition(" ")[0]


def _window(page: Page, sign: Sign, axis: Axis, cell: int, question: Question) -> None:
    """Draw when a sign was expected, and say until when; or why it never was."""
    line = _brackets(sign, axis, cell, glyphs(page))
    words = (expected_words(sign, question), _style(sign, question))
    if line and GUTTER + len(line) + len(words[0]) < page.width:
        page.line(" " * GUTTER, (line, BLUE), " ", words)
        return
    if line:
        page.line(" " * GUTTER, (line, BLUE))
    page.line(words, indent=GUTTER)


def _brackets(sign: Sign, axis: Axis, cell: int, marks: Glyphs) -> str:
    text = [" "] * (axis.columns * cell)
    instant = timedelta.resolution
    for each in sign.windows:
        # What closes at midnight does not reach into the next day.
        begin, end = axis.column(each.opens) * cell, axis.column(each.closes - instant) * cell
        shown = range(max(begin, 0), min(end + cell, len(text)))
        for index in shown:
            text[index] = marks.run
        if shown:
            text[shown[0]] = marks.begin
            text[shown[-1]] = marks.end if end + cell <= len(text) else marks.onward
    return "".join(text).rstrip()


def _style(sign: Sign, question: Question) -> str:
    if sign.kind is Kind.RED_FLAG and sign.beyond:
        return URGENCY_STYLES[question.rules.red_flags[sign.record.sign or ""].urgency]
    return STYLES[sign.beyond]


def _spark(page: Page, sign: Sign, axis: Axis) -> str:
    """Return the last days of the axis, a character each; nothing where all would be blank."""
    marks = glyphs(page)
    first = max(axis.first, axis.last - timedelta(days=SPARK_DAYS - 1))
    line = ""
    found = columns(sign, axis._replace(first=first, size=1))
    for each in found if any(each.noted for each in found) else ():
        if not each.noted:
            line += marks.nothing
        elif each.peak:
            line += marks.spark[each.peak - 1]
        else:
            line += marks.there if each.present else "0"
    return line


def _treated_on(axis: Axis, question: Question) -> str:
    """Return the types that were treated on the first day of the axis."""
    types = dict.fromkeys(
        lower_first(question.rules.types[each.type].label)
        for each in question.treatments
        if each.when.earliest.astimezone(axis.zone).date() == axis.first
    )
    return joined(list(types))
