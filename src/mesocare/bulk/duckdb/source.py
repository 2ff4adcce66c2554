"""Where DuckDB reads rows from: a delimited text or a Parquet file, as a relation.

A text is left to the streaming engine where the two readers might not agree on what a row is.
"""

from __future__ import annotations

import codecs
import re
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.bulk.duckdb.session import literal, reading
from mesocare.bulk.header import columns_of, header_problem, places
from mesocare.bulk.io.lines import LONGEST_LINE, Lines
from mesocare.bulk.io.readers import CsvRows
from mesocare.bulk.job import DETAILS
from mesocare.bulk.verdict_table import DAY, INSTANT, LOCAL
from mesocare.parsing.date_order import DAY_FIRST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.job import Job

_BLOCK = 256 * 1024
# Types whose values no spreadsheet takes for a formula, a negative number least of all.
_HARMLESS = re.compile(
    r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*|BOOLEAN|DATE|TIME.*|UUID)$"
)
# So much of a text is read at a time: DuckDB opens a table the sooner the less it is, and a line of
# any length that is read, in characters of four bytes, has to fit in.
_BUFFER = 16 * LONGEST_LINE
_DAY, _TIME = r"\d{4}-\d\d-\d\d", r"[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_OFFSET = r"(Z|[-+](0\d|1[0-3]):[0-5]\d)"
_MINUTE = len("2024-05-01T14:30")
_SIGNS = "('.', '/', '-', ' ')"
_LONGEST_DAY, _LONGEST_TIME = len("2024-05-01"), len("2024-05-01T14:30:00")


# A cell of a column that is not there, in SQL.
ABSENT = "''"


class Unsure(Exception):  # noqa: N818 - no error: there is another way
    """DuckDB's reader might not read this as the streaming one does."""


class Source(NamedTuple):
    """A table to be checked.

    Attributes:
        relation: The table, in SQL.
        names: Its columns, as they are called there.
        treated: The time of treatment as text, in SQL.
        kind: What kind of row it is, in SQL.
        time: The local time, or the instant in UTC, in SQL; null where the text has another form.
        midnight: Whether its time is a midnight that is taken for some time of its day, in SQL.
        type: The type of treatment as text, in SQL.
        tz: The zone as text, in SQL.
        substances: What was injected as text, in SQL; `''` where no column says it.
        factors: Who was treated as text, in SQL; `''` where no column says it.
        delimiter: What stands between two cells.
        texts: Which columns may hold what a spreadsheet takes for a formula.
        rows: How many rows it has; `None` where nobody has counted.
        plain: Whether no cell of it has to be written in quotes.
        columns: By a column of ours, its name.
        text: Whether the time of treatment is text, which may be written in another order.
        more: What the relation has besides its columns and the rows need, in SQL.
        known: The columns of a text in which a row that the verdict table has an answer for holds
            only what is known: a time, a type, a zone.
        details: Those in which any row that has an answer holds what was injected, or who was
            treated, or nothing.
    """

    relation: str
    names: tuple[str, ...]
    treated: str
    kind: str
    time: str
    midnight: str
    type: str
    tz: str
    substances: str = ABSENT
    factors: str = ABSENT
    delimiter: str = ","
    texts: tuple[bool, ...] = ()
    rows: int | None = None
    plain: bool = False
    known: tuple[int, ...] = ()
    details: tuple[int, ...] = ()
    columns: Mapping[str, str] = {}
    text: bool = True
    more: str = ""

    @property
    def what(self) -> tuple[str, str, str]:
        """What was done: its type, what was injected and who was treated, as text in SQL."""
        return self.type, self.substances, self.factors

    @property
    def key(self) -> str:
        """What leads to a part of the verdict table, in SQL."""
        return ", ".join((self.kind, *self.what, self.tz))

    def ordered(self, order: str, *, exact: bool) -> Source:
        """Return it with its dates read by an order of day and month, the year being last."""
        given = self.treated
        day, month = (1, 4) if order == DAY_FIRST else (4, 1)
        # What has the look of such a date; whether it is one, is seen when it is read as ISO.
        looks = (
            f"strlen({given}) IN ({_LONGEST_DAY}, {_MINUTE}, {_LONGEST_TIME})"
            f" AND substr({given}, 3, 1) IN {_SIGNS} AND substr({given}, 6, 1) IN {_SIGNS}"
            f" AND substr({given}, 11, 1) IN ('', ' ')"
        )
        iso = (
            f"substr({given}, 7, 4) || '-' || substr({given}, {month}, 2) || '-' ||"
            f" substr({given}, {day}, 2) || substr({given}, 11)"
        )
        column = f"CASE WHEN {looks} THEN {iso} ELSE {given} END AS iso"
        kind, time, midnight = _written("iso", exact=exact)
        return self._replace(
            relation=f"(SELECT *, {column} FROM {self.relation})",
            kind=kind,
            time=time,
            midnight=midnight,
            more=", iso",
        )


def delimited(job: Job, session: Session) -> Source:
    """Return a delimited text.

    Raises:
        TableError: It cannot be read, or has not the header that is needed.
        Unsure: It is to be read by the streaming engine.
    """
    if job.source == "-":
        raise Unsure("standard input is read once")
    with closing(Lines(job.source, job.encoding)) as lines:
        rows = CsvRows(lines, job, lambda _: None)
    if codecs.lookup(job.encoding or "utf-8").name not in {"utf-8", "utf-8-sig"}:
        raise Unsure("it is in another encoding")
    if lines.marked:
        raise Unsure("it begins with a mark")
    if rows.titled or rows.unnamed:
        raise Unsure("it has more than a header and rows")
    rows_ = _examine(Path(job.source))
    names = tuple(rows.header)
    columns = ", ".join(f"{literal(f'c{n}')}: 'VARCHAR'" for n in range(len(names)))
    relation = (
        f"read_csv({session.file(job.source)}, auto_detect = false, header = true,"
        f" columns = {{{columns}}}, delim = {literal(rows.delimiter)}, quote = '\"',"
        f" escape = '\"', comment = '', strict_mode = true, null_padding = false,"
        f" max_line_size = {LONGEST_LINE}, buffer_size = {_BUFFER}, compression = 'none')"
    )
    found = places(rows.header, rows.job.columns)
    text = {ours: f"coalesce(c{n}, '')" for ours, n in found.items()}
    kind, time, midnight = _written(f"c{found['treated']}", exact=job.exact)
    return Source(
        relation=relation,
        names=names,
        rows=rows_,
        treated=text["treated"],
        kind=kind,
        time=time,
        midnight=midnight,
        type=text["type"],
        tz=text.get("tz", ABSENT),
        substances=text.get("with", ABSENT),
        factors=text.get("about", ABSENT),
        delimiter=rows.delimiter,
        texts=(True,) * len(names),
        plain=True,
        columns=rows.job.columns,
        known=tuple(found[each] for each in ("treated", "type", "tz") if each in found),
        details=tuple(found[each] for each in DETAILS if each in found),
    )


def _examine(path: Path) -> int:
    """See to it that the two readers cannot take a text for different things; count its rows.

    Raises:
        Unsure: It has quotes, which DuckDB takes where they are wrong, or what is no plain text.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    tail, rows = b"\n", -1  # the first line begins as one does after another
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            # A line's end that follows another's begins an empty line, which is no row.
            rows += block.count(b"\n") - _empty_lines(tail, block)
            if b"\0" in block or b'"' in block:
                raise Unsure("it has quotes or NUL bytes")
            both = tail + block
            if b"\r" in both and both.count(b"\r", 0, -1) != both.count(b"\r\n"):
                raise Unsure("it has a carriage return within a line")
            tail = both[-2:]
            if not block.isascii() or decoder.getstate()[0]:
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    raise Unsure("it is not UTF-8") from error
    if tail[-1:] == b"\r" or decoder.getstate()[0]:
        raise Unsure("it ends within a line's end or a character")
    return rows + (tail[-1:] != b"\n")


def _empty_lines(before: bytes, block: bytes) -> int:
    """Return how many lines that end in a block are empty, given the two bytes before it."""
    both = before + block
    if b"\n\n" not in both and (b"\r" not in both or b"\n\r\n" not in both):
        return 0
    return sum(each.end() > len(before) for each in re.finditer(rb"(?<=\n)\r?\n", both))


def parquet(job: Job, session: Session) -> Source:
    """Return a Parquet file.

    Raises:
        TableError: It cannot be read, or lacks columns that are needed.
    """
    name = repr(job.source)
    file = session.file(job.source)
    with reading(name):
        found = session.rows(f"DESCRIBE SELECT * FROM read_parquet({file})")
        rows = session.rows(f"SELECT sum(num_rows)::BIGINT FROM parquet_file_metadata({file})")[0][
            0
        ]
    header = [str(row[0]) for row in found]
    types = [str(row[1]) for row in found]
    problem = header_problem(header, job, name)
    if problem:
        raise problem
    columns = columns_of(job).settled(header)
    where = places(header, columns)
    # By position: a name may differ from another in nothing but its case.
    aliases = ", ".join(f"c{n}" for n in range(len(header)))
    column = f"c{where['treated']}"
    kind, time, midnight, treated = _typed(column, types[where["treated"]], exact=job.exact)
    text = {ours: _text(f"c{n}") for ours, n in where.items()}
    return Source(
        relation=f"(SELECT * FROM read_parquet({file}) AS given({aliases}))",
        names=tuple(header),
        rows=rows,
        treated=treated,
        kind=kind,
        time=time,
        midnight=midnight,
        type=text["type"],
        tz=text.get("tz", ABSENT),
        substances=text.get("with", ABSENT),
        factors=text.get("about", ABSENT),
        texts=tuple(not _HARMLESS.match(each) for each in types),
        columns=columns,
        text=types[where["treated"]] == "VARCHAR",
    )


def _written(column: str, *, exact: bool) -> tuple[str, str, str]:
    """Return kind, time and midnight of text: of the forms that have one reading in every zone.

    DuckDB reads more into a text than it should, and an offset not at all; so its form is looked at
    first. A midnight with an offset has no time here; it is left to the engine.
    """
    length = f"length({column})"
    midnight = "false" if exact else f"(substr({column}, 12, 5) = '00:00'"
    midnight += "" if exact else f" AND ({length} = {_MINUTE} OR substr({column}, 17, 3) = ':00'))"
    kind = f"CASE WHEN {length} > {_LONGEST_TIME} THEN {INSTANT}"
    kind += "" if exact else f" WHEN {midnight} THEN {DAY}"
    kind += f" WHEN {length} > {_LONGEST_DAY} THEN {LOCAL} ELSE {DAY} END"
    plain = f"regexp_full_match({column}, '{_DAY}({_TIME})?')"
    instant = f"regexp_full_match({column}, '{_DAY}{_TIME}{_OFFSET}')"
    any_ = (
        f"CASE WHEN {length} > {_LONGEST_TIME} THEN CASE WHEN NOT {midnight} AND {instant}"
        f" THEN make_timestamp(epoch_us(TRY_CAST({column} AS TIMESTAMPTZ))) END"
        f" WHEN {plain} THEN TRY_CAST({column} AS TIMESTAMP) END"
    )
    # Most times are written to the minute, and reading these by their format is quicker. It would
    # take fewer digits, and blanks about them; but not in this length, from a digit to a digit.
    most = f"strlen({column}) = {_MINUTE} AND {column} >= '0' AND right({column}, 1) >= '0'"
    minute = f"CASE WHEN {most} THEN try_strptime({column}, '%Y-%m-%dT%H:%M') END"
    return kind, f"coalesce({minute}, {any_})", f"coalesce({midnight}, false)"


def _typed(column: str, type_: str, *, exact: bool) -> tuple[str, str, str, str]:
    """Return kind, time, midnight and text of a column of a Parquet file."""
    if type_ == "DATE":
        return str(DAY), f"CAST({column} AS TIMESTAMP)", "false", _text(column)
    if type_.startswith("TIMESTAMP"):
        has_zone = type_.startswith("TIMESTAMP WITH")
        # Nothing finer than a microsecond is known to clocks here; the rest is cut off, as of text.
        time = f"make_timestamp(epoch_us({column}))" if has_zone else f"CAST({column} AS TIMESTAMP)"
        # Of an infinite one, that is asked only for the sake of an answer.
        midnight = "false" if exact else f"coalesce(date_trunc('day', {time}) = {time}, false)"
        if has_zone:
            known = f"CASE WHEN NOT {midnight} THEN {time} END"
            return str(INSTANT), known, midnight, _text(f"{_iso(time)} || 'Z'")
        kind = str(LOCAL) if exact else f"CASE WHEN {midnight} THEN {DAY} ELSE {LOCAL} END"
        return kind, time, midnight, _text(_iso(time))
    text = _text(column)
    return (*_written(column if type_ == "VARCHAR" else text, exact=exact), text)


def _iso(time: str) -> str:
    return f"CASE WHEN isfinite({time}) THEN strftime({time}, '%Y-%m-%dT%H:%M:%S.%f') END"


def _text(expression: str) -> str:
    return f"coalesce(CAST({expression} AS VARCHAR), '')"
