"""Ingredients: what must hold across them and the rules, and how they are kept.

They are kept as lines of text, from which a table of names is made in a millisecond when somebody
asks for a product; nothing else pays for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.products import IngredientClass, Kind, Products
from mesocare.parsing.labels.names import folded
from mesocare.parsing.packing import unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.format.ingredients_tsv import Row

Plain = dict[str, Any]
TABLE, FILE = "ingredients.tsv", "ingredients.yaml"


def product_problems(plain: Plain) -> Iterator[tuple[str, Path, str]]:
    """Yield what does not hold together: by file and place."""
    products = plain["products"]
    items = {id_ for group in plain["groups"].values() for id_ in group["items"]}
    for kind in ("classes", "kinds"):
        for id_, each in products[kind].items():
            for key in ("items", "mask", "hair"):
                for item in each[key] if isinstance(each.get(key), list) else ():
                    if item not in items:
                        yield FILE, (kind, id_, key), f"no item {item!r}"
    sources = {**plain["sources"], **products["sources"]}
    owners: dict[str, Row] = {}
    for row in products["rows"]:
        name = row["name"]
        if row["class"] not in products["classes"]:
            yield TABLE, (name, "class"), f"no class {row['class']!r} in {FILE}"
        if row["source"] not in sources:
            yield TABLE, (name, "source"), f"no source {row['source']!r} in {FILE}"
        yield from _owned(row, owners)


def _owned(row: Row, owners: dict[str, Row]) -> Iterator[tuple[str, Path, str]]:
    """Note whose the names of a row are; a name leads to one row only."""
    for name in _names(row):
        key = folded(name)
        other = owners.setdefault(key, row)
        if not key or other is not row:
            message = f"{name!r} already leads to {other['name']!r}" if key else f"empty: {name!r}"
            yield TABLE, (row["name"], "synonyms"), message


def _names(row: Row) -> list[str]:
    return [row["name"], *filter(None, row["synonyms"].split("|"))]


def kept_products(plain: Plain) -> Plain:
    """Return what a compiled rule set keeps of the ingredients."""
    products = plain["products"]
    rows: list[Row] = products["rows"]
    columns = ("name", "class", "role", "source", "entry", "grade")
    return {
        "classes": products["classes"],
        "kinds": products["kinds"],
        "titles": {
            id_: each["title"]
            for id_, each in {**plain["sources"], **products["sources"]}.items()
            if id_ in {row["source"] for row in rows}
        },
        "names": "\n".join(folded(name) for row in rows for name in _names(row)),
        "places": " ".join(str(n) for n, row in enumerate(rows) for _ in _names(row)),
        "rows": "\n".join("\t".join(row[column] for column in columns) for row in rows),
    }


def build_products(text: str, _groups: Plain | None = None) -> Products:
    """Return the ingredients, from what a compiled rule set keeps of them."""
    plain: Plain = unpacked(text)
    return Products(
        {id_: _class(id_, each) for id_, each in plain["classes"].items()},
        {id_: _kind(id_, each) for id_, each in plain["kinds"].items()},
        dict(zip(plain["names"].split("\n"), plain["places"].split(" "), strict=True)),
        tuple(plain["rows"].split("\n")),
        plain["titles"],
        plain.get("own", {}),
    )


def _class(id_: str, each: Plain) -> IngredientClass:
    hair = each.get("hair")
    return IngredientClass(
        id_,
        each["label"],
        tuple(each["items"]),
        tuple(each.get("mask", ())),
        None if hair is None else tuple(hair),
        each.get("clinic", False),
        each.get("note"),
        tuple(each.get("added", ())),
        each.get("protocol", ""),
    )


def _kind(id_: str, each: Plain) -> Kind:
    return Kind(
        id_,
        each["label"],
        tuple(each["items"]),
        tuple(each["words"]),
        each.get("rinsed", False),
        each.get("hair", False),
    )
