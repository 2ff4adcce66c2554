"""The course: when the next session is due, what to expect, and how both are shown."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from mesocare.core.aftercare.course import Due, Plan, best_grade, plans
from mesocare.core.model import Treatment
from mesocare.core.timespan import Days
from mesocare.parsing import dates
from tests.support.process import ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import RuleSet
    from tests.support.process import Program

BERLIN = ZoneInfo(ZONE)
ROOT = Path(__file__).parents[2]
HOUR = timedelta(hours=1)
ASKED = ("course", "--treated", "2024-05-01T14:30")


def _instant(text: str) -> datetime:
    return dates.parse_at(text, now=datetime(2026, 11, 21, tzinfo=UTC), zone=BERLIN)


def _treatment(when: str, type_: str = "face") -> Treatment:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    return Treatment(type_, dates.parse_treated(when, at=now, zone=BERLIN))


def _plan(rules: RuleSet, at: str, when: str, type_: str = "face") -> Plan:
    [found] = plans([_treatment(when, type_)], rules, _instant(at))
    return found


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2024-05-01T14:30", Due.TOO_EARLY),
        ("2024-05-15T14:29", Due.TOO_EARLY),
        ("2024-05-15T14:30", Due.NOW),
        ("2024-05-29T14:29", Due.NOW),
        ("2024-05-29T14:30", Due.OVERDUE),
        ("2025-05-01T00:00", Due.OVERDUE),
    ],
)
def test_face_session_is_due_from_two_to_four_weeks(rules: RuleSet, at: str, due: Due) -> None:
    """The face's spacing is 14 to 28 days, and both ends are sharp."""
    assert _plan(rules, at, "2024-05-01T14:30").due is due


@pytest.mark.parametrize(
    ("type_", "first", "last"),
    [
        ("face", "2024-05-15T14:30", "2024-05-29T14:30"),
        ("brightening", "2024-05-15T14:30", "2024-05-29T14:30"),
        ("scalp", "2024-05-11T14:30", "2024-05-31T14:30"),
    ],
)
def test_each_type_has_its_own_spacing(rules: RuleSet, type_: str, first: str, last: str) -> None:
    """The scalp may go on after 10 days, the others after 14."""
    found = _plan(rules, "2024-05-02T09:00", "2024-05-01T14:30", type_)
    assert (found.next_from, found.next_until) == (_instant(first), _instant(last))


@pytest.mark.parametrize(
    ("type_", "first", "last"),
    [
        ("face", "2024-07-30T14:30", "2025-05-01T14:30"),
        ("brightening", "2024-07-30T14:30", "2024-10-28T13:30"),
        ("scalp", "2024-07-30T14:30", "2025-05-01T14:30"),
    ],
)
def test_maintenance_is_counted_from_the_last_session(
    rules: RuleSet, type_: str, first: str, last: str
) -> None:
    """It begins after 90 days, and ends after 180 or 365."""
    found = _plan(rules, "2024-05-02T09:00", "2024-05-01T14:30", type_)
    assert found.maintenance_from == _instant(first)
    assert found.maintenance_until.date() == _instant(last).date()


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2024-05-15T23:59", Due.TOO_EARLY),
        ("2024-05-16T00:00", Due.NOW),
        ("2024-05-28T23:59", Due.NOW),
        ("2024-05-29T00:00", Due.OVERDUE),
    ],
)
def test_whole_day_is_too_early_for_its_latest_and_overdue_for_its_earliest_time(
    rules: RuleSet, at: str, due: Due
) -> None:
    """A treatment some time on 1 May narrows the span at both ends."""
    assert _plan(rules, at, "2024-05-01").due is due


@pytest.mark.parametrize(
    ("when", "first"),
    [
        ("2024-03-20T14:30", datetime(2024, 4, 3, 12, 30, tzinfo=UTC)),
        ("2024-10-20T14:30", datetime(2024, 11, 3, 13, 30, tzinfo=UTC)),
    ],
)
def test_days_are_days_of_the_calendar_across_a_clock_change(
    rules: RuleSet, when: str, first: datetime
) -> None:
    """Fourteen days later the clock shows the same time, though an hour is missing or doubled."""
    assert _plan(rules, "2024-11-01T00:00", when).next_from == first


def _rows() -> dict[str, dict[str, str]]:
    """Return the evidence by id, read without the program."""
    with (ROOT / "data" / "evidence.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["id"]: row for row in rows}


def _hours(rows: Sequence[str], column: str) -> list[int]:
    evidence = _rows()
    return [int(evidence[id_][column]) for id_ in rows if evidence[id_][column]]


@pytest.mark.parametrize("type_", ["face", "scalp", "brightening"])
def test_next_session_opens_and_ends_with_a_figure_of_its_evidence(
    rules: RuleSet, type_: str
) -> None:
    """Both ends of the plan are figures of the claims cited for the spacing, not of the program."""
    found = _plan(rules, "2024-05-02T09:00", "2024-05-01T14:30", type_)
    treated = _instant("2024-05-01T14:30")
    first, last = ((each - treated) // HOUR for each in (found.next_from, found.next_until))
    evidence = found.course.spacing.evidence
    assert first in _hours(evidence, "min_hours")
    assert last in {*_hours(evidence, "max_hours"), *_hours(evidence, "min_hours")}
    assert first < last


@pytest.mark.parametrize("type_", ["face", "scalp"])
def test_maintenance_opens_with_a_figure_of_its_evidence(rules: RuleSet, type_: str) -> None:
    """90 days are the 2160 h of the claims cited."""
    found = _plan(rules, "2024-05-02T09:00", "2024-05-01T14:30", type_)
    first = (found.maintenance_from - _instant("2024-05-01T14:30")) // HOUR
    assert first in _hours(found.course.maintenance.evidence, "min_hours")


@pytest.mark.parametrize(
    ("type_", "day"),
    [("face", 7), ("face", 21), ("face", 180), ("scalp", 180), ("brightening", 56)],
)
def test_result_opens_with_a_figure_of_its_evidence(rules: RuleSet, type_: str, day: int) -> None:
    """What is said to be ahead begins when a claim cited for it says so."""
    at = (_instant("2024-05-01T14:30") + timedelta(days=day) - HOUR * 2).isoformat()
    ahead = _plan(rules, at, "2024-05-01T14:30", type_).ahead
    assert ahead is not None
    assert day * 24 in _hours(ahead.evidence, "min_hours")


@pytest.mark.parametrize(
    ("number", "stage"),
    [(1, "begun"), (2, "begun"), (3, "may_end"), (5, "may_end"), (6, "complete"), (9, "complete")],
)
def test_stage_follows_the_usual_number_of_sessions(
    rules: RuleSet, number: int, stage: str
) -> None:
    """Three to six are usual for the face (S001-029, S001-099)."""
    given = [_treatment(f"2024-0{month}-01T10:00") for month in range(1, number + 1)]
    [found] = plans(given, rules, _instant("2024-12-01T10:00"))
    assert (found.done, found.stage) == (number, stage)


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2024-07-30T23:59", Due.TOO_EARLY),
        ("2024-07-31T00:00", Due.NOW),
        ("2025-04-30T23:59", Due.NOW),
        ("2025-05-01T00:00", Due.OVERDUE),
    ],
)
def test_maintenance_of_a_whole_day_is_narrowed_at_both_ends(
    rules: RuleSet, at: str, due: Due
) -> None:
    """As for the next session: not before it surely is time, overdue as soon as it may be."""
    assert _plan(rules, at, "2024-05-01").maintenance_due is due


def test_result_ahead_is_never_promised_early(rules: RuleSet) -> None:
    """Of a day without a time, it is counted from the end of the day."""
    ahead = _plan(rules, "2024-05-10T12:00", "2024-05-01").ahead
    assert ahead is not None
    assert ahead.opens == _instant("2024-05-23T00:00")


def test_the_nearest_result_is_ahead(rules: RuleSet) -> None:
    """Whatever their order and names; it is said by its own words."""
    first, *rest = rules.course["face"].results
    near = first._replace(id="z", text="Near.", opens=Days(10))
    far = first._replace(id="a", text="Far.", opens=Days(20))
    for results in ((near, far, *rest), (far, near, *rest)):
        course = {**rules.course, "face": rules.course["face"]._replace(results=results)}
        changed = rules._replace(course=course)
        for day, said in (
            ("2024-05-11T14:29", ("z", "Near.")),
            ("2024-05-11T14:30", ("a", "Far.")),
        ):
            ahead = _plan(changed, day, "2024-05-01T14:30").ahead
            assert ahead is not None
            assert (ahead.id, ahead.text) == said


def test_nothing_is_ahead_after_the_last_result(rules: RuleSet) -> None:
    """The face's last result begins after 180 days."""
    assert _plan(rules, "2024-12-01T12:00", "2024-05-01").ahead is None


def test_text_of_a_complete_course_looks_to_maintenance(program: Program) -> None:
    """Six face sessions are the most that are usual, so none is called late."""
    days = [part for n in range(1, 7) for part in ("--treated", f"2024-0{n}-01T10:00")]
    flat = " ".join(program.run("course", *days, "--at", "2024-08-01T10:00").out.split())
    assert "Sessions 6 known; 3 to 6 are usual" in flat
    assert "Next no further session of the course is usual" in flat
    assert "later than usual" not in flat
    assert "Maintenance too early yet, not before Fri 30 Aug 2024, 10:00" in flat


def test_text_of_enough_sessions_says_that_the_course_may_end(program: Program) -> None:
    """From the third face session on it is for the clinic to say."""
    days = [part for n in range(1, 4) for part in ("--treated", f"2024-0{n}-01T10:00")]
    flat = " ".join(program.run("course", *days, "--at", "2024-03-20T10:00").out.split())
    assert "about now: Fri 15 Mar 2024 to Fri 29 Mar 2024" in flat
    assert "the course may also end here" in flat


def test_text_says_where_a_result_comes_from(program: Program) -> None:
    """Each source with its grade and the ids of its claims; a quiet week says so."""
    flat = " ".join(program.run(*ASKED, "--at", "2024-05-10T12:00").out.split())
    assert "Sources: Diaminy Aesthetics (product seller) [C] S001-052, S001-070;" in flat
    assert "Ahead from Wed 22 May 2024: The change becomes clearer." in flat
    quiet = " ".join(program.run(*ASKED, "--at", "2024-05-03T12:00").out.split())
    assert "By now No source names a result for this week." in quiet


def test_span_never_ends_before_it_begins(rules: RuleSet) -> None:
    """However unsure the time, the next session has a span that is in order."""
    found = _plan(rules, "2024-06-01T00:00", "2024-05-01")
    assert found.next_from <= found.next_until
    assert found.maintenance_from <= found.maintenance_until


def test_sessions_are_counted_by_type(rules: RuleSet) -> None:
    """Each type has its own count, and its latest session decides, whatever the order."""
    given = [
        _treatment("2024-05-20T10:00"),
        _treatment("2024-05-10T10:00", "scalp"),
        _treatment("2024-05-01T14:30"),
    ]
    at = _instant("2024-05-25T12:00")
    found = {each.type: each for each in plans(given, rules, at)}
    assert [(type_, each.done) for type_, each in found.items()] == [("face", 2), ("scalp", 1)]
    assert found["face"].last == given[0]
    assert found["face"].due is Due.TOO_EARLY
    assert found["scalp"].due is Due.NOW


def test_nothing_treated_has_no_plan(rules: RuleSet) -> None:
    """Without a treatment there is nothing to plan."""
    assert plans([], rules, _instant("2024-05-25T12:00")) == ()


@pytest.mark.parametrize(
    ("at", "type_", "begins"),
    [
        ("2024-05-05T12:00", "face", []),
        ("2024-05-10T12:00", "face", ["First changes in moisture"]),
        ("2024-05-25T12:00", "face", ["The change becomes clearer."]),
        ("2024-06-20T12:00", "face", []),
        ("2024-11-10T12:00", "face", ["A product seller says"]),
        ("2024-06-20T12:00", "scalp", ["A first change may show"]),
        ("2024-07-10T12:00", "brightening", ["In studies pigment"]),
    ],
)
def test_results_are_those_of_the_week(
    rules: RuleSet, at: str, type_: str, begins: list[str]
) -> None:
    """What may be expected by now follows the windows of the rule set."""
    found = _plan(rules, at, "2024-05-01T14:30", type_).results
    assert len(found) == len(begins)
    assert all(each.text.startswith(start) for each, start in zip(found, begins, strict=True))


def test_best_grade_is_the_first_letter(rules: RuleSet) -> None:
    """Of several claims the best grade is named, and each result has one."""
    by_grade = {row.grade: row.id for row in rules.evidence.values()}
    assert best_grade([by_grade["C"], by_grade["A"], by_grade["B"]], rules) == "A"
    assert best_grade([by_grade["C"], by_grade["B"]], rules) == "B"
    assert best_grade([by_grade["C"]], rules) == "C"
    for course in rules.course.values():
        assert all(best_grade(each.evidence, rules) in {"A", "B", "C"} for each in course.results)


def test_json_has_the_plan(program: Program) -> None:
    """One course for each type, with its instants in the zone asked for."""
    done = program.run(*ASKED, "--at", "2024-05-10T12:00", "--json")
    plain: dict[str, Any] = done.json()
    assert done.code == 0
    assert list(plain) == [
        "schema", "at", "triage", "session", "treatments", "courses", "rules",
    ]  # fmt: skip
    assert plain["schema"] == "mesocare.course/1"
    [course] = plain["courses"]
    results, notes, ahead = course.pop("results"), course.pop("notes"), course.pop("ahead")
    spacing, maintenance = course.pop("spacing"), course.pop("maintenance")
    assert spacing.startswith("Usually two to four weeks apart")
    assert maintenance.endswith("Your clinic decides.")
    assert course == {
        "type": "face",
        "sessions_done": 1,
        "sessions_usual": [3, 6],
        "stage": "begun",
        "due": "too_early",
        "next_from": "2024-05-15T14:30:00+02:00",
        "next_until": "2024-05-29T14:30:00+02:00",
        "maintenance_from": "2024-07-30T14:30:00+02:00",
        "maintenance_until": "2025-05-01T14:30:00+02:00",
        "maintenance_due": "too_early",
    }
    assert [set(each) for each in results] == [{"id", "text", "until", "grade", "evidence"}]
    assert (ahead["from"], ahead["grade"]) == ("2024-05-22T14:30:00+02:00", "C")
    assert results[0]["grade"] in {"A", "B", "C"}
    assert {"patience", "follow-up"} <= {each["id"] for each in notes}


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (
            "2024-05-10T12:00",
            "too early yet, not before Wed 15 May 2024, 14:30; usual until Wed 29",
        ),
        ("2024-05-20T12:00", "about now: Wed 15 May 2024 to Wed 29 May 2024"),
        ("2024-06-10T12:00", "later than usual: Wed 15 May 2024 to Wed 29 May 2024 was usual;"),
    ],
)
def test_text_says_where_the_next_session_stands(program: Program, at: str, words: str) -> None:
    """In words, with the span and the sessions that are usual; the answer is never an error."""
    done = program.run(*ASKED, "--at", at)
    assert done.code == 0
    flat = " ".join(done.out.split())
    assert f"Next {words}" in flat
    assert "Sessions 1 known; 3 to 6 are usual" in flat
    assert "Your clinic decides." in flat


def test_text_names_the_grade_of_a_result(program: Program) -> None:
    """What may be expected by now stands with the best grade behind it."""
    done = program.run(*ASKED, "--at", "2024-05-10T12:00")
    flat = " ".join(done.out.split())
    assert "By now First changes in moisture, texture and glow may show." in flat
    assert "(grade " in flat


@pytest.mark.parametrize("width", ["40", "80", "120"])
def test_text_fits_its_width(program: Program, width: str) -> None:
    """No line is wider than the screen."""
    done = program.run(*ASKED, "--at", "2024-05-20T12:00", env={"COLUMNS": width})
    assert max(map(len, done.out.splitlines())) <= int(width)


def test_every_type_on_record_is_planned(own: Program) -> None:
    """The whole record counts, sessions long healed as well."""
    for when, type_ in (
        ("2023-01-10T10:00", "face"),
        ("2024-05-01T14:30", "face"),
        ("2024-05-02T09:00", "scalp"),
    ):
        assert own.run("treated", when, "--type", type_).code == 0
    plain = own.run("course", "--at", "2024-05-20T12:00", "--json").json()
    done = {each["type"]: each["sessions_done"] for each in plain["courses"]}
    assert done == {"face": 2, "scalp": 1}
    text = own.run("course", "--at", "2024-05-20T12:00").out
    assert "Face course" in text
    assert "Scalp course" in text


def test_session_after_the_instant_does_not_count(own: Program) -> None:
    """Asked about an earlier day, the course knows what was known then."""
    for when in ("2024-05-01T14:30", "2024-05-20T10:00"):
        assert own.run("treated", when).code == 0
    plain = own.run("course", "--at", "2024-05-10T12:00", "--json").json()
    assert plain["courses"][0]["sessions_done"] == 1


def test_nothing_on_record_is_an_error(own: Program) -> None:
    """Without a treatment the course says how to give one."""
    done = own.run("course")
    assert done.code == 2
    assert "none is on record" in done.err
