"""Excel workbooks and OpenDocument sheets: the first sheet that is shown, as lines of JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from mesocare.bulk.header import header_problem
from mesocare.bulk.io.workbook import cells, column_name, hides_errors
from mesocare.errors import TableError

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.bulk.job import Job

# What has to be text for the engine; it says best what is wrong with a number there.
_TEXTS = ("treated", "type", "tz")
# A zone that may be an error is none: another one might open something too early.
_NO_ZONE = "(empty, or an error)"


def as_text(job: Job, folder: Path) -> Job:
    """Write the first sheet of a workbook into a folder; return the job with it as its input.

    A cell with a date is a date, one with a date and a time a local time. The number of a line of
    the text is the number of the row in the sheet. The first row with anything in it has the names
    of the columns; a column with cells but no name is called by its letter.

    Raises:
        TableError: It cannot be read, or has not the columns that are needed.
    """
    name = repr(job.source)
    rows = cells(job.source)
    first = next((n for n, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if first is None:
        hint = "Its first row has to be: patient_id, treated, type"
        raise TableError(f"{name} is empty: it has no header", hint)
    used = sorted({n for row in rows for n, cell in enumerate(row) if cell != ""})
    for row in rows:
        row.extend([""] * (used[-1] + 1 - len(row)))
    names = [_plain(rows[first][n]).strip() or column_name(n) for n in used]
    problem = header_problem(names, job, name)
    if problem:
        raise problem
    zone = job.columns.get("tz", "tz") if hides_errors(job.source) else None
    texts = {job.columns.get(each, each) for each in _TEXTS}
    path = folder / "sheet.ndjson"
    with path.open("w", encoding="utf-8") as file:
        file.write("\n" * (first + 1))
        for row in rows[first + 1 :]:
            if any(cell != "" for cell in row):
                pairs = ((key, row[n]) for key, n in zip(names, used, strict=True))
                values = {
                    key: _plain(cell) if key in texts else _value(cell) for key, cell in pairs
                }
                if zone is not None and values.get(zone) == "":
                    values[zone] = _NO_ZONE
                file.write(json.dumps(values, ensure_ascii=False))
            file.write("\n")
    return job._replace(source=str(path), kind="ndjson", names=tuple(names), encoding="utf-8")


def _value(cell: Any) -> str | int | float | bool:
    """Return a cell as JSON has it; a whole number as one, a date or a time as text."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, (bool, int)):
        return cell
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds" if cell.microsecond else "seconds")
    return cell.isoformat() if isinstance(cell, (date, time)) else str(cell)


def _plain(cell: Any) -> str:
    """Return a cell as text."""
    value = _value(cell)
    return value if isinstance(value, str) else json.dumps(value)
