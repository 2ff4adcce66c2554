"""A shop's list of products, each row with what is said of the product; rejects by their line.

What is said of one is for whoever calls: here it is a function of the list of ingredients and the
kind of product. Any number of rows takes the same memory.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from itertools import islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.bulk.header import columns_of, header_problem, places
from mesocare.bulk.io.formats import CsvFormat
from mesocare.bulk.io.readers import CsvRows, JsonRows, plain, row_text
from mesocare.bulk.job import Layout, Reject, Tally, shortened
from mesocare.bulk.run import Run, carried_out
from mesocare.errors import MesocareError, TableError
from mesocare.files import private_folder
from mesocare.text import without_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mesocare.bulk.io.lines import Lines
    from mesocare.bulk.io.writers import Rejects
    from mesocare.bulk.job import Job

    # What is said of a product by its list and its kind, in the order of `ADDED`.
    Answered = Callable[[str, str | None], Sequence[str]]
    # The number of a line, the object on it, and its text.
    _Object = tuple[int, dict[str, Any], str]

ADDED = (
    "verdict", "limited_from", "allowed_from", "decides", "class", "activity", "not_recognised",
    "check_with_clinic",
)  # fmt: skip
# What a shop may call its columns, in whatever case, with or without accents, blanks and signs.
_NAMES = {
    "name": (
        "product name", "product", "title", "item", "nom", "nom du produit", "produit", "Produkt",
        "Produktname", "Bezeichnung", "nombre", "nombre del producto", "producto", "nome",
        "nome prodotto", "nome del prodotto", "prodotto", "nome do produto", "produto",
        "ten san pham", "san pham",
    ),
    "ingredients": (
        "INCI", "INCI list", "INCI names", "ingredient", "ingredient list", "ingredients list",
        "list of ingredients", "liste des ingredients", "liste INCI", "composition",
        "Inhaltsstoffe", "Bestandteile", "INCI-Liste", "ingredientes", "lista de ingredientes",
        "lista INCI", "composicion", "ingredienti", "lista ingredienti", "composicao",
        "thanh phan",
    ),
    "kind": ("kind of product", "product kind"),
}  # fmt: skip
PRODUCTS = Layout(("name", "ingredients"), ("kind",), _NAMES, ADDED)
# What the verdicts are counted under: there is one question.
COUNTED = "product"
# Rows from one writing to the next.
CHUNK = 128
_PRINTED = "It needs the list as printed on the pack, such as: Aqua, Glycerin, Retinol."


class _Row(NamedTuple):
    """A product.

    Attributes:
        line: The line that it begins on, the first being 1.
        label: Its list of ingredients.
        kind: What kind of product it is; empty where nobody says.
        cells: Its cells, in the order of the columns.
        text: The object that it is in JSON; empty for a row of delimited text.
    """

    line: int
    label: str
    kind: str
    cells: Sequence[str]
    text: str = ""


class _Table(ABC):
    """The rows of a table, and what its columns are called.

    Attributes:
        job: The job, with the names of the columns as they were found.
        names: The columns of the input.
        line: The line of the header, where a title stands above it; else 0.
        delimiter: What stands between two cells of the output.
    """

    job: Job
    names: list[str]
    line = 0
    delimiter = ","

    @abstractmethod
    def __iter__(self) -> Iterator[_Row | None]:
        """Yield each row in order; `None` for one that was rejected."""

    def ours(self, column: str) -> str:
        """Return the name of a column of ours."""
        return self.job.columns.get(column, column)


class _Delimited(_Table):
    """Those of CSV and TSV."""

    def __init__(self, lines: Lines, job: Job, rejects: Rejects) -> None:
        self._rows = CsvRows(lines, job, rejects.add)
        self.job = self._rows.job
        self.names = [each.strip() for each in self._rows.header]
        self.line = self._rows.line if self._rows.titled else 0
        self.delimiter = self._rows.delimiter

    def __iter__(self) -> Iterator[_Row | None]:
        """Yield each row in order; `None` for one that was rejected."""
        place = places(self.names, self.job.columns)
        label, kind = place["ingredients"], place.get("kind")
        for line, cells in self._rows:
            if cells is None:
                yield None
            else:
                yield _Row(line, cells[label], "" if kind is None else cells[kind], cells)


class _Objects(_Table):
    """Those of NDJSON; the first object that is one names the columns, unless the job does."""

    def __init__(self, lines: Lines, job: Job, rejects: Rejects) -> None:
        self._rejects = rejects
        self._objects = iter(JsonRows(lines, rejects.add))
        self._skipped = 0
        self._first = None if job.names else self._the_first()
        if not job.names and self._first is None and not self._skipped:
            hint = 'A line is for example: {"name": "Cream", "ingredients": "Aqua, Glycerin"}'
            raise TableError(f"{lines.name} is empty", hint)
        ours = [job.columns.get(each, each) for each in job.layout.required]
        self.names = list(job.names or (ours if self._first is None else self._first[1]))
        problem = header_problem(self.names, job, lines.name)
        if problem:
            raise problem
        exact = {name.strip(): name for name in self.names}
        found = columns_of(job).settled(self.names)
        self.job = job._replace(columns={ours: exact.get(each, "") for ours, each in found.items()})
        self.line = job.header

    def _the_first(self) -> _Object | None:
        """Return the first line that is an object, if any is."""
        for each in self._objects:
            if each is not None:
                return each
            self._skipped += 1
            self._rejects.pass_on()
        return None

    def __iter__(self) -> Iterator[_Row | None]:
        """Yield each row in order; `None` for one that was rejected."""
        yield from repeat(None, self._skipped)
        if self._first is not None:
            yield self._row(self._first)
        yield from map(self._row, self._objects)

    def _row(self, each: _Object | None) -> _Row | None:
        if each is None:
            return None
        line, found, text = each
        if fault := self._fault(found):
            self._rejects.add(Reject(line, *fault, shortened(text)))
            return None
        label, kind = found[self.ours("ingredients")], found.get(self.ours("kind")) or ""
        label = ", ".join(label) if isinstance(label, list) else label
        return _Row(line, label, kind, [plain(found.get(name)) for name in self.names], text)

    def _fault(self, found: Mapping[str, Any]) -> tuple[str, str, str] | None:
        """Return the column at fault, what stands there and why it will not do."""
        name, kind = self.ours("ingredients"), self.ours("kind")
        if name not in found:
            return name, "", "is missing"
        label = found[name]
        if not isinstance(label, str) and not _is_texts(label):
            return name, plain(label), "is no text and no list of texts"
        if not isinstance(found.get(kind), str | None):
            return kind, plain(found[kind]), "is no text"
        for other in found:
            if other in ADDED:
                return other, plain(found[other]), "is there already, where the answer goes"
            if self.job.form == "csv" and other not in self.names:
                return other, plain(found[other]), "is no column of the first row"
        return None


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


class ProductRun(Run):
    """A check of a shop's list."""

    def __init__(self, job: Job, answered: Answered) -> None:
        super().__init__(job, Tally(verdicts={COUNTED: Counter()}))
        self.answered = answered
        self.kinds = job.rules.products().kinds

    def as_text(self) -> Job:
        """Return the job, a workbook's sheet as text."""
        if self.job.kind != "excel":
            return self.job
        from mesocare.bulk.io.spreadsheet import as_text

        with self.stopping.undisturbed():
            folder = self.open.enter_context(private_folder())
        self.job = as_text(self.job, folder)
        return self.job

    def table(self) -> None:
        """Judge row by row, and write what is wanted."""
        of_kind = _Objects if self.job.kind == "ndjson" else _Delimited
        table = of_kind(self.lines, self.job, self.rejects)
        self.understood(table.job, table.line)
        self.delimiter = table.delimiter
        columns = [*table.names, *ADDED]
        self.where = [
            (columns.index(table.ours(name) or name), text) for name, text in self.job.where
        ]
        self.begin(table.names, table.names, ADDED)
        rows = iter(table)
        while chunk := list(islice(rows, CHUNK)):
            self._pass_on(chunk)

    def count(self) -> None:
        """Add up."""
        self.tally.rejected = self.rejected

    def _pass_on(self, chunk: list[_Row | None]) -> None:
        """Judge some rows, and write those that are wanted, undisturbed."""
        judged = [
            (row, said)
            for row in chunk
            if row is not None and (said := self._said(row)) is not None
        ]
        with self.stopping.undisturbed():
            wanted = [each for each in judged if self._wants(*each)]
            self._write(wanted)
            self.rejects.pass_on()
            self.tally.verdicts[COUNTED].update(said[0] for _, said in judged)
            self.tally.read += len(chunk)
            self.tally.written += len(wanted)

    def _said(self, row: _Row) -> Sequence[str] | None:
        """Return what is said of a product; `None` where the row had to be rejected."""
        kind = row.kind.strip()
        if kind and kind.casefold() not in self.kinds:
            known = ", ".join(self.kinds)
            self._refuse(row, "kind", row.kind, f"is no kind of product; known: {known}")
            return None
        try:
            return self.answered(row.label, kind or None)
        except MesocareError as error:
            self._refuse(row, "ingredients", row.label, f"{error.message}. {_PRINTED}")
            return None

    def _refuse(self, row: _Row, ours: str, value: str, why: str) -> None:
        shown = shortened(row.text) if row.text else row_text(row.cells, self.delimiter)
        column = self.job.columns.get(ours, ours)
        self.rejects.add(Reject(row.line, column, shortened(value), why, shown))

    def _wants(self, row: _Row, said: Sequence[str]) -> bool:
        if not self.where:
            return True
        cells = (*row.cells, *said)
        return all(cells[at] == text for at, text in self.where)

    def _write(self, rows: Sequence[tuple[_Row, Sequence[str]]]) -> None:
        if isinstance(self.out, CsvFormat):
            self.out.write([self._safe((*row.cells, *said)) for row, said in rows])
        elif self.job.kind == "ndjson":
            self.out.lines(_with(row.text, said) for row, said in rows)
        else:
            self.out.write([(*row.cells, *said) for row, said in rows])

    def _safe(self, cells: Sequence[str]) -> Sequence[str]:
        return cells if self.job.raw else [without_formula(each) for each in cells]


def _with(text: str, said: Sequence[str]) -> str:
    """Return an object as it stood, with what is said of it."""
    added = {name: cell or None for name, cell in zip(ADDED, said, strict=True)}
    return f"{text[:-1].rstrip()}, {json.dumps(added, ensure_ascii=False)[1:]}"


def check_products(job: Job, answered: Answered) -> Tally:
    """Write a shop's list with what is said of each product; reject what is no list.

    Args:
        job: The list, of the layout `PRODUCTS`, and where it goes.
        answered: What is said of a product.

    Raises:
        TableError: The list, or its header, cannot be used.
        OutputError: The rows could not be delivered.
        Interrupted: A signal asked to stop; whole rows were written, and no file is left.
    """
    return carried_out(ProductRun(job, answered))
