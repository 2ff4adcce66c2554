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
        from mesocare.core.engine import assess

        scene = request.scene
        assessment = assess(scene.treatments, scene.rules, scene.at)
        if request.json:
            from mesocare.render import json

            return Reply(json.today(assessment, scene))
        from mesocare.render.today import today_text

        return Reply(today_text(assessment, scene))
