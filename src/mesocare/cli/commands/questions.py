"""`mesocare can-i`, `when` and `explain`: one activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import Reply, Request, command

if TYPE_CHECKING:
    from mesocare.core.verdict.answer import Answer

EXIT_CODES = {"allowed": 0, "avoid": 1, "limited": 3, "ask": 4}

Words = Annotated[list[str], typer.Argument(help="An activity, in your own words.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "can-i", example="mesocare can-i go to the gym --treated yesterday")
    def can_i(request: Request, words: Words) -> Reply:
        """Whether one activity is allowed now; the exit code says so too."""
        answer = _ask(request, words)
        exit_code = EXIT_CODES[answer.verdict.value]
        if request.json:
            return Reply(_json(answer, request), exit_code)
        from mesocare.render.text.questions import can_i_text

        return Reply(can_i_text(answer, request.question), exit_code)

    @command(app, "when", example="mesocare when retinol --treated 2024-05-01")
    def when(request: Request, words: Words) -> Reply:
        """When one activity becomes limited, and when allowed."""
        answer = _ask(request, words)
        if request.json:
            return Reply(_json(answer, request))
        from mesocare.render.text.questions import when_text

        return Reply(when_text(answer, request.question))

    @command(app, "explain", example="mesocare explain sauna --treated 2024-05-01")
    def explain(request: Request, words: Words) -> Reply:
        """Every source behind a verdict, and the figure chosen."""
        answer = _ask(request, words)
        if request.json:
            from mesocare.render.json import answers

            return Reply(answers.explain(answer, request.question))
        from mesocare.render.text.explain import explain_text

        return Reply(explain_text(answer, request.question))


def _ask(request: Request, words: list[str]) -> Answer:
    from mesocare.core.verdict.engine import answer
    from mesocare.parsing.activities import find

    question = request.question
    return answer(find(words, question.rules), question.treatments, question.rules, question.at)


def _json(answer: Answer, request: Request) -> str:
    from mesocare.render.json import answers

    return answers.can_i(answer, request.question)
