"""The record as a command sees it: read once, so that an answer shows one state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import MesocareError, StoreError
from mesocare.store import database, diary, person, products, recovery, treatments
from mesocare.store.person import Person

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from mesocare.core.diary.entries import Entry
    from mesocare.store.products import StoredProduct
    from mesocare.store.recovery import Recovery
    from mesocare.store.treatments import StoredTreatment


class Record(NamedTuple):
    """What is on record at one moment.

    Attributes:
        treatments: Those that were not removed, oldest first.
        entries: The diary, oldest entry first.
        recovery: What was recovered from a damaged file and not confirmed yet.
        person: What is known of the person.
        products: The products that were not taken off, by name.
    """

    treatments: tuple[StoredTreatment, ...] = ()
    entries: tuple[Entry, ...] = ()
    recovery: Recovery | None = None
    person: Person = Person()
    products: tuple[StoredProduct, ...] = ()


class UnreadError(StoreError):
    """What was to be kept is on record, and yet the record cannot be read."""


def read() -> Record:
    """Return what is on record; nothing where there is no record yet.

    Raises:
        StoreError: The file is there and cannot be read, or it was damaged.
    """
    with database.reading() as connection:
        return _read(connection)


def keep(entries: Iterable[Entry]) -> Record:
    """Put entries into the diary, all of them or none; return the record with them in it.

    Raises:
        UnreadError: They are on record, but what is there cannot be read.
        StoreError: The record cannot be written, or it was damaged; nothing was kept.
    """
    kept = False
    try:
        with database.writing() as connection:
            for entry in entries:
                diary.keep(connection, entry)
            database.commit(connection)  # on disk from here on, whatever becomes of the reading
            kept = True
            return _read(connection)
    except MesocareError as error:
        if kept:
            raise UnreadError(error.message, error.hint) from error
        raise


def _read(connection: sqlite3.Connection | None) -> Record:
    if connection is None:
        return Record()
    return Record(
        tuple(treatments.on_record(connection)),
        tuple(diary.entries(connection)),
        recovery.unconfirmed(connection),
        person.on_record(connection),
        tuple(products.on_record(connection)),
    )
