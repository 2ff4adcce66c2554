"""A page of text: lines that wrap under a hanging indent, in the colours a terminal has.

Off a terminal (a pipe, a file, `TERM=dumb`) it is plain ASCII drawing without colour. Colour is
never the only carrier of meaning: every verdict is also a word and a sign.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from mesocare.core.model import Verdict
from mesocare.core.signs import Urgency

if TYPE_CHECKING:
    from collections.abc import Sequence

Part = str | Text | tuple[str, str]

# A number stays with its unit, and a day with its month; the sign that joins them is nobody's.
_UNIT = re.compile(
    r"(?<=\d) (?=(?:h|min|minutes?|hours?|days?|weeks?|months?"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)"
)
_JOINED = "\ue000"

NARROWEST, NARROW, WIDEST = 20, 60, 100
UNKNOWN_WIDTH = 80

# Dark enough to be read on white, light enough on black; where there are few, the nearest is taken.
RED, AMBER, GREEN, VIOLET, BLUE = (f"color({n})" for n in (160, 130, 28, 127, 30))

VERDICT_STYLES = {
    Verdict.AVOID: f"bold {RED}",
    Verdict.ASK: f"bold {VIOLET}",
    Verdict.LIMITED: f"bold {AMBER}",
    Verdict.ALLOWED: f"bold {GREEN}",
}
URGENCY_STYLES = {
    Urgency.EMERGENCY: f"bold {RED}",
    Urgency.SAME_DAY: f"bold {AMBER}",
    Urgency.CONTACT_CLINIC: "bold",
}


@dataclass(frozen=True, slots=True)
class Signs:
    """The characters a page draws with."""

    verdicts: dict[Verdict, str]
    full: str
    part: str
    empty: str
    mark: str
    bullet: str


_DRAWN = Signs(
    dict(zip(Verdict, "✓~?✗", strict=True)), full="█", part="▒", empty="░", mark="│", bullet="•"
)
_PLAIN = Signs(
    dict(zip(Verdict, "+~?x", strict=True)), full="#", part="=", empty=".", mark="|", bullet="-"
)


def together(text: str) -> str:
    """Return a text that no line of a page breaks."""
    return text.replace(" ", _JOINED)


class Page:
    """Collects lines for one width and one kind of terminal.

    Args:
        no_color: Whether colour was declined.
        console: Where the page will be shown; standard output unless a test or a picture says else.
    """

    def __init__(self, *, no_color: bool, console: Console | None = None) -> None:
        self.console = console or Console(
            no_color=no_color or None, highlight=False, emoji=False, markup=False, soft_wrap=True
        )
        if self.console.width < 1:  # some terminals do not know; Rich prints nothing at that width
            self.console.width = UNKNOWN_WIDTH
        self.width = max(NARROWEST, min(self.console.width, WIDEST))
        self.narrow = self.width < NARROW
        drawn = (
            self.console.is_terminal
            and not self.console.is_dumb_terminal
            and not self.console.options.ascii_only
        )
        self.signs = _DRAWN if drawn else _PLAIN
        self._lines: list[Text] = []

    def line(self, *parts: Part, indent: int = 0, hang: int = 0) -> None:
        """Add a paragraph of styled parts; lines after the first are indented by `hang` more."""
        text = Text.assemble(*parts)
        text.plain = _UNIT.sub(_JOINED, text.plain)
        first, later = " " * indent, " " * (indent + hang)
        width = max(10, self.width - len(later))
        for n, line in enumerate(self._wrapped(text, width, len(later) - len(first))):
            line.plain = line.plain.replace(_JOINED, " ")
            line.rstrip()
            self._lines.append(Text.assemble(later if n else first, line))

    def _wrapped(self, text: Text, width: int, head: int) -> list[Text]:
        """Wrap to `width`, giving the first line `head` more columns."""
        if head == 0:
            return list(text.wrap(self.console, width))
        first = text.wrap(self.console, width + head)[0]
        rest = text[len(first.plain) :]
        while rest.plain.startswith(" "):
            rest = rest[1:]
        return [first, *(rest.wrap(self.console, width) if rest.plain else [])]

    def row(self, head: Sequence[Part], column: int, *body: Part) -> None:
        """Add a head and, from `column` on, a body that wraps below itself.

        On a narrow page the body goes below the head.
        """
        if self.narrow:
            self.line(*head)
            if body:
                self.line(*body, indent=2)
            return
        label = Text.assemble(*head)
        label.append(" " * max(1, column - label.cell_len))
        self.line(label, *body, hang=column)

    @property
    def height(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def cut(self, height: int) -> None:
        """Take off every line after so many."""
        del self._lines[height:]

    def lines_of(self, words: str, width: int) -> int:
        """Return how many lines of a width a text takes."""
        return len(Text(_UNIT.sub(_JOINED, words)).wrap(self.console, width))

    def gap(self) -> None:
        """Add an empty line, unless there is one."""
        if self._lines and self._lines[-1].plain:
            self._lines.append(Text())

    def verdict(self, verdict: Verdict, width: int = 0) -> tuple[str, str]:
        """Return a verdict's sign and word."""
        words = f"{self.signs.verdicts[verdict]} {verdict.value}"
        return (words.ljust(width), VERDICT_STYLES[verdict])

    def text(self) -> str:
        """Return the page, with the terminal's control sequences if it is one."""
        with self.console.capture() as capture:
            for line in self._lines:
                self.console.print(line, soft_wrap=True)
        return capture.get()
