"""`mesocare today`: the whole assessment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.completion import groups
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request, no_treatment

if TYPE_CHECKING:
    from collections.abc import Sequence


Words = Annotated[
    list[str] | None,
    typer.Argument(
        help="A group, as makeup: everything in it.", metavar="[GROUP]", autocompletion=groups
    ),
]
Everything = Annotated[
    bool,
    typer.Option("--all", help="Everything: every activity, red flag and care instruction."),
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(
        app,
        "today",
        example="mesocare today --treated 2024-05-01T14:30 --type face",
        needs_treatment=False,
    )
    def today(request: Request, words: Words = None, everything: Everything = False) -> Reply:  # noqa: FBT002 - Typer's way to declare a flag
        """Where you are, what is allowed now, what to watch for."""
        return reply(request, words or (), everything=everything)


def reply(request: Request, words: Sequence[str] = (), *, everything: bool = False) -> Reply:
    """Return the day's assessment as the request wants it; what the diary means leads it.

    Args:
        request: What was asked.
        words: For a group, of which every item is shown; the whole day if left out.
        everything: Whether nothing is left out.

    Raises:
        TreatmentError: There is no treatment; whom to call all the same, if the diary says so.
    """
    from mesocare.core.verdict.engine import assess

    question = request.question
    meaning = request.meaning
    if not question.treatments:
        from mesocare.app.diary import calls

        raise no_treatment(calls(meaning, question.rules) if meaning else "")
    held_by = meaning.open_ids if meaning else ()
    assessment = assess(question.treatments, question.rules, question.at, held_by)
    if words:
        from mesocare.parsing.activities import group_of

        group = group_of(words, question.rules)
        only = tuple(each for each in assessment.answers if each.activity == group)
        assessment = assessment._replace(answers=only)
    if request.json:
        from mesocare.render.json import answers, before, product

        more = {
            "session": before.planned(request.planned),
            "products": [product.bottle(each, question.zone) for each in request.shelf],
        }
        return request.reply(answers.today(assessment, question, meaning, more), meaning=meaning)
    from mesocare.render.text.today import today_text

    text = today_text(
        assessment,
        question,
        shown="group" if words else "all" if everything else "day",
        meaning=meaning,
        planned=request.planned,
        bottles=request.shelf,
    )
    return request.reply(text, meaning=meaning)
