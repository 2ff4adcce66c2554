"""The formats in which rows are written: delimited text and JSON, as bytes."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_FLUSH_AT = 64 * 1024


class CsvFormat:
    """Writes rows as delimited text.

    Args:
        write: Takes the bytes.
        delimiter: What stands between two cells.
    """

    def __init__(self, write: Callable[[bytes], None], delimiter: str) -> None:
        self._write = write
        self._delimiter = delimiter
        self._waiting: list[str] = []
        self._size = 0

    def write(self, rows: Sequence[Sequence[str | None]]) -> None:
        """Take some rows, and pass them on once there are enough."""
        text = self._text(rows, csv.QUOTE_MINIMAL)
        # Before Python 3.13 a carriage return in a cell is not quoted by itself.
        if "\r" in text:
            text = self._text(rows, csv.QUOTE_ALL)
        self._waiting.append(text)
        self._size += len(text)
        if self._size >= _FLUSH_AT:
            self.flush()

    def _text(self, rows: Sequence[Sequence[str | None]], quoting: Literal[0, 1]) -> str:
        buffer = StringIO(newline="")
        csv.writer(
            buffer, delimiter=self._delimiter, lineterminator="\n", quoting=quoting
        ).writerows(rows)
        return buffer.getvalue()

    def flush(self) -> None:
        """Pass on what is waiting."""
        text = "".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        # A lone surrogate, which JSON can hold, has no other form.
        self._write(text.encode("utf-8", "backslashreplace"))


class JsonFormat:
    """Writes rows as JSON, an object a line.

    Args:
        write: Takes the bytes.
        names: The columns' names.
    """

    def __init__(self, write: Callable[[bytes], None], names: Sequence[str]) -> None:
        self._write = write
        self._names = names
        self._encode = json.JSONEncoder(ensure_ascii=False).encode

    def write(self, rows: Iterable[Sequence[str | None]]) -> None:
        """Take some rows, and pass them on; an empty cell is `null`, as absence is everywhere."""
        names, encode = self._names, self._encode
        self.lines(
            encode({name: cell or None for name, cell in zip(names, row, strict=True)})
            for row in rows
        )

    def lines(self, lines: Iterable[str]) -> None:
        """Take some objects that are JSON already, and pass them on."""
        text = "".join([f"{line}\n" for line in lines])
        self._write(text.encode("utf-8", "backslashreplace"))

    def flush(self) -> None:
        """Do nothing: nothing waits."""
