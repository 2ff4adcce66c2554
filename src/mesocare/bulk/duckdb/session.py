"""A DuckDB of its own for one check: in memory, spilling to a directory that goes with it."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesocare.bulk.background import Beside
from mesocare.bulk.memory import MEMORY_VARIABLE, memory_allowed
from mesocare.errors import TableError
from mesocare.files import private_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from duckdb import DuckDBPyConnection

# What a process needs beside the buffers of DuckDB, which are all that its own limit is about.
_BESIDE = 150_000_000
_PATIENCE = 0.1
_DISABLED = "SET disabled_optimizers = '{}'"
# The rows keep their order only while they are the side that streams by.
_REORDERING = "join_order,build_side_probe_side"
# What a Parquet file says of its own content may be wrong, and rows would be left out or made up.
_TRUSTING = "statistics_propagation"
# Whatever would make DuckDB see more in a path than the name of one file.
_MEANING = re.compile(r"[*?\[\]]|://|:$")


class Session:
    """A connection, and a directory for whatever does not fit into memory.

    Args:
        opening: The connection as it is being made; only the first query waits for it.
        folder: The directory; it is gone when the session ends, however it ends.
    """

    def __init__(self, opening: Beside[DuckDBPyConnection], folder: Path) -> None:
        self._opening = opening
        self.folder = folder

    def run(self, query: str, values: Sequence[object] = ()) -> Any:
        """Run a query and return its cursor; a signal that stops the wait ends the query."""
        connection = self._opening.result()
        running = Beside(lambda: connection.execute(query, list(values) or None))
        try:
            return running.result()
        except BaseException:
            while not running.done:
                # It may just have begun, and not heard.
                connection.interrupt()
                running.wait(_PATIENCE)
            raise

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a query and return all its rows."""
        found: list[tuple[Any, ...]] = self.run(query, values).fetchall()
        return found

    def batches(self, query: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Run a query and yield its rows in lists; on a cursor, so that others may be run."""
        cursor = self._opening.result().cursor().execute(query)
        while found := cursor.fetchmany(size):
            yield found

    @contextmanager
    def once(self) -> Iterator[None]:
        """Let an expression be worked out once, where it is used for a filter and for columns."""
        self.run(_DISABLED.format(f"{_REORDERING},{_TRUSTING},filter_pushdown"))
        try:
            yield
        finally:
            self.run(_DISABLED.format(f"{_REORDERING},{_TRUSTING}"))

    def file(self, path: str) -> str:
        """Return a literal for a file; a name that DuckDB would read more into goes by a link."""
        path = str(Path(path).absolute())  # `~/x` and `file:/x` are other files to it
        if _MEANING.search(path):
            link = self.folder / f"input{len(list(self.folder.iterdir()))}"
            link.symlink_to(path)
            path = str(link)
        return literal(path)


@contextmanager
def session() -> Iterator[Session]:
    """Yield a session, and leave nothing of it behind.

    Raises:
        TableError: DuckDB is not installed, or the memory limit is none.
    """
    duckdb = module()
    limit = memory_limit()
    with _private_folder() as folder:
        spill = folder / "spill"
        config = {
            "temp_directory": str(spill),
            # What does not come with DuckDB would be fetched from elsewhere.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        } | ({"memory_limit": limit} if limit else {})
        opening = Beside(lambda: _opened(duckdb, config))
        try:
            yield Session(opening, folder)
        finally:
            # If it could not be opened, whoever asked first has heard of it.
            with suppress(duckdb.Error):
                opening.result().close()


@contextmanager
def _private_folder() -> Iterator[Path]:
    with ExitStack() as held:
        try:
            folder = held.enter_context(private_folder())
            (folder / "spill").mkdir()
        except OSError as error:
            message = f"there is no room for what does not fit into memory: {error.strerror}"
            raise TableError(message, "Make room, or set TMPDIR to another directory.") from error
        yield folder


def _opened(duckdb: Any, config: Mapping[str, str]) -> DuckDBPyConnection:
    connection: DuckDBPyConnection = duckdb.connect(":memory:", config=config)
    connection.execute(_DISABLED.format(f"{_REORDERING},{_TRUSTING}"))
    connection.execute("SET enable_progress_bar = false")
    # A query that fails while it writes beside its own threads may hang for good (DuckDB
    # 2.0, issue 23885). Older ones have no such threads, and no such setting.
    with suppress(duckdb.Error):
        connection.execute("SET async_threads = 0")
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def module() -> Any:
    """Return DuckDB.

    Raises:
        TableError: It is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise TableError(
            "this needs DuckDB, which is not installed",
            "Type: pip install 'mesocare[bulk]'; without it CSV and NDJSON can be checked by"
            " --engine stream.",
        ) from error
    return duckdb


def memory_limit() -> str:
    """Return how much memory DuckDB may take; empty for what it takes by itself.

    That is less than is set, since the process needs some beside it; but at least half of it.

    Raises:
        TableError: What is set is no amount of memory.
    """
    amount = memory_allowed()
    if amount is None:
        return ""
    return f"{max(amount - _BESIDE, amount // 2) // 1000}KB"


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Let what DuckDB cannot read be an error of ours.

    Raises:
        TableError: With what DuckDB says of it, in one line.
    """
    duckdb = module()
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise TableError(
            f"{name} does not fit into the memory allowed: {first_line(error)}",
            f"Set {MEMORY_VARIABLE} to more, or leave it out.",
        ) from error
    # A damaged file gives values that no Python has, and errors of any kind.
    except (duckdb.Error, ValueError, ArithmeticError, RuntimeError, MemoryError) as error:
        raise TableError(
            f"{name} cannot be read: {first_line(error)}", "Name another file."
        ) from error


def first_line(error: Exception) -> str:
    """Return the gist of what DuckDB says."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].partition("Error: ")[2] or lines[0]


def literal(text: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return the name of a column as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
