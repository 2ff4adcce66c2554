"""The table of ingredients to plain checked rows: tab-separated, one header, no quoting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.rules.format import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Report

COLUMNS = ("name", "synonyms", "class", "role", "source", "entry", "grade")
# What counts at some place of a list, and what counts at none.
RESTRICTING = ("restricted", "first-third", "first-five", "first", "on-a-scrub")
ROLES = (*RESTRICTING, "noted", "harmless")

Row = dict[str, str]


def parse_ingredients(file: str, text: str, report: Report) -> list[Row]:
    """Return the rows in order; what is wrong with one is noted by its line."""
    lines = text.splitlines()
    if not lines or tuple(lines[0].split("\t")) != COLUMNS:
        report.add(file, 1, (), f"the header must be: {' '.join(COLUMNS)} (tab-separated)")
        return []
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(COLUMNS):
            report.add(file, number, (), f"{len(cells)} cells; the header has {len(COLUMNS)}")
            continue
        row = dict(zip(COLUMNS, cells, strict=True))
        report.lines[file, (row["name"],)] = number
        for column, complaint in _problems(row):
            report.add(file, number, (row["name"], column), complaint)
        rows.append(row)
    return rows


def _problems(row: Row) -> Iterator[tuple[str, str]]:
    if not row["name"].strip() or not row["name"].isprintable():
        yield "name", "expected a readable name"
    for column, allowed in (("role", ROLES), ("grade", schema.GRADES)):
        if row[column] not in allowed:
            yield column, f"got {row[column]!r}; allowed here: {', '.join(allowed)}"
