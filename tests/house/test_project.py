"""Promises the repository makes about itself."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

import mesocare

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_command_that_readme_gives() -> None:
    """The line that sets up and passes the tests is the same in both places."""
    commands = [line for line in README.splitlines() if "pytest" in line and "venv" in line]
    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_picture_is_current() -> None:
    """README shows what the program shows; `make picture` draws it anew."""
    spec = importlib.util.spec_from_file_location("picture", ROOT / "scripts" / "picture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "today.svg").read_text(encoding="utf-8") == module.picture()
    assert "docs/today.svg" in README


def test_readme_counts_what_is_there() -> None:
    """The numbers of claims and documents in README are those of the data."""
    rules = mesocare.load_rules()
    assert f"{len(rules.evidence)} claims of {len(rules.sources)} documents" in README


def test_readme_says_what_it_is_not_and_whom_to_call() -> None:
    """The first screen of README says that it is not medical advice and whom to call."""
    opening = README[:1600]
    assert "not medical advice" in opening
    assert all(number in opening for number in ("112", "999", "911"))


def test_readme_has_measured_figures() -> None:
    """The start-up figures were written by `make benchmark`."""
    block = README.split("<!-- benchmark -->")[1].split("<!-- end of benchmark -->")[0]
    assert re.search(r"\| \d\.\d\d \|", block)


@pytest.mark.parametrize("name", mesocare.__all__)
def test_public_names_are_there_and_documented(name: str) -> None:
    """Every public name can be imported and says what it is."""
    assert getattr(mesocare, name).__doc__


def test_an_unknown_name_is_refused() -> None:
    """A name that is not public is no attribute."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = mesocare.no_such_name
