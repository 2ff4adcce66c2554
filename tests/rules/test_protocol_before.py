"""What a clinic's protocol makes of what comes before a treatment, and what it may not."""

from __future__ import annotations

import itertools
import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesocare.core.aftercare.washout import leave_one
from mesocare.core.model import Verdict
from mesocare.core.timespan import Interval
from mesocare.errors import RulesError
from mesocare.parsing.preparations import find_preparations
from mesocare.rules.loader import load_rules
from mesocare.rules.overlay.before import MOST_BEFORE, milder_before
from tests.support.protocols import APPROVED, load, write

if TYPE_CHECKING:
    from mesocare.core.model import Preparation, RuleSet

pytestmark = pytest.mark.usefixtures("files_read_once")

BUILT_IN = load_rules()
KNOWN = BUILT_IN.before().leave_out
WHEN = datetime(2026, 12, 10, 9, tzinfo=UTC)  # no clocks change in the weeks before
GUM: dict[str, Any] = {
    "label": "Chewing gum",
    "text": "None on the way.",
    "aliases": ["gum"],
    "washouts": {"all": {"span": "12 h"}},
}


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compiled rule sets in a directory of the test's own."""
    monkeypatch.setenv("MESOCARE_CACHE_DIR", str(tmp_path / "cache"))


def before(id_: str, **washouts: dict[str, Any]) -> dict[str, Any]:
    """Return a protocol that says something of what the rule set leaves out."""
    return {"before": {id_: {"washouts": washouts}}}


def refused(folder: Path, body: dict[str, Any]) -> list[str]:
    """Return the problems for which a protocol is refused."""
    with pytest.raises(RulesError) as caught:
        load_rules(write(folder, body))
    return list(caught.value.problems)


def held(preparation: Preparation, types: list[str], hours: float) -> Verdict:
    """Return what holds so many hours before an appointment."""
    at = WHEN - timedelta(hours=hours)
    found = leave_one(preparation, Interval(WHEN, WHEN, UTC), types, at)
    return Verdict.ALLOWED if found is None else found.verdict


def test_a_longer_wait_needs_no_signature(tmp_path: Path) -> None:
    """It holds from then on; whose word it is and what was there are kept."""
    rules = load(tmp_path, before("alcohol", all={"span": "72 h", "reason": "We ask for three."}))
    alcohol = rules.before().leave_out["alcohol"]
    assert (alcohol.label, alcohol.text) == (KNOWN["alcohol"].label, KNOWN["alcohol"].text)
    for hours, wanted in ((72, Verdict.AVOID), (72.1, Verdict.ALLOWED)):
        assert held(alcohol, ["face"], hours) is wanted
    washout = alcohol.washouts["scalp"]
    assert washout.protocol is not None
    assert (washout.protocol.clinic, washout.protocol.loosens) == ("Rose Clinic", False)
    assert washout.builtin == KNOWN["alcohol"].washouts["scalp"]
    row = rules.evidence[washout.evidence[0]]
    assert (row.source.publisher, row.max_hours, row.modality) == ("Rose Clinic", 72, "washout")
    assert set(washout.evidence[1:]) == set(KNOWN["alcohol"].washouts["scalp"].evidence)
    assert KNOWN["sun"] == rules.before().leave_out["sun"]


def test_one_type_alone(tmp_path: Path) -> None:
    """What was the same for another stays; a named treatment follows its type, or its own word."""
    body = before("alcohol", face={"span": "72 h"}, glow={"span": "96 h"})
    body["treatments"] = {
        "glow": {"extends": "face", "label": "Glow"},
        "mild": {"extends": "face", "label": "Mild"},
        "hair": {"extends": "scalp", "label": "Hair"},
    }
    washouts = load(tmp_path, body).before().leave_out["alcohol"].washouts
    spans = {type_: str(each.span) for type_, each in washouts.items()}
    assert spans == {
        "face": "72 h", "glow": "96 h", "mild": "72 h",
        "brightening": "48 h", "scalp": "48 h", "hair": "48 h",
    }  # fmt: skip
    assert washouts["brightening"] == KNOWN["alcohol"].washouts["brightening"]


def test_a_stricter_verdict(tmp_path: Path) -> None:
    """A lot of caffeine is limited; a clinic may want none."""
    said = {"span": "48 h", "verdict": "avoid"}
    caffeine = load(tmp_path, before("caffeine", face=said)).before().leave_out["caffeine"]
    assert held(caffeine, ["face"], 47) is Verdict.AVOID
    assert held(caffeine, ["scalp"], 47) is Verdict.LIMITED
    assert held(caffeine, ["face", "scalp"], 47) is Verdict.AVOID


MILDER = [
    ("alcohol", "face", {"span": "24 h"}),
    ("alcohol", "face", {"span": "2 d"}),  # in spring two days are 47 hours
    ("alcohol", "face", {"span": "9 d", "verdict": "limited"}),
    ("alcohol", "face", {"on_the_day": True}),
    ("alcohol", "face", {"ask": "Ask us."}),
    ("make-up", "face", {"span": "24 h"}),  # an autumn day can have 25
    ("make-up", "face", {"on_the_day": True, "verdict": "limited"}),
]


@pytest.mark.parametrize(("id_", "type_", "said"), MILDER)
@pytest.mark.parametrize("left_out", ["", "loosens", "reason", "approved_by"])
def test_a_milder_one_is_signed(
    tmp_path: Path, id_: str, type_: str, said: dict[str, Any], left_out: str
) -> None:
    """Without any one of the three keys the line is named, and what is lacking."""
    signed = {key: value for key, value in APPROVED.items() if key != left_out}
    body = before(id_, **{type_: {**said, **signed}})
    if not left_out:
        washout = load(tmp_path, body).before().leave_out[id_].washouts[type_]
        assert washout.protocol is not None
        assert (washout.protocol.loosens, washout.protocol.approved_by) == (True, "Dr A.")
        return
    (problem,) = refused(tmp_path, body)
    assert re.match(rf"rose\.yaml:1\d: before\.{id_}\.washouts\.face: before face it is ", problem)
    assert left_out in problem.partition("add ")[2]


@pytest.mark.parametrize(
    ("id_", "type_", "said"),
    [
        ("alcohol", "face", {"span": "48 h"}),
        ("alcohol", "face", {"span": "3 d"}),
        ("caffeine", "face", {"ask": "Ask us."}),
        ("make-up", "face", {"span": "1 d"}),
        ("make-up", "face", {"on_the_day": True}),
        ("hair-dye", "face", {"span": "1 h", "verdict": "limited"}),  # nothing is there for it
        ("isotretinoin", "scalp", {"ask": "Tell us."}),
    ],
)
def test_what_is_no_milder(tmp_path: Path, id_: str, type_: str, said: dict[str, Any]) -> None:
    """It needs no signature, and one is refused: the word is for what is milder."""
    load(tmp_path, before(id_, **{type_: said}))
    (problem,) = refused(tmp_path, before(id_, **{type_: {**said, **APPROVED}}))
    assert f"{type_}.loosens: nothing here is milder" in problem


def test_of_several_types_the_strictest_holds(tmp_path: Path) -> None:
    """What is asked about for one type does not soften what another leaves out."""
    said = {"ask": "Tell us what you take."}
    nsaid = load(tmp_path, {"before": {"hair-dye": {"washouts": {"face": said}}}})
    dye = nsaid.before().leave_out["hair-dye"]
    both = ["face", "scalp"]
    for types in (both, both[::-1]):
        assert held(dye, types, 24 * 7) is Verdict.AVOID
        assert held(dye, types, 24 * 7 + 1) is Verdict.ASK
    longer = before("exercise", scalp={"span": "9 d", "verdict": "limited"})
    exercise = load(tmp_path, longer).before().leave_out["exercise"]
    for hours, wanted in ((24, Verdict.AVOID), (25, Verdict.LIMITED), (217, Verdict.ALLOWED)):
        assert held(exercise, both, hours) is wanted
    at = WHEN - timedelta(hours=300)
    found = leave_one(exercise, Interval(WHEN, WHEN, UTC), both, at)
    assert found is not None
    assert found.begins == WHEN - timedelta(days=9)


def test_something_of_its_own(tmp_path: Path) -> None:
    """It is found by its words, for the types it names, on the clinic's word."""
    rules = load(tmp_path, {"before": {"chewing-gum": GUM}})
    (gum,) = find_preparations(["gum"], rules)
    assert (gum.id, gum.text, set(gum.washouts)) == (
        "chewing-gum", "None on the way.", set(BUILT_IN.types),
    )  # fmt: skip
    assert held(gum, ["face"], 12) is Verdict.AVOID
    washout = gum.washouts["face"]
    assert washout.builtin is None
    assert washout.protocol is not None
    assert rules.evidence[washout.evidence[0]].paraphrase == "None on the way."
    one = {**GUM, "washouts": {"scalp": {"span": "3 d", "reason": "It dries."}}}
    rules = load(tmp_path, {"before": {"chewing-gum": {**one, "activities": ["foundation"]}}})
    gum = rules.before().leave_out["chewing-gum"]
    assert (set(gum.washouts), gum.activities) == ({"scalp"}, ("foundation",))
    assert rules.evidence[gum.washouts["scalp"].evidence[0]].paraphrase == "It dries."


ASKED = [id_ for id_, each in KNOWN.items() if any(w.ask for w in each.washouts.values())]


def test_what_is_asked_about() -> None:
    """The cases below are all there are, and medicines are among them."""
    assert {"prescribed-medicines", "steroid-tablets", "isotretinoin", "antibiotics"} < set(ASKED)
    assert len(ASKED) == 7


@pytest.mark.parametrize("id_", ASKED)
@pytest.mark.parametrize("type_", ["face", "scalp", "all"])
@pytest.mark.parametrize("said", [{"span": "7 d"}, {"on_the_day": True}])
def test_what_is_asked_about_stays_so(
    tmp_path: Path, id_: str, type_: str, said: dict[str, Any]
) -> None:
    """For every type, also one for which nothing is built in, and signed or not."""
    for signed in ({}, APPROVED):
        problems = refused(tmp_path, before(id_, **{type_: {**said, **signed}}))
        assert any(
            f"before.{id_}.washouts.{type_}: this is asked about, and nobody is told to" in each
            for each in problems
        ), problems
        assert not any("add `loosens: true`" in each for each in problems)
    rules = load(tmp_path, before(id_, **{type_: {"ask": "Tell us when you come."}}))
    washout = rules.before().leave_out[id_].washouts["scalp" if type_ == "scalp" else "face"]
    assert (washout.verdict, washout.ask) == (Verdict.ASK, "Tell us when you come.")


MEDICINES = [
    {"label": "Our warfarin rule"},
    {"label": "Metformin"},
    {"text": "No insulin that day."},
    {"aliases": ["eliquis for the heart"]},
    {"activities": ["blood-thinners"]},
    {"activities": ["vaccination"]},
    {"washouts": {"all": {"span": "7 d", "reason": "Apixaban too."}}},
]


@pytest.mark.parametrize("changed", MEDICINES)
def test_a_medicine_under_another_name(tmp_path: Path, changed: dict[str, Any]) -> None:
    """A thing of the clinic's own that names one may only be asked about."""
    problems = refused(tmp_path, {"before": {"our-own": {**GUM, **changed}}})
    assert any("our-own.washouts.all: this is asked about, and nobody" in each for each in problems)


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("Stop warfarin five days before.", True),
        ("Pause your blood thinner.", True),
        ("No metformin for two days.", True),
        ("Come off it for a week.", True),
        ("Go on with it and tell us.", False),
        ("Call us about the gap.", False),
    ],
)
@pytest.mark.parametrize("key", ["ask", "reason"])
def test_words_that_read_as_stopping(tmp_path: Path, text: str, key: str, *, stops: bool) -> None:
    """Of what is asked about, no word of the clinic's says so."""
    washout = {"ask": "Call us.", **({"reason": text} if key == "reason" else {"ask": text})}
    known = before("prescribed-medicines", all=washout)
    own = {
        "before": {
            "our-own": {**GUM, "text": "Tell us of metformin.", "washouts": {"all": washout}}
        }
    }
    for id_, body in (("prescribed-medicines", known), ("our-own", own)):
        if not stops:
            load(tmp_path, body)
            continue
        problems = refused(tmp_path, body)
        assert any(
            each.endswith(
                f"{id_}.washouts.all.{key}: {text!r} reads as leaving it out; say whom to ask"
            )
            for each in problems
        ), problems


@pytest.mark.parametrize(
    ("changed", "owner"),
    [
        ({"aliases": ["beer"]}, "alcohol"),
        ({"label": "A glass of wine"}, "alcohol"),
        ({"label": "Sun bed"}, "sun"),
        ({"aliases": ["caffeine"]}, "caffeine"),
        ({"aliases": ["hair system"]}, "hair-products"),
    ],
)
def test_no_name_hides_what_is_left_out(
    tmp_path: Path, changed: dict[str, Any], owner: str
) -> None:
    """A name goes before that of an activity, so it must not lead past a longer wait."""
    problems = refused(tmp_path, {"before": {"our-own": {**GUM, **changed}}})
    assert any(f"is left out already, as {owner!r}; change that one" in each for each in problems)


FAULTS: list[tuple[Any, str]] = [
    ([], "before"),
    (
        {"gum": {"label": "Gum", "washouts": {"all": {"span": "1 d"}}}},
        "gum: one of your own needs `text`",
    ),
    (
        {"alcohl": {"washouts": {"all": {"span": "1 d"}}}},
        "needs `label` and `text` (did you mean alc",
    ),
    ({"gum": {**GUM, "washouts": {}}}, "before.gum.washouts"),
    ({"gum": {**GUM, "washouts": {"all": {}}}}, "exactly one of the keys span, on_the_day, ask"),
    ({"gum": {**GUM, "washouts": {"all": {"span": "1 d", "ask": "x"}}}}, "exactly one of the keys"),
    ({"gum": {**GUM, "washouts": {"all": {"same_as": "face"}}}}, "exactly one of the keys"),
    ({"gum": {**GUM, "washouts": {"fcae": {"span": "1 d"}}}}, "did you mean face?"),
    ({"gum": {**GUM, "washouts": {"all": {"span": "soon"}}}}, "washouts.all.span"),
    ({"gum": {**GUM, "washouts": {"all": {"span": "0 h"}}}}, "washouts.all.span"),
    ({"gum": {**GUM, "washouts": {"all": {"on_the_day": False}}}}, "washouts.all.on_the_day"),
    (
        {"gum": {**GUM, "washouts": {"all": {"ask": "x", "verdict": "avoid"}}}},
        "unknown key 'verdict'",
    ),
    (
        {"gum": {**GUM, "washouts": {"all": {"span": "1 d", "verdict": "allowed"}}}},
        "avoid, limited",
    ),
    ({"gum": {**GUM, "washouts": {"all": {"span": "1 d", "evidence": ["B999"]}}}}, "no row 'B999'"),
    ({"gum": {**GUM, "activities": ["sawna"]}}, "activities.0: no item 'sawna'"),
    ({"gum": {**GUM, "verdict": "limited"}}, "unknown key 'verdict'"),
    ({"alcohol": {**GUM}}, "before.alcohol.label: the rule set has 'alcohol', and this stays"),
    ({"alcohol": {**GUM}}, "before.alcohol.text: the rule set has 'alcohol', and this stays"),
    ({"alcohol": {"washouts": {"all": 7}}}, "before.alcohol.washouts.all"),
]


@pytest.mark.parametrize(("said", "says"), FAULTS)
def test_faults_are_named_with_their_place(tmp_path: Path, said: Any, says: str) -> None:
    """Each with the line of the protocol."""
    problems = refused(tmp_path, {"before": said})
    assert any(says in each for each in problems), problems
    assert all(re.match(r"rose\.yaml:([89]|[1-9]\d): ", each) for each in problems), problems


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_how_many_there_may_be(tmp_path: Path, more: int) -> None:
    """As many as are allowed are read; a thousand are refused at once."""
    gum = {"label": "Gum", "text": "None.", "washouts": {"face": {"span": "1 d"}}}
    many = {f"own-{n}": {**gum, "label": f"Own {n}"} for n in range(MOST_BEFORE + more)}
    if more:
        (problem,) = refused(tmp_path, {"before": many})
        assert f"before: more than {MOST_BEFORE} of them" in problem
    else:
        assert set(many) < set(load(tmp_path, {"before": many}).before().leave_out)


WASHOUTS = st.one_of(
    st.fixed_dictionaries(
        {
            "span": st.sampled_from(
                [f"{n} {u}" for u in "hd" for n in (1, 2, 7, 10, 24, 48, 72, 168)]
            )
        },
        optional={"verdict": st.sampled_from(["avoid", "limited"])},
    ),
    st.fixed_dictionaries(
        {"on_the_day": st.just(value=True)},
        optional={"verdict": st.sampled_from(["avoid", "limited"])},
    ),
    st.fixed_dictionaries({"ask": st.just("Call us.")}),
)
ZONES = [ZoneInfo(each) for each in ("Europe/Berlin", "America/Havana", "Australia/Lord_Howe")]
SAID = st.dictionaries(
    st.tuples(st.sampled_from(list(KNOWN)), st.sampled_from([*BUILT_IN.types, "all"])),
    WASHOUTS,
    min_size=1,
    max_size=6,
)


def accepted(said: dict[tuple[str, str], Any]) -> RuleSet:
    """Return the rules under what is accepted of a protocol without a signature."""
    with tempfile.TemporaryDirectory() as folder:
        while True:
            body: dict[str, Any] = {}
            for (id_, type_), washout in said.items():
                body.setdefault(id_, {"washouts": {}})["washouts"][type_] = washout
            try:
                return load_rules(write(Path(folder), {"before": body} if body else ""))
            except RulesError as error:
                texts = "\n".join(error.problems)
            bad = set(re.findall(r"before\.([\w-]+)\.washouts\.([\w-]+)", texts))
            assert bad & set(said), texts
            said = {key: washout for key, washout in said.items() if key not in bad}


@given(
    SAID,
    st.datetimes(datetime(2026, 3, 20), datetime(2026, 4, 10)),
    st.booleans(),
    st.sampled_from(ZONES),
    st.sampled_from([1, 2, 3]),
    st.booleans(),
)
def never_milder(  # noqa: PLR0913, PLR0917 - what is drawn
    said: dict[tuple[str, str], Any],
    local: datetime,
    later: bool,
    zone: ZoneInfo,
    types: int,
    vague: bool,
) -> None:
    """Any time before any appointment, around changes of clocks, of one type or several."""
    rules = accepted(said)
    moved = local.replace(month=local.month + 7) if later else local
    first = moved.replace(tzinfo=zone).astimezone(UTC)
    when = Interval(first, first + timedelta(hours=23 if vague else 0), zone)
    chosen = list(BUILT_IN.types)[:types]
    hours = [*range(0, 24 * 20, 5), 23, 24, 26, 47, 48, 49, 167, 168, 169]
    for id_, hour in itertools.product({id_ for id_, _ in said}, hours):
        at = when.latest - timedelta(hours=hour)
        was = leave_one(KNOWN[id_], when, chosen, at)
        now = leave_one(rules.before().leave_out[id_], when, chosen, at)
        if was is not None:
            assert now is not None
            assert now.verdict.severity >= was.verdict.severity, (id_, hour)
            assert (now.verdict is Verdict.ASK) >= (was.verdict is Verdict.ASK), (id_, hour)


@pytest.mark.parametrize("examples", [20, pytest.param(400, marks=pytest.mark.long)])
def test_never_milder(examples: int, searched: Any) -> None:
    """No unsigned protocol makes anything milder before a treatment, nor stops a medicine."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(never_milder)()
    searched(examples, "random protocols on what comes before")


@pytest.mark.parametrize("days", range(1, 12))
def test_days_and_hours_are_told_apart(days: int) -> None:
    """Days are shorter in spring and longer in autumn, by up to three hours."""
    exact = {"span": f"{days * 24} h"}
    assert milder_before({"span": f"{days} d"}, exact, "avoid")
    assert milder_before(exact, {"span": f"{days} d"}, "avoid")
    assert not milder_before({"span": f"{days * 24 + 3} h"}, {"span": f"{days} d"}, "avoid")
    assert not milder_before({"span": f"{days + 1} d"}, exact, "avoid")
    assert not milder_before(exact, exact, "avoid")
