"""`mesocare calendar`: what opens when and what to do when, for a calendar program."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import MesocareError

EXAMPLE = "mesocare calendar -o recovery.ics"


def _option(*names: str, help_: str, metavar: str) -> Any:
    return typer.Option(*names, help=help_, metavar=metavar, show_default=False)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "calendar", example=EXAMPLE)
    def calendar(
        request: Request,
        *,
        output: Annotated[
            str | None,
            _option("--output", "-o", help_="The iCalendar file; - for stdout.", metavar="FILE"),
        ] = None,
        only: Annotated[
            str | None,
            _option("--only", help_="Only what opens of these, by commas.", metavar="WORDS"),
        ] = None,
        remind: Annotated[
            str | None,
            _option("--remind", help_="An alarm for these alone, by commas.", metavar="WORDS"),
        ] = None,
        session: Annotated[
            str | None,
            _option(
                "--session", help_="The next session; that on record if left out.", metavar="WHEN"
            ),
        ] = None,
        products: Annotated[
            bool, typer.Option("--products", help="When your own products may come back, too.")
        ] = False,
        detail: Annotated[
            bool, typer.Option("--detail", help="Say what was done, conditions and reasons.")
        ] = False,
        cancel: Annotated[
            bool, typer.Option("--cancel", help="Call off what an earlier calendar holds.")
        ] = False,
        force: Annotated[
            bool, typer.Option("--force", help="Replace a file that is there.")
        ] = False,
    ) -> Reply:
        """What opens when, for your calendar: a list, or an iCalendar file."""
        from mesocare.app.agenda import Wanted, agenda, named
        from mesocare.cli.output import check_new, save
        from mesocare.parsing.dates import parse_ahead

        question, meaning, planned = request.question, request.meaning, request.planned
        wanted = Wanted(
            only=named(_words(only, "--only"), question),
            remind=None if remind is None else named(_words(remind, "--remind"), question),
            session=(planned.appointment if planned else None)
            if session is None
            else parse_ahead(session, now=question.at, zone=question.zone, orders=request.orders),
            cancel=cancel,
            products=request.shelf if products else (),
        )
        if output is not None:
            check_new(output, (".ics",), EXAMPLE, force=force)
        found = agenda(question, meaning, wanted, request.changed)
        if output is not None:
            from mesocare.render.calendar import calendar_file

            return save(output, calendar_file(found, detail=detail), question.rules_given)
        if request.json:
            from mesocare.render.json import schedule

            return request.reply(schedule.calendar(found, meaning), meaning=meaning)
        from mesocare.render.text.calendar import calendar_text

        return request.reply(calendar_text(found), meaning=meaning)


def _words(text: str | None, option: str) -> list[str]:
    words = [each for each in (text or "").split(",") if each.strip()]
    if text is not None and not words:
        raise MesocareError(f"{option} names none", f"Type for example: {option} makeup,exercise")
    return words
