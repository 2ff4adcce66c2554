"""The engine on rule sets of a few lines: what governs, what softens, what is watched for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mesocare.core.aftercare import advice
from mesocare.core.model import (
    Before,
    Care,
    CareWindow,
    Course,
    Evidence,
    Group,
    Identity,
    Item,
    Phase,
    Rule,
    RuleSet,
    Source,
    Spacing,
    Statement,
    Treatment,
    TreatmentType,
    Verdict,
)
from mesocare.core.products import Products
from mesocare.core.signs import (
    Expectation,
    Fever,
    Nodules,
    Open,
    Questions,
    Reaction,
    RedFlag,
    Remark,
    Strong,
    TriageRules,
    Urgency,
    Worse,
)
from mesocare.core.timespan import Days, Hours, Interval, Span
from mesocare.core.verdict.answer import Answer, Figures, Step
from mesocare.core.verdict.engine import answer, assess, in_recovery
from mesocare.core.verdict.windows import Closings, Windows

BERLIN = ZoneInfo("Europe/Berlin")
T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FREE = Rule((Phase(None, Verdict.ALLOWED, "Not concerned.", None, ()),), None, concerns=False)
NO_SPACING = Spacing(Days(7), Days(7), "x", ())


REMARK = Remark("x", ())
LISTED_AS = {Verdict.ALLOWED: "Fine", Verdict.AVOID: "Not yet", Verdict.ASK: "Ask first"}
TRIAGE = TriageRules(
    worse=Worse("worse", 2, 1, 2, ()),
    strong=Strong(8, {}, Hours(72), "worse", (), ()),
    fever=Fever(38.0, "fever", Hours(72), Hours(24), (), "fever", Hours(24), (), ()),
    nodules=Nodules("lump", Days(7), (), Urgency.SAME_DAY, "x", ()),
    returned=REMARK,
    unremarkable=REMARK,
    unknown=REMARK,
    noted="x",
    past=REMARK,
    open=Open("The clinic first.", "not yet", ()),
    questions=Questions(Hours(24), Hours(72), "x", "x", ()),
)


def rule(*phases: tuple[str, int | None], evidence: tuple[str, ...] = ()) -> Rule:
    """Return a rule from verdicts and the hours they end after."""
    return Rule(
        tuple(
            Phase(
                None if hours is None else Hours(hours),
                Verdict(verdict),
                f"{verdict} until {hours}",
                f"Gently for {hours} h." if verdict == "limited" else None,
                evidence,
            )
            for verdict, hours in phases
        ),
        None,
        concerns=True,
    )


def item(id_: str, face: Rule, scalp: Rule = FREE, *, aside: bool = False) -> Item:
    """Return an item of the group `all`."""
    return Item(id_, "all", id_.title(), (), None, None, aside, {"face": face, "scalp": scalp})


def row(
    id_: str, low: int | None, high: int | None, modality: str = "avoid", grade: str = "A"
) -> Evidence:
    """Return a claim with these figures."""
    source = Source("a", "A", "A", None, grade, "2026-01-01", seed=False)
    return Evidence(id_, source, grade, "face", "x", modality, low, high, "x")


def rule_set(
    *items: Item,
    evidence: tuple[Evidence, ...] = (),
    reactions: tuple[Reaction, ...] = (),
    red_flags: tuple[RedFlag, ...] = (),
    care: tuple[Care, ...] = (),
    course: dict[str, Course] | None = None,
) -> RuleSet:
    """Return a rule set of one group, whose headline is its first item."""
    ids = tuple(each.id for each in items)
    groups = {"all": Group("all", "All", (), ids[0], ids, LISTED_AS)} if items else {}
    return RuleSet(
        identity=Identity("test", "1", "2026-01-01", "2027-01-01", "0"),
        types={id_: TreatmentType(id_, id_.title()) for id_ in ("face", "scalp")},
        headline_groups=tuple(groups),
        groups=groups,
        items={each.id: each for each in items},
        sources={},
        evidence={each.id: each for each in evidence},
        reactions={each.id: each for each in reactions},
        red_flags={each.id: each for each in red_flags},
        care={each.id: each for each in care},
        course=course or {},
        before=lambda: Before({}, {}),
        details=dict,
        products=lambda: Products({}, {}, {}, (), {}),
        triage=TRIAGE,
        contacts={urgency: f"Call {urgency}." for urgency in Urgency},
        notice="Ask your clinic.",
        names={each.id: each.id for each in items},
        sign_names={},
        tables=dict,
    )


def treated(type_: str = "face", hours: float = 0, unsure: float = 0) -> Treatment:
    """Return a treatment so many hours after T0, or up to `unsure` hours later."""
    earliest = T0 + hours * HOUR
    return Treatment(type_, Interval(earliest, earliest + unsure * HOUR, UTC))


def ask(subject: Item, treatments: list[Treatment], hours: float) -> Answer:
    """Ask about an item so many hours after T0."""
    return answer(subject, treatments, rule_set(subject), T0 + hours * HOUR)


PLAIN = item("a", rule(("avoid", 24), ("limited", 48), ("allowed", None)))


def test_nothing_to_assess() -> None:
    """Without a treatment, or before one, there is nothing to say."""
    rules = rule_set(PLAIN)
    for bad, message in (
        ([], "^no treatment to assess$"),
        ([treated(hours=1)], "^a treatment lies after the instant asked about$"),
        ([treated(), treated(unsure=1)], "^a treatment lies after the instant asked about$"),
    ):
        with pytest.raises(ValueError, match=message):
            assess(bad, rules, T0)
        with pytest.raises(ValueError, match=message):
            answer(PLAIN, bad, rules, T0)
        with pytest.raises(ValueError, match=message):
            answer(rules.groups["all"], bad, rules, T0)


def test_unknown_type() -> None:
    """A type without rules is an error, never an answer."""
    with pytest.raises(KeyError):
        ask(PLAIN, [treated("nose")], 0)
    with pytest.raises(KeyError):
        assess([treated("nose")], rule_set(PLAIN), T0)


@pytest.mark.parametrize(
    ("hours", "verdict", "next_change"),
    [
        (0, "avoid", 24), (23.99, "avoid", 24), (24, "limited", 48), (24.01, "limited", 48),
        (47.99, "limited", 48), (48, "allowed", None), (9999, "allowed", None),
    ],
)  # fmt: skip
def test_windows_are_half_open(hours: float, verdict: str, next_change: int | None) -> None:
    """At the instant a window closes the next phase holds."""
    found = ask(PLAIN, [treated()], hours)
    assert found.verdict == found.verdict_if_earliest == verdict
    assert found.condition == ("Gently for 48 h." if verdict == "limited" else None)
    assert found.limited_from == T0 + 24 * HOUR
    assert found.allowed_from == T0 + 48 * HOUR
    assert found.next_change == (None if next_change is None else T0 + next_change * HOUR)
    assert found.certain


def test_uncertain_time() -> None:
    """The latest possible time decides, and the earliest is what knowing could change."""
    found = ask(PLAIN, [treated(unsure=10)], 25)
    assert (found.verdict, found.verdict_if_earliest) == ("avoid", "limited")
    assert not found.certain
    assert (found.limited_from, found.allowed_from) == (T0 + 34 * HOUR, T0 + 58 * HOUR)


def test_clock_put_back_between_the_two_ends() -> None:
    """Treated at 02:30, asked at 02:10 an hour's repetition later: the week ends no earlier."""
    earliest = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    at = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    phase = Phase(Days(7), Verdict.AVOID, "No.", None, ())
    week = item("a", Rule((phase, *FREE.phases), None, concerns=True))
    treatment = Treatment("face", Interval(earliest, at, BERLIN))
    found = answer(week, [treatment], rule_set(week), at)
    assert found.verdict == found.verdict_if_earliest == "avoid"
    assert found.allowed_from is not None
    assert found.allowed_from >= datetime(2026, 11, 1, 1, 30, tzinfo=UTC)


def test_worst_in_between() -> None:
    """A verdict that only a time between the two ends would give counts as well."""
    stricter = item("a", rule(("limited", 10), ("avoid", 12), ("allowed", None)))
    found = ask(stricter, [treated(unsure=8)], 15)
    assert (found.verdict, found.verdict_if_earliest) == ("avoid", "allowed")
    assert found.reason == "avoid until 12"
    assert found.limited_from == found.allowed_from == T0 + 20 * HOUR


def test_stricter_with_time() -> None:
    """A phase that closes again moves the time from which it is surely open past itself."""
    stricter = item("a", rule(("allowed", 10), ("ask", 20), ("limited", 30), ("allowed", None)))
    found = ask(stricter, [treated()], 5)
    assert found.verdict == "allowed"
    assert found.limited_from == T0 + 20 * HOUR
    assert found.allowed_from == T0 + 30 * HOUR
    assert found.next_change == T0 + 10 * HOUR


@pytest.mark.parametrize(
    ("verdict", "limited", "allowed"),
    [("avoid", None, None), ("ask", None, None), ("limited", 24, None), ("allowed", 24, 24)],
)
def test_what_never_ends(verdict: str, limited: int | None, allowed: int | None) -> None:
    """Where the last phase is not `allowed` there is no instant to name."""
    found = ask(item("a", rule(("avoid", 24), (verdict, None))), [treated()], 0)
    assert found.limited_from == (None if limited is None else T0 + limited * HOUR)
    assert found.allowed_from == (None if allowed is None else T0 + allowed * HOUR)


def test_open_from_the_first() -> None:
    """What was never closed is open from the latest possible time of the last treatment."""
    found = ask(item("a", FREE), [treated(unsure=3), treated("scalp", 5, 2)], 50)
    assert found.limited_from == found.allowed_from == T0 + 7 * HOUR
    assert found.next_change is None
    assert found.reason == "Not concerned."


def test_answer_about_an_item() -> None:
    """An answer names its item, the item's group, and what to do meanwhile; it has no items."""
    subject = PLAIN._replace(id="gym", label="Workouts", instead="Walk.")
    found = ask(subject, [treated()], 30)
    assert (found.activity, found.label, found.group) == ("gym", "Workouts", "all")
    assert found.instead == "Walk."
    assert found.governed_by == treated()
    assert found.items == ()


def test_steps() -> None:
    """The whole course from the last treatment on; an instant that changes nothing is no step."""
    gentle = Step(T0 + 34 * HOUR, Verdict.LIMITED, "Gently for 48 h.")
    free = Step(T0 + 58 * HOUR, Verdict.ALLOWED, None)
    # From the earliest time it would change after 24 and 48 hours, which nobody may rely on.
    found = ask(PLAIN, [treated(unsure=10)], 40)
    assert found.steps == (Step(T0 + 10 * HOUR, Verdict.AVOID, None), gentle, free)
    rules = rule_set(PLAIN)
    whole = answer(rules.groups["all"], [treated(unsure=10)], rules, T0 + 40 * HOUR)
    assert whole.steps == found.steps


def test_most_severe_treatment_governs() -> None:
    """Of two treatments the stricter verdict holds and names its treatment."""
    both = item(
        "a",
        rule(("avoid", 24), ("allowed", None)),
        rule(("limited", 200), ("allowed", None)),
    )
    treatments = [treated("scalp"), treated("face")]
    early, late = ask(both, treatments, 10), ask(both, treatments, 30)
    assert (early.verdict, early.governed_by.type, early.reason) == (
        "avoid", "face", "avoid until 24",
    )  # fmt: skip
    assert (late.verdict, late.governed_by.type, late.condition) == (
        "limited", "scalp", "Gently for 200 h.",
    )  # fmt: skip
    assert early.rule is both.rules["face"]
    assert late.rule is both.rules["scalp"]
    assert early.limited_from == T0 + 24 * HOUR
    assert early.allowed_from == T0 + 200 * HOUR


def test_longest_governs_among_equals() -> None:
    """Of two equal verdicts the one that holds it back longest governs, in any order."""
    both = item(
        "a",
        rule(("avoid", 24), ("allowed", None)),
        rule(("avoid", 12), ("limited", 100), ("allowed", None)),
    )
    face, scalp = treated("face", 1), treated("scalp", 0)
    for order in ([face, scalp], [scalp, face]):
        assert ask(both, order, 10).governed_by == scalp
        assert ask(both, order, 300).governed_by == scalp
    never = item("a", rule(("avoid", 24), ("ask", None)), rule(("avoid", 500), ("allowed", None)))
    for order in ([face, scalp], [scalp, face]):
        assert ask(never, order, 10).governed_by == face
    first, second = treated("face", 0), treated("face", 5)
    for order in ([first, second], [second, first]):
        assert ask(PLAIN, order, 10).governed_by == second
        assert ask(item("a", FREE), order, 10).governed_by == second


def test_longest_in_the_worst_case_governs() -> None:
    """How long a treatment holds an activity back counts from its latest possible time."""
    both = item("a", rule(("avoid", 24), ("allowed", None)), rule(("avoid", 30), ("allowed", None)))
    # Until 34 hours at the latest, and until 30.
    face, scalp = treated("face", unsure=10), treated("scalp")
    for order in ([face, scalp], [scalp, face]):
        assert ask(both, order, 12).governed_by == face


def test_conditions_are_joined() -> None:
    """Two conditions hold together, each once, and only those of the deciding verdict."""
    both = item(
        "a",
        rule(("limited", 48), ("allowed", None)),
        rule(("limited", 72), ("allowed", None)),
    )
    two = [treated("face"), treated("scalp")]
    assert ask(both, two, 1).condition == "Gently for 48 h. Gently for 72 h."
    assert ask(both, two, 50).condition == "Gently for 72 h."
    assert ask(both, two, 1).next_change == T0 + 48 * HOUR
    assert ask(both, [treated("face"), treated("face", 1)], 1).condition == "Gently for 48 h."
    closed = item("a", rule(("avoid", 48), ("allowed", None)), both.rules["scalp"])
    assert ask(closed, two, 1).condition is None


def test_figures_and_order_of_evidence() -> None:
    """Claims come shortest figure first, those without one last; only restrictions count."""
    rows = (
        row("E1", None, None), row("E2", 72, 72, "avoid", "C"), row("E3", None, 48),
        row("E4", 24, None),
        row("E5", 24, 48, "limited"), row("E6", 0, 999, "do"), row("E7", 24, 48),
    )  # fmt: skip
    ids = tuple(each.id for each in rows)
    subject = item("a", rule(("avoid", 48), ("allowed", None), evidence=ids))
    rules = rule_set(subject, evidence=rows)
    found = answer(subject, [treated()], rules, T0)
    assert [each.id for each in found.evidence] == ["E4", "E5", "E7", "E3", "E2", "E6", "E1"]
    assert found.figures == Figures(shortest=24, longest=72, credible=48, chosen=48)
    assert answer(rules.groups["all"], [treated()], rules, T0).figures == found.figures


def test_a_condition_counts_as_a_restriction() -> None:
    """Of the figures for `avoid` and `limited` together, the longest credible one is shown."""
    rows = (row("E1", 24, 24), row("E2", 72, 72, "limited"), row("E3", 99, 99, "limited", "C"))
    phases = rule(("avoid", 24), ("limited", 72), ("allowed", None), evidence=("E1", "E2", "E3"))
    subject = item("a", phases)
    found = answer(subject, [treated()], rule_set(subject, evidence=rows), T0)
    assert found.figures == Figures(shortest=24, longest=99, credible=72, chosen=72)


def test_a_figure_of_no_hours_is_the_shortest() -> None:
    """Nothing to wait for is a figure too, and sorts before one hour."""
    rows = (row("E1", 0, 1), row("E2", None, 0), row("E3", 1, 24), row("E4", 0, 24))
    ids = tuple(each.id for each in rows)
    subject = item("a", rule(("avoid", 48), ("allowed", None), evidence=ids))
    found = answer(subject, [treated()], rule_set(subject, evidence=rows), T0)
    assert [each.id for each in found.evidence] == ["E2", "E1", "E4", "E3"]
    assert found.figures.shortest == 0


def test_no_figures() -> None:
    """Without figures, or an end, there is nothing to show."""
    none = Figures(None, None, None, None)
    endless = item("a", rule(("avoid", None), evidence=("E1",)))
    rules = rule_set(endless, evidence=(row("E1", None, None),))
    assert answer(endless, [treated()], rules, T0).figures == none
    assert ask(item("a", FREE), [treated()], 0).figures == none
    week = PLAIN.rules["face"].phases[0]._replace(until=Days(7))
    days = item("a", Rule((week, *FREE.phases), None, concerns=True))
    assert ask(days, [treated()], 0).figures == none._replace(chosen=168)


AVOID = rule(("avoid", 48), ("allowed", None))


def group(treatments: list[Treatment], hours: float, *items: Item) -> Answer:
    """Ask about the group of some items."""
    rules = rule_set(*items)
    return answer(rules.groups["all"], treatments, rules, T0 + hours * HOUR)


def test_group_is_softened() -> None:
    """No workouts yet but walking is fine: limited, and the condition says what is what."""
    walk = item("walk", rule(("allowed", None)))
    ski = item("ski", rule(("ask", 72), ("allowed", None)))
    found = group([treated()], 0, item("gym", AVOID), walk, ski, item("TV", AVOID))
    assert found.verdict == found.verdict_if_earliest == "limited"
    assert found.condition == "Fine: walk. Not yet: gym, tv. Ask first: ski."
    assert found.reason == "avoid until 48"
    assert [each.activity for each in found.items] == ["gym", "walk", "ski", "TV"]
    assert found.limited_from == T0
    assert found.allowed_from == T0 + 48 * HOUR
    later = group([treated()], 50, item("gym", AVOID), walk, ski)
    assert (later.verdict, later.condition) == ("allowed", "Ask first: ski.")
    assert group([treated()], 99, item("gym", AVOID), walk, ski).condition is None


def test_answer_about_a_group() -> None:
    """It names the group, and treatment and suggestion are those of the headline item."""
    gym = item("gym", AVOID, rule(("avoid", 24), ("allowed", None)))._replace(instead="Walk.")
    ski = item("ski", rule(("ask", 72), ("allowed", None)))._replace(instead="Skate.")
    rules = rule_set(gym, ski)
    sport = Group("sport", "Sport", (), "gym", ("gym", "ski"), LISTED_AS)
    treatments = [treated("scalp"), treated("face")]
    found = answer(sport, treatments, rules, T0 + 30 * HOUR)
    assert (found.activity, found.label, found.group) == ("sport", "Sport", "sport")
    assert found.instead == "Walk."
    assert found.governed_by == treated("face")
    assert found.next_change == T0 + 48 * HOUR


@pytest.mark.parametrize(("hours", "change"), [(0, 48), (47.99, 48), (48, 72), (72, None)])
def test_next_change_of_a_group(hours: float, change: int | None) -> None:
    """The next change of a group's verdict or condition lies after the instant asked about."""
    ski = item("ski", rule(("ask", 72), ("allowed", None)))
    found = group([treated()], hours, item("gym", AVOID), ski)
    assert found.next_change == (None if change is None else T0 + change * HOUR)


@pytest.mark.parametrize(
    "other",
    [
        item("other", rule(("allowed", None)), aside=True),
        item("other", FREE),
        item("other", rule(("limited", 48), ("allowed", None))),
        item("other", rule(("ask", 48), ("allowed", None))),
        item("other", AVOID),
    ],
)
def test_group_is_not_softened(other: Item) -> None:
    """By an item aside, one that is not concerned, or one that is not plainly allowed."""
    found = group([treated()], 0, item("gym", AVOID), other)
    assert (found.verdict, found.condition) == ("avoid", None)


def test_group_is_softened_after_every_treatment_or_not_at_all() -> None:
    """An item that one of two treatments does not concern says nothing about the group."""
    gym = item("gym", AVOID, AVOID)
    open_ = rule(("allowed", None))
    both = [treated("face"), treated("scalp")]
    assert group(both, 0, gym, item("walk", open_, FREE)).verdict == "avoid"
    assert group(both, 0, gym, item("walk", FREE, open_)).verdict == "avoid"
    assert group(both, 0, gym, item("walk", open_, open_)).verdict == "limited"


def test_only_avoid_is_softened() -> None:
    """A question stays a question and a condition a condition."""
    walk = item("walk", rule(("allowed", None)))
    asking = item("gym", rule(("ask", 48), ("allowed", None)))
    careful = item("gym", rule(("limited", 48), ("allowed", None)))
    assert group([treated()], 0, asking, walk).verdict == "ask"
    found = group([treated()], 0, careful, walk, item("ski", AVOID))
    assert (found.verdict, found.condition) == ("limited", "Gently for 48 h. Not yet: ski.")


def test_labels_keep_their_capitals() -> None:
    """An abbreviation is not lower-cased inside a sentence."""
    nsaid = item("x", rule(("allowed", None)))._replace(label="NSAIDs")
    assert group([treated()], 0, item("gym", AVOID), nsaid).condition == (
        "Fine: NSAIDs. Not yet: gym."
    )
    tvs = nsaid._replace(label="TVs")
    assert group([treated()], 0, item("gym", AVOID), tvs).condition == "Fine: TVs. Not yet: gym."


def test_group_uncertain() -> None:
    """An item that is allowed at the earliest time only softens only that reading."""
    walk = item("walk", rule(("avoid", 10), ("allowed", None)))
    found = group([treated(unsure=5)], 12, item("gym", AVOID), walk)
    assert (found.verdict, found.verdict_if_earliest) == ("avoid", "limited")
    assert found.limited_from == T0 + 15 * HOUR


def test_upcoming() -> None:
    """Later changes of any item come soonest first; a change of condition alone is none."""
    same = item("b", rule(("limited", 10), ("limited", 20), ("allowed", None)))
    found = assess([treated()], rule_set(PLAIN, same), T0 + 5 * HOUR)
    assert [(each.at, each.activity, each.verdict) for each in found.upcoming] == [
        (T0 + 20 * HOUR, "b", Verdict.ALLOWED),
        (T0 + 24 * HOUR, "a", Verdict.LIMITED),
        (T0 + 48 * HOUR, "a", Verdict.ALLOWED),
    ]
    assert [each.label for each in found.upcoming] == ["B", "A", "A"]
    changing = ask(same, [treated()], 5)
    assert changing.next_change == T0 + 10 * HOUR
    later = assess([treated()], rule_set(PLAIN, same), T0 + 24 * HOUR)
    assert [each.at for each in later.upcoming] == [T0 + 48 * HOUR]
    assert later.notice == "Ask your clinic."
    assert later.contacts["emergency"] == "Call emergency."
    assert later.rules.name == "test"


def test_upcoming_at_one_instant() -> None:
    """Changes at one instant keep the order of the rule set, whatever their ids."""
    items = [item(id_, AVOID) for id_ in "bca"]
    found = assess([treated()], rule_set(*items), T0)
    assert [each.activity for each in found.upcoming] == ["b", "c", "a"]


# What to watch for.


def reaction(**hours: int) -> Reaction:
    """Return a reaction expected for so many hours after each type."""
    expected = {type_: Expectation(Hours(n), (f"E{n}", "E0"), None) for type_, n in hours.items()}
    return Reaction("red", "Redness", (), "It is red.", "Still red.", expected)


def flag(id_: str, urgency: str, until: Span | None = None, *types: str) -> RedFlag:
    """Return a red flag."""
    kinds = types or ("face", "scalp")
    return RedFlag(id_, id_, Urgency(urgency), (), id_, None, kinds, until, ("E1",))


def test_latest_of_each_type() -> None:
    """Of each type the latest counts; the order is that of the types' first appearance."""
    old, new, scalp = treated("face", 0), treated("face", 9), treated("scalp", 3)
    for order in ([old, scalp, new], [new, scalp, old]):
        assert advice.latest_of_each_type(order) == [new, scalp]
    assert advice.latest_of_each_type([scalp, new, old]) == [scalp, new]


def test_reaction_is_normal_then_not() -> None:
    """At its end an expected sign turns into one to ask the clinic about, in other words."""
    rules = rule_set(reactions=(reaction(face=72),))
    for hours, is_normal in ((0, True), (71.99, True), (72, False), (9999, False)):
        at = T0 + hours * HOUR
        found, alerts = (
            advice.normal([treated()], rules, at),
            advice.red_flags([treated()], rules, at),
        )
        assert [each.until for each in found] == [T0 + 72 * HOUR] * is_normal
        assert [each.id for each in alerts] == ["red-persisting"] * (not is_normal)
        texts = [each.text for each in found] + [each.text for each in alerts]
        assert texts == ["It is red." if is_normal else "Still red."]
    assert alerts[0].persisting
    assert alerts[0].urgency is Urgency.CONTACT_CLINIC
    assert alerts[0].evidence == ("E72", "E0")


def test_reaction_of_uncertain_time() -> None:
    """The earliest possible time decides, so that a sign is not called normal too long."""
    rules = rule_set(reactions=(reaction(face=72),))
    at = T0 + 72 * HOUR
    assert advice.normal([treated(unsure=24)], rules, at) == ()
    assert len(advice.normal([treated(unsure=24)], rules, at - HOUR)) == 1


def test_reaction_ends_at_the_earlier_of_two_readings() -> None:
    """A clock time that the closing day lacks ends a reaction early, in the treatment's zone."""
    expected = {"face": Expectation(Days(1), (), None)}
    rules = rule_set(reactions=(reaction()._replace(expected=expected),))
    # 02:30 in winter time; on the next day the clocks go from 02:00 to 03:00.
    when = datetime(2024, 3, 30, 1, 30, tzinfo=UTC)
    treatments = [Treatment("face", Interval(when, when, BERLIN))]
    end = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    (found,) = advice.normal(treatments, rules, when)
    assert found.until == end
    assert advice.normal(treatments, rules, end) == ()
    assert [each.id for each in advice.red_flags(treatments, rules, end)] == ["red-persisting"]


def test_what_is_said_of_a_reaction() -> None:
    """A reaction keeps its id and label, and says other words once it has gone on too long."""
    rules = rule_set(reactions=(reaction(face=72),))
    (found,) = advice.normal([treated()], rules, T0)
    (alert,) = advice.red_flags([treated()], rules, T0 + 72 * HOUR)
    until = T0 + 72 * HOUR
    assert found == advice.Advice("red", "Redness", "It is red.", until, ("face",), ("E72", "E0"))
    assert (alert.id, alert.label, alert.text) == ("red-persisting", "Redness", "Still red.")
    assert alert.action is None


def test_what_is_said_of_a_red_flag() -> None:
    """A red flag comes as the rule set has it, with what to do and what it rests on."""
    blind = RedFlag(
        "blind", "Loss of sight", Urgency.EMERGENCY, ("blind",), "You see less.", "Call 112.",
        ("face",), None, ("E1", "E2"),
    )  # fmt: skip
    assert advice.red_flags([treated()], rule_set(red_flags=(blind,)), T0) == (
        advice.Alert(
            "blind", "Loss of sight", "You see less.", Urgency.EMERGENCY, "Call 112.", ("face",),
            ("E1", "E2"),
        ),
    )  # fmt: skip


def test_reactions_of_several_treatments() -> None:
    """Each type is judged by its latest treatment, and the longest window is shown."""
    rules = rule_set(reactions=(reaction(face=24, scalp=48),))
    both = [treated("face"), treated("scalp")]
    (early,) = advice.normal(both, rules, T0 + HOUR)
    assert (early.until, early.types) == (T0 + 48 * HOUR, ("face", "scalp"))
    assert early.evidence == ("E24", "E0", "E48")
    (late,) = advice.normal(both, rules, T0 + 30 * HOUR)
    (alert,) = advice.red_flags(both, rules, T0 + 30 * HOUR)
    assert (late.types, alert.types) == (("scalp",), ("face",))
    again = [treated("face"), treated("face", 20)]
    (second,) = advice.normal(again, rules, T0 + 30 * HOUR)
    assert second.until == T0 + 44 * HOUR
    assert advice.normal([treated("scalp")], rule_set(reactions=(reaction(face=24),)), T0) == ()


def test_red_flags_by_urgency() -> None:
    """The most urgent come first, and otherwise the order of the rule set holds."""
    flags = (
        flag("c", "contact_clinic"), flag("b", "same_day"), flag("a", "emergency"),
        flag("d", "contact_clinic"), flag("e", "emergency"),
    )  # fmt: skip
    rules = rule_set(red_flags=flags, reactions=(reaction(face=1),))
    found = advice.red_flags([treated()], rules, T0 + 2 * HOUR)
    assert [each.id for each in found] == ["a", "e", "b", "c", "d", "red-persisting"]


def test_red_flags_of_several_treatments() -> None:
    """A flag names the types it concerns, once each, and ends with the latest possible time."""
    rules = rule_set(
        red_flags=(flag("a", "emergency"), flag("b", "same_day", Days(2), "face")),
    )
    treatments = [treated("face", unsure=3), treated("scalp"), treated("face", 1)]
    found = advice.red_flags(treatments, rules, T0 + 50 * HOUR)
    assert [(each.id, each.types) for each in found] == [("a", ("face", "scalp")), ("b", ("face",))]
    assert len(advice.red_flags(treatments, rules, T0 + 51 * HOUR)) == 1
    assert advice.red_flags([treated("scalp")], rules, T0)[0].types == ("scalp",)


def window(opens: Span | None, until: Span | None, text: str = "Do.") -> CareWindow:
    """Return when something helps."""
    return CareWindow(opens, until, text, ("E1",))


def test_care_opens_and_ends() -> None:
    """Care holds from the earliest possible opening to the latest possible end."""
    rules = rule_set(care=(Care("cool", "Cool", {"face": window(Hours(10), Hours(20))}),))
    for hours, there in ((9.99, False), (10, True), (24.99, True), (25, False)):
        found = advice.care([treated(unsure=5)], rules, T0 + hours * HOUR)
        assert [each.until for each in found] == [T0 + 25 * HOUR] * there
    assert advice.care([treated("scalp")], rules, T0 + 15 * HOUR) == ()
    for order in (["face", "scalp"], ["scalp", "face"]):
        found = advice.care([treated(each) for each in order], rules, T0 + 15 * HOUR)
        until = T0 + 20 * HOUR
        assert found == (advice.Advice("cool", "Cool", "Do.", until, ("face",), ("E1",)),)


def test_care_opens_at_the_earlier_of_two_readings() -> None:
    """A clock time that the opening day lacks opens care early, in the treatment's zone."""
    rules = rule_set(care=(Care("cool", "Cool", {"face": window(Days(1), None)}),))
    # 02:30 in winter time; on the next day the clocks go from 02:00 to 03:00.
    when = datetime(2024, 3, 30, 1, 30, tzinfo=UTC)
    treatments = [Treatment("face", Interval(when, when, BERLIN))]
    opens = datetime(2024, 3, 31, 0, 30, tzinfo=UTC)
    assert advice.care(treatments, rules, opens - timedelta(minutes=1)) == ()
    assert len(advice.care(treatments, rules, opens)) == 1


@pytest.mark.parametrize(
    ("face", "scalp", "until"),
    [
        (Hours(10), Hours(20), 20), (Hours(30), Hours(20), 30),
        (None, Hours(20), None), (Hours(20), None, None), (None, None, None),
    ],
)  # fmt: skip
def test_care_of_several_treatments(
    face: Span | None, scalp: Span | None, until: int | None
) -> None:
    """One text for two types is said once, until the later end; two texts are both said."""
    both = [treated("face"), treated("scalp")]
    same = Care("cool", "Cool", {"face": window(None, face), "scalp": window(None, scalp)})
    (found,) = advice.care(both, rule_set(care=(same,)), T0)
    assert found.types == ("face", "scalp")
    assert found.until == (None if until is None else T0 + until * HOUR)
    other = Care("cool", "Cool", {"face": window(None, face), "scalp": window(None, scalp, "Or.")})
    two = advice.care(both, rule_set(care=(other,)), T0)
    assert [(each.text, each.types) for each in two] == [("Do.", ("face",)), ("Or.", ("scalp",))]


def test_results_of_several_treatments() -> None:
    """Expected results come per type, for its latest treatment, where the course says any."""
    glow = Statement("results-1", "Glow.", Hours(10), Hours(20), ("E1",))
    last = Statement("results-2", "Lasts.", Hours(15), None, ("E2",))
    course = Course((1, 3), NO_SPACING, NO_SPACING, (glow, last), ())
    rules = rule_set(course={"face": course})
    treatments = [treated("scalp"), treated("face"), treated("face", 5)]
    for hours, ids in ((14, []), (15, ["1"]), (20, ["1", "2"]), (25, ["2"])):
        found = advice.results(treatments, rules, T0 + hours * HOUR)
        assert [each.id for each in found] == [f"results-{id_}" for id_ in ids]
        assert all((each.label, each.types) == ("Face", ("face",)) for each in found)
    assert found[0].until is None
    (first,) = advice.results([treated()], rules, T0 + 12 * HOUR)
    until = T0 + 20 * HOUR
    assert first == advice.Advice("results-1", "Face", "Glow.", until, ("face",), ("E1",))


def test_assessment_holds_everything() -> None:
    """One call gives all that is to be said: the same answers and advice as each on its own."""
    gym = item("gym", rule(("avoid", 48), ("allowed", None), evidence=("E1",)))
    claim = row("E1", 24, 48)
    glow = Statement("results-1", "Glow.", None, Hours(20), ("E1",))
    rules = rule_set(
        gym,
        evidence=(claim,),
        reactions=(reaction(face=24),),
        red_flags=(flag("a", "emergency"),),
        care=(Care("cool", "Cool", {"face": window(None, Hours(20))}),),
        course={"face": Course((1, 3), NO_SPACING, NO_SPACING, (glow,), ())},
    )
    treatments, at = [treated(), treated("scalp", 1)], T0 + 10 * HOUR
    found = assess(treatments, rules, at)
    assert found.at == at
    assert found.treatments == tuple(treatments)
    (sport,) = found.answers
    assert (sport.activity, sport.verdict, sport.evidence) == ("all", "avoid", (claim,))
    assert sport == answer(rules.groups["all"], treatments, rules, at)
    assert sport.items == (answer(gym, treatments, rules, at),)
    assert [(each.id, each.until) for each in found.care] == [("cool", T0 + 20 * HOUR)]
    assert [(each.id, each.until) for each in found.normal] == [("red", T0 + 24 * HOUR)]
    assert [(each.id, each.urgency) for each in found.red_flags] == [("a", "emergency")]
    assert [(each.id, each.until) for each in found.results] == [("results-1", T0 + 20 * HOUR)]


@pytest.mark.parametrize("swap", [False, True])
def test_of_two_that_end_alike_the_one_that_may_be_earlier_is_latest(*, swap: bool) -> None:
    """Which is named first does not matter, and nothing is called normal for too long."""
    point, day = treated(hours=40), treated(hours=20, unsure=20)
    given = [day, point] if swap else [point, day]
    assert advice.latest_of_each_type(given) == [day]


def test_the_later_one_is_latest_even_if_it_may_be_earlier() -> None:
    """What counts first is how late a treatment may have been."""
    late, early = treated(hours=10, unsure=49), treated(hours=20)
    assert advice.latest_of_each_type([late, early]) == [late]
    assert advice.latest_of_each_type([early, late]) == [late]


@pytest.mark.parametrize("swap", [False, True])
def test_equals_in_two_zones(*, swap: bool) -> None:
    """Two treatments at one instant in two zones: one governs, and nothing breaks."""
    one = treated()
    other = one._replace(when=one.when._replace(zone=ZoneInfo("Asia/Tokyo")))
    subject = item("sauna", rule(("avoid", 24), ("allowed", None)))
    given = ask(subject, [other, one] if swap else [one, other], 1)
    assert given.verdict is Verdict.AVOID
    assert given.governed_by in (one, other)


@pytest.mark.parametrize(("hours", "healing"), [(0, True), (47, True), (48, False), (900, False)])
def test_recovery_window(hours: int, healing: bool) -> None:
    """It lasts as long as the last restriction that ends; one without an end prolongs nothing."""
    gym = item("gym", rule(("avoid", 24), ("limited", 48), ("allowed", None)))
    sun = item("sun", rule(("avoid", 12), ("limited", None)))
    assert in_recovery(treated(), rule_set(gym, sun), T0 + hours * HOUR) is healing


def test_no_recovery_window() -> None:
    """Where nothing ends, or nothing is restricted, there is no window to be in."""
    free, shut = item("a", rule(("allowed", None))), item("b", rule(("avoid", None)))
    assert not in_recovery(treated(), rule_set(free, shut), T0)


def test_recovery_window_of_a_clinics_own_word() -> None:
    """What the clinic said of one patient counts in place of the rule."""
    gym = item("gym", rule(("avoid", 24), ("allowed", None)))
    longer = treated()._replace(overrides={"gym": rule(("avoid", 72), ("allowed", None))})
    assert in_recovery(longer, rule_set(gym), T0 + 60 * HOUR)
    assert not in_recovery(treated(), rule_set(gym), T0 + 60 * HOUR)


def test_an_answer_says_whose_word_decides() -> None:
    """An override decides its item and, through the headline item, the group; nothing else."""
    own = {"gym": rule(("avoid", 72), ("allowed", None))}
    gym, walk = (item(id_, rule(("avoid", 24), ("allowed", None))) for id_ in ("gym", "walk"))
    rules, at = rule_set(gym, walk), T0 + HOUR
    told = [treated()._replace(overrides=own)]
    assert answer(gym, told, rules, at).by_clinic
    assert answer(rules.groups["all"], told, rules, at).by_clinic
    assert not answer(walk, told, rules, at).by_clinic
    assert not answer(gym, [treated()], rules, at).by_clinic


@pytest.mark.parametrize(
    ("hours", "verdict"),
    [
        (9, "limited"),
        (12, "limited"),
        (14, "limited"),
        (15, "allowed"),
        (19, "allowed"),
        (20, "avoid"),
    ],
)
def test_only_phases_that_a_treatment_time_leads_to_decide(hours: int, verdict: str) -> None:
    """Of five possible hours: the worst of the phases they lead to, and not of the next as well."""
    phases = rule(("limited", 10), ("allowed", 20), ("avoid", None))
    start = datetime(2024, 5, 1, tzinfo=UTC)
    treated = Treatment("face", Interval(start, start + timedelta(hours=5), ZoneInfo("UTC")))
    found = Windows(phases, Closings(treated)).worst(start + timedelta(hours=hours))
    assert found.verdict.value == verdict


def test_what_the_clinic_has_to_see_first() -> None:
    """While a finding is open, what touches the treated area is at least to ask about."""
    subject = item("a", rule(("avoid", 24), ("limited", 48), ("allowed", None)))
    rules = rule_set(subject)
    for hours, by_rule, held in (
        (1, "avoid", "avoid"),
        (30, "limited", "ask"),
        (99, "allowed", "ask"),
    ):
        at = T0 + hours * HOUR
        for named in (subject, rules.groups["all"]):
            assert answer(named, [treated()], rules, at).verdict == by_rule
            found = answer(named, [treated()], rules, at, ["infection"])
            assert found.verdict == found.verdict_if_earliest == held
            assert (found.limited_from, found.allowed_from) == (None, None)
            assert found.held_by == (() if by_rule == held else ("infection",))
            assert (found.reason == "The clinic first.") == (by_rule != held)
            assert found.condition is None
    assert assess([treated()], rules, T0, ["infection"]).upcoming[-1].verdict == "ask"


@pytest.mark.parametrize("case", ["leaves it alone", "has nothing to do with it"])
def test_what_the_clinic_need_not_see_first(case: str) -> None:
    """What leaves the treated area alone stays as it is, and so does what does not concern it."""
    subject = PLAIN._replace(apart=True) if case == "leaves it alone" else item("a", FREE)
    found = answer(subject, [treated()], rule_set(subject), T0 + 50 * HOUR, ["infection"])
    assert (found.verdict, found.held_by) == ("allowed", ())
