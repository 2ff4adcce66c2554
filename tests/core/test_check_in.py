"""What a check-in asks: every red flag that can occur, and the reactions that are likely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesocare.core.aftercare.advice import normal, red_flags
from mesocare.core.diary.check_in import asks
from mesocare.core.diary.entries import Entry
from mesocare.core.diary.triage import triage
from mesocare.core.model import Treatment
from mesocare.core.timespan import Interval
from mesocare.rules.loader import load_rules

RULES = load_rules()
T0 = datetime(2024, 6, 3, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
SIGNS = [*RULES.reactions, *RULES.red_flags]


def _treated(type_: str = "face", *, hours: float = 0) -> Treatment:
    """Return a treatment that began at T0 or up to so many hours later."""
    return Treatment(type_, Interval(T0, T0 + hours * HOUR, BERLIN))


def _noted(sign: str, score: int | None, *, hours: float) -> Entry:
    return Entry(f"{sign}{hours}", sign, sign, score, None, None, T0 + hours * HOUR)


def _ids(*diary: Entry, hours: float, treatment: Treatment | None = None) -> list[str]:
    treatment = treatment or _treated()
    return [each.id for each in asks(diary, [treatment], RULES, T0 + hours * HOUR)]


def test_red_flags_come_first_and_the_worst_of_them_before_the_others() -> None:
    """Then the reactions; red flags take yes or no, reactions a figure."""
    found = asks([], [_treated()], RULES, T0 + HOUR)
    scored = [each.scored for each in found]
    assert scored == sorted(scored)
    ranks = [RULES.red_flags[each.id].urgency.severity for each in found if not each.scored]
    assert ranks == sorted(ranks, reverse=True)
    assert {each.id for each in found if each.scored} <= set(RULES.reactions)


def test_what_is_asked_is_what_the_rules_say() -> None:
    """A red flag by its text; a reaction by its name and text."""
    for each in asks([], [_treated()], RULES, T0 + HOUR):
        if each.scored:
            reaction = RULES.reactions[each.id]
            assert each.text == f"{reaction.label}: {reaction.text}"
        else:
            assert each.text == RULES.red_flags[each.id].text


@pytest.mark.parametrize("type_", sorted(RULES.types))
def test_red_flags_of_the_type_only(type_: str) -> None:
    """A bald patch concerns the scalp, a darker patch does not."""
    found = _ids(hours=30, treatment=_treated(type_))
    flags = {id_ for id_, flag in RULES.red_flags.items() if type_ in flag.types and not flag.aside}
    assert {id_ for id_ in found if id_ in RULES.red_flags} == flags


def test_a_red_flag_that_can_no_longer_occur_is_left_out() -> None:
    """From its end on, unless it was there when last noted."""
    assert "late-nodule" in _ids(hours=202 * 24)
    assert "late-nodule" not in _ids(hours=204 * 24)
    lump = _noted("late-nodule", None, hours=100 * 24)
    assert "late-nodule" in _ids(lump, hours=204 * 24)


def test_a_reaction_is_asked_about_while_it_may_be_expected() -> None:
    """At the latest time that the treatment can have been."""
    assert "redness" in _ids(hours=71)
    assert "redness" not in _ids(hours=72)
    assert "redness" in _ids(hours=72, treatment=_treated(hours=14))
    assert "redness" not in _ids(hours=86, treatment=_treated(hours=14))
    assert "scalp-headache" not in _ids(hours=1)


def test_a_reaction_that_is_there_or_was_lately_is_asked_about() -> None:
    """However late: while it is there, and for a while after it was."""
    there, gone = _noted("redness", 2, hours=80), _noted("redness", 0, hours=100)
    assert "redness" in _ids(there, hours=900)
    assert "redness" in _ids(there, gone, hours=80 + 72)
    assert "redness" not in _ids(there, gone, hours=80 + 73)
    assert "redness" not in _ids(gone, hours=101)


days = st.integers(0, 400 * 24)
entries = st.builds(
    lambda sign, score, hours: _noted(sign, score, hours=hours),
    st.sampled_from(SIGNS),
    st.one_of(st.none(), st.integers(0, 10)),
    st.integers(0, 60 * 24),
)


@settings(derandomize=True, max_examples=300)
@given(st.lists(entries, max_size=6), st.sampled_from(sorted(RULES.types)), days)
def test_nothing_that_matters_is_left_out(diary: list[Entry], type_: str, hours: int) -> None:
    """What is expected, what may occur and what was there when last noted are all asked about."""
    treated, at = [_treated(type_, hours=14)], T0 + (hours + 14) * HOUR
    found = [each.id for each in asks(diary, treated, RULES, at)]
    assert len(set(found)) == len(found)
    assert {each.id for each in normal(treated, RULES, at)} <= set(found)
    raised = red_flags(treated, RULES, at)
    flags = {
        each.id for each in raised if not each.persisting and not RULES.red_flags[each.id].aside
    }
    assert flags <= set(found)
    followed = {each.id for each in triage(diary, treated, RULES, at).missing} - {"temperature"}
    assert {each.removesuffix("-follow-up") for each in followed} <= set(found)
