"""`mesocare report`: a summary to show or send to the clinic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.commands.transfer import write_file
from mesocare.cli.commands.triage import judged
from mesocare.cli.options import Reply, Request, command
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, OutputError

if TYPE_CHECKING:
    from mesocare.core.question import Scene
    from mesocare.core.verdict.answer import Answer
    from mesocare.render.report_facts import Summary
    from mesocare.store.treatments import StoredTreatment

Html = Annotated[str | None, typer.Option("--html", help="Write it as a page to this file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "report", example="mesocare report --html summary.html", whole_record=True)
    def report(request: Request, html: Html = None) -> Reply:
        """A summary for the clinic: treatments, diary, findings."""
        if html is not None:
            _check(html, request)
            from mesocare.render.html.report import report_html

            write_file(Path(html), report_html(_summary(request)))
            return Reply(f"Written to {html}\n")
        if request.json:
            from mesocare.render.json import record as json_record

            return Reply(json_record.report(_summary(request)))
        from mesocare.render.text.report import report_text

        return Reply(report_text(_summary(request)))


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
            f"Give one of them, for example: mesocare report --html {html}",
        )


def _summary(request: Request) -> Summary:
    """Return everything the summary says, in whatever form."""
    from mesocare.render.report_facts import Summary

    scene = request.scene
    entries, found = judged(request)
    record = _record(scene) if request.on_record else ()
    return Summary(scene, record, entries, found, _headline(scene), clock.now())


def _record(scene: Scene) -> tuple[StoredTreatment, ...]:
    """Return the treatments on record up to the instant asked about."""
    from datetime import datetime

    from mesocare.store import database, treatments

    with database.reading() as connection:
        rows = [] if connection is None else treatments.on_record(connection)
    return tuple(each for each in rows if datetime.fromisoformat(each.earliest) <= scene.at)


def _headline(scene: Scene) -> tuple[Answer, ...]:
    """Return what holds for the headline groups, as `today` says it."""
    from mesocare.core.verdict.engine import answer, in_recovery

    healing = [each for each in scene.treatments if in_recovery(each, scene.rules, scene.at)]
    groups = [scene.rules.groups[each] for each in scene.rules.headline_groups]
    counted = healing or scene.treatments[-1:]
    return tuple(answer(each, counted, scene.rules, scene.at) for each in groups)
