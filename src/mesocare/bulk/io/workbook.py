"""The cells of the sheet of a workbook that holds the table."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from xml.etree import ElementTree as ET

from mesocare.errors import TableError
from mesocare.text import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from xml.etree.ElementTree import Element

_BOOK = "xl/workbook.xml"
# What a sheet can hold.
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 16_384
# What marks a cell with an error in an OpenDocument sheet.
_OPEN_ERROR = re.compile(rb"""value-type=["']error["']""")
# Whatever could begin a cell with an error, or one with a formula.
_UNTOLD = re.compile(rb"""\st=["']e["']|[<:]f[\s>/]""")
_BLOCK, _OVERLAP = 1024 * 1024, 32
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_HINT = "Name a workbook (.xlsx, .xls or .ods), or save it as CSV."
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, ET.ParseError, LookupError, ValueError,
    RuntimeError, EOFError,
)  # fmt: skip


def cells(
    source: str, named: str | None, fits: Callable[[list[list[Any]]], bool]
) -> tuple[list[list[Any]], str | None]:
    """Return the rows of a sheet, from its first row and column on, and its name among several.

    Of several sheets that are shown it is the one that fits.

    An empty cell is an empty text. In an .xlsx a cell with an error holds its name, such as `#N/A`,
    and a formula that nobody has calculated yet its text. Rows may be of different lengths.

    Args:
        source: The workbook.
        named: The name of the sheet, if somebody gave it; even one that is hidden.
        fits: Whether rows are those of a table with a header.

    Raises:
        TableError: It cannot be read, has no such sheet, or several that fit.
    """
    name = repr(source)
    try:
        import python_calamine
    except ImportError as error:
        raise TableError(
            f"to read {name}, python-calamine is needed, which is not installed",
            "Type: pip install 'mesocare[bulk]'; or save it as CSV.",
        ) from error
    try:
        with Path(source).open("rb") as file, _opened(file, source) as workbook:
            sheets = _sheets(workbook, name, named)
            found: list[tuple[str, list[list[Any]]]] = []
            for each in sheets:
                rows = workbook.get_sheet_by_name(each).to_python(skip_empty_area=False)
                if len(sheets) == 1 or fits(rows):
                    found.append((each, rows))
            if len(found) > 1:
                said = ", ".join(repr(each) for each, _ in found)
                message = f"{name} has {len(found)} sheets with a table: {said}"
                raise TableError(message, f"Say which: --sheet {shell_quoted(found[0][0])}")
            if not found:  # its first sheet says what is missing
                first = workbook.get_sheet_by_name(sheets[0])
                found = [(sheets[0], first.to_python(skip_empty_area=False))]
        sheet, rows = found[0]
        _fill_in(rows, source, sheet)
    except OSError as error:
        why = error.strerror or str(error)
        raise TableError(f"{name} cannot be read: {why}", "Name another file.") from error
    except python_calamine.PasswordError as error:
        hint = "Save it without one, or as CSV."
        raise TableError(f"{name} is protected by a password", hint) from error
    except (python_calamine.CalamineError, *_DAMAGES) as error:
        why = " ".join(str(error).split())
        raise TableError(f"{name} is no workbook that can be read: {why}", _HINT) from error
    return rows, sheet if len(sheets) > 1 or named is not None else None


def hides_errors(source: str) -> bool:
    """Whether an empty cell of a workbook that was read may be one with an error.

    In an .xlsx none is; in an OpenDocument sheet only if there is an error somewhere. Of an .xls or
    .xlsb nobody can tell.
    """
    if not zipfile.is_zipfile(source):
        return True
    with zipfile.ZipFile(source) as archive:
        if "content.xml" in archive.namelist():
            return _holds(archive, "content.xml", _OPEN_ERROR)
        return _BOOK not in map(str.lower, archive.namelist())


def column_name(number: int) -> str:
    """Return what a sheet calls a column, the first being 0: A, B, … Z, AA."""
    above, within = divmod(number, 26)
    return (column_name(above - 1) if above else "") + chr(ord("A") + within)


def _opened(file: BinaryIO, source: str) -> Any:
    """Open a workbook by what it is, whatever its name says."""
    from python_calamine import CalamineError, load_workbook

    try:
        return load_workbook(file)
    except CalamineError:
        # By its name more is found out about what is wrong, such as that it has a password.
        return load_workbook(source)


def _sheets(workbook: Any, name: str, named: str | None) -> list[str]:
    """Return the names of the sheets that are shown, or the one that was named."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [each for each in workbook.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    if named is not None:
        if named in (each.name for each in sheets):
            return [named]
        there = ", ".join(repr(str(each.name)) for each in sheets)
        raise TableError(f"{name} has no sheet {named!r}; it has: {there}", "Name one of them.")
    shown = [str(each.name) for each in sheets if each.visible == SheetVisibleEnum.Visible]
    if not shown:
        hint = "Put the patients into one, or name a hidden one: --sheet NAME"
        raise TableError(f"{name} has no sheet that is shown", hint)
    return shown


def _fill_in(rows: list[list[Any]], source: str, sheet: str) -> None:
    """Put into an .xlsx what the reader takes for empty cells: a zone may be among them."""
    if not zipfile.is_zipfile(source):
        return
    with zipfile.ZipFile(source) as archive:
        parts = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
        if _BOOK not in parts:
            return
        part = parts[_part(archive, parts, sheet)]
        # Looking at every cell takes its time, and hardly any table has a formula in it.
        if not _holds(archive, part, _UNTOLD):
            return
        with archive.open(part) as file:
            for row, column, element in _elements(file):
                if text := _untold(element):
                    rows.extend([] for _ in range(len(rows), row + 1))
                    rows[row].extend([""] * (column + 1 - len(rows[row])))
                    rows[row][column] = text


def _part(archive: zipfile.ZipFile, parts: dict[str, str], sheet: str) -> str:
    """Return which part of a workbook holds a sheet."""
    relations = posixpath.join(posixpath.dirname(_BOOK), "_rels", "workbook.xml.rels")
    # Expat, which reads both, bounds by itself what entities grow to.
    book = ET.fromstring(archive.read(parts[_BOOK]))  # noqa: S314
    targets = {
        each.get("Id"): each.get("Target", "")
        for each in ET.fromstring(archive.read(parts[relations]))  # noqa: S314
    }
    (found,) = (each for each in book.iter() if _tag(each) == "sheet" and each.get("name") == sheet)
    (id_,) = (value for key, value in found.items() if key.endswith("}id"))
    target = posixpath.join("/", posixpath.dirname(_BOOK), targets[id_])
    return posixpath.normpath(target).lstrip("/").lower()


def _holds(archive: zipfile.ZipFile, part: str, pattern: re.Pattern[bytes]) -> bool:
    """Whether a part holds what a short pattern looks for."""
    tail = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            if pattern.search(tail + block):
                return True
            tail = block[-_OVERLAP:]
    return False


def _elements(file: Any) -> Iterator[tuple[int, int, Element]]:
    """Yield every cell of a sheet with its row and column, the first being 0."""
    row = column = -1
    for event, element in ET.iterparse(file, ("start", "end")):  # noqa: S314
        tag = _tag(element)
        if tag == "row":
            if event == "start":
                row, column = int(element.get("r", row + 2)) - 1, -1
            else:
                element.clear()
        elif tag == "c" and event == "end":
            column += 1
            if place := _PLACE.fullmatch(element.get("r", "")):
                row, column = int(place[2]) - 1, _number(place[1])
            if not (0 <= row < _MOST_ROWS and column < _MOST_COLUMNS):
                raise ValueError("a cell lies outside of what a sheet can hold")
            yield row, column, element


def _untold(cell: Element) -> str:
    """Return the error in a cell, or the formula without a result; empty for any other cell."""
    within = {_tag(each): each.text or "" for each in cell}
    kind = cell.get("t", "n")
    if kind == "e":
        return within.get("v") or "#ERROR"
    if "f" in within and ("v" not in within or (kind != "str" and not within["v"])):
        return "=" + within["f"]
    return ""


def _number(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
