"""The published triage cases: hand-written diaries and what has to be found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.core.diary.triage import triage
from mesocare.core.timespan import day_number
from tests.support.triage_cases import Case, read_all

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

CASES = read_all()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(case: Case, rules: RuleSet) -> None:
    """Exactly the published findings, each as urgent as published, and the questions if named."""
    given = triage(case.diary, case.treatments, rules, case.at)
    assert {each.id: each.urgency.value for each in given.findings} == case.findings, case.why
    if case.missing is not None:
        assert {each.id for each in given.missing} == case.missing, case.why


def test_there_are_enough_and_each_has_its_own_name() -> None:
    """At least 120 cases, every one with an id of its own and a reason."""
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(len(case.why) > 10 for case in CASES)


@pytest.mark.parametrize("days", [0, 3, 10, 60])
def test_every_red_flag_has_its_case_alone(days: int, rules: RuleSet) -> None:
    """On this day after the treatment, each red flag is noted alone in some case."""
    alone = set()
    for case in CASES:
        if len(case.diary) == len(case.treatments) == 1:
            (when,), (entry,) = [each.when for each in case.treatments], case.diary
            day = day_number(when.earliest, case.at, when.zone)
            if entry.present and entry.at == case.at and day == days:
                alone.add(entry.sign)
    assert set(rules.red_flags) <= alone
