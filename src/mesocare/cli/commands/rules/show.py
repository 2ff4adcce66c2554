"""`mesocare rules list` and `show`: what is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.commands.rules.base import chosen_rules, settled
from mesocare.cli.options import Json, NoColor, Rules, add
from mesocare.cli.reply import Reply

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

Item = Annotated[
    list[str], typer.Argument(help="An item, a group, a detail or what to leave out before.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    add(app, "list", list_, "mesocare rules list")
    add(app, "show", show, "mesocare rules show sauna")


def list_(*, rules: Rules = None, json: Json = None, no_color: NoColor = None) -> Reply:
    """Every group and item with its figure for each type, details, and what to leave out before."""
    settings = settled(rules=rules, json=json, no_color=no_color)
    known: RuleSet = chosen_rules(settings)
    from mesocare.render.text import rules_list

    if settings.get("json"):
        return Reply(rules_list.list_json(known))
    return Reply(rules_list.list_text(known, no_color=bool(settings.get("no_color"))))


def show(item: Item, *, rules: Rules = None, json: Json = None, no_color: NoColor = None) -> Reply:
    """All that is written of one item or detail: phases, reasons, evidence with grades."""
    from mesocare.parsing.written import find_written

    settings = settled(rules=rules, json=json, no_color=no_color)
    known = chosen_rules(settings)
    named = find_written(item, known)
    from mesocare.render.text import rules_list

    if settings.get("json"):
        return Reply(rules_list.show_json(named, known))
    return Reply(rules_list.show_text(named, known, no_color=bool(settings.get("no_color"))))
