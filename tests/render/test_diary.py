"""The diary on a screen: a chart for every sign at every width, in colour and without."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from mesocare.cli.commands.diary import _table
from mesocare.core.diary.entries import Entry
from mesocare.core.model import Treatment
from mesocare.core.question import Question
from mesocare.parsing import dates
from mesocare.render.text.diary import diary_text
from mesocare.render.text.page import Page
from tests.support.process import TREATED, ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet
    from tests.support.process import Program

BERLIN = ZoneInfo(ZONE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
AT = ("--at", "2024-05-07T10:00")
DAYS = (
    ("swelling", "5", "2024-05-01T20:00"),
    ("swelling", "7", "2024-05-02T20:00"),
    ("swelling", "0", "2024-05-03T20:00"),
    ("swelling", "", "2024-05-04T20:00"),
    ("swelling", "1", "2024-05-06T20:00"),
    ("blisters", "", "2024-05-03T10:00"),
    ("humming toes", "4", "2024-05-04T10:00"),
    ("hair loss", "2", "2024-05-04T11:00"),
)

COLOURED = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;5;\d+)m")


@pytest.fixture
def kept(own: Program) -> Program:
    """Return the program with a treatment and a week of a diary."""
    assert own.run("treated", TREATED).code == 0
    for words, score, at in DAYS:
        assert own.run("feel", *words.split(), *score.split(), "--at", at).code in {0, 3, 4}
    fever = ("feel", "temperature", "--temperature", "38.4", "--at", "2024-05-03T22:00")
    assert own.run(*fever).code == 0
    assert (
        own.run("feel", "itch", "0", "--temperature", "36.6", "--at", "2024-05-05T09:00").code == 0
    )
    return own


def _block(lines: Sequence[str], label: str) -> list[str]:
    """Return the lines of one sign, from its heading to the gap after it."""
    first = next(n for n, line in enumerate(lines) if line.startswith(label))
    rest = [n for n, line in enumerate(lines) if n > first and not line.strip()]
    return list(lines[first : rest[0]])


def test_chart_in_a_pipe_is_plain_ascii(kept: Program) -> None:
    """Two points to a `#`, one to a `=`; each kind of day below the bars has a mark of its own."""
    out = kept.run("diary", *AT, env={"COLUMNS": "80"}).out
    assert out.isascii()
    assert _block(out.splitlines(), "Swelling") == [
        "Swelling  1 of 10, Mon 6 May, 20:00  570+.1.",
        " 10 |",
        "    |    ===",
        "    |=== ###",
        "    |### ###",
        "    |### ###             ===",
        "  0 |5   7   0   +   .   1   .",
        "    +----------------------------",
        " day 0   1   2   3   4   5   6",
        "     |--------------|",
        "     expected until Sat 4 May, 14:30; noted as there outside that time",
    ]


def test_chart_on_a_terminal_is_drawn(kept: Program) -> None:
    """The same with blocks and lines."""
    lines = kept.on_terminal("diary", *AT, width=80).lines
    assert _block(lines, "Swelling") == [
        "Swelling  1 of 10, Mon 6 May, 20:00  ▄▆0●·▁·",
        " 10 ┤",
        "    │    ▄▄▄",
        "    │▄▄▄ ███",
        "    │███ ███",
        "    │███ ███             ▄▄▄",
        "  0 ┤5   7   0   ●   ·   1   ·",
        "    └────────────────────────────",
        " day 0   1   2   3   4   5   6",
        "     ├──────────────┤",
        "     expected until Sat 4 May, 14:30; noted as there outside that time",
    ]


def test_sign_without_a_figure_needs_no_bars(kept: Program) -> None:
    """A red flag is a mark on its day, and never expected."""
    out = kept.run("diary", *AT, env={"COLUMNS": "80"}).out
    assert _block(out.splitlines(), "Blisters") == [
        "Blisters in a group  there, Fri 3 May, 10:00  ..+....",
        "  0 |.   .   +   .   .   .   .",
        "    +----------------------------",
        " day 0   1   2   3   4   5   6",
        "     never expected",
    ]


def test_unknown_words_are_never_called_normal(kept: Program) -> None:
    """The chart says that mesocare does not know them."""
    lines = kept.run("diary", *AT, env={"COLUMNS": "80"}).out.splitlines()
    assert _block(lines, "humming toes")[-1] == "     not known to mesocare, so never called normal"


def test_worst_sign_comes_first(kept: Program) -> None:
    """A red flag, what is not known, what outlasts its window, what is gone."""
    out = kept.run("diary", *AT, env={"COLUMNS": "80"}).out
    order = [
        "Blisters in",
        "humming toes  ",
        "Temporary shedding  ",
        "Swelling  ",
        "Itching  ",
        "Temperature  ",
    ]
    places = [out.index(f"\n{each}") for each in order]
    assert places == sorted(places)


def test_temperature_is_shown_beside_the_fever_limit(kept: Program) -> None:
    """In degrees, with the limit of the rule set; a fever stands above the line."""
    lines = kept.run("diary", *AT, env={"COLUMNS": "80"}).out.splitlines()
    assert _block(lines, "Temperature") == [
        "Temperature  36.6 C, Sun 5 May, 09:00",
        "  highest 38.4 C, Fri 3 May, 22:00",
        " 38 |--------^-------------------",
        "    |.   .       .   o   .   .",
        "    +----------------------------",
        " day 0   1   2   3   4   5   6",
        "  ^ a fever, from 38 C; o measured, below it",
    ]


def test_diary_as_it_was(kept: Program) -> None:
    """Asked about an earlier instant, it ends there, and a window may still be open."""
    lines = kept.run("diary", "--at", "2024-05-02T21:00", env={"COLUMNS": "80"}).out.splitlines()
    assert _block(lines, "Swelling")[-3:] == [
        "    +--------",
        " day 0   1",
        "     |------> expected until Sat 4 May, 14:30",
    ]
    assert not any("Blisters" in line for line in lines)


def test_diary_without_a_treatment_has_charts(own: Program) -> None:
    """They say what is missing, and day 0 is that of the first entry."""
    assert own.run("feel", "redness", "3", "--at", "2024-05-02T09:00").code == 0
    done = own.run("diary", *AT)
    flat = " ".join(done.out.split())
    assert done.code == 0
    assert "no treatment on record to say how long it is expected" in flat
    assert "Day 0 is Thu 2 May 2024, that of the first entry." in flat


def test_diary_ignores_a_treatment_after_the_instant(own: Program) -> None:
    """What was not known then expects nothing then."""
    assert own.run("treated", "2024-05-20T10:00").code == 0
    assert own.run("feel", "redness", "3", "--at", "2024-05-02T09:00").code == 0
    assert "no treatment on record" in own.run("diary", *AT).out


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_diary_fits(kept: Program, width: int, env: dict[str, str]) -> None:
    """No line is wider than the screen, and colour is left out where it is not wanted."""
    shown = kept.on_terminal("diary", *AT, width=width, env=env)
    assert max(map(len, shown.lines)) <= width
    assert bool(COLOURED.search(shown.raw)) == (not env)
    assert "█" in shown.text


def test_no_color_keeps_the_drawing(kept: Program) -> None:
    """The flag does what the variable does."""
    shown = kept.on_terminal("diary", *AT, "--no-color")
    assert not COLOURED.search(shown.raw)
    assert "█" in shown.text


def test_dumb_terminal_gets_plain_ascii(kept: Program) -> None:
    """No control sequence and no block."""
    shown = kept.on_terminal("diary", *AT, env={"TERM": "dumb"})
    assert shown.raw.isascii()
    assert "\x1b" not in shown.raw
    assert max(map(len, shown.lines)) <= 80


def test_json_and_csv_together_are_refused(kept: Program) -> None:
    """Each is the whole answer; both are named."""
    done = kept.run("diary", "--json", "--csv")
    assert done.code == 2
    assert "--json and --csv were both given" in done.err


@pytest.mark.parametrize(
    "begin", ["=", "+", "-", "@", "\t=", "\r=", "\n1", " =", "＝", "＋", "－", "＠"]
)
def test_cell_of_a_spreadsheet_is_no_formula(begin: str) -> None:
    """Whatever a cell begins with, it is text; nothing else about it changes."""
    entry = Entry("1", None, f"{begin}1+1", 3, None, f"{begin}2", NOW)
    [row] = csv.DictReader(io.StringIO(_table([entry]), newline=""))
    assert (row["words"], row["note"]) == (f"'{begin}1+1", f"'{begin}2")
    assert row["score"] == "3"


def test_ordinary_cell_stays_as_it_is() -> None:
    """A sign within a text is no formula."""
    entry = Entry("1", None, "a=1", None, None, "worse - a bit", NOW)
    [row] = csv.DictReader(io.StringIO(_table([entry])))
    assert (row["words"], row["note"]) == ("a=1", "worse - a bit")


def _drawn(entries: Sequence[Entry], rules: RuleSet, at: str, width: int, treated: str = "") -> str:
    """Return the diary on a page of that width, in a file."""
    moment = dates.parse_at(at, now=NOW, zone=BERLIN)
    treatments = (
        (Treatment("face", dates.parse_treated(treated, at=moment, zone=BERLIN)),)
        if treated
        else ()
    )
    scene = Question(moment, BERLIN, treatments, rules)
    console = Console(file=io.StringIO(), width=width)
    return diary_text(entries, scene, page=Page(no_color=True, console=console))


def _many(number: int, apart: timedelta) -> list[Entry]:
    start = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
    signs = ["redness", "swelling", "itch", "tightness", None]
    return [
        Entry(str(n), sign, sign or f"odd {n % 300}", n % 11, None, None, start + n * apart)
        for n in range(number)
        for sign in (signs[n % len(signs)],)
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_very_long_diary_stays_a_page(rules: RuleSet, width: int) -> None:
    """Ten thousand entries in two years: days share columns, the rest is counted, not lost."""
    entries = _many(10_000, timedelta(minutes=105))
    out = _drawn(entries, rules, "2026-05-01T12:00", width, TREATED)
    assert max(map(len, out.splitlines())) <= width
    assert len(out.splitlines()) < 300
    flat = " ".join(out.split())
    assert "each column is" in flat
    assert "9980 earlier ones: mesocare diary --all" in flat
    assert "more signs: mesocare diary --all" in flat


def test_everything_leaves_nothing_out(kept: Program) -> None:
    """`--all` shows each entry however many there are."""
    for minute in range(12):
        assert kept.run("feel", "itch", "0", "--at", f"2024-05-06T08:{minute:02}").code == 0
    short, whole = (kept.run("diary", *AT, *more).out for more in ((), ("--all",)))
    assert "2 earlier ones" in short
    assert "earlier ones" not in whole
    assert whole.count("2024, ") == short.count("2024, ") + 2


def test_text_that_a_terminal_would_obey_is_spelt_out(rules: RuleSet) -> None:
    """An imported diary may hold what `feel` would have refused."""
    entry = Entry("1", None, "toes\x1b[31m", 3, None, "abc\u202edef", NOW - timedelta(days=1))
    out = _drawn([entry], rules, "2026-11-21T12:00", 80)
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "toes\\x1b[31m" in out
    assert "abc\\u202edef" in out
