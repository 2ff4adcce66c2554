"""What the tests share."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from mesocare.rules.loader import load_rules
from tests.support.process import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mesocare.core.model import RuleSet


# No test depends on how busy the machine is.
settings.register_profile("mesocare", deadline=None)
settings.load_profile("mesocare")


# A shell lets what it runs in the background ignore Ctrl-C, and every program started here with it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """Return the built-in rule set."""
    return load_rules()


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Give the installed program, in directories of its own and with a filled cache.

    All tests share it, so none may put anything on record with it: that is what `own` is for.
    """
    installed = Program(tmp_path_factory.mktemp("program"))
    assert installed.run("--version").code == 0
    yield installed
    assert not installed.record.exists()


@pytest.fixture
def own(program: Program, tmp_path: Path) -> Program:
    """Return the program with nothing on record and a filled cache."""
    fresh = Program(tmp_path / "own")
    fresh.cache = program.cache
    return fresh
