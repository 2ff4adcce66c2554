"""`mesocare about`: who was treated, for every answer from the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.completion import factors
from mesocare.cli.fields import AsJson  # noqa: TC001 - typer reads it
from mesocare.cli.options import add
from mesocare.cli.reply import Reply, did
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet

_EXAMPLE = "mesocare about cold-sores dark-skin"
_NOTHING = f"Nothing is on record of who was treated. Type for example: {_EXAMPLE}"
_KEPT = "Every answer from the record takes it into account. `mesocare export` holds it."


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, "about", about, _EXAMPLE)


def about(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="What to add, as pregnant; nothing to see what is there.",
            metavar="[FACTOR]...",
            autocompletion=factors,
        ),
    ] = None,
    *,
    remove: Annotated[
        list[str] | None,
        typer.Option(
            "--remove",
            help="Take this off; may be repeated.",
            metavar="FACTOR",
            autocompletion=factors,
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take all of it off.")] = False,
    json: AsJson = False,
) -> Reply:
    """Who was treated, where it makes answers stricter; kept in your record alone."""
    from mesocare.rules.loader import load_rules
    from mesocare.store import database, person

    if clear and (words or remove):
        hint = "Type: mesocare about --clear, and then what there is to add."
        raise MesocareError("--clear takes all of it off, and something else was given", hint)
    rules = load_rules(Settings({}).get("rules"))
    if not (words or remove or clear):
        with database.reading() as opened:
            kept = () if opened is None else person.on_record(opened).about
        return Reply(_shown(kept, rules, json=json))
    added = _found(words or [], rules)
    gone = [_removed(each, rules) for each in remove or []]
    with database.writing() as connection:
        before = person.on_record(connection)
        kept = () if clear else tuple(dict.fromkeys([*before.about, *added]))
        if missing := [each for each in gone if each not in kept]:
            there = ", ".join(kept) or "nothing"
            message = f"{', '.join(missing)}: not on record; there is: {there}"
            raise MesocareError(message, "Type: mesocare about")
        kept = tuple(each for each in kept if each not in gone)
        if kept != before.about:
            person.keep_about(connection, kept, person.later(before, person.ABOUT, clock.now()))
    return did(_shown(kept, rules, json=json))


def _found(words: Sequence[str], rules: RuleSet) -> list[str]:
    """Return the ids of factors; several words may name one of them together."""
    from mesocare.parsing.details import find_details

    try:
        return [each.id for each in find_details(words, "about", rules)]
    except MesocareError:
        if len(words) == 1:
            raise
        with_blanks = [" ".join(words)]
        try:
            return [each.id for each in find_details(with_blanks, "about", rules)]
        except MesocareError:
            pass
        raise


def _removed(word: str, rules: RuleSet) -> str:
    """Return the id of what is taken off, which may be one that the rules do not know any more."""
    from mesocare.parsing.details import find_details

    try:
        return find_details([word], "about", rules)[0].id
    except (MesocareError, IndexError):
        return word


def _shown(kept: Sequence[str], rules: RuleSet, *, json: bool) -> str:
    if json:
        from mesocare.render.json import record

        return record.about(kept, rules.details())
    from mesocare.render.text.plain import wrapped

    if not kept:
        return f"{wrapped(_NOTHING)}\n"
    known = rules.details()
    lines = [
        f"{each}: {known[each].label}" if each in known else f"{each}: unknown to these rules"
        for each in kept
    ]
    return "".join(f"{wrapped(line)}\n" for line in [*lines, _KEPT])
