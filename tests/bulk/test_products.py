"""`mesocare check --products`: a shop's list against one treatment, or several."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import mesocare
from mesocare.app import product
from mesocare.app.product import Judge
from mesocare.bulk.products import ADDED
from mesocare.core.question import Question
from mesocare.core.verdict import engine
from tests.support import labels
from tests.support.process import PATIENCE
from tests.support.workbooks import Sheet, xlsx

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.process import Finished, Program

TREATED = ("--treated", "2024-05-01T14:30")
AT = ("--at", "2024-05-03T09:00", "--tz", "Europe/Berlin")
HEADER = ("name", "ingredients")
SERUM, CREAM = "Aqua, Glycerin, Retinol, Parfum", "Aqua, Glycerin, Panthenol"


def table(own: Program, *rows: Sequence[str], header: Sequence[str] = HEADER) -> str:
    """Write a list; return its name."""
    with (own.place / "shop.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    return "shop.csv"


def check(own: Program, file: str, *arguments: str, given: bytes = b"") -> Finished:
    asked = () if "--treated" in arguments else TREATED
    return own.run("check", "--products", file, *asked, *AT, *arguments, given=given)


def rows(text: str, delimiter: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def cells(plain: dict[str, Any]) -> dict[str, str]:
    """Return what a row is given, by what `product --json` says."""
    decides = plain["decides"] or {"text": "", "class": ""}
    return {
        "verdict": plain["verdict"],
        "limited_from": plain["limited_from"] or "",
        "allowed_from": plain["allowed_from"] or "",
        "decides": decides["text"],
        "class": decides["class"],
        "activity": plain["answer"]["activity"],
        "not_recognised": f"{len(plain['not_recognised'])} of {plain['names']}",
        "check_with_clinic": "; ".join(plain["check_with_clinic"]),
    }


def texts() -> list[str]:
    return [*(each.text for each in labels.collected()), *(each.text for each in labels.thirteen())]


@pytest.mark.parametrize(
    "asked",
    [
        TREATED,
        ("--treated", "2024-04-20", "--type", "face", "--with", "microneedling"),
        ("--treated", "2024-04-28", "--type", "brightening", "--treated", "3 days ago", "--type",
         "scalp", "--about", "pregnant"),
    ],
)  # fmt: skip
def test_each_row_is_what_product_says(own: Program, asked: tuple[str, ...]) -> None:
    """Every collected list, after one treatment or several: cell by cell the same."""
    lists = texts()
    name = table(own, *((str(n), text) for n, text in enumerate(lists)))
    ended = check(own, name, "--raw", *asked)
    assert ended.code == 0
    found = rows(ended.out)
    assert len(found) == len(lists)
    for row, text in zip(found, lists, strict=True):
        assert row["ingredients"] == text
        said = own.run("product", "-", *asked, *AT, "--json", given=text.encode()).json()
        assert {name: row[name] for name in ADDED} == cells(said), text


def test_each_kind_is_what_product_says(own: Program) -> None:
    """A kind in its column counts as `--kind` does; an empty one leaves it to the label."""
    kinds = ["", "shampoo", "Mask ", "peel", "hair", "cleanser", "sunscreen", "scrub"]
    label = "Sodium Laureth Sulfate, Aqua, Betaine Salicylate, Citric Acid, Parfum"
    name = table(own, *((k, label, k) for k in kinds), header=("name", "ingredients", "kind"))
    ended = check(own, name, "--treated", "2024-05-01", "--type", "scalp")
    assert ended.code == 0
    for row, kind in zip(rows(ended.out), kinds, strict=True):
        given = ("--kind", kind.strip()) if kind else ()
        asked = ("--treated", "2024-05-01", "--type", "scalp", *AT, "--json")
        said = own.run("product", label, *given, *asked).json()
        assert {name: row[name] for name in ADDED} == cells(said), kind


def test_the_treatments_on_record_and_the_diary(own: Program) -> None:
    """Without `--treated` they are those on record, and what the clinic has to see holds back."""
    assert own.run("treated", "2024-05-01T14:30").code == 0
    name = table(own, ("Cream", CREAM))
    asked = ("check", "--products", name, *AT)
    (before,) = rows(own.run(*asked).out)
    own.run("feel", "blisters", "--at", "2024-05-02T09:00")
    ended = own.run(*asked, "-q")
    (row,) = rows(ended.out)
    said = own.run("product", CREAM, *AT, "--json").json()
    assert {name: row[name] for name in ADDED} == cells(said)
    assert row["verdict"] == "ask" != before["verdict"]
    assert "emergency" in ended.err or "doctor" in ended.err


def test_no_treatment_at_all(own: Program) -> None:
    """Is refused, as by `product`."""
    ended = own.run("check", "--products", table(own, ("Cream", CREAM)), *AT)
    assert (ended.code, ended.out) == (2, "")
    assert "no treatment was given" in ended.err


def test_rejects_have_their_line_and_reason(own: Program) -> None:
    """On standard error, or in a file; the others are written, and the code is 1."""
    name = table(
        own,
        ("Serum", SERUM, ""),
        ("Nothing", "", ""),
        ("Two lines", "Aqua,\nGlycerin, Panthenol", ""),
        ("Words", "See the pack", ""),
        ("Kind", CREAM, "toner"),
        header=("name", "ingredients", "kind"),
    )
    ended = check(own, name, "-q")
    assert ended.code == 1
    assert [row["name"] for row in rows(ended.out)] == ["Serum", "Two lines"]
    first, second, third = ended.err.splitlines()
    assert first.startswith("line 3: ingredients '': there is no ingredient in that text. It needs")
    assert second.startswith("line 6: ingredients 'See the pack': no ingredient was recognised")
    assert third.startswith("line 7: kind 'toner': is no kind of product; known: cleanser, ")
    filed = check(own, name, "--rejects", "no.csv", "-o", "yes.csv")
    assert (filed.code, filed.out) == (1, "")
    assert "5 rows read, 2 written" in filed.err
    assert "3 rejected" in filed.err
    refused = rows((own.place / "no.csv").read_text(encoding="utf-8"))
    assert [each["line"] for each in refused] == ["3", "6", "7"]
    assert refused[1]["row"] == "Words,See the pack,"
    assert len(rows((own.place / "yes.csv").read_text(encoding="utf-8"))) == 2


@pytest.mark.parametrize(
    ("header", "arguments"),
    [
        (("Product name", "INCI"), ()),
        (("PRODUCT  NAME", "Ingrédients"), ()),
        (("Produkt", "Inhaltsstoffe"), ()),
        (("Title", "What is in it"), ("--map", "name=Title, ingredients=What is in it")),
        (("A", "B"), ("--map", "name=A", "--map", "ingredients=B")),
    ],
)
def test_columns_by_other_names(
    own: Program, header: tuple[str, ...], arguments: tuple[str, ...]
) -> None:
    """By those that shops use, whatever their case and accents, or as somebody says."""
    ended = check(own, table(own, ("Serum", SERUM), header=header), *arguments)
    assert ended.code == 0
    assert ended.out.splitlines()[0] == ",".join([*header, *ADDED])
    assert f"name from {header[0]!r}, ingredients from {header[1]!r}" in ended.err


def test_another_column_called_kind(own: Program) -> None:
    """Is left alone where somebody says so, and carried along."""
    name = table(own, ("Serum", SERUM, "toner"), header=("name", "ingredients", "kind"))
    assert check(own, name).code == 1
    ended = check(own, name, "--map", "kind=")
    assert (ended.code, rows(ended.out)[0]["kind"]) == (0, "toner")
    mapped = table(own, ("Serum", SERUM, "mask"), header=("name", "ingredients", "Art"))
    assert check(own, mapped, "--map", "kind=Art").code == 0


def test_kinds_of_tables(own: Program) -> None:
    """TSV, NDJSON and a pipe say the same as CSV; the form follows the name, or is said."""
    want = rows(check(own, table(own, ("Serum", SERUM), ("Cream", CREAM))).out)
    pairs = [("Serum", SERUM), ("Cream", CREAM)]
    tsv = "".join("\t".join(each) + "\n" for each in [HEADER, *pairs])
    objects = "".join(json.dumps({"name": n, "ingredients": i}) + "\n" for n, i in pairs)
    (own.place / "shop.tsv").write_text(tsv)
    (own.place / "shop.ndjson").write_text(objects)
    assert rows(check(own, "shop.tsv").out, "\t") == want
    assert rows(check(own, "-", given=(own.place / "shop.csv").read_bytes()).out) == want
    assert rows(check(own, "shop.ndjson", "--format", "csv").out) == want
    piped = check(own, "-", "--input-format", "ndjson", given=objects.encode()).out
    for out in (piped, check(own, "shop.csv", "--format", "ndjson").out):
        said = [json.loads(line) for line in out.splitlines()]
        assert [{key: each[key] or "" for key in each} for each in said] == want
        assert said[0]["check_with_clinic"] is None
    check(own, "shop.csv", "-o", "out.ndjson")
    assert (own.place / "out.ndjson").read_text(encoding="utf-8") == check(
        own, "shop.csv", "--format", "ndjson"
    ).out  # fmt: skip


def test_objects_that_are_none(own: Program) -> None:
    """Are rejected by their line; a list of texts is a list, and what is carried along stays."""
    lines = [
        "no JSON",
        json.dumps({"name": 1, "ingredients": ["Aqua", "Retinol"], "price": 9.5}),
        json.dumps({"name": "x"}),
        json.dumps({"name": "x", "ingredients": 7}),
        json.dumps({"name": "x", "ingredients": CREAM, "verdict": "fine"}),
        json.dumps({"name": "x", "ingredients": CREAM, "kind": 1}),
        json.dumps({"ingredients": CREAM, "kind": None, "more": [1]}),
    ]
    given = "\n".join(lines).encode()
    ended = check(own, "-", "--input-format", "ndjson", given=given)
    assert ended.code == 1
    first, last = (json.loads(line) for line in ended.out.splitlines())
    assert (first["price"], first["decides"], last["more"]) == (9.5, "Retinol", [1])
    said = [line for line in ended.err.splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in said] == [f"line {n}" for n in (1, 3, 4, 5, 6)]
    assert "is missing" in said[1]
    assert "is no text and no list of texts" in said[2]
    assert "is there already" in said[3]
    assert "7 rows read, 2 written" in ended.err
    short = check(own, "-", "--input-format", "ndjson", "--format", "csv", given=given)
    assert "line 7: kind '': is no column of the first row" in short.err


def test_nothing_but_a_header(own: Program) -> None:
    """An empty list is one; what has no header, or no object, is none."""
    assert check(own, table(own)).out == ",".join([*HEADER, *ADDED]) + "\n"
    (own.place / "empty.csv").touch()
    ended = check(own, "empty.csv")
    assert ended.code == 2
    assert "Its first line has to be: name,ingredients" in ended.err
    ended = check(own, "-", "--input-format", "ndjson")
    assert (ended.code, ended.out) == (2, "")
    assert "is empty" in ended.err
    ended = check(own, "-", "--input-format", "ndjson", given=b"x\n")
    assert (ended.code, ended.out) == (1, "")
    assert "1 row read, 0 written, 1 rejected" in ended.err


def test_a_workbook(own: Program) -> None:
    """Its sheet is read as any other table, below a title too."""
    pytest.importorskip("python_calamine")
    sheet = Sheet([["Spring list", ""], ["Product", "INCI"], ["Serum", SERUM], ["Cream", ""]])
    xlsx(own.place / "shop.xlsx", sheet)
    ended = check(own, "shop.xlsx")
    assert ended.code == 1
    assert rows(ended.out)[0]["decides"] == "Retinol"
    assert "line 4: INCI '': there is no ingredient" in ended.err
    assert "The header was taken from line 2." in ended.err


def test_only_some_rows(own: Program) -> None:
    """By what is said of them, or by a column; the summary counts all."""
    name = table(own, ("Serum", SERUM), ("Cream", CREAM))
    ended = check(own, name, "--where", "verdict=avoid")
    assert [row["name"] for row in rows(ended.out)] == ["Serum"]
    assert "2 rows read, 1 written" in ended.err
    assert [r["name"] for r in rows(check(own, name, "--where", "class=retinoid").out)] == ["Serum"]
    assert [r["name"] for r in rows(check(own, name, "--where", "name=Cream").out)] == ["Cream"]
    assert check(own, name, "--where", "verdict=never").code == 2
    assert check(own, name, "--where", "shelf=A").code == 2


def test_hostile_cells(own: Program) -> None:
    """Formulas, quotes, line breaks, control characters, a megabyte: one row each, or a reject."""
    hostile = [
        ("=1+1", SERUM),
        ('a "b", c', "Aqua, \x07Glycerin\u200b, Reti\u202enol, =cmd|' /C calc'!A0"),
        ("@x", "=HYPERLINK(1), Aqua, Glycerin"),
        ("lines\r\nof it", "Aqua\nGlycerin\nRetinol\n"),
        ("open", "((((" * 200 + "Aqua, Glycerin, Retinol"),
        ("large", "Aqua, " * 30_000 + "Retinol"),
        ("larger", "Aqua, " * 180_000),
        ("last", CREAM),
    ]
    name = table(own, *hostile)
    ended = check(own, name, "-q")
    assert ended.code == 1
    found = rows(ended.out)
    assert [row["name"] for row in found] == ["'=1+1", 'a "b", c', "'@x", "lines\r\nof it"] + [
        each for each in ("open", "large", "last") if each in {row["name"] for row in found}
    ]
    assert found[-1]["verdict"] == "allowed"
    assert found[2]["ingredients"].startswith("'=")
    assert not any(cell[:1] in "=+@" for row in found for cell in row.values() if cell)
    assert "is longer than the 262144 characters" in ended.err
    assert len(found) + len(ended.err.splitlines()) == len(hostile)
    assert "\x07" not in ended.err
    assert rows(check(own, name, "--raw", "-q").out)[0]["name"] == "=1+1"


@pytest.mark.parametrize(
    ("arguments", "said", "hint"),
    [
        (["--activities", "makeup"], "--activities is for a table of patients", "Leave one"),
        (["--changes-within", "24h"], "--changes-within is for", "Leave one"),
        (["--sheets", "sheets"], "--sheets is for", "Leave one"),
        (["--fix", "fixed.csv"], "--fix is for", "Leave one"),
        (["--preview"], "--preview is for", "Leave one"),
        (["--long"], "--long is for", "Leave one"),
        (["--engine", "duckdb"], "--engine is for", "Leave one"),
        (["--map-type", "Glow=face"], "--map-type is for", "Leave one"),
        (["--format", "parquet"], "writes CSV and NDJSON, no Parquet", "products.csv"),
        (["--input-format", "parquet"], "reads CSV, TSV, NDJSON and Excel", "products.csv"),
        (["--map", "treated=date"], "is not one of name, ingredients, kind", "ingredients=INCI"),
        (["--map", "ingredients=INCI"], "lacks the column 'INCI'", "--map ingredients="),
        (["-o", "shop.csv"], "which would be destroyed", "another"),
        (["--type", "nose"], "nose", "face"),
    ],
)
def test_what_cannot_be_run_is_code_2(
    own: Program, arguments: list[str], said: str, hint: str
) -> None:
    """With what was given, and what to type instead; nothing is written."""
    name = table(own, ("Serum", SERUM))
    before = own.written()
    ended = check(own, name, *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert hint in ended.err
    assert own.written() == before


def test_columns_that_the_answers_would_go_into(own: Program) -> None:
    """Are refused, not replaced."""
    name = table(own, ("Serum", SERUM, "A"), header=("name", "ingredients", "class"))
    ended = check(own, name)
    assert ended.code == 2
    assert "'class'" in ended.err


@pytest.mark.parametrize(
    "given", [("--treated", "2024-05-01"), ("--type", "face"), ("--with", "prp"), ("--about", "x")]
)
def test_a_treatment_for_a_table_of_patients(own: Program, given: tuple[str, str]) -> None:
    """Is refused where it was typed; one from elsewhere is for the other commands."""
    (own.place / "patients.csv").write_text("patient_id,treated,type\n1,2024-05-01,face\n")
    ended = own.run("check", "patients.csv", *AT, *given)
    assert (ended.code, ended.out) == (2, "")
    assert f"{given[0]} was given, but each row" in ended.err
    assert "--products" in ended.err
    env = {f"MESOCARE_{given[0][2:].upper()}": given[1]}
    plain = own.run("check", "patients.csv", *AT)
    assert own.run("check", "patients.csv", *AT, env=env) == plain
    (own.place / "config.toml").write_text(f"{given[0][2:]} = {given[1]!r}\n")
    config = {"MESOCARE_CONFIG": str(own.place / "config.toml")}
    assert own.run("check", "patients.csv", *AT, env=config) == plain


def test_the_treatment_of_the_environment(own: Program) -> None:
    """Holds for a shop's list as for any question."""
    name = table(own, ("Serum", SERUM))
    env = {"MESOCARE_TREATED": "2024-05-01T14:30"}
    assert own.run("check", "--products", name, *AT, env=env).out == check(own, name).out


def test_the_record_is_no_place_for_the_answers(own: Program) -> None:
    """Nor are the settings."""
    assert own.run("treated", "2024-05-01T14:30").code == 0
    name = table(own, ("Serum", SERUM))
    (file,) = (path for path in own.record.iterdir() if path.suffix in {".db", ".sqlite"})
    before = file.read_bytes()
    for option in ("-o", "--rejects"):
        ended = check(own, name, option, str(file))
        assert (ended.code, ended.out) == (2, "")
        assert "which would be destroyed" in ended.err
    assert file.read_bytes() == before


def test_the_summary(own: Program) -> None:
    """In a line, or as JSON; none where it is to be quiet."""
    name = table(own, ("Serum", SERUM), ("Cream", CREAM), ("x", ""))
    ended = check(own, name, "-o", "out.csv")
    assert "3 rows read, 2 written, x avoid 1, + allowed 1, 1 rejected" in ended.err
    assert "written to out.csv" in ended.err
    said = json.loads(check(own, name, "--json").err.splitlines()[-1])
    assert said["schema"] == "mesocare.check/1"
    assert said["rows"] == {"read": 3, "written": 2, "rejected": 1}
    assert said["verdicts"] == {"product": {"allowed": 1, "limited": 0, "ask": 0, "avoid": 1}}
    assert check(own, table(own, ("Serum", SERUM)), "-q").err == ""


def test_the_engine_is_asked_once_for_an_item(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many products there are."""
    asked: list[str] = []

    def counted(item: Any, *rest: Any) -> Any:
        asked.append(item.id)
        return engine.answer(item, *rest)

    monkeypatch.setattr(product, "answer", counted)
    at = datetime(2024, 5, 3, 8, tzinfo=UTC)
    session = mesocare.treatment("face", "2024-05-01T14:30", at=at, zone="UTC")
    judge = Judge(Question(at, UTC, (session,), mesocare.load_rules()))
    for text in texts():
        judge.product(text)
    assert asked
    assert len(asked) == len(set(asked))


def _fed(own: Program, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a check that has been given many rows, and waits for more."""
    process = subprocess.Popen(
        [own.path, "check", "--products", "-", *TREATED, *AT, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=own.environment(), cwd=own.place,
    )  # fmt: skip
    assert process.stdin is not None
    line = f'Serum,"{SERUM}"\n'.encode()
    process.stdin.write(b"name,ingredients\n" + line * 2_500)
    process.stdin.flush()
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_stopped_midway(own: Program, number: int) -> None:
    """What was there stays, whole; of a check that was killed the next one leaves nothing."""
    (own.place / "out.csv").write_text("before")
    with _fed(own, "-o", "out.csv", "--rejects", "no.csv") as process:
        deadline = time.monotonic() + PATIENCE
        while not any(path.stat().st_size > 9 for path in own.place.glob(".mesocare.*")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        said = process.communicate(timeout=PATIENCE)[1].decode()
    assert (own.place / "out.csv").read_text() == "before"
    if number == signal.SIGKILL:
        assert process.returncode == -number
        assert check(own, table(own, ("Serum", SERUM)), "-q").code == 0
        (own.place / "shop.csv").unlink()
    else:
        assert process.returncode == 128 + number
        assert "Stopped before the end" in said
        assert "nothing was written to out.csv" in said
    assert [path.name for path in own.place.iterdir()] == ["out.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_stopped_midway_into_a_pipe(own: Program) -> None:
    """Whole rows come out, as many as the summary says."""
    with _fed(own, "--json") as process:
        assert process.stdout is not None
        begun = os.read(process.stdout.fileno(), 100)
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=PATIENCE)
    found = rows((begun + out).decode())
    summary = json.loads(said)
    assert process.returncode == 128 + signal.SIGTERM
    assert not summary["complete"]
    assert summary["rows"]["written"] == len(found) > 0
    assert {row["verdict"] for row in found} == {"avoid"}


def test_a_pipe_that_closes(own: Program) -> None:
    """Ends with code 2 and a line."""
    name = table(own, *[("Serum", SERUM)] * 2_000)
    ended = own.unread("check", "--products", name, *TREATED, *AT, "-q", take=100)
    assert ended.code == 2
    assert "nobody is reading any more" in ended.err
