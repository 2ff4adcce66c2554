"""What a clinic told one patient: read, checked against the rules, and made into rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mesocare.core.engine import answer
from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.errors import RulesError
from mesocare.rules.overrides import read_overrides, rules_of

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet

T0 = datetime(2026, 11, 20, 14, tzinfo=UTC)


def read(folder: Path, text: str, rules: RuleSet, type_: str = "face") -> dict[str, dict[str, str]]:
    path = folder / "clinic.yaml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return read_overrides(path, rules, type_)


def refused(folder: Path, text: str, rules: RuleSet, type_: str = "face") -> RulesError:
    with pytest.raises(RulesError) as caught:
        read(folder, text, rules, type_)
    return caught.value


def test_a_groups_word_means_its_headline_item(tmp_path: Path, rules: RuleSet) -> None:
    """`makeup` is what people mean by it, `sauna` is itself."""
    found = read(tmp_path, "makeup: {until: 96 h}\nsauna: {until: 30 d}\n", rules)
    assert found == {"foundation": {"until": "96 h"}, "sauna": {"until": "30 d"}}


def test_tightening_needs_no_reason_and_loosening_does(tmp_path: Path, rules: RuleSet) -> None:
    """A rule may be made longer freely; to open it earlier the clinic's reason is asked for."""
    assert read(tmp_path, "foundation: {until: 7 d}\n", rules)
    error = refused(tmp_path, "foundation: {until: 24 h}\n", rules)
    assert error.problems == (
        "clinic.yaml:1: foundation: opens earlier than the rule set: give the clinic's `reason`",
    )
    assert read(tmp_path, "foundation: {until: 24 h, reason: Rose Clinic}\n", rules)


def test_what_never_ends_is_loosened_by_any_end(tmp_path: Path, rules: RuleSet) -> None:
    """A restriction without an end ends only with a reason."""
    assert refused(tmp_path, "sunbed: {until: 180 d}\n", rules, "brightening").problems


def test_what_is_free_can_only_be_tightened(tmp_path: Path, rules: RuleSet) -> None:
    """After a scalp treatment make-up is free, so any wait is a tightening."""
    assert read(tmp_path, "foundation: {until: 1 h}\n", rules, "scalp")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("makup: {until: 48 h}\n", "no rule is written for 'makup'"),
        ("makeup: {until: soon}\n", "expected a duration"),
        ("makeup: {until: 48 h, colour: red}\n", "unknown key 'colour'"),
        ("makeup: 48 h\n", "expected a mapping"),
        ("- makeup\n", "expected a mapping"),
        ("", "the file is empty"),
    ],
)
def test_refused(text: str, complaint: str, tmp_path: Path, rules: RuleSet) -> None:
    """Each problem is named with its line."""
    error = refused(tmp_path, text, rules)
    assert any(complaint in each for each in error.problems), error.problems
    assert "makeup: {until: 72 h" in error.hint


def test_not_utf8(tmp_path: Path, rules: RuleSet) -> None:
    """Stray bytes are refused."""
    assert "not UTF-8" in refused(tmp_path, "makeup: \udcff\n", rules).message


def test_an_override_decides_and_says_so(rules: RuleSet) -> None:
    """The clinic's figure takes the rule's place, and its reason is the answer's."""
    overrides = rules_of({"foundation": {"until": "72 h", "reason": "a chemical was added"}})
    session = Treatment("face", Interval(T0, T0, UTC), overrides)
    item = rules.items["foundation"]
    for hours, verdict in ((71, Verdict.AVOID), (72, Verdict.ALLOWED)):
        given = answer(item, [session], rules, T0 + timedelta(hours=hours))
        assert given.verdict is verdict
        assert "72 h" in given.reason
        assert "a chemical was added" in given.reason
    assert rules_of({"sauna": {"until": "7 d"}})["sauna"].phases[0].reason.endswith("as recorded")
