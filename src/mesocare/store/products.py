"""A person's own products on record: the shelf."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import StoreError
from mesocare.store import seal
from mesocare.store.location import DamageError
from mesocare.text import closest, folded

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

COLUMNS = seal.COLUMNS["product"]
_STORED = ", ".join((*COLUMNS, seal.SEAL))
LONGEST_LABEL = 64 * 1024
MOST = 200
_TICK = timedelta(microseconds=1)


class StoredProduct(NamedTuple):
    """A product: its name, the text of its label, its kind if that was said.

    Attributes:
        changed: When it was last changed, in ISO 8601 in UTC.
        removed: When it was taken off, likewise; `None` if it was not.
    """

    id: str
    name: str
    label: str
    kind: str | None
    changed: str
    removed: str | None


def on_record(connection: sqlite3.Connection) -> list[StoredProduct]:
    """Return the products that were not taken off, by name."""
    found = [each for each in everything(connection) if each.removed is None]
    return sorted(found, key=lambda each: folded(each.name))


def everything(connection: sqlite3.Connection) -> list[StoredProduct]:
    """Return all products, those taken off too, in a fixed order.

    Raises:
        DamageError: One is not as it was written.
    """
    rows = connection.execute(f"SELECT {_STORED} FROM product ORDER BY id").fetchall()  # noqa: S608 - our own column names
    if not all(seal.is_whole("product", row[:-1], row[-1]) for row in rows):
        raise DamageError("it is damaged (a product is not as it was written)")
    return [StoredProduct(*row[:-1]) for row in rows]


def find(products: Iterable[StoredProduct], name: str) -> StoredProduct:
    """Return the product of a name, whatever its case and accents.

    Raises:
        StoreError: None is called so.
    """
    known = {folded(each.name): each for each in products}
    found = known.get(folded(name.strip()))
    if found is None:
        close = closest(folded(name.strip()), known) or list(known)
        names = ", ".join(known[key].name for key in close[:5]) or "none"
        message = f"no product on record is called {name!r:.80}; there is: {names}"
        raise StoreError(message, "Type: mesocare products")
    return found


def keep(connection: sqlite3.Connection, product: StoredProduct) -> None:
    """Store a product, in the place of one of its id.

    Raises:
        StoreError: There are too many.
    """
    others = [each for each in everything(connection) if each.id != product.id]
    if product.removed is None and sum(each.removed is None for each in others) >= MOST:
        message = f"{MOST} products are on record, and no more can be"
        raise StoreError(message, "Take one off: mesocare products remove NAME")
    connection.execute(
        f"INSERT OR REPLACE INTO product ({_STORED}) VALUES (?{', ?' * len(COLUMNS)})",  # noqa: S608 - our own column names
        (*product, seal.sealed("product", product)),
    )


def later(product: StoredProduct, now: datetime) -> str:
    """Return when a change is made: now, and always later than the one before."""
    now = max(now, datetime.fromisoformat(product.changed) + _TICK)
    return now.astimezone(UTC).isoformat()
