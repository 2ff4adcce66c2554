"""The aftercare sheet: every date, every emergency whole, and nothing that was typed is markup."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from mesocare.app.schedule import schedule
from mesocare.app.sheet import Letterhead, sheet
from mesocare.bulk.sheets import Names
from mesocare.core.signs import Urgency
from mesocare.render.html.sheet import sheet_html
from mesocare.render.text.sheet import sheet_markdown, sheet_text
from tests.support.process import ASKED, AT, TREATED
from tests.support.recoveries import recoveries

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

HOSTILE = "<script>alert('x')</script> & \"more\" ![x](http://x) | `y`"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
TABLE = (
    "patient_id,treated,type\nP-1,2024-05-01T14:30,face\nP/../2,2024-05-01,scalp\n"
    "p-1,2024-05-02T09:00,brightening\n3,01/05/2024,face\n"
)


class Page(HTMLParser):
    """Reads a page: its text, its tags, and what would load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._silent = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of a tag."""
        self.tags.append((tag, dict(attrs)))
        self._silent = tag in {"style", "script"}

    def handle_endtag(self, _tag: str) -> None:
        """Text follows that is shown."""
        self._silent = False

    def handle_data(self, data: str) -> None:
        """Take note of what is shown."""
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What is shown, blanks made one."""
        return " ".join(" ".join(self.words).split())


def test_every_emergency_whole(program: Program, rules: RuleSet) -> None:
    """In every form, with what to do; the rarer ones too."""
    flags = [each for each in rules.red_flags.values() if each.urgency is Urgency.EMERGENCY]
    assert len(flags) >= 12
    for form in ("html", "txt", "md"):
        out = program.run("sheet", *ASKED, "-o", "-", "--format", form).out
        text = Page(out).text if form == "html" else " ".join(out.replace("\\", "").split())
        for each in flags:
            assert each.text in text, (form, each.id)
            assert (each.action or "") in text, (form, each.id)


@pytest.mark.parametrize("width", [30, 40, 80])
def test_the_text_fits(program: Program, width: int) -> None:
    """No line is wider than the screen, and headings and points are the same at any width."""

    def run(columns: int) -> list[str]:
        out = program.run("sheet", *ASKED, "--clinic", "Rose", env={"COLUMNS": str(columns)}).out
        assert max(map(len, out.splitlines())) <= columns
        return [each for each in re.sub(r"(?m)^[=-]{3,}$", "", out).split() if each]

    assert run(width) == run(100)


def test_dates_by_hand(program: Program) -> None:
    """Treated on Wednesday at 14:30: make-up not before Friday, without limit a week later."""
    out = program.run("sheet", *ASKED).out
    text = " ".join(out.split())
    assert "Make-up: not before Fri 3 May, 14:30; no limit from Wed 8 May, 14:30." in text
    assert "Until Wed 8 May, 14:30: Not yet: self-tan." in text
    assert "Exercise: with care; no limit from Wed 8 May, 14:30." in text
    assert "Fine: hair care." in text
    assert "To Tue 14 May: bruising" in text
    assert "Usually between Wed 15 May and Wed 29 May." in text
    assert "until Sat 4 May" in text  # the cold compress


def test_the_page_says_what_the_json_says(program: Program) -> None:
    """Every date of the one is in the other."""
    found = program.run("sheet", *ASKED, "--json").json()
    page = Page(program.run("sheet", *ASKED, "-o", "-").out)
    assert found["schema"] == "mesocare.sheet/1"
    for line in found["leave"]:
        for words in (
            line["label"],
            line["not_before"],
            line["no_limit_from"],
            *line["in_between"],
        ):
            assert words in page.text, words
    assert len(found["leave"]) + len(found["fine"]) == 13


def test_marks_rest_on_the_same_instants(program: Program) -> None:
    """What the script compares with the clock are the steps of the JSON, to the second."""
    from datetime import datetime

    found = program.run("sheet", *ASKED, "--json").json()["leave"]
    page = Page(program.run("sheet", *ASKED, "-o", "-").out)
    steps = [attrs["data-steps"] for tag, attrs in page.tags if "data-steps" in attrs and tag]
    for line, text in zip(found, steps, strict=True):
        stated = [each.partition("=") for each in (text or "").split()]
        for stretch, (at, _, kind) in zip(line["stretches"], stated, strict=True):
            assert int(at) == datetime.fromisoformat(stretch["begin"]).timestamp()
            assert kind == ("partly" if stretch["verdict"] == "allowed" and stretch["condition"]
                            else stretch["verdict"])  # fmt: skip


def test_loads_nothing_and_stays_small(own: Program) -> None:
    """With a logo it is at most 150 kB, and a strict policy forbids all but its own script."""
    (own.place / "logo.png").write_bytes(PNG + b"\0" * 70_000)
    text = own.run("sheet", *ASKED, "-o", "-", "--logo", "logo.png").out
    assert len(text.encode()) <= 150_000
    page = Page(text)
    assert [attrs["src"] for tag, attrs in page.tags if "src" in attrs and tag] == [
        f"data:image/png;base64,{base64.b64encode(PNG + bytes(70_000)).decode()}"
    ]
    assert not [attrs for tag, attrs in page.tags if "href" in attrs or tag == "link"]
    policy = next(attrs["content"] for _, attrs in page.tags if attrs.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script-src 'sha256-" in policy
    assert "unsafe" not in policy
    html = next(attrs for tag, attrs in page.tags if tag == "html")
    assert html == {"lang": "en"}


@pytest.mark.parametrize("form", ["html", "md", "txt"])
def test_hostile_words(program: Program, form: str) -> None:
    """Names are shown as they were typed, and do nothing."""
    out = program.run(
        "sheet", *ASKED, "-o", "-", "--format", form, "--name", HOSTILE, "--clinic", HOSTILE
    ).out  # fmt: skip
    if form == "html":
        page = Page(out)
        assert page.text.count(HOSTILE) == 2
        assert len([tag for tag, _ in page.tags if tag == "script"]) == 1
    elif form == "md":
        assert "<script>" not in out.replace("\\<", "")
        assert re.search(r"(?<!\\)[!<`|]", out) is None
    else:
        assert HOSTILE.split(maxsplit=1)[0] in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--name", "x" * 10_000), "10000 characters"),
        (("--clinic", "a\x1b[2Jb"), "print nothing"),
        (("--name", "a\u202eb"), "print nothing"),
        (("--logo", "nowhere.png"), "is no file"),
        (("--logo", "."), "is no file"),
        (("--logo", "text.png"), "is no PNG"),
        (("--logo", "huge.png"), "larger than 80 kB"),
        (("--paper", "a5"), "a4, letter"),
        (("--format", "docx"), "html, pdf, md, txt"),
        (("-o", "sheet.docx"), "html, pdf, md, txt"),
        (("-o", "sheet"), "Type for example"),
        (("-o", "."), "is a directory"),
        (("-o", "no/such/sheet.html"), "could not be written"),
        (("-o", "a.html", "--format", "pdf"), "does not end in .pdf"),
    ],
)
def test_what_cannot_be_used_is_said(own: Program, options: tuple[str, ...], words: str) -> None:
    """Exit code 2, what was given, what to type; nothing is written."""
    (own.place / "text.png").write_text("no picture")
    with (own.place / "huge.png").open("wb") as file:
        file.write(PNG)
        file.truncate(200_000_000)
    ended = own.run("sheet", *ASKED, *options)
    assert ended.code == 2
    assert words in ended.err
    assert len(ended.err) < 500
    assert not list(own.place.glob("*.html"))


def test_what_is_there_is_kept(own: Program) -> None:
    """A sheet is replaced only by --force, and is its owner's alone."""
    (own.place / "a.html").write_text("mine")
    assert own.run("sheet", *ASKED, "-o", "a.html").code == 2
    assert (own.place / "a.html").read_text() == "mine"
    assert own.run("sheet", *ASKED, "-o", "a.html", "--force").code == 0
    assert (own.place / "a.html").stat().st_mode & 0o777 == 0o600


def test_clinic_of_the_record(own: Program) -> None:
    """What is on record stands on the sheet; what is given now goes before."""
    own.run("treated", TREATED, "--clinic", "Rose Clinic", "--phone", "020 7946 0000")
    assert "Rose Clinic, 020 7946 0000" in own.run("sheet", "--at", AT).out
    given = own.run("sheet", "--at", AT, "--clinic", "Other").out
    assert "Other, 020 7946 0000" in given


def test_without_a_time(program: Program) -> None:
    """The sheet says that the latest counts, and its dates do."""
    out = program.run("sheet", "--treated", "2024-05-01", "--at", "2024-05-02T09:00").out
    assert "No time was given" in " ".join(out.split())
    assert "not before Sat 4 May, 00:00" in " ".join(out.split())


def test_findings_close_the_sheet(own: Program) -> None:
    """While the clinic has something to see, the sheet gives no date for what touches the skin."""
    own.run("treated", TREATED)
    own.run("feel", "pus", "--at", "2024-05-02T14:00")
    out = " ".join(own.run("sheet", "--at", AT).out.split())
    assert "The clinic has something to see first" in out
    assert "Make-up: ask first" in out


def test_what_was_injected_stands_on_it(program: Program) -> None:
    """With what to know of it; who was treated is private, and works without a word."""
    out = program.run("sheet", *ASKED, "--with", "botox", "--about", "pregnant").out
    text = " ".join(out.split())
    assert "face mesotherapy, with botulinum toxin, Wed 1 May" in text
    assert "Do not drive" in text
    assert "in pregnancy" not in text
    assert "; pregnant" not in text
    assert "Actives: ask first" in text or "Actives: not before" in text


def test_any_recovery_has_a_sheet(rules: RuleSet) -> None:
    """Random recoveries, early and late, give all three forms without a fault."""
    for question in recoveries(15, 9, rules):
        found = sheet(schedule(question), Letterhead())
        assert sheet_text(found)
        assert sheet_markdown(found)
        assert b"data-steps" in sheet_html(found) or not found.lines


def test_one_for_each_row(own: Program) -> None:
    """Each is called as the patient is, safely; a bad row is named; nothing is replaced."""
    (own.place / "p.csv").write_text(TABLE, encoding="utf-8")
    ask = ("check", "p.csv", "--at", "2024-05-03T09:00", "--sheets", "sheets", "--clinic", "Rose")
    ended = own.run(*ask)
    assert ended.code == 1
    assert "4 rows read, 3 sheets written, 1 rejected" in ended.err
    names = sorted(each.name for each in (own.place / "sheets").iterdir())
    assert names == ["P-1.html", "P_.._2.html", "p-1-2.html"]
    text = (own.place / "sheets" / "P-1.html").read_text()
    assert "For <strong><bdi>P-1</bdi>" in text
    assert "Fri 3 May, 14:30" in text
    again = own.run(*ask)
    assert again.code == 1
    assert "To replace it, add --force" in again.err
    assert "0 sheets written, 4 rejected" in again.err
    assert own.run(*ask, "--force").err.count("3 sheets written") == 1
    for options in (("--sheets", "p.csv"), ("--sheets", "s", "--sheet-format", "docx")):
        assert own.run("check", "p.csv", *options).code == 2


def test_names_of_files() -> None:
    """No two are one on any system, none is reserved, and none leads out of the folder."""
    names = Names()
    found = [
        names.of(each)
        for each in ("a", "A", "á", "../x", "..", "", "con", "CON", "a/b", "a\\b", "x" * 300, "a b")
    ]
    assert len({each.casefold() for each in found}) == len(found)
    assert all("/" not in each and "\\" not in each and each.strip(".") for each in found)
    assert all(len(each) < 100 for each in found)
    assert not {"con", "CON"} & set(found)
