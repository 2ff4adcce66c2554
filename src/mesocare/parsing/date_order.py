"""In which order the numbers of a date are meant, where it has more than one reading.

Nothing but somebody's word settles it, or a whole column: where some of its cells can only be day
first and none only month first, all of them are. The locale never does.
"""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from mesocare.errors import OrderError
from mesocare.parsing.date_errors import readings

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY_FIRST: Final = "day-first"
MONTH_FIRST: Final = "month-first"
YEAR_FIRST: Final = "year-first"

# Where the year stands: at the end, at the beginning, or nobody can tell, as it has two digits.
Shape = Literal["year_last", "year_first", "short"]
_SEPARATOR = r"[/. -]"
_SHAPES: dict[Shape, str] = {
    "year_last": rf"(\d\d?){_SEPARATOR}(\d\d?){_SEPARATOR}(\d{{4}})",
    "year_first": rf"(\d{{4}}){_SEPARATOR}(\d\d?){_SEPARATOR}(\d\d?)",
    "short": rf"(\d\d?){_SEPARATOR}(\d\d?){_SEPARATOR}(\d\d)",
}
# For each shape, where day, month and year stand by each order.
_PLACES: dict[Shape, dict[str, tuple[int, int, int]]] = {
    "year_last": {DAY_FIRST: (0, 1, 2), MONTH_FIRST: (1, 0, 2)},
    # Nobody writes year, day, month; but where nothing else is a date, it was meant.
    "year_first": {YEAR_FIRST: (2, 1, 0), "": (1, 2, 0)},
    "short": {DAY_FIRST: (0, 1, 2), MONTH_FIRST: (1, 0, 2), YEAR_FIRST: (2, 1, 0)},
}
# ISO 8601 says of itself what it means, and nothing of other dates.
_ISO = r"(?!\d{4}-\d\d-\d\d(?!\d))"


@cache
def _begins() -> dict[Shape, re.Pattern[str]]:
    """Return what a cell begins with that is a date of each shape; few questions need it."""
    return {
        shape: re.compile(rf"{_ISO}{pattern}(?!\d|[/.-]\d)") for shape, pattern in _SHAPES.items()
    }


class Orders(NamedTuple):
    """The order that is settled for each shape of date; `None` where none is.

    `serial` says that the numbers of a spreadsheet count from 1900.
    """

    year_last: str | None = None
    year_first: str | None = None
    short: str | None = None
    serial: str | None = None

    @property
    def said(self) -> str | None:
        """Which order is settled, in one word; `None` where none is."""
        return self.year_last or self.short or self.year_first


_MOST_SEEN = 100_000
_LONGEST_DAY = len("25.11.2026")

UNSETTLED = Orders()
# What somebody may say.
ORDERS = {
    DAY_FIRST: Orders(year_last=DAY_FIRST, short=DAY_FIRST),
    MONTH_FIRST: Orders(year_last=MONTH_FIRST, short=MONTH_FIRST),
    YEAR_FIRST: Orders(year_first=YEAR_FIRST, short=YEAR_FIRST),
}


def numeric(words: str) -> tuple[Shape, dict[str, date]] | None:
    """Return the shape of a date of bare numbers, and what it is by each order in which it is one.

    `None` where the words are none.
    """
    for shape, pattern in _SHAPES.items():
        if found := re.fullmatch(pattern, words):
            return shape, _dates(shape, found.groups())
    return None


def _dates(shape: Shape, numbers: tuple[str, ...]) -> dict[str, date]:
    found = {}
    for order, (day, month, year) in _PLACES[shape].items():
        if days := readings([(numbers[year], numbers[month], numbers[day])]):
            found[order] = days[0]
    return found


def settled(texts: Iterable[str], today: date) -> Orders:
    """Return the orders that a column settles: those by which all its dates are dates.

    Args:
        texts: Its cells. One that is a date by no order says nothing; nor does an ISO date.
        today: The latest date that a treatment can have.
    """
    left: dict[str, set[str]] = {shape: {*orders} for shape, orders in _PLACES.items()}
    seen: set[str] = set()
    serial = None
    for text in texts:
        # Many cells of a column are alike in their first letters, the day.
        given = text.strip()
        begin = given[:_LONGEST_DAY]
        if begin in seen:
            continue
        if len(seen) >= _MOST_SEEN:
            seen.clear()  # a column may hold anything; to look twice does no harm
        seen.add(begin)
        if re.fullmatch(_SERIAL, given) and _serial_days(given)[-1] > today:
            serial = FROM_1900
        for shape, pattern in _begins().items():
            found = pattern.match(given)
            if found and (possible := _dates(shape, found.groups())):
                left[shape] &= possible.keys()
    one = {shape: next(iter(orders)) or None for shape, orders in left.items() if len(orders) == 1}
    return Orders(**one, serial=serial)


def in_doubt(texts: Iterable[str], today: date) -> bool:
    """Whether a cell has more than one reading as long as no order is settled."""
    for text in texts:
        if re.fullmatch(_SERIAL, text.strip()) and _serial_days(text.strip())[-1] <= today:
            return True
        for shape, pattern in _begins().items():
            found = pattern.match(text.strip())
            if found and (shape == "short" or len(_dates(shape, found.groups())) > 1):
                return True
    return False


# A spreadsheet counts days from an epoch, and the hours as parts of a day. Some count from 1904,
# so that a number may mean two days, four years apart.
_SERIAL = r"([34567]\d{4})(?:[.,](\d{1,12}))?"
FROM_1900 = "from 1900"
_EPOCHS = (date(1899, 12, 30), date(1904, 1, 1))
_SECONDS = 24 * 60 * 60


def from_serial(text: str, today: date, orders: Orders) -> str | None:
    """Return the day and time of a spreadsheet's number in ISO 8601; `None` where it is none.

    Args:
        text: The cell.
        today: The latest date that a treatment can have.
        orders: What the column has settled.

    Raises:
        OrderError: It may count from 1900 or from 1904, and both are dates that have been.
    """
    found = re.fullmatch(_SERIAL, text.strip())
    if found is None:
        return None
    day, other = _serial_days(found[1])
    if other <= today and orders.serial != FROM_1900:
        raise OrderError(
            f"{text!r} may be {day} or, counted from 1904, {other}.",
            "Have the spreadsheet write dates as 2024-05-01.",
        )
    second = round(float(f"0.{found[2] or 0}") * _SECONDS)
    day += timedelta(days=second // _SECONDS)
    clock = time(second % _SECONDS // 3600, second // 60 % 60, second % 60)
    return f"{day}T{clock}" if found[2] and second % _SECONDS else f"{day}"


def _serial_days(text: str) -> list[date]:
    return [epoch + timedelta(days=int(text[:5])) for epoch in _EPOCHS]
