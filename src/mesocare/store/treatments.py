"""Treatments on record: kept as typed and as understood, changed, removed and brought back."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from mesocare.errors import StoreError
from mesocare.store import seal
from mesocare.store.location import DamageError
from mesocare.text import is_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mesocare.core.timespan import Interval

COLUMNS = seal.COLUMNS["treatment"]
_STORED = ", ".join((*COLUMNS, seal.SEAL))
_WHOLE = (
    f"SELECT {', '.join(f't.{name}' for name in (*COLUMNS, seal.SEAL))}, i.substances, i.seal"  # noqa: S608 - our own column names
    " FROM treatment t LEFT JOIN injected i ON i.treatment = t.id"
)
SHORTEST_PREFIX = 4
LONGEST_TEXT = 500
MOST_NAMED = 12
_NEXT_INSTANT = timedelta(microseconds=1)


class StoredTreatment(NamedTuple):
    """A treatment on record. Instants are ISO 8601 in UTC; `zone` is an IANA name.

    `typed` is what somebody typed, `earliest` and `latest` how it was understood. `overrides`
    leads from an activity's id to what the clinic said of it. `injected` are the ids of substances.
    """

    id: str
    type: str
    area: str
    typed: str
    earliest: str
    latest: str
    zone: str
    clinic: str | None
    phone: str | None
    note: str | None
    overrides: Mapping[str, Mapping[str, str]]
    changed: str
    removed: str | None
    injected: tuple[str, ...] = ()

    def as_plain(self) -> dict[str, Any]:
        """Return the values by name, as JSON has them."""
        values = self._asdict()
        injected = values.pop("injected")
        return {**values, "with": list(injected)}

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """The earliest and the latest instant at which it may have been, in UTC."""
        return datetime.fromisoformat(self.earliest), datetime.fromisoformat(self.latest)


def new_id() -> str:
    """Return an identity that no other record has, on this machine or another."""
    return uuid4().hex


def instants(when: Interval) -> tuple[str, str]:
    """Return an interval's ends as they are stored."""
    return when.earliest.isoformat(), when.latest.isoformat()


def kept_line(text: str) -> str | None:
    """Return a text as it is kept, in one line; `None` if it is too long or cannot be shown."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT and is_shown(line) else None


def on_record(connection: sqlite3.Connection) -> list[StoredTreatment]:
    """Return the treatments that were not removed, oldest first."""
    rows = connection.execute(f"{_WHOLE} WHERE t.removed IS NULL ORDER BY t.latest, t.area, t.id")
    return [_read(row) for row in rows]


def everything(connection: sqlite3.Connection) -> list[StoredTreatment]:
    """Return all treatments, removed ones too, in a fixed order."""
    rows = connection.execute(f"{_WHOLE} ORDER BY t.id")
    return [_read(row) for row in rows]


def find(connection: sqlite3.Connection, prefix: str) -> StoredTreatment:
    """Return the treatment whose id begins so.

    Raises:
        StoreError: No treatment on record does, or several do.
    """
    known = on_record(connection)
    wanted = prefix.casefold()
    found = [each for each in known if each.id.casefold().startswith(wanted)]
    exact = [each for each in known if each.id == prefix]
    if exact or (len(prefix) >= SHORTEST_PREFIX and len(found) == 1):
        return (exact or found)[0]
    ids = ", ".join(each.id[:8] for each in known[-MOST_NAMED:]) or "none"
    if len(known) > MOST_NAMED:
        ids = f"{len(known)} treatments, the last of them {ids}"
    if len(prefix) < SHORTEST_PREFIX:
        message = f"{prefix!r} is too short to name a treatment; on record: {ids}"
        hint = f"Give at least {SHORTEST_PREFIX} characters of the id. Type: mesocare treatments"
        raise StoreError(message, hint)
    word = "several treatments" if len(found) > 1 else "no treatment"
    message = f"{word} on record with an id that begins with {prefix!r:.80}; on record: {ids}"
    raise StoreError(message, "Type: mesocare treatments")


def keep(connection: sqlite3.Connection, treatment: StoredTreatment) -> None:
    """Store a treatment, new or changed.

    Raises:
        StoreError: Another treatment is on record for that time and area.
    """
    keep_all(connection, [treatment])


def keep_all(connection: sqlite3.Connection, changed: Iterable[StoredTreatment]) -> None:
    """Store treatments, new or changed, as if at once: one may take the place another leaves.

    Raises:
        StoreError: Two treatments would be on record for one time and area.
    """
    connection.execute("SAVEPOINT keeping")
    try:
        _replace(connection, list(changed))
    except BaseException:
        connection.execute("ROLLBACK TO keeping")
        connection.execute("RELEASE keeping")
        raise
    connection.execute("RELEASE keeping")


def _replace(connection: sqlite3.Connection, rows: list[StoredTreatment]) -> None:
    connection.executemany("DELETE FROM treatment WHERE id = ?", [(each.id,) for each in rows])
    for each in rows:
        if each.removed is None and _taken(connection, each):
            raise _already(each)
        plain = each._replace(overrides=json.dumps(each.overrides))[: len(COLUMNS)]  # type: ignore[arg-type]
        injected = (each.id, json.dumps(each.injected))
        try:
            connection.execute(
                f"INSERT INTO treatment ({_STORED}) VALUES (?{', ?' * len(COLUMNS)})",  # noqa: S608 - our own column names
                (*plain, seal.sealed("treatment", plain)),
            )
            connection.execute(
                "INSERT OR REPLACE INTO injected VALUES (?, ?, ?)",
                (*injected, seal.sealed("injected", injected)),
            )
        except sqlite3.IntegrityError as error:
            raise _already(each) from error


def _taken(connection: sqlite3.Connection, treatment: StoredTreatment) -> bool:
    """Whether another treatment of the area is on record for the same day without a clock time.

    Recorded twice on that day, the second ends a moment later, so the times are not equal.
    """
    rows = connection.execute(
        f"{_WHOLE} WHERE t.removed IS NULL AND t.area = ? AND t.earliest = ? AND t.id <> ?",
        (treatment.area, treatment.earliest, treatment.id),
    )
    return _is_day(treatment) and any(_is_day(_read(row)) for row in rows)


def _is_day(treatment: StoredTreatment) -> bool:
    """Whether the clock time is not known: neither an instant nor a time that came twice."""
    from zoneinfo import ZoneInfo

    from mesocare.core.calendar import same_reading

    if treatment.earliest == treatment.latest:
        return False
    first, last = treatment.ends
    try:
        return not same_reading(first, last, ZoneInfo(treatment.zone))
    except (LookupError, ValueError, OSError):  # a zone that this system lacks
        return True


def _already(treatment: StoredTreatment) -> StoreError:
    message = f"a treatment of the {treatment.area} is already on record for that time"
    hint = "Type `mesocare treatments` to see it, and `mesocare edit ID` to change it."
    return StoreError(message, hint)


def changed_at(treatment: StoredTreatment, now: datetime) -> str:
    """Return when a change of a treatment is made: now, and always later than the one before.

    Within a second, or after a clock was put back, the later version is the later one still.
    """
    return _later(now, treatment.changed)


def _later(now: datetime, before: str | None) -> str:
    if before is not None:
        now = max(now, datetime.fromisoformat(before) + _NEXT_INSTANT)
    return now.astimezone(UTC).isoformat()


def remove(connection: sqlite3.Connection, treatment: StoredTreatment, now: datetime) -> None:
    """Take a treatment off the record; `undo` brings it back."""
    last = last_removed(connection)
    changed = treatment._replace(removed=_later(now, last), changed=changed_at(treatment, now))
    keep(connection, changed)


def last_removed(connection: sqlite3.Connection) -> str | None:
    """Return when a treatment was removed last; `None` if none was."""
    found: str | None = connection.execute("SELECT max(removed) FROM treatment").fetchone()[0]
    return found


def undo(connection: sqlite3.Connection, now: datetime) -> StoredTreatment:
    """Bring back the treatment that was removed last.

    Raises:
        StoreError: None was removed.
    """
    row = connection.execute(
        f"{_WHOLE} WHERE t.removed IS NOT NULL ORDER BY t.removed DESC, t.id LIMIT 1"
    ).fetchone()
    if row is None:
        raise StoreError(
            "nothing was removed, so there is nothing to undo", "Type: mesocare treatments"
        )
    treatment = _read(row)
    treatment = treatment._replace(removed=None, changed=changed_at(treatment, now))
    keep(connection, treatment)
    return treatment


def _read(row: tuple[object, ...]) -> StoredTreatment:
    *stored, whole, substances, sealed = row
    injected = (stored[0], substances)
    if not (
        seal.is_whole("treatment", stored, whole) and seal.is_whole("injected", injected, sealed)
    ):
        raise DamageError("it is damaged (a treatment is not as it was written)")
    values = dict(zip(COLUMNS, stored, strict=True))
    values["overrides"] = json.loads(str(values["overrides"]))
    return StoredTreatment(**values, injected=tuple(json.loads(str(substances))))  # type: ignore[arg-type]
