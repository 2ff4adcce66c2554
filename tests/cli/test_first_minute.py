"""`mesocare` alone with nothing on record: asked on a real terminal, and told in a pipe."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.support.process import COLOUR

if TYPE_CHECKING:
    from tests.support.process import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a terminal of Unix")
QUESTION = r"\((?:yesterday 15:00[^)]*|Enter\s+for\s+face|y\s+or\s+Enter)\) "


class Talk:
    """The first minute on a terminal."""

    def __init__(self, program: Program, width: int = 80, **more: str) -> None:
        self.child = pexpect.spawn(
            str(program.path),
            [],
            env={**program.environment(), "TZ": "Europe/Berlin", **more},
            cwd=str(program.place),
            dimensions=(40, width),
            encoding="utf-8",
            timeout=30,
        )
        self.seen = ""

    def asked(self) -> str:
        """Return what is shown up to where an answer is awaited."""
        self.child.expect(QUESTION)
        shown = COLOUR.sub("", self.child.before + self.child.after)
        self.seen += shown
        return " ".join(shown.split())

    def says(self, *answers: str) -> str:
        """Answer one question after the other; return what the last one was asked with."""
        told = ""
        for each in answers:
            told = self.asked()
            self.child.sendline(each)
        return told

    def ends(self) -> int:
        """Return the exit code; what was still shown is added to what was seen."""
        self.child.expect(pexpect.EOF)
        self.seen += COLOUR.sub("", self.child.before)
        self.child.close()
        return int(self.child.exitstatus)


def test_two_answers_show_today_and_keep_it(own: Program) -> None:
    """What was understood is said; from then on `mesocare` alone shows it."""
    talk = Talk(own)
    talk.says("2 days ago", "hair")
    told = talk.asked()
    assert "Understood: Scalp." in told
    assert "Day 2 after scalp mesotherapy" in told
    assert "Call your emergency number" in told
    talk.child.sendline("y")
    assert talk.ends() == 0
    assert "On record: " in talk.seen
    assert "2 days after scalp" in own.run().out or "scalp mesotherapy" in own.run().out
    assert [line.split()[1] for line in own.run("treatments").out.splitlines()] == ["scalp"]


@pytest.mark.parametrize("answers", [("yesterday", "", ""), ("yesterday", "face", "no")])
def test_nothing_is_kept_unasked(answers: tuple[str, ...], own: Program) -> None:
    """Enter shows today after a face, and leaves nothing behind."""
    before = own.written()
    talk = Talk(own)
    talk.says(*answers)
    assert talk.ends() == 0
    assert "Day 1 after face mesotherapy" in talk.seen
    assert "Nothing was kept." in talk.seen
    assert own.written() == before


def test_enter_skips_and_says_how(own: Program) -> None:
    """Whoever does not answer is told what to type."""
    talk = Talk(own)
    talk.says("")
    assert talk.ends() == 0
    assert "mesocare today --treated yesterday" in talk.seen


@pytest.mark.parametrize("answered", [0, 1, 2])
def test_ctrl_c_and_a_closed_terminal_leave_nothing(answered: int, own: Program) -> None:
    """At any question."""
    for end, code in (("\x03", 130), ("\x04", 0)):
        talk = Talk(own)
        talk.says(*("yesterday", "face")[:answered])
        talk.asked()
        talk.child.send(end)
        assert talk.ends() == code
        assert not own.record.exists()


def test_what_is_not_understood_is_asked_again_three_times(own: Program) -> None:
    """With why; then it ends as any refusal does."""
    talk = Talk(own)
    assert "cannot be read as a date" in talk.says("whenever", "soon") + talk.asked()
    talk.child.sendline("01/05/2024")
    assert talk.ends() == 2
    assert "can be read as 2 dates" in talk.seen
    talk = Talk(own)
    talk.says("yesterday", "neck")
    assert "unknown treatment type 'neck'" in talk.asked()
    talk.child.sendline("pigmentation")
    assert "Day 1 after brightening" in talk.asked()
    talk.child.sendline("")
    assert talk.ends() == 0


def test_where_nothing_can_be_kept_today_is_shown(own: Program) -> None:
    """And that nothing was kept."""
    (own.place / "file").write_text("")
    talk = Talk(own, MESOCARE_HOME=str(own.place / "file" / "home"))
    talk.says("yesterday", "", "y")
    assert talk.ends() == 2
    assert "Day 1 after face mesotherapy" in talk.seen
    assert "nothing was kept" in talk.seen


def test_in_a_pipe_three_lines_say_what_to_type(own: Program) -> None:
    """Nobody is asked who is not there."""
    done = own.run()
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 4
    assert "mesocare today --treated yesterday" in done.out
    own.run("treated", "yesterday")
    assert own.run().out.startswith("Day 1 after face mesotherapy")
