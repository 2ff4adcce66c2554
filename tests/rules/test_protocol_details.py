"""Substances and factors of a clinic's protocol: what they add, and that they loosen nothing."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesocare.core.aftercare.details import raised
from mesocare.core.model import Treatment, Verdict
from mesocare.core.signs import Urgency
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from mesocare.errors import RulesError, TreatmentError
from mesocare.parsing.details import details_of, find_details
from mesocare.rules.loader import built_in, load_rules
from mesocare.rules.overlay.details import MOST_DETAILS
from tests.support.process import copy_rules
from tests.support.protocols import APPROVED, load, write

if TYPE_CHECKING:
    from mesocare.core.model import Detail, RuleSet

pytestmark = pytest.mark.usefixtures("files_read_once")

BUILT_IN = load_rules()
TREATED = datetime(2026, 6, 1, 10, tzinfo=UTC)  # no clocks change in these weeks
GLOW = {"our-glow": {"extends": "face", "label": "Our glow", "with": ["ha-booster"]}}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled rule sets in a directory of the test's own."""
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))


def avoid(until: str, reason: str = "So we ask.") -> dict[str, Any]:
    """Return a rule that closes for a time."""
    return {"phases": [{"until": until, "verdict": "avoid", "reason": reason}]}


def after(type_: str, *details: Detail) -> Treatment:
    return Treatment(type_, Interval(TREATED, TREATED, UTC), details=details)


def refused(folder: Path, body: dict[str, Any]) -> list[str]:
    """Return the problems for which a protocol is refused."""
    with pytest.raises(RulesError) as caught:
        load_rules(write(folder, body))
    return list(caught.value.problems)


def held(rules: RuleSet, treatment: Treatment, item: str, hours: float) -> Verdict:
    return answer(rules.items[item], [treatment], rules, TREATED + timedelta(hours=hours)).verdict


def test_what_is_always_injected(tmp_path: Path) -> None:
    """A treatment brings it along, with what holds for the type that it extends."""
    rules = load(tmp_path, {"treatments": GLOW})
    assert rules.types["our-glow"].injected == ("ha-booster",)
    assert "our-glow" in rules.details()["ha-booster"].types
    (booster,) = details_of("our-glow", (), rules)
    assert booster.rules["pool"]["our-glow"] == booster.rules["pool"]["face"]
    plain = held(rules, after("face"), "pool", 200)
    assert held(rules, after("our-glow", booster), "pool", 200) is Verdict.AVOID is not plain
    with pytest.raises(TreatmentError, match="does not go with a our-glow"):
        details_of("our-glow", find_details(["dutasteride"], "with", rules), rules)


@pytest.mark.parametrize(
    ("extends", "injected", "says"),
    [
        ("scalp", ["ha-booster"], "with.0: 'ha-booster' does not go with a scalp treatment; it go"),
        ("face", ["prpp"], "with.0: no substance 'prpp' (did you mean prp?)"),
        ("face", ["pregnant"], "with.0: no substance 'pregnant'"),
        ("face", ["prp", "prpp", "toxin", "needle-free"], "with.3: 'needle-free' and 'toxin' excl"),
        ("face", ["needle-free", "toxin"], "with.1: 'toxin' and 'needle-free' exclude each other"),
        ("face", [], "with: "),
        ("face", "prp", "with: "),
        ("face", [7], "with.0: "),
    ],
)
def test_what_cannot_be_injected(tmp_path: Path, extends: str, injected: Any, says: str) -> None:
    """Unknown, not for this type, or excluded: with its line and what was probably meant."""
    glow = {"extends": extends, "label": "Our glow", "with": injected}
    problems = refused(tmp_path, {"treatments": {"our-glow": glow}})
    assert any(f"treatments.our-glow.{says}" in each for each in problems), problems
    assert all(each.startswith("rose.yaml:") for each in problems)
    assert len({each.partition(": ")[2] for each in problems}) == len(problems)


def test_a_known_one_is_tightened(tmp_path: Path) -> None:
    """For the types that it goes with; whose word it is and what it replaced are kept."""
    said = {"rules": {"nsaid": {"all": {**avoid("21 d"), "reason": "We wait longer."}}}}
    body = {"treatments": {"our-plasma": {"extends": "scalp", "label": "Ours"}}}
    rules = load(tmp_path, {**body, "substances": {"prp": said}})
    old, new = BUILT_IN.details()["prp"], rules.details()["prp"]
    assert set(new.rules["nsaid"]) == {"face", "scalp", "our-plasma"}
    assert (new.label, new.note, new.flags) == (old.label, old.note, old.flags)
    assert new.rules["alcohol"]["face"] == old.rules["alcohol"]["face"]
    rule = new.rules["nsaid"]["face"]
    assert [str(phase.until) for phase in rule.phases] == ["21 d", "None"]
    assert rule.rationale == "We wait longer."
    assert rule.protocol is not None
    assert not rule.protocol.loosens
    assert rule.protocol.builtin is not None
    assert str(rule.protocol.builtin.restricted_until) == "14 d"
    (row,) = rule.evidence
    assert rules.evidence[row].source.publisher == "Rose Clinic"
    assert (rules.evidence[row].max_hours, rules.evidence[row].modality) == (504, "avoid")
    for hours, wanted in ((503, Verdict.AVOID), (504, Verdict.ALLOWED)):
        assert held(rules, after("face", new), "nsaid", hours) is wanted


def test_one_type_alone(tmp_path: Path) -> None:
    """What was the same for another type stays as it was; an item it did not name is new."""
    said = {"rules": {"nsaid": {"scalp": avoid("21 d")}, "sauna": {"face": avoid("20 d")}}}
    prp = load(tmp_path, {"substances": {"prp": said}}).details()["prp"]
    assert prp.rules["nsaid"]["face"] == BUILT_IN.details()["prp"].rules["nsaid"]["face"]
    assert set(prp.rules["sauna"]) == {"face"}
    protocol = prp.rules["sauna"]["face"].protocol
    assert protocol is not None
    assert protocol.builtin is None


@pytest.mark.parametrize(
    ("rule", "since"),
    [
        (avoid("13 d"), 309),
        (avoid("336 h"), 336),
        ({"phases": [{"verdict": "ask", "reason": "Ask."}]}, 0),
        (
            {
                "phases": [
                    {"until": "9 d", "verdict": "limited", "condition": "Few.", "reason": "x"}
                ]
            },
            0,
        ),
    ],
)
def test_a_known_one_is_never_loosened(tmp_path: Path, rule: dict[str, Any], since: int) -> None:
    """With the line and the hour, and no signature helps: the key for it is unknown here."""
    body = {"substances": {"prp": {"rules": {"nsaid": {"scalp": rule}}}}}
    (problem,) = refused(tmp_path, body)
    assert problem.startswith("rose.yaml:13: substances.prp.rules.nsaid.scalp: after scalp it is ")
    assert f"from {since} h on; a detail may only tighten" in problem
    rule |= APPROVED
    assert any("unknown key 'loosens'" in each for each in refused(tmp_path, body))


def test_what_it_takes_over_is_what_it_is_held_against(tmp_path: Path) -> None:
    """Dark skin has the phases of brightening: a rule in their place is no milder than those."""
    said = {"factors": {"dark-skin": {"rules": {"sunbed": {"face": avoid("40 d")}}}}}
    own = BUILT_IN.items["sunbed"].rules["brightening"]
    longest = max(phase.until.nominal_hours for phase in own.phases if phase.until)
    assert longest > 960 or own.restricted_until is None
    (problem,) = refused(tmp_path, said)
    assert "factors.dark-skin.rules.sunbed.face: after face it is milder" in problem
    said["factors"]["dark-skin"]["rules"]["sunbed"]["face"] = {
        "phases": [{"verdict": "avoid", "reason": "Never."}]
    }
    rule = load(tmp_path, said).details()["dark-skin"].rules["sunbed"]["face"]
    assert rule.protocol is not None
    assert rule.protocol.builtin == own


@pytest.mark.parametrize("milder", [True, False])
def test_what_was_signed_for_a_type_is_not_taken_over(tmp_path: Path, *, milder: bool) -> None:
    """A milder rule after brightening is not one for dark skin after a face treatment."""
    phases = [{"verdict": "allowed" if milder else "avoid", "reason": "So."}]
    said = {"brightening": {"phases": phases, **(APPROVED if milder else {})}}
    rules = load(tmp_path, {"changes": {"sunbed": said}})
    built_in = BUILT_IN.items["sunbed"].rules["brightening"]
    dark = rules.details()["dark-skin"].rules["sunbed"]["face"]
    assert rules.items["sunbed"].rules["brightening"] != built_in
    assert dark == (built_in if milder else rules.items["sunbed"].rules["brightening"])


OWN: dict[str, Any] = {
    "label": "Rose mix",
    "aliases": ["rose cocktail"],
    "types": ["face"],
    "excludes": ["toxin"],
    "note": {"text": "Ask us what is in it."},
    "rules": {"alcohol": {"all": avoid("5 d", "It widens the vessels.")}},
    "flags": {"sepsis": {}, "thick-scar": {"urgency": "same_day", "evidence": ["E520"]}},
}


def test_one_of_the_clinics_own(tmp_path: Path) -> None:
    """It is found by its words, holds, excludes, is known, and raises flags, on its own word."""
    treatments = {"our-rose": {"extends": "face", "label": "Ours", "with": ["rose-mix"]}}
    rules = load(tmp_path, {"treatments": treatments, "substances": {"rose-mix": OWN}})
    (mix,) = find_details(["Rose cocktail"], "with", rules)
    assert (mix.id, mix.kind, mix.types) == ("rose-mix", "with", ("face", "our-rose"))
    assert set(mix.rules["alcohol"]) == {"face", "our-rose"}
    assert mix.note is not None
    assert mix.note.text == "Ask us what is in it."
    sources = {rules.evidence[id_].source.publisher for id_ in mix.note.evidence}
    assert sources == {"Rose Clinic"}
    assert held(rules, after("our-rose", mix), "alcohol", 119) is Verdict.AVOID
    assert held(rules, after("our-rose", mix), "alcohol", 120) is Verdict.ALLOWED
    with pytest.raises(TreatmentError, match="exclude each other"):
        details_of("our-rose", find_details(["botox"], "with", rules), rules)
    flags = raised(rules, [after("face", mix)]).red_flags
    assert flags["thick-scar"].urgency is Urgency.SAME_DAY
    assert mix.flags["sepsis"].urgency is None
    row, other = mix.flags["thick-scar"].evidence
    assert (rules.evidence[row].modality, other) == ("red_flag", "E520")


def test_a_factor_of_its_own(tmp_path: Path) -> None:
    """With a label alone it is known; without types it goes with every treatment."""
    said = {"sensitive": {"label": "Sensitive skin"}}
    rules = load(tmp_path, {"factors": said})
    (found,) = find_details(["sensitive skin"], "about", rules)
    assert (found.types, found.rules, found.flags, found.note) == ((), {}, {}, None)
    everywhere = {"sensitive": {"label": "Sensitive", "rules": {"sauna": {"all": avoid("60 d")}}}}
    found = load(tmp_path, {"factors": everywhere}).details()["sensitive"]
    assert set(found.rules["sauna"]) == set(BUILT_IN.types)
    assert [each.id for each in find_details(["toxin"], "with", BUILT_IN)] == ["toxin"]


def test_words_and_flags_are_added(tmp_path: Path) -> None:
    """More words, and a flag raised further, keep what was there."""
    said = {"aliases": ["plasma glow"], "flags": {"doubtful-needles": {"urgency": "emergency"}}}
    prp = load(tmp_path, {"substances": {"prp": said}}).details()["prp"]
    was = BUILT_IN.details()["prp"]
    assert prp.aliases == (*was.aliases, "plasma glow")
    assert prp.flags["doubtful-needles"].urgency is Urgency.EMERGENCY
    assert set(was.flags["doubtful-needles"].evidence) < set(prp.flags["doubtful-needles"].evidence)


def own(**changed: Any) -> dict[str, Any]:
    """Return a protocol with a substance of the clinic's own, changed."""
    return {"substances": {"rose-mix": {**OWN, **changed}}}


def known(**said: Any) -> dict[str, Any]:
    """Return a protocol that says something of a factor of the rule set."""
    return {"factors": {"cold-sores": said}}


FAULTS: list[tuple[dict[str, Any], str]] = [
    (own(label=None), "substances.rose-mix"),
    (
        {"substances": {"rose-mix": {"types": ["face"]}}},
        "rose-mix: one of your own needs a `label`",
    ),
    ({"substances": {"prpp": {}}}, "needs a `label` (did you mean prp?)"),
    (own(types=["fcae"]), "rose-mix.types.0: got 'fcae' (did you mean face?); allowed here: face"),
    (own(types=["all"]), "rose-mix.types.0: got 'all'"),
    (own(excludes=["toxn"]), "rose-mix.excludes.0: got 'toxn' (did you mean toxin?)"),
    (own(excludes=["rose-mix"]), "rose-mix.excludes.0: got 'rose-mix'"),
    (own(excludes=["pregnant"]), "rose-mix.excludes.0: got 'pregnant'"),
    (own(aliases=["botox"]), "rose-mix.aliases: 'botox' already leads to 'toxin'"),
    (own(rules={"sauna": {"fcae": avoid("1 d")}}), "did you mean face?"),
    (
        own(rules={"sauna": {"scalp": avoid("1 d")}}),
        "'rose-mix' does not go with a scalp treatment",
    ),
    (own(rules={"sawna": {"all": avoid("1 d")}}), "no item 'sawna' in the rule set (did you mean"),
    (own(rules={"sauna": {"all": {"until": "1 d"}}}), "unknown key 'until'"),
    (own(rules={"sauna": {"all": {"same_as": "face"}}}), "unknown key 'same_as'"),
    (own(rules={"sauna": {"all": {"phases": []}}}), "rules.sauna.all.phases"),
    (own(rules={"sauna": {"all": {"phases": [{"verdict": "allowed", "reason": "x"}]}}}), "allowed"),
    (
        own(rules={"sauna": {"all": {"phases": [{"verdict": "limited", "reason": "x"}]}}}),
        "`limited` needs a condition",
    ),
    (
        own(rules={"sauna": {"all": {"phases": avoid("2 d")["phases"] + avoid("1 d")["phases"]}}}),
        "ends no later than the phase before",
    ),
    (
        own(
            rules={
                "sauna": {"all": {"phases": [{**avoid("1 d")["phases"][0], "evidence": ["E999"]}]}}
            }
        ),
        "no row 'E999' in evidence.tsv",
    ),
    (own(note={"text": "x", "evidence": ["E999"]}), "no row 'E999'"),
    (own(note="x"), "rose-mix.note"),
    (own(flags={"sepsys": {}}), "no red flag 'sepsys' in the rule set (did you mean sepsis?)"),
    (own(flags={"sepsis": {"urgency": "later"}}), "allowed here: emergency, same_day"),
    (own(flags={"sepsis": {"evidence": ["E999"]}}), "no row 'E999'"),
    (own(loosens=True), "unknown key 'loosens'"),
    ({"substances": {"pregnant": {"label": "x"}}}, "this name is taken by one of --about"),
    (
        {"factors": {"x": {"label": "X"}}, "substances": {"x": {"label": "X"}}},
        "factors.x: this name",
    ),
    ({"factors": {"prp": {}}}, "factors.prp: this name is taken by one of --with"),
    (known(label="x"), "cold-sores.label: the rule set has 'cold-sores', and this stays as it is"),
    (known(types=["face"]), "cold-sores.types: the rule set has"),
    (known(note={"text": "Fine."}), "cold-sores.note: the rule set has"),
    (known(excludes=["keloid"]), "cold-sores.excludes: the rule set has"),
    (known(aliases=["keloids"]), "factors.cold-sores.aliases: 'keloid' already leads to 'keloid'"),
    (
        known(flags={"grouped-blisters": {"urgency": "contact_clinic"}}),
        "grouped-blisters.urgency: it is same_day already; how urgent it is may only be raised",
    ),
    (known(flags={"sepsis": {"urgency": "same_day"}}), "sepsis.urgency: it is emergency already"),
    ({"factors": []}, "factors"),
    ({"substances": {"A B": {"label": "x"}}}, "substances"),
]


@pytest.mark.parametrize(("body", "says"), FAULTS)
def test_faults_are_named_with_their_place(tmp_path: Path, body: dict[str, Any], says: str) -> None:
    """Each once, with the line of the protocol."""
    problems = refused(tmp_path, body)
    assert any(says in each for each in problems), problems
    assert all(each.startswith("rose.yaml:") for each in problems), problems
    assert not any(each.startswith("rose.yaml:1:") for each in problems), problems


def test_nobody_is_told_to_stop_a_medicine(tmp_path: Path) -> None:
    """What is asked about before, and never restricted after, may only be asked about."""
    rule = avoid("7 d")
    body = {"factors": {"anticoagulant": {"rules": {"blood-thinners": {"all": rule}}}}}
    (problem,) = refused(tmp_path, body)
    assert "rules.blood-thinners.all: this is asked about, and nobody is told to lea" in problem
    rule["phases"][0]["verdict"] = "ask"
    found = load(tmp_path, body)
    detail = found.details()["anticoagulant"]
    assert held(found, after("face", detail), "blood-thinners", 1) is Verdict.ASK


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("root", ["substances", "factors"])
def test_how_many_there_may_be(tmp_path: Path, root: str, more: int) -> None:
    """As many as are allowed are read; a thousand are refused at once."""
    many = {f"own-{n:03}": {"label": f"Own {n}"} for n in range(MOST_DETAILS)}
    if not more:
        assert set(many) < set(load(tmp_path, {root: many}).details())
        return
    for n in (MOST_DETAILS + 1, 1000):
        many = {f"own-{i:03}": {"label": f"Own {i}"} for i in range(n)}
        (problem,) = refused(tmp_path, {root: many})
        assert f"{root}: more than {MOST_DETAILS} of them" in problem


def test_an_id_of_a_rule_set_is_used_once(tmp_path: Path) -> None:
    """A substance and a factor under one id, and one word for two, are refused in a rule set."""
    folder = copy_rules(built_in(), tmp_path / "rules")
    file = folder / "details" / "factors.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  keloid:\n", "  prp:\n"), encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        load_rules(folder)
    assert any("the id 'prp' is used twice" in each for each in caught.value.problems)
    file.write_text(text.replace("[keloids,", "[nursing,"), encoding="utf-8")
    with pytest.raises(RulesError) as caught:
        load_rules(folder)
    assert any("'nursing' already leads to 'breastfeeding'" in e for e in caught.value.problems)


PHASES = st.lists(
    st.tuples(
        st.sampled_from(["avoid", "ask", "limited"]),
        st.sampled_from([1, 2, 3, 7, 14, 28, 60]),
        st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[1],
)


def phases(drawn: list[tuple[str, int, bool]], *, ends: bool) -> dict[str, Any]:
    """Return a rule of phases in order; the last has an end or none."""
    found = []
    for verdict, days, in_hours in sorted(drawn, key=lambda each: each[1]):
        phase = {"verdict": verdict, "reason": "So."}
        phase |= {"condition": "Gently."} if verdict == "limited" else {}
        found.append({**phase, "until": f"{days * 24} h" if in_hours else f"{days} d"})
    if not ends:
        del found[-1]["until"]
    return {"phases": found}


PAIRS = [
    (each, item, type_)
    for each in BUILT_IN.details().values()
    for item, by_type in each.rules.items()
    for type_ in by_type
]


@given(st.sampled_from(PAIRS), PHASES, st.booleans(), st.sampled_from(["all", "own"]))
def never_milder(
    pair: tuple[Detail, str, str], drawn: list[tuple[str, int, bool]], ends: bool, key: str
) -> None:
    """Whatever is accepted holds no less than what is built in, at every hour of two months."""
    detail, item, type_ = pair
    root = "substances" if detail.kind == "with" else "factors"
    said = {item: {type_ if key == "own" else "all": phases(drawn, ends=ends)}}
    with tempfile.TemporaryDirectory() as folder:
        try:
            rules = load_rules(write(Path(folder), {root: {detail.id: {"rules": said}}}))
            problems: tuple[str, ...] = ()
        except RulesError as error:
            problems = tuple(error.problems)
    assert all("may only tighten" in each for each in problems), problems
    if problems:
        return
    new = rules.details()[detail.id]
    for hours in range(0, 24 * 65, 6):
        before = held(BUILT_IN, after(type_, detail), item, hours)
        assert held(rules, after(type_, new), item, hours).severity >= before.severity


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.long)])
def test_never_milder(examples: int, searched: Any) -> None:
    """No protocol that is accepted loosens a detail."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(never_milder)()
    searched(examples, "random details of protocols, none milder")
