"""The streaming engine: row by row in constant memory, with the standard library alone."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from bisect import bisect_right
from contextlib import ExitStack, suppress
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from mesocare.bulk.columns import places
from mesocare.bulk.job import (
    JUDGED,
    OPTIONAL,
    REQUIRED,
    Interrupted,
    Reject,
    Tally,
    blamed,
    reason,
    shortened,
)
from mesocare.bulk.judge import Judge
from mesocare.bulk.lines import Lines
from mesocare.bulk.rows import CsvRows, JsonRows, row_text
from mesocare.bulk.sink import FORMULA, CsvSink, JsonSink, Rejects, Sink, check_places, neutral
from mesocare.bulk.stop import Stopped, Stopping
from mesocare.errors import MesocareError, OutputError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mesocare.bulk.job import Job
    from mesocare.bulk.judge import Outcome

# Rows from one writing to the next.
_CHUNK = 128
_SHORT, _LONG = len("2024-05-01T14:30"), len("2024-05-01T14:30:00")


def run(job: Job, progress: Callable[[int], None]) -> Tally:
    """Check a table row by row.

    Args:
        job: What to check, and how.
        progress: Called now and then with the number of rows read so far.

    Raises:
        TableError: The table, or its header, cannot be used.
        OutputError: The rows could not be delivered.
        Interrupted: A signal asked to stop; whole rows were written, and no file is left.
    """
    check_places(job)
    run_: _Run = _JsonRun(job, progress) if job.kind == "ndjson" else _CsvRun(job, progress)
    with Stopping() as run_.stopping, ExitStack() as run_.open:
        try:
            run_.whole()
        except Stopped as stopped:
            run_.stop()
            raise Interrupted(run_.tally, stopped.number) from stopped
    return run_.tally


class _Run(ABC):
    """One check: what it reads, where it writes, and what it has counted."""

    stopping: Stopping
    open: ExitStack
    lines: Lines
    rejects: Rejects
    sink: Sink
    out: CsvSink | JsonSink

    def __init__(self, job: Job, progress: Callable[[int], None]) -> None:
        self.job = job
        self.progress = progress
        self.judge = Judge(job)
        self.tally = Tally()
        self.delimiter = ","
        self._begun = False

    def whole(self) -> None:
        """Read, judge and write everything."""
        self.lines = Lines(self.job.source, self.job.encoding)
        self.open.callback(self.lines.close)
        self.rejects = Rejects(self.job.rejects)
        if self.rejects.sink is not None:
            self.open.enter_context(self.rejects.sink)
        try:
            self.table()
        except TableError as error:
            if self._begun and self.job.output is None:
                # After rows, nothing else may go to standard output, not even an error as JSON.
                raise OutputError(error.message, error.hint) from error
            raise
        with self.stopping.undisturbed():
            self.rejects.pass_on()
            self.out.flush()
            self.rejects.flush()
            self.sink.keep()
            if self.rejects.sink is not None:
                self.rejects.sink.keep()
        self.count()

    @abstractmethod
    def table(self) -> None:
        """Read the table; in the end everything has been given to the output."""

    def begin(self, header: Sequence[str], names: Sequence[str]) -> None:
        """Open the output, which has the columns of the input and those of the answers."""
        self.sink = self.open.enter_context(Sink(self.job.output))
        self._begun = True
        if self.job.form == "ndjson":
            self.out = JsonSink(self.sink, [*names, *self.job.added])
            return
        self.out = CsvSink(self.sink, self.delimiter)
        shown = [each if self.job.raw else neutral(each) for each in header]
        self.out.write([[*shown, *self.job.added]])

    def pass_on(self, rows: list[Any], read: int) -> None:
        """Write some rows, undisturbed, and say how far it is."""
        with self.stopping.undisturbed():
            if rows and isinstance(rows[0], str):
                self.out.lines(rows)  # type: ignore[union-attr]
            elif rows:
                self.out.write(rows)
            self.tally.written += len(rows)
            self.rejects.pass_on()
        self.tally.read += read
        self.progress(self.tally.read)

    def refuse(self, line: int, error: MesocareError, values: dict[str, str], row: str) -> None:
        """Reject a row for what the engine has to say of it."""
        ours = blamed(error)
        column = self.job.columns.get(ours, ours)
        self.rejects.add(Reject(line, column, values[ours], reason(error), row))

    def stop(self) -> None:
        """Let go of the whole rows that are waiting, if somebody is still reading, and add up."""
        with suppress(OutputError):
            self.rejects.flush()
            if self._begun and self.job.output is None:
                self.out.flush()
        self.count()

    def count(self) -> None:
        """Add up."""
        self.judge.tally(self.tally)
        self.tally.rejected = self.rejects.count if hasattr(self, "rejects") else 0
        judged = max((sum(each.values()) for each in self.tally.verdicts.values()), default=0)
        self.tally.read = judged + self.tally.rejected


class _CsvRun(_Run):
    """A check of delimited text."""

    def table(self) -> None:
        """Judge row by row, and write what is wanted."""
        rows = CsvRows(self.lines, self.job, self.rejects.add)
        self.delimiter = rows.delimiter
        names = [each.strip() for each in rows.header]
        self.place = places(rows.header, self.job.columns)
        self.filters = filters(self.job, names, self.place)
        # A type or a zone that was understood begins with a letter.
        harmless = {self.place["type"], self.place.get("tz")}
        self.risky = [n for n in range(len(names)) if n not in harmless]
        if self.job.raw or self.job.form != "csv":
            self.risky = []
        self.begin(rows.header, names)
        dressed = self._long if self.job.long else self._wide
        records = iter(rows)
        while chunk := list(islice(records, _CHUNK)):
            self.pass_on(dressed(self._judged(chunk)), len(chunk))

    def _judged(self, chunk: list[tuple[int, list[str] | None]]) -> list[tuple[Outcome, list[str]]]:
        """Return the rows that are wanted; what is written as most do goes by the steps."""
        at_treated, at_type, at_tz = (
            self.place.get(each, -1) for each in ("treated", "type", "tz")
        )
        table_of, read, filters_ = self.judge.tables.get, datetime.fromisoformat, self.filters
        kept = []
        for line, row in chunk:
            if row is None:
                continue
            treated = row[at_treated]
            table = table_of((row[at_type], row[at_tz] if at_tz >= 0 else ""))
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
            ):
                try:
                    outcome = table[1][bisect_right(table[0], read(treated))]
                except ValueError:
                    outcome = None  # the slow way says why
            outcome = outcome or self._slowly(line, row)
            if outcome is None:
                continue
            outcome.count += 1
            if outcome.tail and not (filters_ and any(row[n] != text for n, text in filters_)):
                kept.append((outcome, row))
        return kept

    def _slowly(self, line: int, row: list[str]) -> Outcome | None:
        """Ask the engine, and reject the row if need be."""
        values = {ours: row[n] for ours, n in self.place.items()}
        try:
            return self.judge.outcome(values["treated"], values["type"], values.get("tz", ""))
        except MesocareError as error:
            self.refuse(line, error, values, row_text(row, self.delimiter))
            return None

    def _wide(self, judged: list[tuple[Outcome, list[str]]]) -> list[Any]:
        for outcome, row in judged:
            for n in self.risky:
                if row[n][:1] in FORMULA:
                    row[n] = "'" + row[n]
            row.extend(outcome.tail or ())
        return [row for _, row in judged]

    def _long(self, judged: list[tuple[Outcome, list[str]]]) -> list[Any]:
        found: list[Any] = []
        for outcome, row in judged:
            values = {ours: row[n] for ours, n in self.place.items()}
            said = self.judge.long_rows(
                outcome, values["treated"], values["type"], values.get("tz", "")
            )
            for n in self.risky:
                row[n] = neutral(row[n])
            found += [[*row, *each] for each in said]
        return found


class _JsonRun(_Run):
    """A check of objects, one a line."""

    def table(self) -> None:
        """Judge object by object; an object is written as it stood, with the verdicts added."""
        self.header = list(self.job.names)
        self.ours = {each: self.job.columns.get(each, each) for each in (*REQUIRED, *OPTIONAL)}
        self.filters = filters(self.job, None, {})
        if self.header:
            self.begin(self.header, self.header)
        records = iter(JsonRows(self.lines, self.rejects.add))
        while chunk := list(islice(records, _CHUNK)):
            objects = [each for each in chunk if each is not None]
            if not self._begun and objects:
                self.header = list(objects[0][1])
                self.begin(self.header, self.header)
            rows = [made for each in objects for made in self._made(*each)]
            self.pass_on(rows, len(chunk))
        if not self._begun:
            if not self.rejects.count and not self.lines.given:
                message = f"{self.lines.name} is empty"
                raise TableError(message, 'A line is for example: {"patient_id": "1", ...}')
            self.begin([*self.ours.values()], [*self.ours.values()])

    def _made(self, line: int, found: dict[str, Any], text: str) -> list[Any]:
        """Return what is written for an object: lines of JSON, or rows for CSV."""
        fault = self._fault(found)
        if fault is not None:
            self.rejects.add(Reject(line, *fault, shortened(text)))
            return []
        values = {ours: found.get(name) or "" for ours, name in self.ours.items()}
        key = (values["treated"], values["type"], values["tz"])
        try:
            outcome = self.judge.outcome(*key)
        except MesocareError as error:
            self.refuse(line, error, values, shortened(text))
            return []
        outcome.count += 1
        if not outcome.tail or any(_plain(found.get(n)) != said for n, said in self.filters):
            return []
        if self.job.long:
            tails: list[Any] = self.judge.long_rows(outcome, *key)
        else:
            tails = [outcome.tail]
        return [self._written(found, text, tail) for tail in tails]

    def _written(self, found: dict[str, Any], text: str, tail: Sequence[str | None]) -> Any:
        if self.job.form == "ndjson":
            added = json.dumps(dict(zip(self.job.added, tail, strict=True)), ensure_ascii=False)
            return f"{text[:-1].rstrip()}, {added[1:]}"
        cells = [_plain(found.get(name)) for name in self.header]
        return [*(cells if self.job.raw else map(neutral, cells)), *tail]

    def _fault(self, found: dict[str, Any]) -> tuple[str, str, str] | None:
        """Return the column at fault, what stands there and why it will not do."""
        for ours, name in self.ours.items():
            value = found.get(name)
            if ours in REQUIRED and name not in found:
                return name, "", "is missing"
            if (
                ours != "patient_id"
                and not isinstance(value, str)
                and not (ours == "tz" and value is None)
            ):
                return name, _plain(value), "is no text"
        for name, value in found.items():
            if name in self.job.added:
                return name, _plain(value), "is there already, where the answer goes"
            if self.job.form == "csv" and name not in self.header:
                return name, _plain(value), "is no column of the first row"
        return None


def filters(
    job: Job, names: Sequence[str] | None, place: Mapping[str, int]
) -> list[tuple[Any, str]]:
    """Return the conditions on columns: which, and the text that has to stand there.

    Args:
        job: It has the conditions.
        names: The columns of the input, of a sound header; `None` where each row has its own.
        place: Where the columns of ours stand.
    """
    found: list[tuple[Any, str]] = []
    for name, text in job.where:
        if name in JUDGED:
            continue
        if names is None:
            found.append((job.columns.get(name, name), text))
        else:
            found.append((place[name] if name in place else names.index(name), text))
    return found


def _plain(value: Any) -> str:
    """Return a value of JSON as the text of a cell."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
