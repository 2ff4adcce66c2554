"""A process of its own that reads one workbook, within bounds of memory and time.

A file of a few kilobytes can ask for any amount of either, and what a library makes of a damaged
one may end a process. So this one ends alone: `mesocare.bulk.io.spreadsheet` starts it, gives it
what to read as JSON on standard input, and is told as JSON what came of it.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from mesocare.bulk.header import LATEST_HEADER, Columns
from mesocare.bulk.io.workbook import cells, column_name, hides_errors
from mesocare.bulk.job import Layout
from mesocare.errors import TableError

# What has to be text for the engine; it says best what is wrong with a number there.
_TEXTS = ("treated", "treated_time", "type", "tz")
# A zone that may be an error is none: another one might open something too early.
_NO_ZONE = "(empty, or an error: save it as .xlsx, which tells them apart)"


def main() -> None:
    """Do what standard input says, and write on standard output what came of it."""
    asked = json.load(sys.stdin)
    _bound(asked["memory"], asked["seconds"])
    said: dict[str, Any]
    try:
        required, optional = map(tuple, asked["layout"])
        layout = Layout(required, optional)
        columns = Columns(asked["columns"], asked["known"], layout)
        said = write_text(asked["source"], columns, Path(asked["target"]), asked["sheet"])
    except TableError as error:
        said = {"message": error.message, "hint": error.hint}
    except MemoryError:
        said = {"memory": True}
    # A panic of the library is no Exception.
    except BaseException as error:  # noqa: BLE001 - told to whoever started this process
        said = {"panic": " ".join(str(error).split())[:200]}
    json.dump(said, sys.stdout)
    sys.stdout.flush()


def write_text(
    source: str, columns: Columns, target: Path, sheet: str | None = None
) -> dict[str, Any]:
    """Write a sheet of a workbook as lines of JSON; return what there is to say of it.

    A cell with a date is a date, one with a date and a time a local time. The number of a line of
    the text is the number of the row in the sheet. The first row with anything in it has the names
    of the columns, unless a later one of the first twenty names all that there have to be; a column
    with cells but no name is called by its letter.

    Returns:
        `names`: the columns; `header`: the row of the header if there is a title above it, else 0;
        `sheet`: the name of the sheet, if there are several.

    Raises:
        TableError: It cannot be read.
    """
    rows, name = cells(source, sheet, lambda rows: _header(rows, columns) is not None)
    any_ = next((n for n, row in enumerate(rows) if any(cell != "" for cell in row)), None)
    found = _header(rows, columns)
    first = any_ if found is None else found
    if first is None:
        hint = f"Its first row has to be: {', '.join(columns.layout.required)}"
        raise TableError(f"{source!r} is empty: it has no header", hint)
    used = sorted({n for row in rows[first:] for n, cell in enumerate(row) if cell != ""})
    for row in rows[first:]:
        row.extend([""] * (used[-1] + 1 - len(row)))
    names = [_plain(rows[first][n]).strip() or column_name(n) for n in used]
    ours = columns.found(names)
    zone = ours.get("tz", "tz") if hides_errors(source) else None
    texts = {ours.get(each, each) for each in _TEXTS}
    with target.open("w", encoding="utf-8") as file:
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
    return {"names": names, "header": first + 1 if first != any_ else 0, "sheet": name}


def _header(rows: list[list[Any]], columns: Columns) -> int | None:
    """Return which of the first rows names every column that there has to be."""
    first = enumerate(rows[:LATEST_HEADER])
    return next((n for n, row in first if columns.is_header([*map(_plain, row)])), None)


def _bound(memory: int, seconds: int) -> None:
    """Take no more than so many bytes and seconds; leave no copy of the memory behind."""
    if sys.platform == "win32":
        return  # there whoever started this process watches the time
    import resource

    for kind, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # a lower limit holds already
            resource.setrlimit(kind, (most, most))


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


if __name__ == "__main__":
    main()
