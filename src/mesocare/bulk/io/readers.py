"""The records of CSV and NDJSON, one by one, and those that are none, each with its line."""

from __future__ import annotations

import csv
import json
from collections import deque
from io import StringIO
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from mesocare.bulk.header import LATEST_HEADER, columns_of, delimiter_of, header_problem
from mesocare.bulk.io.lines import LONGEST_LINE, UNREADABLE
from mesocare.bulk.job import DETAILS, OPTIONAL, REQUIRED, Reject, shortened
from mesocare.errors import TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mesocare.bulk.io.lines import Lines
    from mesocare.bulk.job import Job

# Blocks of lines that are kept, to read again what an unclosed quote has swallowed.
_KEPT = 4
_NO_TEXT = {
    each: f"is no text and no list of texts; if it is another kind of column: --map {each}="
    for each in DETAILS
}
_UNCLOSED = "has a quote that is never closed"
_CLOSED_WRONG = "has a quote that is not closed, or text after one that is"


class CsvRows:
    """The rows of a delimited text, after its header.

    Attributes:
        header: The names of the columns as they stand there; empty ones at the end are none.
        delimiter: What stands between two cells.
        line: The line of the header, the first being 1.
        titled: Whether there is something above the header.
        unnamed: How many columns without a name each row has at its end, with nothing in them.
        job: The job, with the name of each column that has a meaning.

    Args:
        lines: The text.
        job: It says which columns there have to be.
        reject: Told of each row that is none.

    Raises:
        TableError: There is no header, or not the one that is needed.
    """

    def __init__(self, lines: Lines, job: Job, reject: Callable[[Reject], None]) -> None:
        self._lines = lines
        self._reject = reject
        self._kept: deque[tuple[int, list[str]]] = deque(maxlen=_KEPT)
        self._flow = chain.from_iterable(self._keeping())
        first, before, self.titled = self._header_line(job)
        self.line = before + 1
        if first is UNREADABLE:
            raise _unreadable_header(lines, before + 1)
        self.delimiter = job.delimiter or delimiter_of(first, job)
        csv.field_size_limit(LONGEST_LINE)
        self._base = self._high = before
        self._reader = self._read(chain([first], self._flow))
        try:
            cells = next(self._reader)
        except csv.Error as error:
            message = f"{lines.name} has a header that cannot be read: {error}"
            raise TableError(message, "Its first line has to name the columns.") from error
        self.header = list(cells)
        while len(self.header) > 1 and not self.header[-1].strip():
            self.header.pop()
        self.unnamed = len(cells) - len(self.header)
        problem = header_problem(self.header, job, lines.name)
        if problem:
            raise problem
        self.job = job._replace(columns=columns_of(job).settled(self.header))

    def __iter__(self) -> Iterator[tuple[int, list[str] | None]]:
        """Yield the number of each row's first line, and the row; `None` where it was rejected."""
        width, whole = len(self.header), len(self.header) + self.unnamed
        end = self._base + self._reader.line_num
        while True:
            reader, base = self._reader, self._base
            try:
                for row in reader:
                    begin, end = end + 1, base + reader.line_num
                    if row and not any(map(str.strip, row)):
                        continue  # a row of blanks is none, as an empty line is
                    if len(row) == width:
                        yield begin, row
                    elif len(row) == whole and not any(map(str.strip, row[width:])):
                        yield begin, row[:width]
                    elif row:
                        self._ragged(begin, end, row)
                        yield begin, None
            except csv.Error as error:
                end = self._mend(end + 1, base + reader.line_num, error)
                yield end, None
            else:
                return

    def _keeping(self) -> Iterator[list[str]]:
        """Yield the blocks of lines, keeping the last few."""
        for block in self._lines.blocks():
            self._kept.append((self._lines.given - len(block), block))
            yield block

    def _header_line(self, job: Job) -> tuple[str, int, bool]:
        """Return the line of the header, how many stand before it, and whether one is a title.

        It is the first with anything in it, unless only a later one of the first twenty names all
        the columns that there have to be.
        """
        line, before = self._first_line(job), 0
        while not line.strip("\r\n"):
            before += 1
            line = self._first_line(job)
        if line is UNREADABLE or self._names_all(line, job):
            return line, before, False
        following: list[str] = []
        for later in islice(self._flow, LATEST_HEADER - before - 1):
            if later is not UNREADABLE and self._names_all(later, job):
                return later, before + 1 + len(following), True
            following.append(later)
        self._flow = chain(following, self._flow)
        return line, before, False

    def _names_all(self, line: str, job: Job) -> bool:
        delimiter = job.delimiter or delimiter_of(line, job)
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            return False
        return columns_of(job).is_header(cells)

    def _first_line(self, job: Job) -> str:
        line = next(self._flow, None)
        if line is None:
            message = f"{self._lines.name} is empty: it has no header"
            raise TableError(message, f"Its first line has to be: {','.join(job.layout.required)}")
        return line

    def _read(self, lines: Iterator[str]) -> Any:
        return csv.reader(lines, delimiter=self.delimiter, strict=True)

    def _ragged(self, begin: int, end: int, row: list[str]) -> None:
        """Reject a row with another number of cells than the header."""
        if fault := self._fault(begin, end):
            self._reject(Reject(begin, "", "", fault[1], fault[0]))
            return
        cells = f"{len(row)} cell{'s' * (len(row) != 1)}"
        over = f", over the lines {begin} to {end}" if end > begin else ""
        why = f"has {cells}{over}, where the header has {len(self.header)}"
        self._reject(Reject(begin, "", "", why, row_text(row, self.delimiter)))

    def _mend(self, begin: int, end: int, error: csv.Error) -> int:
        """Reject the line on which an unreadable row begins, and go on with the next line."""
        self._high = max(end, self._high)
        again = self._again(begin + 1, self._high)
        self._base = self._high - len(again)
        if fault := self._fault(begin, begin):
            self._reject(Reject(begin, "", "", fault[1], fault[0]))
        else:
            why = _CLOSED_WRONG if "expected after" in str(error) else _UNCLOSED
            # More than is kept cannot be read again.
            why += f"; it took the lines up to {self._base} along" if self._base > begin else ""
            row = "".join(self._again(begin, begin)).rstrip("\r\n")
            self._reject(Reject(begin, "", "", why, shortened(row)))
        self._reader = self._read(chain(again, self._flow))
        return self._base

    def _fault(self, begin: int, end: int) -> tuple[str, str] | None:
        """Take out why one of some lines could not be read."""
        faults = self._lines.faults
        at = next((line for line in sorted(faults) if begin <= line <= end), None)
        return None if at is None else faults.pop(at)

    def _again(self, begin: int, end: int) -> list[str]:
        """Return those of the lines from `begin` to `end` that are kept."""
        return [
            line
            for given, block in self._kept
            for line in islice(block, max(0, begin - 1 - given), max(0, end - given))
        ]


class JsonRows:
    """The objects of an NDJSON text, one a line.

    Args:
        lines: The text.
        reject: Told of each line that is no object.
    """

    def __init__(self, lines: Lines, reject: Callable[[Reject], None]) -> None:
        self._lines = lines
        self._reject = reject
        self._first = 0
        self._decode = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_number).decode

    def __iter__(self) -> Iterator[tuple[int, dict[str, Any], str] | None]:
        """Yield each object with the number of its line and its text; `None` for a reject."""
        for number, line in enumerate(chain.from_iterable(self._lines.blocks()), 1):
            text = line.strip()
            if not text:
                continue
            self._first = self._first or number
            try:
                found = self._decode(text)
            except (ValueError, RecursionError) as error:
                if number == self._first and text[0] == "[":
                    raise _array(self._lines) from error
                self._refuse(number, text, error)
                yield None
                continue
            if isinstance(found, dict):
                yield number, found, text
            elif isinstance(found, list) and number == self._first:
                raise _array(self._lines)
            else:
                self._reject(Reject(number, "", "", "is no JSON object", shortened(text)))
                yield None

    def _refuse(self, number: int, text: str, error: Exception) -> None:
        fault = self._lines.faults.pop(number, None)
        if fault is None:
            why = "is nested too deeply" if isinstance(error, RecursionError) else str(error)
            fault = shortened(text), f"is no JSON object: {why}"
        self._reject(Reject(number, "", "", fault[1], fault[0]))


def row_text(row: Sequence[str], delimiter: str) -> str:
    """Return a row as one line of delimited text, as far as it is shown."""
    buffer = StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="").writerow(row)
    return shortened(buffer.getvalue())


def plain(value: Any) -> str:
    """Return a value of JSON as the text of a cell."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def not_text(found: Mapping[str, Any], ours: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return which column of ours is missing or is no text, what stands there, and which of both.

    Args:
        found: An object.
        ours: By a column of ours, its name.
    """
    for column, name in ours.items():
        value = found.get(name)
        if column in REQUIRED and name not in found:
            return name, "", "is missing"
        absent = column in OPTIONAL and value is None
        readable = isinstance(value, (str, list) if column in DETAILS else str)
        if column != "patient_id" and not absent and not readable:
            return name, plain(value), _NO_TEXT.get(column, "is no text")
    return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {shortened(twice)!r} comes twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _unreadable_header(lines: Lines, number: int) -> TableError:
    why = lines.faults[number][1]
    hint = "Name a table of text; where it is UTF-16 without a mark: --encoding utf-16-le"
    return TableError(f"{lines.name} has no header that can be read: line {number} {why}", hint)


def _array(lines: Lines) -> TableError:
    message = f"{lines.name} is a JSON array, and one object a line is wanted"
    return TableError(message, "Write each of its objects into a line of its own.")
