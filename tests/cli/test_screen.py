"""What is shown on a screen: widths, colours, signs, and what the day's view always holds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.style import Style

from mesocare.cli import main
from mesocare.cli.reply import Reply
from mesocare.core.model import Treatment, Verdict
from mesocare.core.question import Question
from mesocare.core.signs import Urgency
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer, assess
from mesocare.render.text.explain import explain_text
from mesocare.render.text.page import URGENCY_STYLES, VERDICT_STYLES, Page
from mesocare.render.text.questions import can_i_text, when_text
from mesocare.render.text.today import today_text
from mesocare.text import lower_first
from tests.support.process import ASKED, AT, COLOUR, TREATED, ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Evidence, Group, Item, RuleSet
    from mesocare.core.verdict.answer import Answer
    from tests.support.process import Program

WIDTHS = (40, 80, 120)
TYPES = ("face", "scalp", "brightening")
DAYS = (0, 1, 3, 8, 30)
BERLIN = ZoneInfo(ZONE)
START = datetime(2024, 5, 1, 14, 30, tzinfo=BERLIN)
VERDICTS = ("avoid", "ask", "limited", "allowed")
DRAWN = dict(zip(VERDICTS, "✗?~✓", strict=True))
TYPED = dict(zip(VERDICTS, "x?~+", strict=True))
SEVERAL = (
    *("--treated", "2024-05-01", "--type", "scalp"),
    *("--treated", "2024-04-28T10:00", "--type", "face"),
    *("--treated", "2024-04-12T10:00", "--type", "brightening", "--at", AT),
)
UNCERTAIN = ("--treated", "2024-05-01", "--at", "2024-05-03T12:00")


def scene(type_: str, day: int, *, exact: bool = True) -> tuple[str, ...]:
    """Return the options for so many days and half an hour after a treatment."""
    treated = TREATED if exact else "2024-05-01"
    at = (START + timedelta(days=day, minutes=30)).isoformat()
    return ("--treated", treated, "--type", type_, "--at", at)


def fits(lines: list[str], width: int) -> None:
    """Check that no line is wider than the terminal."""
    assert [line for line in lines if cell_len(line) > width] == []


def flat(lines: list[str]) -> str:
    """Return lines as one, single-spaced."""
    return " ".join(" ".join(lines).split())


# Widths.


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("type_", TYPES)
def test_the_day_fits_the_terminal(type_: str, width: int, program: Program) -> None:
    """`today` and `today --all` keep to the width on every kind of day."""
    vague = scene(type_, 2, exact=False)
    fits(program.on_terminal("today", *vague, width=width).lines, width)
    fits(program.on_terminal("today", "--all", *vague, width=width).lines, width)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "command",
    [
        *("today", "today --all", "can-i exercise", "when medicines", "explain makeup"),
        "explain botulinum toxin",
    ],
)
def test_answers_fit_the_terminal(command: str, width: int, program: Program) -> None:
    """Every command keeps to the width with one treatment, several, and uncertain times."""
    for options in (SEVERAL, UNCERTAIN):
        fits(program.on_terminal(*command.split(), *options, width=width).lines, width)


@pytest.mark.parametrize("width", [80, 120])
def test_help_fits_the_terminal(width: int, program: Program) -> None:
    """Help keeps to the width of a terminal of the usual size."""
    for command in ("--help", "today --help", "can-i --help"):
        fits(program.on_terminal(*command.split(), width=width).lines, width)


def as_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """Let pages be drawn as on a terminal of that width."""
    for name, value in {"COLUMNS": str(width), "FORCE_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(scope="module")
def every_answer(rules: RuleSet) -> list[tuple[Answer, Question]]:
    """Return the answers to all questions on the second day after each type of treatment."""
    at = (START + timedelta(days=2)).astimezone(UTC)
    found = []
    for type_ in rules.types:
        vague = Interval(START.astimezone(UTC), START.astimezone(UTC) + timedelta(hours=9), BERLIN)
        asked_of = Question(at, BERLIN, (Treatment(type_, vague),), rules)
        named: list[Item | Group] = [*rules.items.values(), *rules.groups.values()]
        found += [(answer(each, asked_of.treatments, rules, at), asked_of) for each in named]
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_every_answer_fits(
    width: int, every_answer: list[tuple[Answer, Question]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No label, condition or reason of the rule set breaks out of a line."""
    as_terminal(monkeypatch, width)
    for found, asked_of in every_answer:
        for view in (can_i_text, when_text):
            lines = COLOUR.sub("", view([found], asked_of, "exact")).splitlines()
            fits(lines, width)
            assert found.verdict.value in flat(lines[:2])


@pytest.mark.parametrize("width", WIDTHS)
def test_a_number_stays_with_its_unit(
    width: int, every_answer: list[tuple[Answer, Question]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line ends with the figure of a span or of a day; all spaces are plain ones."""
    as_terminal(monkeypatch, width)
    parted = re.compile(r"\d\n *(?:h|days?|hours?|May|Jun|Jul)\b")
    for found, asked_of in every_answer:
        for view in (can_i_text, when_text):
            text = COLOUR.sub("", view([found], asked_of, "exact"))
            assert parted.search(text) is None
            assert not any("\ue000" <= sign <= "\uf8ff" for sign in text)


# Colours and signs.

PLAIN: dict[str, tuple[tuple[str, ...], dict[str, str | None]]] = {
    "NO_COLOR": ((), {"NO_COLOR": "1"}),
    "--no-color": (("--no-color",), {}),
    "MESOCARE_NO_COLOR": ((), {"MESOCARE_NO_COLOR": "1"}),
    "TERM=dumb": ((), {"TERM": "dumb"}),
}
COLOURS = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-7]|38;5;\d+|9[0-7]|4[0-7])m")
COMMANDS = ("today", "today --all", "can-i makeup", "when sun", "explain sauna")


@pytest.mark.parametrize("command", COMMANDS)
def test_colours_only_on_a_terminal(command: str, program: Program) -> None:
    """A terminal gets colours unless they are declined; a pipe gets none and no drawing."""
    words = command.split()
    screen = program.on_terminal(*words, *ASKED)
    assert COLOURS.search(screen.raw)
    assert DRAWN["avoid"] in screen.text
    for name, (more, env) in PLAIN.items():
        plain = program.on_terminal(*words, *ASKED, *more, env=env)
        assert not COLOURS.search(plain.raw), name
        assert plain.code == screen.code
        if name != "TERM=dumb":  # which is no place for drawing either
            assert plain.lines == screen.lines, name
    piped = program.run(*words, *ASKED)
    assert "\x1b" not in piped.out
    assert drawing(piped.out) == set()


def drawing(text: str) -> set[str]:
    """Return the box, block and sign characters in a text."""
    return {char for char in text if "\u2190" <= char <= "\u2bff"}


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "dumb"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["dumb", "ascii", "latin-1", "C"],
)
def test_no_drawing_where_it_cannot_be_shown(env: dict[str, str | None], program: Program) -> None:
    """A terminal that is dumb or not in Unicode gets plain signs, and no question marks."""
    for command in COMMANDS:
        if command in {"today --all", "explain sauna"} and "PYTHONIOENCODING" in env:
            continue  # they quote names that these encodings do not have
        screen = program.on_terminal(*command.split(), *ASKED, env=env)
        assert drawing(screen.text) == set()
        assert re.search(rf"{TYPED['avoid']} (avoid|Not yet)", screen.text)
        assert "?" not in screen.text.replace("? ask", "")


def test_colour_may_stay_on(program: Program) -> None:
    """An empty NO_COLOR, and a no in the environment, decline nothing."""
    for env in ({"NO_COLOR": ""}, {"MESOCARE_NO_COLOR": "0"}):
        assert COLOURS.search(program.on_terminal("today", *ASKED, env=env).raw)


@pytest.mark.parametrize(
    ("words", "type_", "day", "verdict"),
    [
        ("makeup", "face", 1, "avoid"),
        ("retinol", "brightening", 10, "ask"),
        ("exercise", "face", 1, "limited"),
        ("makeup", "face", 3, "allowed"),
    ],
)
def test_verdicts_are_readable_without_colour(
    words: str, type_: str, day: int, verdict: str, program: Program
) -> None:
    """Each verdict is a sign and a word, on a terminal and in a pipe; only one stands first."""
    options = scene(type_, day)
    first = program.on_terminal("can-i", words, *options).lines[0]
    assert first.startswith(f"{DRAWN[verdict]} {verdict}  ")
    piped = program.run("can-i", words, *options).out
    assert piped.startswith(f"{TYPED[verdict]} {verdict}  ")
    for word in set(VERDICTS) - {verdict}:
        assert word not in first


# The day's view.


HOURS = (0, 1, 6, 12, 18, 30, 48, 60, 72, 100, 168, 200, 336, 400, 720, 1440)
HEADS = {"avoid": "Not yet", "ask": "Ask first", "limited": "With care", "allowed": "Fine"}
CLOSED = {Verdict.AVOID, Verdict.ASK}


def drawn(
    treatments: Sequence[Treatment], at: datetime, rules: RuleSet, width: int = 80
) -> list[str]:
    """Return the lines of the day's view on a terminal of a width, without its colours."""
    asked_of = Question(at, BERLIN, tuple(treatments), rules)
    console = Console(
        width=width, force_terminal=True, color_system=None, highlight=False, emoji=False,
        markup=False, soft_wrap=True,
    )  # fmt: skip
    page = Page(no_color=True, console=console)
    return today_text(assess(asked_of.treatments, rules, at), asked_of, page=page).splitlines()


def of(type_: str, *, exact: bool = True, at: datetime | None = None) -> Treatment:
    """Return a treatment at the start, or some time that day, but not after an instant."""
    start = START.astimezone(UTC)
    if exact:
        return Treatment(type_, Interval(start, start, BERLIN))
    first, last = start.replace(hour=0, minute=0), start + timedelta(hours=9)
    return Treatment(type_, Interval(first, min(last, at or last), BERLIN))


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize(("width", "most"), [(80, 22), (120, 22), (40, 42)])
def test_the_day_fits_one_screen(
    width: int, most: int, type_: str, exact: bool, rules: RuleSet
) -> None:
    """At every hour, with or without the time; two treatments take eight lines more."""
    flags = [f for f in rules.red_flags.values() if f.urgency is Urgency.EMERGENCY and not f.aside]
    for hour in HOURS if exact else HOURS[::2]:
        at = (START + timedelta(hours=hour)).astimezone(UTC)
        lines = drawn([of(type_, exact=exact, at=at)], at, rules, width)
        assert len(lines) <= most, (hour, lines)
        fits(lines, width)
        text = flat(lines)
        assert all(lower_first(flag.label) in text for flag in flags)
        assert all(f"{words}: " in text for words in rules.contacts_in_short.values())
        # What is not open is named to the last, and how to see the rest.
        asked_of = [of(type_, exact=exact, at=at)]
        closed = [each for each in assess(asked_of, rules, at).answers if each.verdict in CLOSED]
        assert all(lower_first(each.label) in text.lower() for each in closed), (hour, text)
        assert "More: mesocare today --all" in text
        assert text.endswith(rules.notice)
        if width == 80 and exact:
            other = of("scalp" if type_ != "scalp" else "face")
            before = other._replace(
                when=Interval(
                    other.when.earliest - timedelta(days=2),
                    other.when.latest - timedelta(days=2),
                    BERLIN,
                )
            )
            assert len(drawn([before, of(type_)], at, rules)) <= 30, hour


@pytest.mark.parametrize("type_", TYPES)
def test_the_day_says_what_the_answers_say(type_: str, rules: RuleSet) -> None:
    """Every headline group stands in the row of its verdict, with the instant that it opens."""
    for hour in HOURS:
        at = (START + timedelta(hours=hour)).astimezone(UTC)
        lines = drawn([of(type_)], at, rules, 100)
        shown, row = "", ""
        told: dict[str, str] = {}
        for line in lines:
            shown = next((v for v, head in HEADS.items() if line[2:].startswith(head)), shown)
            row = line[12:] if line[:1] in {*DRAWN.values(), " "} else ""
            for id_ in rules.headline_groups:
                if row and lower_first(rules.groups[id_].label) in row.lower():
                    told.setdefault(id_, f"{shown} {row}")
        for each in assess([of(type_)], rules, at).answers[:5]:
            said = told[each.activity]
            assert said.startswith(each.verdict.value), (hour, said)
            opens = each.limited_from if each.verdict.closed else each.allowed_from
            if opens and each.verdict.value != "allowed":
                local = opens.astimezone(BERLIN)
                assert f"until {local:%a} {local.day} {local:%b, %H:%M}" in said


QUESTIONS = {
    "Which day is it after what?": r"^Day 1 after face mesotherapy  Wed 1 May",
    "Until when does it last?": r"recovery window to Wed 15 May",
    "May I use make-up, and if not, when?": r"Not yet +Make-up +until Fri 3 May, 14:30",
    "May I use a mask?": r"Face masks +until Sat 4 May, 14:30 .*then with care",
    "May I go out in the sun?": r"Actives, sun +until Wed 8 May, 14:30",
    "May I run?": r"With care Exercise +until Wed 8 May(?s:.*)walking and light activity",
    "May I wash my hair?": r"Fine +hair care",
    "What should I do?": r"Do today +sunscreen, hat and shade",
    "Is what I see normal?": r"Normal +.* to ",
    "When do I call an ambulance?": r"Call your emergency number \(112, 999, 911\): swollen lips",
}


def test_a_stranger_finds_ten_answers_at_one_look(rules: RuleSet) -> None:
    """Each question has its line."""
    at = (START + timedelta(hours=30)).astimezone(UTC)
    text = "\n".join(drawn([of("face")], at, rules))
    for question, line in QUESTIONS.items():
        assert re.search(line, text, re.MULTILINE), (question, text)


def test_a_group_shows_its_items(program: Program) -> None:
    """`today GROUP` has every item of it, and whom to call; other words are refused."""
    text = program.run("today", "make", "up", *ASKED).out
    for label in ("Foundation and other face make-up", "Self-tan", "Call your emergency number"):
        assert label in text
    assert "Face masks" not in text
    assert len(program.run("today", "makeup", *ASKED, "--json").json()["answers"]) == 1
    assert program.run("today", "juggling", *ASKED).code == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_red_flags_are_always_there(width: int, program: Program, rules: RuleSet) -> None:
    """At every width and long after everything is allowed, the signs of danger stand there."""
    for day in (0, 200, 1000):
        options = scene("face", day)
        screen = program.on_terminal("today", *options, width=width)
        text = flat(screen.lines)
        plain = program.run("today", *options, "--json").json()
        flags = plain["watch_for"]["red_flags"]
        assert {each["urgency"] for each in flags} == set(rules.contacts)
        lasting = {id_: flag for id_, flag in rules.red_flags.items() if flag.until is None}
        assert set(lasting) <= {each["id"] for each in flags} | {
            id_ for id_, flag in lasting.items() if flag.types and "face" not in flag.types
        }
        for flag in lasting.values():
            if flag.urgency.value == "emergency" and not flag.aside:
                assert lower_first(flag.label) in text
        assert rules.contacts_in_short["emergency"] in text
        everything = flat(program.on_terminal("today", "--all", *options, width=width).lines)
        assert all(each["text"] in everything for each in flags)


def test_all_holds_everything(program: Program) -> None:
    """`today --all` names every item, every change, care instruction and expected sign."""
    text = flat(program.on_terminal("today", "--all", *ASKED, width=120).lines)
    plain = program.run("today", *ASKED, "--json").json()
    for group in plain["answers"]:
        assert group["label"] in text
        assert all(f"{item['verdict']} {item['label']}" in text for item in group["items"])
    said = [*plain["care"], *plain["watch_for"]["normal"], *plain["results"]]
    assert all(each["text"] in text for each in said)


def test_several_treatments_on_the_day(program: Program) -> None:
    """Each treatment has its day and its date."""
    lines = program.on_terminal("today", *SEVERAL).lines
    text = flat(lines)
    for part in ("Day 1 after scalp", "day 4 after face", "day 20 after brightening"):
        assert part in text
    for part in ("Wed 1 May 2024, time not given", "Sun 28 Apr 2024, 10:00", "Fri 12 Apr 2024"):
        assert part in text


# The sources.


def figured(found: Answer) -> list[Evidence]:
    """Return the claims that have a figure of their own to draw."""
    return [
        row
        for row in found.evidence
        if row.restricts and (row.min_hours is not None or row.max_hours is not None)
    ]


def longest(row: Evidence) -> float:
    """Return the longest figure of a claim."""
    return max(hours for hours in (row.min_hours, row.max_hours) if hours is not None)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_bar_for_each_figure(
    width: int, every_answer: list[tuple[Answer, Question]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`explain` draws each figured source once: grade, id, publisher, bar and hours, in order."""
    as_terminal(monkeypatch, width)
    seen = 0
    for found, asked_of in every_answer:
        lines = COLOUR.sub("", explain_text(found, asked_of)).splitlines()
        fits(lines, width)
        assert found.verdict.value in lines[0]
        if not found.rule.concerns:
            continue
        rows = figured(found)
        heads = [re.match(r"([ABC]) (S\d{3}-\d{3}|E\d{3})\b", line) for line in lines]
        shown = [(head[1], head[2]) for head in heads if head]
        assert shown[: len(rows)] == [(row.grade, row.id) for row in rows]
        assert all(longest(one) <= longest(two) for one, two in pairwise(rows))
        text = flat(lines)
        for row in rows:
            publisher = " ".join(row.source.publisher.split())
            name = publisher if width == min(WIDTHS) else publisher[:16].strip()
            assert f"{row.grade} {row.id} {name}" in text
        bars = [line for line in lines if re.search("█", line)]
        assert len(bars) == len(rows)
        chosen = bool(rows) and found.rule.restricted_until is not None
        assert ("│ chosen: " in text) is chosen
        seen += len(rows)
    assert seen > 1000


@pytest.mark.parametrize("width", WIDTHS)
def test_explain_on_a_terminal(width: int, program: Program) -> None:
    """The bars get longer from line to line, and the chosen figure stands under its column."""
    screen = program.on_terminal("explain", "sauna", *ASKED, width=width)
    lengths = [line.count("█") + line.count("▒") for line in screen.lines if "█" in line]
    assert len(lengths) > 10
    # The chosen figure's column may cover a cell of a bar.
    assert all(one <= two + 1 for one, two in pairwise(lengths))
    columns = {line.index("│") for line in screen.lines if "█" in line and "│" in line}
    assert len(columns) == 1
    (chosen,) = [line for line in screen.lines if "chosen: " in line]
    assert "│ chosen: 14 days" in chosen
    text = flat(screen.lines)
    assert re.search(r"Figures (from )?24 h to 14 days\b[^.]*; 14 days chosen\.", text)
    assert "Grades: A " in text


def test_explain_in_a_pipe(program: Program) -> None:
    """In a pipe the same bars are drawn with plain characters."""
    piped = program.run("explain", "sauna", *ASKED).out
    assert "####" in piped
    assert "| chosen: 14 days" in piped
    assert piped.index("24 h\n") < piped.index("336 h\n")


def test_json_reads_well_on_a_terminal(program: Program) -> None:
    """On a terminal JSON is indented, without colours; in a pipe it is one line."""
    screen = program.on_terminal("can-i", "makeup", *ASKED, "--json", width=40)
    assert screen.raw == screen.text
    assert len(screen.lines) > 20
    assert program.run("can-i", "makeup", *ASKED, "--json").out.count("\n") == 1


# A command of every kind that answers with a view, on a record of one treatment and one sign.
VIEWS = [
    ("today", *ASKED),
    ("today", *ASKED, "--all"),
    ("can-i", "makeup", *ASKED),
    ("when", "sauna", *ASKED),
    ("explain", "gym", *ASKED),
    ("course", *ASKED),
    ("treatments",),
    ("diary",),
    ("triage", "--at", AT),
    ("report", "--at", AT),
    ("rules", "list"),
    ("rules", "show", "sauna"),
    ("rules", "check"),
    ("--help",),
]
ODD_WIDTHS = ["0", "00", "-0", "-5", "abc", "", " 0", "1", "999999999"]


@pytest.fixture
def kept(own: Program) -> Program:
    """Return the program with a treatment and a sign on record."""
    assert own.run("treated", TREATED).code == 0
    assert own.run("feel", "redness", "3", "--at", AT).code == 0
    return own


def test_whatever_the_width_the_answer_is_there(kept: Program) -> None:
    """A width of 0, as some terminals report, or one that is no number, changes no word."""
    for arguments in VIEWS:
        # A width that is none is taken for 80: what waits gives way to the screen alike.
        usual = kept.run(*arguments, env={"COLUMNS": "80"})
        words = usual.out.split()
        assert len(words) > 2, arguments
        for width in ODD_WIDTHS:
            found = kept.run(*arguments, env={"COLUMNS": width})
            assert found.code == usual.code, (arguments, width)
            letters, wanted = ("".join(re.findall(r"\w", out)) for out in (found.out, usual.out))
            assert len(letters) > len(wanted) * (0.3 if width == "1" else 0.99), (arguments, width)
            assert found.out.split()[0] == words[0], (arguments, width)


@pytest.mark.parametrize("size", [(0, 0), (24, 0), (0, 80), (1, 1)], ids=str)
def test_a_terminal_that_does_not_know_its_size(kept: Program, size: tuple[int, int]) -> None:
    """It is taken for one of 80 columns, or of the least that can be read."""
    rows, width = size
    for arguments in VIEWS[:5]:
        screen = kept.on_terminal(*arguments, width=width, rows=rows)
        usual = kept.run(*arguments)
        assert screen.code == usual.code, arguments
        assert screen.text.split()[1:2] == usual.out.split()[1:2], arguments


@pytest.mark.parametrize("text", ["", "\n", " \n\n"])
def test_an_empty_answer_is_a_fault(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An exit code by itself would be taken for an answer, so it never stands alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(main, "_answer", lambda _: Reply(text, 1))
        assert main.run(["can-i", "makeup"]) == main.UNFORESEEN
    assert "no answer was given" in capsys.readouterr().err


def _luminance(style: str) -> float:
    """Return how light the colour of a style is, from 0 to 1 (WCAG 2.2)."""
    colour = Style.parse(style).color
    assert colour is not None
    parts = [part / 255 for part in colour.get_truecolor()]
    lit = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(factor * part for factor, part in zip((0.2126, 0.7152, 0.0722), lit, strict=True))


def test_colours_can_be_read_on_black_and_on_white() -> None:
    """At least 3 to 1, what large or bold letters need; most have 4 to 1 on either."""
    styles = {*VERDICT_STYLES.values(), *URGENCY_STYLES.values()} - {"bold"}
    found = [_luminance(style) for style in styles]
    assert len(found) >= 4
    for light in found:
        assert 1.05 / (light + 0.05) >= 3
        assert (light + 0.05) / 0.05 >= 3
    assert sum(min(1.05 / (each + 0.05), (each + 0.05) / 0.05) > 3.8 for each in found) >= 3


def test_the_clinic_on_record_is_named_with_its_number(own: Program) -> None:
    """Whoever is worried at night finds whom to call; a name of any length keeps the screen."""
    for name, shown in (
        ("Rose Clinic", "(Rose Clinic, 020 7946 0000)"),
        ("R" * 60, "(020 7946 0000)"),
    ):
        own.run("treated", "2024-05-01T14:30", "--clinic", name, "--phone", "020 7946 0000")
        screen = own.on_terminal("today", "--at", "2024-05-02T20:00")
        assert f"Call your clinic {shown}: " in flat(screen.lines)
        assert len(screen.lines) <= 22
        own.run("remove", own.run("treatments").out.split()[0], "--yes")
