"""The lines of a text of any size: decoded, bounded in length, in blocks of constant size."""

from __future__ import annotations

import codecs
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mesocare.bulk.job import shortened
from mesocare.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 128 * 1024
# Characters in a line, and in a cell: more than any spreadsheet holds, little enough to keep.
LONGEST_LINE = 256 * 1024
# Stands in for a line that cannot be read. Wherever it lands, the row is rejected: by itself it is
# a row of one cell, and inside quotes it is a quote in the wrong place.
UNREADABLE = '\0"x\n'
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Lines:
    """The lines of a file or of standard input, each with its end, in lists.

    Attributes:
        faults: Lines that could not be read, by their number from 1: their beginning, and why. In
            their place stands `UNREADABLE`. Whoever rejects one takes it out.
        given: How many lines have been handed out.
        marked: Whether the text begins with a byte order mark.

    Args:
        source: A path, or `-` for standard input.
        encoding: The encoding; `None` for UTF-8, or UTF-16 or UTF-32 with a byte order mark.
        called: What it is called in messages, if not by its path.
    """

    def __init__(self, source: str, encoding: str | None = None, called: str | None = None) -> None:
        self.source = source
        self.name = "standard input" if source == "-" else repr(called or source)
        self.faults: dict[int, tuple[str, str]] = {}
        self.given = 0
        self.marked = False
        self._encoding = encoding
        self._file = _opened(source, self.name)
        self._carry = ""
        self._long = ""

    def close(self) -> None:
        """Close the file."""
        if self.source != "-":
            self._file.close()

    def blocks(self) -> Iterator[list[str]]:
        """Yield the lines in lists of about the same size.

        Raises:
            TableError: It cannot be read, or is not in its encoding.
        """
        chunk = self._read()
        decoder = self._decoder(chunk)
        while True:
            text = self._decoded(decoder, chunk)
            if lines := self._whole(text, last=not chunk):
                self.given += len(lines)
                yield lines
            if not chunk:
                return
            chunk = self._read()

    def _read(self) -> bytes:
        try:
            # Of a pipe, what is there: nobody is to wait for a block to fill.
            read = getattr(self._file, "read1", self._file.read)
            return bytes(read(BLOCK))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise TableError(f"{self.name} cannot be read: {why}", "Name another file.") from error

    def _decoder(self, chunk: bytes) -> codecs.IncrementalDecoder:
        found = next((name for mark, name in _MARKS if chunk.startswith(mark)), "utf-8")
        self.marked = any(chunk.startswith(mark) for mark, _ in _MARKS)
        self._encoding = self._encoding or found
        try:
            decoder = codecs.getincrementaldecoder(self._encoding)("strict")
            if isinstance(decoder.decode(b""), str):  # not one from bytes to bytes
                return decoder
        except (LookupError, ValueError, TypeError):
            pass  # none such, or one that does not decode piece by piece
        message = f"{self._encoding!r} is not the name of an encoding of text"
        raise TableError(message, "Type for example: --encoding cp1252")

    def _decoded(self, decoder: codecs.IncrementalDecoder, chunk: bytes) -> str:
        try:
            return decoder.decode(chunk, not chunk)
        except UnicodeError as error:
            raise self._not_in_encoding(error) from error

    def _not_in_encoding(self, error: UnicodeError) -> TableError:
        line, said = self.given + 1, ""
        if isinstance(error, UnicodeDecodeError):
            before = error.object[: error.start].decode(error.encoding, "replace")
            line = self.given + len(_split(self._carry + before + "."))
            said = f"byte 0x{error.object[error.start]:02x} in "
        return TableError(
            f"{self.name} is not {self._encoding}: {said}line {line} does not belong there",
            "Save it as UTF-8, or name its encoding, for example: --encoding cp1252",
        )

    def _whole(self, text: str, *, last: bool) -> list[str]:
        """Return the whole lines of what was carried over and a text; carry over the rest."""
        text, self._carry = self._carry + text, ""
        lines = []
        if self._long:
            rest = self._after_long(text, last=last)
            if rest is None:
                return []
            lines, text = [self._long], rest
            self._long = ""
        lines += _split(text)
        # A carriage return may be the first half of a line's end.
        if lines and not last and text and not lines[-1].endswith("\n"):
            self._carry = lines.pop()
        for n, line in enumerate(lines):
            if len(line) > LONGEST_LINE:
                why = f"is longer than the {LONGEST_LINE} characters that are read of a line"
                lines[n] = self._unreadable(n, line, why)
        if "\0" in text:
            for n, line in enumerate(lines):
                if "\0" in line and line is not UNREADABLE:
                    lines[n] = self._unreadable(n, line, "holds a NUL byte, which no text has")
        if len(self._carry) > LONGEST_LINE:
            self._long, self._carry = self._carry[:LONGEST_LINE] + "…", ""
        return lines

    def _unreadable(self, n: int, line: str, why: str) -> str:
        self.faults[self.given + n + 1] = (shortened(line), why)
        return UNREADABLE

    def _after_long(self, text: str, *, last: bool) -> str | None:
        """Return what follows a line that is too long; `None` if its end is not there yet."""
        ends = [at for at in (text.find("\n"), text.find("\r")) if at >= 0]
        if not ends:
            return "" if last else None
        end = min(ends)
        if text[end] == "\r" and not last and end == len(text) - 1:
            self._carry = "\r"  # its other half may follow
            return None
        return text[end + 2 if text[end : end + 2] == "\r\n" else end + 1 :]


def _split(text: str) -> list[str]:
    """Return the lines, each with its end.

    Not by `splitlines`, which also splits where a cell holds one of the old control characters.
    """
    return list(StringIO(text, newline=""))


def _opened(source: str, name: str) -> BinaryIO:
    if source == "-":
        if sys.stdin is None:
            raise TableError("standard input is closed", "Name a file.")
        return sys.stdin.buffer
    try:
        if Path(source).is_dir():
            raise TableError(f"{name} is a directory, not a file", "Name a file, or - .")
        return Path(source).open("rb")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise TableError(f"{name} cannot be read: {why}", "Name a file, or - .") from error
