"""`mesocare timeline`: a picture of the whole recovery."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mesocare.cli.completion import groups
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import MesocareError

EXAMPLE = "mesocare timeline --svg recovery.svg"
LONGEST = 366


def _file(suffix: str, help_: str) -> Any:
    return typer.Option(f"--{suffix}", help=help_, metavar="FILE", show_default=False)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "timeline", example=EXAMPLE)
    def timeline(
        request: Request,
        words: Annotated[
            list[str] | None,
            typer.Argument(
                help="A group, as makeup: each of its activities.",
                metavar="[GROUP]",
                autocompletion=groups,
            ),
        ] = None,
        *,
        everything: Annotated[
            bool, typer.Option("--all", help="Every activity, and not only each group.")
        ] = False,
        days: Annotated[
            int | None,
            typer.Option(help="How many days to draw.", min=1, max=LONGEST, show_default=False),
        ] = None,
        svg: Annotated[str | None, _file("svg", "Draw it into an SVG file.")] = None,
        png: Annotated[str | None, _file("png", "Draw it into a PNG file.")] = None,
        html: Annotated[str | None, _file("html", "Write it as a page.")] = None,
        force: Annotated[
            bool, typer.Option("--force", help="Replace a file that is there.")
        ] = False,
    ) -> Reply:
        """The whole recovery as a picture: what is closed and open when."""
        from mesocare.app.schedule import schedule
        from mesocare.cli.output import check_new, save

        asked = {
            f".{kind}": file
            for kind, file in (("svg", svg), ("png", png), ("html", html))
            if file is not None
        }
        if len(asked) > 1:
            raise MesocareError(
                "--svg, --png and --html were given, and each is the whole answer",
                f"Type for example: {EXAMPLE}",
            )
        for suffix, file in asked.items():
            check_new(
                file, (suffix,), f"mesocare timeline --{suffix[1:]} recovery{suffix}", force=force
            )
        meaning = request.meaning
        known = schedule(request.question, meaning)
        if words:
            from mesocare.parsing.activities import group_of

            group = group_of(words, request.question.rules)
            known = known._replace(
                groups=tuple(each for each in known.groups if each.answer.activity == group)
            )
        items = everything or bool(words)
        for suffix, file in asked.items():
            from mesocare.render.html import timeline as view

            data = view.WAYS[suffix](known, meaning, days=days, items=items)
            return save(file, data, request.question.rules_given)
        if request.json:
            from mesocare.render.json import schedule as view_json

            return request.reply(view_json.timeline(known, meaning), meaning=meaning)
        from mesocare.render.text.timeline import timeline_text

        text = timeline_text(known, meaning, days=days, items=items)
        return request.reply(text, meaning=meaning)
