"""`mesocare export`, `import` and `forget`: the whole record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.fields import Yes, confirm
from mesocare.cli.options import add
from mesocare.cli.output import write_file
from mesocare.cli.reply import Reply, did, told
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, StoreError

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
        add(app, name, function, example)


def export(
    *,
    output: Output = None,
    without_about: Annotated[
        bool, typer.Option("--without-about", help="Leave out who was treated.")
    ] = False,
) -> Reply:
    """Write everything on record as one JSON document."""
    from mesocare.cli.dialog import say
    from mesocare.render.text.plain import wrapped
    from mesocare.store import database, person, transfer

    with database.reading() as connection:
        text = transfer.exported(connection, with_about=not without_about)
        private = () if connection is None else person.on_record(connection).about
    note = ""
    if private and not without_about:
        note = f"It holds who was treated: {', '.join(private)}. To leave it out: --without-about"
    if output is None or str(output) == "-":
        if note:
            say(note)
        return Reply(text, is_data=True)
    write_file(output, text)
    lines = [f"Exported to {output}", *([wrapped(note)] if note else [])]  # a path stays whole
    return did("".join(f"{line}\n" for line in lines))


def import_(
    file: Annotated[str, typer.Argument(help="An export; - for standard input.")],
) -> Reply:
    """Merge an export into the record; of two versions the later one stays."""
    from mesocare.parsing.details import unusable
    from mesocare.render.phrasing import planned_words, stored_words
    from mesocare.rules.loader import load_rules
    from mesocare.rules.overrides import problems
    from mesocare.store import database, person, transfer
    from mesocare.store.import_check import Import

    try:
        if file == "-" and sys.stdin is None:
            raise StoreError("standard input is closed", "Name an export instead of - .")
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
    by = Import(
        clock.now(),
        lambda type_, said: problems(type_, said, rules),
        lambda kind, ids, type_: unusable(kind, ids, type_, rules),
    )
    with database.writing() as connection:
        merged = transfer.imported(connection, text, by)
    lines = [f"Imported: {merged.new} new or newer, {merged.there} on record already."]
    lines += [f"Removed by it: {stored_words(row)}" for row in merged.removed]
    if merged.newer.changed[person.ABOUT]:
        lines.append(f"Who was treated, by it: {', '.join(merged.newer.about) or 'not said'}.")
    if merged.newer.changed[person.SESSION]:
        session = merged.newer.session
        lines.append(f"Next session, by it: {planned_words(session) if session else 'none'}.")
    return told("\n".join(lines))


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
    return did(f"Forgotten: {len(files)} file{'' if len(files) == 1 else 's'} wiped.\n")
