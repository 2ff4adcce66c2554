"""The form of the record, version by version, and how an earlier one becomes the newest.

A released step never changes. Each version has its file in `tests/data`.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from mesocare.errors import StoreError
from mesocare.store.location import LOGS, PARTIAL, TRANSIENT, beside, connect, install, log, private
from mesocare.store.seal import COLUMNS, teach

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

# Each step leads from the version that is its index to the next.
MIGRATIONS = (
    """
    CREATE TABLE treatment (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        area TEXT NOT NULL,
        typed TEXT NOT NULL,
        earliest TEXT NOT NULL,
        latest TEXT NOT NULL,
        zone TEXT NOT NULL,
        clinic TEXT,
        phone TEXT,
        note TEXT,
        overrides TEXT NOT NULL,
        changed TEXT NOT NULL,
        removed TEXT
    ) STRICT;
    CREATE UNIQUE INDEX treatment_once
        ON treatment (earliest, latest, area) WHERE removed IS NULL;
    """,
    """
    CREATE TABLE entry (
        id TEXT PRIMARY KEY,
        sign TEXT,
        words TEXT NOT NULL,
        score INTEGER CHECK (score BETWEEN 0 AND 10),
        temperature REAL,
        note TEXT,
        at TEXT NOT NULL
    ) STRICT;
    """,
    # What was recovered from a damaged file, and when the user confirmed that it is complete.
    """
    CREATE TABLE recovery (
        aside TEXT NOT NULL,
        treatments INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        confirmed TEXT
    ) STRICT;
    """,
    # A seal on every row, by which a change that nobody made is noticed; entries taken back.
    f"""
    ALTER TABLE entry ADD COLUMN removed TEXT;
    ALTER TABLE treatment ADD COLUMN seal TEXT NOT NULL DEFAULT '';
    ALTER TABLE entry ADD COLUMN seal TEXT NOT NULL DEFAULT '';
    UPDATE treatment SET seal = sealed('treatment', {", ".join(COLUMNS["treatment"])});
    UPDATE entry SET seal = sealed('entry', {", ".join(COLUMNS["entry"])});
    """,  # noqa: S608 - our own column names
    # What was injected, who was treated, the next session, products. Every treatment has a row, and
    # so has each thing about the person, so that one which got lost is missed: without it an answer
    # could be milder.
    """
    CREATE TABLE injected (
        treatment TEXT PRIMARY KEY,
        substances TEXT NOT NULL,
        seal TEXT NOT NULL
    ) STRICT;
    CREATE TABLE person (
        id TEXT PRIMARY KEY,
        value TEXT NOT NULL,
        changed TEXT,
        seal TEXT NOT NULL
    ) STRICT;
    CREATE TABLE product (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        label TEXT NOT NULL,
        kind TEXT,
        changed TEXT NOT NULL,
        removed TEXT,
        seal TEXT NOT NULL
    ) STRICT;
    INSERT INTO injected SELECT id, '[]', sealed('injected', id, '[]') FROM treatment;
    INSERT INTO person VALUES ('about', '[]', NULL, sealed('person', 'about', '[]', NULL));
    INSERT INTO person VALUES ('session', 'null', NULL, sealed('person', 'session', 'null', NULL));
    """,
)
# The tables and indexes in the order of the steps that make them.
PARTS = (
    ("treatment", "treatment_once"),
    ("entry",),
    ("recovery",),
    (),
    ("injected", "person", "product"),
)
# From which version on the rows of a table have a seal.
SEALED = {"treatment": 4, "entry": 4, "injected": 5, "person": 5, "product": 5}


def tables(version: int) -> list[str]:
    """Return the tables that a file of a version has."""
    made = (name for step in PARTS[:version] for name in step)
    return [name for name in made if name != "treatment_once"]


def check_version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of a file.

    Raises:
        StoreError: It is newer than this program.
    """
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        message = f"the record {str(path)!r} was written by a newer mesocare (version {version})"
        raise StoreError(message, "Update mesocare; the record was left as it is.")
    return version


def create(path: Path, fill: Callable[[sqlite3.Connection], None], *, into: Path) -> None:
    """Make a file of the newest version for the record at `path`, whole or not at all.

    It is filled in the same transaction as it is made, and comes into being `into` its place.
    """
    partial = beside(path, PARTIAL)
    try:
        private(partial)
        with closing(connect(partial)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            _apply(connection, 0)
            fill(connection)
            connection.execute("COMMIT")
        for suffix in (*LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)
        install(partial, into)
    finally:
        for suffix in ("", *LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a file to the newest version in one transaction; a copy is kept first."""
    prepare(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = check_version(connection, path)
        if version > 0:
            _back_up(path, version)
        _apply(connection, version)
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise


def prepare(connection: sqlite3.Connection) -> None:
    """Let what is written be on disk when it is committed, and what is deleted be overwritten.

    The journal is kept and written over: one that is deleted leaves its content in free blocks, a
    write-ahead log even all that was ever noted, and needs memory shared by way of a file.
    """
    for pragma in (
        "journal_mode=PERSIST", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {pragma}")


def _apply(connection: sqlite3.Connection, version: int) -> None:
    """Take the steps that lead from a version to the newest."""
    teach(connection)
    for step in MIGRATIONS[version:]:
        for statement in step.split(";"):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


def _back_up(path: Path, version: int) -> None:
    """Keep a copy of a file as it is before the transaction that migrates it."""
    partial = beside(path, PARTIAL)
    try:
        private(partial)
        with closing(connect(path)) as source, closing(connect(partial)) as target:
            source.backup(target)
        install(partial, beside(path, f"-version-{version}.backup.db"))
    finally:
        for suffix in ("", *LOGS, *TRANSIENT):
            log(partial, suffix).unlink(missing_ok=True)
