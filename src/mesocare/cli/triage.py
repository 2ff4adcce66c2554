"""`mesocare triage` and `check-in`: what the diary means, and the questions that fill it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import Reply, Request, command, request
from mesocare.errors import MesocareError
from mesocare.render.words import NOTHING_UNEXPECTED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesocare.core.diary import Entry
    from mesocare.core.triage import Triage

EXIT_CODES = {"none": 0, "contact_clinic": 1, "same_day": 3, "emergency": 4}
LARGEST_FILE = 1024 * 1024

Answers = Annotated[
    str | None, typer.Option(help="A JSON file of answers by sign; - for standard input.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""

    @command(app, "triage", example="mesocare triage", whole_record=True)
    def triage(request: Request) -> Reply:
        """What the diary means: whom to call, if anyone; the exit code says so too."""
        entries, found = judged(request)
        exit_code = EXIT_CODES[found.urgency.value if found.urgency else "none"]
        if request.json:
            from mesocare.render import record_json

            return Reply(record_json.triage(found, entries, request.scene), exit_code)
        from mesocare.render.triage import triage_text

        return Reply(triage_text(found, request.scene), exit_code)

    @command(app, "check-in", example="mesocare check-in", whole_record=True)
    def check_in(request: Request, answers: Answers = None) -> Reply:
        """Answer today's questions one by one; Enter skips a question."""
        from mesocare.render.triage import triage_text

        given = _from_file(answers) if answers else _asked(request)
        _keep(given, request)
        _, found = judged(request)
        return Reply(triage_text(found, request.scene))


def judged(request: Request) -> tuple[list[Entry], Triage]:
    """Return the diary up to the instant asked about, and what it means.

    Raises:
        UnconfirmedError: It means nothing, but the record was damaged and may lack something.
    """
    from mesocare.core.triage import triage
    from mesocare.store import database, diary, mending

    with database.reading() as connection:
        recovery = mending.unconfirmed(connection)
        entries = [] if connection is None else diary.entries(connection)
    scene = request.scene
    entries = [each for each in entries if each.at <= scene.at]
    found = triage(entries, scene.treatments, scene.rules, scene.at)
    if recovery is not None and not found.findings:
        raise mending.refusal(recovery)  # what is urgent is said, but never that nothing is
    return entries, found


def after_noting() -> str:
    """Return what the diary means now, for a command that has just added to it."""
    from mesocare.store.mending import UnconfirmedError

    try:
        asked = request(whole_record=True)
        _, found = judged(asked)
    except UnconfirmedError as error:
        return f"{error.message}.\n{error.hint}\n"
    if not found.findings:
        return f"{NOTHING_UNEXPECTED}\n"  # quick: a page would load rich
    from mesocare.render.triage import triage_text

    return triage_text(found, asked.scene)


def _signs(request: Request) -> Mapping[str, str]:
    """Return what to ask, by id: every red flag, then the reactions the treatments may bring."""
    scene = request.scene
    types = {each.type for each in scene.treatments}
    signs = {
        id_: flag.text for id_, flag in scene.rules.red_flags.items() if types & set(flag.types)
    }
    for id_, reaction in scene.rules.reactions.items():
        if types & set(reaction.expected):
            signs[id_] = f"{reaction.label}: {reaction.text}"
    return signs


def _asked(request: Request) -> dict[str, object]:
    """Ask on a terminal; nothing is kept before the last answer."""
    if sys.stdin is None or not sys.stdin.isatty():
        hint = "Give --answers FILE, with JSON such as: " + '{"redness": 3, "infection": false}'
        raise MesocareError("nobody is there to be asked", hint)
    flags = request.scene.rules.red_flags
    given: dict[str, object] = {}
    for id_, text in _signs(request).items():
        form = "yes or no" if id_ in flags else "0 to 10"
        while True:
            answer = typer.prompt(f"{text} ({form})", default="", show_default=False, err=True)
            try:
                given |= {} if not answer.strip() else {id_: _score(id_, answer.strip(), flags)}
            except MesocareError as error:
                typer.echo(error.hint, err=True)
            else:
                break
    return given


def _from_file(name: str) -> dict[str, object]:
    import json

    try:
        if name == "-":
            data = sys.stdin.buffer.read(LARGEST_FILE)
        else:
            with Path(name).open("rb") as file:
                data = file.read(LARGEST_FILE)
        given = json.loads(data)
    except (OSError, ValueError, RecursionError) as error:
        raise MesocareError(f"the answers in {name!r} cannot be read: {error}", _FORM) from error
    if not isinstance(given, dict):
        raise MesocareError(f"the answers in {name!r} are no JSON object", _FORM)
    return given


_FORM = "They are JSON by sign, such as: " + '{"redness": 3, "infection": false}'


def _keep(given: Mapping[str, object], request: Request) -> None:
    """Store the answers, all of them or none."""
    from mesocare.core.diary import Entry
    from mesocare.store import database, diary, treatments

    scene = request.scene
    flags, reactions = scene.rules.red_flags, scene.rules.reactions
    entries = []
    for id_, answer in given.items():
        named = flags.get(id_) or reactions.get(id_)
        if named is None:
            known = ", ".join((*flags, *reactions))
            raise MesocareError(f"there is no question about {id_!r}", f"Known: {known}.")
        score = _score(id_, answer, flags)
        words = named.label
        entries.append(Entry(treatments.new_id(), id_, words, score, None, None, scene.at))
    with database.writing() as connection:
        for entry in entries:
            diary.keep(connection, entry)


def _score(id_: str, answer: object, flags: Mapping[str, object]) -> int | None:
    """Return an answer as a score: yes is there without a figure, no is 0."""
    from mesocare.core.diary import SCORES

    text = str(answer).lower()
    if text in {"yes", "y", "true"}:
        return None
    if text in {"no", "n", "false"}:
        return 0
    if id_ not in flags and text.isdigit() and int(text) in SCORES:
        return int(text)
    form = "yes or no" if id_ in flags else "yes, no or a whole number from 0 to 10"
    raise MesocareError(f"{answer!r} is no answer about {id_!r}", f"Answer {form}.")
