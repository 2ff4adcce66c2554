"""A clinic's protocol: what it makes of the rules, and what it may not."""

from __future__ import annotations

import json
import random
import re
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest

from mesocare.core.model import Verdict
from mesocare.errors import ActivityError, RulesError
from mesocare.parsing.activities import understand
from mesocare.rules import cache
from mesocare.rules.loader import built_in, compile_files, load_rules, read_files
from mesocare.rules.overlay.header import MOST_TREATMENTS
from tests.support.protocols import APPROVED, FRAME, change, load, write
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import Rule, RuleSet
    from tests.support.searches import Searched

pytestmark = pytest.mark.usefixtures("files_read_once")


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled rule sets in a directory of the test's own."""
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))


def course(rule: Rule) -> list[tuple[str, str]]:
    """Return the phases as a reader would list them."""
    return [(str(phase.until or ""), phase.verdict.value) for phase in rule.phases]


def refused(folder: Path, body: str | dict[str, Any], frame: str = FRAME) -> list[str]:
    """Return the problems for which a protocol is refused."""
    with pytest.raises(RulesError) as caught:
        load_rules(write(folder, body, frame))
    assert caught.value.hint
    return list(caught.value.problems)


def test_a_phase_made_longer(tmp_path: Path, rules: RuleSet) -> None:
    """Up to the built-in end its own reason holds, from there on the clinic's."""
    body = change("foundation", "face", until={"avoid": "72 h"}, reason="We wait three days.")
    changed = load(tmp_path, body)
    item, before = changed.items["foundation"], rules.items["foundation"]
    assert course(item.rules["face"]) == [("48 h", "avoid"), ("72 h", "avoid"), ("", "allowed")]
    first, second, last = item.rules["face"].phases
    assert first == before.rules["face"].phases[0]
    assert second.reason == "We wait three days."
    assert last == before.rules["face"].phases[1]
    assert item.rules["brightening"] == before.rules["brightening"]
    assert item.rules["face"].protocol is not None
    assert item.rules["face"].protocol.builtin == before.rules["face"]
    assert not item.rules["face"].protocol.loosens


def test_a_type_that_was_the_same_stays_as_it_was(tmp_path: Path, rules: RuleSet) -> None:
    """`same_as` of the rule set does not carry a clinic's change to another type."""
    body = change("makeup-remover", "face", until={"avoid": "4 d"}, reason="Four days.")
    item = load(tmp_path, body).items["makeup-remover"]
    assert course(item.rules["face"])[1] == ("4 d", "avoid")
    assert item.rules["brightening"] == rules.items["makeup-remover"].rules["brightening"]


def test_a_longer_phase_swallows_the_next(tmp_path: Path) -> None:
    """Avoiding for three days leaves nothing of a second day under a condition."""
    body = change("mineral-makeup", "face", until={"avoid": "72 h"})
    rule = load(tmp_path, body).items["mineral-makeup"].rules["face"]
    assert course(rule) == [("24 h", "avoid"), ("72 h", "avoid"), ("", "allowed")]


def test_two_ends_moved_at_once(tmp_path: Path) -> None:
    """Each phase named moves, and they stay in order."""
    body = change("mineral-makeup", "face", until={"avoid": "72 h", "limited": "7 d"})
    rule = load(tmp_path, body).items["mineral-makeup"].rules["face"]
    verdicts = [("24 h", "avoid"), ("72 h", "avoid"), ("7 d", "limited"), ("", "allowed")]
    assert course(rule) == verdicts
    crossed = change("mineral-makeup", "face", until={"avoid": "72 h", "limited": "60 h"})
    assert any("ends no later than the phase before" in each for each in refused(tmp_path, crossed))


@pytest.mark.parametrize(
    ("item", "type_", "until", "says"),
    [
        ("foundation", "face", {"ask": "72 h"}, "the rule has no such phase; it has avoid"),
        ("foundation", "scalp", {"avoid": "72 h"}, "restricts nothing here; write `phases`"),
        ("foundation", "all", {"avoid": "72 h"}, "after scalp: the rule it changes restricts"),
        ("chemical-peel", "brightening", {"ask": "9 d"}, "has no end to move; write `phases`"),
        ("protected-sun", "face", {"limited": "9 d"}, "several such phases; write `phases`"),
    ],
)
def test_an_end_that_cannot_be_moved(
    tmp_path: Path, item: str, type_: str, until: dict[str, str], says: str
) -> None:
    """The short form moves exactly one phase, and says why where there is none."""
    problems = refused(tmp_path, change(item, type_, until=until, reason="So."))
    assert any(says in each for each in problems), problems


@pytest.mark.parametrize("left_out", ["", "loosens", "reason", "approved_by"])
def test_loosening_needs_all_three_keys(tmp_path: Path, left_out: str) -> None:
    """Without any one of them the line is named, and what is lacking."""
    said = {key: value for key, value in APPROVED.items() if key != left_out}
    body = change("foundation", "face", until={"avoid": "24 h"}, **said)
    if not left_out:
        rule = load(tmp_path, body).items["foundation"].rules["face"]
        assert course(rule) == [("24 h", "avoid"), ("", "allowed")]
        assert rule.phases[1].reason == "Our figures."
        assert rule.protocol is not None
        assert (rule.protocol.loosens, rule.protocol.approved_by) == (True, "Dr A.")
        return
    (problem,) = refused(tmp_path, body)
    assert re.match(r"rose\.yaml:\d+: changes\.foundation\.face: ", problem)
    assert "milder than the rule it changes from 24 h on" in problem
    assert left_out in problem.partition("add ")[2]


def test_loosening_one_phase_while_tightening_another(tmp_path: Path) -> None:
    """A longer wait before does not pay for a milder verdict after."""
    phases = [
        {"until": "30 h", "verdict": "avoid", "reason": "Longer."},
        {"until": "40 h", "verdict": "limited", "condition": "Gently.", "reason": "Then so."},
        {"verdict": "allowed", "reason": "Done."},
    ]
    (problem,) = refused(tmp_path, change("mineral-makeup", "face", phases=phases))
    assert "milder than the rule it changes from 40 h on" in problem
    load(tmp_path, change("mineral-makeup", "face", phases=phases, **APPROVED))


def test_loosens_that_loosens_nothing(tmp_path: Path) -> None:
    """The word is for what is milder; beside anything else it would blunt the eye."""
    body = change("foundation", "face", until={"avoid": "72 h"}, **APPROVED)
    (problem,) = refused(tmp_path, body)
    assert "changes.foundation.face.loosens: nothing here is milder" in problem


def test_days_in_the_place_of_hours(tmp_path: Path) -> None:
    """When clocks go forward, two days are 47 hours: that is milder than 48."""
    (problem,) = refused(tmp_path, change("foundation", "face", until={"avoid": "2 d"}))
    assert "milder than the rule it changes" in problem
    load(tmp_path, change("foundation", "face", until={"avoid": "3 d"}))


def test_named_treatments_take_everything_over(tmp_path: Path) -> None:
    """Rules, reactions, red flags, care and course are those of the type they extend."""
    body = "treatments:\n  dutasteride: {extends: scalp, label: Dutasteride}\n"
    body += "  prp: {extends: face, label: PRP}\n"
    rules = load(tmp_path, body)
    assert tuple(rules.types) == ("face", "scalp", "brightening", "dutasteride", "prp")
    for named, base in (("dutasteride", "scalp"), ("prp", "face")):
        assert rules.types[named].extends == base
        assert all(item.rules[named] == item.rules[base] for item in rules.items.values())
        assert rules.course[named] == rules.course[base]
        for each in rules.reactions.values():
            assert each.expected.get(named) == each.expected.get(base)
        for care in rules.care.values():
            assert care.windows.get(named) == care.windows.get(base)
        for flag in rules.red_flags.values():
            assert (named in flag.types) == (base in flag.types)


def test_a_named_treatment_follows_its_type_unless_it_says_otherwise(tmp_path: Path) -> None:
    """A change of the type reaches it; a change of its own is held against the built-in rule."""
    body: dict[str, Any] = {"treatments": {"prp": {"extends": "face", "label": "PRP"}}}
    by_type = {"face": {"until": {"avoid": "96 h"}, "reason": "Four days."}}
    body["changes"] = {"foundation": by_type}
    rules = load(tmp_path, body)
    rule = rules.items["foundation"].rules
    assert rule["prp"] == rule["face"]
    by_type["prp"] = {"until": {"avoid": "72 h"}, "reason": "Three days."}
    rule = load(tmp_path, body).items["foundation"].rules
    assert rule["prp"].protocol is not None
    assert not rule["prp"].protocol.loosens
    assert course(rule["prp"])[1] == ("72 h", "avoid")
    assert course(rule["face"])[1] == ("96 h", "avoid")


OWN = """\
items:
  oxygen-facial:
    group: procedures
    label: Oxygen facial
    aliases: [oxygen therapy]
    rules:
      scalp: {unrestricted: Your face was not treated.}
      all:
        phases:
          - {until: 48 h, verdict: avoid, reason: We do it in our rooms only.}
          - {verdict: allowed, reason: As you like.}
"""


def test_an_own_item(tmp_path: Path) -> None:
    """It is found by its names, answers for every type, and opens no group."""
    rules = load(tmp_path, OWN)
    item = rules.items["oxygen-facial"]
    assert rules.names["oxygen therapy"] == "oxygen-facial"
    assert rules.groups["procedures"].items[-1] == "oxygen-facial"
    assert item.aside
    assert course(item.rules["face"]) == course(item.rules["brightening"])
    assert not item.rules["scalp"].concerns
    assert item.rules["face"].protocol is not None
    assert item.rules["face"].protocol.builtin is None
    (row,) = item.rules["face"].evidence
    assert rules.evidence[row].source.publisher == "Rose Clinic"


def test_own_care_and_own_numbers(tmp_path: Path, rules: RuleSet) -> None:
    """New care text is added, that of a known id is replaced for the types named, no other."""
    body = "care:\n  rose-cream: {label: Rose cream, windows: {all: {text: Thinly., until: 7 d}}}\n"
    body += "  rest: {windows: {face: {text: Sleep upright.}}}\n"
    body += "contacts: {contact_clinic: Call Rose Clinic}\n"
    changed = load(tmp_path, body)
    assert set(changed.care["rose-cream"].windows) == {"face", "scalp", "brightening"}
    assert changed.care["rest"].windows["face"].text == "Sleep upright."
    before = rules.care["rest"].windows["brightening"]
    assert changed.care["rest"].windows["brightening"] == before
    assert changed.contacts == {**rules.contacts, "contact_clinic": "Call Rose Clinic"}


FAULTS = [
    ("changes: {foundatoin: {face: {until: {avoid: 72 h}}}}\n", 8, "did you mean foundation?"),
    ("changes: {jogging: {face: {until: {avoid: 9 d}}}}\n", 8, "did you mean intense-workout?"),
    ("changes: {foundation: {fcae: {until: {avoid: 72 h}}}}\n", 8, "did you mean face?"),
    ("treatments: {prp: {extends: fase, label: PRP}}\n", 8, "did you mean face?"),
    ("treatments: {face: {extends: face, label: X}}\n", 8, "this name is taken"),
    ("treatments: {all: {extends: face, label: X}}\n", 8, "this name is taken"),
    ("contacts: {emergency: Call us}\n", 8, "allowed here: same_day, contact_clinic"),
    ("red_flags: {fever: x}\n", 8, "unknown key 'red_flags'"),
    ("reactions: {redness: x}\n", 8, "unknown key 'reactions'"),
    ("care: {rose: {windows: {all: {text: x}}}}\n", 8, "needs a `label`"),
    (OWN.replace("oxygen therapy", "sauna"), 12, "'sauna' already leads to 'sauna'"),
    (OWN.replace("group: procedures", "group: procedure"), 10, "did you mean procedures?"),
    (OWN.replace("oxygen-facial:", "sauna:"), 10, "put it under `changes`"),
    (OWN.replace("      all:", "      brightening:"), 14, "no rule for face"),
    (OWN.replace("until: 48 h, ", ""), 17, "every phase but the last ends with `until`"),
    (OWN.replace("verdict: avoid", "verdict: limited"), 17, "`limited` needs a condition"),
    ("changes: {sauna: {face: {until: {avoid: 9 d}, evidence: [E999]}}}\n", 8, "no row 'E999'"),
    ("extends: mesocare\n", 8, "this key stands here twice"),
]


@pytest.mark.parametrize(("body", "line", "says"), FAULTS)
def test_faults_are_named_with_their_place(tmp_path: Path, body: str, line: int, says: str) -> None:
    """Each with the line, the place, what is possible and what was probably meant."""
    problems = refused(tmp_path, body)
    assert any(each.startswith(f"rose.yaml:{line}: ") and says in each for each in problems), (
        problems
    )


def test_every_problem_at_once(tmp_path: Path) -> None:
    """One run names them all."""
    body = "changes:\n  foundatoin: {face: {until: {avoid: 72 h}}}\n"
    body += "  sauna: {fcae: {until: {avoid: 72 h}}, face: {until: {avoid: 1 d}}}\n"
    frame = FRAME.replace("review_due: 2027-11-01", "review_due: 2025-11-01")
    assert len(refused(tmp_path, body, frame)) == 4


@pytest.mark.parametrize(
    ("extends", "says"),
    [
        ("nowhere", "no such path"),
        ("rose.yaml", "not another protocol"),
        ("other.yaml", "not another protocol"),
        (".", "cannot be read"),
        ("/dev/null", "neither a directory nor a file"),
        ("a\\0b", ""),
    ],
)
def test_what_cannot_be_extended(tmp_path: Path, extends: str, says: str) -> None:
    """A protocol extends a rule set: not itself, not another protocol, not nothing."""
    write(tmp_path).rename(tmp_path / "other.yaml")
    path = write(tmp_path, frame=FRAME.replace("extends: mesocare", f'extends: "{extends}"'))
    with pytest.raises(RulesError) as caught:
        load_rules(path)
    assert says in caught.value.message
    assert "A protocol extends mesocare" in caught.value.hint


def test_a_line_that_yaml_reads_otherwise(tmp_path: Path) -> None:
    """What is extended is known before YAML is read; where the two differ, nobody guesses."""
    frame = FRAME.replace("extends: mesocare", 'extends: "meso\\x63are"')
    with pytest.raises(RulesError):
        load_rules(write(tmp_path, frame=frame))
    for spelled in ('"mesocare"', "'mesocare'", "mesocare # ours", "mesocare\r"):
        write(tmp_path, frame=FRAME.replace("extends: mesocare", f"extends: {spelled}"))
        assert load_rules(tmp_path / "rose.yaml").identity.name == "rose-clinic"


def test_extends_in_two_lines(tmp_path: Path) -> None:
    """What YAML makes of the line has to be what was extended."""
    frame = FRAME.replace("extends: mesocare", "extends: mesocare\n  and more")
    (problem,) = refused(tmp_path, "", frame)
    assert problem.startswith("rose.yaml:1: extends: write it on a line of its own")


def test_the_name_of_what_it_extends(tmp_path: Path) -> None:
    """A protocol is told apart from the rule set under it."""
    (problem,) = refused(tmp_path, "", FRAME.replace("name: rose-clinic", "name: mesocare"))
    assert problem == "rose.yaml:2: name: that is the name of the rule set it extends"


def test_too_many_treatments(tmp_path: Path) -> None:
    """As many as are allowed are read, and with one more nothing is."""
    each = {"extends": "face", "label": "PRP"}
    treatments = {f"prp-{n:02}": each for n in range(MOST_TREATMENTS)}
    rules = load(tmp_path, {"treatments": treatments})
    assert [id_ for id_ in rules.types if id_ in treatments] == list(treatments)
    (problem,) = refused(tmp_path, {"treatments": {**treatments, "one-more": each}})
    assert problem.startswith("rose.yaml:9: treatments: more than ")


def test_a_source_that_is_called_as_the_clinic_would_be(tmp_path: Path) -> None:
    """The clinic's word and that of the rule set's own source are kept apart."""
    folder = tmp_path / "base"
    shutil.copytree(built_in(), folder)
    for name in ("sources.yaml", "evidence.tsv"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "nhs-content-anaphylaxis" in text
        text = text.replace("nhs-content-anaphylaxis", "clinic")
        (folder / name).write_text(text, encoding="utf-8")
    body = change("foundation", "face", until={"avoid": "72 h"}, reason="Three days.")
    path = write(tmp_path, body, FRAME.replace("extends: mesocare", "extends: base"))
    before, rules = load_rules(folder), load_rules(path)
    assert rules.sources["clinic"] == before.sources["clinic"]
    theirs = [id_ for id_, row in before.evidence.items() if row.source.id == "clinic"]
    assert theirs
    assert all(rules.evidence[id_] == before.evidence[id_] for id_ in theirs)
    (ours,) = set(rules.evidence) - set(before.evidence)
    assert rules.evidence[ours].source.publisher == "Rose Clinic"
    assert rules.evidence[ours].source.id not in before.sources


@pytest.mark.parametrize("alias", ["    aliases: [sauna]\n", ""])
def test_a_name_that_leads_elsewhere(tmp_path: Path, alias: str) -> None:
    """It is refused where the protocol says it, also where a later group has the name."""
    label = "Oxygen facial" if alias else "Sauna"
    body = OWN.replace("procedures", "actives").replace("    aliases: [oxygen therapy]\n", alias)
    (problem,) = refused(tmp_path, body.replace("Oxygen facial", label))
    line = 12 if alias else 10
    place = f"rose.yaml:{line}: items.oxygen-facial.aliases: "
    assert problem == f"{place}'sauna' already leads to 'sauna'"


@pytest.mark.parametrize(
    "foreign",
    [{}, {"groups": []}, {"ruleset": {"types": {}}, "groups": {"makeup": None}}, "span"],
    ids=["empty", "list", "null", "span"],
)
def test_a_foreign_cache_of_what_it_extends(
    tmp_path: Path, foreign: dict[str, Any] | str, rules: RuleSet
) -> None:
    """It is compiled again, and what is wrong with a rule set is still told."""
    body = change("foundation", "face", until={"avoid": "72 h"}, reason="Three days.")
    digest = rules.identity.sha256
    if foreign == "span":
        good, problems = compile_files(read_files())
        assert good
        assert not problems
        foreign = json.loads(json.dumps(good).replace('"48 h"', '"soon"'))
    assert isinstance(foreign, dict)
    cache.write(digest, foreign)
    assert cache.read(digest) == foreign
    rule = load(tmp_path, body).items["foundation"].rules["face"]
    assert course(rule) == [("48 h", "avoid"), ("72 h", "avoid"), ("", "allowed")]
    assert cache.read(digest) != foreign


def test_a_foreign_cache_of_what_is_broken(tmp_path: Path) -> None:
    """The rule set's own problems are told, as without the foreign file."""
    folder = tmp_path / "base"
    shutil.copytree(built_in(), folder)
    (folder / "activities" / "makeup.yaml").write_text("x", encoding="utf-8")
    path = write(tmp_path, "", FRAME.replace("extends: mesocare", "extends: base"))
    expected = refused(tmp_path, "", FRAME.replace("extends: mesocare", "extends: base"))
    cache.write(read_files(path)._replace(protocol=None).digest, {})
    assert refused(tmp_path, "", FRAME.replace("extends: mesocare", "extends: base")) == expected
    assert "base/activities/makeup.yaml" in expected[0]


def test_spans(tmp_path: Path) -> None:
    """A stricter rule can change an answer at its own ends and at those of the rule replaced."""
    phases = [
        {"until": "72 h", "verdict": "avoid", "reason": "Wait."},
        {"verdict": "allowed", "reason": "Over."},
    ]
    rule = load(tmp_path, change("foundation", "face", phases=phases)).items["foundation"].rules
    assert [str(span) for span in rule["face"].spans] == ["72 h", "48 h"]
    assert [str(span) for span in rule["brightening"].spans] == ["48 h"]
    assert rule["scalp"].spans == ()
    phases[0]["until"] = "24 h"
    body = change("foundation", "face", phases=phases, **APPROVED)
    milder = load(tmp_path, body).items["foundation"].rules["face"]
    assert [str(span) for span in milder.spans] == ["24 h"]


def test_the_rule_set_under_it_changes(tmp_path: Path) -> None:
    """What was stricter is judged anew against what is now under it."""
    folder = tmp_path / "base"
    shutil.copytree(built_in(), folder)
    frame = FRAME.replace("extends: mesocare", "extends: base")
    body = change("foundation", "face", until={"avoid": "72 h"}, reason="Three days.")
    path = write(tmp_path, body, frame)
    before = load_rules(path)
    assert load_rules(path) == before  # from the cache
    assert load_rules(write(tmp_path, body, frame.replace("base", "base/ruleset.yaml")))
    file = folder / "activities" / "makeup.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("until: 48 h", "until: 96 h", 1), encoding="utf-8")
    (problem,) = refused(tmp_path, body, frame)
    assert "milder than the rule it changes from 72 h on" in problem
    file.write_text("x", encoding="utf-8")
    assert all("base/activities/makeup.yaml" in each for each in refused(tmp_path, body, frame))


def test_identity(tmp_path: Path, rules: RuleSet) -> None:
    """The protocol's name and dates; under it what it extends, and a digest of both."""
    identity = load(tmp_path).identity
    assert (identity.name, identity.version, identity.clinic) == ("rose-clinic", "1", "Rose Clinic")
    assert identity.extends == rules.identity
    assert identity.sha256 != rules.identity.sha256
    assert identity.review_due == min("2027-11-01", rules.identity.review_due)
    again = load(tmp_path, "# a remark\n").identity
    assert again.sha256 != identity.sha256


def test_a_protocol_that_changes_nothing_answers_the_same(tmp_path: Path, rules: RuleSet) -> None:
    """The frame alone leaves every rule as it was."""
    assert load(tmp_path).items == rules.items


ODD = [
    *(b"", b"~", b"true", b"-1", b"[]", b"{}", b"*a", b"&a [*a]", b"!!python/object:os.system x"),
    *(b"[" * 3000, b"{a: " * 3000, b"x" * 3000, b'"\\e[2J"', b"0 h", b"9999 d", b"\xff", b"\0"),
    *(b"face", b"avoid", b"all", b"limited", b"same_as: face", b"<<: *a", b"- x", b"'", b'"'),
]
DAMAGED = 100
WHOLE = (
    FRAME
    + OWN
    + """\
treatments:
  prp: {extends: face, label: PRP, with: [prp, rose-mix]}
changes:
  foundation:
    face: {until: {avoid: 72 h}, reason: We wait three days.}
    prp:
      phases:
        - {until: 24 h, verdict: avoid, reason: It closes quickly.}
        - {verdict: allowed, reason: Use clean brushes.}
      reason: Plasma only.
      loosens: true
      approved_by: Dr A. Example
care:
  rose-cream: {label: Rose cream, windows: {all: {text: Thinly., until: 7 d}}}
contacts: {contact_clinic: Call Rose Clinic}
substances:
  prp: {rules: {nsaid: {all: {phases: [{until: 21 d, verdict: avoid, reason: We wait.}]}}}}
  rose-mix: {label: Rose mix, types: [face], excludes: [toxin], note: {text: Ask us.}}
factors:
  cold-sores: {flags: {grouped-blisters: {urgency: emergency}}}
before:
  alcohol:
    washouts:
      all: {span: 3 d}
      face: {span: 24 h, loosens: true, reason: Enough., approved_by: Dr A. Example}
  chewing-gum: {label: Chewing gum, text: None., washouts: {all: {on_the_day: true}}}
"""
).encode()


def _mutated(draw: random.Random) -> bytes:
    content = WHOLE
    for _ in range(draw.choice([1, 1, 2, 5])):
        at = draw.randrange(len(content))
        match draw.randrange(5):
            case 0:
                content = content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]
            case 1:
                content = content[:at] + content[at + draw.choice([1, 5, 60]) :]
            case 2:
                content = content[:at] + draw.choice(ODD) + content[at:]
            case 3:
                words = list(re.finditer(rb"[\w-]+", content))
                one, other = draw.choice(words), draw.choice(words)
                content = content[: one.start()] + other[0] + content[one.end() :]
            case _:
                lines = content.split(b"\n")
                lines.insert(draw.randrange(len(lines)), draw.choice(lines))
                content = b"\n".join(lines)
    return content


@pytest.mark.parametrize("seed", shared_out(range(6)))
def test_damaged_protocols(seed: int, tmp_path: Path, searched: Searched) -> None:
    """Each loads whole or is refused with its problems, and soon."""
    draw = random.Random(seed)
    path = tmp_path / "rose.yaml"
    loaded = 0
    refusals: list[RulesError] = []
    for _ in range(DAMAGED):
        path.write_bytes(_mutated(draw))
        begun = time.process_time()
        try:
            rules = load_rules(path)
        except RulesError as error:
            refusals.append(error)
        else:
            loaded += 1
            types = set(rules.types)
            assert all(set(item.rules) == types for item in rules.items.values())
            assert all(
                rule.phases[-1].until is None and rule.phases[0].verdict in Verdict
                for item in rules.items.values()
                for rule in item.rules.values()
            )
        assert time.process_time() - begun < 2
    assert 0 < loaded < DAMAGED
    assert len(refusals) == DAMAGED - loaded
    searched(DAMAGED, "damaged protocols")
    for each in refusals:
        assert each.hint
        assert all(text.isprintable() for text in (each.message, *each.problems))


WORDS = """\
words:
  names: {sauna: [sweat box], oxygen-facial: [o2 glow]}
  decoys: [sauna stone]
"""


def test_words_of_its_own(tmp_path: Path) -> None:
    """Names lead to items of the rule set and of the clinic; a decoy is refused."""
    rules = load(tmp_path, OWN + WORDS)
    assert understand(["when can I use the sweat box"], rules).ids == ("sauna",)
    assert understand(["an o2 glow"], rules).ids == ("oxygen-facial",)
    with pytest.raises(ActivityError):
        understand(["sauna stone"], rules)


@pytest.mark.parametrize(
    "body",
    [
        "words:\n  names: {sauna: [trouble breathing]}\n",
        "words:\n  names: {sauna: [sweat box, my lips are swollen]}\n",
        OWN.replace("oxygen therapy", "lost my sight"),
    ],
    ids=["exact", "form", "own item"],
)
def test_a_name_hides_no_emergency(body: str, tmp_path: Path) -> None:
    """What reads as an emergency leads to whom to call, and to nothing else."""
    problems = refused(tmp_path, body)
    assert len(problems) == 1
    assert "reads as the emergency" in problems[0]


def test_a_name_for_nothing(tmp_path: Path) -> None:
    """A name needs an item or a group, and leads to one place."""
    body = "words:\n  names: {no-such-item: [sweat box], sauna: [makeup]}\n"
    problems = " ".join(refused(tmp_path, body))
    assert "no item and no group 'no-such-item'" in problems
    assert "'makeup' already leads to 'makeup'" in problems
