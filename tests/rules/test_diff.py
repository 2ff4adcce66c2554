"""`mesocare rules diff`: what moved, for whom, by how long; and the same backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesocare.core.model import Phase, Rule, Verdict
from mesocare.core.signs import Urgency
from mesocare.core.timespan import Days, Hours
from mesocare.rules.loader import built_in, load_rules
from mesocare.rules.quality.changes import CHANGED, LOOSENED, MIXED, NEW, REMOVED, TIGHTENED
from mesocare.rules.quality.diff import compare
from tests.support.process import copy_rules
from tests.support.protocols import load

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import Item, RuleSet
    from mesocare.rules.quality.changes import Move
    from tests.support.process import Program
    from tests.support.searches import Searched

BUILT_IN = load_rules()
BACKWARDS = {
    LOOSENED: TIGHTENED, TIGHTENED: LOOSENED, MIXED: MIXED, CHANGED: CHANGED, NEW: REMOVED,
    REMOVED: NEW,
}  # fmt: skip


def _with_item(rules: RuleSet, item: Item) -> RuleSet:
    return rules._replace(items={**rules.items, item.id: item})


def _with_phases(rules: RuleSet, id_: str, type_: str, *phases: tuple[Any, Verdict]) -> RuleSet:
    item = rules.items[id_]
    built = tuple(Phase(until, verdict, "Why.", None, ()) for until, verdict in phases)
    rule = Rule(built, None, concerns=True)
    return _with_item(rules, item._replace(rules={**item.rules, type_: rule}))


def _of(moves: list[Move], kind: str, id_: str, type_: str | None = None) -> Move:
    (found,) = [each for each in moves if (each.kind, each.id, each.type) == (kind, id_, type_)]
    return found


def test_nothing_moves() -> None:
    """A rule set is as it is."""
    assert compare(BUILT_IN, BUILT_IN) == []


def test_an_end_moves_later() -> None:
    """Foundation after face, 72 h in place of 48 h: said for the item and for its group."""
    longer = _with_phases(
        BUILT_IN, "foundation", "face", (Hours(72), Verdict.AVOID), (None, Verdict.ALLOWED)
    )
    moves = compare(BUILT_IN, longer)
    item = _of(moves, "item", "foundation", "face")
    assert item.direction == TIGHTENED
    assert item.notes[0] == "avoid 24 h later (72 h, was 48 h)"
    (stretch,) = item.stretches
    assert stretch == (48, 72, Verdict.ALLOWED, Verdict.AVOID)
    assert _of(moves, "group", "makeup", "face").direction == TIGHTENED
    assert {each.type for each in moves} == {"face"}
    assert not any(each.loosens for each in moves)


def test_looser_and_tighter_at_once() -> None:
    """Shorter to avoid, longer to limit: both are said, and it counts as loosened."""
    mixed = _with_phases(
        BUILT_IN, "foundation", "face",
        (Hours(24), Verdict.AVOID), (Days(7), Verdict.LIMITED), (None, Verdict.ALLOWED),
    )  # fmt: skip
    move = _of(compare(BUILT_IN, mixed), "item", "foundation", "face")
    assert move.direction == MIXED
    assert move.loosens
    assert move.notes[:2] == (
        "avoid 24 h earlier (24 h, was 48 h)",
        "limited 120 h later (7 d, was 48 h)",
    )


def test_for_good_and_not_at_all() -> None:
    """A restriction that never ends, and one that is gone."""
    never = _with_phases(BUILT_IN, "foundation", "face", (None, Verdict.ASK))
    move = _of(compare(BUILT_IN, never), "item", "foundation", "face")
    assert move.direction == MIXED
    assert move.notes[:2] == (
        "avoid 48 h earlier (not at all, was 48 h)",
        "ask for good (was 48 h)",
    )
    move = _of(compare(never, BUILT_IN), "item", "foundation", "face")
    assert move.notes[:2] == (
        "avoid 48 h later (48 h, was not at all)",
        "ask until 48 h (was for good)",
    )
    free = _with_phases(BUILT_IN, "foundation", "face", (None, Verdict.ALLOWED))
    move = _of(compare(BUILT_IN, free), "item", "foundation", "face")
    assert move.direction == LOOSENED
    assert move.notes[0] == "avoid 48 h earlier (not at all, was 48 h)"


def test_words_and_units_are_changes() -> None:
    """Two days in place of 48 hours, other words, other evidence: no verdict moves."""
    item = BUILT_IN.items["foundation"]
    rule = item.rules["face"]
    first, last = rule.phases
    days = first._replace(until=Days(2), reason="Other words.", evidence=first.evidence[1:])
    changed = rule._replace(phases=(days, last), rationale=None)
    other = _with_item(BUILT_IN, item._replace(rules={**item.rules, "face": changed}))
    move = _of(compare(BUILT_IN, other), "item", "foundation", "face")
    assert move.direction == CHANGED
    assert move.notes == (
        "counted as 2 d, was 48 h",
        "reason reworded: Other words.",
        f"no longer cites {first.evidence[0]}",
        "rationale gone",
    )


def test_a_condition_is_a_change_of_its_group_too() -> None:
    """What a group says on its condition is compared as it reads."""
    item = BUILT_IN.items["light-activity"]  # it softens its group from the first hour on
    renamed = _with_item(BUILT_IN, item._replace(label="A slow walk"))
    move = _of(compare(BUILT_IN, renamed), "group", "exercise", "face")
    assert move.direction == CHANGED
    assert "a slow walk" in move.notes[0]


def test_items_come_and_go() -> None:
    """What is on one side only is new or removed."""
    fewer = BUILT_IN._replace(
        items={id_: each for id_, each in BUILT_IN.items.items() if id_ != "self-tan"},
        groups={
            id_: each._replace(items=tuple(i for i in each.items if i != "self-tan"))
            for id_, each in BUILT_IN.groups.items()
        },
    )
    assert _of(compare(BUILT_IN, fewer), "item", "self-tan").direction == REMOVED
    assert _of(compare(fewer, BUILT_IN), "item", "self-tan").direction == NEW


def test_groups_come_and_go() -> None:
    """A group on one side only is new or removed; nothing of it is compared."""
    fewer = BUILT_IN._replace(
        groups={id_: each for id_, each in BUILT_IN.groups.items() if id_ != "makeup"}
    )
    (gone,) = compare(BUILT_IN, fewer)
    assert (gone.kind, gone.id, gone.direction) == ("group", "makeup", REMOVED)
    (come,) = compare(fewer, BUILT_IN)
    assert (come.kind, come.id, come.direction) == ("group", "makeup", NEW)


PRP = {"treatments": {"prp": {"extends": "face", "label": "PRP"}}}


def test_a_named_treatment_is_compared_with_its_type(tmp_path: Path) -> None:
    """What it changes of the type that it extends is told under its own name, on either side."""
    said = {"prp": {"until": {"avoid": "72 h"}}}
    rules = load(tmp_path, {**PRP, "changes": {"foundation": said}})
    moves = compare(BUILT_IN, rules)
    assert _of(moves, "type", "prp").direction == NEW
    move = _of(moves, "item", "foundation", "prp")
    assert (move.direction, move.stretches) == (
        TIGHTENED, ((48, 72, Verdict.ALLOWED, Verdict.AVOID),),
    )  # fmt: skip
    moves = compare(rules, BUILT_IN)
    assert _of(moves, "type", "prp").direction == REMOVED
    move = _of(moves, "item", "foundation", "prp")
    assert (move.direction, move.stretches) == (
        LOOSENED, ((48, 72, Verdict.AVOID, Verdict.ALLOWED),),
    )  # fmt: skip
    assert {each.type for each in moves} == {None, "prp"}


def test_another_item_speaks_for_the_group() -> None:
    """It is said of the group for every type, with both items' names."""
    group = BUILT_IN.groups["makeup"]
    other = next(id_ for id_ in group.items if id_ != group.headline)
    turned = group._replace(headline=other)
    rules = BUILT_IN._replace(groups={**BUILT_IN.groups, "makeup": turned})
    moves = compare(BUILT_IN, rules)
    assert {each.type for each in moves} == set(BUILT_IN.types)
    for move in moves:
        assert (move.kind, move.id) == ("group", "makeup")
        assert f"{other} speaks for the group, was {group.headline}" in move.notes


@pytest.mark.parametrize(
    ("id_", "flag", "raised", "lowered"),
    [
        ("light-activity", "aside", "no longer speaks for its group", "speaks for its group now"),
        ("foundation", "apart", "leaves the treated area alone", "touches the treated area now"),
    ],
)
def test_an_item_is_marked(id_: str, flag: str, raised: str, lowered: str) -> None:
    """Whether it speaks for its group, and touches the treated area, is told either way."""
    item = BUILT_IN.items[id_]
    assert getattr(item, flag) is False
    marked: dict[str, Any] = {flag: True}
    rules = _with_item(BUILT_IN, item._replace(**marked))
    move = _of(compare(BUILT_IN, rules), "item", item.id, "face")
    assert (move.direction, move.notes) == (CHANGED, (raised,))
    move = _of(compare(rules, BUILT_IN), "item", item.id, "face")
    assert (move.direction, move.notes) == (CHANGED, (lowered,))


def test_words_of_signs() -> None:
    """A reaction that only reads otherwise is changed, once for all types."""
    redness = BUILT_IN.reactions["redness"]
    reworded = redness._replace(beyond="Call us.")
    rules = BUILT_IN._replace(reactions={**BUILT_IN.reactions, "redness": reworded})
    (move,) = compare(BUILT_IN, rules)
    assert (move.kind, move.id, move.type, move.direction) == ("reaction", "redness", None, CHANGED)
    assert move.notes == (f"reworded: {redness.text} Call us.",)


def test_a_red_flag_after_more_types() -> None:
    """One more type is one more reason to call, one less is one less."""
    id_, flag = next((i, f) for i, f in BUILT_IN.red_flags.items() if "face" in f.types)
    fewer = flag._replace(types=tuple(each for each in flag.types if each != "face"))
    rules = BUILT_IN._replace(red_flags={**BUILT_IN.red_flags, id_: fewer})
    (move,) = compare(rules, BUILT_IN)
    assert (move.id, move.direction, move.notes) == (id_, TIGHTENED, ("after face too",))
    (move,) = compare(BUILT_IN, rules)
    assert (move.id, move.direction, move.notes) == (id_, LOOSENED, ("no longer after face",))


def test_signs() -> None:
    """A longer expectation and a red flag that is gone or less urgent loosen."""
    redness = BUILT_IN.reactions["redness"]
    was = redness.expected["face"]
    longer = redness._replace(
        expected={
            **redness.expected,
            "face": was._replace(until=Hours(was.until.nominal_hours + 24)),
        }
    )
    other = BUILT_IN._replace(reactions={**BUILT_IN.reactions, "redness": longer})
    move = _of(compare(BUILT_IN, other), "reaction", "redness", "face")
    assert move.direction == LOOSENED
    assert move.notes[0].startswith("expected 24 h longer")
    id_, flag = next(
        (i, f) for i, f in BUILT_IN.red_flags.items() if f.urgency is Urgency.EMERGENCY
    )
    gone = BUILT_IN._replace(red_flags={k: v for k, v in BUILT_IN.red_flags.items() if k != id_})
    assert _of(compare(BUILT_IN, gone), "red_flag", id_).direction == LOOSENED
    assert _of(compare(gone, BUILT_IN), "red_flag", id_).direction == TIGHTENED
    calm = flag._replace(urgency=Urgency.CONTACT_CLINIC, types=flag.types[1:], text="Calm.")
    calmer = BUILT_IN._replace(red_flags={**BUILT_IN.red_flags, id_: calm})
    move = _of(compare(BUILT_IN, calmer), "red_flag", id_)
    assert move.direction == LOOSENED
    assert move.notes[0] == "contact_clinic, was emergency"
    assert move.notes[1] == f"no longer after {flag.types[0]}"
    ending = flag._replace(until=Days(7), urgency=flag.urgency)
    short = BUILT_IN._replace(red_flags={**BUILT_IN.red_flags, id_: ending})
    assert _of(compare(BUILT_IN, short), "red_flag", id_).notes == (
        "shown until 7 d, was for good",
    )
    worse = ending._replace(urgency=Urgency.CONTACT_CLINIC)
    mixed = BUILT_IN._replace(red_flags={**BUILT_IN.red_flags, id_: worse._replace(until=None)})
    assert _of(compare(short, mixed), "red_flag", id_).direction == MIXED


def test_triage_and_contacts_are_mentioned() -> None:
    """What no single word can rate is at least not passed over."""
    worse = BUILT_IN.triage.worse
    other = BUILT_IN._replace(
        triage=BUILT_IN.triage._replace(worse=worse._replace(rise=worse.rise + 1)),
        contacts={**BUILT_IN.contacts, "same_day": "Call us."},
    )
    moves = compare(BUILT_IN, other)
    assert {(each.kind, each.direction) for each in moves} == {
        ("triage", CHANGED), ("contact", CHANGED),
    }  # fmt: skip


SPANS = st.one_of(st.integers(1, 400).map(Hours), st.integers(1, 30).map(Days))


@st.composite
def _phases(draw: st.DrawFn) -> list[tuple[Any, Verdict]]:
    ends = draw(st.lists(SPANS, max_size=4, unique_by=lambda span: span.nominal_hours))
    ends.sort(key=lambda span: span.nominal_hours)
    verdicts = draw(
        st.lists(st.sampled_from(list(Verdict)), min_size=len(ends) + 1, max_size=len(ends) + 1)
    )
    return list(zip([*ends, None], verdicts, strict=True))


@given(
    item=st.sampled_from(sorted(BUILT_IN.items)),
    type_=st.sampled_from(sorted(BUILT_IN.types)),
    old=_phases(),
    new=_phases(),
)
def backwards_is_the_other_way_round(
    item: str, type_: str, old: list[tuple[Any, Verdict]], new: list[tuple[Any, Verdict]]
) -> None:
    """What loosened from A to B tightened from B to A, at the same hours; and hour by hour true."""
    a = _with_phases(BUILT_IN, item, type_, *old)
    b = _with_phases(BUILT_IN, item, type_, *new)
    forth, back = compare(a, b), compare(b, a)
    named = {(each.kind, each.id, each.type): each for each in back}
    assert len(forth) == len(back) == len(named)
    for each in forth:
        other = named[each.kind, each.id, each.type]
        assert other.direction == BACKWARDS[each.direction]
        assert [(s.begins, s.until, s.new, s.old) for s in each.stretches] == [
            tuple(s) for s in other.stretches
        ]
    own = [each for each in forth if (each.kind, each.id) == ("item", item)]
    stretches = own[0].stretches if own else ()
    for hour in range(750):
        was, now = _at(old, hour), _at(new, hour)
        told = [s for s in stretches if s.begins <= hour and (s.until is None or hour < s.until)]
        assert [(s.old, s.new) for s in told] == ([(was, now)] if was is not now else [])


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.long)])
def test_backwards_is_the_other_way_round(examples: int, searched: Searched) -> None:
    """Two random rule sets compare the same both ways."""
    settings(max_examples=examples)(backwards_is_the_other_way_round)()
    searched(examples, "pairs of rule sets, compared both ways")


def _at(phases: list[tuple[Any, Verdict]], hour: int) -> Verdict:
    """Return the verdict so many hours after the treatment, by the phases as written."""
    return next(v for until, v in phases if until is None or hour < until.nominal_hours)


@pytest.fixture
def tighter(own: Program) -> Path:
    """Return a rule set in which make-up waits for a day longer."""
    content = (built_in() / "activities/makeup.yaml").read_bytes()
    changes = {"activities/makeup.yaml": content.replace(b"until: 48 h", b"until: 72 h")}
    return copy_rules(built_in(), own.place / "mine", changes)


def test_exit_code_and_words(own: Program, tighter: Path) -> None:
    """0 where nothing loosened, 1 where anything did; the words name item, type and span."""
    done = own.run("rules", "diff", "built-in", str(tighter))
    assert (done.code, done.err) == (0, "")
    assert "Tightened\n" in done.out
    assert "  foundation after face: avoid 24 h later (72 h, was 48 h)\n" in done.out
    assert "      48 h to 72 h: avoid, was allowed\n" in done.out
    done = own.run("rules", "diff", str(tighter), "built-in")
    assert done.code == 1
    assert "Loosened: somebody has to review these\n" in done.out
    assert "  foundation after face: avoid 24 h earlier (48 h, was 72 h)\n" in done.out
    done = own.run("rules", "diff", "built-in", "built-in")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Nothing moved.")


def test_the_built_in_rules_have_the_name_a_protocol_calls_them_by(
    own: Program, tighter: Path
) -> None:
    """`mesocare` is them, unless something of that name is there."""
    by_name = own.run("rules", "diff", "mesocare", str(tighter))
    assert by_name == own.run("rules", "diff", "built-in", str(tighter))
    assert by_name.code == 0
    tighter.rename(own.place / "mesocare")
    done = own.run("rules", "diff", "built-in", "mesocare")
    assert "  foundation after face: avoid 24 h later (72 h, was 48 h)\n" in done.out


def test_json(own: Program, tighter: Path) -> None:
    """The same as `mesocare.rules-diff/1`."""
    done = own.run("rules", "diff", str(tighter), "built-in", "--json")
    assert done.code == 1
    plain = done.json()
    assert (plain["schema"], plain["loosens"]) == ("mesocare.rules-diff/1", True)
    move = next(m for m in plain["moves"] if (m["id"], m["type"]) == ("foundation", "face"))
    assert move["direction"] == "loosened"
    assert move["stretches"] == [
        {"from_hours": 48, "until_hours": 72, "old": "avoid", "new": "allowed"}
    ]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_fits_the_screen(width: int, own: Program, tighter: Path) -> None:
    """No line is longer than the terminal is wide."""
    screen = own.on_terminal("rules", "diff", "built-in", str(tighter), width=width)
    assert screen.code == 0
    assert max(map(len, screen.lines)) <= width


def test_what_is_no_rule_set(own: Program) -> None:
    """Exit 2, for either side."""
    for sides in (("built-in", "nowhere"), ("nowhere", "built-in")):
        done = own.run("rules", "diff", *sides)
        assert (done.code, done.out) == (2, "")
        assert "no such path 'nowhere'" in done.err
