"""`mesocare feel`: a sign or a temperature noted in the diary, and what it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.fields import Note, kept_text, local_zone
from mesocare.cli.options import Reply, Tz, add
from mesocare.cli.settings import Settings
from mesocare.errors import DateError, MesocareError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from mesocare.core.diary.entries import Entry
    from mesocare.core.model import RuleSet
    from mesocare.core.question import Question
    from mesocare.store.record import Record

COLDEST, HOTTEST = 30.0, 45.0
_TEMPERATURE_HINT = f"Give degrees Celsius from {COLDEST:g} to {HOTTEST:g}, for example 38.2"

# What ends the words and looks like a figure; only some of these are on the scale.
_FIGURE = re.compile(r"[-+]?\d+([.,]\d*)?(/\d+)?|[\u00b2\u00b3\u00b9\u2070-\u2079]+")
_WHOLE = re.compile(r"\d{1,2}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, "feel", feel, "mesocare feel redness 3")


def feel(
    words: Annotated[
        list[str] | None, typer.Argument(help="A sign, and how strong it is: 0 to 10.")
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
    from mesocare.parsing.activities import find_sign
    from mesocare.render.text.plain import wrapped
    from mesocare.rules.loader import load_rules
    from mesocare.store import record, treatments

    now, rules = clock.now(), load_rules(Settings({}).get("rules"))
    text, figure = _sign_and_figure(" ".join(words or []).split())
    sign = find_sign(text, rules)
    entry = Entry(treatments.new_id(), sign, text, None, None, None, now)
    alone = Question(now, clock.system_zone(), (), rules)
    try:
        entry = entry._replace(score=_score(figure))
        entry = entry._replace(temperature=degrees(temperature))
        entry = entry._replace(
            words=_words(text, rules, None if figure else entry.temperature),
            note=kept_text("note", note),
            at=_moment(at, now, local_zone(tz)),
        )
        with calling_meanwhile([entry], alone):
            kept: record.Record | MesocareError = record.keep([entry])
    except record.UnreadError as error:
        kept = error
    except MesocareError as error:
        raise still_calling(error, [entry], alone) from error
    lines = [wrapped(line) for line in (f"Noted: {_shown(entry)}", *_about(entry, rules))]
    return Reply("\n".join([*lines, *_meaning(entry, alone, tz, kept)]).rstrip("\n") + "\n")


def _sign_and_figure(words: list[str]) -> tuple[str, str | None]:
    """Return the words without the figure they end with, and that figure, both as typed."""
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
    from mesocare.core.diary.entries import SCORES

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

    moment = now if at is None else dates.parse_at(at, now=now, zone=zone)
    if moment > now:
        raise DateError(f"{at!r} is in the future", "Say when it was, or leave --at out for now.")
    return moment


def _about(entry: Entry, rules: RuleSet) -> list[str]:
    """Say that a sign is unknown, and what may have been meant."""
    aliases = rules.triage.fever.aliases
    if entry.sign is not None or (entry.temperature is not None and entry.wording in aliases):
        return []
    from mesocare.parsing.activities import near_signs

    lines, near = [], near_signs(entry.words, rules)
    if near:
        lines.append(f"Did you mean: {', '.join(near)}? Then note that too, by that name.")
    flagged = {rules.red_flags[id_].urgency for id_ in near.values() if id_ in rules.red_flags}
    if flagged:
        worst = max(flagged, key=lambda urgency: urgency.severity)
        lines.append(f"If so: {rules.contacts[worst.value]}.")
    return [
        *lines,
        rules.triage.noted,
    ]


def _meaning(
    entry: Entry, alone: Question, tz: str | None, kept: Record | MesocareError
) -> list[str]:
    """Say what the diary means now, whatever instant a setting names.

    The entry is on record by then. So what fails here is said, and is no error of `feel`.
    """
    from mesocare.app.diary import calls_alone, judged
    from mesocare.cli.commands.triage import in_brief
    from mesocare.cli.options import request
    from mesocare.render.text.plain import wrapped

    settings = Settings({"at": clock.now().isoformat(), "tz": tz})
    try:
        if isinstance(kept, MesocareError):
            raise kept
        asked = request(
            settings, whole_record=True, needs_treatment=False, rules=alone.rules, record=kept
        )
        meaning = in_brief(judged(asked.question, kept)[1], asked.question)
    except MesocareError as error:
        failed = f"What the diary means could not be told: {error.message}"
        texts = filter(None, (calls_alone([entry], alone), failed, error.hint))
        return ["", *map(wrapped, texts)]
    lines = ["", meaning] if meaning else []
    if all(each.when.earliest > entry.at for each in asked.question.treatments):
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
