"""The command line: its commands, in the order `--help` lists them."""

from __future__ import annotations

from typing import Annotated

import typer

from mesocare import __version__
from mesocare.cli import course, diary, questions, record, report, today, transfer, triage
from mesocare.cli.options import Reply, request

_EXAMPLES = """\b
Examples:
  mesocare today --treated 2024-05-01T14:30
  mesocare can-i makeup --treated yesterday
  mesocare when hair dye --treated "3 days ago" --type scalp
  mesocare explain sauna --treated 2024-05-01

Where somebody is in recovery after mesotherapy, what is allowed now, and when the rest opens.
"""
_EPILOG = (
    "Exit codes: 0 allowed, 1 avoid, 3 limited, 4 ask, 2 something given cannot be used. "
    "It informs and never replaces your practitioner."
)

app = typer.Typer(
    help=_EXAMPLES,
    epilog=_EPILOG,
    add_completion=False,
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
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
    from mesocare.store import database, treatments

    with database.reading() as connection:
        known = connection is not None and treatments.on_record(connection)
    if not known:
        return Reply(context.get_help() + "\n")
    return today.reply(request())


def _versions() -> str:
    from mesocare.rules.loader import load_rules

    identity = load_rules().identity
    return (
        f"mesocare {__version__}\n"
        f"rules {identity.name} {identity.version}, reviewed {identity.reviewed}\n"
    )


today.register(app)
questions.register(app)
course.register(app)
record.register(app)
diary.register(app)
triage.register(app)
report.register(app)
transfer.register(app)
