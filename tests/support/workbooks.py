"""Workbooks made by hand, as Excel and LibreOffice write them."""

from __future__ import annotations

import struct
import zipfile
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/></Types>"""
# 0 general, 1 a date, 2 a date and a time, 3 one with thousandths, 4 a clock time.
_STYLES = f"""<styleSheet xmlns="{_MAIN}"><numFmts count="1">
<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd hh:mm:ss.000"/></numFmts>
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/>
<xf numFmtId="20"/></cellXfs></styleSheet>"""
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_DAY = timedelta(days=1)
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


class Xml(str):
    """A cell as it stands in the sheet; `{at}` is where its place goes, such as `r="A1"`."""

    __slots__ = ()


class Sheet(NamedTuple):
    """A sheet of a workbook: its rows, and whether it is `visible` or `hidden`."""

    rows: Sequence[Sequence[object]]
    state: str = "visible"


def formula(text: str, value: str) -> Xml:
    """Return a cell with a formula and what it last came to."""
    return Xml(f'<c {{at}} t="str"><f>{escape(text)}</f><v>{escape(value)}</v></c>')


def xlsx(path: Path, *sheets: Sheet, from_1904: bool = False) -> Path:
    """Write a workbook; texts of more than one line are shared, others stand in their cells."""
    shared: list[str] = []
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", _TYPES)
        file.writestr("_rels/.rels", _relations(("officeDocument", "xl/workbook.xml")))
        named = "".join(
            f'<sheet name="S{n}" sheetId="{n}" state="{sheet.state}" r:id="rId{n}"/>'
            for n, sheet in enumerate(sheets, 1)
        )
        date_system = '<workbookPr date1904="1"/>' if from_1904 else ""
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{date_system}'
            f"<sheets>{named}</sheets></workbook>",
        )
        parts = [("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)]
        parts += [("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")]
        file.writestr("xl/_rels/workbook.xml.rels", _relations(*parts))
        for n, sheet in enumerate(sheets, 1):
            text = _sheet(sheet, shared, _EPOCH_1904 if from_1904 else _EPOCH)
            file.writestr(f"xl/worksheets/sheet{n}.xml", text)
        file.writestr("xl/styles.xml", _STYLES)
        strings = "".join(f"<si><t>{escape(each)}</t></si>" for each in shared)
        file.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{strings}</sst>')
    return path


def _relations(*parts: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _sheet(sheet: Sheet, shared: list[str], epoch: datetime) -> str:
    rows = []
    for n, row in enumerate(sheet.rows, 1):
        cells = [
            _cell(value, f'r="{chr(ord("A") + at)}{n}"', shared, epoch)
            for at, value in enumerate(row)
            if value is not None
        ]
        if cells:
            rows.append(f'<row r="{n}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _cell(value: object, at: str, shared: list[str], epoch: datetime) -> str:
    if isinstance(value, Xml):
        return value.replace("{at}", at)
    if isinstance(value, str) and "\n" in value:
        shared.append(value)
        return f'<c {at} t="s"><v>{len(shared) - 1}</v></c>'
    if isinstance(value, str):
        text = f'<t xml:space="preserve">{escape(value)}</t>'
        return f'<c {at} t="inlineStr"><is>{text}</is></c>'
    if isinstance(value, bool):
        return f'<c {at} t="b"><v>{int(value)}</v></c>'
    style, number = _number(value, epoch)
    return f'<c {at} s="{style}"><v>{number!r}</v></c>'


def _number(value: object, epoch: datetime) -> tuple[int, object]:
    """Return the style and the number that a sheet holds for a date, a time or a number."""
    if isinstance(value, datetime):
        return 3 if value.microsecond else 2, (value - epoch) / _DAY
    if isinstance(value, date):
        return 1, (datetime.combine(value, time()) - epoch).days
    if isinstance(value, time):
        return 4, timedelta(hours=value.hour, minutes=value.minute) / _DAY
    return 0, value


def ods(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """Write an OpenDocument spreadsheet of one sheet."""
    space = "urn:oasis:names:tc:opendocument:xmlns"
    calc = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    lines = "".join(
        f"<table:table-row>{''.join(map(_open_cell, row)) or '<table:table-cell/>'}"
        "</table:table-row>"
        for row in rows
    )
    # As LibreOffice ends every sheet.
    lines += '<table:table-row table:number-rows-repeated="1048000"><table:table-cell'
    lines += ' table:number-columns-repeated="16384"/></table:table-row>'
    with zipfile.ZipFile(path, "w") as file:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        file.writestr("mimetype", kind)
        file.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{space}:manifest:1.0"><manifest:file-entry'
            f' manifest:full-path="/" manifest:media-type="{kind}"/></manifest:manifest>',
        )
        file.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{space}:office:1.0"'
            f' xmlns:table="{space}:table:1.0" xmlns:text="{space}:text:1.0"'
            f' xmlns:calcext="{calc}"><office:body><office:spreadsheet>'
            f'<table:table table:name="S">{lines}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _open_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, Xml):
        return value
    kind, attribute, text = "string", "", escape(str(value))
    if isinstance(value, (date, datetime)):
        kind, attribute = "date", f' office:date-value="{value.isoformat()}"'
    elif isinstance(value, (int, float)):
        kind, attribute = "float", f' office:value="{value}"'
    return (
        f'<table:table-cell office:value-type="{kind}"{attribute}>'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def locked(path: Path) -> Path:
    """Write what a workbook with a password looks like from outside: an OLE file around it."""
    header = struct.pack(
        "<8s16x5H6x9L",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, _END, 0, _END, 0,
    )  # fmt: skip
    header += struct.pack("<109L", 0, *[_FREE] * 108)
    chain = [*range(3, 10), _END]
    table = struct.pack("<128L", _TABLE, _END, *chain, *[_FREE] * (126 - len(chain)))
    entries = [("Root Entry", 5, 1, _END, 0), ("EncryptedPackage", 2, _FREE, 2, 4096)]
    directory = b""
    for name, kind, child, begin, size in entries:
        wide = name.encode("utf-16-le")
        directory += struct.pack(
            "<64sHBB3L36xLQ", wide, len(wide) + 2, kind, 1, _FREE, _FREE, child, begin, size
        )
    path.write_bytes(header + table + directory.ljust(512, b"\0") + bytes(4096))
    return path
