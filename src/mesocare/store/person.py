"""What is on record of the person, not of a treatment: who was treated, and the next session."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from mesocare.core.timespan import Interval
from mesocare.errors import TreatmentError
from mesocare.store import seal
from mesocare.store.location import DamageError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

ABOUT, SESSION = "about", "session"


class Session(NamedTuple):
    """The next session, as typed and as understood; instants are ISO 8601 in UTC."""

    types: tuple[str, ...]
    typed: str
    earliest: str
    latest: str
    zone: str

    @property
    def when(self) -> Interval:
        """When it will be.

        Raises:
            TreatmentError: This system does not know its time zone.
        """
        try:
            zone = ZoneInfo(self.zone)
        except (LookupError, ValueError, OSError) as error:
            message = f"the next session on record is in a zone {self.zone!r} unknown here"
            raise TreatmentError(message, "Type: mesocare before --on WHEN --keep") from error
        first, last = (datetime.fromisoformat(each) for each in (self.earliest, self.latest))
        return Interval(first, last, zone)


class Person(NamedTuple):
    """What is known of the person.

    Attributes:
        about: The ids of factors: who was treated.
        session: The next session; `None` where none is on record.
        changed: By the id of each, when it was last changed, in ISO 8601 in UTC; `None` for never.
    """

    about: tuple[str, ...] = ()
    session: Session | None = None
    changed: Mapping[str, str | None] = MappingProxyType({ABOUT: None, SESSION: None})


def on_record(connection: sqlite3.Connection) -> Person:
    """Return what is on record of the person.

    Raises:
        DamageError: It is not as it was written.
    """
    rows = connection.execute("SELECT id, value, changed, seal FROM person").fetchall()
    whole = all(seal.is_whole("person", row[:-1], row[-1]) for row in rows)
    if not whole or {row[0] for row in rows} != {ABOUT, SESSION}:
        raise DamageError("it is damaged (what it holds of the person is not as it was written)")
    values = {id_: json.loads(value) for id_, value, _, _ in rows}
    return Person(
        tuple(values[ABOUT]),
        None if values[SESSION] is None else session_of(values[SESSION]),
        {id_: changed for id_, _, changed, _ in rows},
    )


def session_of(plain: dict[str, Any]) -> Session:
    """Return a session from its values by name."""
    return Session(**{**plain, "types": tuple(plain["types"])})


def keep_about(connection: sqlite3.Connection, factors: tuple[str, ...], changed: str) -> None:
    """Store who was treated, in the place of what was there."""
    _keep(connection, ABOUT, list(factors), changed)


def keep_session(connection: sqlite3.Connection, session: Session | None, changed: str) -> None:
    """Store the next session, in the place of what was there; `None` takes it off."""
    _keep(connection, SESSION, None if session is None else session._asdict(), changed)


def later(person: Person, id_: str, now: datetime) -> str:
    """Return when a change is made: now, and always later than the one before."""
    before = person.changed[id_]
    if before is not None:
        now = max(now, datetime.fromisoformat(before) + timedelta(microseconds=1))
    return now.astimezone(UTC).isoformat()


def _keep(connection: sqlite3.Connection, id_: str, value: object, changed: str) -> None:
    row = (id_, json.dumps(value), changed)
    connection.execute(
        "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", (*row, seal.sealed("person", row))
    )
