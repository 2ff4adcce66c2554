"""A fault at every call of the system that changes a file: nothing acknowledged is lost.

The calls are struck from below Python and SQLite alike, by a library that is loaded before the
system's own: the process is killed, or the call fails as on a broken or a full disk.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.process import Finished, Program
    from tests.support.searches import Searched

CC = shutil.which("cc")
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or CC is None, reason="a C compiler and Linux strike the calls"
)
KINDS = ("kill", "eio", "enospc", "short")
# What is on record before, and after each command: treatments and entries, by what they say.
COMMANDS = {
    "treated": "treated 2024-05-03T10:00 --area neck --note second",
    "feel": "feel trouble breathing",
    "edit": "edit ID --note changed",
    "remove": "remove ID --yes",
    "import": "import other.json",
    "forget": "forget --all --yes",
    "export": "export -o out.json",
}


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the library that strikes."""
    source = Path(__file__).parents[1] / "support" / "faults.c"
    target = tmp_path_factory.mktemp("faults") / "faults.so"
    command = [str(CC), "-shared", "-fPIC", "-O1", "-w", "-o", str(target), str(source), "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return target


def state(program: Program) -> tuple[frozenset[tuple[str, str]], frozenset[str]] | None:
    """Return the treatments and entries on record, by what tells them apart; `None` if refused."""
    done = program.run("export")
    if done.code:
        return None
    document = json.loads(done.out)
    return (
        frozenset(
            (each["area"], str(each["note"]))
            for each in document["treatments"]
            if each["removed"] is None
        ),
        frozenset(each["words"] for each in document["diary"]),
    )


def prepared(program: Program) -> str:
    """Put something on record, and a document to import beside it; return the treatment's id."""
    assert program.run("treated", "2024-05-02T10:00", "--note", "third", "--area", "jaw").code == 0
    (program.place / "other.json").write_text(program.run("export").out, encoding="utf-8")
    assert program.run("forget", "--all", "--yes").code == 0
    assert program.run("treated", "2024-05-01T10:00", "--note", "first").code == 0
    assert program.run("feel", "redness", "3").code == 0
    return program.run("treatments").out.split()[0]


def struck(
    program: Program, library: Path, command: list[str], kind: str, at: int
) -> tuple[Finished, int]:
    """Run a command that is struck at a call; return how it ended, and how many calls it made."""
    count = program.root / "count"
    env = {
        "LD_PRELOAD": str(library),
        "FAULT_AT": str(at),
        "FAULT_KIND": kind,
        "FAULT_BELOW": str(program.root),
        "FAULT_COUNT": str(count),
        "TMPDIR": str(program.home),
    }
    done = program.spawn(*command, env=env)
    return done, int(count.read_text() or 0) if count.exists() else 0


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_call(name: str, kind: str, own: Program, library: Path, searched: Searched) -> None:
    """Struck at each of its calls in turn."""
    searched(every_call(name, kind, own, library, step=1), f"calls struck, {name} by {kind}")


@pytest.mark.parametrize(("name", "kind"), [("feel", "kill"), ("edit", "enospc")])
def test_some_calls(name: str, kind: str, own: Program, library: Path, searched: Searched) -> None:
    """A share of them in every run."""
    searched(every_call(name, kind, own, library, step=7), f"calls struck, {name} by {kind}")


def every_call(name: str, kind: str, program: Program, library: Path, *, step: int) -> int:
    """Strike a command at its calls; return at how many."""
    id_ = prepared(program)
    command = COMMANDS[name].replace("ID", id_).split()
    kept = program.root / "kept"
    shutil.copytree(program.record, kept)
    before = state(program)
    done, calls = struck(program, library, command, "none", -1)
    assert done.code in {0, 4}, done.err
    after = state(program)
    assert calls > 3
    struck_at = range(1, calls + 1, step)
    for at in struck_at:
        shutil.rmtree(program.record, ignore_errors=True)
        shutil.copytree(kept, program.record)
        (program.place / "out.json").unlink(missing_ok=True)
        done, _ = struck(program, library, command, kind, at)
        where = (name, kind, at, done)
        assert "Traceback" not in done.err, where
        assert done.code in {0, 2, 4, -9}, where
        found = state(program)
        if done.code in {0, 4}:
            assert found == after, where
        elif name == "forget":
            assert found in {before, after} or program.run(*command).code == 0, where
        elif "do not repeat" in done.err or "is on record" in done.err:
            assert found == after, where
        else:
            assert found in ({before, after} if done.code == -9 else {before}), where
        if name == "feel" and done.code == 2:
            assert "Call your local emergency number now" in done.err, where
        if name == "export":
            out = program.place / "out.json"
            assert not out.exists() or json.loads(out.read_text())["treatments"], where
        there = program.record.iterdir() if program.record.exists() else ()
        left = {path.name for path in there}
        # The note of a file that was never made is swept a minute later.
        assert left <= {"mesocare.db", "mesocare.db-journal", "mesocare.lock", "temporary"}, where
        assert {path.name for path in program.place.iterdir()} <= {"other.json", "out.json"}, where
    return len(struck_at)
