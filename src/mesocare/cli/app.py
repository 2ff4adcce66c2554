"""The command line: its commands, in the order `--help` lists them."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from mesocare import __version__
from mesocare.cli.options import Reply, request

# Each command's module, in the order `--help` lists them. Typer reads a command's whole signature
# to know it, so only the one that was typed is loaded; for help, all are.
COMMANDS = {
    "today": "today",
    "can-i": "questions",
    "when": "questions",
    "explain": "questions",
    "check": "check",
    "course": "course",
    "treated": "record",
    "treatments": "record",
    "edit": "record",
    "remove": "record",
    "undo": "record",
    "feel": "feel",
    "diary": "diary",
    "triage": "triage",
    "check-in": "check_in",
    "report": "report",
    "export": "transfer",
    "import": "transfer",
    "forget": "transfer",
    "words": "words",
    "rules": "rules.base",
}
_EXAMPLES = """\b
Examples:
  mesocare today --treated 2024-05-01T14:30
  mesocare can-i makeup --treated yesterday
  mesocare when hair dye --treated "3 days ago" --type scalp
  mesocare explain sauna --treated 2024-05-01
  mesocare treated "yesterday 15:00"

Where somebody is in recovery after mesotherapy, what is allowed now, and when the rest opens.
"""
_EPILOG = (
    "Exit codes: 0 allowed, 1 avoid, 3 limited, 4 ask, 2 something given cannot be used. "
    "It informs and never replaces your practitioner."
)


def build(command: str | None = None) -> typer.Typer:
    """Return the command line; with only what a command needs, if it is one of ours."""
    app = typer.Typer(
        help=_EXAMPLES,
        epilog=_EPILOG,
        add_completion=False,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(root)
    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for name in modules:
        import_module(f"mesocare.cli.commands.{name}").register(app)
    return app


def root(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the versions of program and rule set.")
    ] = False,
) -> Reply | None:
    """Set up nothing: every command stands alone."""
    if version:
        return Reply(_versions())
    if context.invoked_subcommand is None:
        return _greeting(context)
    return None


def _greeting(context: typer.Context) -> Reply:
    """Show today if something is on record, otherwise how to begin."""
    from mesocare.store import record

    kept = record.read()
    if not kept.treatments and kept.recovery is None:
        return Reply(context.get_help() + "\n")
    from mesocare.cli.commands import today

    return today.reply(request(record=kept))


def _versions() -> str:
    from mesocare.rules.loader import load_rules

    identity = load_rules().identity
    return (
        f"mesocare {__version__}\n"
        f"rules {identity.name} {identity.version}, reviewed {identity.reviewed}\n"
    )
