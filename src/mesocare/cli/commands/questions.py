"""`mesocare can-i`, `when` and `explain`: one activity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.completion import activities
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request, request

if TYPE_CHECKING:
    from mesocare.cli.settings import Settings
    from mesocare.core.diary.triage import Triage
    from mesocare.core.verdict.answer import Answer

EXIT_CODES = {"allowed": 0, "avoid": 1, "limited": 3, "ask": 4}

Words = Annotated[
    list[str], typer.Argument(help="An activity, in your own words.", autocompletion=activities)
]
Before = Annotated[
    str | None,
    typer.Option(help="Before a treatment that will be then.", metavar="WHEN", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(
        app, "can-i", example="mesocare can-i go to the gym --treated yesterday", instead=_ahead
    )
    def can_i(request: Request, words: Words, before: Before = None) -> Reply:
        """Whether one activity is allowed now; the exit code says so too."""
        del before  # then there is another answer
        read_as, answers, meaning = _asked(request, words)
        exit_code = EXIT_CODES[answers[0].verdict.value]
        if request.json:
            return request.reply(_json(answers, read_as, request, meaning), exit_code, meaning)
        from mesocare.render.text.questions import can_i_text

        text = can_i_text(answers, request.question, read_as, meaning)
        return request.reply(text, exit_code, meaning)

    @command(app, "when", example="mesocare when retinol --treated 2024-05-01")
    def when(request: Request, words: Words) -> Reply:
        """When one activity becomes limited, and when allowed."""
        read_as, answers, meaning = _asked(request, words)
        if request.json:
            return request.reply(_json(answers, read_as, request, meaning), meaning=meaning)
        from mesocare.render.text.questions import when_text

        text = when_text(answers, request.question, read_as, meaning)
        return request.reply(text, meaning=meaning)

    @command(app, "explain", example="mesocare explain sauna --treated 2024-05-01")
    def explain(request: Request, words: Words) -> Reply:
        """Every source behind a verdict, and the figure chosen."""
        _, answers, meaning = _asked(request, words)
        _check_one(answers, words)
        if request.json:
            from mesocare.render.json.answers import explain as json

            text = json(answers[0], request.question, meaning)
            return request.reply(text, meaning=meaning)
        from mesocare.render.text.explain import explain_text

        text = explain_text(answers[0], request.question, meaning)
        return request.reply(text, meaning=meaning)


def _ahead(settings: Settings, given: dict[str, Any]) -> Reply | None:
    """Reply whether something is allowed before an appointment, if that is asked."""
    if given["before"] is None:
        return None
    if settings.get("treated"):
        from mesocare.errors import MesocareError

        message = "--treated and --before were both given, and each asks about another time"
        raise MesocareError(message, "Give one of them.")
    from mesocare.cli.commands.before import of

    found = of(given["before"], settings, given["words"])
    # A treatment that is still healing restricts it too; its type is on record, not given.
    asked = request(settings.without("type"), needs_treatment=False, rules=found.rules)
    if asked.record is not None and asked.record.recovery is not None:
        from mesocare.store import recovery

        raise recovery.refusal(asked.record.recovery)
    from mesocare.app.before import with_record

    meaning = asked.meaning
    found = with_record(found, asked.question, meaning)
    exit_code = EXIT_CODES[found.verdict(found.strictest_first[0]).value]
    if asked.json:
        from mesocare.render.json.before import before_json

        return asked.reply(before_json(found), exit_code, meaning)
    from mesocare.render.text.before import answer_text

    return asked.reply(answer_text(found), exit_code, meaning)


def _check_one(answers: list[Answer], words: list[str]) -> None:
    """Refuse to explain several things at once."""
    from mesocare.errors import ActivityError

    if len(answers) > 1:
        named = ", ".join(each.activity for each in answers)
        message = f"{' '.join(words)!r} names several activities: {named}"
        raise ActivityError(message, f"Type for example: mesocare explain {answers[0].activity}")


def _asked(request: Request, words: list[str]) -> tuple[str, list[Answer], Triage | None]:
    """Return how the words were read, the answers, the strictest first, and what the diary means.

    Raises:
        ActivityError: The words name nothing.
    """
    from mesocare.core.verdict.engine import answer
    from mesocare.parsing.activities import named, understand

    question = request.question
    found = understand(words, question.rules)
    meaning = request.meaning
    held_by = meaning.open_ids if meaning else ()
    answers = [
        answer(
            named(id_, question.rules), question.treatments, question.rules, question.at, held_by
        )
        for id_ in found.ids
    ]
    return found.reading, sorted(answers, key=lambda each: -each.verdict.severity), meaning


def _json(answers: list[Answer], read_as: str, request: Request, meaning: Triage | None) -> str:
    from mesocare.render.json import answers as json

    return json.can_i(answers, request.question, read_as, meaning)
