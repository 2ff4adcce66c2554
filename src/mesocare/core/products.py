"""What a rule set knows of ingredients: names, the classes they belong to, the kinds of product.

No window is here: a class names the items whose rules it is held to.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class IngredientClass(NamedTuple):
    """A class of ingredients.

    Attributes:
        items: The ids of the items whose rules hold.
        mask: Those that hold besides, on a mask.
        hair: Those that hold instead, on a hair product; `None` for those of the kind.
        clinic: Whether no rule covers it in full, so that the clinic is asked.
        note: What to know of it.
        added: Those of the items that a clinic's protocol ties it to.
        protocol: The clinic; empty where no protocol does.
    """

    id: str
    label: str
    items: tuple[str, ...]
    mask: tuple[str, ...]
    hair: tuple[str, ...] | None
    clinic: bool
    note: str | None
    added: tuple[str, ...] = ()
    protocol: str = ""


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
    """A name of the table: where it belongs, when it counts, and where that is from.

    `protocol` is the clinic whose protocol says so; empty where the rule set itself does.
    """

    name: str
    group: str
    role: str
    source: str
    place: str
    grade: str
    protocol: str = ""


class Products(NamedTuple):
    """Everything known of ingredients.

    `names` leads from a name in its one form to a row, `rows` are `Entry` cells apart by tabs.
    `own` does so from the names that a clinic's protocol restricts besides.
    """

    classes: Mapping[str, IngredientClass]
    kinds: Mapping[str, Kind]
    names: Mapping[str, str]
    rows: tuple[str, ...]
    titles: Mapping[str, str]
    own: Mapping[str, str] = MappingProxyType({})

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a name in its one form."""
        return self._entry(self.names.get(key))

    def own_entry(self, key: str) -> Entry | None:
        """Return the entry of a name in its one form that a clinic's protocol gives it."""
        return self._entry(self.own.get(key))

    def _entry(self, row: str | None) -> Entry | None:
        return None if row is None else Entry(*self.rows[int(row)].split("\t"))
