"""The recovery laid out in time: no view of it says anything but what the engine says."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len

from mesocare.app.schedule import schedule
from mesocare.core.model import Treatment, Verdict
from mesocare.core.question import Question
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from mesocare.render.axis import axis_of, kind, strictest
from mesocare.render.html import timeline as view
from mesocare.render.html.drawing import Text, drawn
from tests.support.process import ASKED, AT, TREATED
from tests.support.recoveries import recoveries

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

LONDON = ZoneInfo("Europe/London")
SVG = "{http://www.w3.org/2000/svg}"


def asked(at: datetime, rules: RuleSet, type_: str = "face") -> Question:
    treated = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
    when = Interval(treated, treated, LONDON)
    return Question(at, LONDON, (Treatment(type_, when),), rules)


def hold(question: Question, count: int) -> None:
    """At instants after the treatments, what a stretch says is what the engine says."""
    known = schedule(question)
    latest = max(each.when.latest for each in question.treatments)
    rows = [*known.groups, *(item for group in known.groups[:3] for item in known.items(group))]
    step = (known.end + timedelta(days=2) - latest) / count
    for number in range(count):
        at = latest + step * number + timedelta(seconds=7 * number % 61)
        for row in rows:
            (held,) = [
                each for each in row.stretches
                if each.begin <= at and (each.end is None or at < each.end)
            ]  # fmt: skip
            name = row.answer.activity
            about = question.rules.items.get(name) or question.rules.groups[name]
            if row in known.groups:
                about = question.rules.groups[name]
            said = answer(about, question.treatments, question.rules, at)
            assert (held.verdict, held.condition) == (said.verdict, said.condition), (name, at)


def test_a_stretch_is_what_the_engine_says(rules: RuleSet) -> None:
    """For a few recoveries at many instants."""
    for question in recoveries(6, 1, rules):
        hold(question, 12)


@pytest.mark.long
def test_stretches_are_what_the_engine_says(rules: RuleSet, searched: Searched) -> None:
    """For many recoveries."""
    for question in recoveries(300, 2, rules):
        hold(question, 10)
    searched(300, "recoveries laid out in time")


def test_no_column_opens_early(rules: RuleSet) -> None:
    """Whatever the width, a column shows the strictest of all that holds in it."""
    for question in recoveries(20, 3, rules):
        known = schedule(question)
        for width in (26, 41, 97):
            axis = axis_of(known, width)
            for group in known.groups:
                for column in range(width):
                    since, until = (axis.instant(each) for each in (column, column + 1))
                    shown = strictest(group.stretches, since, until)
                    held = [
                        each.verdict for each in group.stretches
                        if each.begin < until and (each.end is None or each.end > since)
                    ]  # fmt: skip
                    assert shown.verdict.severity == max(each.severity for each in held)


def test_an_axis_is_true(rules: RuleSet) -> None:
    """An instant and its place lead to each other, and days begin at their midnight."""
    known = schedule(asked(datetime(2026, 3, 4, tzinfo=UTC), rules))
    axis = axis_of(known, 140)
    assert axis.place(known.begin) == 0
    assert axis.place(axis.end + timedelta(days=3)) == 140
    middle = known.begin + timedelta(days=3, hours=5)
    assert abs(axis.instant(axis.place(middle)) - middle) < timedelta(seconds=1)
    days = [each.astimezone(LONDON) for each in axis.midnights(9)]
    assert [(each.hour, each.minute) for each in days] == [(0, 0)] * len(days)
    assert axis_of(known, 140, 3).end - known.begin == timedelta(days=3)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_picture_fits(program: Program, width: int) -> None:
    """No line is wider than the terminal, and every group has its bar of one length."""
    out = program.run("timeline", *ASKED, env={"COLUMNS": str(width)}).out
    lines = out.splitlines()
    assert max(map(cell_len, lines)) <= width
    bars = [re.match(r"(\w[\w -]{20} )([#?=.~-]{5,})(.*)", line) for line in lines]
    found = [bar for bar in bars if bar]
    assert len(found) >= 13
    assert len({len(bar[2]) for bar in found if not bar[1].startswith("Normal")}) == 1
    assert ("from Fri 3 May, 14:30" in out) is (width >= 80)
    assert "now" in out


def test_a_narrow_picture_fits(program: Program) -> None:
    """Below 60 columns the words stand above the bars, which are as many and of one length."""
    out = program.run("timeline", *ASKED, env={"COLUMNS": "40"}).out
    lines = out.splitlines()
    assert max(map(cell_len, lines)) <= 40
    bars = [line for line in lines if re.fullmatch(r" *[#?=.~|-]{12,} *", line)]
    assert len(bars) >= 13
    for label in ("Make-up", "Exercise", "Sun", "Hair care"):
        assert any(line.startswith(label) for line in lines), label


@pytest.mark.parametrize("width", [60, 80, 120])
def test_colours_change_no_letter(width: int, program: Program) -> None:
    """Without its colours, what a terminal shows is what it shows where they are declined."""
    screen = program.on_terminal("timeline", *ASKED, width=width)
    plain = program.on_terminal("timeline", *ASKED, "--no-color", width=width)
    assert "\x1b[" in screen.raw
    assert "\x1b[" not in plain.raw.replace("\x1b[1m", "").replace("\x1b[0m", "").replace(
        "\x1b[2m", ""
    )
    assert screen.text == plain.text
    assert max(map(cell_len, screen.lines)) <= width


def test_bars_by_hand(program: Program) -> None:
    """After a face treatment make-up is closed for 48 of 336 hours, sun for 168, hair for none."""
    out = program.run("timeline", *ASKED, env={"COLUMNS": "120"}).out
    bars = {line[:22].strip(): line[22:94] for line in out.splitlines() if len(line) > 94}
    per_column = 336 / 72
    assert bars["Make-up"].rstrip().count("#") == -(-48 // per_column)
    assert bars["Sun"].count("#") == 168 / per_column
    assert bars["Sun"].count("=") == 168 / per_column
    assert set(bars["Hair care"].strip()) == {"."}


def test_one_group_item_by_item(program: Program) -> None:
    """A group's name shows its activities; `--all` those of every group."""
    out = program.run("timeline", "makeup", *ASKED).out
    assert "Self-tan" in out
    assert "Sauna" not in out
    assert "Sauna" in program.run("timeline", "--all", *ASKED).out
    assert program.run("timeline", "no such", *ASKED).code == 2


def test_drawn_to_scale(rules: RuleSet) -> None:
    """In the SVG, each bar begins and ends where its instants are."""
    at = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
    known = schedule(asked(at, rules))
    root = ET.fromstring(view.svg(known, None, days=None, items=False))
    boxes = [each for each in root.iter(f"{SVG}rect") if each.get("height") == "13.0"]
    makeup = [each for each in boxes if each.get("y") == boxes[0].get("y")]
    assert [each.get("class") for each in makeup] == ["avoid", "partly", "allowed"]
    room = view.WIDTH - 2 * view.SIDE
    for box, hours in zip(makeup, (48, 120, 168), strict=True):
        assert float(box.get("width") or 0) == pytest.approx(room * hours / 336, abs=0.1)
    words = " ".join(root.itertext())
    assert "from Wed 4 Mar, 10:00" in words
    label = root.get("aria-label") or ""
    assert "Make-up: from Wed 4 Mar, 10:00" in label
    assert "now" in words


def test_each_kind_has_a_hatch_of_its_own(rules: RuleSet) -> None:
    """Meaning is never carried by colour alone."""
    known = schedule(asked(datetime(2026, 3, 3, tzinfo=UTC), rules, "brightening"))
    root = ET.fromstring(view.svg(known, None, days=None, items=True))
    marks = {
        pattern.get("id"): (pattern.get("patternTransform"), [each.tag for each in pattern])
        for pattern in root.iter(f"{SVG}pattern")
    }
    assert set(marks) == {"h-avoid", "h-ask", "h-limited", "h-partly"}
    assert len({repr(each) for each in marks.values()}) == 4
    kinds = {each.get("class") for each in root.iter(f"{SVG}rect")}
    assert {"avoid", "ask", "limited", "partly", "allowed", "normal"} <= kinds


def test_nothing_typed_is_markup() -> None:
    """What stands in a drawing is text, whatever it holds."""
    hostile = "<script>alert(1)</script>&\"'"
    found = drawn(hostile, hostile, 10, 10, [Text("label", 1, 1, hostile)])
    assert "<script" not in found
    root = ET.fromstring(str(found))
    assert root.get("aria-label") == hostile
    assert [each.text for each in root] == [hostile, hostile]


def test_what_a_stretch_is_drawn_as(rules: RuleSet) -> None:
    """An activity of which a part is closed is not drawn as one that is open."""
    known = schedule(asked(datetime(2026, 3, 3, tzinfo=UTC), rules))
    makeup = known.groups[0]
    assert [kind(each) for each in makeup.stretches] == ["avoid", "partly", "allowed"]
    hair = next(each for each in known.groups if each.answer.activity == "hair")
    assert [kind(each) for each in hair.stretches] == ["allowed"]
    assert known.recovered - known.begin == timedelta(days=14)


def test_as_json(program: Program) -> None:
    """The same instants, with their items."""
    found = program.run("timeline", *ASKED, "--json").json()
    assert found["schema"] == "mesocare.timeline/1"
    makeup = found["groups"][0]
    assert [each["verdict"] for each in makeup["stretches"]] == ["avoid", "allowed", "allowed"]
    assert makeup["stretches"][0]["end"] == "2024-05-03T14:30:00+02:00"
    assert makeup["allowed_from"] == makeup["stretches"][0]["end"]
    assert {each["activity"] for each in makeup["items"]} >= {"foundation", "self-tan"}
    assert found["normal"][0]["until"] < found["end"]


def test_findings_lead_and_close(own: Program) -> None:
    """While the clinic has something to see, no bar of what touches the skin opens."""
    own.run("treated", TREATED)
    own.run("feel", "pus", "--at", "2024-05-02T14:00")
    out = own.run("timeline", "--at", AT)
    assert out.out.startswith("See a doctor today")
    page = own.run("timeline", "--at", AT, "--html", "-").out
    assert "Pus, an abscess" in page
    found = own.run("timeline", "--at", AT, "--json").json()
    verdicts = {each["verdict"] for each in found["groups"][0]["stretches"]}
    assert Verdict.ALLOWED.value not in verdicts


def test_files(own: Program) -> None:
    """What is there is never replaced unasked; a name has to fit what is written."""
    done = own.run("timeline", *ASKED, "--svg", "a.svg")
    assert done.out == "Written to a.svg\n"
    first = (own.place / "a.svg").read_bytes()
    again = own.run("timeline", *ASKED, "--svg", "a.svg")
    assert again.code == 2
    assert "--force" in again.err
    assert own.run("timeline", *ASKED, "--svg", "a.svg", "--force").code == 0
    assert (own.place / "a.svg").read_bytes() == first
    for name in ("a.png", "", "   ", ".", "no/such/a.svg"):
        ended = own.run("timeline", *ASKED, "--svg", name)
        assert ended.code == 2, name
        assert ended.err.count("\n") <= 2
    both = own.run("timeline", *ASKED, "--svg", "b.svg", "--html", "b.html")
    assert both.code == 2
    assert not list(own.place.glob("b.*"))
    assert own.run("timeline", *ASKED, "--html", "c.html").code == 0
    assert "http" not in (own.place / "c.html").read_text().replace('"http-equiv', "").replace(
        "http-equiv", ""
    )


@pytest.mark.parametrize(("typed", "code"), [("n\n", 2), ("\n", 2), ("y\n", 0)])
def test_a_file_that_is_there_is_asked_about(own: Program, typed: str, code: int) -> None:
    """On a terminal: what is there stays unless the answer is yes."""
    (own.place / "a.svg").write_text("mine")
    screen = own.on_terminal("timeline", *ASKED, "--svg", "a.svg", types=typed)
    assert screen.code == code
    assert "Replace a.svg?" in screen.text
    kept = (own.place / "a.svg").read_text()
    assert (kept == "mine") is (code == 2)
    assert ("--force" in screen.text) is (code == 2)


def test_full_disk(own: Program, tmp_path: Path) -> None:
    """A disk without room is said, and nothing half-written stays."""
    named = own.run("timeline", *ASKED, "--svg", "/dev/full", "--force")
    assert named.code == 2
    assert "does not end in .svg" in named.err
    (own.place / "a.svg").symlink_to("/dev/full")
    done = own.run("timeline", *ASKED, "--svg", "a.svg", "--force")
    assert (done.code, done.out) == (2, "")
    assert "No space left on device" in done.err
    assert [each.name for each in own.place.iterdir()] == ["a.svg"]
    assert (own.place / "a.svg").is_symlink()
    assert not list(tmp_path.glob(".mesocare*"))
