"""What a bulk check is asked to do, and what it has to say of itself when it has done it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.timespan import closing
from mesocare.errors import DateError, DetailError, MesocareError, ZoneError
from mesocare.parsing.date_order import UNSETTLED, Orders

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.timespan import Span

# The columns that have a meaning; the optional ones may be absent. Any others are carried along.
REQUIRED = ("patient_id", "treated", "type")
DETAILS = ("with", "about")
OPTIONAL = ("tz", "treated_time", *DETAILS)
# What a long table adds, and what it says of something that opens soon.
LONG = ("activity", "verdict", "condition", "limited_from", "allowed_from", "protocol")
OPENING = ("opens_as", "opens_at")
# What --where can ask for besides columns of the input.
JUDGED = ("verdict", "activity")
REJECT_COLUMNS = ("line", "column", "value", "reason", "row")
LONGEST_SHOWN = 200


class Layout(NamedTuple):
    """The columns of a table that have a meaning; any others are carried along.

    Attributes:
        required: Those that there have to be.
        optional: Those that may be absent.
        known: By one of them, further names that it may have; `None` where the rule set has them.
        added: What the output has after the columns of the input; `None` where what is asked says.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    known: Mapping[str, tuple[str, ...]] | None = None
    added: tuple[str, ...] | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """Both, in order."""
        return (*self.required, *self.optional)


PATIENTS = Layout(REQUIRED, OPTIONAL)


class Job(NamedTuple):
    """One bulk check.

    Attributes:
        source: A file's path, or `-` for standard input.
        kind: What it is: `csv`, `tsv`, `ndjson`, `parquet` or `excel`.
        output: A file's path; `None` for standard output.
        form: What is written: `csv`, `ndjson` or `parquet`.
        columns: From a column of ours to the name it has in the input, as somebody said, or as
            was found out; no name for one that is to be left alone.
        activities: What is asked about, in order.
        rules: The rule set.
        at: The instant asked about, in UTC.
        zone: Where a row's treatment took place that names no zone.
        within: Only what opens within this span after `at`; `None` for everything.
        where: Conditions that a row or an answer has to meet, such as `("verdict", "avoid")`.
        long: A row per patient and activity, not a column per activity.
        raw: Whether cells that a spreadsheet would run are left as they are.
        rejects: The file for rejected rows; `None` for standard error.
        delimiter: What stands between two cells; `None` to find out.
        encoding: The encoding of the input; `None` to find out.
        counted: Whether the verdicts are to be counted; where that would take another look at the
            rows, it is left out for somebody who is not told.
        orders: In which order the numbers of a date are meant, as somebody said.
        types: From a word for a type, folded, to the type that somebody said it means.
        sheet: The sheet of a workbook to read; `None` for the one that has a header.
        mark: Whether CSV begins with a byte order mark, without which Excel takes its letters for
            others; otherwise it does where the input does.
        header: The line of the header of what the input was made of, if something is above it.
        called: What the input is called in messages, where it was made of another file.
        exact: Whether a treatment at midnight was at midnight; otherwise it was some time that day.
        names: The columns of an NDJSON input that was made of a sheet; empty where the first object
            has to say.
        layout: Which columns have a meaning.
    """

    source: str
    kind: str
    output: str | None
    form: str
    columns: Mapping[str, str]
    activities: tuple[Item | Group, ...]
    rules: RuleSet
    at: datetime
    zone: tzinfo
    within: Span | None = None
    where: tuple[tuple[str, str], ...] = ()
    long: bool = False
    raw: bool = False
    rejects: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    counted: bool = True
    names: tuple[str, ...] = ()
    exact: bool = False
    orders: Orders = UNSETTLED
    types: Mapping[str, str] = {}
    sheet: str | None = None
    mark: bool = False
    header: int = 0
    called: str | None = None
    layout: Layout = PATIENTS

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the activities, in order."""
        return tuple(each.id for each in self.activities)

    @property
    def until(self) -> datetime | None:
        """The end, in UTC, of the time in which something has to open; `None` for no such limit."""
        return None if self.within is None else closing(self.at, self.within, self.zone)

    @property
    def added(self) -> tuple[str, ...]:
        """The columns that the output has after those of the input."""
        if self.layout.added is not None:
            return self.layout.added
        if not self.long:
            return self.ids
        return LONG if self.within is None else LONG + OPENING


@dataclass
class Reading:
    """How a table was read, where it is not written as it says in the reference.

    Attributes:
        columns: By a column of ours, another name that was taken for it.
        types: By a type, other words that were taken for it.
        orders: In which order the numbers of a date were taken, as the whole column has it.
        header: The line of the header, the first being 1; 0 where it is the first that is not
            empty.
        sheet: The sheet of a workbook with several that was read.
        long: Whether a pipe went on for too long to look at the whole column.
    """

    columns: dict[str, str] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    orders: Orders = UNSETTLED
    header: int = 0
    sheet: str | None = None
    long: bool = False


@dataclass
class Tally:
    """What a bulk check did.

    Attributes:
        read: Rows read, without the header; those written or rejected, if nothing was counted.
        written: Rows written.
        rejected: Rows that could not be judged; each was named.
        verdicts: How often each verdict was given, by activity; of all rows judged.
        opening: How many rows an activity opens for within the time asked about, by activity.
        midnights: Whether a midnight was taken for some time of its day.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)
    opening: dict[str, int] = field(default_factory=dict)
    midnights: bool = False
    reading: Reading = field(default_factory=Reading)


class Reject(NamedTuple):
    """A row that could not be judged.

    Attributes:
        line: The line of the input that the row begins on, the first being 1.
        column: The column at fault, by the input's name; empty where it is the row as a whole.
        value: What stands there.
        reason: Why it cannot be used, and what can.
        row: The row as it was, as far as it is shown.
    """

    line: int
    column: str
    value: str
    reason: str
    row: str

    def __str__(self) -> str:
        """Return the reject in a line: `line 17: treated '1/5/24': why`."""
        value = repr(shortened(self.value))
        said = " ".join(self.reason.split())
        if not self.column:
            return f"line {self.line}: {said}"
        known = said.startswith(repr(self.value))
        return f"line {self.line}: {self.column} {said if known else f'{value}: {said}'}"


class Interrupted(Exception):  # noqa: N818 - somebody's wish, not an error
    """Somebody stopped a check; `tally` says how far it was, `signal` by which signal."""

    def __init__(self, tally: Tally, signal: int) -> None:
        super().__init__()
        self.tally = tally
        self.signal = signal


def shortened(text: str) -> str:
    """Return a text as far as it is shown of a row that was rejected."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


def blamed(error: MesocareError) -> str:
    """Return the column of ours that an error about a treatment is about."""
    if isinstance(error, DateError):
        return "treated"
    if isinstance(error, DetailError):
        return error.kind
    return "tz" if isinstance(error, ZoneError) else "type"


def reason(error: MesocareError) -> str:
    """Return why a row was rejected, with what to write instead, in sentences."""
    end = "." if error.hint and error.message[-1:] not in {".", "?", "!"} else ""
    return " ".join(filter(None, (error.message + end, error.hint)))
