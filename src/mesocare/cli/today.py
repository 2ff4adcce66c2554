"""`mesocare today`: the whole assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.cli.options import Reply, Request, command

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "today", epilog="Example: mesocare today --treated 2024-05-01T14:30 --type face")
    def today(request: Request) -> Reply:
        """Show where you are in recovery, what is allowed now, and what to watch for."""
        from mesocare.core.engine import assess  # noqa: PLC0415 - not for --help

        assessment = assess(request.treatments, request.rules, request.at)
        if request.json:
            from mesocare.render import json  # noqa: PLC0415

            return Reply(json.today(assessment, request.zone))
        from mesocare.render.today import today_text  # noqa: PLC0415 - loads rich

        return Reply(today_text(assessment, request.rules, request.zone, request.no_color))
