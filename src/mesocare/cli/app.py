"""The command line: its commands, in the order `--help` lists them."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mesocare import __version__
from mesocare.cli.reply import Reply
from mesocare.cli.request import request

# Each command's module. Typer reads a command's whole signature to know it, so only the one that
# was typed is loaded; for help, all are.
COMMANDS = {
    "today": "today",
    "can-i": "questions",
    "when": "questions",
    "explain": "questions",
    "product": "product",
    "check": "check",
    "course": "course",
    "before": "before",
    "timeline": "timeline",
    "calendar": "calendar",
    "sheet": "sheet",
    "treated": "record",
    "treatments": "record",
    "edit": "record",
    "remove": "record",
    "undo": "record",
    "about": "about",
    "products": "products",
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
# How `--help` lists them: those that matter first come first.
SECTIONS = {
    "Answers": (
        "today", "can-i", "when", "product", "feel", "triage", "explain", "course", "before",
        "timeline", "calendar",
    ),
    "Your record": (
        "treated", "treatments", "edit", "remove", "undo", "about", "products", "diary", "check-in",
        "report", "export", "import", "forget",
    ),
    "For practices": ("check", "sheet", "rules", "words"),
}  # fmt: skip
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


class Sectioned(TyperGroup):
    """The commands, listed in sections."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write each section under its title."""
        for title, names in SECTIONS.items():
            known = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, each.get_short_help_str(60)) for name, each in known if each]
            with formatter.section(title):
                formatter.write_dl(rows)


def build(command: str | None = None, *, completing: bool = False) -> typer.Typer:
    """Return the command line; with only what a command needs, if it is one of ours.

    Args:
        command: What was typed first.
        completing: Whether a shell asks for completions.
    """
    known = command in COMMANDS
    app = typer.Typer(
        cls=Sectioned,
        help=_EXAMPLES,
        epilog=_EPILOG,
        # Its options are read before any command, and cost what no command is to pay.
        add_completion=completing or not known,
        no_args_is_help=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(root)
    modules = [COMMANDS[command or ""]] if known else dict.fromkeys(COMMANDS.values())
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
        return _greeting()
    return None


def _greeting() -> Reply:
    """Show today if something is on record; otherwise ask, or say how to begin."""
    from mesocare.store import record

    kept = record.read()
    if not kept.treatments and kept.recovery is None:
        from mesocare.cli import first_minute

        return first_minute.begin() if first_minute.is_terminal() else Reply(first_minute.HOW)
    from mesocare.cli.commands import today

    return today.reply(request(record=kept))


def _versions() -> str:
    from mesocare.rules.loader import load_rules

    identity = load_rules().identity
    return (
        f"mesocare {__version__}\n"
        f"rules {identity.name} {identity.version}, reviewed {identity.reviewed}\n"
    )
