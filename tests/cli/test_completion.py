"""Completion: what is offered, and real shells that ask for it; the manual page."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.scripts import load

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

ROOT = Path(__file__).resolve().parents[2]


def offered(program: Program, line: str) -> list[str]:
    """Return what is offered at the end of a line."""
    words = line.split(" ")
    env = {
        "_MESOCARE_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = program.run(env=env)
    assert (done.code, done.err) == (0, "")
    return done.out.split()


def test_commands_options_and_words_are_offered(own: Program, rules: RuleSet) -> None:
    """Activities, groups, signs, types and what is on record."""
    assert offered(own, "mesocare can") == ["can-i"]
    assert set(offered(own, "mesocare ca")) == {"can-i", "calendar"}
    assert {"calendar", "course", "check", "check-in", "can-i"} == set(offered(own, "mesocare c"))
    assert offered(own, "mesocare can-i mas") == ["masks"]
    assert offered(own, "mesocare product --kind sh") == ["shampoo"]
    assert set(offered(own, "mesocare can-i ")) == {*rules.items, *rules.groups}
    assert "redness" in offered(own, "mesocare feel red")
    assert set(offered(own, "mesocare feel ")) == {*rules.reactions, *rules.red_flags}
    assert offered(own, "mesocare today --type s") == ["scalp"]
    assert offered(own, "mesocare today ma") == ["makeup", "masks"]
    assert "--treated" in offered(own, "mesocare today --tr")
    assert offered(own, "mesocare edit ") == []
    own.run("treated", "yesterday")
    (line,) = own.run("treatments").out.splitlines()
    assert offered(own, "mesocare edit ") == [line.split()[0]]
    assert offered(own, "mesocare remove ") == [line.split()[0]]


def test_where_nothing_can_be_known_nothing_is_offered(own: Program) -> None:
    """A broken rule set, setting or record is no noise on a prompt."""
    (own.place / "config.toml").write_text("rules = 'nowhere'\n")
    env = {
        "_MESOCARE_COMPLETE": "complete_bash", "COMP_WORDS": "mesocare can-i ma", "COMP_CWORD": "2",
        "MESOCARE_CONFIG": str(own.place / "config.toml"),
    }  # fmt: skip
    done = own.run(env=env)
    assert (done.code, done.out.strip(), done.err) == (0, "", "")


SHELLS = {
    "bash": "source <(mesocare --show-completion); complete -p mesocare >/dev/null &&"
    " COMP_WORDS=(mesocare can-i mas) COMP_CWORD=2 && _mesocare_completion mesocare &&"
    " printf '%s\\n' \"${COMPREPLY[@]}\"",
    "zsh": 'autoload -U compinit; compinit -u; eval "$(mesocare --show-completion)";'
    " _TYPER_COMPLETE_ARGS='mesocare can-i mas' _MESOCARE_COMPLETE=complete_zsh mesocare",
    "fish": "mesocare --show-completion | source; complete -C 'mesocare can-i mas'",
}  # fmt: skip


@pytest.mark.parametrize("shell", SHELLS)
def test_a_real_shell_completes(shell: str, own: Program) -> None:
    """The script that is offered for a shell works in it."""
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    env = own.environment({"PATH": f"{own.path.parent}:/usr/bin:/bin", "SHELL": path})
    quiet = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [path, *quiet, "-c", SHELLS[shell]],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "masks" in done.stdout, done.stderr
    assert "makeup" not in done.stdout


def test_the_manual_page_is_current() -> None:
    """It says what the command line says; `make man` writes it anew."""
    assert (ROOT / "docs" / "mesocare.1").read_text(encoding="utf-8") == load("man").page()


def test_the_manual_page_can_be_read() -> None:
    """By a program that reads such pages, without a complaint."""
    path = shutil.which("man")
    if path is None:
        pytest.skip("man is not installed")
    done = subprocess.run(
        [path, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", str(ROOT / "docs" / "mesocare.1")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert "mesocare can-i" in done.stdout


def test_help_lists_every_command_in_a_section(program: Program) -> None:
    """Answers first; nothing is left out."""
    from mesocare.cli.app import COMMANDS, SECTIONS

    assert sorted(name for names in SECTIONS.values() for name in names) == sorted(COMMANDS)
    text = program.run("--help").out
    at = [text.index(f"\n{title}:") for title in SECTIONS]
    assert at == sorted(at)
