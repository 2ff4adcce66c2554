"""A person's own shelf: kept, shown, spoken of where the recovery is, out and in again."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.store import products, salvage, seal
from tests.support.process import Program

if TYPE_CHECKING:
    from pathlib import Path

TREATED, AT = "2024-05-01T14:30", "2024-05-02T15:00"
SERUM, CREAM = "Aqua, Glycerin, Retinol, Parfum", "Aqua, Glycerin, Panthenol, Cetearyl Alcohol"
HOSTILE = "<b>\x1b[31m& 'x'"


def done(program: Program, *arguments: str, given: bytes = b"") -> str:
    """Run a command that has to work; return what it says."""
    ended = program.run(*arguments, given=given)
    assert (ended.code, ended.err) == (0, ""), ended
    return ended.out


def flat(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


@pytest.fixture
def kept(own: Program) -> Program:
    """Return a program with a treatment and two products on record."""
    done(own, "treated", TREATED)
    done(own, "products", "add", "Night serum", SERUM)
    done(own, "products", "add", "Cream", "--kind", "cream", CREAM)
    return own


def shelf(program: Program, *options: str) -> list[Any]:
    """Return the products as JSON."""
    found = json.loads(done(program, "products", "--at", AT, "--json", *options))
    assert found["schema"] == "mesocare.products/1"
    rows: list[Any] = found["products"]
    return rows


def test_each_has_the_answer_of_its_label(kept: Program) -> None:
    """What is said of a product on the shelf is what `product` says of its label."""
    for name, label, kind in (("Night serum", SERUM, ()), ("Cream", CREAM, ("--kind", "cream"))):
        alone = kept.run("product", label, *kind, "--at", AT, "--json").json()
        [row] = [each for each in shelf(kept) if each["name"] == name]
        for key in ("verdict", "limited_from", "allowed_from", "decides", "not_recognised"):
            assert row[key] == alone[key], key


def test_what_may_be_used_first_comes_first(kept: Program) -> None:
    """Open ones, then by when they open; what cannot be told comes last."""
    done(kept, "products", "add", "Toner", "Aqua, Glycerin, Glycolic Acid 5%, Phenoxyethanol")
    rows = shelf(kept)
    assert rows[0]["name"] == "Cream"
    opens = [each["limited_from"] for each in rows if each["verdict"] == "avoid"]
    assert opens == sorted(opens)
    out = done(kept, "products", "--at", AT)
    assert out.index("Cream") < out.index("Night serum")
    assert "Decides   Retinol (retinoid)." in out


def test_today_says_what_comes_back(kept: Program) -> None:
    """In one line, and with everything; nothing once all is open."""
    assert "Products From Wed 8 May, 14:30: Night serum" in flat(done(kept, "today", "--at", AT))
    assert "Night serum" in done(kept, "today", "--all", "--at", AT)
    later = ("today", "--at", "2024-06-20T12:00")
    assert "Night serum" not in done(kept, *later)
    rows = kept.run("today", "--at", AT, "--json").json()["products"]
    assert [each["name"] for each in rows] == [each["name"] for each in shelf(kept)]
    given = kept.run("today", "--treated", TREATED, "--at", AT, "--json").json()
    assert given["products"] == []


def test_a_finding_holds_them_back(kept: Program) -> None:
    """While the clinic has something to see, nothing comes back, and no date is promised."""
    kept.run("feel", "pus", "--at", AT)
    ended = kept.run("products", "--at", AT, "--json")
    assert all(each["verdict"] in {"ask", "avoid"} for each in ended.json()["products"])
    assert "Products" not in kept.run("today", "--at", AT).out
    assert ended.json()["triage"]["findings"]


def test_calendar_and_sheet_when_asked(kept: Program) -> None:
    """Each has them with --products, and without it neither."""
    ask = ("calendar", "--at", AT, "--json")
    plain = json.loads(done(kept, *ask))["events"]
    told = json.loads(done(kept, *ask, "--products"))["events"]
    [event] = [each for each in told if each["kind"] == "product"]
    assert [each for each in told if each is not event] == plain
    assert (event["title"], event["begin"]) == (
        "May come back: Night serum", "2024-05-08T14:30:00+02:00",
    )  # fmt: skip
    assert event["alarm"] == event["begin"]
    for form in ("txt", "md", "html"):
        sheet = ("sheet", "--at", AT, "-o", "-", "--format", form)
        assert "Night serum" not in done(kept, *sheet)
        text = flat(done(kept, *sheet, "--products").replace("\\", ""))
        assert "Night serum" in text
        assert "not before Wed 8 May, 14:30" in text
    found = json.loads(done(kept, "sheet", "--at", AT, "--json", "--products"))
    assert [each["name"] for each in found["products"]] == ["Cream", "Night serum"]


def test_calendar_keys_stay(kept: Program) -> None:
    """A product has one event, whatever its time; another label moves it."""

    def event() -> Any:
        found = json.loads(done(kept, "calendar", "--at", AT, "--json", "--products"))["events"]
        return next(each for each in found if each["kind"] == "product")

    before = event()
    done(kept, "products", "add", "night SERUM", "Aqua, Glycerin, Parfum, Retinal, Panthenol")
    assert event()["key"] == before["key"]
    assert len(shelf(kept)) == 2


def test_replaced_and_taken_off(kept: Program) -> None:
    """A name stands for one product, whatever its case; an unknown one is told with those near."""
    said = done(kept, "products", "add", "cream", "Aqua, Glycerin, Alcohol Denat., Parfum")
    assert "Replaced: cream (4 of 4 names recognised)" in said
    assert [each["name"] for each in shelf(kept)].count("cream") == 1
    assert "Off your shelf: cream" in done(kept, "products", "remove", "CREAM", "--yes")
    assert [each["name"] for each in shelf(kept)] == ["Night serum"]
    missing = kept.run("products", "remove", "night", "--yes")
    assert (missing.code, "there is: Night serum" in missing.err) == (2, True)
    assert kept.run("products", "remove", "Night serum").code == 2, "nobody was there to be asked"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("add", "X"), "no list of ingredients"),
        (("add", "X", " "), "is empty"),
        (("add", " ", SERUM), "has no name"),
        (("add", "X", SERUM, "--kind", "soup"), "unknown kind of product"),
        (("add", "X", "Nothing of this is known here at all"), "no ingredient was recognised"),
        (("add", "X", SERUM, "--file", "y"), "both given"),
        (("add", "X", "--file", "nowhere.txt"), "cannot be read"),
        (("add", "X", f"{SERUM}, {'y' * 70_000}"), "has 70033 letters"),
        (("add", "a\x1bb", SERUM), "too long or not readable"),
        (("remove", "X", "--yes"), "no product on record is called 'X'"),
        (("nonsense",), "nonsense"),
    ],
)
def test_what_cannot_be_kept(own: Program, options: tuple[str, ...], words: str) -> None:
    """Refused with what to type, and nothing is kept."""
    ended = own.run("products", *options)
    assert ended.code == 2
    assert words in flat(ended.err)
    assert "No product is on record" in done(own, "products")


def test_without_a_treatment(own: Program) -> None:
    """A shelf needs a treatment to answer by; one may be given for the call."""
    assert "No product is on record" in done(own, "products")
    done(own, "products", "add", "Night serum", "-", given=SERUM.encode())
    assert "no treatment was given" in own.run("products").err
    assert "avoid" in done(own, "products", "--treated", TREATED, "--at", AT)


def test_hostile_names_and_labels(own: Program) -> None:
    """A label is shown as text, wherever; control characters do nothing."""
    done(own, "treated", TREATED)
    label = f"Aqua, Glycerin, Retinol, {HOSTILE}\x00, Parfum".replace("\x00", "")
    done(own, "products", "add", "<i>'X' & y", "-", given=label.encode())
    out = done(own, "products", "--at", AT)
    assert "\x1b" not in out
    page = done(own, "sheet", "--at", AT, "-o", "-", "--format", "html", "--products")
    assert "<i>" not in page
    assert "&lt;i&gt;" in page


def test_too_many(own: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is an end to a shelf."""
    monkeypatch.setattr(products, "MOST", 2)
    for name in ("A", "B"):
        done(own, "products", "add", name, CREAM)
    done(own, "products", "add", "B", SERUM)
    ended = own.run("products", "add", "C", CREAM)
    assert (ended.code, "no more can be" in ended.err) == (2, True)


def test_round_trip(kept: Program, tmp_path: Path) -> None:
    """Products go out and in without loss; those taken off stay off, the later version stays."""
    done(kept, "products", "add", "Old", CREAM)
    done(kept, "products", "remove", "Old", "--yes")
    text = done(kept, "export")
    other = Program(tmp_path / "other")
    other.cache = kept.cache
    done(other, "import", "-", given=text.encode())
    assert done(other, "export") == text
    done(kept, "products", "add", "Cream", SERUM)
    done(other, "import", "-", given=done(kept, "export").encode())
    assert "0 new" in done(other, "import", "-", given=text.encode())
    assert done(other, "export") == done(kept, "export")


ROW = {
    "id": "a" * 32, "name": "X", "label": CREAM, "kind": None, "removed": None,
    "changed": "2024-05-02T09:00:00+00:00",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ({}, "products is no list"),
        ([{}], "products[0] does not have"),
        ([{**ROW, "label": ""}], "products[0].label"),
        ([{**ROW, "label": 5}], "products[0].label"),
        ([{**ROW, "label": "a\0b"}], "products[0].label"),
        ([{**ROW, "label": "a" * 70_000}], "products[0].label"),
        ([{**ROW, "name": "a\nb"}], "products[0].name"),
        ([{**ROW, "changed": "2999-01-01T00:00:00+00:00"}], "products[0].changed"),
        ([{**ROW, "removed": "yesterday"}], "products[0].removed"),
        ([ROW, {**ROW, "name": "Y"}], "stands twice"),
    ],
)
def test_imports_of_the_wrong_kind(own: Program, rows: Any, place: str) -> None:
    """Each is refused with its place."""
    plain = {"schema": "mesocare.export/1", "treatments": [], "diary": [], "products": rows}
    ended = own.run("import", "-", given=json.dumps(plain).encode())
    assert ended.code == 2
    assert place in flat(ended.err)
    assert "No product is on record" in done(own, "products")


def test_damage(kept: Program) -> None:
    """A product that is not as it was written is noticed; the others are carried over."""
    with closing(sqlite3.connect(kept.record / "mesocare.db")) as connection:
        connection.execute("UPDATE product SET label = 'Aqua' WHERE name = 'Cream'")
        connection.commit()
    assert "the record was damaged" in kept.run("products", "--at", AT).err
    done(kept, "treatments", "--confirm")
    assert [each["name"] for each in shelf(kept)] == ["Night serum"]


def test_rows_that_are_not_carried_over() -> None:
    """What nothing could be made of stays in the original."""
    assert salvage._plausible("product", dict(ROW), "") is not None
    for wrong in (
        {"name": ""}, {"label": None}, {"changed": "never"}, {"removed": "x"}, {"kind": "\x1b"},
        {"id": ""},
    ):  # fmt: skip
        assert salvage._plausible("product", {**ROW, **wrong}, "") is None


def test_a_label_that_reads_no_more(kept: Program) -> None:
    """What was kept and cannot be read under other rules is to be asked about, never a yes."""
    with closing(sqlite3.connect(kept.record / "mesocare.db")) as connection:
        row = ("b" * 32, "Mystery", "qwertz", None, "2024-05-02T09:00:00+00:00", None)
        connection.execute(
            "INSERT INTO product VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, seal.sealed("product", row))
        )
        connection.commit()
    [found] = [each for each in shelf(kept) if each["name"] == "Mystery"]
    assert (found["verdict"], found["limited_from"], found["names"]) == ("ask", None, None)
    assert "no ingredient was recognised" in found["check_with_clinic"][0]
    assert "Mystery: ask your clinic" in done(kept, "products", "--at", AT)
    assert "Mystery: ask first" in done(kept, "sheet", "--at", AT, "--products")
