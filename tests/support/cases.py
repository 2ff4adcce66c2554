"""The published questions of `data/cases/`, as `mesocare rules test` reads them."""

from __future__ import annotations

from mesocare.rules.loader import built_in
from mesocare.rules.quality.cases import Ahead, Question, read_cases

FOLDER = built_in() / "cases"

Case = Question | Ahead


def read_all() -> list[Case]:
    """Return every published question, after treatments and before one."""
    found: list[Case] = []
    for path in sorted(FOLDER.glob("*.yaml")):
        cases, problems = read_cases(path.name, path.read_bytes())
        assert not problems, problems
        found += [case for case in cases if isinstance(case, Question | Ahead)]
    return found
