"""Everything wrong with a rule set or a protocol, as `mesocare rules check` reports it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.errors import RulesError
from mesocare.rules import cache
from mesocare.rules.format.diagnostics import Problem
from mesocare.rules.loader import built_in, load_rules
from mesocare.rules.quality.lint import strict_problems

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

BROKEN = "broken"


class Finding(NamedTuple):
    """One problem, where it is, and which check found it.

    Attributes:
        check: `broken`, or the name of one of the strict checks.
        file: The path as it can be opened from here, with forward slashes.
        problem: The problem itself, whose file is relative to the rule set's directory.
    """

    check: str
    file: str
    problem: Problem


def findings(path: str | None, today: date | None = None) -> list[Finding]:
    """Return everything wrong with a rule set or a protocol, in the order of files and lines.

    What was compiled before is not asked.

    Args:
        path: A rule-set directory, its `ruleset.yaml` or a protocol; `None` for the built-in rules.
        today: The day on which the review may be overdue; the strict checks are left out without.

    Raises:
        RulesError: It cannot be read as a rule set at all, so nothing can be said of it.
    """
    try:
        with cache.left_alone():
            rules = load_rules(path)
    except RulesError as error:
        found = [each for each in error.found if isinstance(each, Problem)]
        if not found or len(found) != len(error.found):
            raise
        return _placed(path, ((BROKEN, each) for each in found))
    if today is None:
        return []
    return _placed(path, strict_problems(rules, built_in() if path is None else Path(path), today))


def _placed(path: str | None, found: Iterable[tuple[str, Problem]]) -> list[Finding]:
    """Return problems with the path of their file as it can be opened from here."""
    where = built_in() if path is None else Path(path)
    folder = where if where.is_dir() else where.parent
    return [Finding(check, _shown(folder, each.file), each) for check, each in found]


def _shown(folder: Path, name: str) -> str:
    """Return the path of a file, relative to the working directory where it lies below it."""
    path = folder / name
    try:
        here = Path.cwd()
    except OSError:  # it was deleted, so nothing lies below it
        return path.as_posix()
    if path.is_absolute() and path.is_relative_to(here):
        path = path.relative_to(here)
    return path.as_posix()
