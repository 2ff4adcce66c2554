"""`mesocare course`: sessions done, the next one, what to expect by now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request

if TYPE_CHECKING:
    import typer


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "course", example="mesocare course --treated 2024-05-01", whole_record=True)
    def course(request: Request) -> Reply:
        """Sessions done, when the next one is due, what to expect by now."""
        from mesocare.core.aftercare.course import plans

        question = request.question
        meaning = request.meaning
        held = bool(meaning and meaning.open)
        found = plans(question.treatments, question.rules, question.at, held=held)
        if request.json:
            from mesocare.render.json import before, record

            session = before.planned(request.planned)
            text = record.course(found, question, meaning, session)
            return request.reply(text, meaning=meaning)
        from mesocare.render.text.course import course_text

        text = course_text(found, question, meaning, request.planned)
        return request.reply(text, meaning=meaning)
