"""Charts of a diary as drawings inside a page: scalable, without scripts, with their own words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary.chart import columns
from mesocare.core.diary.entries import SCORES
from mesocare.render.html.drawing import Circle, Line, Rect, Text, drawn
from mesocare.render.phrasing import instant_words
from mesocare.render.text.sign_phrasing import expected_words
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from markupsafe import Markup

    from mesocare.core.diary.chart import Axis, Column, Sign
    from mesocare.core.diary.entries import Entry
    from mesocare.core.question import Question
    from mesocare.render.html.drawing import Shape

WIDTH, LEFT, RIGHT = 680, 34, 10
TOP, TALL, SHORT, BELOW = 18, 90, 26, 38
# Drawings at once readable and printable: no more columns than a bar can show.
MOST_COLUMNS = 120
WIDEST_BAR = 26
LABEL_ROOM = 70
DAYS_SAID = 40


class Frame(NamedTuple):
    """Where on the drawing a chart is: its axis of days and the height of its bars."""

    axis: Axis
    height: int

    @property
    def step(self) -> float:
        """The width of one column."""
        return (WIDTH - LEFT - RIGHT) / self.axis.columns

    @property
    def base(self) -> int:
        """Where 0 is."""
        return TOP + self.height

    def x(self, instant: datetime) -> float:
        """Return where an instant is, to the minute; at the edge if it lies beyond."""
        local = instant.astimezone(self.axis.zone)
        minutes = (local.hour * 60 + local.minute) / (24 * 60)
        days = (local.date() - self.axis.first).days + minutes
        span = self.axis.columns * self.axis.size
        return LEFT + min(max(days, 0), span) / self.axis.size * self.step

    def middle(self, index: int) -> float:
        """Return the middle of a column."""
        return LEFT + (index + 0.5) * self.step


def sign(sign: Sign, axis: Axis, question: Question) -> Markup:
    """Return one sign's chart: expected time shaded, treatments marked, a bar a day."""
    found = columns(sign, axis)
    frame = Frame(axis, TALL if any(each.peak for each in found) else SHORT)
    parts: list[Shape] = [*_windows(sign, frame), *_treatments(frame, question), *_frame(frame)]
    for index, column in enumerate(found):
        parts += _column(column, frame, index)
    return _drawing(
        f"{printable(sign.label)}, day by day",
        f"{expected_words(sign, question)}. {_spoken(axis, found)}",
        frame,
        parts,
    )


def temperatures(entries: Sequence[Entry], axis: Axis, question: Question) -> Markup:
    """Return the measured temperatures as points, with the fever limit as a line."""
    limit = question.rules.triage.fever.limit
    measured = [(each.at, each.temperature) for each in entries if each.temperature is not None]
    low = min(limit - 2, *(degrees for _, degrees in measured)) - 0.3
    high = max(limit + 1, *(degrees for _, degrees in measured)) + 0.3
    frame = Frame(axis, TALL)

    def y(degrees: float) -> float:
        return frame.base - (degrees - low) / (high - low) * TALL

    parts: list[Shape] = [*_treatments(frame, question)]
    parts.append(Line("limit", LEFT, y(limit), WIDTH - RIGHT, y(limit)))
    parts.append(Text("end", WIDTH - RIGHT, y(limit) - 4, f"fever from {limit:g} C"))
    parts.append(Line("axis", LEFT, frame.base, WIDTH - RIGHT, frame.base))
    parts += _days(frame)
    for at, degrees in measured:
        kind = "fever" if degrees >= limit else "cool"
        parts.append(Circle(kind, frame.x(at), y(degrees), 4))
        parts.append(Text("mid", frame.x(at), y(degrees) - 7, f"{degrees:g}"))
    spoken = "; ".join(
        f"{instant_words(at, question.zone)}: {degrees:g} C"
        for at, degrees in measured[-DAYS_SAID:]
    )
    return _drawing("Temperature in degrees Celsius", spoken, frame, parts)


def _drawing(title: str, description: str, frame: Frame, parts: Sequence[Shape]) -> Markup:
    return drawn(title, f"{title}. {description}", WIDTH, frame.base + BELOW, parts)


def _frame(frame: Frame) -> list[Shape]:
    parts: list[Shape] = [Line("axis", LEFT, frame.base, WIDTH - RIGHT, frame.base)]
    if frame.height == TALL:
        for score in (SCORES[-1] // 2, SCORES[-1]):
            y = frame.base - score / SCORES[-1] * TALL
            parts.append(Line("grid", LEFT, y, WIDTH - RIGHT, y))
            parts.append(Text("end", LEFT - 6, y + 4, str(score)))
    parts.append(Text("end", LEFT - 6, frame.base + 4, "0"))
    return parts + _days(frame)


def _days(frame: Frame) -> list[Shape]:
    """Number some of the days, and name the first and the last."""
    axis = frame.axis
    parts: list[Shape] = []
    room = max(1, -(-24 // max(1, int(frame.step / axis.size))))
    step = next(each for each in (1, 2, 5, 7, 14, 28, 56, 112, 365, 3650) if each >= room)
    for day in range(0, axis.days, step):
        x = frame.middle(day // axis.size)
        parts.append(Text("mid", x, frame.base + 16, str(day)))
    return parts


def _windows(sign: Sign, frame: Frame) -> list[Shape]:
    parts: list[Shape] = []
    for each in sign.windows:
        begin, end = frame.x(each.opens), frame.x(each.closes)
        if begin < end:
            parts.append(Rect("expected", begin, TOP, end - begin, frame.height))
            parts.append(Line("closes", end, TOP, end, frame.base))
            if end - begin > LABEL_ROOM:
                parts.append(Text("start", begin + 4, TOP - 4, "expected"))
    return parts


def _treatments(frame: Frame, question: Question) -> list[Shape]:
    """Mark each treatment on the axis, and name its type where there is room."""
    axis, free = frame.axis, 0.0
    parts: list[Shape] = []
    for each in sorted(question.treatments, key=lambda treatment: treatment.when.earliest):
        if 0 <= axis.column(each.when.earliest) < axis.columns:
            x = frame.x(each.when.earliest)
            parts.append(Line("treated", x, TOP, x, frame.base + 22))
            if free <= x <= WIDTH - LABEL_ROOM:
                label = f"{lower_first(question.rules.types[each.type].label)} treatment"
                parts.append(Text("start", x, frame.base + 33, label))
                free = x + 2 * LABEL_ROOM
    return parts


def _column(column: Column, frame: Frame, index: int) -> list[Shape]:
    x, base = frame.middle(index), frame.base
    if not column.noted:
        return [Circle("nothing", x, base - 3, 1.5)]
    if column.peak:
        height = column.peak / SCORES[-1] * frame.height
        width = min(frame.step * 0.8, WIDEST_BAR)
        kind = "beyond" if column.beyond else "bar"
        parts: list[Shape] = [Rect(kind, x - width / 2, base - height, width, height)]
        if width > WIDEST_BAR / 2:
            parts.append(Text("mid", x, base - height - 3, str(column.peak)))
        return parts
    if column.present:
        kind = "there beyond" if column.beyond else "there"
        return [Circle(kind, x, base - 9, 5)]
    return [Text("mid", x, base - 4, "0")]


def _spoken(axis: Axis, found: Sequence[Column]) -> str:
    """Return what the drawing shows, in words, for those who do not see it."""
    days = []
    for index, column in enumerate(found):
        if column.noted:
            score = column.peak if column.peak is not None else "there"
            day = axis.first + timedelta(days=index * axis.size)
            days.append(f"{day.isoformat()}: {score}")
    return "; ".join(days[-DAYS_SAID:])
