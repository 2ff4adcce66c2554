"""Where an answer cannot be written: what cannot wait is said all the same, and nothing is undone.

`/dev/full` takes no byte, as a full disk would.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from mesocare.cli import main
from mesocare.errors import EMERGENCY
from tests.support.protocols import FRAME

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.cli.reply import Reply
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

NOW = "such as 112, 999 or 911"
FULL = ">/dev/full"
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no /dev/full")


def noted(program: Program) -> list[str]:
    """Return the words in the diary."""
    return [entry["words"] for entry in program.run("diary", "--json").json()["entries"]]


def test_the_numbers_are_those_of_the_rules(rules: RuleSet) -> None:
    """What the program says without any rule set names the same numbers."""
    assert NOW in rules.contacts["emergency"]
    assert NOW in EMERGENCY


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("trouble breathing", "Call your local emergency number now"),
        ("my tongue is swelling", "Call your local emergency number now"),
        ("pus", "See a doctor today"),
    ],
)
def test_an_emergency_is_said_where_nothing_can_be_written(
    words: str, call: str, own: Program, rules: RuleSet
) -> None:
    """`feel` keeps the entry, says whom to call and what to do, and that it is in the diary."""
    assert own.run("treated", "yesterday 10:00").code == 0
    ended = own.redirected(FULL, "feel", *words.split())
    assert (ended.code, ended.out) == (2, "")
    assert call in ended.err
    flag = next(each for each in rules.red_flags.values() if each.text in ended.err)
    assert rules.contacts[flag.urgency.value] in ended.err
    assert "do not repeat it" in ended.err
    assert "Run the command again" not in ended.err
    assert noted(own) == [words]


def test_check_in_likewise(own: Program) -> None:
    """Its answers are kept, and the worst of them is said."""
    assert own.run("treated", "yesterday 10:00").code == 0
    answers = own.place / "answers.json"
    answers.write_text(json.dumps({"infection": True}), encoding="utf-8")
    ended = own.redirected(FULL, "check-in", "--answers", "answers.json")
    assert ended.code == 2
    assert "See a doctor today" in ended.err
    assert "do not repeat it" in ended.err
    assert len(noted(own)) == 1


@pytest.mark.parametrize(
    "command", ["triage", "today", "can-i makeup", "when makeup", "explain makeup", "course"]
)
@pytest.mark.parametrize("form", ["", "--json"])
def test_what_the_diary_says_is_said_by_every_answer(command: str, form: str, own: Program) -> None:
    """An open emergency is on standard error when the answer that leads with it is lost."""
    assert own.run("treated", "yesterday 10:00").code == 0
    assert own.run("feel", "trouble breathing").code == 4
    ended = own.redirected(FULL, *command.split(), *form.split())
    assert ended.code == 2
    assert "Call your local emergency number now" in ended.err
    assert "Run the command again" in ended.err  # nothing was changed by it


def _protocol(program: Program) -> None:
    (program.place / "clinic.yaml").write_text(FRAME, encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "look", "seen"),
    [
        ("treated today --type scalp --area scalp", "treatments", "scalp"),
        ("edit ID --note changed", "treatments", "changed"),
        ("remove ID --yes", "treatments", "No treatment is on record"),
        ("feel redness 3", "diary --csv", "redness"),
        ("import record.json", "treatments", "face"),
        ("forget --all --yes", "treatments", "No treatment is on record"),
        ("export -o out.json", "", ""),
        ("report --html out.html", "", ""),
        ("rules new mine.yaml", "", ""),
        ("rules table -o table.csv", "", ""),
        ("rules use clinic.yaml", "today --treated yesterday --json", "rose-clinic"),
        ("rules use --built-in", "today --treated yesterday --json", "mesocare"),
    ],
)
def test_what_was_done_is_not_done_twice(command: str, look: str, seen: str, own: Program) -> None:
    """Whoever is not shown that it worked is told so, and not to repeat it."""
    _protocol(own)
    id_ = own.run("treated", "yesterday 10:00").out.split()[2].strip(",:")
    own.run("export", "-o", "record.json")
    ended = own.redirected(FULL, *command.replace("ID", id_).split())
    assert ended.code == 2
    assert "It is done all the same; do not repeat it." in ended.err
    assert "Run the command again" not in ended.err
    if look:
        assert seen in own.run(*look.split()).out
    for name in ("out.json", "out.html", "mine.yaml", "table.csv"):
        if name in command:
            assert (own.place / name).stat().st_size > 100


def test_undo_likewise(own: Program) -> None:
    """What was brought back is back."""
    id_ = own.run("treated", "yesterday 10:00").out.split()[2].strip(",:")
    own.run("remove", id_, "--yes")
    ended = own.redirected(FULL, "undo")
    assert "do not repeat it" in ended.err
    assert "face" in own.run("treatments").out


class Panic(BaseException):
    """As a library written in Rust raises it; no `Exception`."""


@pytest.mark.parametrize("error", [Panic("range end"), MemoryError(), SystemError("bad")])
def test_the_boundary_catches_everything(
    error: BaseException, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is raised ends with 70, without a traceback, and says what to do in need."""

    def fail(_: object) -> Reply:
        raise error

    monkeypatch.setattr(main, "_answer", fail)
    assert main.run(["today"]) == main.UNFORESEEN
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert type(error).__name__ in said
    assert NOW in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"], ["can-i"], ["can-i", "juggling"], ["today", "--treated", "31/31"],
        ["today", "--rules", "missing"], ["check", "missing.csv"], ["import", "missing.json"],
        ["rules", "nonsense"], ["today", "--tz", "Nowhere"], ["feel"], ["feel", "redness", "11"],
    ],
)  # fmt: skip
def test_every_error_names_the_emergency_number(arguments: list[str], own: Program) -> None:
    """Whoever gets no answer is told whom to call, as the last line."""
    done = own.redirected(">/dev/null", *arguments)
    assert done.code == 2
    raw = own.start(*arguments, stdout=-3).communicate()[1]
    assert raw.decode().endswith(EMERGENCY + "\n")


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C leaves the number on the screen, too."""

    def fail(_: object) -> Reply:
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_answer", fail)
    assert main.run(["today"]) == main.INTERRUPTED
    assert NOW in capsys.readouterr().err


def test_a_full_disk_hides_nothing(own: Program, tmp_path: Path) -> None:
    """With a record that cannot be opened, the sign that was typed is answered all the same."""
    (tmp_path / "own" / "record").mkdir(exist_ok=True)
    (tmp_path / "own" / "record" / "mesocare.db").mkdir()
    ended = own.redirected(FULL, "feel", "trouble", "breathing")
    assert ended.code == 2
    assert "Call your local emergency number now" in ended.err
