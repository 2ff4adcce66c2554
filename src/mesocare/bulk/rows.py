"""Rows of a table, checked one by one from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mesocare.bulk.decider import Decider
from mesocare.bulk.job import DETAILS
from mesocare.bulk.kinds import What
from mesocare.core.model import Verdict
from mesocare.core.timespan import check_aware
from mesocare.errors import MesocareError, TreatmentError
from mesocare.parsing import dates
from mesocare.parsing.activities import find
from mesocare.parsing.date_order import ORDERS, UNSETTLED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mesocare.core.model import RuleSet


class CheckedRow(NamedTuple):
    """One row and what was said of it.

    Attributes:
        row: The row as it was given.
        verdicts: By activity, in the order asked; empty where the row cannot be judged.
        error: Why it cannot be judged; `None` where it was.
    """

    row: Mapping[str, str]
    verdicts: Mapping[str, Verdict]
    error: MesocareError | None


def check_rows(  # noqa: PLR0913 - what one table is asked
    rows: Iterable[Mapping[str, str]],
    rules: RuleSet,
    *,
    at: datetime,
    zone: str,
    activities: Sequence[str] = (),
    times: Literal["auto", "exact"] = "auto",
    order: Literal["day-first", "month-first", "year-first"] | None = None,
) -> Iterator[CheckedRow]:
    """Yield every row with the verdicts on some activities, in the order of the rows.

    A row is one treatment: `treated` (when it was, read as on the command line), `type` and, if it
    took place elsewhere than in `zone`, `tz`. `with` (what was injected) and `about` (who was
    treated) may be left out; several have `;` or `,` between them. A row that cannot be judged is
    yielded with its error; it never ends the others. Any number of rows takes the same memory.

    Args:
        rows: Mappings with these keys; any others are carried along.
        rules: The rule set.
        at: The instant asked about, in UTC.
        zone: The IANA time zone of rows that name none.
        activities: Words for what is asked, as `can-i` takes them; the headline groups if left out.
        times: `auto` takes a midnight for some time of its day, as `datetime(2024, 5, 1)` is all
            that a library has for a date; `exact` takes it for midnight.
        order: In which order the numbers of a date are meant; rows that are passed on one by one
            settle none.

    Raises:
        MesocareError: The zone or an activity does not exist.
        ValueError: `at` says of no zone what it means.
    """
    check_aware(at)
    asked = [find([words], rules) for words in activities]
    asked = asked or [rules.groups[id_] for id_ in rules.headline_groups]
    orders = UNSETTLED if order is None else ORDERS[order]
    known = dates.parse_zone(zone)
    decider = Decider(rules, asked, at, known, exact=times == "exact", orders=orders)
    ids = [each.id for each in asked]
    return _checked(rows, decider, ids)


def _checked(
    rows: Iterable[Mapping[str, str]], decider: Decider, ids: Sequence[str]
) -> Iterator[CheckedRow]:
    for row in rows:
        try:
            treated, type_ = (_cell(row, name) for name in ("treated", "type"))
            tz, *details = (str(row.get(name) or "").strip() for name in ("tz", *DETAILS))
            cells = decider.cells(treated, What(type_, *details), tz)
        except MesocareError as error:
            yield CheckedRow(row, {}, error)
        else:
            yield CheckedRow(row, dict(zip(ids, map(Verdict, cells), strict=True)), None)


def _cell(row: Mapping[str, str], name: str) -> str:
    text = str(row.get(name) or "").strip()
    if not text:
        raise TreatmentError(f"{name} is missing", f"Every row needs its own {name}.")
    return text
