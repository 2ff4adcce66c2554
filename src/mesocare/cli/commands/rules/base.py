"""`mesocare rules`: the rule set itself, as something to read, check, test and compare."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.options import Reply
from mesocare.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.core.model import RuleSet

# Each adds its commands, in the order `--help` lists them.
MODULES = ("show", "check", "change", "table", "use")

_EXAMPLE = "mesocare rules show sauna"

Rules = Annotated[
    str | None, typer.Option("--rules", help="Another rule set or protocol.", metavar="PATH")
]
Json = Annotated[bool | None, typer.Option("--json", help="Answer in JSON.", show_default=False)]
NoColor = Annotated[bool | None, typer.Option("--no-color", help="No colour.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help=f"Read, check, test and compare rule sets.\n\n\b\nExample:\n  {_EXAMPLE}",
        no_args_is_help=False,
        rich_markup_mode=None,
    )
    group.callback(invoke_without_command=True)(root)
    for name in MODULES:
        import_module(f"mesocare.cli.commands.rules.{name}").register(group)
    app.add_typer(group, name="rules")


def root(context: typer.Context) -> Reply | None:
    """Show the commands where none was given."""
    if context.invoked_subcommand is None:
        return Reply(context.get_help() + "\n")
    return None


def add(app: typer.Typer, name: str, function: Callable[..., Reply], example: str) -> None:
    """Add one command, its docstring and an example as its help."""
    app.command(name, help=f"{function.__doc__}\n\n\b\nExample:\n  {example}")(function)


def settled(**flags: Any) -> Settings:
    """Return the shared options of one call, after flags, environment and configuration file."""
    return Settings(flags)


def chosen_rules(settings: Settings) -> RuleSet:
    """Return the rule set that the settings name, or the built-in one.

    Raises:
        RulesError: It cannot be used.
    """
    from mesocare.rules.loader import load_rules

    with settings.reading("rules"):
        return load_rules(settings.get("rules"))
