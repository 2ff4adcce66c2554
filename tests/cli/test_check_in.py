"""`mesocare check-in`: asked on a real terminal, stopped half-way, read from a file."""

from __future__ import annotations

import json
import re
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pexpect
import pytest

from tests.support.process import TREATED, Program, script

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = ("--at", "2024-05-02T09:00")
NOT_ALL_IS_WELL = "Nothing reported so far is unexpected."
EMERGENCY, SAME_DAY = "Call your local emergency number", "See a doctor today"
INTERRUPTED = 130

needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")


@pytest.fixture
def treated(own: Program) -> Program:
    """Return the program with one treatment on record."""
    assert own.run("treated", TREATED).code == 0
    return own


class Talk:
    """A check-in on a terminal, answered line by line."""

    def __init__(self, program: Program, *more: str, width: int = 80) -> None:
        self.child = pexpect.spawn(
            str(program.path),
            ["check-in", *AT, *more],
            env=program.environment(),
            cwd=str(program.place),
            dimensions=(50, width),
            encoding="utf-8",
            codec_errors="replace",
            timeout=30,
        )
        self.seen = ""

    def asked(self) -> str:
        """Return what is shown up to where an answer is awaited."""
        self.child.expect(r"\((yes\s+or\s+no|0\s+to\s+10|degrees\s+Celsius[^)]*)\) ")
        text = self.child.before + self.child.after
        self.seen += text
        return " ".join(text.split())

    def says(self, answer: str) -> None:
        """Type an answer, and Enter."""
        self.child.sendline(answer)

    def ends(self) -> int:
        """Return the exit code; what was still shown is added to what was seen."""
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        return int(self.child.exitstatus)

    def answers(self, by_words: Mapping[str, str]) -> list[str]:
        """Answer what contains certain words and skip the rest; return every question."""
        questions: list[str] = []
        while True:
            at = self.child.expect(
                [r"\((yes\s+or\s+no|0\s+to\s+10|degrees\s+Celsius[^)]*)\) ", pexpect.EOF]
            )
            text = self.child.before + (self.child.after if at == 0 else "")
            self.seen += text
            if at == 1:
                self.child.close()
                return questions
            questions.append(" ".join(text.split()))
            # Only the question itself, not what the answer before it has led to.
            asked = re.split(r"\d+/\d+ ", questions[-1])[-1]
            self.says(next((a for words, a in by_words.items() if words in asked), ""))


def _entries(program: Program) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = program.run("diary", "--json").json()["entries"]
    return found


@needs_terminal
def test_every_answer_is_kept_once(treated: Program) -> None:
    """Figures, yes and no become entries; what was skipped becomes none."""
    talk = Talk(treated)
    questions = talk.answers({"Redness:": "3", "Itching:": "no", "Bruising:": "yes", "rash": "n"})
    assert talk.child.exitstatus == 0
    total = len(questions) - 1  # the last is about the temperature
    assert f"{total} questions." in questions[0]
    assert all(f"{n}/{total} " in each for n, each in enumerate(questions[:-1], start=1))
    assert {each["sign"]: each["score"] for each in _entries(treated)} == {
        "redness": 3,
        "itch": 0,
        "bruising": None,
        "rash-or-hives": 0,
    }
    assert len(_entries(treated)) == 4
    assert NOT_ALL_IS_WELL in talk.seen


@needs_terminal
def test_all_skipped_says_that_nothing_was_reported(treated: Program) -> None:
    """Nothing is kept, and nothing is called well."""
    talk = Talk(treated)
    talk.answers({})
    assert talk.child.exitstatus == 0
    assert _entries(treated) == []
    assert "The diary is empty." in talk.seen


@needs_terminal
@pytest.mark.parametrize("answer", ["maybe", "?", "3", "ja", "\u00b3"])
def test_an_answer_not_understood_is_asked_again(treated: Program, answer: str) -> None:
    """It says what is possible, and stays with the question."""
    talk = Talk(treated)
    first = talk.asked()
    talk.says(answer)
    again = talk.asked()
    assert "Answer yes or no. Enter skips the question." in again
    assert re.findall(r"1/\d+ .*", again)[0] in first
    talk.says("no")
    assert re.search(r"\b2/\d+ ", talk.asked())
    talk.child.close(force=True)


@needs_terminal
def test_bytes_that_are_no_text_are_asked_again(treated: Program) -> None:
    """Whatever a keyboard sends is no fault."""
    talk = Talk(treated)
    talk.asked()
    talk.child.ptyproc.write(b"\xff\xfe\n")
    assert "Answer yes or no." in talk.asked()
    talk.child.close(force=True)


@needs_terminal
@pytest.mark.parametrize("width", [40, 80, 120])
def test_questions_fit_the_screen(treated: Program, width: int) -> None:
    """Long signs are wrapped between words; the answer leads with what to do."""
    talk = Talk(treated, width=width)
    talk.answers({"Pus, an abscess": "yes"})
    lines = re.sub(r"\x1b\[[0-9;]*m", "", talk.seen).replace("\r", "").split("\n")
    assert max(map(len, lines)) <= width
    assert any(line.startswith(SAME_DAY) for line in lines[-20:])


@needs_terminal
def test_a_red_flag_is_answered_at_once(treated: Program) -> None:
    """Whom to call stands before the next question, not after the last."""
    talk = Talk(treated)
    assert "trouble breathing" in talk.asked()
    talk.says("yes")
    assert EMERGENCY in talk.asked()
    talk.child.close(force=True)


@needs_terminal
def test_interrupted_keeps_nothing(treated: Program) -> None:
    """Ctrl-C in the middle: nothing is kept, and it says so."""
    talk = Talk(treated)
    for answer in ("no", "yes", "no"):
        talk.asked()
        talk.says(answer)
    talk.asked()
    talk.child.sendintr()
    assert talk.ends() == INTERRUPTED
    assert "Nothing was kept." in talk.seen
    assert _entries(treated) == []


@needs_terminal
def test_end_of_input_keeps_nothing(treated: Program) -> None:
    """Ctrl-D in the middle: so too, with whom to call for what was answered."""
    talk = Talk(treated)
    talk.asked()
    talk.says("yes")
    talk.asked()
    talk.child.sendeof()
    assert talk.ends() == 2
    last = " ".join(talk.seen.split())
    assert "not answered to the end, so nothing was kept" in last
    assert EMERGENCY in last.partition("nothing was kept")[2]
    assert _entries(treated) == []


@needs_terminal
def test_temperature_is_asked_where_it_tells(treated: Program) -> None:
    """With a sign that a fever would make worse, once, after the other questions."""
    talk = Talk(treated)
    questions = talk.answers({"Redness:": "3", "temperature": "38.3"})
    assert "measure your temperature" in questions[-1]
    assert {each["temperature"] for each in _entries(treated)} == {None, 38.3}
    assert EMERGENCY in talk.seen


@needs_terminal
def test_answers_on_a_terminal_lead_to_json(treated: Program) -> None:
    """The questions go to standard error, so that only the document is on standard output."""
    path = treated.place / "out.json"
    child = pexpect.spawn(
        "/bin/sh",
        ["-c", f'exec "{treated.path}" check-in --json --at {AT[1]} > {path}'],
        env=treated.environment(),
        encoding="utf-8",
        timeout=30,
    )
    child.send("\n" * 60)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == "mesocare.triage/1"


def _answers(program: Program, text: str, *more: str) -> Any:
    return program.run("check-in", "--answers", "-", *AT, *more, given=text.encode())


def test_json_is_the_triage_document(treated: Program) -> None:
    """The same document as from triage; the code says how urgent what was just noted is."""
    done = _answers(treated, '{"infection": true}', "--json")
    assert done.code == 3
    assert done.json() == treated.run("triage", *AT, "--json").json()
    assert done.json()["urgency"] == "same_day"


def test_temperature_in_a_file(treated: Program) -> None:
    """Under its own name, with the bounds that feel has."""
    assert _answers(treated, '{"temperature": 38.5}').out.startswith(SAME_DAY)
    [entry] = _entries(treated)
    assert (entry["sign"], entry["temperature"]) == (None, 38.5)
    refused = _answers(treated, '{"temperature": 101}')
    assert refused.code == 2
    assert "38.3" in refused.err


@pytest.mark.parametrize(
    "text", ['{"infection": true, "infection": false}', '{"itch": "\\u00b3"}', '{"itch": true']
)
def test_answers_that_cannot_be_used_keep_nothing(treated: Program, text: str) -> None:
    """A sign answered twice may hide a red flag; so neither counts."""
    assert _answers(treated, text).code == 2
    assert _entries(treated) == []


@pytest.mark.parametrize("name", ["", ".", "none.json"])
def test_file_that_cannot_be_read(treated: Program, name: str) -> None:
    """An empty name is a name too: nobody is asked instead."""
    done = treated.run("check-in", "--answers", name, *AT)
    assert done.code == 2
    assert "cannot be read" in done.err


def test_standard_input_that_is_closed(treated: Program) -> None:
    """It is an error and no fault."""
    done = treated.redirected("<&-", "check-in", "--answers", "-", *AT)
    assert done.code == 2
    assert "cannot be read" in done.err


def test_wrong_answer_beside_a_red_flag_still_calls(treated: Program) -> None:
    """Nothing is kept, but whoever reported the sign is told whom to call."""
    done = _answers(treated, '{"redness": 11, "anaphylaxis": true}')
    assert done.code == 2
    assert EMERGENCY in done.err
    assert _entries(treated) == []


NO_ROOM = (
    "import mesocare.store.diary as d, mesocare.errors as e; "
    "d.keep = lambda *_: (_ for _ in ()).throw(e.StoreError('the disk is full', 'Make room.'))"
)
FULL = (
    "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); "
    "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"
)


def _broken(program: Program, how: str) -> Program:
    """Return the program with a record that cannot be written."""
    if how == "newer":
        with closing(sqlite3.connect(program.record / "mesocare.db")) as connection:
            connection.execute("PRAGMA user_version=99")
        return program
    before = FULL if how == "full" else NO_ROOM
    other = Program(program.root, script(program.root / "broken", before))
    other.cache = program.cache
    return other


@pytest.mark.parametrize("how", ["full", "newer", "no room"])
def test_red_flag_that_cannot_be_kept_still_calls(treated: Program, how: str) -> None:
    """A record that fails keeps nothing, and somebody in need is told whom to call."""
    broken = _broken(treated, how)
    for words, whom in (("trouble breathing", EMERGENCY), ("pus", SAME_DAY)):
        done = broken.run("feel", words, "--at", "2024-05-02T09:00")
        assert (done.code, done.out) == (2, "")
        assert whom in done.err
    done = broken.run("feel", "redness", "3", "--at", "2024-05-02T09:00")
    assert done.code == 2
    assert "Call" not in done.err
    if how == "no room":
        done = _answers(broken, '{"anaphylaxis": true}')
        assert done.code == 2
        assert EMERGENCY in done.err
    if how != "newer":
        assert _entries(treated) == []
