"""Without `loosens`, no protocol ever gives a milder answer than the rules it extends."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mesocare.core.model import Phase, Rule, Treatment, Verdict
from mesocare.core.timespan import Hours, Interval
from mesocare.core.verdict.engine import assess
from mesocare.errors import RulesError
from mesocare.rules.loader import load_rules
from tests.support.protocols import APPROVED, load, write

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.core.verdict.answer import Answer
    from tests.support.searches import Searched

pytestmark = pytest.mark.usefixtures("files_read_once")

BUILT_IN = load_rules()
ITEMS = [
    id_
    for name in ("makeup", "actives", "procedures", "exercise")
    for id_ in BUILT_IN.groups[name].items
]
TYPES = ["face", "scalp", "brightening", "all", "prp"]
ZONES = [ZoneInfo(each) for each in ("Europe/Berlin", "Australia/Lord_Howe", "America/Havana")]
# Around both changes of clocks in these zones.
BASES = [datetime(2026, month, 25, 12, tzinfo=UTC) for month in (3, 10)]
BASES.append(datetime(2026, 4, 1, 12, tzinfo=UTC))

SPANS = st.one_of(
    st.sampled_from(["12 h", "24 h", "48 h", "49 h", "2 d", "72 h", "3 d", "7 d", "168 h", "14 d"]),
    st.builds("{} d".format, st.integers(1, 40)),
    st.builds("{} h".format, st.integers(1, 400)),
)


@st.composite
def phases(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return phases in order, of any verdicts."""
    hours = sorted(draw(st.sets(st.sampled_from([12, 24, 48, 72, 168, 336, 672]), max_size=3)))
    found = []
    for until in [*hours, None]:
        verdict = draw(st.sampled_from(["avoid", "avoid", "ask", "limited", "allowed"]))
        phase = {"verdict": verdict, "reason": "So."}
        phase |= {"condition": "Gently."} if verdict == "limited" else {}
        if until is not None:
            days = until % 24 == 0 and draw(st.booleans())
            phase["until"] = f"{until // 24} d" if days else f"{until} h"
        found.append(phase)
    return found


CHANGES = st.dictionaries(
    st.tuples(st.sampled_from(ITEMS), st.sampled_from(TYPES)),
    st.one_of(
        st.builds(
            lambda verdict, span: {"until": {verdict: span}},
            st.sampled_from(["avoid", "ask", "limited"]),
            SPANS,
        ),
        st.builds(lambda each: {"phases": each}, phases()),
    ),
    min_size=1,
    max_size=8,
)


def accepted(changes: dict[tuple[str, str], Any]) -> RuleSet:
    """Return the rules under those of the changes that are accepted without `loosens`."""
    with tempfile.TemporaryDirectory() as folder:
        while True:
            by_item: dict[str, Any] = {}
            for (item, type_), said in changes.items():
                by_item.setdefault(item, {})[type_] = said
            body: dict[str, Any] = {"treatments": {"prp": {"extends": "face", "label": "PRP"}}}
            path = write(Path(folder), body | ({"changes": by_item} if by_item else {}))
            try:
                return load_rules(path)
            except RulesError as error:
                texts = "\n".join(error.problems)
            bad = set(re.findall(r"changes\.([\w-]+)\.([\w-]+)", texts))
            assert bad & set(changes), texts
            changes = {key: said for key, said in changes.items() if key not in bad}


@st.composite
def treatments(draw: st.DrawFn) -> list[Treatment]:
    """Return one treatment or two, at a time that is known or a whole day wide."""
    found = []
    for _ in range(draw(st.integers(1, 2))):
        first = draw(st.sampled_from(BASES)) + timedelta(hours=draw(st.integers(-200, 200)))
        wide = timedelta(hours=draw(st.sampled_from([0, 0, 24])))
        type_ = draw(st.sampled_from(["face", "scalp", "brightening", "prp"]))
        found.append(Treatment(type_, Interval(first, first + wide, draw(st.sampled_from(ZONES)))))
    return found


def flat(answers: tuple[Answer, ...]) -> dict[tuple[str, str], Answer]:
    """Return answers by group and activity."""
    return {
        (group.activity, each.activity): each for group in answers for each in (group, *group.items)
    }


@given(CHANGES, treatments(), st.lists(st.integers(0, 24 * 40), min_size=4, max_size=4))
def never_milder(
    changes: dict[tuple[str, str], Any], treated: list[Treatment], hours: list[int]
) -> None:
    """Items and groups, one treatment or two, known times or not, across changes of clocks."""
    rules = accepted(changes)
    plain = [each._replace(type="face") if each.type == "prp" else each for each in treated]
    begin = max(each.when.latest for each in treated)
    ends = [
        p.until
        for (item, type_) in changes
        for r in [rules.items[item].rules["face"]]
        for p in r.phases
    ]
    near = [each.nominal_hours + by for each in ends if each for by in (-1, 0, 1)]
    for elapsed in [*hours, *near]:
        at = begin + timedelta(hours=elapsed)
        before = flat(assess(plain, BUILT_IN, at).answers)
        after = flat(assess(treated, rules, at).answers)
        for key, answer in before.items():
            assert after[key].verdict.severity >= answer.verdict.severity, (key, elapsed)
            assert after[key].verdict_if_earliest.severity >= answer.verdict_if_earliest.severity


@pytest.mark.parametrize("examples", [5, pytest.param(100, marks=pytest.mark.long)])
def test_never_milder(examples: int, searched: Searched) -> None:
    """No protocol that tightens makes any answer milder."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(never_milder)()
    searched(examples, "random protocols that tighten")


def test_a_group_is_not_opened_by_a_longer_wait(tmp_path: Path) -> None:
    """To ask about would soften to `limited` once it is to be avoided; the group stays closed."""
    body = {"changes": {"retinoids": {"brightening": {"until": {"avoid": "20 d"}}}}}
    rules = load(tmp_path, body)
    zone = ZONES[0]
    when = Interval(BASES[0], BASES[0], zone)
    at = BASES[0] + timedelta(days=17)
    treated = [Treatment("brightening", when)]
    before = flat(assess(treated, BUILT_IN, at).answers)
    after = flat(assess(treated, rules, at).answers)
    assert before["actives", "retinoids"].verdict is Verdict.ASK
    assert after["actives", "retinoids"].verdict is Verdict.AVOID
    assert (
        after["actives", "actives"].verdict.severity
        >= before["actives", "actives"].verdict.severity
    )
    assert after["actives", "actives"].verdict.closed
    # The time is known, so there is no earlier one that could say otherwise.
    assert after["actives", "actives"].verdict_if_earliest is after["actives", "actives"].verdict


def test_a_loosened_headline_opens_its_group(tmp_path: Path) -> None:
    """What was loosened on purpose is, in the group too."""
    said = {"until": {"avoid": "24 h"}, **APPROVED}
    rules = load(tmp_path, {"changes": {"foundation": {"face": said}}})
    treated = [Treatment("face", Interval(BASES[0], BASES[0], ZONES[0]))]
    at = BASES[0] + timedelta(hours=30)
    before, after = (assess(treated, each, at).answers[0] for each in (BUILT_IN, rules))
    assert (before.activity, before.verdict) == ("makeup", Verdict.AVOID)
    assert (after.activity, after.verdict) == ("makeup", Verdict.ALLOWED)


@pytest.mark.parametrize("hours", [30, 60, 80, 100])
def test_what_the_clinic_told_the_patient_wins(tmp_path: Path, hours: int) -> None:
    """An override on record goes before the clinic's general protocol, either way."""
    rules = load(tmp_path, {"changes": {"foundation": {"face": {"until": {"avoid": "72 h"}}}}})
    told = Rule(
        (
            Phase(Hours(90), Verdict.AVOID, "Told so.", None, ()),
            Phase(None, Verdict.ALLOWED, "Told so.", None, ()),
        ),
        None,
        concerns=True,
    )
    when = Interval(BASES[0], BASES[0], ZONES[0])
    treated = [Treatment("face", when, {"foundation": told})]
    at = BASES[0] + timedelta(hours=hours)
    answer = flat(assess(treated, rules, at).answers)["makeup", "foundation"]
    assert answer.verdict is (Verdict.AVOID if hours < 90 else Verdict.ALLOWED)
    assert answer.by_clinic
    assert answer.protocol is None
