"""`mesocare rules diff`, `schema` and `new`: what a change does, and help with writing one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare import files
from mesocare.cli import clock
from mesocare.cli.commands.rules.base import settled
from mesocare.cli.options import Json, NoColor, add
from mesocare.cli.reply import Reply, did
from mesocare.errors import OutputError
from mesocare.text import shell_quoted

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

BUILT_IN = "built-in"

Old = Annotated[
    str, typer.Argument(metavar="A", help="A rule set or protocol; built-in for mesocare's own.")
]
New = Annotated[str, typer.Argument(metavar="B", help="What it became.")]
Kind = Annotated[
    str, typer.Argument(help="A kind of file, such as activities; one schema for all if left out.")
]
Target = Annotated[
    Path | None, typer.Argument(help="A file that is not there yet; standard output if left out.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(app, "diff", diff, "mesocare rules diff built-in my-clinic.yaml")
    add(app, "schema", schema, "mesocare rules schema activities")
    add(app, "new", new, "mesocare rules new my-clinic.yaml")


def diff(a: Old, b: New, *, json: Json = None, no_color: NoColor = None) -> Reply:
    """Which verdicts moved, for whom and by how long; exit code 1 if anything loosened."""
    from mesocare.rules.quality.diff import compare

    settings = settled(json=json, no_color=no_color)
    old, new_ = _rules(a), _rules(b)
    moves = compare(old, new_)
    exit_code = int(any(each.loosens for each in moves))
    from mesocare.render.text import rules_diff

    both = (old.identity, new_.identity)
    if settings.get("json"):
        return Reply(rules_diff.diff_json(moves, *both), exit_code)
    no_color = bool(settings.get("no_color"))
    return Reply(rules_diff.diff_text(moves, *both, no_color=no_color), exit_code)


def _rules(named: str) -> RuleSet:
    from mesocare.rules import loader
    from mesocare.rules.overlay import extends

    # A protocol calls it by its name: `extends: mesocare`.
    named_so = named == extends.BUILT_IN and not Path(named).exists()
    return loader.load_rules(None if named == BUILT_IN or named_so else named)


def schema(kind: Kind = "all") -> Reply:
    """The JSON Schema (2020-12) of rule files, by which an editor completes and checks."""
    from mesocare.rules.quality.json_schema import schema_text

    return Reply(schema_text(kind) + "\n")


def new(file: Target = None) -> Reply:
    """A commented protocol to start from; it never replaces a file."""
    from mesocare.rules.quality.template import starter_text

    text = starter_text(clock.now().astimezone(clock.system_zone()).date())
    if file is None or str(file) == "-":
        return Reply(text, is_data=True)
    try:
        files.write(file, text.encode(), new=True)
    except FileExistsError as error:
        message = f"{str(file)!r} is there already, and is left as it is"
        raise OutputError(message, "Name a file that is not there yet.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"{str(file)!r} could not be written: {why}"
        raise OutputError(message, "Name another file.") from error
    named = shell_quoted(str(file))
    return did(f"Written to {file}. Change it, then type: mesocare rules check {named}\n")
