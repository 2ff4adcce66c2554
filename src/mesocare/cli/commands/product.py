"""`mesocare product`: whether a product may be used, by the list of ingredients on it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mesocare.cli.commands.questions import EXIT_CODES
from mesocare.cli.completion import kinds
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import MesocareError

LARGEST_FILE = 1024 * 1024
KIND_HELP = (
    "What it is: cleanser, remover, mask, serum, cream, sunscreen, makeup, hair, shampoo, peel or "
    "scrub."
)
_TRY = "Type for example: mesocare product 'Aqua, Glycerin, Retinol', or --file label.txt"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "product",
        example="mesocare product 'Aqua, Glycerin, Retinol, Parfum' --treated yesterday",
    )
    def product(
        request: Request,
        label: Annotated[
            list[str] | None,
            typer.Argument(help="The list of ingredients as printed; - for standard input."),
        ] = None,
        file: Annotated[
            str | None,
            typer.Option("--file", help="A file with the label's text.", metavar="FILE"),
        ] = None,
        kind: Annotated[
            str | None,
            typer.Option(
                "--kind",
                help=KIND_HELP,
                metavar="KIND",
                autocompletion=kinds,
            ),
        ] = None,
    ) -> Reply:
        """Whether a product may be used yet, by its ingredients."""
        from mesocare.app.product import product as of

        text = label_text(label, file)
        meaning = request.meaning
        held_by = meaning.open_ids if meaning else ()
        found = of(text, request.question, kind, held_by)
        exit_code = EXIT_CODES[found.verdict.value]
        if request.json:
            from mesocare.render.json.product import product_json

            return request.reply(product_json(found, request.question, meaning), exit_code, meaning)
        from mesocare.render.text.product import product_text

        return request.reply(product_text(found, request.question, meaning), exit_code, meaning)


def label_text(label: list[str] | None, file: str | None) -> str:
    """Return the text of a label: as typed, from a file, or from a pipe.

    Raises:
        MesocareError: There is none, or it cannot be read.
    """
    if label and file is not None:
        message = "a list and --file were both given, and each is a product"
        raise MesocareError(message, "Give one of them.")
    if label and label != ["-"]:
        text = " ".join(label)
    elif label or file is not None:
        text = _read("-" if file is None else file)
    else:
        raise MesocareError("no list of ingredients was given", _TRY)
    if not text.strip():
        raise MesocareError("the list of ingredients is empty", _TRY)
    return text


def _read(file: str) -> str:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1) if sys.stdin else b""
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise MesocareError(f"the label in {file!r} cannot be read: {why}", _TRY) from error
    if len(data) > LARGEST_FILE:
        message = f"the text in {file!r} is more than {LARGEST_FILE // 1024**2} MB"
        raise MesocareError(message, "Give the text of one label.")
    # What is no UTF-8 is from an older Windows, and its letters are the same but for accents.
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
