"""Excel workbooks and OpenDocument sheets: each cell as what it is, each row by its number."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from mesocare.bulk.duckdb import engine as duckdb_engine
from mesocare.bulk.stream import engine as stream_engine
from mesocare.core.timespan import Hours
from mesocare.errors import TableError
from tests.support import bulk
from tests.support.workbooks import Sheet, Xml, formula, locked, ods, xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.bulk.job import Tally
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

    Rows = Sequence[Sequence[object]]

HEADER = ("patient_id", "treated", "type", "tz")
ERROR = Xml('<c {at} t="e"><f>VLOOKUP(A1,B:B,1)</f><v>#N/A</v></c>')
NO_ZONE = "(empty, or an error: save it as .xlsx, which tells them apart)"
NOT_CALCULATED = Xml("<c {at}><f>VLOOKUP(A1,B:B,1)</f></c>")


class Book:
    """Checks workbooks, and says what was written and what was rejected."""

    def __init__(self, rules: RuleSet, folder: Path) -> None:
        self.rules, self.folder = rules, folder
        self.source, self.target = folder / "in.xlsx", folder / "out"
        self.rejects = folder / "rejects.csv"
        self.tally: Tally

    def check(self, source: Path, **changes: Any) -> str:
        """Return what is written for a file."""
        given = bulk.job(
            self.rules, source, self.target, rejects=str(self.rejects), kind="excel"
        )._replace(**changes)
        self.tally = duckdb_engine.run(given, lambda _: None)
        return self.target.read_text(encoding="utf-8")

    def text(self, rows: Rows, *, from_1904: bool = False, **changes: Any) -> str:
        """Return what is written for a sheet."""
        return self.check(xlsx(self.source, Sheet(rows), from_1904=from_1904), **changes)

    def rows(self, rows: Rows, **changes: Any) -> list[dict[str, str]]:
        """Return the rows that are written for a sheet."""
        return list(csv.DictReader(StringIO(self.text(rows, **changes), newline="")))

    def refused(self) -> list[tuple[int, str, str, str]]:
        """Return the row in the sheet, column, value and reason of what was rejected."""
        with self.rejects.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [(int(row["line"]), row["column"], row["value"], row["reason"]) for row in rows]


@pytest.fixture
def book(rules: RuleSet, tmp_path: Path) -> Book:
    return Book(rules, tmp_path)


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("2024-05-01T14:30", "2024-05-01T14:30"),
        ("1 May 2024", "1 May 2024"),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime(2024, 5, 1, 14, 30), "2024-05-01T14:30:00"),
        (datetime(2024, 5, 1, 23, 59, 59), "2024-05-01T23:59:59"),
        (datetime(2024, 5, 1, 14, 30, 2, 994_000), "2024-05-01T14:30:02.994"),
        (Xml('<c {at} t="d"><v>2024-05-01T14:30:00</v></c>'), "2024-05-01T14:30:00"),
        (Xml('<c {at} t="d"><v>2024-05-01T14:30:00Z</v></c>'), "2024-05-01T14:30:00Z"),
        (formula('TEXT(A1,"x")', "2024-05-01 14:30"), "2024-05-01 14:30"),
        (Xml('<c {at} s="1"><f>TODAY()-1</f><v>45413</v></c>'), "2024-05-01"),
    ],
    ids=str,
)
@pytest.mark.parametrize("from_1904", [False, True])
def test_a_time_of_treatment_is_what_the_cell_shows(
    book: Book, cell: object, written: str, from_1904: bool
) -> None:
    """Text stays text, a day is the whole day, a time is the time; as the same in CSV."""
    if from_1904 and "45413" in str(cell):
        cell = date(2024, 5, 1)
    text = book.text([HEADER, ["P1", cell, "face", "UTC"]], from_1904=from_1904)
    assert not book.refused()
    assert text.splitlines()[1].startswith(f"P1,{written},face,UTC,")
    plain = book.folder / "in.csv"
    plain.write_text(f"{','.join(HEADER)}\nP1,{written},face,UTC\n", encoding="utf-8")
    stream_engine.run(bulk.job(book.rules, plain, book.folder / "plain.out"), lambda _: None)
    assert (book.folder / "plain.out").read_text(encoding="utf-8") == text


def test_every_second_of_a_day_is_read_as_itself(book: Book) -> None:
    """A sheet holds times as fractions of a day, which are no round numbers."""
    times = [
        datetime(2024, 5, 1, at // 3600, at // 60 % 60, at % 60) for at in range(1, 86_400, 37)
    ]
    found = book.rows([HEADER, *(["P", each, "face", "UTC"] for each in times)])
    assert [row["treated"] for row in found] == [each.isoformat() for each in times]


def test_the_same_patients_from_csv_get_the_same(book: Book, rules: RuleSet) -> None:
    """Around changes of clocks and of verdicts, for rows that can be judged and for others."""
    rows = [
        (f"P{n}", *each, "n") for n, each in enumerate(bulk.treatments(rules, bulk.AT, 400, 21))
    ]
    rows[7:7] = [("x", "01/05/2024", "face", "", "n"), ("x", "2024-05-01", "nose", "", "n")]
    header = (*HEADER, "note")
    plain = book.folder / "in.csv"
    with plain.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    for changes in ({}, {"long": True}, {"within": Hours(24), "long": True}):
        out, bad = book.folder / "plain.out", book.folder / "plain.bad"
        job = bulk.job(rules, plain, out, rejects=str(bad), **changes)
        tally = stream_engine.run(job, lambda _: None)
        assert book.text([header, *rows], **changes) == out.read_text(encoding="utf-8")
        assert book.tally == tally
        with bad.open(newline="", encoding="utf-8") as file:
            others = [(int(row["line"]), *list(row.values())[1:4]) for row in csv.DictReader(file)]
        assert book.refused() == others
        assert {9, 10} <= {each[0] for each in others}
        assert len(others) < 20


def test_cells_are_carried_as_what_they_are(book: Book) -> None:
    """A whole number has no point, a truth is one, text that looks like a number is text."""
    header = (*HEADER, "dose", "paid", "born", "at", "note")
    rows = [
        [7, "2024-05-01", "face", None, 1.5, True, date(1990, 2, 3), time(8, 30), "a\nb"],
        ["007", "2024-05-01", "face", "UTC", 12345678901.0, False, None, None, 'say "x", y'],
    ]
    first, second = book.rows([header, *rows])
    said = [first[name] for name in ("patient_id", "tz", *header[4:])]
    assert said == ["7", "", "1.5", "true", "1990-02-03", "08:30:00", "a\nb"]
    said = [second[name] for name in ("patient_id", "tz", *header[4:])]
    assert said == ["007", "UTC", "12345678901", "false", "", "", 'say "x", y']
    found = json.loads(book.text([header, *rows], form="ndjson").splitlines()[0])
    assert (found["patient_id"], found["dose"], found["paid"]) == (7, 1.5, True)


def test_rejects_have_the_number_of_the_row_in_the_sheet(book: Book) -> None:
    """With empty rows above the header and between the rows, and nothing in the first column."""
    rows: list[list[object]] = [
        [],
        [None, None],
        [None, *HEADER],
        [None, "P1", "2024-05-01", "face", "UTC"],
        [],
        [None, "P2", "soon", "face", "UTC"],
        [None, "P3", "2024-05-01", "face", "UTC"],
        [None, "P4", "2024-05-01", "nose", "UTC"],
        [],
    ]
    text = book.text(rows)
    assert text.splitlines()[0].startswith("patient_id,treated,type,tz,makeup,")
    assert [each[:3] for each in book.refused()] == [(6, "treated", "soon"), (8, "type", "nose")]
    assert (book.tally.read, book.tally.written, book.tally.rejected) == (4, 2, 2)


@pytest.mark.parametrize(
    ("column", "cell", "shown"),
    [
        ("treated", 43951, "43951"),
        ("treated", 20241301, "20241301"),
        ("treated", time(14, 30), "14:30:00"),
        ("treated", True, "true"),
        ("treated", None, ""),
        ("treated", ERROR, "#N/A"),
        ("treated", NOT_CALCULATED, "=VLOOKUP(A1,B:B,1)"),
        ("type", 1, "1"),
        ("type", ERROR, "#N/A"),
        ("tz", 1, "1"),
        ("tz", ERROR, "#N/A"),
        ("tz", NOT_CALCULATED, "=VLOOKUP(A1,B:B,1)"),
    ],
)
def test_a_cell_that_cannot_be_used_is_rejected_with_what_to_type(
    book: Book, column: str, cell: object, shown: str
) -> None:
    """An error, or a formula that nobody has calculated, is never an empty cell."""
    good = ["P1", "2024-05-01T14:30", "face", "Europe/Berlin"]
    bad = [cell if name == column else text for name, text in zip(HEADER, good, strict=True)]
    rows = book.rows([HEADER, good, bad, good])
    assert len(rows) == 2
    ((line, at, value, reason),) = book.refused()
    assert (line, at, value.removeprefix("'")) == (3, column, shown)
    assert reason not in {"is no text", ""}


def test_a_row_of_nothing_but_errors_does_not_vanish(book: Book) -> None:
    """Also as the last one, and with an error where nothing else has a cell."""
    good = ["P1", "2024-05-01T14:30", "face", "UTC", "n"]
    rows = book.rows([(*HEADER, "note"), [*good[:4], ERROR], good, [], [None, None, ERROR]])
    assert [row["note"] for row in rows] == ["#N/A", "n"]
    assert [each[:3] for each in book.refused()] == [(5, "type", "#N/A")]


def test_a_cell_under_no_name_is_carried_along(book: Book) -> None:
    """Its column is called what the sheet calls it; one that is empty is not there."""
    good = ["P1", None, "2024-05-01T14:30", "face", None]
    text = book.text([["patient_id", None, "treated", "type"], good, [*good, "reacted"], good])
    assert text.splitlines()[0].startswith("patient_id,treated,type,F,makeup,")
    assert [row["F"] for row in csv.DictReader(StringIO(text))] == ["", "reacted", ""]


def test_names_of_columns_may_have_spaces_around(book: Book) -> None:
    """As those of a text may."""
    (row,) = book.rows([[" patient_id", "treated ", "type", 2024], ["P1", "2024-05-01", "face", 1]])
    assert row["makeup"] == "avoid"
    assert row["2024"] == "1"


@pytest.mark.parametrize(
    ("header", "changes", "said", "hint"),
    [
        (["who", "treated", "type"], {}, "lacks the column 'patient_id'; it has: 'who'", "--map"),
        (["patient_id", "treated", "type", "type"], {}, "the same name: 'type'", "its own"),
        (["patient_id", "treated", "type", "sun"], {}, "the answers would go into", "Rename"),
        ([*HEADER], {"where": (("clnic", "Rose"),)}, "no such column", "tz"),
        ([*HEADER], {"columns": {"tz": "zone"}}, "lacks the column 'zone'", "--map"),
    ],
)
def test_a_header_that_will_not_do_is_refused(
    book: Book, header: list[str], changes: dict[str, Any], said: str, hint: str
) -> None:
    """With its columns, and what to do; nothing is written."""
    with pytest.raises(TableError, match=said) as caught:
        book.text([header, ["P1", "2024-05-01", "face", "UTC"]], **changes)
    assert hint in caught.value.hint
    assert "in.xlsx" in caught.value.message or "--where" in caught.value.message
    assert not book.target.exists()


def test_columns_under_other_names_and_conditions(book: Book) -> None:
    """`--map`, `--where` and a protocol's columns work as for text."""
    rows = [["id", "date", "type", "clinic"]]
    rows += [["P1", "2024-05-01", "face", "Rose"], ["P2", "2024-05-01", "face", "Iris"]]
    columns = {"patient_id": "id", "treated": "date"}
    found = book.rows(rows, columns=columns, where=(("clinic", "Iris"),))
    assert [row["id"] for row in found] == ["P2"]
    assert book.tally.read == 2


@pytest.mark.parametrize("form", ["csv", "ndjson"])
@pytest.mark.parametrize("more", [[], [["P1", "soon", "face", "UTC", "n"]]], ids=["none", "bad"])
def test_a_sheet_without_a_row_to_judge_has_a_header_all_the_same(
    book: Book, form: str, more: list[list[object]]
) -> None:
    """Whoever reads it next finds the columns."""
    text = book.text([(*HEADER, "note"), *more], form=form)
    ids = ",".join(group for group in book.rules.headline_groups)
    assert text == (f"patient_id,treated,type,tz,note,{ids}\n" if form == "csv" else "")
    assert len(book.refused()) == len(more)


def test_formulas_are_neutralised(book: Book) -> None:
    """A text that a spreadsheet would run does not leave as it came, unless that is asked for."""
    rows = [(*HEADER, "=note"), ["@P1", "2024-05-01", "face", "UTC", "=1+1"]]
    text = book.text(rows)
    assert "'=note" in text.splitlines()[0]
    assert text.splitlines()[1].startswith("'@P1,2024-05-01,face,UTC,'=1+1,")
    assert book.text(rows, raw=True).splitlines()[1].startswith("@P1,2024-05-01,face,UTC,=1+1,")


def test_the_encoding_of_texts_means_nothing_to_a_workbook(book: Book) -> None:
    """It has its own."""
    (row,) = book.rows([HEADER, ["Łucja", "2024-05-01", "face", "UTC"]], encoding="utf-16")
    assert row["patient_id"] == "Łucja"


def test_the_zone_is_that_of_the_row_or_of_the_option(book: Book) -> None:
    """Make-up opens 48 hours after; at 15:00 UTC on the second of May that depends on the zone."""
    treated = datetime(2024, 4, 30, 17, 30)
    rows = [HEADER, *(["P", treated, "face", tz] for tz in ("Asia/Kathmandu", "UTC", None))]
    assert [row["makeup"] for row in book.rows(rows)] == ["allowed", "avoid", "avoid"]
    kathmandu = ZoneInfo("Asia/Kathmandu")
    found = [row["makeup"] for row in book.rows(rows, zone=kathmandu)]
    assert found == ["allowed", "avoid", "allowed"]


def test_the_first_sheet_that_is_shown_is_read(book: Book) -> None:
    """A hidden one is not what anybody sees who opens the workbook."""
    shown = Sheet([HEADER, ["P1", "2024-05-01", "face", "UTC"]])
    other = Sheet([["nothing"], [ERROR]])
    for sheets in ([shown, other], [other._replace(state="hidden"), shown]):
        assert "P1,2024-05-01," in book.check(xlsx(book.source, *sheets))
    hidden = [other._replace(state="veryHidden"), Sheet([HEADER, ["P", "2024-05-01", ERROR]])]
    book.check(xlsx(book.source, *hidden))
    assert [each[:3] for each in book.refused()] == [(2, "type", "#N/A")]


def test_an_opendocument_sheet(book: Book) -> None:
    """Its dates, numbers and empty rows are read as those of Excel."""
    rows = [
        [],
        (*HEADER, "dose"),
        [7, date(2024, 5, 1), "face", "UTC", 1.5],
        [],
        ["P2", datetime(2024, 5, 1, 14, 30), "face", None, None],
        ["P3", "#N/A", "face", "UTC", 1],
    ]
    text = book.check(ods(book.folder / "in.ods", rows))
    assert text.splitlines()[1].startswith("7,2024-05-01,face,UTC,1.5,avoid,")
    assert text.splitlines()[2].startswith("P2,2024-05-01T14:30:00,face,,,avoid,")
    assert [each[:3] for each in book.refused()] == [(6, "treated", "#N/A")]


OPEN_ERROR = Xml(
    '<table:table-cell table:formula="of:=[.A9]/0" office:value-type="string"'
    ' office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
)


def test_an_error_in_an_opendocument_sheet_is_no_empty_zone(book: Book) -> None:
    """It is read as an empty cell, so where there is one, an empty zone is none."""
    plain = ["P1", "2024-05-01T14:30", "face", None]
    book.check(ods(book.folder / "in.ods", [HEADER, plain]))
    assert (book.tally.written, book.tally.rejected) == (1, 0)
    book.check(ods(book.folder / "in.ods", [HEADER, [*plain[:3], OPEN_ERROR], plain]))
    assert (book.tally.written, book.tally.rejected) == (0, 2)
    assert [each[:3] for each in book.refused()] == [(2, "tz", NO_ZONE), (3, "tz", NO_ZONE)]


def test_an_old_workbook_does_not_tell_an_error_from_an_empty_cell(book: Book) -> None:
    """So there an empty zone is rejected; another empty cell does no harm.

    The file has a zone, an empty cell, #REF! as the zone, and #REF! in another column.
    """
    text = book.check(Path(__file__).parents[1] / "data" / "errors.xls")
    assert [row.split(",")[0] for row in text.splitlines()[1:]] == ["P1", "P4"]
    assert [each[:3] for each in book.refused()] == [(3, "tz", NO_ZONE), (4, "tz", NO_ZONE)]


def _damaged(path: Path, rows: Rows) -> None:
    whole = xlsx(path, Sheet(rows)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: xlsx(path, Sheet([])), "is empty"),
        (lambda path: xlsx(path, Sheet([[None], []])), "is empty"),
        (xlsx, "has no sheet"),
        (lambda path: xlsx(path, Sheet([HEADER], "hidden")), "has no sheet"),
        (locked, "is protected by a password"),
        (lambda path: path.write_text("patient_id,treated,type\n"), "is no workbook"),
        (lambda path: path.write_bytes(b""), "is no workbook"),
        (lambda path: _damaged(path, [HEADER]), "is no workbook"),
        (lambda path: xlsx(path, Sheet([[Xml("<c {at}><v>1</w></c>")]])), "is no workbook"),
        (lambda path: path.mkdir(), "cannot be read: Is a directory"),
        (lambda path: path.with_name("other"), "cannot be read: No such file"),
    ],
)
def test_what_is_no_workbook_is_refused(book: Book, make: Any, said: str) -> None:
    """In a line, with what to do instead."""
    make(book.source)
    with pytest.raises(TableError, match=rf"in\.xlsx' {said}") as caught:
        book.check(book.source)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    assert not book.target.exists()


def test_a_workbook_by_its_name(own: Program) -> None:
    """`mesocare check patients.xlsx` writes CSV, and names the row of the sheet."""
    rows = [[], HEADER, [1, datetime(2024, 5, 1, 14, 30), "face", None], [2, 5.5, "face", None]]
    xlsx(own.place / "patients.xlsx", Sheet(rows))
    ended = own.run("check", "patients.xlsx", "--at", "2024-05-03T15:00", "--activities", "makeup")
    assert ended.code == 1
    assert ended.out == (f"{','.join(HEADER)},makeup\n1,2024-05-01T14:30:00,face,,allowed\n")
    assert ended.err.startswith("line 4: treated '5.5' ")
