"""`mesocare can-i`, `when` and `explain`: one activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import Reply, Request, command

if TYPE_CHECKING:
    from mesocare.core.engine import Answer

EXIT_CODES = {"allowed": 0, "avoid": 1, "limited": 3, "ask": 4}

Words = Annotated[list[str], typer.Argument(help="An activity, in your own words.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "can-i", epilog="Example: mesocare can-i go to the gym --treated yesterday")
    def can_i(request: Request, words: Words) -> Reply:
        """Say whether one activity is allowed now; the exit code is the verdict."""
        answer = _ask(request, words)
        exit_code = EXIT_CODES[answer.verdict.value]
        if request.json:
            return Reply(_json(request, answer), exit_code)
        from mesocare.render.questions import can_i_text  # noqa: PLC0415 - loads rich

        return Reply(can_i_text(answer, *_scene(request)), exit_code)

    @command(app, "when", epilog="Example: mesocare when retinol --treated 2024-05-01")
    def when(request: Request, words: Words) -> Reply:
        """Say when one activity becomes limited and when it is allowed."""
        answer = _ask(request, words)
        if request.json:
            return Reply(_json(request, answer))
        from mesocare.render.questions import when_text  # noqa: PLC0415 - loads rich

        return Reply(when_text(answer, *_scene(request)))

    @command(app, "explain", epilog="Example: mesocare explain sauna --treated 2024-05-01")
    def explain(request: Request, words: Words) -> Reply:
        """Show every source behind a verdict, shortest to longest, and the figure chosen."""
        answer = _ask(request, words)
        if request.json:
            from mesocare.render import json  # noqa: PLC0415

            treatments, rules, at, zone, _ = _scene(request)
            return Reply(json.explain(answer, treatments, rules, at, zone))
        from mesocare.render.explain import explain_text  # noqa: PLC0415 - loads rich

        return Reply(explain_text(answer, *_scene(request)))


def _ask(request: Request, words: list[str]) -> Answer:
    from mesocare.core.engine import answer  # noqa: PLC0415 - not for --help
    from mesocare.lookup import find  # noqa: PLC0415

    return answer(find(words, request.rules), request.treatments, request.rules, request.at)
