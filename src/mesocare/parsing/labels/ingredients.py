"""Names of a list -> what is known of them: a class, harmless, or not recognised.

A name is compared as a whole, never by a part: `Cetearyl Alcohol` is no alcohol and `Ethylhexyl
Salicylate` no salicylic acid, because neither name is. It is tried as printed, then without its
brackets, then what is in them; then as a camera may have misread it, without footnote numbers, and
by its synonyms where a slash or an `and` parts them.

The names of a clinic's protocol are looked up by themselves, and only add: they hide no name of
the table, move none from its place, and make no list better read than it was.
"""

from __future__ import annotations

import re
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from mesocare.parsing.labels.inci import pieces
from mesocare.parsing.labels.names import folded, misread, without_notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mesocare.core.products import Entry, Products
    from mesocare.parsing.labels.inci import IngredientList, Label, Printed

HARMLESS, NOTED, SCRUB = "harmless", "noted", "on-a-scrub"
WATER = "AQUA"
# By role: up to which place among the recognised names of its list a name counts.
_UP_TO = {"first-five": 5, "first": 1}
_THIRD = 3
# In a short list the first names are what the product is made of, beyond a third of them too.
_LEAST = 3
_AND = r"(?i)\s(?:and|et|und|y)\s|\s&\s"
# What these end is one name, whatever its slashes.
_ONE_NAME = (
    r"(?i)(?:polymer|esters?|glycerides?|ferment|filtrate|lysate|extract|oil|butter|water|powder|juice"
    r"|acids?|amide|oxide|silicate|resin|wax)$"
)
# So many recognised names in alphabetical order are no order by amount.
_SORTED_LEAST = 8
# So few that any shop's list fills it soon: memory is the same for any number of products.
_MOST_KEPT = 5_000


class Found(NamedTuple):
    """A name of a list and what it was recognised as; nothing, if no entry is there.

    Attributes:
        entries: Everything it names, in the order in which it was found.
        place: Its place among the recognised names of its list, from 1; 0 among those that only
            may be there, or where places mean nothing, as in alphabetical order.
        of: How many there are.
        again: Whether water stood twice before it, so that another product may have begun.
        known: Whether the rule set itself knows it, not a clinic's protocol alone.
    """

    printed: Printed
    entries: tuple[Entry, ...]
    place: int
    of: int
    again: bool
    known: bool

    def counts(self, entry: Entry, *, peel: bool) -> bool | None:
        """Whether an entry restricts where this name stands; `None` if that cannot be told."""
        role, printed = entry.role, self.printed
        if role in {HARMLESS, NOTED}:
            return False
        if role == "restricted" or (peel and not printed.may):
            return True
        if role == SCRUB or (printed.may and printed.percent is None):
            return False
        if printed.percent is None and not self.place:
            return None
        up_to = _UP_TO.get(role, max(_LEAST, ceil(self.of / _THIRD)))
        if printed.percent is not None or self.place <= up_to:
            return True
        return None if self.again else False


class Reading(NamedTuple):
    """What was recognised of a label.

    Attributes:
        label: The label.
        products: What it was recognised by.
        found: Every name of it, list by list.
        early: The names unknown to the rule set itself that stand in the first third of their
            list, or in a list whose order says nothing.
    """

    label: Label
    products: Products
    found: tuple[Found, ...]
    early: tuple[Printed, ...]

    @property
    def unknown(self) -> tuple[Printed, ...]:
        """The names that were not recognised, in order."""
        return tuple(each.printed for each in self.found if not each.entries)

    @property
    def recognised(self) -> int:
        """How many names were."""
        return len(self.found) - len(self.unknown)

    @property
    def known(self) -> int:
        """How many of them the rule set itself knows."""
        return sum(1 for each in self.found if each.known)


class Reader:
    """Recognises names by the table of one rule set; what it has seen it remembers."""

    def __init__(self, products: Products) -> None:
        self.products = products
        self._table = _Names(products.entry)
        self._own = _Names(products.own_entry) if products.own else None
        self._seen: dict[tuple[str, str, tuple[str, ...]], tuple[tuple[Entry, ...], bool]] = {}

    def read(self, label: Label) -> Reading:
        """Return what is recognised of a label."""
        found: list[Found] = []
        early: list[Printed] = []
        for each in label.lists:
            found += self._list(each, early)
        return Reading(label, self.products, tuple(found), tuple(early))

    def entries(self, printed: Printed) -> tuple[Entry, ...]:
        """Return everything that one printed name names."""
        return self._read(printed)[0]

    def _read(self, printed: Printed) -> tuple[tuple[Entry, ...], bool]:
        """Return everything that a name names, and whether the rule set itself knows it."""
        key = (printed.whole, printed.name, printed.inside)
        known = self._seen.get(key)
        if known is None:
            if len(self._seen) >= _MOST_KEPT:
                self._seen.clear()
            table = tuple(dict.fromkeys(self._table.entries(printed)))
            own = self._own.entries(printed) if self._own else ()
            known = self._seen[key] = tuple(dict.fromkeys([*table, *own])), bool(table)
        return known

    def _list(self, each: IngredientList, early: list[Printed]) -> list[Found]:
        read = [(item, *self._read(item)) for item in each.items]
        known = [item.name.casefold() for item, _, known in read if known and not item.may]
        first = known[:_SORTED_LEAST]
        alphabetical = len(first) == _SORTED_LEAST and first == sorted(first)
        sure = sum(1 for item in each.items if not item.may)
        found = []
        place = waters = 0
        for item, entries, is_known in read:
            place += is_known and not item.may
            waters += any(entry.name == WATER for entry in entries)
            # A name that only a protocol knows has the place that it would have in the table.
            more = 0 if is_known else 1
            told = 0 if item.may or alphabetical else place + more
            found.append(Found(item, entries, told, len(known) + more, waters > 1, is_known))
            near = alphabetical or item.position <= ceil(sure / _THIRD)
            if not is_known and not item.may and near:
                early.append(item)
        return found


class _Names:
    """Finds what a printed name names, by what gives the entry of a name in its one form."""

    def __init__(self, entry: Callable[[str], Entry | None]) -> None:
        self._entry = entry

    def entries(self, printed: Printed) -> Iterable[Entry]:
        """Return everything that one printed name names."""
        whole = self._entry(folded(printed.whole))
        if whole is not None:
            return [whole]
        found = list(self._named(printed.name))
        for inside in printed.inside:
            for piece in pieces(inside):
                found += self._named(piece)
        return found

    def _named(self, name: str) -> Iterable[Entry]:
        """Return what a name without brackets names: itself, or the synonyms that it is made of."""
        entry = self._one(name)
        if entry is not None:
            return [entry]
        if "/" in name:
            spaced = " / " in name
            parts = [self._one(part) for part in name.split("/")]
            return self._parts(parts, apart=spaced or not re.search(_ONE_NAME, name.strip()))
        both = re.split(_AND, name) if " " in name else [name]
        if len(both) > 1:
            return self._parts([self._one(part) for part in both], apart=True)
        return []

    def _parts(self, parts: list[Entry | None], *, apart: bool) -> list[Entry]:
        """Return what the parts of a name are; some are enough only for what is restricted.

        `apart` says that they are names of their own, not fragments of one.
        """
        known = [each for each in parts if each is not None]
        if len(known) == len(parts):
            return known
        return [each for each in known if each.role not in {HARMLESS, NOTED}] if apart else []

    def _one(self, name: str) -> Entry | None:
        key = folded(name)
        entry = self._entry(key)
        if entry is not None:
            return entry
        for other in misread(key):
            entry = self._entry(other)
            if entry is not None:
                return entry
        bare = without_notes(name)
        return None if bare is None else self._entry(folded(bare))
