"""What a table may hold, and what becomes of what it should not."""

from __future__ import annotations

import csv
import json
from collections import Counter
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.bulk.io import lines
from mesocare.bulk.stream.engine import run
from mesocare.core.timespan import Hours
from mesocare.errors import MesocareError, OutputError, TableError
from tests.support.bulk import job

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet

HEADER = "patient_id,treated,type,tz\n"
GOOD = "1,2024-05-01T14:30,face,Europe/Berlin\n"


class Table:
    """Runs jobs over what a test says."""

    def __init__(self, rules: RuleSet, folder: Path) -> None:
        self.rules, self.folder = rules, folder
        self.target, self.rejects = folder / "out", folder / "rejects.csv"

    def run(self, text: str | bytes, name: str = "in.csv", **changes: Any) -> str:
        """Return what is written for a table."""
        source = self.folder / name
        source.write_bytes(text.encode() if isinstance(text, str) else text)
        given = {"rejects": str(self.rejects), **changes}
        self.tally = run(job(self.rules, source, self.target)._replace(**given), lambda _: None)
        with self.target.open(encoding="utf-8-sig", newline="") as file:
            return file.read()

    def rows(self, text: str | bytes, **changes: Any) -> list[dict[str, str]]:
        """Return the rows that are written for a table."""
        return list(csv.DictReader(StringIO(self.run(text, **changes), newline="")))

    def refused(self) -> list[tuple[int, str, str, str]]:
        """Return the line, column, value and reason of what was rejected."""
        with self.rejects.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [(int(row["line"]), row["column"], row["value"], row["reason"]) for row in rows]


@pytest.fixture
def table(rules: RuleSet, tmp_path: Path) -> Table:
    return Table(rules, tmp_path)


def test_wide_adds_a_column_for_each_activity(table: Table, rules: RuleSet) -> None:
    """The input's columns come first, as they stood, then the verdicts."""
    text = table.run('patient_id,note,treated,type\n1,"a, b",2024-05-01T14:30,face\n')
    ids = ",".join(rules.headline_groups)
    assert text == (
        f"patient_id,note,treated,type,{ids}\n"
        '1,"a, b",2024-05-01T14:30,face,avoid,avoid,limited,avoid,avoid\n'
    )
    assert (table.tally.read, table.tally.written, table.tally.rejected) == (1, 1, 0)
    assert table.tally.verdicts["makeup"] == Counter(avoid=1)
    assert not table.refused()


def test_long_says_from_when(table: Table) -> None:
    """A row for each activity, with times in the zone of the row."""
    rows = table.rows(HEADER + "1,2024-05-02T08:00,face,Asia/Kathmandu\n", long=True)
    assert [row["activity"] for row in rows][:1] == ["makeup"]
    assert len(rows) == 5
    assert rows[0]["verdict"] == "avoid"
    assert rows[0]["allowed_from"] == "2024-05-04T08:00:00+05:45"
    assert all(row["patient_id"] == "1" and row["protocol"] == "" for row in rows)


def test_changes_within_keeps_what_opens(table: Table) -> None:
    """Make-up opens 48 hours after; the row says when, as what, and others stay away."""
    text = HEADER + "".join(
        f"{n},{treated},face,UTC\n"
        for n, treated in enumerate(["2024-05-01T10:00", "2024-04-30T15:00", "2024-04-30T15:01"])
    )
    rows = table.rows(text, long=True, within=Hours(12), where=(("activity", "makeup"),))
    assert [(row["patient_id"], row["opens_as"], row["opens_at"]) for row in rows] == [
        ("2", "allowed", "2024-05-02T15:01:00+00:00")
    ]
    assert table.tally.opening["makeup"] == 1
    wide = table.rows(text, within=Hours(24), where=(("activity", "makeup"),))
    assert [(row["patient_id"], row["makeup"]) for row in wide] == [("0", "avoid"), ("2", "avoid")]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ([("verdict", "ask")], []),
        ([("verdict", "avoid"), ("activity", "makeup")], ["2"]),
        ([("verdict", "avoid")], ["1", "2"]),
        ([("type", "scalp")], ["3"]),
        ([("born", "2024-04-30T14:30")], ["1"]),
        ([("site", "B")], ["2", "3"]),
    ],
)
def test_where_keeps_what_meets_every_condition(
    table: Table, where: list[tuple[str, str]], kept: list[str]
) -> None:
    """Of verdicts any of the activities will do; a column has to hold the very text."""
    text = (
        "patient_id,born,type,site\n1,2024-04-30T14:30,face,A\n"
        "2,2024-05-02T14:30,face,B\n3,2024-01-01,scalp,B\n"
    )
    rows = table.rows(text, columns={"treated": "born"}, where=tuple(where))
    assert [row["patient_id"] for row in rows] == kept
    assert table.tally.read == 3
    assert sum(table.tally.verdicts["makeup"].values()) == 3


def test_where_of_no_column_is_refused(table: Table) -> None:
    """A condition on a column that is not there would keep nothing, and say nothing."""
    with pytest.raises(TableError, match="no such column") as caught:
        table.run(HEADER + GOOD, where=(("site", "A"),))
    assert "patient_id" in caught.value.hint
    assert not table.target.exists()


def test_formulas_are_neutralised(table: Table) -> None:
    """No cell that a spreadsheet would run leaves as it came, the header's neither."""
    cells = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "a=1"]
    for n, cell in enumerate(cells):
        buffer = StringIO()
        csv.writer(buffer).writerow([cell, "\t2024-05-01" if n else "2024-05-01T10:00", "face"])
        text = "patient_id,treated,type\n" + buffer.getvalue()
        (row,) = table.rows(text)
        assert row["patient_id"] == (cell if cell == "a=1" else "'" + cell)
        assert not row["treated"].startswith("\t")
        (row,) = table.rows(text, raw=True)
        assert row["patient_id"] == cell
    assert (
        table.run("patient_id,treated,type,=x\n1,2024-05-01,face,\n").splitlines()[0].count("'=x")
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("1,2024-05-01,face\n2,2024-05-02,face\n", "lacks the column"),
        ("patient_id,when,type\n1,2024-05-01,face\n", "lacks the column 'treated'; it has: "),
        ("patient_id,treated,type,treated\n", "columns of the same name: 'treated'"),
        ("patient_id,treated,type,makeup\n", "the answers would go into: 'makeup'"),
        ("patient_id,tre\0ated,type\n", "NUL byte"),
        ("patient_id,treated,type\n".encode("utf-16-le"), "NUL byte"),
        ('patient_id,"treated,type\n1,2024-05-01,face\n', "cannot be read"),
        ("patient_id,treated,type\n1,2024-05-01,f\xe9\n".encode("latin-1"), "byte 0xe9 in line 2"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(table: Table, text: str | bytes, said: str) -> None:
    """A faulty header, or another encoding, ends the run and leaves no file."""
    with pytest.raises(TableError) as caught:
        table.run(text)
    assert said in caught.value.message
    assert caught.value.hint
    assert [each.name for each in table.folder.iterdir()] == ["in.csv"]


def test_the_hint_says_how_to_map(table: Table) -> None:
    """A column of nearly the name is suggested."""
    with pytest.raises(TableError) as caught:
        table.run("patient_id,Treatted,kind\n1,2024-05-01,face\n")
    assert "--map treated=Treatted,type=COLUMN" in caught.value.hint
    with pytest.raises(TableError) as caught:
        table.run("17,2024-05-01,face\n")
    assert "patient_id,treated,type" in caught.value.hint


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("utf-32", None),
        ("cp1252", "cp1252"), ("utf-16-le", "utf-16-le"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(table: Table, encoding: str, named: str | None, end: str) -> None:
    """UTF-8 with or without a mark, UTF-16 with one, any other by name; three kinds of line."""
    text = f"{HEADER}é,2024-05-01T14:30,face,\n2,x,face,\n".replace("\n", end)
    rows = table.rows(text.encode(encoding), encoding=named)
    assert [row["patient_id"] for row in rows] == ["é"]
    assert [each[0] for each in table.refused()] == [3]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(table: Table, delimiter: str) -> None:
    """It is whatever makes our columns of the first line; the output has the same."""
    text = (HEADER + GOOD).replace(",", delimiter)
    out = table.run(text)
    assert out.splitlines()[1].split(delimiter)[2:5] == ["face", "Europe/Berlin", "avoid"]
    assert table.run(text.replace(delimiter, "^"), delimiter="^").count("^") == 2 * 8


ROW_FAULTS = [
    ("2,2024-05-01,face\n", "", "", "has 3 cells, where the header has 4"),
    ("2,2024-05-01,face,,\n", "", "", "has 5 cells, where the header has 4"),
    ("2,01/05/2024,face,\n", "treated", "01/05/2024", "can be read as 2 dates"),
    ("2,,face,\n", "treated", "", "No date was given"),
    ("2,2024-05-03T10:00,face,\n", "treated", "2024-05-03T10:00", "2024-05-02"),
    ("2,2024-05-01T24:30,face,\n", "treated", "2024-05-01T24:30", "does not exist"),
    ("2,2024-W18-3T10:00,face,\n", "treated", "2024-W18-3T10:00", ""),
    ("2,2024-02-30T10:00,face,\n", "treated", "2024-02-30T10:00", ""),
    ("2,2024-03-31T02:30,face,Europe/Berlin\n", "treated", "2024-03-31T02:30", "clocks"),
    ("2,2024-05-01,faec,\n", "type", "faec", "brightening. Did you mean face?"),
    ("2,2024-05-01,,\n", "type", "", "unknown treatment type ''"),
    ("2,2024-05-01,face,Europe/Lodnon\n", "tz", "Europe/Lodnon", "Europe/London"),
    ("2,2024-05-01,fa\0ce,\n", "", "", "NUL byte"),
    ('2,"2024-05-01"x,face,\n', "", "", "has a quote"),
    ('2,"2024-05-01,face,\n', "", "", "has a quote"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "column", "value", "reason"), ROW_FAULTS)
@pytest.mark.parametrize("many", [0, 100], ids=["few", "many"])
def test_a_bad_row_neither_stops_the_run_nor_vanishes(  # noqa: PLR0913, PLR0917 - what is in a reject
    table: Table, row: str, column: str, value: str, reason: str, many: int
) -> None:
    """It is named with its line, and the rows around it are judged; before the steps and after."""
    text = HEADER + GOOD * (1 + many) + row + GOOD * 2
    rows = table.rows(text)
    ((line, *found, why),) = table.refused()
    assert (line, *found) == (3 + many, column, value)
    assert reason in why
    assert len(rows) == 3 + many
    assert (table.tally.read, table.tally.rejected) == (4 + many, 1)


def test_rejects_are_in_the_order_of_the_lines(table: Table) -> None:
    """Whatever is wrong with them; with the row as it was."""
    table.run(HEADER + "".join(fault[0] for fault in ROW_FAULTS) + GOOD)
    assert [each[0] for each in table.refused()] == list(range(2, 2 + len(ROW_FAULTS)))
    with table.rejects.open(newline="") as file:
        assert next(csv.DictReader(file))["row"] == "2,2024-05-01,face"


def test_lines_are_counted_over_cells_of_several(table: Table) -> None:
    """A reject has the number of the line on which its row begins."""
    text = HEADER + '"a\nb",2024-05-01,face,\n\n"c\n\nd",nothing,face,\n' + GOOD
    assert len(table.rows(text)) == 2
    assert [each[:3] for each in table.refused()] == [(5, "treated", "nothing")]


def test_an_unclosed_quote_takes_nothing_along(table: Table) -> None:
    """The rows after it are read, however many there are."""
    rows = "".join(f"{n},2024-05-01T14:30,face,\n" for n in range(30_000))
    found = table.rows(HEADER + '"x,2024-05-01,face,\n' + rows)
    assert len(found) == 30_000
    assert [each[0] for each in table.refused()] == [2]


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_huge_cell_costs_neither_memory_nor_the_rest(table: Table, quote: str) -> None:
    """50 MB in one cell are rejected with the beginning of the row; what follows is judged."""
    import tracemalloc

    huge = HEADER + GOOD + f"2,2024-05-01,face,{quote}{'x' * 50_000_000}{quote}\n" + GOOD
    source = table.folder / "in.csv"
    source.write_text(huge, encoding="utf-8")
    del huge
    given = job(table.rules, source, table.target, rejects=str(table.rejects))
    tracemalloc.start()
    tally = run(given, lambda _: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
    assert (tally.written, tally.rejected) == (2, 1)
    ((line, _, _, why),) = table.refused()
    assert line == 3
    assert "longer than" in why


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("shift", range(-3, 4))
def test_lines_at_the_edge_of_a_block(table: Table, end: str, shift: int) -> None:
    """Neither a line's end nor a long line's is lost where one block ends and another begins."""
    blocks = 4 * lines.BLOCK
    text = HEADER.replace("\n", end)
    text += "x" * (blocks - len(text) + shift) + end + GOOD.replace("\n", end) * 2
    assert len(table.rows(text)) == 2
    assert [each[0] for each in table.refused()] == [2]


def test_a_long_line_up_to_the_end(table: Table) -> None:
    """Also where no line end follows."""
    assert not table.rows(HEADER + "x" * 1_000_000)
    assert [each[0] for each in table.refused()] == [2]


def test_ndjson_is_carried_along(table: Table) -> None:
    """An object is written as it stood, nested values and all, with the verdicts added."""
    text = (
        '{"patient_id": 1, "treated": "2024-05-01T14:30", "type": "face", "x": {"y": [1.10]}}  \n'
        '\n{"patient_id": "2", "treated": "2024-05-01", "type": "face", "tz": null }\n'
    )
    out = table.run(text, kind="ndjson", form="ndjson").splitlines()
    assert out[0].startswith(text.split("}}", maxsplit=1)[0] + '}, "makeup": "avoid", ')
    found = [json.loads(line) for line in out]
    assert found[0]["x"] == {"y": [1.1]}
    assert found[1]["makeup"] == "avoid"
    rows = table.rows(text, kind="ndjson", form="csv")
    assert rows[0]["x"] == '{"y": [1.1]}'
    assert [each[1] for each in table.refused()] == ["tz"]  # no column of the first row


@pytest.mark.parametrize(
    ("line", "column", "reason"),
    [
        ("[1]", "", "is no JSON object"),
        ("{", "", "is no JSON object"),
        ("[" * 100_000, "", "nested too deeply"),
        ('{"patient_id": 1, "treated": "2024-05-01"}', "type", "is missing"),
        ('{"patient_id": 1, "treated": 20240501, "type": "face"}', "treated", "is no text"),
        ('{"patient_id": 1, "treated": "2024-05-01", "type": "face", "tz": 1}', "tz", "is no text"),
        ('{"patient_id": 1, "treated": "x", "type": "face"}', "treated", "'x'"),
        ('{"treated": "x", "treated": "y", "type": "face"}', "", "comes twice"),
        ('{"patient_id": NaN, "treated": "2024-05-01", "type": "face"}', "", "no number"),
        ('{"patient_id": 1, "treated": "2024-05-01", "type": "face", "sun": 1}', "sun", "already"),
        ('{"patient_id": "\0", "treated": "2024-05-01", "type": "face"}', "", "NUL"),
    ],
)  # fmt: skip
def test_an_object_that_will_not_do_is_rejected(
    table: Table, line: str, column: str, reason: str
) -> None:
    """With its line and why; the others are judged."""
    good = '{"patient_id": 1, "treated": "2024-05-01T14:30", "type": "face"}'
    out = table.run(f"{good}\n{line}\n{good}\n", kind="ndjson", form="ndjson")
    assert len(out.splitlines()) == 2
    ((number, found, _, why),) = table.refused()
    assert (number, found) == (2, column)
    assert reason in why


def test_csv_becomes_ndjson(table: Table) -> None:
    """Cells are texts; what a long table has nothing to say of is null."""
    out = table.run(HEADER + GOOD, form="ndjson", long=True).splitlines()
    found = json.loads(out[0])
    assert found["patient_id"] == "1"
    assert found["protocol"] is None
    assert len(out) == 5


@pytest.mark.parametrize("other", ["output", "rejects"])
def test_the_input_is_never_written_to(table: Table, other: str) -> None:
    """By whatever name, through links too."""
    source, link, hard = (table.folder / name for name in ("in.csv", "link.csv", "hard.csv"))
    source.write_text(HEADER + GOOD)
    link.symlink_to(source)
    hard.hardlink_to(source)
    for path in (source, link, hard, table.folder / "." / "in.csv"):
        with pytest.raises(TableError, match="destroyed"):
            table.run(HEADER + GOOD, **{other: str(path)})
    assert source.read_text() == HEADER + GOOD
    new = table.folder / "new.csv"
    with pytest.raises(TableError, match="destroyed"):
        table.run(HEADER + GOOD, output=str(new), rejects=str(table.folder / "." / "new.csv"))


@pytest.mark.parametrize("place", ["no/such/out.csv", "."])
def test_a_place_that_cannot_be_written_is_refused(
    table: Table, tmp_path: Path, place: str
) -> None:
    """With nothing left behind."""
    with pytest.raises(OutputError):
        table.run(HEADER + GOOD, output=str(tmp_path / place))
    assert [each.name for each in tmp_path.iterdir()] == ["in.csv"]


def test_a_source_that_is_none_is_refused(table: Table) -> None:
    """No such file, a directory, no such encoding."""
    for changes in (
        {"source": "no-such.csv"},
        {"source": "."},
        {"encoding": "klingon"},
        {"encoding": "hex"},
    ):
        with pytest.raises(MesocareError) as caught:
            table.run(HEADER + GOOD, **changes)
        assert caught.value.hint
