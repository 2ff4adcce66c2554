"""`mesocare rules test`: cases read with checks, put to a rule set, and reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from mesocare.rules.loader import built_in
from mesocare.rules.quality.case_runner import run_case
from mesocare.rules.quality.cases import read_cases
from tests.support.process import copy_rules

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from mesocare.rules.quality.case_runner import Outcome
    from tests.support.process import Finished, Program

HEAD = "defaults: {tz: Europe/London, type: face, treated: 2024-06-03T14:00}\ncases:\n"
GOOD = "  - {id: a, ask: makeup, at: 2024-06-04T14:00, verdict: avoid, why: 48 h have not passed}\n"
WRONG = (
    "  - {id: b, ask: foundation, at: 2024-06-05T13:59, verdict: allowed, certain: true,\n"
    '     allowed_from: 2024-06-05T14:00, next_change: null, why: "a <minute> & more"}\n'
)


def _run(own: Program, text: str, *options: str) -> Finished:
    (own.place / "cases.yaml").write_text(text, encoding="utf-8")
    return own.run("rules", "test", "cases.yaml", *options)


@pytest.mark.parametrize(
    ("case", "line", "message"),
    [
        ("{id: a, ask: makeup, at: 2024-06-04T14:00, verdict: allowed}", 3, "missing: why"),
        ("{id: a, ask: makeup, at: 2024-06-04T14:00, verdikt: ask, why: w}", 3, "mean verdict?"),
        ("{id: a, ask: makeup, at: 2024-06-31, verdict: ask, why: w}", 3, "cases.0.at: "),
        ("{id: a, ask: makeup, at: 01/02/2024, verdict: ask, why: w}", 3, "cases.0.at: "),
        ("{id: a, ask: makeup, at: 2024-06-04, verdict: no, why: w}", 3, "YAML reads as bool"),
        ("{id: a, ask: makeup, at: 2024-06-04, verdict: maybe, why: w}", 3, "allowed here: avoid"),
        ("{id: a, ask: makeup, at: 2024-06-04, why: w}", 3, "nothing is expected"),
        ("{id: a, at: 2024-06-04, why: w}", 3, "exactly one of the keys ask, diary, before"),
        ("{id: a, ask: b, at: 2024-06-04, tz: Mars, verdict: ask, why: w}", 3, "cases.0.tz: "),
        ("{id: a, ask: b, at: 2024-06-04, treated: 2024-06-05, verdict: ask, why: w}", 3, "treat"),
        ("{id: a, ask: b, at: 2024-06-04, limited_from: [], verdict: ask, why: w}", 3, "or null"),
        ("{id: a, ask: b, at: 2024-06-04, certain: 'no', why: w}", 3, "expected true or false"),
        ("{id: a, ask: b, at: 2024-06-04, certain: yes, why: w}", 3,
         "expected true or false, got 'yes'"),
        (("{id: a, ask: b, at: 2024-06-04, treatments: [{treated: 2024-06-03, tz: Mars}], "
          "verdict: ask, why: w}"), 3, "cases.0.treatments.0.tz: "),
        ("{id: a, at: 2024-06-04, diary: [{sign: redness, score: 11}], findings: {}, why: w}", 3,
         "a whole number from 0 to 10"),
        ("{id: a, at: 2024-06-04, diary: [{sign: redness, score: [1]}], findings: {}, why: w}", 3,
         "expected a whole number from 0 to 10, got a list"),
        ("{id: a, at: 2024-06-04, diary: [{temperature: 99.5}], findings: {}, why: w}", 3,
         "a number from 30 to 45"),
        (("{id: a, ask: b, at: 2024-06-04, verdict: ask, why: w}\n"
          "  - {id: a, ask: b, at: 2024-06-04, verdict: ask, why: w}"), 4, "stands here twice"),
        (("{id: a, ask: b, at: 2024-06-04, verdict: ask, why: w, treated: 2024-06-03,\n"
          "     treatments: [{treated: 2024-06-03}]}"), 3, "either treated or treatments"),
    ],
)  # fmt: skip
def test_bad_cases_are_named_by_line(case: str, line: int, message: str) -> None:
    """Each mistake is reported with its file and line, and none is run."""
    _, problems = read_cases("c.yaml", f"{HEAD}  - {case}\n".encode())
    assert problems
    assert problems[0].file == "c.yaml"
    assert problems[0].line == line
    assert message in str(problems[0])


def test_a_protocol_is_no_file_of_cases() -> None:
    """It is said once, not key by key."""
    found, problems = read_cases("rose.yaml", b"# ours\nextends: mesocare\nname: rose\n")
    assert found == []
    (problem,) = problems
    assert (problem.line, "a protocol, and no file of cases" in problem.message) == (1, True)


def test_without_zone_or_treatment() -> None:
    """What neither a case nor its defaults say is missed."""
    text = "cases: [{id: a, ask: b, at: 2024-06-04, verdict: ask, why: w}]"
    assert "no tz" in str(read_cases("c.yaml", text.encode())[1][0])
    text = "defaults: {tz: UTC}\n" + text
    assert "no treatment" in str(read_cases("c.yaml", text.encode())[1][0])
    assert "not UTF-8" in str(read_cases("c.yaml", b"cases: \xff")[1][0])


def test_all_pass(own: Program) -> None:
    """Exit 0, and one line that says how many."""
    done = _run(own, HEAD + GOOD)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(": 1 case, 1 passed, 0 failed\n")


def test_every_published_case_passes(own: Program) -> None:
    """A directory stands for all its files, diaries among them."""
    done = own.run("rules", "test", str(built_in() / "cases"))
    assert done.code == 0
    found = re.search(r"(\d+) cases, (\d+) passed, 0 failed", done.out)
    assert found
    assert found[1] == found[2]
    assert int(found[1]) > 1200


def test_a_failing_case_says_what_decided(own: Program) -> None:
    """Exit 1; expected and got, why, and the phase that decided."""
    done = _run(own, HEAD + GOOD + WRONG)
    assert done.code == 1
    assert done.out.startswith("cases.yaml:4: b\n  verdict: expected allowed, got avoid\n")
    assert "  next_change: expected null, got 2024-06-05T14:00+01:00\n" in done.out
    assert "allowed_from" not in done.out
    assert "  why: a <minute> & more\n" in done.out
    assert "  decided by: foundation after face, until 48 h avoid: The needle" in done.out
    assert done.out.endswith(": 2 cases, 1 passed, 1 failed\n")


def test_json(own: Program) -> None:
    """The same as `mesocare.rules-test/1`."""
    plain = _run(own, HEAD + GOOD + WRONG, "--json").json()
    assert plain["schema"] == "mesocare.rules-test/1"
    assert (plain["passed"], plain["failed"]) == (1, 1)
    good, wrong = plain["cases"]
    assert (good["passed"], good["differences"], good["line"]) == (True, [], 3)
    assert wrong["differences"][0] == {"key": "verdict", "expected": "allowed", "got": "avoid"}


def test_another_rule_set(own: Program) -> None:
    """Cases are put to any rule set; what it does not know has no answer."""
    content = (built_in() / "activities/makeup.yaml").read_bytes()
    rules = copy_rules(
        built_in(),
        own.place / "mine",
        {"activities/makeup.yaml": content.replace(b"48 h", b"72 h")},
    )
    assert _run(own, HEAD + GOOD + WRONG.replace("allowed, c", "avoid, c")).code == 1
    done = _run(own, HEAD + WRONG, "--rules", str(rules))
    assert "allowed_from: expected 2024-06-05T14:00+01:00, got 2024-06-06T14:00+01:00" in done.out
    unknown = GOOD.replace("ask: makeup", "ask: juggling")
    done = _run(own, HEAD + unknown, "--rules", str(rules))
    assert done.code == 1
    assert "  no answer: no rule is written for 'juggling'" in done.out
    strange = GOOD.replace("id: a,", "id: a, type: knee,")
    assert "unknown treatment type 'knee'; known: face" in _run(own, HEAD + strange).out


def test_junit(own: Program) -> None:
    """The XML is well-formed and escaped, and counts failures and errors apart."""
    unknown = GOOD.replace("ask: makeup", 'ask: "]]> <b> \\U0001F600"').replace("id: a", "id: c")
    done = _run(own, HEAD + GOOD + WRONG + unknown, "--junit", "out.xml")
    assert done.code == 1
    root = ET.fromstring((own.place / "out.xml").read_text(encoding="utf-8"))
    assert root.tag == "testsuites"
    counts = {"tests": "3", "failures": "1", "errors": "1", "skipped": "0"}
    assert counts.items() <= root.attrib.items()
    (suite,) = root
    assert (suite.tag, suite.get("name")) == ("testsuite", "cases.yaml")
    assert counts.items() <= suite.attrib.items()
    good, wrong, error = suite
    assert [each.get("name") for each in suite] == ["a", "b", "c"]
    assert len(good) == 0
    (failure,) = wrong
    assert failure.tag == "failure"
    assert failure.get("message") == "verdict: expected allowed, got avoid"
    assert "why: a <minute> & more" in (failure.text or "")
    assert error[0].tag == "error"
    assert "]]> <b> \U0001f600" in (error[0].get("message") or "")


@pytest.mark.parametrize("name", ["none.yaml", "empty", "null.yaml"])
def test_what_cannot_be_run(name: str, own: Program) -> None:
    """A missing file, an empty directory, a file without cases: exit 2, with the name."""
    (own.place / "empty").mkdir()
    (own.place / "null.yaml").write_text("# nothing\n", encoding="utf-8")
    done = own.run("rules", "test", name)
    assert (done.code, done.out) == (2, "")
    assert name in done.err


def test_a_broken_file_stops_the_run(own: Program) -> None:
    """Nothing is run where a case cannot be read, and all that is wrong is listed."""
    done = _run(own, HEAD + GOOD + GOOD.replace("verdict", "verdikt").replace("id: a", "id: b"))
    assert (done.code, done.out) == (2, "")
    assert "cases.yaml:4: cases.1: unknown key 'verdikt'" in done.err


def test_junit_that_cannot_be_written(own: Program, tmp_path: Path) -> None:
    """Exit 2, since whoever reads the file would take an old one for this run's."""
    done = _run(own, HEAD + GOOD, "--junit", str(tmp_path))
    assert done.code == 2
    assert "is a directory" in done.err


def _outcomes(text: str, rules: RuleSet) -> list[Outcome]:
    cases, problems = read_cases("c.yaml", (HEAD + text).encode())
    assert not problems
    return [run_case(case, rules) for case in cases]


def test_outcomes(rules: RuleSet) -> None:
    """What differs, why there is no answer, and which phase decided."""
    unknown = GOOD.replace("ask: makeup", "ask: juggling").replace("id: a", "id: c")
    strange = GOOD.replace("id: a,", "id: d, type: knee,")
    free = GOOD.replace("ask: makeup", "ask: hair dye").replace("id: a", "id: e")
    good, wrong, none, knee, dye = _outcomes(GOOD + WRONG + unknown + strange + free, rules)
    assert good.passed
    assert [each.key for each in wrong.differences] == ["verdict", "next_change"]
    assert wrong.decided.startswith("foundation after face, until 48 h avoid: ")
    assert (none.passed, none.decided) == (False, "")
    assert none.error
    assert none.error.startswith("no rule is written for 'juggling'")
    assert knee.error == "unknown treatment type 'knee'; known: face, scalp, brightening"
    assert dye.decided.startswith("hair-colour after face, from then on allowed: ")
    softened = GOOD.replace("ask: makeup", "ask: exercise").replace(
        "verdict: avoid", "verdict: ask"
    )
    (group,) = _outcomes(softened, rules)
    assert group.decided.startswith("intense-workout after face, until 72 h avoid: ")


def test_outcomes_of_a_diary(rules: RuleSet) -> None:
    """Every finding that is not as expected, on either side, and the questions."""
    text = (
        "  - {id: a, at: 2024-06-04T14:00, diary: [{sign: redness}],\n"
        "     findings: {fever: same_day}, missing: [], why: It is made up}\n"
    )
    (outcome,) = _outcomes(text, rules)
    got = {each.key: each.got for each in outcome.differences}
    assert got.pop("findings.fever") is None
    assert got.pop("missing") == ["temperature"]
    assert not got
    (outcome,) = _outcomes(text.replace("redness", "purple-toes"), rules)
    assert "findings.unknown-sign" in [each.key for each in outcome.differences]
    assert not outcome.passed


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("{id: a, ask: makeup, with: [prp], at: 2024-06-04, verdict: avoid, why: w}", ""),
        ("{id: a, ask: makeup, with: [pork], at: 2024-06-04, verdict: avoid, why: w}",
         "--with 'pork' is unknown"),
        (("{id: a, ask: makeup, with: [needle-free, fat-dissolver], at: 2024-06-04, "
          "verdict: avoid, why: w}"), "exclude each other"),
        ("{id: a, ask: nsaid, with: [prp], at: 2024-06-14, verdict: avoid, why: w}", ""),
        (("{id: a, at: 2024-06-04T15:00, about: [anticoagulant], diary: [{sign: lasting-bruise}], "
          "findings: {lasting-bruise: same_day}, why: w}"), ""),
        (("{id: a, at: 2024-06-04T15:00, about: [tall], diary: [], findings: {}, why: w}"),
         "--about 'tall' is unknown"),
        (("{id: a, before: wine, appointment: 2024-06-10, at: 2024-06-09T12:00, verdict: avoid, "
          "why: w}"), ""),
        ("{id: a, before: xyzzy, appointment: 2024-06-10, at: 2024-06-09, verdict: ask, why: w}",
         "no rule is written for 'xyzzy'"),
        (("{id: a, before: wine, type: legs, appointment: 2024-06-10, at: 2024-06-09, "
          "verdict: avoid, why: w}"), "unknown"),
        (("{id: a, before: hair dye, type: face, appointment: 2024-06-10, at: 2024-06-09, "
          "verdict: avoid, why: w}"), "is not left out before a face treatment"),
        (("{id: a, before: actives, appointment: 2024-06-10, at: 2024-06-09, verdict: avoid, "
          "why: w}"), "names several things before"),
    ],
)  # fmt: skip
def test_details_and_what_comes_before(case: str, said: str, rules: RuleSet) -> None:
    """Cases name what was injected, who was treated, or an appointment; what is unknown is said."""
    cases, problems = read_cases("c.yaml", f"{HEAD}  - {case}\n".encode())
    assert not problems
    [outcome] = [run_case(each, rules) for each in cases]
    if said:
        assert said in str(outcome.error)
    else:
        assert outcome.passed, outcome


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("{id: a, before: wine, at: 2024-06-09, verdict: avoid, why: w}", "no appointment"),
        ("{id: a, before: wine, appointment: 2024-06-01, at: 2024-06-09, verdict: ask, why: w}",
         "cases.0.appointment: "),
        ("{id: a, before: wine, appointment: 2024-06-10, at: 2024-06-09, why: w}",
         "at least one of verdict, certain, begins"),
        ("{id: a, before: wine, appointment: 2024-06-10, at: 2024-06-09, begins: no, why: w}",
         "cases.0.begins"),
        ("{id: a, before: wine, ask: wine, at: 2024-06-09, verdict: ask, why: w}", "exactly one"),
    ],
)  # fmt: skip
def test_cases_before_a_treatment_that_cannot_be_read(case: str, said: str) -> None:
    """Each problem has its place."""
    _, problems = read_cases("c.yaml", f"{HEAD}  - {case}\n".encode())
    assert said in str(problems[0])


def test_a_difference_before_a_treatment(own: Program) -> None:
    """It is shown with what decided, in the zone of the case."""
    text = (
        "  - {id: a, before: wine, appointment: 2024-06-10T10:00, at: 2024-06-09T12:00,\n"
        "     begins: 2024-06-08T11:00, why: two days}\n"
        "  - {id: b, before: warfarin, appointment: 2024-06-10T10:00, at: 2024-06-09T12:00,\n"
        "     verdict: avoid, why: never}\n"
    )
    ended = _run(own, HEAD + text)
    assert ended.code == 1
    assert "begins: expected 2024-06-08T11:00+01:00, got 2024-06-08T10:00+01:00" in ended.out
    assert "decided by: alcohol before face, from 48 h on avoid (B001" in ended.out
    assert "decided by: prescribed-medicines before face, at any time ask" in ended.out


def test_the_zone_of_a_case() -> None:
    """Instants are shown in the zone of the first treatment, or of the appointment."""
    text = (
        "  - {id: a, at: 2024-06-04, diary: [], findings: {}, why: w}\n"
        "  - {id: b, ask: wine, at: 2024-06-04, verdict: ask, why: w}\n"
        "  - {id: c, before: wine, appointment: 2024-06-10, at: 2024-06-04, verdict: ask, why: w}\n"
    )
    cases, _ = read_cases("c.yaml", (HEAD + text).encode())
    assert [str(each.zone) for each in cases] == ["Europe/London"] * 3
