"""`mesocare rules diff` on details and on what comes before: what moved, and in which direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mesocare.core.model import Phase, Point, Raised, Rule, Verdict, Washout
from mesocare.core.signs import Urgency
from mesocare.core.timespan import Days, Hours
from mesocare.rules.loader import load_rules
from mesocare.rules.quality.changes import CHANGED, LOOSENED, MIXED, NEW, REMOVED, TIGHTENED
from mesocare.rules.quality.diff import compare
from tests.support.protocols import APPROVED, load, write

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from mesocare.rules.quality.changes import Move
    from tests.support.process import Program

BUILT_IN = load_rules()
PRP = BUILT_IN.details()["prp"]
ALCOHOL = BUILT_IN.before().leave_out["alcohol"]
BACKWARDS = {LOOSENED: TIGHTENED, TIGHTENED: LOOSENED, MIXED: MIXED, CHANGED: CHANGED}


def with_detail(**changed: Any) -> RuleSet:
    """Return the built-in rules with another PRP."""
    details = {**BUILT_IN.details(), "prp": PRP._replace(**changed)}
    return BUILT_IN._replace(details=lambda: details)


def with_alcohol(**changed: Any) -> RuleSet:
    """Return the built-in rules with another word on alcohol before a treatment."""
    before = BUILT_IN.before()
    leave_out = {**before.leave_out, "alcohol": ALCOHOL._replace(**changed)}
    return BUILT_IN._replace(before=lambda: before._replace(leave_out=leave_out))


def one(old: RuleSet, new: RuleSet) -> Move:
    """Return the one thing that moved; backwards it moved the other way."""
    (move,) = compare(old, new)
    (back,) = compare(new, old)
    assert back.direction == BACKWARDS[move.direction]
    assert (back.kind, back.id, back.type) == (move.kind, move.id, move.type)
    return move


def rule(*phases: tuple[Any, Verdict]) -> Rule:
    own = tuple(Phase(until, verdict, "Why.", None, ()) for until, verdict in phases)
    return Rule(own, None, concerns=True)


LONGER = rule((Days(21), Verdict.AVOID), (None, Verdict.ALLOWED))


@pytest.mark.parametrize(
    ("new", "direction", "note", "stretches"),
    [
        (LONGER, TIGHTENED, "avoid 7 d later (21 d, was 14 d)", [(336, 504, "allowed", "avoid")]),
        (rule((Hours(24), Verdict.AVOID)), LOOSENED, "avoid 13 d earlier (24 h, was 14 d)",
         [(24, 336, "avoid", "allowed")]),
        (rule((None, Verdict.ASK)), MIXED, "avoid 14 d earlier (not at all, was 14 d)",
         [(0, 336, "avoid", "ask"), (336, None, "allowed", "ask")]),
        (None, LOOSENED, "avoid 14 d earlier (not at all, was 14 d)",
         [(0, 336, "avoid", "allowed")]),
    ],
)  # fmt: skip
def test_a_rule_of_a_detail(
    new: Rule | None, direction: str, note: str, stretches: list[tuple[int, int | None, str, str]]
) -> None:
    """Told by detail and item, with where the verdicts differ."""
    by_type = {**PRP.rules["nsaid"], "scalp": new}
    if new is None:
        del by_type["scalp"]
    move = one(BUILT_IN, with_detail(rules={**PRP.rules, "nsaid": by_type}))
    assert (move.kind, move.id, move.type) == ("detail", "prp:nsaid", "scalp")
    assert (move.direction, move.notes[0]) == (direction, note)
    told = [(a, b, old.value, now.value) for a, b, old, now in move.stretches]
    assert told == stretches


def test_an_item_more_or_less() -> None:
    """A rule for an item that had none is tighter, one that is gone looser."""
    more = {**PRP.rules, "sauna": {"face": LONGER}}
    move = one(BUILT_IN, with_detail(rules=more))
    assert (move.id, move.direction) == ("prp:sauna", TIGHTENED)


def test_words_of_a_rule() -> None:
    """Another unit and another reason move no verdict."""
    first, last = PRP.rules["nsaid"]["scalp"].phases
    said = first._replace(until=Hours(336), reason="Other words.")
    by_type = {**PRP.rules["nsaid"], "scalp": Rule((said, last), None, concerns=True)}
    move = one(BUILT_IN, with_detail(rules={**PRP.rules, "nsaid": by_type}))
    assert move.direction == CHANGED
    assert move.notes == ("counted as 336 h, was 14 d", "reason reworded: Other words.")
    same = by_type | {"scalp": PRP.rules["nsaid"]["scalp"]._replace(concerns=False)}
    assert compare(BUILT_IN, with_detail(rules={**PRP.rules, "nsaid": same})) == []


FLAG = {"sepsis": Raised(None, ())}


@pytest.mark.parametrize(
    ("changed", "direction", "note"),
    [
        ({"flags": {**PRP.flags, **FLAG}}, TIGHTENED, "raises sepsis"),
        ({"flags": {}}, LOOSENED, "no longer raises doubtful-needles"),
        ({"flags": FLAG}, MIXED, "raises sepsis"),
        (
            {"flags": {"doubtful-needles": Raised(Urgency.EMERGENCY, ())}},
            TIGHTENED,
            "doubtful-needles: emergency, was same_day",
        ),
        ({"flags": {"doubtful-needles": Raised(Urgency.CONTACT_CLINIC, ())}}, None, ""),
        ({"flags": {**PRP.flags, "nothing": Raised(None, ())}}, None, ""),
        ({"types": ("face",)}, CHANGED, "no longer goes with scalp"),
        ({"types": ()}, CHANGED, "goes with brightening"),
        ({"excludes": ("toxin",)}, CHANGED, "excludes toxin"),
        ({"note": None}, CHANGED, "note gone"),
        ({"label": "Plasma"}, CHANGED, "called Plasma"),
        ({"aliases": (*PRP.aliases, "blood")}, CHANGED, "is found by blood"),
        ({"aliases": PRP.aliases[1:]}, CHANGED, "no longer is found by platelet rich plasma"),
    ],
)
def test_what_else_a_detail_says(changed: dict[str, Any], direction: str | None, note: str) -> None:
    """A flag more is tighter; a flag is as urgent as the more urgent of the two says."""
    new = with_detail(**changed)
    if direction is None:
        assert compare(BUILT_IN, new) == []
        return
    move = one(BUILT_IN, new)
    assert (move.kind, move.id, move.direction, move.notes[0]) == ("detail", "prp", direction, note)


def test_a_note_is_told() -> None:
    """As it reads now."""
    assert PRP.note is not None
    move = one(BUILT_IN, with_detail(note=PRP.note._replace(text="Ask.")))
    assert move.notes == ("note: Ask.",)


def test_details_come_and_go() -> None:
    """One less guards fewer people: somebody has to review it."""
    fewer = {id_: each for id_, each in BUILT_IN.details().items() if id_ != "prp"}
    move = one(BUILT_IN, BUILT_IN._replace(details=lambda: fewer))
    assert move == ("detail", "prp", PRP.label, None, LOOSENED, (), (REMOVED,))
    assert one(BUILT_IN._replace(details=lambda: fewer), BUILT_IN).notes == (NEW,)


FACE = ALCOHOL.washouts["face"]
DAY = FACE._replace(span=None, on_the_day=True)
ASK = Washout(None, False, Verdict.ASK, "Ask us.", FACE.evidence, FACE.rationale)  # noqa: FBT003


@pytest.mark.parametrize(
    ("old", "new", "direction", "notes"),
    [
        (FACE, FACE._replace(span=Hours(72)), TIGHTENED,
         ("avoid from 72 h before, was avoid from 48 h before",)),
        (FACE, FACE._replace(span=Hours(24)), LOOSENED,
         ("avoid from 24 h before, was avoid from 48 h before",)),
        (FACE, FACE._replace(verdict=Verdict.LIMITED), LOOSENED,
         ("limited from 48 h before, was avoid from 48 h before",)),
        (FACE, FACE._replace(span=Days(9), verdict=Verdict.LIMITED), MIXED,
         ("limited from 9 d before, was avoid from 48 h before",)),
        (FACE, FACE._replace(span=Days(2)), CHANGED, ("counted as 2 d, was 48 h",)),
        (FACE, DAY, LOOSENED, ("avoid on the day, was avoid from 48 h before",)),
        (FACE._replace(span=Hours(12)), DAY, MIXED,
         ("avoid on the day, was avoid from 12 h before",)),
        (DAY, DAY._replace(verdict=Verdict.LIMITED), LOOSENED,
         ("limited on the day, was avoid on the day",)),
        (FACE, ASK, MIXED,
         ("ask at any time before, was avoid from 48 h before", "reason reworded: Ask us.")),
        (FACE._replace(verdict=Verdict.LIMITED), ASK, TIGHTENED,
         ("ask at any time before, was limited from 48 h before", "reason reworded: Ask us.")),
        (ASK, ASK._replace(ask="Call us."), CHANGED, ("reason reworded: Call us.",)),
        (FACE, None, LOOSENED, ("not at all, was avoid from 48 h before",)),
        (FACE, FACE._replace(evidence=("B001",), rationale=None), CHANGED,
         ("no longer cites " + ", ".join(FACE.evidence[1:]), "rationale gone")),
        (FACE, FACE._replace(evidence=(*FACE.evidence, "E019"), rationale="So."), CHANGED,
         ("cites E019", "rationale rewritten")),
    ],
)  # fmt: skip
def test_a_washout(
    old: Washout, new: Washout | None, direction: str, notes: tuple[str, ...]
) -> None:
    """The shorter span is the looser one before a treatment."""
    pair = []
    for each in (old, new):
        washouts = {**ALCOHOL.washouts, "face": each}
        pair.append({type_: one for type_, one in washouts.items() if one is not None})
    move = one(*(with_alcohol(washouts=each) for each in pair))
    assert (move.kind, move.id, move.type) == ("before", "alcohol", "face")
    assert (move.direction, move.notes) == (direction, notes)


@pytest.mark.parametrize(
    ("changed", "direction", "note"),
    [
        ({"activities": ()}, LOOSENED, "no longer about alcohol"),
        ({"activities": ("alcohol", "sauna")}, TIGHTENED, "about sauna too"),
        ({"text": "None."}, CHANGED, "reworded: None."),
        ({"label": "Wine"}, CHANGED, "called Wine"),
    ],
)
def test_what_else_is_said_before(changed: dict[str, Any], direction: str, note: str) -> None:
    """An activity that it is no longer about may be done until the treatment."""
    move = one(BUILT_IN, with_alcohol(**changed))
    assert (move.id, move.type, move.direction, move.notes) == ("alcohol", None, direction, (note,))


def test_preparations_come_and_go() -> None:
    """One less is looser."""
    before = BUILT_IN.before()
    fewer = {id_: each for id_, each in before.leave_out.items() if id_ != "alcohol"}
    move = one(BUILT_IN, BUILT_IN._replace(before=lambda: before._replace(leave_out=fewer)))
    assert (move.kind, move.id, move.direction) == ("before", "alcohol", LOOSENED)


EAT = next(each for each in BUILT_IN.before().checklist["on_the_day"] if each.id == "eat")


@pytest.mark.parametrize(
    ("new", "direction", "note"),
    [
        (None, LOOSENED, REMOVED),
        (EAT._replace(text="Eat."), CHANGED, "reworded: Eat."),
        (EAT._replace(types=("face", "scalp")), LOOSENED, "no longer before brightening"),
        (EAT._replace(evidence=()), None, ""),
    ],
)
def test_a_point_of_the_list(new: Point | None, direction: str | None, note: str) -> None:
    """One less to tell or to do is looser."""
    before = BUILT_IN.before()
    rest = [each for each in before.checklist["on_the_day"] if each.id != "eat"]
    points = tuple(rest if new is None else [*rest, new])
    changed = before._replace(checklist={**before.checklist, "on_the_day": points})
    other = BUILT_IN._replace(before=lambda: changed)
    if direction is None:
        assert compare(BUILT_IN, other) == []
        return
    move = one(BUILT_IN, other)
    assert (move.kind, move.id, move.direction, move.notes) == ("point", "eat", direction, (note,))


GLOW = {"our-glow": {"extends": "face", "label": "Our glow", "with": ["ha-booster"]}}


def test_what_a_treatment_brings_along(tmp_path: Path) -> None:
    """It is told under the treatment's own name, on either side."""
    rules = load(tmp_path, {"treatments": GLOW})
    new, tighter = (each for each in compare(BUILT_IN, rules) if each.kind == "type")
    assert (new.direction, new.notes) == (NEW, ())
    assert (tighter.id, tighter.direction, tighter.notes) == (
        "our-glow", TIGHTENED, ("always with ha-booster",),
    )  # fmt: skip
    gone, looser = compare(rules, BUILT_IN)
    assert gone.direction == REMOVED
    assert (looser.direction, looser.notes) == (LOOSENED, ("no longer always with ha-booster",))


def test_a_named_treatment_alone_moves_nothing(tmp_path: Path) -> None:
    """It has the details, the waits and the points of the type that it extends."""
    rules = load(tmp_path, {"treatments": {"glow": {"extends": "scalp", "label": "Glow"}}})
    (move,) = compare(BUILT_IN, rules)
    assert (move.kind, move.direction) == ("type", NEW)


@pytest.mark.parametrize(("said", "code"), [({"span": "3 d"}, 0), ({"span": "1 d", **APPROVED}, 1)])
def test_the_exit_code_is_that_of_what_loosened(
    program: Program, tmp_path: Path, said: dict[str, Any], code: int
) -> None:
    """A shorter wait before a treatment is loosened, in text and JSON."""
    path = str(write(tmp_path, {"before": {"alcohol": {"washouts": {"face": said}}}}))
    ran = program.run("rules", "diff", "built-in", path)
    assert ran.code == code
    assert "before alcohol after face" not in ran.out
    assert "before alcohol, face: avoid from" in " ".join(ran.out.split())
    plain = program.run("rules", "diff", "built-in", path, "--json").json()
    assert plain["loosens"] is bool(code)
    assert plain["moves"][0]["kind"] == "before"
