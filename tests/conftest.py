"""What the tests share."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from mesocare.rules.loader import load_rules
from tests.support.memo import reading_once
from tests.support.process import ASKED, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.searches import Searched


# No test depends on how busy the machine is, or on luck.
settings.register_profile("mesocare", deadline=None, derandomize=True)
settings.load_profile("mesocare")


# A shell lets what it runs in the background ignore Ctrl-C, nohup the end of a terminal; and so
# does every program that is started here.
for _name, _usual in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
    _number = getattr(signal, _name, None)
    if _number is not None and signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)


@pytest.fixture
def searched(record_property: Callable[[str, object], None]) -> Searched:
    """Return what a search calls to say what it looked at, for the summary of the run."""

    def say(count: int, what: str) -> None:
        record_property(what, count)

    return say


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what all searches of the run have looked at."""
    sums = Counter[str]()
    for report in terminalreporter.stats.get("passed", []):
        for what, count in report.user_properties:
            sums[what] += count
    for what, count in sorted(sums.items()):
        terminalreporter.write_line(f"searched, and found nothing: {count:,} {what}")


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
    # What it takes to read words is kept as well.
    assert installed.run("can-i", "walk juggling", *ASKED).code == 2
    yield installed
    assert not installed.record.exists()


@pytest.fixture
def files_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rule set's own files be read once for all tests; a changed one is read as ever."""
    reading_once(monkeypatch)


@pytest.fixture
def own(program: Program, tmp_path: Path) -> Program:
    """Return the program with nothing on record and a filled cache."""
    fresh = Program(tmp_path / "own")
    fresh.cache = program.cache
    return fresh
