"""Draw README's picture: what `mesocare today` shows on a terminal of 84 columns."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from mesocare import assess, load_rules, treatment
from mesocare.core.question import Question
from mesocare.render.text.page import Page
from mesocare.render.text.today import today_text

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "today.svg"
COMMAND = "mesocare today --treated 2024-05-01T14:30"
COLUMNS = 84


def _console() -> Console:
    return Console(
        file=io.StringIO(),
        width=COLUMNS,
        height=60,
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
        record=True,
        _environ={"TERM": "xterm-256color"},
    )


def picture() -> str:
    """Return the picture as SVG; the same for the same program and rule set."""
    zone = ZoneInfo("Europe/London")
    at = datetime(2024, 5, 2, 9, tzinfo=zone).astimezone(UTC)
    session = treatment("face", "2024-05-01T14:30", at=at, zone="Europe/London")
    rules = load_rules()
    scene = Question(at, zone, (session,), rules)
    page = Page(no_color=False, console=_console())
    text = today_text(assess([session], rules, at), scene, page=page)
    console = _console()
    console.print(Text.from_ansi(f"$ {COMMAND}\n{text}"))
    return console.export_svg(title="mesocare", unique_id="mesocare-today")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    target.write_text(picture(), encoding="utf-8")
