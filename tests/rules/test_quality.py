"""`mesocare rules list`, `show`, `check` and `new`, and what the strict checks refuse."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from mesocare.errors import RulesError
from mesocare.render.text.rules_check import (
    Checked,
    check_github,
    check_json,
    check_sarif,
    check_text,
)
from mesocare.rules.format.diagnostics import Problem
from mesocare.rules.loader import built_in, load_rules
from mesocare.rules.quality.findings import Finding, findings
from mesocare.rules.quality.template import starter_text
from tests.support.process import copy_rules
from tests.support.protocols import write

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Program

pytestmark = pytest.mark.usefixtures("files_read_once")

TODAY = date(2026, 11, 22)
# What SARIF 2.1.0 asks of the parts that are written, of them and of no others.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {
                                    "name": {"type": "string"},
                                    "version": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {"type": "object", "required": ["id"]},
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId", "level", "locations"],
                            "properties": {
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"type": "object", "required": ["text"]},
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "type": "object",
                                                        "required": ["uri"],
                                                        "properties": {
                                                            "uri": {
                                                                "type": "string",
                                                                "pattern": r"^[!-~]+$",
                                                            }
                                                        },
                                                    },
                                                    "region": {
                                                        "type": "object",
                                                        "required": ["startLine"],
                                                        "properties": {
                                                            "startLine": {
                                                                "type": "integer",
                                                                "minimum": 1,
                                                            }
                                                        },
                                                    },
                                                },
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.fixture
def broken(own: Program) -> Path:
    """Return a rule set with three mistakes: a verdict, a key and a figure without a rationale."""
    makeup = (built_in() / "activities/makeup.yaml").read_bytes()
    care = (built_in() / "care.yaml").read_bytes()
    procedures = (built_in() / "activities/procedures.yaml").read_bytes()
    return copy_rules(
        built_in(),
        own.place / "mine",
        {
            "activities/makeup.yaml": makeup.replace(b"verdict: avoid", b"verdict: avoided", 1),
            "activities/procedures.yaml": procedures.replace(b"until: 30 d", b"until: 21 d"),
            "care.yaml": care.replace(b"    label:", b"    lable:", 1),
        },
    )


def _lines(path: Path, text: str) -> list[int]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [n for n, line in enumerate(lines, 1) if text in line]


def test_check_of_the_built_in_rules(own: Program) -> None:
    """Without a file the built-in rules are checked, strictly too, and nothing is wrong."""
    for options in ((), ("--strict", "--at", "2026-11-22")):
        done = own.run("rules", "check", *options)
        assert (done.code, done.out, done.err) == (0, "built-in rules: no problems\n", "")


def test_check_lists_everything(own: Program, broken: Path) -> None:
    """Exit 1; each problem with file, line, path, what is allowed and what was meant."""
    done = own.run("rules", "check", "mine")
    assert (done.code, done.err) == (1, "")
    (line,) = _lines(broken / "activities/makeup.yaml", "avoided")
    assert (
        f"mine/activities/makeup.yaml:{line}: items.foundation.rules.face.phases.0.verdict: "
        "got 'avoided' (did you mean avoid?); allowed here: avoid, ask, limited, allowed\n"
    ) in done.out
    assert "mine/care.yaml:" in done.out
    assert "unknown key 'lable' (did you mean label?)" in done.out
    assert done.out.splitlines()[-1] == f"mine: {len(done.out.splitlines()) - 1} problems"


def test_check_of_several(own: Program, broken: Path) -> None:
    """Each is checked, and one with a problem is enough."""
    done = own.run("rules", "check", str(built_in()), f"{broken}/ruleset.yaml")
    assert done.code == 1
    assert f"{built_in()}: no problems\n" in done.out
    assert done.out.endswith(" problems\n")


@pytest.mark.parametrize("name", ["nowhere", "empty", "", "text.yaml"])
def test_what_is_no_rule_set(name: str, own: Program) -> None:
    """Exit 2, as for everything that cannot be used; nothing is printed as if it were checked."""
    (own.place / "empty").mkdir()
    (own.place / "text.yaml").write_text("a: 1\n", encoding="utf-8")
    done = own.run("rules", "check", name)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("mesocare: ")


def test_an_unknown_format(own: Program) -> None:
    """The formats there are are named."""
    done = own.run("rules", "check", "--format", "xml")
    assert (done.code, done.out) == (2, "")
    assert "known: text, json, github, sarif" in done.err


def test_findings_of_a_broken_rule_set(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every problem is `broken`; its file is told from the working directory, if it lies below."""
    (line,) = _lines(broken / "activities/makeup.yaml", "avoided")
    outside = broken.parent.parent / "elsewhere"
    outside.mkdir()
    for folder, path, shown in (
        (outside, broken, broken.as_posix()),
        (broken.parent, broken, broken.name),
        (broken.parent, broken / "ruleset.yaml", broken.name),
    ):
        monkeypatch.chdir(folder)
        found = findings(str(path))
        assert {each.check for each in found} == {"broken"}
        assert (f"{shown}/activities/makeup.yaml", line) in [
            (each.file, each.problem.line) for each in found
        ]


def test_findings_without_a_working_directory(
    broken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it was deleted, a file is told by its whole path."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    files = {each.file for each in findings(str(broken))}
    assert f"{broken.as_posix()}/activities/makeup.yaml" in files
    assert all(each.startswith(f"{broken.as_posix()}/") for each in files)


def test_findings_of_nothing(tmp_path: Path) -> None:
    """Without a day only what is broken counts; what is no rule set is an error, not a finding."""
    overdue = date(2999, 1, 1)
    assert findings(None) == []
    assert [each.check for each in findings(None, overdue)] == ["review-overdue"]
    with pytest.raises(RulesError, match="no such path"):
        findings(str(tmp_path / "nowhere"), overdue)


def test_strict_looks_at_a_protocol_by_itself(tmp_path: Path) -> None:
    """Its own review date is due, on its own line; nothing is said of what it extends."""
    path = write(tmp_path)
    due = date(2027, 11, 1)
    assert findings(str(path), due) == []
    (found,) = findings(str(path), due + timedelta(days=1))
    assert (found.check, found.file) == ("review-overdue", path.as_posix())
    (line,) = _lines(path, "review_due:")
    assert (found.problem.file, found.problem.line) == ("rose.yaml", line)
    assert found.problem.path == "review_due"
    assert found.problem.message == "the review was due by 2027-11-01, and it is 2027-11-02"


def test_json(own: Program, broken: Path) -> None:
    """`mesocare.rules-check/1`, by --format as by --json."""
    done = own.run("rules", "check", "mine", "--format", "json")
    assert done.code == 1
    assert done.out == own.run("rules", "check", "mine", "--json").out
    plain = done.json()
    assert plain["schema"] == "mesocare.rules-check/1"
    (checked,) = plain["checked"]
    found = next(p for p in checked["problems"] if p["suggestion"] == "avoid")
    (line,) = _lines(broken / "activities/makeup.yaml", "avoided")
    assert found == {
        "check": "broken",
        "file": "mine/activities/makeup.yaml",
        "line": line,
        "path": "items.foundation.rules.face.phases.0.verdict",
        "message": "got 'avoided'",
        "allowed": ["avoid", "ask", "limited", "allowed"],
        "suggestion": "avoid",
    }


def test_github(own: Program, broken: Path) -> None:
    """One workflow command for each problem."""
    done = own.run("rules", "check", "mine", "--format", "github")
    assert done.code == 1
    (line,) = _lines(broken / "activities/makeup.yaml", "avoided")
    start = f"::error file=mine/activities/makeup.yaml,line={line},title="
    assert any(each.startswith(start) for each in done.out.splitlines())
    assert all(
        re.fullmatch(r"::error file=[^,:]+,line=\d+,title=[^,:]+::.+", each)
        for each in done.out.splitlines()
    )
    assert own.run("rules", "check", "--format", "github").out == ""


def test_github_escapes() -> None:
    """Percent and line ends everywhere, colon and comma in properties."""
    problem = Problem("x", 3, "a.b", "50 % of it, or: more\nhere")
    text = check_github([Checked("x", [Finding("broken", "a,b:c%d.yaml", problem)])])
    place, _, message = text.removeprefix("::error ").partition("::")
    assert place.startswith("file=a%2Cb%3Ac%25d.yaml,line=3,title=")
    assert message == "a.b: 50 %25 of it, or: more\\nhere\n"


def test_sarif(own: Program, broken: Path) -> None:
    """The log has the structure that SARIF 2.1.0 asks for, with a rule for each result."""
    done = own.run("rules", "check", "mine", "--format", "sarif")
    assert done.code == 1
    log = done.json()
    assert [each.message for each in Draft202012Validator(SARIF).iter_errors(log)] == []
    (run,) = log["runs"]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in run["results"])
    (line,) = _lines(broken / "activities/makeup.yaml", "avoided")
    places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
    uri = {"uri": "mine/activities/makeup.yaml"}
    assert {"artifactLocation": uri, "region": {"startLine": line}} in places
    clean = own.run("rules", "check", "--format", "sarif").json()
    assert clean["runs"][0]["results"] == []


def test_sarif_uris() -> None:
    """A path is a URI: relative where it can be, otherwise with its scheme, and escaped."""
    problem = Problem("x", 1, "", "m")
    names = ["a b/ü#1.yaml", "/tmp/a b.yaml", "C:/rules/a.yaml"]
    log = json.loads(check_sarif([Checked("x", [Finding("broken", n, problem) for n in names])]))
    assert [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in log["runs"][0]["results"]
    ] == ["a%20b/%C3%BC%231.yaml", "file:///tmp/a%20b.yaml", "file:///C:/rules/a.yaml"]
    assert "logicalLocations" not in log["runs"][0]["results"][0]["locations"][0]


def test_no_control_characters_reach_the_terminal() -> None:
    """A file's name and what stands in it are shown with such characters spelled out."""
    problem = Problem("x", 1, "a", "got '\x1b[2J'")
    checked = [Checked("\x1b]0;x\x07", [Finding("broken", "\x1b[31m.yaml", problem)])]
    assert "\x1b" not in check_text(checked)
    assert "\x1b" not in check_json(checked)


def _strict(tmp_path: Path, changes: dict[str, tuple[str, str]]) -> list[tuple[str, str, str]]:
    """Return what the strict checks find after some replacements: check, place and message."""
    contents = {}
    for name, (old, new) in changes.items():
        text = (built_in() / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        contents[name] = text.replace(old, new).encode()
    folder = copy_rules(built_in(), tmp_path / "mine", contents)
    for each in findings(str(folder), TODAY):
        line = (folder / each.problem.file).read_text(encoding="utf-8").splitlines()
        assert 1 <= each.problem.line <= len(line)
    return [
        (each.check, f"{each.problem.file} {each.problem.path}", each.problem.message)
        for each in findings(str(folder), TODAY)
    ]


def test_strict_refuses_an_overdue_review(own: Program) -> None:
    """On the day it is due it passes, the day after it does not."""
    due = load_rules().identity.review_due
    assert own.run("rules", "check", "--strict", "--at", due).code == 0
    done = own.run("rules", "check", "--strict", "--at", "2027-11-28T00:00")
    assert done.code == 1
    (line,) = _lines(built_in() / "ruleset.yaml", "review_due:")
    assert f"ruleset.yaml:{line}: review_due: the review was due by 2027-11-27" in done.out
    assert "[review-overdue]" in done.out
    assert own.run("rules", "check", "--at", "2027-11-22").code == 0


ITEM = """
  knitting:
    label: Knitting
    rules:
      face:
        phases:
          - until: UNTIL
            verdict: limited
            condition: CONDITION
            reason: REASON
            evidence: [CITED]
          - {verdict: allowed, reason: It is over., evidence: [CITED]}
      scalp: {same_as: face}
      brightening: {same_as: face}
"""


def _with_knitting(tmp_path: Path, grade: str, **values: str) -> list[tuple[str, str, str]]:
    """Return what the strict checks find in a rule set with one more item and one more claim."""
    item = ITEM
    for key, value in {
        "UNTIL": "48 h", "CONDITION": "Slowly.", "REASON": "Fingers.", "CITED": "E901", **values,
    }.items():  # fmt: skip
        item = item.replace(key, value)
    row = f"\nE901\tnhs-content-anaphylaxis\t{grade}\tany\tknitting\tlimited\t24\t48\tslow down\n"
    lifestyle = (built_in() / "activities/lifestyle.yaml").read_text(encoding="utf-8")
    evidence = (built_in() / "evidence.tsv").read_text(encoding="utf-8")
    folder = copy_rules(
        built_in(),
        tmp_path / "mine",
        {
            "activities/lifestyle.yaml": (lifestyle.rstrip("\n") + item).encode(),
            "evidence.tsv": (evidence.rstrip("\n") + row).encode(),
        },
    )
    return [
        (each.check, each.problem.path, each.problem.message)
        for each in findings(str(folder), TODAY)
    ]


def test_strict_accepts_a_cited_rule(tmp_path: Path) -> None:
    """What the claim says, in whatever unit, is no uncited number."""
    assert _with_knitting(tmp_path, "B") == []
    words = {"REASON": "Two days are asked for.", "CONDITION": "After 24 hours only."}
    assert _with_knitting(tmp_path / "words", "B", **words) == []


def test_strict_refuses_an_uncited_number_in_a_text(tmp_path: Path) -> None:
    """A number of days that no claim gives, told once although two more types share the rule."""
    place = "items.knitting.rules.face.phases.0."
    found = _with_knitting(tmp_path, "B", REASON="It takes five days.")
    assert found == [
        ("uncited-number", place + "reason", "no claim it cites gives the 'five days' in its text")
    ]
    found = _with_knitting(tmp_path / "other", "B", CONDITION="Rest for 36 h.")
    assert found[0][:2] == ("uncited-number", place + "condition")


def test_strict_refuses_an_uncited_end(tmp_path: Path) -> None:
    """An earlier phase may end where no claim says so only with a rationale."""
    folder = copy_rules(built_in(), tmp_path / "mine", {})
    path = folder / "activities/lifestyle.yaml"
    text = (
        ITEM.replace("CONDITION", "Slowly.").replace("REASON", "Fingers.").replace("CITED", "E901")
    )
    phase = "          - {until: 36 h, verdict: ask, reason: Ask the clinic., evidence: [E901]}\n"
    text = text.replace("        phases:\n", "        phases:\n" + phase).replace("UNTIL", "48 h")
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + text, encoding="utf-8")
    row = "E901\tnhs-content-anaphylaxis\tB\tany\tknitting\tlimited\t24\t48\tslow down\n"
    with (folder / "evidence.tsv").open("a", encoding="utf-8") as file:
        file.write(row)
    (found,) = findings(str(folder), TODAY)
    assert found.check == "uncited-number"
    assert found.problem.path == "items.knitting.rules.face.phases.0.until"
    assert found.problem.message.startswith("no claim it cites gives 36 h")
    told = text.replace("      scalp:", "        rationale: Half way.\n      scalp:")
    path.write_text(path.read_text(encoding="utf-8").replace(text, told), encoding="utf-8")
    assert findings(str(folder), TODAY) == []


def test_strict_refuses_grade_c_alone(tmp_path: Path) -> None:
    """A seed document's figure is credible, but if it is of grade C it needs a rationale too."""
    assert [each[0] for each in _with_knitting(tmp_path / "c", "C")] == ["broken"]
    seeded = _with_knitting(tmp_path / "seed", "B", CITED="S001-003", UNTIL=_end_of("S001-003"))
    # Its own claim is then cited by nothing.
    assert [each[0] for each in seeded] == ["grade-c-only", "dead-source"]


def _end_of(id_: str) -> str:
    return f"{load_rules().evidence[id_].max_hours} h"


def test_strict_refuses_what_leads_nowhere(tmp_path: Path) -> None:
    """A source without a claim, a claim that nothing cites, one in the ledger that is cited."""
    source = (
        "sources:\n  lonely:\n    {title: A, publisher: B, url: null, grade: A, read: 2026-11-21}\n"
    )
    found = _strict(tmp_path, {"sources.yaml": ("sources:\n", source)})
    message = "no row of evidence.tsv is taken from this source"
    assert found == [("dead-source", "sources.yaml sources.lonely", message)]
    ledger = (built_in() / "ledger.yaml").read_text(encoding="utf-8")
    entry = re.search(r"  E324: >-\n(?:    .*\n)+", ledger)
    assert entry
    found = _strict(tmp_path / "two", {"ledger.yaml": (entry[0], "")})
    assert [each[:2] for each in found] == [("dead-source", "evidence.tsv E324")]
    twice = entry[0] + "  E146: It is listed here although a rule cites it.\n"
    found = _strict(tmp_path / "three", {"ledger.yaml": (entry[0], twice)})
    assert [each[:2] for each in found] == [("dead-source", "ledger.yaml not_used.E146")]


def test_strict_looks_at_reactions(tmp_path: Path) -> None:
    """An expected duration needs a figure and more than commercial pages, or a rationale."""
    text = (built_in() / "reactions.yaml").read_text(encoding="utf-8")
    found = re.search(
        r"        rationale: >-\n          Only commercial pages.*?\n      bright", text, re.DOTALL
    )
    assert found
    moved = _strict(tmp_path, {"reactions.yaml": (found[0], "      bright")})
    place = "reactions.yaml reactions.pinpoint-bleeding.expected.face"
    assert [each[:2] for each in moved] == [("grade-c-only", place)]
    changed = _strict(
        tmp_path / "until",
        {
            "reactions.yaml": (
                "        until: 48 h\n        evidence: [S001-060, S003-006]\n"
                + found[0].removesuffix("      bright"),
                "        until: 36 h\n        evidence: [S001-060, S003-006]\n",
            )
        },
    )
    assert ("uncited-number", f"{place}.until") in [each[:2] for each in changed]


def test_list(own: Program, rules: RuleSet) -> None:
    """Every group and item, with the figure chosen for each type."""
    done = own.run("rules", "list")
    assert done.code == 0
    for item in rules.items.values():
        assert re.search(rf"^  {item.id}( \*)?  ", done.out, re.MULTILINE), item.id
    assert re.search(r"foundation \* +face 48 h, scalp -, brightening 48 h\n", done.out)
    assert re.search(r"light-activity +face none, scalp none, brightening none\n", done.out)
    plain = own.run("rules", "list", "--json").json()
    assert plain["schema"] == "mesocare.rules-list/1"
    assert [each["id"] for each in plain["groups"]] == list(rules.groups)
    first = plain["groups"][0]["items"][0]
    said = {"concerns": True, "restricts": True, "chosen_hours": 48, "protocol": None}
    assert first["types"]["face"] == said
    assert first["types"]["scalp"]["concerns"] is False


def test_show(own: Program, rules: RuleSet) -> None:
    """All of an item: every phase, reason and condition, every claim, rationale and alias."""
    item = rules.items["sauna"]
    done = own.run("rules", "show", "finnish", "sauna")
    assert done.code == 0
    text = " ".join(done.out.split())
    for rule in item.rules.values():
        for phase in rule.phases:
            assert phase.reason[1:] in text
            assert (phase.condition or "") in text
        assert (rule.rationale or "") in text
    for id_ in {id_ for rule in item.rules.values() for id_ in rule.evidence}:
        row = rules.evidence[id_]
        assert f"{row.grade} {id_} {row.source.publisher} ({row.modality}" in text
        assert row.paraphrase in text
    assert ", ".join(item.aliases) in text
    plain = own.run("rules", "show", "sauna", "--json").json()
    assert plain["schema"] == "mesocare.rules-show/1"
    assert plain["group"] is None
    phases = plain["item"]["types"]["face"]["phases"]
    assert [each["reason"] for each in phases] == [p.reason for p in item.rules["face"].phases]


def test_show_a_group(own: Program) -> None:
    """A group's own words, its items, and the one that speaks for it."""
    done = own.run("rules", "show", "makeup")
    assert done.code == 0
    assert done.out.startswith("Make-up  group makeup\n")
    assert "Speaks    foundation, which follows.\n" in done.out
    assert own.run("rules", "show", "makeup", "--json").json()["group"]["headline"] == "foundation"


def test_show_what_is_not_there(own: Program) -> None:
    """A near miss is refused with the closest names."""
    done = own.run("rules", "show", "saunna")
    assert (done.code, done.out) == (2, "")
    assert "sauna" in done.err


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("command", ["list", "show sauna", "show hair dye"])
def test_fits_the_screen(command: str, width: int, own: Program) -> None:
    """No line is longer than the terminal is wide."""
    screen = own.on_terminal("rules", *command.split(), width=width)
    assert screen.code == 0
    assert max(map(len, screen.lines)) <= width


def test_alone_it_shows_its_commands(own: Program) -> None:
    """`mesocare rules` is help, an unknown command an error that leads to it."""
    done = own.run("rules")
    assert done.code == 0
    for name in ("list", "show", "check", "test", "diff", "schema", "new"):
        assert re.search(rf"^  {name} ", done.out, re.MULTILINE)
    done = own.run("rules", "chekc")
    assert done.code == 2
    assert "Type: mesocare rules --help" in done.err


def test_schema(own: Program) -> None:
    """One kind, or all of them in one document."""
    done = own.run("rules", "schema", "activities")
    assert done.code == 0
    assert done.out == (built_in() / "schema/activities.json").read_text(encoding="utf-8")
    every = own.run("rules", "schema").json()
    assert {"activities", "ruleset", "cases"} <= set(every["$defs"])
    done = own.run("rules", "schema", "makeup")
    assert (done.code, done.out) == (2, "")


def test_new(own: Program) -> None:
    """It goes to a file or to standard output, and never replaces what is there."""
    done = own.run("rules", "new", "mine.yaml")
    assert done.code == 0
    assert "mesocare rules check mine.yaml" in done.out
    path = own.place / "mine.yaml"
    text = path.read_text(encoding="utf-8")
    assert own.run("rules", "new").out == text
    path.write_text("mine", encoding="utf-8")
    done = own.run("rules", "new", "mine.yaml")
    assert (done.code, done.out) == (2, "")
    assert "is there already" in done.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert own.run("rules", "new", "nowhere/mine.yaml").code == 2


def test_the_starter_has_its_dates() -> None:
    """It is reviewed on the day it is made, due a year later, and names its schema."""
    text = starter_text(date(2027, 3, 1))
    assert "\nreviewed: 2027-03-01\nreview_due: 2028-02-29\n" in text
    uri = (built_in() / "schema" / "protocol.json").as_uri()
    assert text.splitlines()[0] == f"# yaml-language-server: $schema={uri}"
    assert "\nextends: mesocare\n" in text


def test_the_starter_passes_as_it_stands(own: Program) -> None:
    """`new`, then `check --strict`, changes nothing and finds nothing."""
    assert own.run("rules", "new", "mine.yaml").code == 0
    done = own.run("rules", "check", "mine.yaml", "--strict")
    assert (done.code, done.out) == (0, "mine.yaml: no problems\n")
    done = own.run("rules", "diff", "built-in", "mine.yaml")
    assert done.code == 0
    assert "Nothing moved." in done.out
