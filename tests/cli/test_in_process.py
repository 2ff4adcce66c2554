"""What the tests rely on: a call within their own process answers as a process of its own does."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesocare.cli.app import COMMANDS
from tests.support.process import ASKED, AT, TREATED, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE = f"patient_id,treated,type,tz\nP1,{TREATED},face,Europe/Berlin\nP2,nonsense,face,UTC\n"
DIARY = '{"redness": 1}'

# At least one of every command, in text and JSON, with a verdict of each kind, and refused.
QUESTIONS: list[tuple[str, ...]] = [
    ("words", "-", "--as", "signs"),
    ("words", "-", "--json", *ASKED),
    (),
    ("--version",),
    ("--help",),
    ("no-such-command",),
    ("today", *ASKED),
    ("today", *ASKED, "--json"),
    ("today",),
    ("can-i", "makeup", *ASKED),
    ("can-i", "walking", *ASKED, "--json"),
    ("can-i", "no such thing", *ASKED),
    ("when", "sauna", *ASKED),
    ("when", "sauna", "--treated", "01/05/2024"),
    ("explain", "gym", *ASKED),
    ("product", "Aqua, Glycerin, Retinol, Novum", *ASKED),
    ("product", "-", *ASKED, "--json"),
    ("course", *ASKED),
    ("course", *ASKED, "--json"),
    ("before", "--on", "2024-06-01", "--at", AT),
    ("before", "--on", "2024-06-01", "--at", AT, "--checklist"),
    ("can-i", "wine", "--before", "2024-05-02T18:00", "--at", AT),
    ("timeline", *ASKED),
    ("timeline", *ASKED, "--svg", "-"),
    ("calendar", *ASKED),
    ("calendar", *ASKED, "-o", "-"),
    ("sheet", *ASKED),
    ("sheet", *ASKED, "--json"),
    ("sheet", *ASKED, "-o", "no-such-folder/sheet.html"),
    ("rules",),
    ("rules", "list"),
    ("rules", "show", "sauna"),
    ("rules", "check"),
    ("rules", "table", "--at", "2024-05-02T15:00Z", "--format", "sql"),
    ("rules", "schema", "protocol"),
    ("rules", "use", "no-such-file.yaml"),
    ("check", "patients.csv", "--at", AT),
    ("check", "-", "--at", AT, "--format", "ndjson", "-q"),
    ("check", "no-such-file.csv"),
]
# One after the other on one record, which names its treatments at random.
RECORD: list[tuple[str, ...]] = [
    ("treatments",),
    ("treated", TREATED, "--note", "first"),
    ("treatments",),
    ("about", "cold sores"),
    ("about", "--json"),
    ("about", "--remove", "no such thing"),
    ("products", "add", "Serum", "Aqua, Retinol, Parfum"),
    ("products", "--at", AT),
    ("products", "remove", "serum", "--yes"),
    ("feel", "trouble breathing", "--at", "2024-05-02T14:00"),
    ("feel", "redness", "3", "--at", "2024-05-02T14:30"),
    ("check-in", "--answers", "answers.json", "--at", AT),
    ("diary", "--csv"),
    ("triage", "--at", AT, "--json"),
    ("report", "--at", AT),
    ("can-i", "makeup", "--at", AT),
    ("edit", "ID", "--note", "second"),
    ("remove", "ID", "--yes"),
    ("undo",),
    ("export", "-o", "record.json"),
    ("import", "record.json"),
    ("forget", "--all", "--yes"),
    ("treatments",),
]
# Those that cannot be used as given, and those with a verdict.
OTHER_CODES = {"about --remove": 2, "can-i": 1, "triage": 4, "feel trouble breathing": 4}
RANDOM = re.compile(r"\b[0-9a-f]{8,32}\b")
CLOCK = re.compile(r"\b\d\d:\d\d\b")


def _prepared(program: Program) -> Program:
    (program.place / "patients.csv").write_text(TABLE, encoding="utf-8")
    (program.place / "answers.json").write_text(DIARY, encoding="utf-8")
    return program


@pytest.mark.parametrize(
    "arguments", QUESTIONS, ids=lambda arguments: " ".join(arguments) or "nothing"
)
def test_a_call_answers_as_a_process(program: Program, arguments: Sequence[str]) -> None:
    """Exit code, standard output and standard error are the same, byte for byte."""
    _prepared(program)
    given = TABLE.encode() if "-" in arguments else b""
    assert program.run(*arguments, given=given) == program.spawn(*arguments, given=given)


def _code(arguments: Sequence[str]) -> int:
    """Return the exit code that a call has."""
    return OTHER_CODES.get(" ".join(arguments[:2]), OTHER_CODES.get(arguments[0], 0))


def test_a_record_is_the_same(tmp_path: Path) -> None:
    """A record that is written by calls is answered from as one written by processes."""
    called, spawned = (_prepared(Program(tmp_path / name)) for name in ("called", "spawned"))
    for arguments in RECORD:
        found = []
        for program, run in ((called, called.run), (spawned, spawned.spawn)):
            listed = RANDOM.search(program.run("treatments").out)
            id_ = listed[0] if listed else ""
            ended = run(*(part.replace("ID", id_) for part in arguments))
            assert ended.code == _code(arguments), (arguments, ended)
            texts = [RANDOM.sub("ID", text) for text in ended[1:]]
            # A report tells when it was made, and a minute may end between the two.
            is_report = arguments[0] == "report"
            found.append([CLOCK.sub("", text) if is_report else text for text in texts])
        assert found[0] == found[1], arguments


def test_every_command_is_among_them() -> None:
    """No command is left out."""
    run = {arguments[0] for arguments in (*QUESTIONS, *RECORD) if arguments}
    assert set(COMMANDS) <= run


def test_a_call_leaves_nothing_behind(program: Program) -> None:
    """Environment, directory and streams are those of the test again."""
    before = dict(os.environ), Path.cwd(), sys.stdin, sys.stdout, sys.stderr
    program.run("today", *ASKED, env={"TZ": "Asia/Kolkata", "COLUMNS": "40"})
    assert (dict(os.environ), Path.cwd(), sys.stdin, sys.stdout, sys.stderr) == before
