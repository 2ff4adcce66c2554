"""Drawings as SVG: shapes with a place and a kind, whose look is the style sheet's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from markupsafe import Markup

from mesocare.render.html.page import fill

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Rect:
    """A box; `kind` is its class in the style sheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    shape: ClassVar[str] = "rect"


@dataclass(frozen=True, slots=True)
class Line:
    """A line between two points."""

    kind: str
    x1: float
    y1: float
    x2: float
    y2: float
    shape: ClassVar[str] = "line"


@dataclass(frozen=True, slots=True)
class Circle:
    """A dot."""

    kind: str
    x: float
    y: float
    radius: float
    shape: ClassVar[str] = "circle"


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a point; they begin, end or have their middle there, as `kind` says."""

    kind: str
    x: float
    y: float
    words: str
    shape: ClassVar[str] = "text"


Shape = Rect | Line | Circle | Text


def drawn(  # noqa: PLR0913 - what every drawing has
    title: str,
    description: str,
    width: float,
    height: float,
    shapes: Sequence[Shape],
    *,
    style: Markup | None = None,
    hatched: bool = False,
) -> Markup:
    """Return a drawing, with its own words for those who do not see it.

    Args:
        title: What it shows.
        description: All of it in words.
        width: Its width in units of its own.
        height: Its height.
        shapes: What is drawn, the lowest first.
        style: Its style sheet, if it stands alone.
        hatched: Whether verdicts are drawn in it, which have a hatch besides a colour.
    """
    return Markup(  # noqa: S704 - what the template has escaped
        fill(
            "drawing.svg.j2",
            title=title,
            description=description,
            width=width,
            height=height,
            shapes=shapes,
            style=style,
            hatched=hatched,
        )
    )
