"""`mesocare rules`: the rule set itself, as something to read, check, test and compare."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer

from mesocare.cli.options import helped
from mesocare.cli.reply import Reply
from mesocare.cli.settings import Settings

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

# Each adds its commands, in the order `--help` lists them.
MODULES = ("show", "check", "change", "table", "use")

_EXAMPLE = "mesocare rules show sauna"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help=helped("Read, check, test and compare rule sets.", _EXAMPLE),
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
