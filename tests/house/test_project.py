"""Promises the repository makes about itself."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import mesocare

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_command_that_readme_gives() -> None:
    """The line that sets up and passes the tests is the same in both places."""
    commands = [line for line in README.splitlines() if "pytest" in line and "venv" in line]
    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_picture_is_current(tmp_path: Path) -> None:
    """README shows what the program shows; `make picture` draws it anew.

    In a process of its own: a style keeps the colours of the terminal that it was drawn for first.
    """
    drawn = tmp_path / "today.svg"
    script = ROOT / "scripts" / "picture.py"
    subprocess.run([sys.executable, str(script), str(drawn)], check=True, timeout=60)
    assert (ROOT / "docs" / "today.svg").read_text(encoding="utf-8") == drawn.read_text("utf-8")
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


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_it_runs_as_a_module() -> None:
    """`python -m mesocare` is the program, as `mesocare` is."""
    command = [sys.executable, "-m", "mesocare", "--version"]
    ended = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    assert ended.stdout.startswith(f"mesocare {mesocare.__version__}\n")


def test_workflows_run_targets_that_exist() -> None:
    """Every `make` target that a workflow or the hooks name is one of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for path in WORKFLOWS:
        steps = [step for job in _yaml(path)["jobs"].values() for step in job["steps"]]
        runs = [step["run"] for step in steps if "run" in step]
        assert runs, path
        for line in runs:
            if line.startswith("make "):
                assert set(line.split()[1:]) <= targets, line


def test_workflows_cover_the_promised_pythons() -> None:
    """CI tests the wheel on each version that the metadata names, on three systems."""
    matrix = _yaml(WORKFLOWS[0])["jobs"]["test"]["strategy"]["matrix"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["project"]["classifiers"]))
    assert matrix["python"] == named
    assert [each.partition("-")[0] for each in matrix["os"]] == ["ubuntu", "macos", "windows"]


def test_forms_and_hooks_are_well_formed() -> None:
    """Issue forms have what such a form needs; each hook is a tool of the lint group or our own."""
    for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        if path.stem != "config":
            assert {"name", "description", "body"} <= set(_yaml(path)), path
    tools = {Requirement(each).name for each in PROJECT["dependency-groups"]["lint"]}
    hooks = _yaml(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    commands = {hook["entry"].split()[0] for hook in hooks}
    assert commands <= tools | {"lint-imports", "mesocare"}


def test_citation_names_this_version() -> None:
    """Who cites it cites what is released."""
    cited = _yaml(ROOT / "CITATION.cff")
    assert cited["version"] == mesocare.__version__
    assert cited["license"] == PROJECT["project"]["license"]


def test_constraints_fit_what_is_required() -> None:
    """Every requirement has its version in the constraints, and that version satisfies it."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    versions = {name.lower().replace("_", "-"): Version(text) for name, text in pinned.items()}
    groups = PROJECT["dependency-groups"]
    texts = [*PROJECT["project"]["dependencies"], *groups["test"], *groups["lint"]]
    for requirement in map(Requirement, texts):
        if requirement.marker is None or requirement.marker.evaluate():
            version = versions[requirement.name.lower().replace("_", "-")]
            assert version in requirement.specifier, requirement


@pytest.mark.long
def test_contributing_sets_up_what_it_says(tmp_path: Path) -> None:
    """The lines under "Set up" make an environment in which the program and the tools run."""
    tree = tmp_path / "mesocare"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".venv", ".git", ".*_cache"))
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = page.partition("## Set up")[2].partition("```sh\n")[2].partition("```")[0]
    checks = "mesocare --version\nruff --version\nmypy --version\npytest --version\n"
    kept = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ended = subprocess.run(
        ["sh", "-ec", lines + checks], cwd=tree, env=kept, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()
    assert (tree / ".venv" / "bin" / "mesocare").exists()
