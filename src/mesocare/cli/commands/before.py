"""`mesocare before`: what to leave out before a treatment, and what to tell the clinic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.options import Reply, date_orders, moment_and_rules, settled
from mesocare.cli.settings import Settings  # noqa: TC001 - its signature is read
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import MesocareError, TreatmentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.app.before import Ahead

SHARED = ("type", "at", "dates", "tz", "rules", "json", "no_color")
EXAMPLE = "mesocare before --on 2026-12-01T10:00 --type face"


def register(app: typer.Typer) -> None:
    """Add the command."""
    settled(app, "before", SHARED, example=EXAMPLE)(before)


def before(
    settings: Settings,
    *,
    on: Annotated[
        str | None,
        typer.Option(
            "--on", help="When the treatment will be.", metavar="WHEN", show_default=False
        ),
    ] = None,
    checklist: Annotated[
        bool, typer.Option("--checklist", help="The points to tell and to ask, to tick off.")
    ] = False,
) -> Reply:
    """Before a treatment: what to leave out from when, what to tell."""
    found = of(on, settings)
    if settings.get("json"):
        from mesocare.render.json.before import before_json

        return Reply(before_json(found))
    from mesocare.render.text.before import before_text, checklist_text

    return Reply(checklist_text(found) if checklist else before_text(found))


def of(on: str | None, settings: Settings, words: Sequence[str] = ()) -> Ahead:
    """Return what comes before an appointment, or what words name of it.

    Raises:
        MesocareError: The time, a type or the words cannot be used.
    """
    from mesocare.app.before import ahead
    from mesocare.parsing.dates import parse_ahead
    from mesocare.parsing.preparations import find_preparations
    from mesocare.parsing.types import find_type

    moment, zone, rule_set = moment_and_rules(settings)
    if on is None or not on.strip():
        raise TreatmentError("it was not said when the treatment will be", f"Type: {EXAMPLE}")
    appointment = parse_ahead(on, now=moment, zone=zone, orders=date_orders(settings))
    with settings.reading("type"):
        said = settings.get("type") or [DEFAULT_TYPE]
        types = list(dict.fromkeys(find_type(each, rule_set, "--type") for each in said))
    only = find_preparations(words, rule_set) if words else ()
    found = ahead(appointment, types, rule_set, moment, only)
    if words and not found.leave:
        labels = ", ".join(each.label for each in only)
        message = f"no source asks to leave this out before a {' or '.join(types)} treatment"
        raise MesocareError(f"{message}: {labels}", "Or ask your clinic.")
    return found._replace(no_color=bool(settings.get("no_color")))
