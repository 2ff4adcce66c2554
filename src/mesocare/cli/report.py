"""`mesocare report`: a summary to show or send to the clinic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mesocare.cli.options import Reply, Request, command
from mesocare.cli.transfer import write_file
from mesocare.cli.triage import judged

Html = Annotated[Path | None, typer.Option("--html", help="Write it as a page to this file.")]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "report", example="mesocare report --html summary.html", whole_record=True)
    def report(request: Request, html: Html = None) -> Reply:
        """A summary for the clinic: treatments, diary, findings."""
        entries, found = judged(request)
        scene = request.scene
        if html is not None:
            from mesocare.render.report import report_html

            write_file(html, report_html(found, entries, scene))
            return Reply(f"Written to {html}\n")
        if request.json:
            from mesocare.render import record_json

            return Reply(record_json.report(found, entries, scene))
        from mesocare.render.diary import diary_text
        from mesocare.render.triage import triage_text
        from mesocare.render.words import elapsed_words, treated_words

        treatments = "".join(
            f"{scene.rules.types[each.type].label}: {treated_words(each)} "
            f"({elapsed_words(each, scene.at)})\n"
            for each in scene.treatments
        )
        identity = scene.rules.identity
        rules = f"Rules: {identity.name} {identity.version}, reviewed {identity.reviewed}\n"
        diary = diary_text(entries, scene.rules, scene.zone)
        return Reply("\n".join([treatments, triage_text(found, scene), diary, rules]))
