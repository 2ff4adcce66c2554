"""What a bulk check is asked to do, and what it has to say of itself when it has done it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.timespan import Span

# The columns that have a meaning; `tz` may be absent. Any others are carried along.
REQUIRED = ("patient_id", "treated", "type")
OPTIONAL = ("tz",)


class Job(NamedTuple):
    """One bulk check.

    Attributes:
        source: A file's path, or `-` for standard input.
        kind: What it is: `csv`, `tsv`, `ndjson`, `parquet` or `excel`.
        output: A file's path; `None` for standard output.
        form: What is written: `csv`, `ndjson` or `parquet`.
        columns: From a column of ours to the name it has in the input.
        activities: What is asked about, in order.
        rules: The rule set.
        at: The instant asked about, in UTC.
        zone: Where a row's treatment took place that names no zone.
        within: Only what opens within this span after `at`; `None` for everything.
        where: Conditions that a row or an answer has to meet, such as `("verdict", "avoid")`.
        long: A row per patient and activity, not a column per activity.
        raw: Whether cells that a spreadsheet would run are left as they are.
        rejects: The file for rejected rows; `None` for standard error.
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


@dataclass
class Tally:
    """What a bulk check did.

    Attributes:
        read: Rows read, without the header.
        written: Rows written.
        rejected: Rows that could not be judged; each was named.
        verdicts: How often each verdict was given, by activity; of all rows judged.
    """

    read: int = 0
    written: int = 0
    rejected: int = 0
    verdicts: dict[str, Counter[str]] = field(default_factory=dict)
