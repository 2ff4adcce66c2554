"""`mesocare feel`: a sign or a temperature noted in the diary, and what it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from mesocare.cli import clock
from mesocare.cli.commands.triage import EXIT_CODES, NOTED
from mesocare.cli.completion import signs
from mesocare.cli.fields import Note, kept_text, local_zone
from mesocare.cli.options import Tz, add
from mesocare.cli.reply import Reply
from mesocare.cli.request import date_orders
from mesocare.cli.settings import Settings
from mesocare.core.diary.entries import SCORES
from mesocare.errors import DateError, MesocareError
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.diary.entries import Entry
    from mesocare.core.model import RuleSet
    from mesocare.core.question import Question
    from mesocare.parsing.signs import SignReading
    from mesocare.store.record import Record

COLDEST, HOTTEST = 30.0, 45.0
_TEMPERATURE_HINT = f"Give degrees Celsius from {COLDEST:g} to {HOTTEST:g}, for example 38.2"


class Asked(NamedTuple):
    """What the diary is judged by: the question, and the record that answers it."""

    question: Question
    record: Record


# What ends the words and looks like a figure; only some of these are on the scale.
_FIGURE = re.compile(r"[-+]?\d+([.,]\d*)?(/\d+)?|[\u00b2\u00b3\u00b9\u2070-\u2079]+")
_OF_TEN = re.compile(r"\b(\d{1,2}) ?(?:/|of|out of) ?10$")
_WHOLE = re.compile(r"\d{1,2}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, "feel", feel, "mesocare feel redness 3")


def feel(
    words: Annotated[
        list[str] | None,
        typer.Argument(help="A sign, and how strong it is: 0 to 10.", autocompletion=signs),
    ] = None,
    at: Annotated[str | None, typer.Option(help="When it was so; now if left out.")] = None,
    temperature: Annotated[
        str | None, typer.Option(help="In degrees Celsius.", metavar="DEGREES")
    ] = None,
    note: Note = None,
    tz: Tz = None,
) -> Reply:
    """Note in the diary what you feel; 0 says that it is gone."""
    from mesocare.cli.commands.triage import calling_meanwhile, still_calling
    from mesocare.core.diary.entries import Entry
    from mesocare.core.question import Question
    from mesocare.parsing.signs import SignReading, exact_sign
    from mesocare.rules.loader import load_rules
    from mesocare.store import record, treatments

    now, rules = clock.now(), load_rules(Settings({}).get("rules"))
    text, figure = _sign_and_figure(" ".join(words or []).split())
    exact = exact_sign(text, rules)
    found = SignReading((exact,) if exact else (), "exact")
    if exact is None:
        found = _read(text, figure, rules)
    if temperature is None and (measured := _measured(figure, text, rules)):
        temperature, figure = measured, None
    if temperature is not None and exact is None and _wording(text) in rules.triage.fever.aliases:
        found = SignReading((), "exact")  # the figure says all that the words do
    noted = [
        Entry(treatments.new_id(), sign, text, None, None, None, now)
        for sign in found.ids or (None,)
    ]
    alone = Question(now, clock.system_zone(), (), rules)
    try:
        score = _score(figure)
        if found.absent:
            score = _denied(text, score)
        kept_words = _words(text, rules, None if figure else degrees(temperature))
        noted = [
            each._replace(
                score=score,
                temperature=degrees(temperature),
                words=kept_words,
                note=kept_text("note", note),
                at=_moment(at, now, local_zone(tz)),
            )
            for each in noted
        ]
        with calling_meanwhile(noted, alone):
            kept: record.Record | MesocareError = record.keep(noted)
    except record.UnreadError as error:
        kept = error
    except MesocareError as error:
        raise still_calling(error, noted, alone) from error
    return _reply(noted, found, alone, _asked(alone, tz, kept))


def _reply(
    noted: Sequence[Entry], found: SignReading, alone: Question, asked: Asked | MesocareError
) -> Reply:
    """Return what to do first, what was noted and how it was read, and what the diary means."""
    from mesocare.app.diary import calls, urgent
    from mesocare.render.text.plain import wrapped

    question = alone if isinstance(asked, MesocareError) else asked.question
    first = urgent(noted, question)
    lines = [wrapped(line) for line in calls(first, question.rules).splitlines()]
    lines += [""] if lines else []
    about = (f"Noted: {_shown(noted[0])}", *_about(noted[0], found, question.rules))
    lines += [wrapped(line) for line in about]
    lines += _meaning(noted, alone, asked, {each.id for each in first.findings})
    exit_code = EXIT_CODES[first.urgency.value] if first.findings and first.urgency else 0
    said = calls(first, question.rules)
    return Reply("\n".join(lines).rstrip("\n") + "\n", exit_code, NOTED, said)


def _read(text: str, figure: str | None, rules: RuleSet) -> SignReading:
    from mesocare.parsing.signs import read_sign

    digits = (figure or "").removesuffix("/10")
    return read_sign(text, rules, int(digits) if _WHOLE.fullmatch(digits) else None)


def _measured(figure: str | None, text: str, rules: RuleSet) -> str | None:
    """Return the figure after a word for fever, if it can only be a temperature."""
    if figure is None or _wording(text) not in rules.triage.fever.aliases:
        return None
    try:
        return figure if float(figure.replace(",", ".")) > max(SCORES) else None
    except ValueError:
        return None


def _wording(text: str) -> str:
    return " ".join(text.casefold().split())


def _denied(text: str, score: int | None) -> int:
    """Return the score of a sign that is said not to be there.

    Raises:
        MesocareError: A figure says that it is.
    """
    if score:
        message = f"{text!r} says that it is not there, and {score} that it is"
        raise MesocareError(message, "Leave out one of the two. Nothing was noted.")
    return 0


def _sign_and_figure(words: list[str]) -> tuple[str, str | None]:
    """Return the words without the figure they end with, and that figure, both as typed."""
    words = _OF_TEN.sub(r"\1/10", " ".join(words)).split()
    if words and _FIGURE.fullmatch(words[-1]):
        return " ".join(words[:-1]), words[-1]
    return " ".join(words), None


def _words(text: str, rules: RuleSet, temperature: float | None) -> str:
    """Return the words as they are kept; a temperature needs none."""
    try:
        kept = kept_text("sign", text)
    except MesocareError as error:
        raise MesocareError("the sign is too long or not readable", error.hint) from error
    if kept is not None:
        return kept
    if temperature is None:
        hint = "Type for example: mesocare feel redness 3"
        raise MesocareError("no sign was given, and no --temperature", hint)
    return "temperature" if "temperature" in rules.triage.fever.aliases else ""


def _score(figure: str | None) -> int | None:
    if figure is None:
        return None
    digits = figure.removesuffix("/10")
    if not _WHOLE.fullmatch(digits) or int(digits) not in SCORES:
        hint = "Give a whole number from 0 (gone) to 10."
        raise MesocareError(f"{figure} is not on the scale", hint)
    return int(digits)


def degrees(text: str | None) -> float | None:
    """Return a temperature in degrees Celsius; a decimal comma is as good as a point."""
    if text is None:
        return None
    try:
        degrees = float(text.replace(",", "."))
    except ValueError as error:
        raise MesocareError(f"{text!r} is no temperature", _TEMPERATURE_HINT) from error
    if COLDEST <= degrees <= HOTTEST:
        return degrees
    message, celsius = f"a body temperature of {degrees:g} C cannot be", (degrees - 32) / 1.8
    if COLDEST <= celsius <= HOTTEST:
        hint = f"If that was Fahrenheit, it is {celsius:.1f} C: give --temperature {celsius:.1f}"
        raise MesocareError(message, f"{hint}. Possible: from {COLDEST:g} to {HOTTEST:g}.")
    raise MesocareError(message, _TEMPERATURE_HINT)


def _moment(at: str | None, now: datetime, zone: tzinfo) -> datetime:
    from mesocare.parsing import dates

    moment = now if at is None else dates.parse_at(at, now=now, zone=zone, orders=date_orders())
    if moment > now:
        raise DateError(f"{at!r} is in the future", "Say when it was, or leave --at out for now.")
    return moment


def _about(entry: Entry, found: SignReading, rules: RuleSet) -> list[str]:
    """Say how the words were read, unless they were a name; or that nothing is known of them."""
    if found.understood:
        if found.reading == "exact":
            return []
        labels = [(rules.red_flags.get(id_) or rules.reactions[id_]).label for id_ in found.ids]
        absent = "not there: " if found.absent else ""
        return [f"Read as: {absent}{'; '.join(map(lower_first, labels))}"]
    measured = entry.temperature is not None and entry.wording in rules.triage.fever.aliases
    return [] if measured or not entry.words else [rules.triage.noted]


def _asked(alone: Question, tz: str | None, kept: Record | MesocareError) -> Asked | MesocareError:
    """Return the whole record and the question of what it means now, whatever a setting names.

    The entry is on record by then. So what fails here is said, and is no error of `feel`.
    """
    from mesocare.cli.request import request

    if isinstance(kept, MesocareError):
        return kept
    settings = Settings({"at": clock.now().isoformat(), "tz": tz})
    try:
        asked = request(
            settings, whole_record=True, needs_treatment=False, rules=alone.rules, record=kept
        )
    except MesocareError as error:
        return error
    return Asked(asked.question, kept)


def _meaning(
    noted: Sequence[Entry], alone: Question, asked: Asked | MesocareError, said: set[str]
) -> list[str]:
    """Say what the diary means now, besides the findings that were `said` already."""
    from mesocare.app.diary import calls_alone, judged
    from mesocare.cli.commands.triage import in_brief
    from mesocare.render.text.plain import wrapped

    try:
        if isinstance(asked, MesocareError):
            raise asked
        found = judged(asked.question, asked.record)[1]
        left = tuple(each for each in found.findings if each.id not in said)
        if said and not left:
            meaning = wrapped(asked.question.rules.notice) + "\n"
        else:
            # Whoever was just told to call is asked nothing.
            found = found._replace(findings=left, missing=() if said else found.missing)
            meaning = in_brief(found, asked.question)
    except MesocareError as error:
        failed = f"What the diary means could not be told: {error.message}"
        called = "" if said else calls_alone(noted, alone)
        return ["", *map(wrapped, filter(None, (called, failed, error.hint)))]
    lines = ["", meaning] if meaning else []
    if all(each.when.earliest > noted[0].at for each in asked.question.treatments):
        remark = "No treatment is on record before it. Type: mesocare treated WHEN"
        lines.append(wrapped(remark))
    return lines


def _shown(entry: Entry) -> str:
    parts = [entry.words]
    parts += (
        ["gone" if entry.score == 0 else f"{entry.score} of 10"] if entry.score is not None else []
    )
    parts += [f"{entry.temperature:g} C"] if entry.temperature is not None else []
    return ", ".join(parts)
