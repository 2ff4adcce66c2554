"""`mesocare words`: what is understood of texts, one a line; for people, clinics and checks."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_FILE = 16 * 1024 * 1024
_TRY = "Give a file with one text per line, or - for standard input."


class Kind(StrEnum):
    """What the texts are read as."""

    ACTIVITIES = "activities"
    SIGNS = "signs"
    DATES = "dates"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "words",
        example="mesocare words - --as signs",
        whole_record=True,
        needs_treatment=False,
    )
    def words(
        request: Request,
        file: Annotated[str, typer.Argument(help="One text per line; - for standard input.")] = "-",
        kind: Annotated[Kind, typer.Option("--as", help="What they are.")] = Kind.ACTIVITIES,
    ) -> Reply:
        """What is understood of texts, one per line."""
        from mesocare.app import words as app_words
        from mesocare.render.json.words import words_json
        from mesocare.render.text.words import words_text

        read = {
            Kind.ACTIVITIES: app_words.activity,
            Kind.SIGNS: app_words.sign,
            Kind.DATES: app_words.date,
        }[kind]
        found = [read(text, request.question) for text in _lines(file)]
        if request.json:
            return Reply(words_json(found, request.question))
        return Reply(words_text(found, request.question))


def _lines(file: str) -> Iterator[str]:
    """Yield the texts of a file, blank ones too.

    Raises:
        MesocareError: It cannot be read, is too large or empty.
    """
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1) if sys.stdin else b""
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST_FILE + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise MesocareError(f"the texts in {file!r} cannot be read: {why}", _TRY) from error
    if len(data) > LARGEST_FILE:
        message = f"the texts in {file!r} are more than {LARGEST_FILE // 1024**2} MB"
        raise MesocareError(message, "Give them in several files.")
    if not text.strip():
        raise MesocareError(f"there is no text in {file!r}", _TRY)
    yield from text.removesuffix("\n").split("\n")
