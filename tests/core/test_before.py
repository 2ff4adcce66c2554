"""Before a treatment: cases by hand from the evidence, each a minute around its boundary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesocare.app.before import ahead, with_record
from mesocare.core.aftercare.washout import leave_one, leave_out
from mesocare.core.model import Treatment, Verdict
from mesocare.core.question import Question
from mesocare.core.timespan import Days, Hours, Interval, opening
from mesocare.core.verdict.engine import answer
from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program

BERLIN = ZoneInfo("Europe/Berlin")
FACE, ALL = ("face", "brightening"), ("face", "brightening", "scalp")
# What is left out, for which types, how many hours before, and the claim that has the figure.
CASES = (
    ("alcohol", FACE, 48, "B002"),
    ("alcohol", ("scalp",), 48, "B003"),
    ("nsaid", FACE, 168, "B025"),
    ("nsaid", ("scalp",), 240, "B023"),
    ("supplements", FACE, 168, "B067"),
    ("supplements", ("scalp",), 240, "B065"),
    ("retinoids", FACE, 168, "B092"),
    ("acids", FACE, 168, "B092"),
    ("lighteners", FACE, 168, "B092"),
    ("peel-and-laser", FACE, 336, "B101"),
    ("waxing", FACE, 168, "B113"),
    ("sun", FACE, 336, "B120"),
    ("sun", ("scalp",), 120, "B127"),
    ("dental-work", FACE, 336, "B131"),
    ("exercise", FACE, 24, "B187"),
    ("smoking", FACE, 48, "B169"),
    ("smoking", ("scalp",), 48, "B166"),
    ("caffeine", FACE, 48, "B170"),
    ("caffeine", ("scalp",), 48, "B174"),
    ("hair-dye", ("scalp",), 168, "B205"),
)
APPOINTMENTS = ("2026-12-10T10:00", "2026-07-01T17:30")
BOUNDARIES = [
    (name, type_, hours, claim, when)
    for name, types, hours, claim in CASES
    for type_ in types
    for when in APPOINTMENTS
]
ON_THE_DAY = [
    *((name, type_) for name in ("make-up", "self-tan", "shaving") for type_ in FACE),
    ("hair-products", "scalp"),
]
ASKED = (
    ("prescribed-medicines", ALL), ("isotretinoin", FACE), ("antibiotics", ALL),
    ("vaccination", ALL), ("minoxidil", ("scalp",)), ("numbing-cream", ALL),
    ("steroid-tablets", ("scalp",)),
)  # fmt: skip


def exactly(when: str) -> Interval:
    at = datetime.fromisoformat(when).replace(tzinfo=BERLIN).astimezone(UTC)
    return Interval(at, at, BERLIN)


@pytest.mark.parametrize(("name", "type_", "hours", "claim", "when"), BOUNDARIES)
def test_a_minute_around_each_boundary(  # noqa: PLR0913, PLR0917 - a case
    name: str, type_: str, hours: int, claim: str, when: str, rules: RuleSet
) -> None:
    """A minute before it begins all is open; with it, and a minute after, it is not."""
    preparation = rules.before().leave_out[name]
    appointment = exactly(when)
    # No clocks change in these weeks, so that days and hours are one.
    begins = appointment.earliest - timedelta(hours=hours)
    closed = Verdict.LIMITED if name == "caffeine" else Verdict.AVOID
    for minutes, wanted in ((-1, Verdict.ALLOWED), (0, closed), (1, closed)):
        found = leave_one(preparation, appointment, [type_], begins + timedelta(minutes=minutes))
        assert found is not None
        assert (found.verdict, found.begins) == (wanted, begins)
    row = rules.evidence[claim]
    assert row.max_hours == hours
    assert claim in preparation.washouts[type_].evidence
    last = leave_one(preparation, appointment, [type_], appointment.latest)
    assert last is not None
    assert last.verdict is closed


@pytest.mark.parametrize(("name", "type_"), ON_THE_DAY)
@pytest.mark.parametrize("when", APPOINTMENTS)
def test_on_the_day(name: str, type_: str, when: str, rules: RuleSet) -> None:
    """It begins with the local day of the appointment."""
    preparation = rules.before().leave_out[name]
    midnight = datetime.fromisoformat(when[:10]).replace(tzinfo=BERLIN)
    for minutes, wanted in ((-1, Verdict.ALLOWED), (0, Verdict.AVOID), (1, Verdict.AVOID)):
        at = midnight + timedelta(minutes=minutes)
        found = leave_one(preparation, exactly(when), [type_], at.astimezone(UTC))
        assert found is not None
        assert found.verdict is wanted


@pytest.mark.parametrize(("name", "types"), ASKED)
def test_what_is_asked_about_is_never_a_yes(
    name: str, types: tuple[str, ...], rules: RuleSet
) -> None:
    """Whatever the time, and for no other type."""
    preparation = rules.before().leave_out[name]
    assert set(preparation.washouts) == set(types)
    for days in (1, 30, 400):
        at = exactly(APPOINTMENTS[0]).earliest - timedelta(days=days)
        for type_ in types:
            found = leave_one(preparation, exactly(APPOINTMENTS[0]), [type_], at)
            assert found is not None
            assert (found.verdict, found.begins) == (Verdict.ASK, None)


def test_every_case_has_a_test(rules: RuleSet) -> None:
    """Nothing of the data is left out here, and there are enough of them."""
    tested = {name for name, *_ in (*CASES, *ON_THE_DAY, *ASKED)}
    assert tested == set(rules.before().leave_out)
    assert 3 * (len(BOUNDARIES) + 2 * len(ON_THE_DAY)) >= 150


@given(
    hours=st.integers(0, 24 * 40),
    wide=st.integers(0, 24 * 60),
    before=st.integers(0, 60 * 24 * 40),
)
def test_doubt_never_opens(hours: int, wide: int, before: int) -> None:
    """An appointment that is not known to the minute is never milder than any it can be."""
    rules = load_rules()
    first = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=hours)
    last = first + timedelta(minutes=wide)
    at = first - timedelta(minutes=before)
    vague = {each.preparation.id: each for each in
             leave_out(Interval(first, last, BERLIN), ["face"], rules.before(), at)}  # fmt: skip
    for share in (0, 0.37, 1):
        moment = first + (last - first) * share
        for each in leave_out(Interval(moment, moment, BERLIN), ["face"], rules.before(), at):
            assert vague[each.preparation.id].verdict.severity >= each.verdict.severity


def test_of_two_types_the_earlier_holds(rules: RuleSet) -> None:
    """Ten days for the scalp and seven for the face are ten."""
    preparation = rules.before().leave_out["nsaid"]
    appointment = exactly(APPOINTMENTS[0])
    both = leave_one(preparation, appointment, ["face", "scalp"], appointment.earliest)
    assert both is not None
    assert both.begins == appointment.earliest - timedelta(days=10)


def test_hours_and_days_across_a_change_of_clocks() -> None:
    """48 h are 48 hours, and seven days the same time on the clock."""
    monday = datetime(2026, 3, 30, 10, tzinfo=BERLIN).astimezone(UTC)  # after the spring change
    assert opening(monday, Hours(48), BERLIN) == monday - timedelta(hours=48)
    week = opening(monday, Days(7), BERLIN)
    assert week.astimezone(BERLIN) == datetime(2026, 3, 23, 10, tzinfo=BERLIN)
    assert monday - week == timedelta(days=7, hours=-1)
    # 2:30 never was on the 29th, and was twice on 25 October: the earlier instant.
    later = datetime(2026, 4, 5, 2, 30, tzinfo=BERLIN).astimezone(UTC)
    assert opening(later, Days(7), BERLIN) == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    autumn = datetime(2026, 11, 1, 2, 30, tzinfo=BERLIN).astimezone(UTC)
    assert opening(autumn, Days(7), BERLIN) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_no_figure_is_shorter_than_the_pages_on_mesotherapy(rules: RuleSet) -> None:
    """A claim on mesotherapy itself is exceeded only with a written reason."""
    for each in rules.before().leave_out.values():
        for washout in each.washouts.values():
            if washout.span is None:
                continue
            rows = [rules.evidence[id_] for id_ in washout.evidence]
            longest = max(row.max_hours or 0 for row in rows)
            assert washout.span.nominal_hours == longest or washout.rationale, each.id


def test_as_typed(program: Program) -> None:
    """The exit code is the verdict; words lead to what they mean, or are refused."""
    before = ("--before", "2026-12-10T10:00", "--at", "2026-12-09T09:00", "--tz", "Europe/Berlin")
    codes = {
        "wine": 1, "a glass of red wine": 1, "coffee": 3, "warfarin": 4, "roaccutane": 4,
        "foundation": 0, "gym": 0, "ibuprofen": 1, "flu jab": 4, "juggling": 2, "hair dye": 2,
        "walking": 2,
    }  # fmt: skip
    for words, code in codes.items():
        assert program.run("can-i", *words.split(), *before).code == code, words
    found = program.run("can-i", "wine", *before, "--json").json()
    assert [each["id"] for each in found["leave_out"]] == ["alcohol"]
    assert found["leave_out"][0]["begins"] == "2026-12-08T10:00:00+01:00"
    assert program.run("can-i", "hair", "dye", *before, "--type", "scalp").code == 1


def test_the_list(program: Program) -> None:
    """What has begun, what begins when, what to ask; without a time as early as can be."""
    ask = ("before", "--on", "2026-12-10", "--at", "2026-12-09T09:00", "--tz", "Europe/Berlin")
    out = program.run(*ask).out
    begun, _, rest = out.partition("Leave out from")
    assert "Alcohol." in begun
    assert "No time was given" in begun
    assert "Thu 10 Dec, 00:00" in rest
    assert "Prescribed medicines" in rest.partition("Ask first")[2]
    found = program.run(*ask, "--json").json()
    assert found["schema"] == "mesocare.before/1"
    assert found["appointment_latest"] == "2026-12-11T00:00:00+01:00"
    listed = program.run(*ask, "--checklist").out
    assert listed.count("[ ]") > 20


TYPED = "Type: mesocare before --on 2026-12-01T10:00 --type face"


@pytest.mark.parametrize(
    ("options", "said", "hint"),
    [
        ((), "it was not said when the treatment will be", TYPED),
        (("--on", ""), "it was not said when the treatment will be", TYPED),
        (("--on", "2024-01-01"), "'2024-01-01' is past", "2027-01-20T10:00"),
        (("--on", "01/05/2027"), "'01/05/2027'", "2027-05-01"),
        (("--on", "soon"), "'soon'", "2024-05-01"),
        (("--on", "2027-05-01", "--type", "nose"), "'nose'", "face"),
    ],
)
def test_what_cannot_be_used(
    program: Program, options: tuple[str, ...], said: str, hint: str
) -> None:
    """Exit 2 with what was given and what to type."""
    ended = program.run("before", *options, "--at", "2026-12-09T09:00")
    assert (ended.code, ended.out) == (2, "")
    message, _, rest = ended.err.partition("\n")
    assert said in message
    assert hint in rest


SOON = ("--before", "2025-12-10T10:00", "--tz", "Europe/Berlin")


def put(own: Program) -> None:
    """Put a face treatment on record."""
    assert own.run("treated", "2025-12-01T14:30", "--tz", "Europe/Berlin").code == 0


def test_a_treatment_on_record_still_counts(own: Program) -> None:
    """Wine on the day after a treatment is no yes because the next one is far off."""
    put(own)
    early, late = ("--at", "2025-12-02T09:00"), ("--at", "2025-12-07T09:00")
    ended = own.run("can-i", "wine", *SOON, *early)
    first, after, *_ = ended.out.splitlines()
    assert (ended.code, first) == (1, "x avoid  Alcohol")
    # That it is also to be left out before the next is said beside it.
    assert after.startswith("After     Until Wed 3 Dec, 14:30 (in 30 h).")
    assert "Before    From Mon 8 Dec, 10:00 until the treatment on Wed 10 Dec, 10:00" in ended.out
    # Whatever the next treatment is, that one was on the face.
    assert own.run("can-i", "wine", *SOON, *early, "--type", "scalp").code == 1
    assert own.run("can-i", "wine", *SOON, *early, env={"MESOCARE_TYPE": "scalp"}).code == 1
    found = own.run("can-i", "wine", *SOON, *early, "--json").json()
    assert [each["type"] for each in found["treatments"]] == ["face"]
    (alcohol,) = found["leave_out"]
    assert (alcohol["verdict"], alcohol["before"]) == ("avoid", "allowed")
    (said,) = alcohol["after"]
    assert (said["activity"], said["verdict"]) == ("alcohol", "avoid")
    assert said["allowed_from"] == "2025-12-03T14:30:00+01:00"
    # Once that is over, the appointment decides alone.
    assert own.run("can-i", "wine", *SOON, *late).out.splitlines()[0] == (
        "+ allowed  Alcohol, until Mon 8 Dec, 10:00; then leave it out"
    )
    assert own.run("can-i", "wine", *SOON, "--at", "2025-12-08T10:00").code == 1


def test_of_several_things_the_strictest_decides(own: Program) -> None:
    """Each activity that a thing stands for is named, with what it is after the treatment."""
    put(own)
    ended = own.run("can-i", "makeup", *SOON, "--at", "2025-12-02T09:00")
    assert ended.code == 1
    assert ended.out.startswith("x avoid")
    assert "After     Foundation and other face make-up: avoid until Wed 3 Dec, 14:30" in ended.out


def test_a_finding_leads_and_is_called_about(own: Program) -> None:
    """What the clinic has to see first stands before what is asked about an appointment."""
    put(own)
    own.run("feel", "pus", "--at", "2025-12-02T14:00", "--tz", "Europe/Berlin")
    ended = own.run("can-i", "makeup", *SOON, "--at", "2025-12-02T15:00")
    assert ended.out.startswith("See a doctor today")
    assert ended.code in {1, 4}
    found = own.run("can-i", "makeup", *SOON, "--at", "2025-12-02T15:00", "--json").json()
    assert found["triage"]["urgency"] == "same_day"


def test_a_damaged_record_gives_no_yes(own: Program) -> None:
    """A treatment that got lost may still restrict it."""
    put(own)
    (own.record / "mesocare.db").write_bytes(b"no database" * 400)
    ended = own.run("can-i", "wine", *SOON, "--at", "2025-12-07T09:00")
    assert (ended.code, ended.out) == (2, "")
    assert "damaged" in ended.err


@given(hours=st.integers(0, 24 * 12), name=st.sampled_from([name for name, *_ in CASES]))
@settings(deadline=None)
def test_never_milder_than_either(hours: int, name: str) -> None:
    """Whatever the hour, the verdict is the stricter of that before and that after."""
    rules = load_rules()
    treated, appointment = exactly("2026-11-30T15:00"), exactly(APPOINTMENTS[0])
    at = treated.earliest + timedelta(hours=hours)
    if at > appointment.earliest:
        return
    only = [rules.before().leave_out[name]]
    question = Question(at, BERLIN, (Treatment("face", treated),), rules)
    alone = ahead(appointment, ["face", "scalp"], rules, at, only)
    found = with_record(alone, question, None)
    (leave,) = found.leave
    after = [
        answer(rules.items[id_], question.treatments, rules, at).verdict
        for id_ in leave.preparation.activities
    ]
    assert found.verdict(leave).severity == max(
        each.severity for each in (alone.verdict(leave), *after)
    )


def test_after_and_before_are_two_questions(program: Program) -> None:
    """Both at once are refused."""
    ended = program.run("can-i", "wine", "--before", "2027-01-01", "--treated", "2024-05-01")
    assert ended.code == 2
    assert "each asks about another time" in ended.err
