"""Excel workbooks and OpenDocument sheets: the first sheet, as lines of JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesocare.bulk.columns import header_problem
from mesocare.errors import TableError

if TYPE_CHECKING:
    from mesocare.bulk.job import Job


def as_text(job: Job, folder: Path) -> Job:
    """Write the first sheet of a workbook into a folder; return the job with it as its input.

    A cell with a date is a date, one with a date and a time a local time. The number of a line of
    the text is the number of the row in the sheet.

    Raises:
        TableError: It cannot be read, or has not the columns that are needed.
    """
    name = repr(job.source)
    rows = _rows(job.source, name)
    first = next((n for n, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    if first is None:
        hint = "Its first row has to be: patient_id, treated, type"
        raise TableError(f"{name} is empty: it has no header", hint)
    width = max(n for n, cell in enumerate(rows[first]) if cell != "") + 1
    header = [_text(cell) for cell in rows[first]][:width]
    problem = header_problem(header, job, name)
    if problem:
        raise problem
    path = folder / "sheet.ndjson"
    with path.open("w", encoding="utf-8") as file:
        file.write("\n" * (first + 1))
        for row in rows[first + 1 :]:
            if any(cell != "" for cell in row):
                cells = (row + [""] * width)[:width]
                values = {key: _value(cell) for key, cell in zip(header, cells, strict=True)}
                file.write(json.dumps(values, ensure_ascii=False))
            file.write("\n")
    return job._replace(source=str(path), kind="ndjson", delimiter=job.delimiter)


def _rows(source: str, name: str) -> list[list[Any]]:
    try:
        import python_calamine
    except ImportError as error:
        raise TableError(
            f"to read {name}, python-calamine is needed, which is not installed",
            "Type: pip install 'mesocare[bulk]'; or save it as CSV.",
        ) from error
    try:
        with Path(source).open("rb") as file, python_calamine.load_workbook(file) as workbook:
            rows: list[list[Any]] = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except OSError as error:
        why = error.strerror or str(error)
        raise TableError(f"{name} cannot be read: {why}", "Name another file.") from error
    except python_calamine.PasswordError as error:
        hint = "Save it without one, or as CSV."
        raise TableError(f"{name} is protected by a password", hint) from error
    except (python_calamine.CalamineError, ValueError, IndexError) as error:
        hint = "Name a workbook (.xlsx, .xls or .ods), or save it as CSV."
        raise TableError(f"{name} is no workbook that can be read: {error}", hint) from error
    return rows


def _value(cell: Any) -> str | int | float | bool | None:
    """Return a cell as JSON has it; a whole number as one, a date or a time as text."""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, (bool, int)):
        return cell
    return _text(cell)


def _text(cell: Any) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(timespec="milliseconds" if cell.microsecond else "seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
