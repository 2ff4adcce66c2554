"""A diary on the calendar: the shared axis, its columns, and when a sign was expected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesocare.core.diary.chart import Column, Kind, Sign, axis, columns, signs, windows
from mesocare.core.diary.entries import Entry
from mesocare.core.diary.triage import triage
from mesocare.core.model import Treatment
from mesocare.parsing import dates
from tests.support.process import ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet

BERLIN = ZoneInfo(ZONE)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
FIRST = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)


def _at(text: str) -> datetime:
    return dates.parse_at(text, now=NOW, zone=BERLIN)


def _treated(when: str, type_: str = "face") -> Treatment:
    return Treatment(type_, dates.parse_treated(when, at=NOW, zone=BERLIN))


def _entry(at: str, sign: str | None = "redness", score: int | None = 3, words: str = "") -> Entry:
    return Entry(f"{at} {sign} {words}", sign, words or sign or "toes", score, None, None, _at(at))


def _signs(rules: RuleSet, *entries: Entry, at: str, treated: Sequence[str] = ()) -> list[Sign]:
    treatments = [_treated(each) for each in treated]
    return list(signs(entries, treatments, rules, _at(at)))


def test_window_of_redness_is_three_days(rules: RuleSet) -> None:
    """72 h after a face treatment, from the treatment on; the end does not belong to it."""
    [window] = windows(rules.reactions["redness"], [_treated("2024-05-01T14:30")])
    assert (window.opens, window.closes) == (_at("2024-05-01T14:30"), _at("2024-05-04T14:30"))


def test_window_of_a_day_ends_for_its_earliest_time(rules: RuleSet) -> None:
    """Doubt about the time never calls a sign expected for longer."""
    [window] = windows(rules.reactions["redness"], [_treated("2024-05-01")])
    assert (window.opens, window.closes) == (_at("2024-05-01T00:00"), _at("2024-05-04T00:00"))


def test_each_treatment_opens_a_window_of_its_own(rules: RuleSet) -> None:
    """Between two treatments a month apart the sign is not expected."""
    given_ = [_treated("2024-06-01T10:00"), _treated("2024-05-01T10:00")]
    found = windows(rules.reactions["redness"], given_)
    assert [(each.opens, each.closes) for each in found] == [
        (_at("2024-05-01T10:00"), _at("2024-05-04T10:00")),
        (_at("2024-06-01T10:00"), _at("2024-06-04T10:00")),
    ]


def test_window_that_a_treatment_renews_is_one(rules: RuleSet) -> None:
    """A second treatment within the first one's window goes on where that would have ended."""
    given_ = [_treated("2024-05-01T10:00"), _treated("2024-05-03T10:00")]
    [window] = windows(rules.reactions["redness"], given_)
    assert (window.opens, window.closes) == (_at("2024-05-01T10:00"), _at("2024-05-06T10:00"))


@given(
    days=st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["face", "scalp"])), max_size=3),
    after=st.integers(0, 24 * 50),
    reaction=st.sampled_from(["redness", "swelling", "tightness", "itch"]),
)
def test_windows_are_those_that_triage_judges_by(
    days: list[tuple[int, str]], after: int, reaction: str, rules: RuleSet
) -> None:
    """What a chart shows as outside its window is what triage calls persisting, and no other."""
    moments = [(FIRST, "face"), *((FIRST + timedelta(days=day), type_) for day, type_ in days)]
    at = FIRST + timedelta(hours=after)
    treatments = [
        Treatment(type_, dates.parse_treated(each.isoformat(), at=NOW, zone=BERLIN))
        for each, type_ in moments
        if each <= at
    ]
    entry = Entry("one", reaction, reaction, 3, None, None, at)
    [sign] = signs([entry], treatments, rules, at)
    found = {each.id for each in triage([entry], treatments, rules, at).findings}
    assert sign.beyond == (f"{reaction}-persisting" in found)


def test_signs_are_worst_first(rules: RuleSet) -> None:
    """Emergencies lead, then what is not expected, the stronger first; what is gone comes last."""
    found = _signs(
        rules,
        _entry("2024-05-02T08:00", "redness", 2),
        _entry("2024-05-02T09:00", "itch", 0),
        _entry("2024-05-02T10:00", None, 4, "humming toes"),
        _entry("2024-05-02T11:00", "grouped-blisters", None),
        _entry("2024-05-02T12:00", "anaphylaxis", None),
        _entry("2024-05-02T13:00", "swelling", 5),
        at="2024-05-03T09:00",
        treated=["2024-05-01T14:30"],
    )
    order = [each.record.sign for each in found]
    assert order == ["anaphylaxis", "grouped-blisters", None, "swelling", "redness", "itch"]
    assert [each.severity for each in found] == [3, 2, 1, 0, 0, 0]


def test_red_flag_that_is_gone_still_comes_before_what_is_expected(rules: RuleSet) -> None:
    """The clinic has to hear of it, so it does not sink to the end."""
    found = _signs(
        rules,
        _entry("2024-05-02T08:00", "redness", 9),
        _entry("2024-05-02T09:00", "grouped-blisters", None),
        _entry("2024-05-02T20:00", "grouped-blisters", 0),
        at="2024-05-03T09:00",
        treated=["2024-05-01T14:30"],
    )
    assert [each.record.sign for each in found] == ["grouped-blisters", "redness"]


def test_nothing_but_a_reaction_has_a_window(rules: RuleSet) -> None:
    """Red flags and unknown words are never expected, and so is everything without treatment."""
    entries = [_entry("2024-05-02T08:00", each) for each in ("redness", "grouped-blisters", None)]
    treated = _signs(rules, *entries, at="2024-05-03T09:00", treated=["2024-05-01T14:30"])
    windows_ = {each.kind: bool(each.windows) for each in treated}
    assert windows_ == {Kind.REACTION: True, Kind.RED_FLAG: False, Kind.UNKNOWN: False}
    assert not any(each.windows for each in _signs(rules, *entries, at="2024-05-03T09:00"))


@pytest.mark.parametrize(
    ("treated", "first"),
    [
        ([], date(2024, 5, 5)),
        (["2024-05-01T14:30"], date(2024, 5, 1)),
        (["2023-05-01", "2024-05-01"], date(2024, 5, 1)),
        (["2024-05-20"], date(2024, 5, 5)),
        (["2024-05-05"], date(2024, 5, 5)),
    ],
)
def test_axis_begins_with_the_treatment_before_the_first_entry(
    treated: list[str], first: date
) -> None:
    """Of several the last one; the first entry where no treatment was before it."""
    entries = [_entry("2024-05-09T08:00"), _entry("2024-05-05T08:00")]
    treatments = [_treated(each) for each in treated]
    found = axis(entries, treatments, _at("2024-05-25T12:00"), BERLIN, 70)
    assert (found.first, found.last) == (first, date(2024, 5, 25))
    assert (found.size, found.silent) == (1, False)
    assert all(first <= each <= found.last for each in found.treated)


def test_axis_leaves_out_a_long_silence_and_says_so() -> None:
    """Two days noted two years ago keep a column each; a day more shows that nothing followed."""
    entries = [_entry("2024-05-01T08:00"), _entry("2024-05-02T08:00")]
    found = axis(entries, [], _at("2026-05-01T12:00"), BERLIN, 70)
    assert (found.first, found.last, found.size) == (date(2024, 5, 1), date(2024, 5, 3), 1)
    assert found.silent


def test_axis_puts_several_days_into_a_column_where_it_must() -> None:
    """Two years fit on a screen; no day is left out."""
    entries = [_entry("2024-01-01T08:00"), _entry("2025-12-30T08:00")]
    found = axis(entries, [], _at("2025-12-31T12:00"), BERLIN, 75)
    assert (found.days, found.size) == (731, 10)
    assert found.columns == 74
    assert found.column(_at("2025-12-31T12:00")) == 73


def test_axis_counts_local_days() -> None:
    """Half past eleven in the evening and half past midnight are two days, whatever UTC says."""
    entries = [_entry("2024-05-01T23:30"), _entry("2024-05-02T00:30")]
    here = axis(entries, [], _at("2024-05-02T12:00"), BERLIN, 70)
    there = axis(entries, [], _at("2024-05-02T12:00"), UTC, 70)
    assert [here.column(each.at) for each in entries] == [0, 1]
    assert [there.column(each.at) for each in entries] == [0, 0]


def test_axis_without_an_entry_is_refused() -> None:
    """There is nothing to draw."""
    with pytest.raises(ValueError, match="no entry"):
        axis([], [], FIRST, UTC, 70)


def test_columns_tell_every_kind_of_day_apart(rules: RuleSet) -> None:
    """The highest score, gone, there without a figure, and nothing noted."""
    [sign] = _signs(
        rules,
        _entry("2024-05-01T08:00", score=3),
        _entry("2024-05-01T09:00", score=7),
        _entry("2024-05-01T21:00", score=0),
        _entry("2024-05-02T08:00", score=0),
        _entry("2024-05-03T08:00", score=None),
        _entry("2024-05-03T09:00", score=0),
        at="2024-05-04T09:00",
    )
    found = axis(sign.record.entries, [], _at("2024-05-04T09:00"), BERLIN, 70)
    assert columns(sign, found) == [
        Column(noted=True, present=True, peak=7, beyond=True),
        Column(noted=True, present=False, peak=0, beyond=False),
        Column(noted=True, present=True, peak=0, beyond=True),
        Column(),
    ]


def test_what_lies_beside_the_axis_is_not_drawn(rules: RuleSet) -> None:
    """On an axis of other entries only the days that it has are shown."""
    days = [_entry(f"2024-05-{day:02}T08:00", score=day) for day in (1, 2, 3)]
    [sign] = _signs(rules, *days, at="2024-05-03T09:00")
    middle = axis(days[1:2], [], _at("2024-05-02T09:00"), BERLIN, 70)
    assert [each.peak for each in columns(sign, middle)] == [2]
