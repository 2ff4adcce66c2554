"""What a rule set knows of ingredients: names, the classes they belong to, the kinds of product.

No window is here: a class names the items whose rules it is held to.
"""

from collections.abc import Mapping
from typing import NamedTuple


class IngredientClass(NamedTuple):
    """A class of ingredients.

    Attributes:
        items: The ids of the items whose rules hold.
        mask: Those that hold besides, on a mask.
        hair: Those that hold instead, on a hair product; `None` for those of the kind.
        clinic: Whether no rule covers it in full, so that the clinic is asked.
        note: What to know of it.
    """

    id: str
    label: str
    items: tuple[str, ...]
    mask: tuple[str, ...]
    hair: tuple[str, ...] | None
    clinic: bool
    note: str | None


class Kind(NamedTuple):
    """A kind of product, and the `words` of a label that tell it.

    `hair` marks what only goes on hair and scalp, `rinsed` what is washed off.
    """

    id: str
    label: str
    items: tuple[str, ...]
    words: tuple[str, ...]
    rinsed: bool
    hair: bool


class Entry(NamedTuple):
    """A name of the table: where it belongs, when it counts, and where that is from."""

    name: str
    group: str
    role: str
    source: str
    place: str
    grade: str


class Products(NamedTuple):
    """Everything known of ingredients.

    `names` leads from a name in its one form to a row, `rows` are `Entry` cells apart by tabs.
    """

    classes: Mapping[str, IngredientClass]
    kinds: Mapping[str, Kind]
    names: Mapping[str, str]
    rows: tuple[str, ...]
    titles: Mapping[str, str]

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a name in its one form."""
        row = self.names.get(key)
        return None if row is None else Entry(*self.rows[int(row)].split("\t"))
