"""The timeline as a drawing: an SVG or PNG file, or a page with every date beside it.

It is drawn narrow, each label above its bar, so that it reads on a telephone and grows well.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from mesocare.errors import MesocareError
from mesocare.render.axis import Axis, axis_of, kind
from mesocare.render.html.drawing import Line, Rect, Text, drawn
from mesocare.render.html.page import fill, literal, part, policy
from mesocare.render.phrasing import date_words, instant_words, listed_as, session_words
from mesocare.render.timeline_words import expected_by_day, legend, open_words
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from mesocare.app.schedule import Row, Schedule
    from mesocare.core.diary.triage import Triage
    from mesocare.render.html.drawing import Shape

WIDTH, SIDE = 420, 12
DAY_ROOM = 62
TOP, DAYS, PITCH, BAR = 20, 34, 36, 13
LETTERS, TITLE_LETTERS = 66, 46
MISSING = "Type: pip install 'mesocare[png]'; the SVG, of --svg, needs nothing."


def svg(known: Schedule, _meaning: Triage | None, *, days: int | None, items: bool) -> bytes:
    """Return the drawing as a file of its own."""
    return f"{_drawn(known, days, items=items, style=_style(dark=True))}\n".encode()


def png(known: Schedule, _meaning: Triage | None, *, days: int | None, items: bool) -> bytes:
    """Return the drawing in pixels, twice as large, on white.

    Raises:
        MesocareError: What draws it is not installed.
    """
    try:
        from resvg_py import svg_to_bytes
    except ImportError as error:
        raise MesocareError("drawing a PNG needs resvg, which is not installed", MISSING) from error
    drawing = _drawn(known, days, items=items, style=_style(dark=False))
    found = svg_to_bytes(svg_string=str(drawing), zoom=2, background="#ffffff")
    return bytes(found)


def page(known: Schedule, meaning: Triage | None, *, days: int | None, items: bool) -> bytes:
    """Return a page: the drawing, and every date in a table."""
    question = known.question
    css = part("page.css", "timeline.css")
    rows = [
        (group.answer.label, list(known.items(group)) if items else [group])
        for group in known.groups
    ]
    text = fill(
        "timeline.html.j2",
        drawing=_drawn(known, days, items=items),
        findings=() if meaning is None else meaning.open,
        items=items,
        made=instant_words(question.at, question.zone),
        normal=[(each.label, date_words(each.end, question.zone)) for each in known.expected],
        opens=lambda row: open_words(row, question),
        policy=policy(css),
        rows=rows,
        rules=question.rules,
        style=css,
        title=_title(known),
        verdicts=lambda verdict: listed_as(verdict, question.rules),
    )
    return text.encode()


def _style(*, dark: bool) -> Markup:
    return literal(part("timeline.css"), dark=dark)


WAYS: dict[str, Callable[..., bytes]] = {".svg": svg, ".png": png, ".html": page}


def _title(known: Schedule) -> str:
    question = known.question
    parts = [session_words(each, question.rules) for each in question.treatments]
    return f"Recovery after {' and '.join(parts)}"


def _drawn(
    known: Schedule, days: int | None, *, items: bool, style: Markup | None = None
) -> Markup:
    picture = _Picture(known, days)
    picture.title(_title(known), shown=style is not None)
    picture.days()
    for group in known.groups:
        if not items:
            picture.row(group)
            continue
        picture.heading(group.answer.label)
        for each in known.items(group):
            picture.row(each)
    picture.normal()
    picture.now()
    picture.legend()
    return picture.drawn(style)


class _Picture:
    """Collects the shapes, from the top down."""

    def __init__(self, known: Schedule, days: int | None) -> None:
        self.known = known
        self.axis: Axis = axis_of(known, WIDTH - 2 * SIDE, days)
        self.y = float(TOP)
        self.top = self.bottom = 0.0
        self.shapes: list[Shape] = []
        self.bars: list[float] = []
        self.said: list[str] = []
        self.called = ""

    def x(self, place: float) -> float:
        """Return where a place on the axis is."""
        return SIDE + place

    def title(self, words: str, *, shown: bool) -> None:
        """Add the title, unless what is around the drawing has it."""
        self.called = words
        if not shown:
            return
        for line in wrap(words, TITLE_LETTERS):
            self.shapes.append(Text("title", SIDE, self.y, line))
            self.y += 18
        self.y += 8

    def days(self) -> None:
        """Add the weekdays and dates, whose lines go down behind everything."""
        for each in self.axis.midnights(DAY_ROOM):
            x = self.x(self.axis.place(each))
            weekday, day, month, *_ = date_words(each, self.axis.zone).split()
            if x <= WIDTH - DAY_ROOM / 2:
                self.shapes.append(Text("day", x, self.y, weekday))
                self.shapes.append(Text("day", x, self.y + 13, f"{day} {month}"))
        self.top = self.y + 18
        self.y += DAYS

    def heading(self, words: str) -> None:
        """Add the name of a group above its activities."""
        self.y += 10
        self.shapes.append(Text("heading", SIDE, self.y, words))
        self.y += 20

    def row(self, row: Row) -> None:
        """Add a label, from when it is open, and the bar below."""
        words = open_words(row, self.known.question)
        self.shapes.append(Text("label", SIDE, self.y, printable(row.answer.label)))
        self.shapes.append(Text("open", WIDTH - SIDE, self.y, words))
        self.said.append(f"{row.answer.label}: {words}")
        self.bars.append(self.y + 5)
        for each in row.stretches:
            begin = self.axis.place(each.begin)
            end = self.axis.width if each.end is None else self.axis.place(each.end)
            if begin < end:
                box = Rect(kind(each), self.x(begin), self.y + 5, end - begin, BAR)
                self.shapes.append(box)
        self.y += PITCH

    def normal(self) -> None:
        """Add a band for each day up to which reactions are expected, and what they are."""
        self.bottom = self.y - 12
        found = expected_by_day(self.known)
        if not found:
            return
        self.y += 14
        self.shapes.append(Text("heading", SIDE, self.y, "Normal, if mild"))
        self.y += 16
        for end, labels in found:
            until = date_words(end, self.axis.zone, self.known.question.at)
            words = f"before {until}: {labels}"
            self.said.append(f"normal {words}")
            self.shapes.append(Rect("normal", SIDE, self.y - 8, self.axis.place(end), 5))
            for line in wrap(words, LETTERS):
                self.y += 12
                self.shapes.append(Text("small", SIDE, self.y, line))
            self.y += 20

    def now(self) -> None:
        """Mark the instant asked about on every bar."""
        at = self.known.question.at
        if at >= self.axis.end:
            return
        x = self.x(self.axis.place(at))
        self.shapes += [Line("now", x, y - 3, x, y + BAR + 3) for y in self.bars]
        middle = min(max(x, SIDE + 12), WIDTH - SIDE - 12)
        self.shapes.append(Text("now", middle, self.bottom + 6, "now"))

    def legend(self) -> None:
        """Say what the hatches mean."""
        self.y += 8
        x = float(SIDE)
        for name, words in legend(self.known.question.rules):
            room = 24 + 6.2 * len(words)
            if x + room > WIDTH:
                x, self.y = float(SIDE), self.y + 20
            self.shapes.append(Rect(name, x, self.y, 18, 11))
            self.shapes.append(Text("small", x + 22, self.y + 10, words))
            x += room + 6
        self.y += 26
        for line in wrap(self.known.question.rules.notice, LETTERS):
            self.shapes.append(Text("small", SIDE, self.y, line))
            self.y += 14

    def drawn(self, style: Markup | None) -> Markup:
        """Return the drawing."""
        height = round(self.y + 2)
        ground: list[Shape] = [Rect("ground", 0, 0, WIDTH, height)]
        midnights = [self.x(self.axis.place(each)) for each in self.axis.midnights(DAY_ROOM)]
        lines: list[Shape] = [Line("grid", x, self.top, x, self.bottom) for x in midnights]
        words = ". ".join([self.called, *self.said])
        shapes = [*ground, *lines, *self.shapes]
        return drawn(self.called, words, WIDTH, height, shapes, style=style, hatched=True)
