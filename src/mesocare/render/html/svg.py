"""Charts of a diary as drawings inside a page: scalable, without scripts, with their own words."""

from __future__ import annotations

from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary.chart import columns
from mesocare.core.diary.entries import SCORES
from mesocare.render.phrasing import instant_words
from mesocare.render.text.sign_phrasing import expected_words
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.diary.chart import Axis, Column, Sign
    from mesocare.core.diary.entries import Entry
    from mesocare.core.question import Question

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


def sign(sign: Sign, axis: Axis, question: Question) -> str:
    """Return one sign's chart: expected time shaded, treatments marked, a bar a day."""
    found = columns(sign, axis)
    frame = Frame(axis, TALL if any(each.peak for each in found) else SHORT)
    parts = [*_windows(sign, frame), *_treatments(frame, question), *_frame(frame)]
    for index, column in enumerate(found):
        parts += _column(column, frame, index)
    return _drawing(
        f"{printable(sign.label)}, day by day",
        f"{expected_words(sign, question)}. {_spoken(axis, found)}",
        frame,
        parts,
    )


def temperatures(entries: Sequence[Entry], axis: Axis, question: Question) -> str:
    """Return the measured temperatures as points, with the fever limit as a line."""
    limit = question.rules.triage.fever.limit
    measured = [(each.at, each.temperature) for each in entries if each.temperature is not None]
    low = min(limit - 2, *(degrees for _, degrees in measured)) - 0.3
    high = max(limit + 1, *(degrees for _, degrees in measured)) + 0.3
    frame = Frame(axis, TALL)

    def y(degrees: float) -> float:
        return frame.base - (degrees - low) / (high - low) * TALL

    parts = [*_treatments(frame, question)]
    parts.append(_line("limit", LEFT, y(limit), WIDTH - RIGHT, y(limit)))
    parts.append(_text("end", WIDTH - RIGHT, y(limit) - 4, f"fever from {limit:g} C"))
    parts.append(_line("axis", LEFT, frame.base, WIDTH - RIGHT, frame.base))
    parts += _days(frame)
    for at, degrees in measured:
        kind = "fever" if degrees >= limit else "cool"
        parts.append(f'<circle class="{kind}" cx="{frame.x(at):.1f}" cy="{y(degrees):.1f}" r="4"/>')
        parts.append(_text("mid", frame.x(at), y(degrees) - 7, f"{degrees:g}"))
    spoken = "; ".join(
        f"{instant_words(at, question.zone)}: {degrees:g} C"
        for at, degrees in measured[-DAYS_SAID:]
    )
    return _drawing("Temperature in degrees Celsius", spoken, frame, parts)


def _drawing(title: str, description: str, frame: Frame, parts: Sequence[str]) -> str:
    said = escape(f"{title}. {description}", quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {frame.base + BELOW}" role="img" aria-label="{said}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _frame(frame: Frame) -> list[str]:
    parts = [_line("axis", LEFT, frame.base, WIDTH - RIGHT, frame.base)]
    if frame.height == TALL:
        for score in (SCORES[-1] // 2, SCORES[-1]):
            y = frame.base - score / SCORES[-1] * TALL
            parts.append(_line("grid", LEFT, y, WIDTH - RIGHT, y))
            parts.append(_text("end", LEFT - 6, y + 4, str(score)))
    parts.append(_text("end", LEFT - 6, frame.base + 4, "0"))
    return parts + _days(frame)


def _days(frame: Frame) -> list[str]:
    """Number some of the days, and name the first and the last."""
    axis, parts = frame.axis, []
    room = max(1, -(-24 // max(1, int(frame.step / axis.size))))
    step = next(each for each in (1, 2, 5, 7, 14, 28, 56, 112, 365, 3650) if each >= room)
    for day in range(0, axis.days, step):
        x = frame.middle(day // axis.size)
        parts.append(_text("mid", x, frame.base + 16, str(day)))
    return parts


def _windows(sign: Sign, frame: Frame) -> list[str]:
    parts = []
    for each in sign.windows:
        begin, end = frame.x(each.opens), frame.x(each.closes)
        if begin < end:
            parts.append(
                f'<rect class="expected" x="{begin:.1f}" y="{TOP}" width="{end - begin:.1f}" '
                f'height="{frame.height}"/>'
            )
            parts.append(_line("closes", end, TOP, end, frame.base))
            if end - begin > LABEL_ROOM:
                parts.append(_text("start", begin + 4, TOP - 4, "expected"))
    return parts


def _treatments(frame: Frame, question: Question) -> list[str]:
    """Mark each treatment on the axis, and name its type where there is room."""
    axis, parts, free = frame.axis, [], 0.0
    for each in sorted(question.treatments, key=lambda treatment: treatment.when.earliest):
        if 0 <= axis.column(each.when.earliest) < axis.columns:
            x = frame.x(each.when.earliest)
            parts.append(_line("treated", x, TOP, x, frame.base + 22))
            if free <= x <= WIDTH - LABEL_ROOM:
                label = f"{lower_first(question.rules.types[each.type].label)} treatment"
                parts.append(_text("start", x, frame.base + 33, label))
                free = x + 2 * LABEL_ROOM
    return parts


def _column(column: Column, frame: Frame, index: int) -> list[str]:
    x, base = frame.middle(index), frame.base
    if not column.noted:
        return [f'<circle class="nothing" cx="{x:.1f}" cy="{base - 3}" r="1.5"/>']
    if column.peak:
        height = column.peak / SCORES[-1] * frame.height
        width = min(frame.step * 0.8, WIDEST_BAR)
        kind = "beyond" if column.beyond else "bar"
        where = f'x="{x - width / 2:.1f}" y="{base - height:.1f}"'
        size = f'width="{width:.1f}" height="{height:.1f}"'
        parts = [f'<rect class="{kind}" {where} {size}/>']
        if width > WIDEST_BAR / 2:
            parts.append(_text("mid", x, base - height - 3, str(column.peak)))
        return parts
    if column.present:
        kind = "there beyond" if column.beyond else "there"
        return [f'<circle class="{kind}" cx="{x:.1f}" cy="{base - 9}" r="5"/>']
    return [_text("mid", x, base - 4, "0")]


def _spoken(axis: Axis, found: Sequence[Column]) -> str:
    """Return what the drawing shows, in words, for those who do not see it."""
    days = []
    for index, column in enumerate(found):
        if column.noted:
            score = column.peak if column.peak is not None else "there"
            day = axis.first + timedelta(days=index * axis.size)
            days.append(f"{day.isoformat()}: {score}")
    return "; ".join(days[-DAYS_SAID:])


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(anchor: str, x: float, y: float, words: str) -> str:
    return f'<text class="{anchor}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'
