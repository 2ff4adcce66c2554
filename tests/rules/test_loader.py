"""Bad rule sets and bad caches: every problem is named with its place, and nothing else breaks."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mesocare.core.model import Verdict
from mesocare.errors import RulesError
from mesocare.rules import cache, loader
from mesocare.rules.compiler import compile  # noqa: A004 - the module is named so
from mesocare.rules.loader import built_in, load_rules
from mesocare.rules.quality.findings import findings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.core.model import RuleSet

LIFE = "activities/lifestyle.yaml"
LABEL = "label: Drinking alcohol"
HOOK = f"    {LABEL}\n"
FACE = "        same_as: face"
LONG = "x" * 401
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep compiled rule sets in a directory of the test's own."""
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(
    tmp_path: Path,
    store: Path,  # noqa: ARG001 - sets the cache aside
    files_read_once: None,  # noqa: ARG001 - only what a test changes is read again
) -> Path:
    """Return a copy of the built-in rule set."""
    return Path(shutil.copytree(built_in(), tmp_path / "rules"))


def refused(path: Path | str) -> RulesError:
    """Return the refusal of a rule set."""
    with pytest.raises(RulesError) as caught:
        load_rules(path)
    assert caught.value.exit_code == 2
    assert caught.value.hint
    return caught.value


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace a text that is there; return the line of the first difference."""
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    same = next((n for n in range(len(old)) if old[n] != new[n : n + 1]), len(old))
    return text.count("\n", 0, text.index(old) + same) + 1


# File, what is replaced, by what, lines further down, what the problem says.
EDITS = [
    # Keys
    (LIFE, HOOK, "    lable: Drinking\n" + HOOK, 0, "unknown key 'lable' (did you mean label?)"),
    (LIFE, HOOK, "    lable: Drinking\n" + HOOK, 0,
     "allowed here: label, rules, aliases, harm, instead, at_first, aside"),
    (LIFE, HOOK, HOOK + "    label: Wine\n", 0, "items.alcohol.label: this key stands here twice"),
    (LIFE, HOOK, "    12: x\n" + HOOK, 0, "the key '12', which YAML reads as int is not text"),
    (LIFE, HOOK, "    yes: x\n" + HOOK, 0, "the key 'yes', which YAML reads as bool is not text"),
    (LIFE, HOOK, "    [a]: x\n" + HOOK, 0, "the key a list is not text"),
    (LIFE, HOOK, "    {a: b}: x\n" + HOOK, 0, "the key a mapping is not text"),
    (LIFE, HOOK, "    <<: {label: x}\n" + HOOK, 0, "the key '<<', which YAML reads as merge is"),
    (LIFE, HOOK, "", 0, "items.alcohol: missing: label"),
    (LIFE, "group: lifestyle\n", "", 0, "missing: group"),
    (LIFE, "  alcohol:\n", "  Alcohol!:\n", 0, "expected an id such as sheet-mask, got 'Alcohol!'"),
    # Values
    (LIFE, LABEL, "label: 5", 0, "expected text, got '5', which YAML reads as int"),
    (LIFE, LABEL, "label: yes", 0, "got 'yes', which YAML reads as bool"),
    (LIFE, LABEL, "label: no", 0, "got 'no', which YAML reads as bool"),
    (LIFE, LABEL, "label: ~", 0, "expected text, got '~', which YAML reads as null"),
    (LIFE, LABEL, "label:", 0, "expected text, got '', which YAML reads as null"),
    (LIFE, LABEL, "label: [a]", 0, "expected text, got a list"),
    (LIFE, LABEL, "label: {a: b}", 0, "expected text, got a mapping"),
    (LIFE, LABEL, "label: ' '", 0, "the text is empty"),
    (LIFE, LABEL, f"label: {LONG}", 0, "401 characters; at most 48"),
    (LIFE, LABEL, 'label: "a\\e[2Jb"', 0, "the text has control characters"),
    (LIFE, LABEL, 'label: "\\ud800"', 0, ""),
    (LIFE, LABEL, "label: !!python/object:os.system x", 0, "expected text, got 'x'"),
    (LIFE, LABEL, "label: !!binary aGk=", 0, "which YAML reads as binary"),
    (LIFE, LABEL, "label: !local x", 0, "expected text, got 'x'"),
    (LIFE, "harm: swelling", "harm: sweling", 0, "got 'sweling' (did you mean swelling?)"),
    (LIFE, "    harm: swelling\n", "    harm: swelling\n    aside: false\n", 0,
     "expected true, got 'false'; leave the key out"),
    (LIFE, "    harm: swelling\n", "    harm: swelling\n    aside: yes\n", 0,
     "expected true, got 'yes'"),
    (LIFE, "    harm: swelling\n", "    harm: swelling\n    aside: 1\n", 0,
     "expected true, got '1'"),
    (LIFE, "until: 48 h", "until: 48", 0, "expected a duration such as 48 h or 7 d, got '48'"),
    (LIFE, "until: 48 h", "until: 2 days", 0,
     "expected a duration such as 48 h or 7 d, got '2 days'"),
    (LIFE, "until: 48 h", "until: 0 h", 0, "expected a duration"),
    (LIFE, "until: 48 h", "until: [48 h]", 0,
     "expected a duration such as 48 h or 7 d, got a list"),
    (LIFE, "verdict: avoid", "verdict: maybe", 0,
     "got 'maybe'; allowed here: avoid, ask, limited, allowed"),
    (LIFE, "verdict: avoid", "verdict: no", 0, "which YAML reads as bool"),
    (LIFE, "evidence: [E073, E247]", "evidence: []", 0, "the list is empty"),
    (LIFE, "evidence: [E073, E247]", "evidence: E073", 0, "expected a list, got 'E073'"),
    (LIFE, "evidence: [E073, E247]", "evidence: [73]", 0, "expected an evidence id such as"),
    (LIFE, "evidence: [E073, E247]", "evidence: [e073]", 0, "expected an evidence id such as"),
    (LIFE, "            evidence: [E073, E247]\n", "", -2, "missing: evidence"),
    (LIFE, "aliases: [drinking and smoking, smoking and drinking]", "aliases: x", 0,
     "expected a list"),
    (LIFE, FACE, "        same_as: {face: 1}", 0, "expected an id such as"),
    (LIFE, FACE, "        sameas: face", 0,
     "expected exactly one of the keys phases, same_as, unrestricted"),
    (LIFE, FACE, "        same_as: face\n        unrestricted: x", 0,
     "expected exactly one of the keys"),
    (LIFE, FACE, "        - same_as", 0, "expected a mapping, got a list"),
    (LIFE, FACE, "        {}", 0, "expected exactly one of the keys"),
    ("sources.yaml", "read: 2026-11-21", "read: 2026-02-30", 0,
     "expected a date such as 2026-11-21"),
    ("sources.yaml", "read: 2026-11-21", "read: yesterday", 0,
     "expected a date such as 2026-11-21"),
    ("sources.yaml", "    grade: A", "    grade: D", 0, "got 'D'; allowed here: A, B, C"),
    ("course.yaml", "min: 3,", "min: 0,", 0, "expected a whole number from 1 to 9999, got '0'"),
    ("course.yaml", "min: 3,", "min: 3.5,", 0, "expected a whole number from 1, got '3.5'"),
    ("course.yaml", "min: 3,", "min: 0x3,", 0, "expected a whole number from 1 to 9999, got '0x3'"),
    ("ledger.yaml", "S003-038:", "s003:", 0, "expected an evidence id"),
    # Documents
    (LIFE, "group: lifestyle", "---\na: b\n---\ngroup: lifestyle", 2, "not YAML"),
    (LIFE, "group: lifestyle", "group: [lifestyle", 1, "not YAML"),
    (LIFE, "group: lifestyle", "\tgroup: lifestyle", 0, "not YAML"),
    (LIFE, "group: lifestyle", "group: \x07", None, "not YAML"),
    (LIFE, "group: lifestyle", "group: *nowhere", 0, "not YAML"),
    (LIFE, "group: lifestyle", "group: !x!y z", 0, "not YAML"),
    (LIFE, "label: Alcohol and smoking", "label: &r [*r]", 0, "expected text, got a list"),
    # What spans several places
    (LIFE, "group: lifestyle", "group: life", 0,
     "the group 'life' belongs in activities/life.yaml"),
    (LIFE, "headline: alcohol", "headline: wine", 0, "no item 'wine' in this group"),
    (LIFE, "headline: alcohol", "headline: alcohol\nincludes: [ghost]", 1,
     "no item 'ghost' in another group"),
    (LIFE, "headline: alcohol", "headline: alcohol\nincludes: [alcohol]", 1,
     "no item 'alcohol' in another group"),
    ("ruleset.yaml", ", lifestyle", "", None, "is not listed in ruleset.yaml"),
    ("ruleset.yaml", ", lifestyle", ", lifestyle, ghost", -1, "the group 'ghost' has no file"),
    ("ruleset.yaml", ", lifestyle", ", lifestyle, sun", -1, "the group 'sun' is listed twice"),
    (LIFE, "evidence: [E073, E247]", "evidence: [E073, E999]", 0, "no row 'E999' in evidence.tsv"),
    ("ledger.yaml", "S003-038:", "S999-006:", 0, "no row 'S999-006' in evidence.tsv"),
    (LIFE, FACE, "        same_as: brightening", 0,
     "same_as must name a type written out here, not 'brightening'"),
    (LIFE, FACE, "        same_as: nose", 0, "same_as must name a type"),
    (LIFE, "      brightening:\n        same_as: face\n", "", None, "no rule for brightening"),
    (LIFE, "      brightening:\n", "      nose:\n        same_as: face\n      brightening:\n", 1,
     "unknown treatment type; known: face, scalp, brightening"),
    (LIFE, "aliases: [smoke, ", "aliases: [smoke, wine, ", None,
     "'wine' already leads to 'alcohol'"),
    (LIFE, "  smoking:\n", "  sauna:\n", None, "the id 'sauna' is used twice"),
    # Phases
    (LIFE, "          - until: 48 h\n            verdict: avoid",
     "          - verdict: avoid", 0, "every phase but the last ends with `until`"),
    (LIFE, "          - verdict: allowed\n",
     "          - until: 72 h\n            verdict: allowed\n", 0, "the last one has none"),
    (LIFE, "until: 14 d\n", "until: 72 h\n", 0, "ends no later than the phase before"),
    (LIFE, "until: 14 d\n", "until: 24 h\n", 0, "ends no later than the phase before"),
    (LIFE, "            condition: The less the better. If", "            #", -2,
     "`limited` needs a condition, and nothing else has one"),
    (LIFE, "            verdict: avoid\n", "            verdict: avoid\n            condition: x\n",
     -2, "`limited` needs a condition, and nothing else has one"),
    # Advice
    ("red_flags.yaml", "types: [scalp]", "types: [nose]", 0, "unknown treatment type"),
    ("red_flags.yaml", "urgency: emergency", "urgency: urgent", 0,
     "allowed here: emergency, same_day"),
    ("course.yaml", "  brightening:\n", "  nose:\n", 1, "unknown treatment type"),
    ("course.yaml", "min: 3, max: 6", "min: 7, max: 6", 0, "min is above max"),
    ("course.yaml", "min: 14 d", "min: 29 d", 0, "min is above max"),
    ("course.yaml", "min: 90 d", "min: 366 d", 0, "min is above max"),
    ("care.yaml", "      scalp:\n        until", "      nose:\n        until", None,
     "unknown treatment type"),
    ("reactions.yaml", "      brightening:\n        until", "      nose:\n        until", None,
     "unknown treatment type"),
    # Before a treatment, and details
    ("before/leave-out.yaml", "activities: [alcohol]", "activities: [wine]", 0, "no item 'wine'"),
    ("before/leave-out.yaml", "{span: 10 d, evidence: [B065", "{span: 9 d, evidence: [B065", 0,
     "216 h; the longest credible is 240 h"),
    ("before/leave-out.yaml", "brightening: {same_as: face}", "brightening: {same_as: nose}", 0,
     "same_as must name a type written out here"),
    ("before/checklist.yaml", "types: [scalp]", "types: [nose]", None, "unknown treatment type"),
    ("before/checklist.yaml", "B175,", "B999,", 0, "no row 'B999' in evidence.tsv"),
    ("details/substances.yaml", "types: [face, scalp]", "types: [nose]", None,
     "unknown treatment type"),
    ("details/substances.yaml", "excludes: [needle-free]", "excludes: [needles]", None,
     "there is no 'needles'"),
    ("details/substances.yaml", "      doubtful-needles:", "      dirty-needles:", 0,
     "no red flag 'dirty-needles'"),
    ("details/substances.yaml", "      alcohol:\n", "      wine:\n", None, "no item 'wine'"),
    ("details/substances.yaml", "- until: 72 h\n              verdict: ask",
     "- until: 72 h\n              verdict: limited", None, "`limited` needs a condition"),
    ("details/factors.yaml", "waxing: {face: {as: brightening}}", "waxing: {face: {as: nose}}", 0,
     "no rule for 'nose'"),
    # Triage
    ("triage.yaml", "from: 38.0", "from: 38", 0, "expected a body temperature such as 38.0"),
    ("triage.yaml", "from: 38.0", "from: 138.0", 0, "expected a body temperature such as 38.0"),
    ("triage.yaml", "flag: getting-worse", "flag: redness", 0,
     "worse.flag: no red flag 'redness' in red_flags.yaml"),
    ("triage.yaml", "itch: rash-or-hives", "itch: rash", 0, "no red flag 'rash'"),
    ("triage.yaml", "itch: rash-or-hives", "toes: rash-or-hives", 0,
     "no reaction and no red flag 'toes'"),
    ("triage.yaml", "signs: [redness, ", "signs: [toes, ", 0, "no reaction and no red flag 'toes'"),
    ("triage.yaml", "signs: [soft-lumps, ", "signs: [toes, ", 0,
     "no reaction and no red flag 'toes'"),
    ("triage.yaml", "score: 8", "score: 11", 0, "strong.score: scores run to 10"),
    ("triage.yaml", "[S004-018, E152]", "[S004-018, E999]", 0, "no row 'E999' in evidence.tsv"),
    ("red_flags.yaml", "  firm-lump:", "  soft-lumps:", 1, "is that of a reaction"),
    # Evidence
    ("evidence.tsv", "id\tsource", "id\tsauce", 0, "the header must be: id source grade"),
    ("ingredients.tsv", "name\tsyn", "name\tsin", 0, "the header must be: name synonyms class"),
    ("ingredients.tsv", "\nRETINOL\t", "\nRETINOL\t\t", 0, "8 cells; the header has 7"),
    ("ingredients.tsv", "\nRETINOL\t", "\n \t", 0, "name: expected a readable name"),
    ("ingredients.tsv", "\tretinoid\trestricted", "\tretinoid\tbad", 0, "role: got 'bad'; allowed"),
    ("ingredients.tsv", "\tretinoid\tres", "\tghost\tres", 0, "no class 'ghost' in"),
    ("ingredients.tsv", "\tcosing-annex-iii\t", "\tghost\t", 0, "no source 'ghost' in ingredients"),
    ("ingredients.tsv", "\nRETINOL\t", "\nRETINAL\t", 0, "already leads to 'RETINAL'"),
    ("ingredients.tsv", "\nRETINOL\t", "\n---\t", 0, "empty: '---'"),
    ("ingredients.yaml", "items: [retinoids]", "items: [ghost]", 0, "no item 'ghost'"),
    ("ingredients.yaml", "items: [gentle-cleansing]", "items: [ghost]", 0, "no item 'ghost'"),
    ("evidence.tsv", "E002\t", "E002\t\t", 0, "10 cells; the header has 9"),
    ("evidence.tsv", "E002\t", "E001\t", 0, "E001: this id stands here twice"),
    ("evidence.tsv", "E002\t", "e2\t", 0, "expected an id such as S001-003 or E146, got 'e2'"),
    ("evidence.tsv", "E002\tatlanta-prp", "E002\tghost", 0, "no source 'ghost"),
    ("evidence.tsv", "tam-anh-mask-answer\tA", "tam-anh-mask-answer\tD", 0,
     "allowed here: A, B, C"),
    ("evidence.tsv", "face|brightening", "face|nose", 0,
     "unknown treatment 'face|nose'; known: any, face, scalp"),
    ("evidence.tsv", "\tnormal\t", "\tusual\t", 0, "allowed here: avoid, limited, do"),
    ("evidence.tsv", "\t24\t72\t", "\t24h\t72\t", 0, "min_hours: expected whole hours, got '24h'"),
    ("evidence.tsv", "\t24\t72\t", "\t24\t-72\t", 0, "max_hours: expected whole hours, got '-72'"),
    ("evidence.tsv", "\t24\t72\t", "\t73\t72\t", 0, "73 is more than max_hours 72"),
    ("evidence.tsv", "\tmild irritation", "\t\x1b[2Jmild", 0, "expected a readable text"),
]  # fmt: skip


@pytest.mark.parametrize("bad", EDITS, ids=lambda bad: f"{bad[0]}-{bad[2]!r:.40}-{bad[4]:.40}")
def test_bad_edit(folder: Path, bad: tuple[str, str, str, int | None, str]) -> None:
    """One bad edit is one refusal that names its file, its line, and what is possible."""
    file, old, new, down, said = bad
    line = edit(folder, file, old, new)
    error = refused(folder)
    fitting = [problem for problem in error.problems if said in problem]
    assert fitting, error.problems
    if down is not None:
        assert any(each.startswith(f"{file}:{line + down}: ") for each in fitting), fitting


CARE = "care.yaml"
PHASES = """\
# One group for rules about figures.
group: lifestyle
label: Alcohol and smoking
headline: alcohol
items:
  smoking: {{label: x, rules: {{face: &a {{unrestricted: x}}, scalp: *a, brightening: *a}}}}
  hot-drinks: {{label: y, rules: {{face: *a, scalp: *a, brightening: *a}}}}
  alcohol:
    label: Drinking alcohol
    {harm}
    rules:
      scalp: {{same_as: face}}
      brightening: {{same_as: face}}
      face:
        phases: [{phases}]
"""


def _phase(verdict: str, until: str | None, *evidence: str) -> str:
    condition = "condition: Gently., " if verdict == "limited" else ""
    end = f"until: {until}, " if until else ""
    ids = ", ".join(evidence)
    return f"{{{end}verdict: {verdict}, {condition}reason: So., evidence: [{ids}]}}"


@pytest.mark.parametrize(
    ("harm", "phases", "said"),
    [
        # S000-004: 48 h, E003: 72 h, both graded; E006 names 72 h; S000-006 names none.
        ("swelling", [("avoid", "48 h", "S000-004"), ("allowed", None, "S000-004")], None),
        ("swelling", [("avoid", "24 h", "S000-004"), ("allowed", None, "S000-004")],
         "ends after 24 h; the longest credible is 48 h"),
        ("swelling", [("avoid", "3 d", "S000-004"), ("allowed", None, "S000-004")],
         "ends after 72 h; the longest credible is 48 h"),
        ("swelling", [("avoid", None, "S000-004")], "never ends; the longest credible is 48 h"),
        ("swelling", [("allowed", None,
     "S000-004")], "ends after 0 h; the longest credible is 48 h"),
        ("swelling", [("avoid", "48 h", "S000-006"), ("allowed", None, "S000-006")],
         "no credible source gives a figure"),
        ("swelling", [("limited", "24 h", "S000-004"), ("avoid", "48 h", "S000-004"),
                      ("allowed", None, "S000-004")], "gets stricter with time"),
        ("swelling", [("avoid", "72 h", "S000-004", "E003"), ("allowed", None, "E003")],
         "stays closed while a source says 48 h, without grave harm"),
        ("swelling", [("avoid", "48 h", "S000-004"), ("limited", "72 h", "E003"),
                      ("allowed", None, "E003")], None),
        ("infection", [("avoid", "48 h", "S000-004"), ("limited", "72 h", "E003"),
                       ("allowed", None, "E003")],
         "opens after 48 h while a credible source says avoid for 72 h, and the harm is infection"),
        ("infection", [("limited", "72 h", "E003"), ("allowed", None, "E003")],
         "opens after 0 h while a credible source says avoid for 72 h, and the harm is infection"),
        ("infection", [("avoid", "72 h", "S000-004", "E003"), ("allowed", None, "E003")], None),
        ("burn", [("avoid", None, "E003")], "never ends; the longest credible is 72 h"),
    ],
)  # fmt: skip
def test_figures_need_a_rationale(
    folder: Path, harm: str, phases: list[tuple[str, str | None, str]], said: str | None
) -> None:
    """A rule that leaves its sources, or gets stricter, is refused until it says why."""
    text = PHASES.format(harm=f"harm: {harm}", phases=", ".join(_phase(*each) for each in phases))
    (folder / LIFE).write_text(text, encoding="utf-8")
    if said is None:
        assert load_rules(folder).items["alcohol"].rules["face"].rationale is None
        return
    problems = refused(folder).problems
    assert any(f"{said}: write a `rationale`" in each for each in problems), problems
    assert all(each.startswith(f"{LIFE}:15: ") for each in problems), problems
    (folder / LIFE).write_text(text + "        rationale: It is known.\n", encoding="utf-8")
    assert load_rules(folder).items["alcohol"].rules["face"].rationale == "It is known."


def test_all_problems_at_once(folder: Path) -> None:
    """Three files with several mistakes each are all named, in order of file and line."""
    edit(folder, LIFE, HOOK, "    lable: x\n" + HOOK)
    edit(folder, LIFE, "until: 48 h", "until: soon")
    edit(folder, CARE, "until: 14 d", "until: 14")
    edit(folder, "evidence.tsv", "E002\t", "e2\t")
    edit(folder, "evidence.tsv", "\t24\t72\t", "\t24\tx\t")
    error = refused(folder)
    assert error.message.endswith("has 5 problems")
    places = [each.split(": ")[0] for each in error.problems]
    assert places == [
        f"{LIFE}:9",
        f"{LIFE}:19",
        "care.yaml:26",
        "evidence.tsv:2",
        "evidence.tsv:206",
    ]


def test_all_cross_checks_at_once(folder: Path) -> None:
    """What spans several places is reported together too, and one problem is one problem."""
    edit(folder, LIFE, "evidence: [E073, E247]", "evidence: [E998]")
    edit(folder, LIFE, "headline: alcohol", "headline: wine")
    edit(folder, "course.yaml", "min: 3, max: 6", "min: 7, max: 6")
    assert len(refused(folder).problems) == 3
    edit(folder, LIFE, "evidence: [E998]", "evidence: [E073]")
    edit(folder, LIFE, "headline: wine", "headline: alcohol")
    assert refused(folder).message.endswith("has 1 problem")


def test_problems_can_be_printed(folder: Path) -> None:
    """Nothing of a file reaches a terminal raw: no escape sequence, no line break."""
    edit(folder, LIFE, "  alcohol:\n", '  "al\\e[2J\\ncohol":\n')
    edit(folder, "evidence.tsv", "E002\t", "\x1b[2JE002\t")
    problems = refused(folder).problems
    assert len(problems) >= 2
    assert any("\\x1b[2JE002" in each for each in problems)
    assert [each for each in problems if not each.isprintable()] == []


@pytest.mark.parametrize("name", ["a:b.yaml", "12:.yaml", "a: b.yaml"])
def test_colon_in_a_file_name(folder: Path, name: str) -> None:
    """A file name may look like a file and a line; the group still belongs elsewhere."""
    (folder / LIFE).rename(folder / "activities" / name)
    problems = refused(folder).problems
    assert any("belongs in activities/lifestyle.yaml" in each for each in problems), problems


def test_file_name_that_is_not_utf8(folder: Path) -> None:
    """A file name of stray bytes is refused like any other wrong name."""
    (folder / LIFE).rename(folder / "activities" / os.fsdecode(b"\xff.yaml"))
    assert refused(folder).problems


def test_missing_directory(tmp_path: Path) -> None:
    """A path that does not exist is named."""
    error = refused(tmp_path / "ghost")
    assert error.message == f"no such path {str(tmp_path / 'ghost')!r}"
    assert error.problems == ()


@pytest.mark.parametrize("path", ["\0", "x" * 5000, "", "a" * 300 + "/ruleset.yaml"])
def test_path_that_cannot_be(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path no file can have, or the current directory when it is no rule set."""
    monkeypatch.chdir(tmp_path)
    refused(path)


def test_missing_files_all_at_once(folder: Path) -> None:
    """Every file that is missing is named in one go."""
    for name in ("care.yaml", "evidence.tsv", "sources.yaml"):
        (folder / name).unlink()
    error = refused(folder)
    assert [each.split(":")[0] for each in error.problems] == [
        "sources.yaml", "evidence.tsv", "care.yaml",
    ]  # fmt: skip
    assert all("No such file or directory" in each for each in error.problems)


def test_empty_directory(tmp_path: Path, store: Path) -> None:  # noqa: ARG001 - sets the cache aside
    """An empty directory lacks all thirteen files."""
    assert len(refused(tmp_path).problems) == 19


@pytest.mark.parametrize("stay", ["file", "nothing"])
def test_no_activities(folder: Path, stay: str) -> None:
    """Without activities every listed group is missing."""
    shutil.rmtree(folder / "activities")
    if stay == "file":
        (folder / "activities").write_text("x")
    assert sum("has no file in activities/" in each for each in refused(folder).problems) == 13


def test_a_file_instead_of_a_directory(folder: Path) -> None:
    """The ruleset.yaml of a rule set stands for it; another file does not."""
    assert load_rules(folder / "ruleset.yaml") == load_rules(folder)
    error = refused(folder / "care.yaml")
    assert "is a file, but neither the ruleset.yaml of a rule set nor a protocol" in error.message
    assert "mesocare rules test" not in error.hint
    (folder / "cases.yaml").write_text("# ours\ncases:\n")
    assert "mesocare rules test FILE" in refused(folder / "cases.yaml").hint
    (folder / "big").write_bytes(b"x" * (loader.LARGEST_FILE + 1))
    assert "a rule file has at most" in refused(folder / "big").message


def test_links(folder: Path, tmp_path: Path) -> None:
    """A link to a rule set is followed; a broken one and a loop are refused."""
    (tmp_path / "link").symlink_to(folder)
    assert load_rules(tmp_path / "link") == load_rules(folder)
    (tmp_path / "broken").symlink_to(tmp_path / "ghost")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read" in refused(tmp_path / "broken").message
    assert "cannot be read" in refused(tmp_path / "loop").message


def test_pipes_do_not_hang(folder: Path, tmp_path: Path) -> None:
    """A named pipe is refused at once, in the rule set or in its place."""
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").message.endswith("is neither a directory nor a file")
    (folder / CARE).unlink()
    os.mkfifo(folder / CARE)
    os.mkfifo(folder / "activities" / "extra.yaml")
    assert refused(folder).problems == (
        "care.yaml: not a regular file",
        "activities/extra.yaml: not a regular file",
    )


def test_directories_in_place_of_files(folder: Path) -> None:
    """A directory of a file's name is refused."""
    (folder / LIFE).unlink()
    (folder / LIFE).mkdir()
    assert refused(folder).problems == (f"{LIFE}: not a regular file",)


def test_huge_file(folder: Path) -> None:
    """A sparse file of a gigabyte is refused by its size."""
    with (folder / CARE).open("r+b") as file:
        file.truncate(1 << 30)
    assert refused(folder).problems == (
        "care.yaml: 1073741824 bytes; a rule file has at most 1048576",
    )


def test_too_many_groups(folder: Path) -> None:
    """More than 64 files of activities are refused, and none of the rest is read."""
    for number in range(60):
        (folder / "activities" / f"z{number}.yaml").write_text("x")
    assert refused(folder).problems == ("activities: more than 64 files",)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), ValueError("odd")])
def test_unreadable(folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A file that may not be read is named with the reason."""
    usual = Path.open

    def denied(path: Path, mode: str = "r", buffering: int = -1) -> object:
        if path.name in {"care.yaml", "course.yaml"}:
            raise error
        return usual(path, mode, buffering)

    monkeypatch.setattr(Path, "open", denied)
    why = getattr(error, "strerror", None) or str(error)
    assert refused(folder).problems == (
        f"care.yaml: cannot be read: {why}", f"course.yaml: cannot be read: {why}",
    )  # fmt: skip


def test_path_that_cannot_be_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path whose very state is out of reach is refused with the reason."""

    def denied(_path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", denied)
    assert refused(folder).message.endswith("cannot be read: Permission denied")


BROKEN = [
    (b"", "the file is empty"),
    (b"\n# nothing\n", "the file is empty"),
    (b"~", "expected a mapping, got '~', which YAML reads as null"),
    (b"[a]", "expected a mapping, got a list"),
    (b"care: []", "expected a mapping, got a list"),
    (b"care: {}", "there is nothing in it"),
    (b"\x00\x01\x02", "not YAML"),
    (b"\x89PNG\r\n\x1a\n\0\0", "not UTF-8 text: byte 0x89"),
    (b"care:\n  x: caf\xe9\n", "not UTF-8 text: byte 0xe9"),
    (b"\xff\xfec\0a\0", "not UTF-8 text: byte 0xff"),
    (b"care: !!python/object/apply:os.system [x]", "expected a mapping"),
    (b"care: !!python/object:x {a: b}", "expected a mapping, got a mapping"),
    (b"care: &a\n  x: *a", "care.x"),
    (b"care: {x: {label: a, windows: {" + b"face: {until: &a [*a]}}}}", "exactly one of the keys"),
    (b"--- a\n--- b\n", "not YAML: but found another document"),
    (b"%YAML 9.9\n--- a", "not YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), BROKEN)
def test_broken_document(folder: Path, content: bytes, said: str) -> None:
    """A file that is no document of ours is refused with its name and a line."""
    (folder / CARE).write_bytes(content)
    problems = refused(folder).problems
    assert any(re.match(r"care\.yaml:[0-9]+: ", each) and said in each for each in problems), (
        problems
    )


def test_bom_and_crlf_are_fine(folder: Path, rules: RuleSet) -> None:
    """A byte-order mark and the line ends of Windows change nothing but the digest."""
    for path in [folder / CARE, folder / LIFE]:
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    found = load_rules(folder)
    assert (found.items, found.care) == (rules.items, rules.care)
    assert found.identity.sha256 != rules.identity.sha256


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting(folder: Path, opening: str) -> None:
    """A file of opening brackets is refused; in a process of its own, as it may bring it down."""
    (folder / CARE).write_text("care: " * (opening == "[") + opening * 200_000, encoding="utf-8")
    program = (
        "import sys\nfrom mesocare.rules.loader import load_rules\n"
        "from mesocare.errors import RulesError\n"
        "try:\n    load_rules(sys.argv[1])\n"
        "except RulesError as error:\n    print(*error.problems, sep='\\n')\n"
    )
    command = [sys.executable, "-c", program, str(folder)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0
    assert run.stdout.startswith("care.yaml:")


def test_deep_nesting_for_the_slow_parser(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML has no C parser, depth is refused as well."""
    import yaml

    from mesocare.rules.format import reader

    monkeypatch.setattr(reader, "Loader", yaml.SafeLoader)
    (folder / CARE).write_text("care: " + "[\n" * 3000, encoding="utf-8")
    assert refused(folder).problems == ("care.yaml:1: nested too deeply",)


def test_alias_bomb(folder: Path) -> None:
    """A small file that aliases blow up is refused."""
    window = "{text: x, evidence: *e}"
    names = [f"w{n}" for n in range(400)]
    many = ",\n    ".join(f"{name}: {window}" for name in names)
    text = "care:\n  a: {label: &l x, windows: {face: {text: x, evidence: &e ["
    text += ",\n    ".join(["E001"] * 1000) + f"]}}, {many}}}}}\n"
    (folder / CARE).write_text(text, encoding="utf-8")
    assert refused(folder).problems[-1].startswith("care.yaml:1: aliases expand it to more than")


def test_loader_is_closed_to_objects(folder: Path, tmp_path: Path) -> None:
    """A tag that would run a program does not."""
    mark = tmp_path / "ran"
    edit(folder, LIFE, "label: Alcohol", f"label: !!python/object/apply:os.mkdir [{mark}] #")
    refused(folder)
    assert not mark.exists()


# The cache.


def entry(store: Path) -> Path:
    """Return the one compiled rule set in the store."""
    (found,) = store.iterdir()
    return found


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let compiling fail, so that only a cache can answer."""

    def fail(_contents: dict[str, bytes]) -> None:
        raise AssertionError

    monkeypatch.setattr(compile, "compile_rules", fail)


def test_warm_equals_cold(folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the cache gives is what compiling gave, and no file is left half-written."""
    cold = load_rules(folder)
    assert re.fullmatch(r"rules-[0-9a-f]{32}\.json", entry(store).name)
    forbid(monkeypatch)
    assert load_rules(folder) == cold


def test_equal_parts_are_alike() -> None:
    """What is packed of two rule sets alike is equal, counts once in a set, and equals no text."""
    one, other = load_rules(), load_rules()
    before: list[object] = [one.before, other.before]
    assert before[0] == before[1]
    assert len({*before, one.details}) == 2
    assert not one.before.__eq__("text")


def test_any_change_misses_the_cache(folder: Path, store: Path) -> None:
    """A changed, added or renamed file is another rule set."""
    load_rules(folder)
    edit(folder, LIFE, "label: Alcohol and smoking", "label: Smoking and alcohol")
    assert load_rules(folder).groups["lifestyle"].label == "Smoking and alcohol"
    assert len(list(store.iterdir())) == 2


def _sealed(payload: bytes) -> Callable[[str, bytes], bytes]:
    """Return a file that is whole in itself, but holds something else."""

    def make(digest: str, _content: bytes) -> bytes:
        return cache._seal(cache._key(digest, cache.RULES, cache.code()), payload) + b"\n" + payload

    return make


@pytest.mark.parametrize(
    "damage",
    [
        lambda _, content: content[:-1],
        lambda _, content: content[: len(content) // 2],
        lambda _, content: content[1:],
        lambda _, content: content + b" ",
        lambda _, content: content.replace(b'"avoid"', b'"allowed"'),
        lambda _, content: content.replace(b'"48 h"', b'"12 h"', 1),
        lambda _, content: content.partition(b"\n")[2],
        lambda *_: b"",
        lambda *_: b"\xff\n\xff",
        lambda *_: b"{}",
        lambda *_: b"\0" * 1000,
        lambda *_: b"x" * (cache.LARGEST + 1),
        _sealed(b"{}"),
        _sealed(b"[]"),
        _sealed(b"null"),
        _sealed(b"not json"),
        _sealed(b"\xff"),
        _sealed(b"[" * 100_000),
        _sealed(b'{"ruleset": [], "groups": {}}'),
        _sealed(b'{"ruleset": {}, "groups": {}, "sources": {"a": null}}'),
        _sealed(b'{"ruleset": {}, "groups": {}, "sources": []}'),
    ],
)
def test_damaged_cache(
    folder: Path,
    store: Path,
    damage: Callable[[str, bytes], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cache file that is not what was written is ignored, and written anew."""
    good = load_rules(folder)
    path = entry(store)
    content = path.read_bytes()
    damaged = damage(good.identity.sha256, content)
    assert damaged != content
    path.write_bytes(damaged)
    assert load_rules(folder) == good
    assert path.read_bytes() == content
    forbid(monkeypatch)
    assert load_rules(folder) == good


def test_foreign_cache(folder: Path, store: Path) -> None:
    """A sound file of another rule set under our name is ignored."""
    load_rules(folder)
    ours = entry(store)
    edit(folder, LIFE, "until: 48 h", "until: 24 h")
    other = load_rules(folder)
    (theirs,) = set(store.iterdir()) - {ours}
    shutil.copy(ours, theirs)
    assert load_rules(folder) == other


def _raise(error: Exception) -> Callable[..., None]:
    def fail(*_args: object, **_options: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("method", ["mkdir", "replace", "glob"])
@pytest.mark.parametrize("code", [13, 28, 30])
def test_cache_that_cannot_be_used(
    folder: Path, store: Path, method: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache that is read-only, full or forbidden costs time only; nothing half-written stays."""
    rules = load_rules(folder)
    usual = getattr(Path, method)

    def denied(path: Path, *args: object, **options: object) -> object:
        if path.is_relative_to(store):
            raise OSError(code, os.strerror(code))
        return usual(path, *args, **options)

    shutil.rmtree(store)
    monkeypatch.setattr(Path, method, denied)
    assert load_rules(folder) == rules
    assert list(store.parent.glob("cache/*.partial")) == []


def test_cache_directory_is_a_file(folder: Path, store: Path, rules: RuleSet) -> None:
    """A file where the directory should be is left alone."""
    store.write_text("mine")
    assert load_rules(folder) == rules
    assert store.read_text() == "mine"


@pytest.mark.parametrize("kind", ["directory", "pipe", "loop"])
def test_cache_entry_is_no_file(folder: Path, store: Path, kind: str, rules: RuleSet) -> None:
    """Something else under an entry's name is never waited for, and leaves nothing behind."""
    load_rules(folder)
    path = entry(store)
    path.unlink()
    if kind == "directory":
        (path / "inside").mkdir(parents=True)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(path)
    assert load_rules(folder) == rules
    assert load_rules(folder) == rules
    assert list(store.iterdir()) == [path]


def test_old_entries_are_discarded(folder: Path, store: Path) -> None:
    """The eight latest are kept, and what is not ours stays."""
    store.mkdir(mode=0o700)
    (store / "other.json").write_text("mine")
    for number in range(12):
        path = store / f"rules-{number:032}.json"
        path.write_text("old")
        os.utime(path, (number, number))
    load_rules(folder)
    names = {path.name for path in store.iterdir()}
    assert len(names) == cache.MOST_FILES + 1
    assert "other.json" in names
    assert {f"rules-{number:032}.json" for number in range(5, 12)} < names


def test_cache_is_private(folder: Path, store: Path) -> None:
    """Its directory is the owner's alone, and what it holds is plain JSON under a seal."""
    load_rules(folder)
    assert store.stat().st_mode & 0o777 == 0o700
    seal, payload = entry(store).read_bytes().split(b"\n", 1)
    assert len(seal) == 64
    assert json.loads(payload)["ruleset"]["name"] == "mesocare"


POISON = (b'"verdict":"avoid"', b'"verdict":"allowed"')


def poisoned(store: Path, folder: Path) -> Path:
    """Keep a rule set that opens everything, sealed as the program seals; return its file."""
    digest = load_rules(folder).identity.sha256
    path = entry(store)
    payload = path.read_bytes().partition(b"\n")[2].replace(*POISON)
    path.write_bytes(
        cache._seal(cache._key(digest, cache.RULES, cache.code()), payload) + b"\n" + payload
    )
    assert verdicts(folder) == {Verdict.ALLOWED}  # this user's own word is believed
    return path


def verdicts(folder: Path) -> set[Verdict]:
    """Return what the phases say that are to be avoided at first."""
    return {load_rules(folder).items["sauna"].rules["face"].phases[0].verdict}


def _others_may_write_the_folder(path: Path) -> None:
    path.parent.chmod(0o777)


def _a_group_may_write_the_folder(path: Path) -> None:
    path.parent.chmod(0o770)


def _others_may_write_the_file(path: Path) -> None:
    path.chmod(0o666)


def _somebody_elses_file(path: Path) -> None:
    os.chown(path, 12345, -1)


def _somebody_elses_folder(path: Path) -> None:
    os.chown(path.parent, 12345, -1)


def _a_link_to_the_file(path: Path) -> None:
    target = path.parent.parent / "elsewhere.json"
    path.rename(target)
    path.symlink_to(target)


def _a_link_to_the_folder(path: Path) -> None:
    target = path.parent.parent / "elsewhere"
    path.parent.rename(target)
    path.parent.symlink_to(target)


def _older_code(path: Path) -> None:
    """As an older version of the program would have sealed it."""
    payload = path.read_bytes().partition(b"\n")[2]
    path.write_bytes(cache._seal("0" * 64, payload) + b"\n" + payload)


@pytest.mark.parametrize(
    "plant",
    [
        _others_may_write_the_folder, _a_group_may_write_the_folder, _others_may_write_the_file,
        _a_link_to_the_file, _a_link_to_the_folder, _older_code,
        pytest.param(_somebody_elses_file, marks=ROOT),
        pytest.param(_somebody_elses_folder, marks=ROOT),
    ],
)  # fmt: skip
def test_what_others_may_have_written_is_not_believed(
    plant: Callable[[Path], None], folder: Path, store: Path
) -> None:
    """A rule set that opens everything, sealed rightly: the verdict is that of the files."""
    plant(poisoned(store, folder))
    assert verdicts(folder) == {Verdict.AVOID}
    assert verdicts(folder) == {Verdict.AVOID}


def test_checks_never_read_what_was_compiled(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even one of this user's own: the files themselves are what is checked."""
    poisoned(store, folder)
    with cache.left_alone():
        assert verdicts(folder) == {Verdict.AVOID}
    monkeypatch.setenv("MESOCARE_DEBUG", "1")
    assert verdicts(folder) == {Verdict.AVOID}
    monkeypatch.delenv("MESOCARE_DEBUG")
    edit(folder, LIFE, "label: Alcohol and smoking", "labell: Alcohol and smoking")
    read = loader.read_files(folder)
    cache.write(read.digest, json.loads(entry(store).read_bytes().partition(b"\n")[2]))
    load_rules(folder)  # the cache says that all is well
    assert findings(str(folder))


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_private_whatever_the_umask(umask: int, folder: Path, store: Path) -> None:
    """The folder and the file are their owner's alone."""
    before = os.umask(umask)
    try:
        load_rules(folder)
    finally:
        os.umask(before)
    assert store.stat().st_mode & 0o777 == 0o700
    assert entry(store).stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_through_a_link(folder: Path, store: Path, tmp_path: Path) -> None:
    """A link in the place of a file is replaced, and what it leads to stays as it was."""
    load_rules(folder)
    path = entry(store)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    path.unlink()
    path.symlink_to(precious)
    load_rules(folder)
    assert precious.read_text() == "mine"
    assert path.is_file()
    assert not path.is_symlink()


def test_the_key_covers_all_code_that_compiles() -> None:
    """A change of any module that compiling loads is another key, so that nothing is stale."""
    script = (
        "import sys; from mesocare.rules import loader; from mesocare.rules.compiler import words\n"
        "plain, _ = loader.compile_files(loader.read_files()); words.compile_words(plain)\n"
        "print(*(each.__file__ for name, each in sys.modules.items() if 'mesocare' in name))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    package = Path(cache.__file__).resolve().parents[1]
    loaded = {Path(each).relative_to(package).as_posix() for each in ended.stdout.split()}
    keyed = {
        path.relative_to(package).as_posix()
        for part in cache.CODE
        for path in (
            (package / part).rglob("*.py") if (package / part).is_dir() else [package / part]
        )
    }
    assert "rules/compiler/compile.py" in loaded
    # Packages without code, what reads and writes files, and errors: none of it is compiled in.
    assert loaded - keyed == {"__init__.py", "core/__init__.py", "errors.py", "files.py"}


@pytest.mark.parametrize(
    "part", ["rules/compiler/build.py", "parsing/lexicon.py", "core/model.py", "text.py"]
)
def test_a_change_of_the_code_is_another_key(part: str, tmp_path: Path) -> None:
    """One letter is enough."""
    package = Path(cache.__file__).resolve().parents[1]
    copy = tmp_path / "mesocare"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert cache.code(copy) == cache.code()
    cache.code.cache_clear()
    with (copy / part).open("a", encoding="utf-8") as file:
        file.write("#")
    assert cache.code(copy) != cache.code()
    cache.code.cache_clear()


def test_what_comes_with_the_package(
    folder: Path, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is used for the content it was made of, and for no other; no cache is needed for it."""
    rules = load_rules(folder)
    payload = json.loads(entry(store).read_bytes().partition(b"\n")[2])
    shutil.rmtree(store)
    monkeypatch.setattr(cache, "_PACKAGE", tmp_path)
    (tmp_path / "compiled").mkdir()
    cache.ship(tmp_path / "compiled", rules.identity.sha256, payload, cache.RULES)
    with monkeypatch.context() as patch:
        forbid(patch)
        assert load_rules(folder) == rules
    assert not store.exists()
    edit(folder, LIFE, "label: Alcohol and smoking", "label: Smoking and alcohol")
    assert load_rules(folder).groups["lifestyle"].label == "Smoking and alcohol"


def test_where_files_have_no_owners(
    folder: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a home is closed to others by itself."""
    monkeypatch.setattr(cache, "_HAS_OWNERS", False)
    rules = load_rules(folder)
    assert entry(store).is_file()
    forbid(monkeypatch)
    assert load_rules(folder) == rules


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MESOCARE_CACHE_DIR": "/mine", "XDG_CACHE_HOME": "/xdg"}, "/mine"),
        ({}, "/home/me/.cache/mesocare"),
        ({"XDG_CACHE_HOME": ""}, "/home/me/.cache/mesocare"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/mesocare"),
    ],
)
def test_cache_directory(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the system's usual place, and one variable overrides it."""
    for name in ("MESOCARE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": "/home/me", **environment}.items():
        monkeypatch.setenv(name, value)
    assert cache.directory() == Path(expected)


def test_no_home(folder: Path, monkeypatch: pytest.MonkeyPatch, rules: RuleSet) -> None:
    """Where nobody has a home there is no cache, and an answer all the same."""
    for name in ("MESOCARE_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", _raise(RuntimeError("no home")))
    assert load_rules(folder) == rules


def test_built_in_of_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed package carries its rule set inside; a checkout has it at the top."""
    assert built_in() == Path(__file__).resolve().parents[2] / "data"
    module = tmp_path / "mesocare" / "rules" / "loader.py"
    (tmp_path / "mesocare" / "data").mkdir(parents=True)
    monkeypatch.setattr(loader, "__file__", str(module))
    assert built_in() == tmp_path / "mesocare" / "data"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("care: " + "[\n" * 4_001, "more than 4000 brackets: nested too deeply"),
        ("care: " + "x" * 2_001, "a line of more than 2000 characters"),
    ],
)
def test_what_might_nest_too_deeply_is_not_parsed(folder: Path, text: str, complaint: str) -> None:
    """Brackets and long lines have a limit, as the C parser would run out of stack."""
    (folder / CARE).write_text(text, encoding="utf-8")
    assert refused(folder).problems == (f"care.yaml:1: {complaint}",)
