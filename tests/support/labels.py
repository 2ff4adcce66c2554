"""Labels that were printed, with what is to be read of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.app.product import PEELS
from mesocare.parsing.labels.inci import parse_label
from mesocare.parsing.labels.kinds import guessed

if TYPE_CHECKING:
    from mesocare.parsing.labels.ingredients import Reader, Reading

FOLDER = Path(__file__).parents[1] / "data" / "ingredients"


class Expected(NamedTuple):
    """One of the thirteen lists: its names, its restricted classes, and what nobody knows of it."""

    product: str
    source: str
    names: int
    classes: frozenset[str]
    unknown: tuple[str, ...]
    text: str


class Collected(NamedTuple):
    """A list collected since: whether it is kept aside, and whether it is read wrong as yet."""

    held_out: bool
    wrong: bool
    product: str
    source: str
    classes: frozenset[str]
    text: str


def _rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]


def thirteen() -> list[Expected]:
    """Return the lists that the parsing rules were written with."""
    return [
        Expected(
            product,
            source,
            int(names),
            frozenset(classes.split()),
            tuple(filter(None, unknown.split("|"))),
            text,
        )
        for product, source, names, classes, unknown, text in _rows("thirteen.tsv")
    ]


def collected() -> list[Collected]:
    """Return the lists collected since, with the classes that somebody read off each.

    `held-out` ones are only measured. The others are `seen`, or `wrong` for as long as the classes
    that are found are not the reader's.
    """
    return [
        Collected(
            kept == "held-out",
            kept == "wrong",
            product,
            source,
            frozenset(classes.split()),
            text.replace("\\n", "\n"),
        )
        for kept, product, source, classes, text in _rows("lists.tsv")
    ]


def classes_of(reading: Reading) -> frozenset[str]:
    """Return the classes that restrict a product, by its label alone."""
    peel = bool(PEELS & {each.id for each in guessed(reading)[0]})
    return frozenset(
        entry.group
        for found in reading.found
        for entry in found.entries
        if found.counts(entry, peel=peel)
    )


def read(text: str, reader: Reader) -> Reading:
    """Return what is recognised of a text."""
    return reader.read(parse_label(text))
