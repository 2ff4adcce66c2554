"""A check of objects of JSON, one a line; each is written as it stood, with what is said of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mesocare.bulk.decider import joined
from mesocare.bulk.header import columns_of
from mesocare.bulk.io.formats import JsonFormat
from mesocare.bulk.io.readers import JsonRows, not_text, plain
from mesocare.bulk.job import JUDGED, OPTIONAL, REQUIRED, Reject, shortened
from mesocare.bulk.stream.base import PatientRun
from mesocare.errors import MesocareError, TableError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mesocare.bulk.io.lines import Lines


class JsonRun(PatientRun):
    """A check of objects, one a line."""

    def table(self) -> None:
        """Judge object by object; an object is written as it stood, with the verdicts added."""
        self.header = list(self.job.names)
        self._columns(self.header)
        if self.header:
            self.begin(self.header, self.header, self.job.added)
        for chunk in self.chunks(iter(JsonRows(self.lines, self.rejects.add))):
            objects = [each for each in chunk if each is not None]
            if not self._begun and objects:
                self.header = list(objects[0][1])
                self._columns(self.header)
                self.begin(self.header, self.header, self.job.added)
            rows = [made for each in objects for made in self._made(*each)]
            self.pass_on(rows, len(chunk))
        if not self._begun:
            if not self.rejects.count and not self.lines.given:
                message = f"{self.lines.name} is empty"
                raise TableError(message, 'A line is for example: {"patient_id": "1", ...}')
            self.begin([*self.ours.values()], [*self.ours.values()], self.job.added)

    def _columns(self, names: Sequence[str]) -> None:
        """Take these for the names of the columns."""
        columns = columns_of(self.job)
        for ours in (*REQUIRED, *OPTIONAL):
            if len(each := columns.candidates(ours, [name.strip() for name in names])) > 1:
                said = " and ".join(map(repr, each))
                hint = f"Say which: --map {ours}={each[0]}"
                raise TableError(f"{self.lines.name} has {len(each)} keys for {ours}: {said}", hint)
        exact = {name.strip(): name for name in names}
        found = {ours: exact[theirs] for ours, theirs in columns.found(names).items()}
        self.understood(self.job._replace(columns={**self.job.columns, **found}))
        self.filters = [
            (self.ours.get(name, name), text)
            for name, text in self.job.where
            if name not in JUDGED and name != "type"
        ]

    def records(self, lines: Lines) -> Iterator[tuple[int, dict[str, Any], str] | None]:
        """Yield the objects anew."""
        return iter(JsonRows(lines, lambda _: None))

    def treated(self, records: Iterable[tuple[int, dict[str, Any], str] | None]) -> Iterator[str]:
        """Yield the text that says when the treatment was, of each object that has one."""
        name = self.ours["treated"]
        values = (each[1].get(name) for each in records if each is not None)
        return (value for value in values if isinstance(value, str))

    def deliver(self, rows: list[Any]) -> None:
        """Write lines of JSON, or rows."""
        if isinstance(self.out, JsonFormat):
            self.out.lines(rows)
        else:
            self.out.write(rows)

    def _made(self, line: int, found: dict[str, Any], text: str) -> list[Any]:
        """Return what is written for an object: lines of JSON, or rows for CSV."""
        fault = self._fault(found)
        if fault is not None:
            self.rejects.add(Reject(line, *fault, shortened(text)))
            return []
        values = {ours: found.get(name) or "" for ours, name in self.ours.items()}
        try:
            treated = joined(values["treated"], values["treated_time"])
            what = (values["type"], plain(values["with"]), plain(values["about"]))
            key = (treated, what, values["tz"])
            outcome = self.verdicts.outcome(*key)
        except MesocareError as error:
            texts = {ours: plain(value) for ours, value in values.items()}
            self.refuse(line, error, texts, shortened(text))
            return []
        outcome.count += 1
        if not outcome.tail or any(plain(found.get(n)) != said for n, said in self.filters):
            return []
        if any(self.verdicts.type(values["type"]) != each for each in self.wanted_types):
            return []
        if self.job.long:
            tails: list[Any] = self.verdicts.long_rows(outcome, *key)
        else:
            tails = [outcome.tail]
        return [self._written(found, text, tail) for tail in tails]

    def _written(self, found: dict[str, Any], text: str, tail: Sequence[str | None]) -> Any:
        if self.job.form == "ndjson":
            added = json.dumps(dict(zip(self.job.added, tail, strict=True)), ensure_ascii=False)
            return f"{text[:-1].rstrip()}, {added[1:]}"
        cells = [plain(found.get(name)) for name in self.header]
        return [*(cells if self.job.raw else map(without_formula, cells)), *tail]

    def _fault(self, found: dict[str, Any]) -> tuple[str, str, str] | None:
        """Return the column at fault, what stands there and why it will not do."""
        if fault := not_text(found, self.ours):
            return fault
        for name, value in found.items():
            if name in self.job.added:
                return name, plain(value), "is there already, where the answer goes"
            if self.job.form == "csv" and name not in self.header:
                return name, plain(value), "is no column of the first row"
        return None
