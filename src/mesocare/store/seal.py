"""A seal on every row: by it whoever reads a row knows that it is what was written.

A single flipped bit turns `96 h` into `16 h`, and a database does not notice. The first half of a
seal is over what an answer depends on, the second over the whole row.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING

from mesocare.core.diary.entries import Entry

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

SEAL = "seal"
# The columns of each sealed table. They never change; a later version would add a table of its own.
COLUMNS: dict[str, tuple[str, ...]] = {
    "treatment": (
        "id", "type", "area", "typed", "earliest", "latest", "zone", "clinic", "phone", "note",
        "overrides", "changed", "removed",
    ),
    "entry": (*Entry._fields, "removed"),
    # What was injected, for each treatment; what is known of the person, thing by thing. In JSON.
    "injected": ("treatment", "substances"),
    "person": ("id", "value", "changed"),
    "product": ("id", "name", "label", "kind", "changed", "removed"),
}  # fmt: skip
_FREE_TEXT = frozenset({"area", "typed", "clinic", "phone", "note", "words"})
_HALF = 32


def sealed(table: str, row: Sequence[object]) -> str:
    """Return the seal of a row, whose values are in the order of the table's columns."""
    depended_on = [
        value for name, value in zip(COLUMNS[table], row, strict=True) if name not in _FREE_TEXT
    ]
    return _digest(table, depended_on) + _digest(table, row)


def is_whole(table: str, row: Sequence[object], seal: object) -> bool:
    """Whether a row is as it was written."""
    return seal == sealed(table, row)


def may_answer(table: str, row: Sequence[object], seal: object) -> bool:
    """Whether all that an answer depends on is as it was written; other text may not be."""
    return isinstance(seal, str) and seal[:_HALF] == sealed(table, row)[:_HALF]


def teach(connection: sqlite3.Connection) -> None:
    """Let a connection know `sealed(table, ...)`, by which the rows of earlier versions get one."""
    connection.create_function(
        "sealed", -1, lambda table, *row: sealed(table, row), deterministic=True
    )


def _digest(table: str, values: Sequence[object]) -> str:
    # What was damaged may hold bytes where text stood; they never have the seal of the text.
    plain = json.dumps([table, *values], default=repr)
    return sha256(plain.encode()).hexdigest()[:_HALF]
