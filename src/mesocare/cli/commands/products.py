"""`mesocare products`: a person's own shelf, and when each product may come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli import clock
from mesocare.cli.commands.product import KIND_HELP, label_text
from mesocare.cli.completion import kinds
from mesocare.cli.fields import Yes, confirm
from mesocare.cli.options import (
    About,
    At,
    Dates,
    Json,
    NoColor,
    Rules,
    Treated,
    Type,
    Tz,
    With,
    add,
    helped,
)
from mesocare.cli.reply import Reply, told
from mesocare.cli.request import request
from mesocare.cli.settings import Settings
from mesocare.errors import StoreError
from mesocare.text import printable

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

_EXAMPLE = "mesocare products add 'Night serum' --file label.txt"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    group = typer.Typer(
        help=helped("Your own products, and when each may come back.", _EXAMPLE),
        no_args_is_help=False,
        rich_markup_mode=None,
    )
    group.callback(invoke_without_command=True)(products)
    add(group, "add", add_, _EXAMPLE)
    add(group, "remove", remove, "mesocare products remove 'Night serum'")
    app.add_typer(group, name="products")


def products(
    context: typer.Context,
    *,
    treated: Treated = None,
    type_: Type = None,
    with_: With = None,
    about: About = None,
    at: At = None,
    dates: Dates = None,
    tz: Tz = None,
    rules: Rules = None,
    json: Json = None,
    no_color: NoColor = None,
) -> Reply | None:
    """Show when each product may come back."""
    if context.invoked_subcommand is not None:
        return None
    from mesocare.app.shelf import shelf
    from mesocare.store import record

    known = record.read()
    if not known.products and known.recovery is None:
        return Reply(f"No product is on record. Type for example: {_EXAMPLE}\n")
    flags = {
        "treated": treated, "type": type_, "with": with_, "about": about, "at": at,
        "dates": dates, "tz": tz, "rules": rules, "json": json, "no_color": no_color,
    }  # fmt: skip
    asked = request(Settings(flags), record=known)
    meaning = asked.meaning
    bottles = shelf(known.products, asked.question, meaning.open_ids if meaning else ())
    if asked.json:
        from mesocare.render.json.product import shelf_json

        return asked.reply(shelf_json(bottles, asked.question, meaning), meaning=meaning)
    from mesocare.render.text.product import shelf_text

    return asked.reply(shelf_text(bottles, asked.question, meaning), meaning=meaning)


def add_(
    name: Annotated[str, typer.Argument(help="What you call it.")],
    label: Annotated[
        list[str] | None,
        typer.Argument(help="The list of ingredients as printed; - for standard input."),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", help="A file with the label's text.", metavar="FILE")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=KIND_HELP, metavar="KIND", autocompletion=kinds),
    ] = None,
) -> Reply:
    """Put a product on your shelf; one of that name is replaced."""
    from mesocare.app.product import read
    from mesocare.cli.fields import kept_text
    from mesocare.parsing.labels.kinds import kind_of
    from mesocare.store import database
    from mesocare.store import products as store
    from mesocare.store.treatments import new_id
    from mesocare.text import folded

    text = label_text(label, file)
    called = kept_text("name", name)
    if called is None:
        raise StoreError("the product has no name", f"Type for example: {_EXAMPLE}")
    if len(text) > store.LONGEST_LABEL:
        message = f"the label has {len(text)} letters; one that is kept has at most"
        raise StoreError(f"{message} {store.LONGEST_LABEL}", "Give the list of ingredients alone.")
    reading = read(text, _rules().products())
    taken_as = kind_of(reading, kind)
    now = clock.now()
    with database.writing() as connection:
        same = [each for each in store.on_record(connection) if folded(each.name) == folded(called)]
        known = same[0] if same else None
        product = store.StoredProduct(
            id=new_id() if known is None else known.id,
            name=called,
            label=text.replace("\0", " "),
            kind=taken_as.kinds[0].id if taken_as.given else None,
            changed=now.isoformat() if known is None else store.later(known, now),
            removed=None,
        )
        store.keep(connection, product)
    count = len(reading.found)
    verb = "Replaced" if known else "On your shelf"
    names = f"{reading.recognised} of {count} names recognised"
    return told(f"{verb}: {printable(called)} ({names})\nNow type: mesocare products")


def remove(
    name: Annotated[str, typer.Argument(help="What it is called.")], *, yes: Yes = False
) -> Reply:
    """Take a product off your shelf."""
    from mesocare.store import database
    from mesocare.store import products as store

    with database.reading() as opened:
        product = store.find([] if opened is None else store.on_record(opened), name)
    if not yes:
        confirm(f"Take {printable(product.name)} off your shelf?")
    with database.writing() as connection:
        # As it is now: another program may have changed it while somebody was asked.
        product = store.find(store.on_record(connection), product.name)
        changed = store.later(product, clock.now())
        store.keep(connection, product._replace(removed=changed, changed=changed))
    return told(f"Off your shelf: {printable(product.name)}")


def _rules() -> RuleSet:
    from mesocare.rules.loader import load_rules

    return load_rules(Settings({}).get("rules"))
