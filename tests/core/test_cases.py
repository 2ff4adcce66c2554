"""The published cases: hand-written answers that the engine has to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.core.verdict.engine import answer
from mesocare.parsing.activities import find
from tests.support.cases import Case, read_all

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

CASES = read_all()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, rules: RuleSet) -> None:
    """The engine gives the published answer."""
    given = answer(find([case.ask], rules), case.treatments, rules, case.at)
    found = {key: getattr(given, key) for key in case.expected}
    assert found == case.expected, case.why


def test_there_are_enough_and_each_has_its_own_name() -> None:
    """At least 600 cases, every one with an id of its own and a reason."""
    assert len(CASES) >= 600
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(len(case.why) > 10 for case in CASES)
