"""`mesocare export`, `import` and `forget`: the whole record."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.fields import Yes, confirm
from mesocare.cli.options import Reply
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, OutputError, StoreError

Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="A file; standard output if left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for name, function, example in (
        ("export", export, "mesocare export -o record.json"),
        ("import", import_, "mesocare import record.json"),
        ("forget", forget, "mesocare forget --all"),
    ):
        app.command(name, help=f"{function.__doc__}\n\n\b\nExample:\n  {example}")(function)


def export(*, output: Output = None) -> Reply:
    """Write everything on record as one JSON document."""
    from mesocare.store import database, transfer

    with database.reading() as connection:
        text = transfer.exported(connection)
    if output is None:
        return Reply(text)
    write_file(output, text)
    return Reply(f"Exported to {output}\n")


def write_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it is there whole or not at all.

    A link is followed, and a pipe or a device is written into; neither is replaced.

    Raises:
        OutputError: It could not be written.
    """
    try:
        if path.is_dir():
            message = f"{str(path)!r} is a directory, not a file"
            raise OutputError(message, "Name a file; one that is not there yet is made.")
        if path.exists() and not path.is_file():
            # Without waiting: somebody has to be at the other end of a pipe.
            handle = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
            if hasattr(os, "set_blocking"):
                os.set_blocking(handle, True)
            _fill(handle, text)
        else:
            _replace(Path(os.path.realpath(path)), text)
    except OSError as error:
        why = "nobody is reading it" if error.errno == errno.ENXIO else error.strerror
        message = f"{str(path)!r} could not be written: {why}"
        raise OutputError(message, "Name another file.") from error


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".mesocare.{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        _fill(handle, text, sync=True)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _fill(handle: int, text: str, *, sync: bool = False) -> None:
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        if sync:
            os.fsync(handle)


def import_(
    file: Annotated[str, typer.Argument(help="An export; - for standard input.")],
) -> Reply:
    """Merge an export into the record; of two versions the later one stays."""
    from mesocare.rules.loader import load_rules
    from mesocare.rules.overrides import problems
    from mesocare.store import database, transfer
    from mesocare.store.import_check import Import

    try:
        if file == "-":
            data = sys.stdin.buffer.read(transfer.LARGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                data = opened.read(transfer.LARGEST + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise StoreError(f"{file!r} cannot be read: {why}", "Name an export, or - .") from error
    if len(data) > transfer.LARGEST:
        raise StoreError(f"{file!r} is larger than {transfer.LARGEST} bytes", "Name an export.")
    rules = load_rules(Settings({}).get("rules"))
    by = Import(clock.now(), lambda type_, said: problems(type_, said, rules))
    with database.writing() as connection:
        new, there = transfer.imported(connection, text, by)
    return Reply(f"Imported: {new} new or newer, {there} on record already.\n")


def forget(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Yes, all of it.")] = False,
    yes: Yes = False,
) -> Reply:
    """Wipe everything mesocare remembers; nothing brings it back."""
    from mesocare.store import erase

    if not everything:
        raise MesocareError(
            "nothing was forgotten", "To wipe the whole record: mesocare forget --all"
        )
    if not yes:
        confirm("Wipe everything on record? Nothing brings it back.")
    files = erase.forget()
    return Reply(f"Forgotten: {len(files)} file{'' if len(files) == 1 else 's'} wiped.\n")
