"""`mesocare check-in`: the questions that fill the diary, asked one by one or read from a file."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.dialog import line, say
from mesocare.cli.options import command
from mesocare.cli.reply import Reply
from mesocare.cli.request import Request
from mesocare.errors import DateError, MesocareError

if TYPE_CHECKING:
    from mesocare.core.diary.check_in import Ask
    from mesocare.core.diary.entries import Entry

LARGEST_FILE = 1024 * 1024
TEMPERATURE = "temperature"
YES, NO = {"yes", "y", "true"}, {"no", "n", "false"}
_FORM = "They are JSON by sign, such as: " + '{"redness": 3, "infection": false}'
_SCORE = re.compile(r"0?\d|10")

Answers = Annotated[
    str | None, typer.Option(help="A JSON file of answers by sign; - for standard input.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "check-in", example="mesocare check-in", whole_record=True, needs_diary=True)
    def check_in(request: Request, answers: Answers = None) -> Reply:
        """Answer today's questions one by one; Enter skips a question."""
        from mesocare.app.diary import judged, urgent
        from mesocare.cli.commands.triage import (
            EXIT_CODES,
            NOTED,
            calling_meanwhile,
            shown,
            still_calling,
        )
        from mesocare.store import record

        if request.question.at > clock.now():
            hint = "Leave --at out for now, or give a moment that has been."
            raise DateError("the instant to answer for is in the future", hint)
        given = _asked(request) if answers is None else _from_file(answers, request)
        try:
            with calling_meanwhile(given, request.question):
                kept = record.keep(given)
        except MesocareError as error:
            raise still_calling(error, given, request.question) from error
        first = urgent(given, request.question).urgency
        exit_code = EXIT_CODES[first.value] if first else 0
        entries, found = judged(request.question, kept)
        reply = request.reply(shown(request, entries, found), exit_code, found)
        return reply._replace(done=NOTED if given else "")


def _asked(request: Request) -> list[Entry]:
    """Ask on a terminal; nothing is kept before the last answer."""
    from mesocare.app.diary import calls_alone, judged, judged_by
    from mesocare.cli.commands.triage import still_calling
    from mesocare.core.diary.check_in import asks
    from mesocare.core.diary.triage import triage

    if sys.stdin is None or not sys.stdin.isatty():
        hint = "Give --answers FILE, with JSON such as: " + '{"redness": 3, "infection": false}'
        raise MesocareError("nobody is there to be asked", hint)
    question, diary = request.question, judged(request.question, request.record)[0]
    treatments = judged_by(question)
    questions = asks(diary, treatments, question.rules, question.at)
    given: list[Entry] = []
    say(
        f"{len(questions)} questions. Answer yes or no; yes if any part of it is so. "
        "Where a figure is asked for, answer 0 (not there) to 10. Enter skips a question, "
        "Ctrl-C stops. Nothing is kept before the last answer."
    )
    try:
        for n, each in enumerate(questions, start=1):
            entry = _answer(f"{n}/{len(questions)}", each, request)
            given += [entry] if entry else []
            if entry and (call := calls_alone([entry], question)):
                say(call)
        meaning = triage([*diary, *given], treatments, question.rules, question.at)
        for missing in meaning.missing:
            if missing.id == TEMPERATURE and (entry := _temperature(missing.text, request)):
                given.append(entry)
    except KeyboardInterrupt:
        say("Nothing was kept.")
        raise
    except EOFError as error:
        message = "the questions were not answered to the end, so nothing was kept"
        stopped = MesocareError(message, "To begin again, type: mesocare check-in")
        raise still_calling(stopped, given, question) from error
    say("")
    return given


def _answer(number: str, ask: Ask, request: Request) -> Entry | None:
    """Ask one question until its answer can be used; `None` if it is skipped."""
    form = "0 to 10" if ask.scored else "yes or no"
    while text := line(f"{number}  {ask.text} ({form})"):
        try:
            return _entry(ask.id, text, request)
        except MesocareError as error:
            say(f"{error.hint} Enter skips the question.")
    return None


def _temperature(question: str, request: Request) -> Entry | None:
    while text := line(f"{question} (degrees Celsius, such as 37.2)"):
        try:
            return _entry(TEMPERATURE, text, request)
        except MesocareError as error:
            say(f"{error.message}. {error.hint}")
    return None


def _from_file(name: str, request: Request) -> list[Entry]:
    """Return the answers in a JSON file as entries, all of them or none."""
    import json

    from mesocare.cli.commands.triage import still_calling

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        if len({key for key, _ in pairs}) < len(pairs):
            message = "a sign is answered twice"
            raise ValueError(message)
        return dict(pairs)

    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE + 1) if sys.stdin else b""
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        given = json.loads(data[: LARGEST_FILE + 1], object_pairs_hook=once)
    except (OSError, ValueError, RecursionError) as error:
        raise MesocareError(f"the answers in {name!r} cannot be read: {error}", _FORM) from error
    if not isinstance(given, dict):
        raise MesocareError(f"the answers in {name!r} are no JSON object", _FORM)
    entries: list[Entry] = []
    wrong: list[MesocareError] = []
    for id_, answer in given.items():
        try:
            entries.append(_entry(id_, answer, request))
        except MesocareError as error:
            wrong.append(error)
    if wrong:
        raise still_calling(wrong[0], entries, request.question)
    return entries


def _entry(id_: str, answer: object, request: Request) -> Entry:
    """Return an answer as a diary entry at the instant asked about.

    Raises:
        MesocareError: There is no such question, or it cannot be answered so.
    """
    from mesocare.cli.commands.feel import degrees
    from mesocare.core.diary.entries import Entry
    from mesocare.store.treatments import new_id

    rules, at = request.question.rules, request.question.at
    if id_ == TEMPERATURE:
        return Entry(new_id(), None, TEMPERATURE, None, degrees(str(answer)), None, at)
    named = rules.red_flags.get(id_) or rules.reactions.get(id_)
    if named is None:
        known = ", ".join((*rules.red_flags, *rules.reactions, TEMPERATURE))
        raise MesocareError(f"there is no question about {id_!r:.60}", f"Known: {known}.")
    score = _score(id_, answer, scored=id_ in rules.reactions)
    return Entry(new_id(), id_, named.label, score, None, None, at)


def _score(id_: str, answer: object, *, scored: bool) -> int | None:
    """Return an answer as a score: yes is there without a figure, no is 0."""
    text = str(answer).strip().lower()
    if text in YES:
        return None
    if text in NO:
        return 0
    digits = text.removesuffix("/10")
    if scored and _SCORE.fullmatch(digits):
        return int(digits)
    form = "yes, no or a whole number from 0 to 10" if scored else "yes or no"
    raise MesocareError(f"{answer!r:.60} is no answer about {id_!r}", f"Answer {form}.")
