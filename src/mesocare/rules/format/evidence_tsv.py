"""The evidence table to plain checked rows: tab-separated, one header, no quoting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mesocare.rules.format import schema
from mesocare.rules.format.diagnostics import EVIDENCE_ID, Report

if TYPE_CHECKING:
    from collections.abc import Iterable

_COLUMNS = (
    "id", "source", "grade", "treatment", "subject", "modality", "min_hours", "max_hours",
    "paraphrase",
)  # fmt: skip


def parse_evidence(file: str, text: str, report: Report) -> dict[str, dict[str, Any]]:
    """Return the rows by id."""
    rows: dict[str, dict[str, Any]] = {}
    lines = text.splitlines()
    if not lines or tuple(lines[0].split("\t")) != _COLUMNS:
        report.add(file, 1, (), f"the header must be: {' '.join(_COLUMNS)} (tab-separated)")
        return rows
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(_COLUMNS):
            report.add(file, number, (), f"{len(cells)} cells; the header has {len(_COLUMNS)}")
            continue
        row: dict[str, Any] = dict(zip(_COLUMNS, cells, strict=True))
        id_ = row.pop("id")
        report.lines[file, (id_,)] = number
        for column, complaint in _row_problems(id_, row):
            report.add(file, number, (id_, column), complaint)
        if id_ in rows:
            report.add(file, number, (id_,), "this id stands here twice")
        rows[id_] = row
    return rows


def _row_problems(id_: str, row: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield what is wrong with a row; turns its figures into numbers on the way."""
    if not EVIDENCE_ID.fullmatch(id_):
        yield "id", f"expected an id such as S001-003 or E146, got {id_!r}"
    for column, allowed in (("grade", schema.GRADES), ("modality", schema.MODALITIES)):
        if row[column] not in allowed:
            yield column, f"got {row[column]!r}; allowed here: {', '.join(allowed)}"
    for column in ("min_hours", "max_hours"):
        cell = row[column]
        row[column] = int(cell) if re.fullmatch(r"[0-9]{1,5}", cell) else None
        if cell and row[column] is None:
            yield column, f"expected whole hours, got {cell!r}"
    low, high = row["min_hours"], row["max_hours"]
    if low is not None and high is not None and low > high:
        yield "min_hours", f"{low} is more than max_hours {high}"
    for column in ("subject", "paraphrase"):
        if not row[column].isprintable() or not row[column].strip():
            yield column, "expected a readable text"
