"""`mesocare diary`: what somebody noted, in charts, as JSON or as a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.fields import AsJson  # noqa: TC001 - Typer reads the annotations
from mesocare.cli.options import At, NoColor, Tz, add
from mesocare.cli.reply import Reply
from mesocare.cli.request import request
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from mesocare.core.diary.entries import Entry


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, "diary", diary, "mesocare diary")


def diary(
    *,
    json: AsJson = False,
    csv_: Annotated[bool, typer.Option("--csv", help="As a table for a spreadsheet.")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Begin --csv with a mark, for Excel.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every chart and entry.")] = False,
    at: At = None,
    tz: Tz = None,
    no_color: NoColor = None,
) -> Reply:
    """Show the diary: a chart for every sign beside the time it is expected."""
    if json and csv_:
        raise MesocareError(
            "--json and --csv were both given, and each is the whole answer",
            "Give one of them, for example: mesocare diary --csv",
        )
    settings = Settings({"at": at, "tz": tz, "no_color": no_color})
    asked = request(settings, whole_record=True, needs_treatment=False, needs_diary=True)
    question = asked.question
    entries = list(asked.record.entries) if asked.record is not None else []
    # Only a moment that was named hides what was noted after it: a clock may have been put back.
    if settings.get("at") is not None or not (json or csv_):
        entries = [each for each in entries if each.at <= question.at]
    if json:
        from mesocare.render.json import record

        return Reply(record.diary(entries, question.zone))
    if csv_:
        return Reply(("\ufeff" if bom else "") + _table(entries), is_data=True)
    from mesocare.render.text.diary import diary_text

    return Reply(diary_text(entries, question, everything=everything))


def _table(entries: list[Entry]) -> str:
    """Return the diary as CSV; a cell that a spreadsheet would run is made plain text."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "sign", "words", "score", "temperature", "note"])
    for each in entries:
        row = [each.at.isoformat(), each.sign, each.words, each.score, each.temperature, each.note]
        writer.writerow(without_formula(cell) if isinstance(cell, str) else cell for cell in row)
    return out.getvalue()
