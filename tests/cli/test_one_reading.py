"""One command reads the record once, so that what it prints is one state of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.store import database
from tests.support.process import AT, TREATED

if TYPE_CHECKING:
    from tests.support.process import Program

COMMANDS = [
    (),
    ("today", "--at", AT),
    ("today", "--at", AT, "--json"),
    ("can-i", "makeup", "--at", AT),
    ("when", "makeup", "--at", AT),
    ("explain", "makeup", "--at", AT),
    ("course", "--at", AT),
    ("diary",),
    ("diary", "--csv"),
    ("triage", "--at", AT),
    ("report", "--at", AT),
    ("report", "--at", AT, "--json"),
    ("report", "--at", AT, "--html", "summary.html"),
    ("treatments",),
    ("export",),
    ("feel", "redness", "3", "--at", AT),
    ("treated", "2024-04-01T10:00"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: " ".join(arguments) or "bare")
def test_the_record_is_opened_once(
    own: Program, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """However much of it an answer needs; a command that writes reads in the same session."""
    assert own.run("treated", TREATED).code == 0
    assert own.run("feel", "itch", "2", "--at", AT).code == 0
    sessions: list[bool] = []
    opened = database._session

    def counted(path: object, *, write: bool) -> object:
        sessions.append(write)
        return opened(path, write=write)  # type: ignore[arg-type]

    monkeypatch.setattr(database, "_session", counted)
    assert own.run(*arguments).code in {0, 1}
    assert sessions == [arguments[:1] in {("feel",), ("treated",)}]


@pytest.mark.parametrize("command", ["today", "can-i makeup", "when makeup", "explain sauna"])
def test_treatments_that_were_given_need_no_record(
    own: Program, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Nothing is opened where the answer does not depend on it."""
    monkeypatch.setattr(database, "_session", None)
    assert own.run(*command.split(), "--treated", TREATED, "--at", AT).code in {0, 1}
