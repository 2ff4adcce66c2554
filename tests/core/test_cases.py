"""The published cases: hand-written answers that the engine has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.rules.quality.case_runner import run_case
from mesocare.rules.quality.cases import Ahead, Question
from tests.support.cases import Case, read_all

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

CASES = read_all()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, rules: RuleSet) -> None:
    """The engine gives the published answer."""
    outcome = run_case(case, rules)
    assert outcome.passed, (outcome, case.why)


def test_there_are_enough_and_each_has_its_own_name() -> None:
    """At least 600 cases and those of details, every one with an id of its own and a reason."""
    ahead = [case for case in CASES if isinstance(case, Ahead)]
    detailed = [case for case in CASES if isinstance(case, Question) and any(case.details.values())]
    assert len(ahead) >= 150
    assert len(detailed) >= 250
    assert len(CASES) - len(ahead) - len(detailed) >= 600
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(len(case.why) > 10 for case in CASES)
