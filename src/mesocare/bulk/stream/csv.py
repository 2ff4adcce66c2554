"""A check of delimited text, row by row: the quick way for what is written as most is."""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from mesocare.bulk.decider import joined
from mesocare.bulk.header import filters, places
from mesocare.bulk.io.readers import CsvRows, row_text
from mesocare.bulk.job import DETAILS
from mesocare.bulk.stream.base import PatientRun
from mesocare.errors import MesocareError
from mesocare.parsing.date_order import DAY_FIRST, MONTH_FIRST
from mesocare.text import is_formula, without_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mesocare.bulk.io.lines import Lines
    from mesocare.bulk.kinds import Written
    from mesocare.bulk.verdicts import Outcome

_SHORT, _LONG = len("2024-05-01T14:30"), len("2024-05-01T14:30:00")
_MIDNIGHT = "00:00"
# What may stand between day, month and year; not nothing, which is in every text.
_SEPARATORS = {".", "/", "-", " "}
# 25.11.2026 14:30 in ISO 8601; what has only the look of it is refused by what reads that.
_AS_ISO = {
    DAY_FIRST: lambda text: f"{text[6:10]}-{text[3:5]}-{text[:2]}{text[10:]}",
    MONTH_FIRST: lambda text: f"{text[6:10]}-{text[:2]}-{text[3:5]}{text[10:]}",
}


def _what_of(place: Mapping[str, int]) -> Callable[[Sequence[str]], Written]:
    """Return what tells what was done of a row: the cell of its type, with details if it has them.

    Args:
        place: Where the columns of ours stand.
    """
    there = [place[each] for each in ("type", *DETAILS) if each in place]
    if len(there) != 1 + len(DETAILS) and len(there) > 1:
        at_type, at = there
        if "with" in place:
            return lambda row: (row[at_type], row[at], "")
        return lambda row: (row[at_type], "", row[at])
    return itemgetter(*there)


class CsvRun(PatientRun):
    """A check of delimited text."""

    def table(self) -> None:
        """Judge row by row, and write what is wanted."""
        rows = CsvRows(self.lines, self.job, self.rejects.add)
        self.delimiter = rows.delimiter
        self.understood(rows.job, rows.line if rows.titled else 0)
        names = [each.strip() for each in rows.header]
        self.place = places(rows.header, self.job.columns)
        self.what = _what_of(self.place)
        self.filters = filters(self.job, names, self.place)
        # What was understood of these begins with a letter.
        harmless = {self.place.get(each) for each in ("type", "tz", *DETAILS)}
        self.risky = [n for n in range(len(names)) if n not in harmless]
        if self.job.raw or self.job.form != "csv":
            self.risky = []
        self.begin(rows.header, names, self.job.added)
        dressed = self._long if self.job.long else self._wide
        for chunk in self.chunks(iter(rows)):
            self.pass_on(dressed(self._judged(chunk)), len(chunk))

    def records(self, lines: Lines) -> Iterator[tuple[int, list[str] | None]]:
        """Yield the rows anew."""
        return iter(CsvRows(lines, self.job, lambda _: None))

    def treated(self, records: Iterable[tuple[int, list[str] | None]]) -> Iterator[str]:
        """Yield the cell that says when the treatment was, of each row."""
        at = self.place["treated"]
        return (row[at] for _, row in records if row is not None)

    def _judged(self, chunk: list[tuple[int, list[str] | None]]) -> list[tuple[Outcome, list[str]]]:
        """Return the rows that are wanted; what is written as most do goes by the steps."""
        at_treated, at_type, at_tz, at_time = (
            self.place.get(each, -1) for each in ("treated", "type", "tz", "treated_time")
        )
        order = self.verdicts.orders.year_last
        table_of, read, filters_ = self.verdicts.tables.get, datetime.fromisoformat, self.filters
        what_of, kept, exact, types = self.what, [], self.job.exact, self.wanted_types
        for line, row in chunk:
            if row is None:
                continue
            treated = row[at_treated]
            if at_time >= 0:
                both = self._joined(line, row)
                if both is None:
                    continue
                treated = both
            given = treated
            if (
                order
                and treated[2:3] in _SEPARATORS
                and treated[5:6] in _SEPARATORS
                and treated[10:11] == " "
            ):
                treated = _AS_ISO[order](treated)
            table = table_of((what_of(row), row[at_tz] if at_tz >= 0 else ""))
            outcome = None
            if (
                table
                # Nothing but 2024-05-01T14:30 or 2024-05-01 14:30:00, in digits, passes both this
                # and `fromisoformat`; which in later releases of Python knows an hour of 24.
                and (len(treated) == _SHORT or (len(treated) == _LONG and treated[16] == ":"))
                and treated[4] == treated[7] == "-"
                and treated[13] == ":"
                and treated[10] in "T "
                and treated[11:13] != "24"
                and (exact or treated[11:16] != _MIDNIGHT)
            ):
                try:
                    outcome = table[1][bisect_right(table[0], read(treated))]
                except ValueError:
                    outcome = None  # the slow way says why
            outcome = outcome or self._slowly(line, row, given)
            order = self.verdicts.orders.year_last
            if outcome is None:
                continue
            outcome.count += 1
            if (
                outcome.tail
                and not (filters_ and any(row[n] != text for n, text in filters_))
                and not (types and any(self.verdicts.type(row[at_type]) != each for each in types))
            ):
                kept.append((outcome, row))
        return kept

    def _joined(self, line: int, row: list[str]) -> str | None:
        """Return the date and the time that stands beside it; reject the row if need be."""
        values = {ours: row[n] for ours, n in self.place.items()}
        try:
            return joined(values["treated"], values["treated_time"])
        except MesocareError as error:
            self.refuse(line, error, values, row_text(row, self.delimiter))
            return None

    def _slowly(self, line: int, row: list[str], treated: str) -> Outcome | None:
        """Ask the engine, and reject the row if need be."""
        values = {ours: row[n] for ours, n in self.place.items()}
        try:
            return self.verdicts.outcome(treated, self.what(row), values.get("tz", ""))
        except MesocareError as error:
            self.refuse(line, error, values, row_text(row, self.delimiter))
            return None

    def _wide(self, judged: list[tuple[Outcome, list[str]]]) -> list[Any]:
        for outcome, row in judged:
            for n in self.risky:
                if is_formula(row[n]):
                    row[n] = "'" + row[n]
            row.extend(outcome.tail or ())
        return [row for _, row in judged]

    def _long(self, judged: list[tuple[Outcome, list[str]]]) -> list[Any]:
        found: list[Any] = []
        for outcome, row in judged:
            values = {ours: row[n] for ours, n in self.place.items()}
            treated = joined(values["treated"], values.get("treated_time", ""))
            said = self.verdicts.long_rows(outcome, treated, self.what(row), values.get("tz", ""))
            for n in self.risky:
                row[n] = without_formula(row[n])
            found += [[*row, *each] for each in said]
        return found
