"""Workbooks that would take all memory or time, or end the program: refused by their name."""

from __future__ import annotations

import random
import re
import struct
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.workbooks import Sheet, Xml, ods, xlsx

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.process import Program
    from tests.support.searches import Searched

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by the system")
XLS = Path(__file__).parents[1] / "data" / "errors.xls"
HEADER = ("patient_id", "treated", "type", "tz")
ROW = ("P1", date(2024, 5, 1), "face", "UTC")
QUESTION = ("--at", "2024-05-02T12:00", "--tz", "UTC")


def changed(path: Path, part: str, old: str, new: str) -> Path:
    """Change one part of a workbook as it stands on disk."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_far_cell(path: Path, row: int) -> Path:
    """Write a sheet with a cell in the last column of a row far below the others."""
    far = f'<row r="{row}"><c r="XFD{row}" t="inlineStr"><is><t>x</t></is></c></row>'
    book = xlsx(path, Sheet([HEADER, ROW]))
    return changed(book, "xl/worksheets/sheet1.xml", "</sheetData>", far + "</sheetData>")


def far_cell(path: Path) -> Path:
    """A cell in the last column of the last row: 17 billion cells."""
    return with_far_cell(path, 1_048_576)


def far_column(path: Path) -> Path:
    """A hundred thousand rows, the last of them with a cell in the last column."""
    return with_far_cell(path, 100_000)


def bomb(path: Path) -> Path:
    """A text of 1 GB, packed into a few megabytes."""
    xlsx(path, Sheet([HEADER, ROW]))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in parts.items():
            if name != "xl/sharedStrings.xml":
                archive.writestr(name, content)
                continue
            with archive.open(name, "w", force_zip64=True) as part:
                part.write(content.replace(b"</sst>", b"<si><t>"))
                for _ in range(1_000):
                    part.write(b"x" * 1_000_000)
                part.write(b"</t></si></sst>")
    return path


def shared_strings(path: Path) -> Path:
    """A cell that points to a shared text that is not there."""
    return xlsx(
        path, Sheet([HEADER, ("P1", Xml('<c {at} t="s"><v>4000000000</v></c>'), "face", "UTC")])
    )


def repeated(path: Path) -> Path:
    """An OpenDocument row that says it stands there a million times, with 16,384 cells each."""
    return changed(
        ods(path.with_suffix(".ods"), [HEADER, ROW]),
        "content.xml",
        "<table:table-row>",
        '<table:table-row table:number-rows-repeated="1048576">'
        '<table:table-cell table:number-columns-repeated="16000" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell></table:table-row><table:table-row>",
    )


def looped(path: Path) -> Path:
    """An old workbook whose chain of sectors leads back into itself."""
    content = bytearray(XLS.read_bytes())
    (fat,) = struct.unpack_from("<I", content, 76)
    start = 512 * (fat + 1)
    for n in range(128):
        struct.pack_into("<I", content, start + 4 * n, 0)
    path = path.with_suffix(".xls")
    path.write_bytes(content)
    return path


def external(path: Path) -> Path:
    """A sheet that is a link to a file outside of the workbook."""
    return changed(
        xlsx(path, Sheet([HEADER, ROW])),
        "xl/_rels/workbook.xml.rels",
        'Target="worksheets/sheet1.xml"',
        'Target="file:///etc/passwd" TargetMode="External"',
    )


def entities(path: Path) -> Path:
    """A billion laughs."""
    laughs = "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' if n else '<!ENTITY l0 "lol">' for n in range(10)
    )
    return changed(
        xlsx(path, Sheet([HEADER, ROW])),
        "xl/workbook.xml",
        "<workbook ",
        f"<!DOCTYPE x [{laughs}]><workbook ",
    )


@pytest.mark.parametrize(
    "make", [far_cell, far_column, bomb, shared_strings, repeated, looped, external, entities]
)
def test_refused_by_its_name(make: Callable[[Path], Path], own: Program) -> None:
    """Exit code 2, the file's name, what to do; no traceback, no file, and not more than 1 GB."""
    path = make(own.place / "book.xlsx")
    limited = own.place / "limited"
    # The program itself may take 1 GB of addresses as well, or nothing of this would be seen.
    limited.write_text(f'#!/bin/sh\nulimit -v 4000000\nexec "{own.path}" "$@"\n', encoding="utf-8")
    limited.chmod(0o700)
    own.path = limited
    before = {each.name for each in own.place.iterdir()}
    done = own.spawn("check", path.name, "-o", "out.csv", *QUESTION)
    assert done.code in ({0, 1, 2} if make in {shared_strings, external, entities} else {2})
    assert "Traceback" not in done.err
    assert "panicked" not in done.err
    if done.code == 2:
        assert repr(path.name) in done.err
        assert {each.name for each in own.place.iterdir()} == before


def test_a_sheet_may_be_as_large_as_somebody_allows(own: Program, tmp_path: Path) -> None:
    """The bound is what MESOCARE_MEMORY_LIMIT says, and is named."""
    xlsx(own.place / "book.xlsx", Sheet([HEADER, *[ROW] * 20_000]))
    assert own.spawn("check", "book.xlsx", *QUESTION).code == 0
    done = own.spawn("check", "book.xlsx", *QUESTION, env={"MESOCARE_MEMORY_LIMIT": "30MB"})
    assert done.code == 2
    assert "needs more memory to read than is allowed (30 MB)" in done.err
    assert "MESOCARE_MEMORY_LIMIT" in done.err
    assert not list(tmp_path.rglob("*.ndjson"))


def ways(seed: int, count: int) -> list[tuple[str, bytes]]:
    """Return damaged workbooks: cut, or with bytes changed, of both kinds."""
    source = random.Random(seed)
    made = xlsx(Path("/dev/shm") / f"made-{seed}.xlsx", Sheet([HEADER, ROW] * 10))
    contents = {".xls": XLS.read_bytes(), ".xlsx": made.read_bytes()}
    made.unlink()
    found = []
    for n in range(count):
        suffix = (".xls", ".xlsx")[n % 2]
        content = bytearray(contents[suffix])
        if source.random() < 0.4:
            content = content[: source.randrange(len(content))]
        else:
            for _ in range(source.choice((1, 4, 40))):
                content[source.randrange(len(content))] = source.randrange(256)
        found.append((suffix, bytes(content)))
    return found


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=pytest.mark.long)])
def test_damaged_workbooks(count: int, own: Program, searched: Searched) -> None:
    """Each is read, or refused by its name; none shows a traceback or leaves a file behind."""
    codes = {0: 0, 1: 0, 2: 0}
    for n, (suffix, content) in enumerate(ways(20_261_127, count)):
        path = own.place / f"b{n}{suffix}"
        path.write_bytes(content)
        done = own.run("check", path.name, "-o", "out.csv", *QUESTION)
        assert done.code in codes, done.err
        codes[done.code] += 1
        assert not re.search("Traceback|panicked", done.err)
        if done.code == 2:
            assert repr(path.name) in done.err
        path.unlink()
        (own.place / "out.csv").unlink(missing_ok=True)
        assert not list(own.place.iterdir())
    assert codes[2] > count / 4
    searched(count, "damaged workbooks")
