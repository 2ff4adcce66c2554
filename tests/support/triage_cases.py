"""The published diaries of `data/cases/triage/`, as `mesocare rules test` reads them."""

from __future__ import annotations

from mesocare.rules.loader import built_in
from mesocare.rules.quality.cases import Diary, read_cases

FOLDER = built_in() / "cases" / "triage"

Case = Diary


def read_all() -> list[Diary]:
    """Return every published diary."""
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        cases, problems = read_cases(path.name, path.read_bytes())
        assert not problems, problems
        found += [case for case in cases if isinstance(case, Diary)]
    return found
