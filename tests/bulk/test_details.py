"""Tables that say what was injected and who was treated: as the engine says, and never milder."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from mesocare.bulk.decider import Decider
from mesocare.bulk.duckdb import engine as duckdb_engine
from mesocare.bulk.duckdb.lookup import spread
from mesocare.bulk.fix import fix
from mesocare.bulk.job import DETAILS
from mesocare.bulk.kinds import What
from mesocare.bulk.preview import preview
from mesocare.bulk.rows import check_rows
from mesocare.bulk.stream import engine as stream_engine
from mesocare.core.model import Treatment, Verdict
from mesocare.core.verdict.engine import answer
from mesocare.errors import DetailError, MesocareError, TableError
from mesocare.parsing import dates
from mesocare.parsing.details import DetailNames, details_of, parted
from mesocare.render.text.check import preview_json, preview_text
from tests.support import bulk
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mesocare.bulk.job import Job, Tally
    from mesocare.core.model import Detail, RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

HEADER = ("patient_id", "treated", "type", "tz", "with", "about")
# The treatment is a day old: make-up is open again after face, and not so after microneedling.
OPEN = "2024-04-30T10:00"
ENGINES = {"stream": stream_engine.run, "duckdb": duckdb_engine.run}
Row = tuple[str, ...]


def written(path: Path, rows: Iterable[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    """Write a table in which a cell with a comma stands in quotes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return path


def run(job: Job, folder: Path, engine: str) -> tuple[Tally, str, list[dict[str, str]]]:
    """Return what an engine counts, writes and rejects."""
    out, bad = folder / f"{engine}.out", folder / f"{engine}.bad"
    tally = ENGINES[engine](job._replace(output=str(out), rejects=str(bad)), lambda _: None)
    with bad.open(encoding="utf-8", newline="") as file:
        rejects = list(csv.DictReader(file))
    return tally, out.read_bytes().decode(), rejects


def both(job: Job, folder: Path) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the rows and the rejects of a table, which both engines write to the byte."""
    found = [run(job, folder, engine) for engine in ENGINES]
    assert found[0] == found[1]
    return list(csv.DictReader(found[0][1].splitlines())), found[0][2]


def makeup(rows: Iterable[dict[str, str]]) -> dict[str, str]:
    """Return what is said of make-up, by patient."""
    return {row["patient_id"]: row["makeup"] for row in rows}


def cell(details: Sequence[Detail], random_: random.Random) -> str:
    """Return details as somebody may write them."""
    names = [random_.choice([each.id, each.label, *each.aliases]) for each in details]
    names = [random_.choice([name, name.upper(), f" {name}"]) for name in names]
    return random_.choice([";", "; ", ",", ", "]).join(names)


def random_rows(rules: RuleSet, at: datetime, count: int, *, quotes: bool = True) -> list[Row]:
    """Return treatments at which something changes, half of them with details that fit or not."""
    random_ = random.Random(at.day)
    known = list(rules.details().values())
    rows = []
    for n, row in enumerate(bulk.treatments(rules, at, count, seed=at.month)):
        given = random_.sample(known, random_.choice([0, 0, 1, 1, 2, 3]))
        if n % 4:
            given = [each for each in given if not each.types or row[1] in each.types]
        cells = [cell([each for each in given if each.kind == kind], random_) for kind in DETAILS]
        if n % 97 == 0:
            cells[n % 2] = random_.choice(["nedlin", "prp; likes cats", "?", "qqq"])
        if not quotes:
            cells = [each.replace(",", ";") for each in cells]
        rows.append((f"P{n}", *row, *cells))
    return rows


_NAMES: dict[str, DetailNames] = {}


def names(kind: str, rules: RuleSet) -> DetailNames:
    """Return the names of a kind of details, made once."""
    if kind not in _NAMES:
        _NAMES[kind] = DetailNames(kind, rules)
    return _NAMES[kind]


def said(rules: RuleSet, at: datetime, row: Row) -> list[str]:
    """Return what the engine says after one treatment with its details; nothing if it refuses."""
    _, treated, type_, tz, *cells = row
    try:
        given = [
            each
            for kind, words in zip(DETAILS, cells, strict=True)
            for each in names(kind, rules).find(parted([words]))
        ]
        when = dates.parse_treated(treated, at=at, zone=ZoneInfo(tz))
        treatment = Treatment(type_, when, details=details_of(type_, given, rules))
    except MesocareError:
        return []
    groups = (rules.groups[id_] for id_ in rules.headline_groups)
    return [answer(each, [treatment], rules, at).verdict.value for each in groups]


@pytest.mark.parametrize(
    "moment",
    shared_out((at, quotes) for at in (bulk.AT, *bulk.MOMENTS) for quotes in (True, False)),
    ids=str,
)
def test_each_row_is_as_the_engine_says(
    rules: RuleSet, tmp_path: Path, moment: tuple[datetime, bool], searched: Searched
) -> None:
    """Of random details in any form, both engines say that, and nothing milder than without."""
    at, quotes = moment
    distinct = random_rows(rules, at, 900, quotes=quotes)
    random_ = random.Random(3)
    rows = [(f"P{n}", *random_.choice(distinct)[1:]) for n in range(4_000)]
    source = written(tmp_path / "in.csv", rows)
    found, rejects = both(bulk.job(rules, source, tmp_path, at=at, exact=True), tmp_path)
    expected = {row[1:]: said(rules, at, row) for row in distinct}
    plain = {row[1:]: said(rules, at, (*row[:4], "", "")) for row in distinct}
    judged = {row["patient_id"]: row for row in found}
    refused = {int(row["line"]) - 2 for row in rejects}
    stricter = 0
    for n, (patient, *row) in enumerate(rows):
        cells = expected[tuple(row)]
        assert (n in refused) == (not cells), row
        if cells:
            assert [judged[patient][id_] for id_ in rules.headline_groups] == cells, row
            pairs = zip(cells, plain[tuple(row)], strict=True)
            ranks = [(Verdict(now).severity, Verdict(then).severity) for now, then in pairs]
            assert all(now >= then for now, then in ranks), row
            stricter += any(now > then for now, then in ranks)
    assert stricter > 150
    assert 100 < len(refused) < len(rows) / 2
    searched(len(rows), "rows with details")


def test_what_holds_for_longer_than_any_rule_of_the_type(rules: RuleSet, tmp_path: Path) -> None:
    """Six months after dutasteride nobody gives blood, where it would be over otherwise."""
    rows = [
        (f"P{n}", treated, "scalp", "UTC", *cells)
        for n, treated in enumerate(["2023-12-01", "2023-12-01T10:00", "2023-10-01T10:00"] * 20)
        for cells in (("", ""), ("dutasteride", ""))
    ]
    item = rules.items["blood-donation"]
    source = written(tmp_path / "in.csv", rows)
    found, _ = both(bulk.job(rules, source, tmp_path, activities=(item,)), tmp_path)
    avoid = [row["with"] == "dutasteride" and "2023-12" in row["treated"] for row in found]
    assert [row["blood-donation"] == "avoid" for row in found] == avoid


def test_the_items_too_in_a_long_table(rules: RuleSet, tmp_path: Path) -> None:
    """Each activity has the verdict and the times that the engine has."""
    rows = [row for row in random_rows(rules, bulk.AT, 60) if said(rules, bulk.AT, row)]
    asked = tuple(rules.items.values())[::3]
    source = written(tmp_path / "in.csv", rows)
    given = bulk.job(rules, source, tmp_path, activities=asked, long=True, exact=True)
    found, rejects = both(given, tmp_path)
    assert not rejects
    by_key = {(row["patient_id"], row["activity"]): row for row in found}
    for row in rows:
        patient, treated, type_, tz, *cells = row
        details = [
            each
            for kind, words in zip(DETAILS, cells, strict=True)
            for each in names(kind, rules).find(parted([words]))
        ]
        when = dates.parse_treated(treated, at=bulk.AT, zone=ZoneInfo(tz))
        for item in asked:
            told = answer(item, [Treatment(type_, when, details=tuple(details))], rules, bulk.AT)
            open_ = told.allowed_from and told.allowed_from.astimezone(when.zone)
            cells_ = (told.verdict.value, open_.isoformat("T", "seconds") if open_ else "")
            assert tuple(
                by_key[patient, item.id][each] for each in ("verdict", "allowed_from")
            ) == (cells_), (row, item.id)


def test_details_take_one_pass_too(
    rules: RuleSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Details that the sample has together or apart are looked up, and not asked row by row."""
    pairs = [("microneedling", ""), ("", "pregnant"), ("ha", "keloid"), ("", "")]
    rows = [
        (f"P{n}", f"2024-04-{1 + n % 29:02}T10:{n % 60:02}", "face", "UTC", *pairs[n % 4])
        for n in range(400)
    ]
    rows.append(("last", "2024-04-30T10:00", "face", "UTC", "ha", "pregnant"))
    source = written(tmp_path / "in.csv", rows)
    monkeypatch.setattr(duckdb_engine, "_SAMPLE", 400)
    monkeypatch.setattr(duckdb_engine._Check, "_lay_down", lambda _: pytest.fail("laid down"))
    found, rejects = both(bulk.job(rules, source, tmp_path), tmp_path)
    assert len(found) == len(rows)
    assert not rejects


@pytest.mark.parametrize(
    ("cells", "at_fault"),
    [
        (
            ("nedlin", ""),
            ("with", "'nedlin' is an unknown substance. Did you mean: microneedling"),
        ),
        (("prp; qqq", ""), ("with", "'qqq' is an unknown substance. Known: prp")),
        (("", "prgnt"), ("about", "'prgnt' is an unknown factor. Did you mean: pregnant")),
        (("pregnant", ""), ("with", "--map with=")),
        (("", "likes cats"), ("about", "If it is another kind of column: --map about=")),
        (("needle-free; fat jab", ""), ("with", "exclude each other")),
        (("dutasteride", "pregnant"), ("with", "dutasteride does not go with a face treatment")),
        (("?", ""), ("with", "'?' is an unknown substance")),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet"])
def test_what_does_not_fit_is_rejected(
    rules: RuleSet, tmp_path: Path, cells: Row, at_fault: Row, kind: str
) -> None:
    """With its line, the column at fault, what stands there and why; the others are judged."""
    column, reason = at_fault
    rows = [("P1", OPEN, "face", "UTC", "", ""), ("P2", OPEN, "face", "UTC", *cells)]
    source = written(tmp_path / "in.csv", rows)
    if kind != "csv":
        form = "parquet" if kind == "parquet" else "json"
        duckdb.execute(
            f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{tmp_path / 'in.x'}'"
            f" (FORMAT {form})"
        )
        source = tmp_path / "in.x"
    job = bulk.job(rules, source, tmp_path, kind=kind)
    if kind == "parquet":
        _, _, rejects = run(job, tmp_path, "duckdb")
    else:
        found, rejects = both(job, tmp_path)
        assert list(makeup(found)) == ["P1"]
    (reject,) = rejects
    line = {"csv": 3, "ndjson": 2, "parquet": 2}[kind]
    assert (int(reject["line"]), reject["column"]) == (line, column)
    assert reject["value"] == cells[DETAILS.index(column)]
    assert reason in reject["reason"]
    assert not reject["reason"].startswith("--")


@pytest.mark.parametrize(
    "written_",
    ["microneedling;ha", "microneedling, ha", " Needling ;; HA ; needling", "HA,needling,"],
)
def test_several_in_a_cell(rules: RuleSet, tmp_path: Path, written_: str) -> None:
    """By a semicolon or a comma, in any order, by any name; a blank cell says nothing."""
    rows = [
        ("P1", OPEN, "face", "UTC", written_, "dark skin"),
        ("P2", OPEN, "face", "UTC", " ", "  "),
        ("P3", OPEN, "face", "UTC", "", ""),
    ]
    found, rejects = both(bulk.job(rules, written(tmp_path / "in.csv", rows), tmp_path), tmp_path)
    assert not rejects
    assert found[0]["with"] == written_
    assert makeup(found) == {"P1": "avoid", "P2": "allowed", "P3": "allowed"}


@pytest.mark.parametrize(
    ("header", "columns", "expected"),
    [
        (("with", "about"), {}, "avoid"),
        (("With", "ABOUT"), {}, "avoid"),
        (("product", "remarks"), {"with": "product"}, "avoid"),
        (("product", "remarks"), {}, "allowed"),
        (("with", "about"), {"with": ""}, "allowed"),
        (("with", "about"), {"with": "", "about": ""}, "allowed"),
        (("remarks", "with"), {"about": ""}, "allowed"),
    ],
)
def test_columns_by_name_mapped_or_left_alone(
    rules: RuleSet, tmp_path: Path, header: Row, columns: dict[str, str], expected: str
) -> None:
    """A name that is ours is read; one that was said too; an empty one takes no column for it."""
    rows = [("P1", OPEN, "face", "UTC", "microneedling", "")]
    source = written(tmp_path / "in.csv", rows, [*HEADER[:4], *header])
    found, rejects = both(bulk.job(rules, source, tmp_path, columns=columns), tmp_path)
    assert not rejects
    assert makeup(found) == {"P1": expected}


def test_one_of_the_columns_will_do(rules: RuleSet, tmp_path: Path) -> None:
    """The other is then as if it were empty."""
    for header, cell_, activity in (
        ("with", "needling", "foundation"),
        ("about", "pregnant", "retinoids"),
    ):
        for kind in (activity, None):
            rows = [("P1", "2024-03-01T10:00", "face", cell_ if kind else "")]
            if activity == "foundation":
                rows = [(rows[0][0], OPEN, *rows[0][2:])]
            source = written(tmp_path / "in.csv", rows, [*HEADER[:3], header])
            job = bulk.job(rules, source, tmp_path, activities=(rules.items[activity],))
            (row,), _ = both(job, tmp_path)
            expected = {"foundation": "avoid", "retinoids": "ask"}[activity]
            assert (row[activity] == expected) == (kind is not None)


def test_another_column_of_that_name(rules: RuleSet, tmp_path: Path) -> None:
    """Free text is rejected row by row, with how to leave the column alone; then it is text."""
    rows = [("P1", OPEN, "face", "UTC", "", "came with her sister, again")]
    source = written(tmp_path / "in.csv", rows)
    found, rejects = both(bulk.job(rules, source, tmp_path), tmp_path)
    assert not found
    assert "--map about=" in rejects[0]["reason"]
    found, rejects = both(bulk.job(rules, source, tmp_path, columns={"about": ""}), tmp_path)
    assert found[0]["about"] == rows[0][5]
    assert not rejects


def test_a_protocol_names_the_columns(rules: RuleSet, tmp_path: Path) -> None:
    """As it does for the others; two that fit are refused."""
    named = rules._replace(columns={**rules.columns, "with": ("product used",)})
    rows = [("P1", OPEN, "face", "UTC", "microneedling", "")]
    source = written(tmp_path / "in.csv", rows, [*HEADER[:4], "Product-Used", "x"])
    found, _ = both(bulk.job(named, source, tmp_path), tmp_path)
    assert makeup(found) == {"P1": "avoid"}
    twice = written(tmp_path / "in.csv", rows, [*HEADER[:4], "Product-Used", "With it"])
    assert both(bulk.job(named, twice, tmp_path), tmp_path)
    twice = written(tmp_path / "in.csv", rows, [*HEADER[:4], "Product-Used", "WITH"])
    with pytest.raises(TableError, match="2 columns for with"):
        run(bulk.job(named, twice, tmp_path), tmp_path, "stream")


def test_objects_of_json(rules: RuleSet, tmp_path: Path) -> None:
    """Text, a list of texts, or nothing."""
    source = tmp_path / "in.ndjson"
    lines: list[dict[str, Any]] = [
        {"with": "needling; ha", "about": None},
        {},
        {"with": ["needling", "HA"], "about": []},
        {"about": 3},
        {"with": ["prp", 3]},
    ]
    base = {"treated": OPEN, "type": "face"}
    texts = [json.dumps({"patient_id": f"P{n}", **base, **each}) for n, each in enumerate(lines)]
    source.write_text("\n".join(texts), encoding="utf-8")
    job = bulk.job(rules, source, tmp_path, kind="ndjson")
    found, rejects = both(job, tmp_path)
    assert makeup(found) == {"P0": "avoid", "P1": "allowed", "P2": "avoid"}
    assert [(row["column"], row["value"]) for row in rejects] == [
        ("about", "3"),
        ("with", '["prp", 3]'),
    ]
    assert "no list of texts; if it is another kind of column: --map about=" in rejects[0]["reason"]
    assert "unknown substance" in rejects[1]["reason"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("odd", ["", "1 May 2024 10:20"])
def test_parquet(rules: RuleSet, tmp_path: Path, form: str, odd: str) -> None:
    """It says what CSV says, laid down or not; a list is read too."""
    rows = random_rows(rules, bulk.AT, 1_200)
    rows += [("odd", odd or OPEN, "face", "UTC", "needling, HA", "")]
    source = written(tmp_path / "in.csv", rows)
    made = tmp_path / "in.parquet"
    duckdb.execute(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{made}'")
    job = bulk.job(rules, source, tmp_path, raw=True)
    _, expected, refused = run(job, tmp_path, "stream")
    job = job._replace(source=str(made), kind="parquet", form=form)
    out = tmp_path / "out"
    tally = duckdb_engine.run(
        job._replace(output=str(out), rejects=str(tmp_path / "bad")), lambda _: None
    )
    assert tally.rejected == len(refused) > 100
    names = [*HEADER, *rules.headline_groups]
    columns = ", ".join(f'coalesce("{name}"::VARCHAR, \'\') AS "{name}"' for name in names)
    reader = "read_parquet" if form == "parquet" else "read_csv"
    options = "" if form == "parquet" else ", all_varchar = true"
    found = duckdb.execute(f"SELECT {columns} FROM {reader}('{out}'{options})").fetchall()
    assert found == [tuple(row) for row in csv.reader(expected.splitlines())][1:]
    lists = "unnest([['needling', 'ha'], [], NULL, ['qqq']])"
    duckdb.execute(
        f"COPY (SELECT 'P1' AS patient_id, DATE '2024-04-29' AS treated, 'face' AS type, {lists}"
        f" AS \"with\") TO '{made}' (FORMAT parquet)"
    )
    _, text, rejects = run(job._replace(form="csv"), tmp_path, "duckdb")
    assert [row["makeup"] for row in csv.DictReader(text.splitlines())] == [
        "avoid", "allowed", "allowed",
    ]  # fmt: skip
    assert [(row["line"], row["value"]) for row in rejects] == [("4", "[qqq]")]


def test_conditions(rules: RuleSet, tmp_path: Path) -> None:
    """On the type, by any of its names, and on the very text of the columns."""
    rows = [
        ("P1", OPEN, "Face mesotherapy", "UTC", "needling", "pregnant"),
        ("P2", OPEN, "face", "UTC", "needling", ""),
        ("P3", OPEN, "scalp", "UTC", "prp", ""),
        ("P4", OPEN, "scalp", "UTC", "", "pregnant"),
    ]
    source = written(tmp_path / "in.csv", rows)
    for where, kept in (
        ([("type", "face")], ["P1", "P2"]),
        ([("type", "scalp"), ("about", "pregnant")], ["P4"]),
        ([("with", "needling")], ["P1", "P2"]),
        ([("activity", "makeup"), ("verdict", "avoid")], ["P1", "P2"]),
    ):
        found, _ = both(bulk.job(rules, source, tmp_path, where=tuple(where)), tmp_path)
        assert list(makeup(found)) == kept


def test_what_always_comes_along(rules: RuleSet, tmp_path: Path) -> None:
    """A type with which something is always injected has it without any column, and beside it."""
    types = {**rules.types, "face": rules.types["face"]._replace(injected=("microneedling",))}
    own = rules._replace(types=types)
    rows = [("P1", OPEN, "face"), ("P2", OPEN, "scalp"), ("P3", "2024-03-01", "face")]
    source = written(tmp_path / "in.csv", rows, HEADER[:3])
    expected = {"P1": "avoid", "P2": "allowed", "P3": "allowed"}
    found, _ = both(bulk.job(own, source, tmp_path), tmp_path)
    assert makeup(found) == expected
    assert makeup(both(bulk.job(rules, source, tmp_path), tmp_path)[0])["P1"] == "allowed"
    more = [
        (*row, "UTC", cell_, "") for row, cell_ in zip(rows, ["ha", "", "needle-free"], strict=True)
    ]
    found, rejects = both(bulk.job(own, written(tmp_path / "in.csv", more), tmp_path), tmp_path)
    assert list(makeup(found)) == ["P1", "P2"]
    assert [(row["column"], row["value"]) for row in rejects] == [("with", "needle-free")]


@pytest.mark.parametrize("note", ["", "1 May 2024"])
def test_no_formula_is_understood(rules: RuleSet, tmp_path: Path, note: str) -> None:
    """Whatever name is in it; what was understood is left as it stands."""
    cells = [
        ("=microneedling", ""),
        ("ha", " -pregnant"),
        ("\tha", " pregnant"),
        ("@ha", ""),
        ("ha", ""),
    ]
    rows = [(f"P{n}", OPEN, "face", "UTC", *each) for n, each in enumerate(cells)]
    rows.append(("odd", note or OPEN, "face", "UTC", "", ""))
    found, rejects = both(bulk.job(rules, written(tmp_path / "in.csv", rows), tmp_path), tmp_path)
    assert [row["column"] for row in rejects] == ["with", "about", "with"]
    assert "Did you mean: microneedling" in rejects[0]["reason"]
    assert [row["patient_id"] for row in found] == ["P2", "P4", "odd"]
    assert (found[0]["with"], found[0]["about"]) == ("\tha", " pregnant")


def test_preview_and_fix(rules: RuleSet, tmp_path: Path) -> None:
    """What was understood is shown, and written by its ids; then the same is said of it."""
    rows = [
        ("P1", "30.04.2024", "Face mesotherapy", "UTC", "Needling, HA", ""),
        ("P2", OPEN, "face", "UTC", "qqq", "pregnancy"),
    ]
    source = written(tmp_path / "in.csv", rows)
    job = bulk.job(rules, source, tmp_path, output=str(tmp_path / "fixed.csv"))
    shown = preview(job)
    assert "with microneedling, ha-booster" in preview_text(job, shown, no_color=True)
    plain = json.loads(preview_json(job, shown))["rows"]
    assert [(row["with"], row["about"]) for row in plain] == [
        (["microneedling", "ha-booster"], []),
        (None, None),
    ]
    assert plain[0]["verdicts"]["makeup"] == "avoid"
    assert "'qqq' is an unknown substance" in plain[1]["rejected"]
    tally = fix(job._replace(rejects=str(tmp_path / "bad")))
    assert (tally.written, tally.rejected) == (1, 1)
    with (tmp_path / "fixed.csv").open(encoding="utf-8", newline="") as file:
        (fixed,) = csv.DictReader(file)
    assert fixed == dict(
        zip(
            HEADER,
            ("P1", "2024-04-30", "face", "UTC", "microneedling; ha-booster", ""),
            strict=True,
        )
    )
    left = preview(job._replace(columns={"with": "", "about": ""}))
    assert "with" not in json.loads(preview_json(job, left))["rows"][0]
    assert not left.rows[1].why


def test_a_sheet_for_each_row(own: Program) -> None:
    """Each is the sheet of the treatment with its details: flags raised, notes, dates."""
    details = {"P1": ("botox; needling", "warfarin"), "P2": ("", "")}
    rows = [(name, "2024-05-01T14:30", "face", "UTC", *cells) for name, cells in details.items()]
    written(own.place / "p.csv", rows)
    at = ("--at", "2024-05-02T10:00", "--tz", "UTC")
    own.run("check", "p.csv", *at, "--sheets", "out", "--sheet-format", "txt")
    texts = []
    for name, cells in details.items():
        ask = [
            each
            for pair in zip(("--with", "--about"), cells, strict=True)
            for each in pair
            if all(pair)
        ]
        alone = own.run(
            "sheet", "--treated", "2024-05-01T14:30", *at, *ask, "--name", name, "--format", "txt"
        )
        texts.append((own.place / "out" / f"{name}.txt").read_text(encoding="utf-8"))
        assert texts[-1] == alone.out
    assert "Do not drive" in texts[0]
    assert "Do not drive" not in texts[1]


def test_rows_from_python(rules: RuleSet) -> None:
    """The keys may be there or not; an error says of which it is."""
    base = {"treated": OPEN, "type": "face"}
    rows = [base, {**base, "with": "needling, ha"}, {**base, "about": "qqq"}, {**base, "with": ""}]
    found = list(check_rows(rows, rules, at=bulk.AT, zone="UTC", activities=["makeup"]))
    assert [dict(each.verdicts).get("makeup") for each in found] == [
        Verdict.ALLOWED, Verdict.AVOID, None, Verdict.ALLOWED,
    ]  # fmt: skip
    error = found[2].error
    assert isinstance(error, DetailError)
    assert error.kind == "about"
    assert error.message == "'qqq' is an unknown factor"


def test_kinds_that_get_the_same_verdicts_are_one(rules: RuleSet) -> None:
    """What only raises flags, and any order or name, leads to the same steps."""
    decider = Decider(rules, [rules.groups["makeup"]], bulk.AT, UTC)
    keys = {
        decider.kinds.of(What("face", *cells)).key
        for cells in (("ha;needling", ""), ("Needling, HA", "keloid"), ("HA; toxin; needling", ""))
    }
    assert len(keys) == 1
    assert decider.kinds.of("face").key not in keys
    assert len(decider.kinds.of(What("face", "ha; needling", "keloid")).details) == 3


def test_what_is_remembered_is_bounded(rules: RuleSet, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ways to write them, memory has its bounds, and no answer changes."""
    asked = [
        (f"2024-04-{day:02}T10:00", What("face", ";".join(["ha", *["needling"] * count]), ""), tz)
        for day in (10, 27, 30)
        for count in range(20)
        for tz in bulk.ZONES[:4]
    ]
    groups = [rules.groups["makeup"], rules.groups["exercise"]]
    free = Decider(rules, groups, bulk.AT, UTC)
    expected = [free.cells(*each) for each in asked]
    bounds = {
        "kinds": ("_MOST_KINDS", "MOST_NAMES"),
        "decider": ("MOST_STEPS", "_WORTH_STEPS", "_MOST_WHENS", "MOST_REMEMBERED"),
        "openings": ("_MOST_STEPS", "_MOST_WHENS"),
    }
    for name in (f"{module}.{each}" for module, names in bounds.items() for each in names):
        monkeypatch.setattr(f"mesocare.bulk.{name}", 3)
    decider = Decider(rules, groups, bulk.AT, UTC)
    assert [decider.cells(*each) for each in asked] == expected
    kept: tuple[dict[Any, Any], ...] = (
        decider._steps, decider._whens, decider._known, decider._by_open, decider._verdicts,
        decider.openings._steps, decider.openings._after,
        decider.kinds._kinds, decider.kinds._details,
    )  # fmt: skip
    assert max(map(len, kept)) <= 3
    assert len(set(expected)) > 1


def test_a_table_with_many_details_is_laid_out_in_part() -> None:
    """Cells that stand in most ways are taken; without any, nothing is added."""
    plain = [What("face"), What("scalp")]
    assert spread(plain) == {*plain}
    few = spread([*plain, What("face", "ha"), What("face", "", "keloid")])
    assert What("scalp", "ha", "keloid") in few
    many = [What("face", f"s{n}", f"f{m}") for n in range(500) for m in range(1 + (n < 9))]
    found = spread(many)
    assert len({each.substances for each in found}) == 128
    assert {f"s{n}" for n in range(9)} <= {each.substances for each in found}
    wide = [What(f"t{n % 7}", f"s{n % 120}", f"f{n % 121}") for n in range(600)]
    assert spread(wide) == {*wide}
