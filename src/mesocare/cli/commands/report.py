"""`mesocare report`: a summary to show or send to the clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.fields import WithAbout
from mesocare.cli.options import command
from mesocare.cli.output import write_file
from mesocare.cli.reply import Reply, did
from mesocare.cli.request import Request
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, OutputError
from mesocare.text import shell_quoted

Html = Annotated[str | None, typer.Option("--html", help="Write it as a page to this file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "report",
        example="mesocare report --html summary.html",
        whole_record=True,
        needs_diary=True,
    )
    def report(request: Request, html: Html = None, *, with_about: WithAbout = False) -> Reply:
        """A summary for the clinic: treatments, diary, findings."""
        if html is not None:
            _check(html, request)
        from mesocare.app.report import summary

        facts = summary(request.question, request.record, clock.now(), with_about=with_about)
        if html is not None:
            from mesocare.render.html.report import report_html

            if html == "-":
                return Reply(report_html(facts), is_data=True)
            write_file(Path(html), report_html(facts))
            return did(f"Written to {html}\n")
        if request.json:
            from mesocare.render.json import record

            return Reply(record.report(facts))
        from mesocare.render.text.report import report_text

        return Reply(report_text(facts))


def _check(html: str, request: Request) -> None:
    """Refuse a name that is none, and a page and JSON asked for at once."""
    why = "it names no file" if not html.strip() else "it is a directory"
    if not html.strip() or Path(html).is_dir():
        hint = "Type for example: mesocare report --html summary.html"
        raise OutputError(f"{html!r} could not be written: {why}", hint)
    # JSON asked for once and for all, by the environment or a file, gives way to the flag.
    if request.json and not Settings({}).get("json"):
        raise MesocareError(
            "--html and --json were both given, and each is the whole answer",
            f"Give one of them, for example: mesocare report --html {shell_quoted(html)}",
        )
