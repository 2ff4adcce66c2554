"""What a clinic told one patient: read, checked against the rules, and made into rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from mesocare.errors import RulesError
from mesocare.rules.overrides import problems, read_overrides, rules_for, rules_of

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


def test_two_words_for_one_item(tmp_path: Path, rules: RuleSet) -> None:
    """A group's word and its headline item's, or two aliases, are refused, both named."""
    for words in ("makeup", "Foundation", "concealer"):
        text = f"foundation: {{until: 96 h}}\n{words}: {{until: 97 h}}\n"
        error = refused(tmp_path, text, rules)
        assert any("'foundation'" in each and repr(words) in each for each in error.problems)
        assert "clinic.yaml:2" in error.problems[0]


@pytest.mark.parametrize("until", ["3 d", "2 d"])
def test_hours_and_days_of_equal_length(until: str, tmp_path: Path, rules: RuleSet) -> None:
    """Two days may be an hour shorter than 48 hours, so they need a reason; three are longer."""
    text = f"foundation: {{until: {until}}}\n"
    assert str(rules.items["foundation"].rules["face"].restricted_until) == "48 h"
    if until == "3 d":
        assert read(tmp_path, text, rules)
    else:
        assert "reason" in refused(tmp_path, text, rules).problems[0]


def test_what_rules_of_today_are_stricter_than_gives_way(rules: RuleSet) -> None:
    """An override recorded without a reason never opens an activity earlier than the rules do."""
    said = {"foundation": {"until": "1 h"}, "sauna": {"until": "60 d"}}
    assert list(rules_for("face", said, rules)) == ["sauna"]
    with_reason = {"foundation": {"until": "1 h", "reason": "x"}, "gone": {"until": "1 h"}}
    assert list(rules_for("face", with_reason, rules)) == ["foundation", "gone"]


GOOD: dict[str, dict[str, str]] = {"foundation": {"until": "96 h", "reason": "Ünïcode 文字 🙂"}}


def test_problems_of_what_comes_as_data(rules: RuleSet) -> None:
    """What a file may say is fine as data too, by the id of the item."""
    assert problems("face", {}, rules) == []
    assert problems("face", GOOD, rules) == []
    (problem,) = problems("neck", GOOD, rules)
    assert "'neck'" in problem
    assert "face, scalp, brightening" in problem


@pytest.mark.parametrize(
    ("said", "place"),
    [
        (None, "overrides: "),
        ([], "overrides: "),
        ("{}", "overrides: "),
        ({"foundation": 5}, "overrides.foundation: "),
        ({"foundation": {}}, "overrides.foundation: "),
        ({"foundation": {"until": 72}}, "overrides.foundation.until: "),
        ({"foundation": {"until": "72h"}}, "overrides.foundation.until: "),
        ({"foundation": {"until": "72 h "}}, "overrides.foundation.until: "),
        ({"foundation": {"until": "٧٢ h"}}, "overrides.foundation.until: "),
        ({"foundation": {"until": "96 h", "because": "x"}}, "overrides.foundation: "),
        ({"foundation": {"until": "96 h", "reason": ""}}, "overrides.foundation.reason: "),
        ({"foundation": {"until": "96 h", "reason": None}}, "overrides.foundation.reason: "),
        ({"foundation": {"until": "96 h", "reason": "r" * 201}}, "overrides.foundation.reason: "),
        ({"foundation": {"until": "96 h", "reason": "a\nb"}}, "overrides.foundation: "),
        ({"foundation": {"until": "96 h", "reason": "\ud800"}}, "overrides.foundation.reason: "),
        ({"foundation": {"until": "96 h", "reason": "\x1b[1m"}}, "overrides.foundation.reason: "),
        ({"foundation": {"until": "1 h"}}, "overrides.foundation: "),
        ({"makeup": {"until": "96 h"}}, "overrides.makeup: "),
        ({"\x1b[31m": {"until": "96 h"}}, "overrides.\\x1b[31m: "),
        ({"\ud800": {"until": "96 h"}}, "overrides.\\ud800: "),
    ],
)
def test_data_that_is_no_override(said: object, place: str, rules: RuleSet) -> None:
    """Each fault is named with its place, in characters that can be printed."""
    found = problems("face", said, rules)
    assert found
    assert found[0].startswith(place), found
    assert all(each.isprintable() for each in found)


def test_data_that_nests_deeply(rules: RuleSet) -> None:
    """However deep it is, it is refused as that."""
    said: object = {}
    for _ in range(5000):
        said = [said]
    assert problems("face", said, rules) == ["nested too deeply"]


def test_hostile_files(tmp_path: Path, rules: RuleSet) -> None:
    """Anchors that would grow without end and merge keys are refused in no time."""
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    merge = "makeup: &m {until: 96 h}\nsauna: {<<: *m}\n"
    itself = "makeup: &m {until: *m}\n"
    for text in (bomb, merge, itself, "? [a]\n: {until: 96 h}\n", "1: {until: 96 h}\n"):
        assert refused(tmp_path, text, rules).problems


def test_a_file_that_is_not_there(tmp_path: Path, rules: RuleSet) -> None:
    """A missing file and a directory are named, with what to give."""
    for place in (tmp_path / "missing.yaml", tmp_path):
        with pytest.raises(RulesError) as caught:
            read_overrides(place, rules, "face")
        assert str(place) in caught.value.message
        assert "--overrides" in caught.value.hint
        assert "makeup: {until: 72 h" in caught.value.hint
