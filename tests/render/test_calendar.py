"""A recovery in a calendar: right instants, one identity, no alarm at night, nothing given away."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from mesocare.app.agenda import MORNING, NIGHT, Wanted, agenda, named
from mesocare.core.model import Treatment
from mesocare.core.question import Question
from mesocare.core.timespan import Interval
from mesocare.core.verdict.engine import answer
from mesocare.render.calendar import calendar_file
from tests.support.process import ASKED, AT, TREATED
from tests.support.recoveries import recoveries

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

BERLIN = ZoneInfo("Europe/Berlin")


def events(data: bytes | str) -> dict[str, Any]:
    """Return the events of a file by the first part of their UID."""
    found = Calendar.from_ical(data)
    return {str(each["UID"]).partition(".")[0]: each for each in found.walk("VEVENT")}


def _ceil(at: datetime) -> datetime:
    whole = at.replace(microsecond=0)
    return whole if whole == at else whole + timedelta(seconds=1)


def agree(question: Question) -> int:
    """Every opening in the file is one of the engine's: open then, and not a second before."""
    plan = agenda(question, None, Wanted())
    found = events(calendar_file(plan, detail=False))
    openings = [each for each in plan.events if each.kind == "opens"]
    assert len(found) == len(plan.events)
    for each in openings:
        assert isinstance(each.begin, datetime)
        stated = found[each.key]["DTSTART"].dt.astimezone(UTC)
        assert stated == _ceil(each.begin)
        for opening in each.openings[:4]:
            item = question.rules.items[opening.answer.activity]
            for at, is_open in ((each.begin, True), (each.begin - timedelta(seconds=1), False)):
                said = answer(item, question.treatments, question.rules, at).verdict
                assert (said is opening.verdict) is is_open, (item.id, at)
    return len(openings)


def test_every_opening_is_the_engines(rules: RuleSet) -> None:
    """For a few recoveries in zones of every kind."""
    for question in recoveries(12, 4, rules):
        assert agree(question) > 5


@pytest.mark.long
def test_every_opening_of_many_is_the_engines(rules: RuleSet, searched: Searched) -> None:
    """For 2,000 recoveries, with a second parser that reads the same instants."""
    vobject = pytest.importorskip("vobject", reason="vobject is not installed")
    for question in recoveries(2000, 5, rules):
        agree(question)
        plan = agenda(question, None, Wanted())
        data = calendar_file(plan, detail=True)
        # It would take the zone of the calendar before for this one's, by its name.
        getattr(vobject.icalendar, "__tzidMap").clear()
        parsed = vobject.readOne(data.decode())
        starts = {}
        for each in parsed.vevent_list:
            start = each.dtstart.value
            starts[each.uid.value.partition(".")[0]] = (
                start.astimezone(UTC) if isinstance(start, datetime) else start
            )
        for event in plan.events:
            begin = event.begin
            assert starts[event.key] == (_ceil(begin) if isinstance(begin, datetime) else begin)
    searched(2000, "calendars to the engine and two parsers")


def test_no_alarm_at_night(rules: RuleSet) -> None:
    """An alarm sounds between 8:00 and 21:00, and never before what it is about."""
    for question in recoveries(40, 6, rules):
        noon = datetime(2030, 5, 5, 12, tzinfo=UTC)
        session = Interval(noon, noon + timedelta(hours=9), question.zone)
        for each in agenda(question, None, Wanted(session=session)).events:
            if each.alarm is None:
                continue
            local = each.alarm.astimezone(question.zone)
            assert MORNING <= local.time() < NIGHT, each
            if each.kind == "opens":
                assert isinstance(each.begin, datetime)
                assert timedelta(0) <= each.alarm - each.begin <= timedelta(hours=13)


def test_by_hand(program: Program) -> None:
    """Treated on Wednesday at 14:30 in Berlin: make-up on Friday at 14:30, with its alarm then."""
    found = events(program.run("calendar", *ASKED, "-o", "-").out)
    (friday,) = [
        each for key, each in found.items()
        if each["DTSTART"].dt == datetime(2024, 5, 3, 14, 30, tzinfo=BERLIN)
    ]  # fmt: skip
    assert str(friday["SUMMARY"]).startswith("Fine again: foundation and other face make-up")
    (alarm,) = friday.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(0)
    assert str(found["recovery"]["DTSTART"].dt) == "2024-05-01"
    assert str(found["recovery"]["DTEND"].dt) == "2024-05-16"
    sunscreen = found["care-sunscreen"]
    assert sunscreen["DTSTART"].dt.astimezone(BERLIN).time() == time(8)
    assert sunscreen["RRULE"]["FREQ"] == ["DAILY"]
    for day in (1, 2, 3):
        at = found[f"check-in-{day}"]["DTSTART"].dt
        assert at == datetime(2024, 5, 1 + day, 18, tzinfo=BERLIN)
    assert found["next-face"]["DTSTART"].dt == date(2024, 5, 15)
    lumps = found["lumps"]
    assert lumps["DTSTART"].dt == date(2024, 5, 29)
    assert lumps["RRULE"]["INTERVAL"] == [28]


def test_an_opening_at_night_waits_for_the_morning(program: Program) -> None:
    """What opens at 22:15 rings at 8:00."""
    options = ("--treated", "2024-05-01T22:15", "--at", "2024-05-02T09:00")
    found = program.run("calendar", *options, "--json").json()
    makeup = next(
        each for each in found["events"]
        if any(one["activity"] == "foundation" for one in each["opens"])
    )  # fmt: skip
    assert makeup["begin"] == "2024-05-03T22:15:00+02:00"
    assert makeup["alarm"] == "2024-05-04T08:00:00+02:00"


def test_the_same_bytes(program: Program) -> None:
    """The same question gives the same file, lines folded and ended as RFC 5545 wants."""
    first, second = (program.run("calendar", *ASKED, "-o", "-", "--detail").out for _ in range(2))
    assert first == second
    raw = first.encode()
    assert all(len(line) <= 75 for line in raw.replace(b"\r\n", b"\n").split(b"\n"))
    assert first.count("BEGIN:VTIMEZONE") == 1
    assert "TZID:Europe/Berlin" in first


def test_what_was_done_is_not_given_away(program: Program) -> None:
    """Without --detail no file says that it is about mesotherapy, or names what is not everyday."""
    plain = program.run("calendar", *ASKED, "-o", "-").out.replace("\r\n ", "").lower()
    plain = plain.replace("-//mesocare//mesocare", "").replace("@mesocare", "")
    plain = plain.replace("more: mesocare", "")
    for word in ("mesocare", "mesotherapy", "botulinum", "filler", "tattoo", "ibuprofen", "blood"):
        assert word not in plain, word
    detail = program.run("calendar", *ASKED, "-o", "-", "--detail").out.replace("\r\n ", "")
    assert "After face mesotherapy" in detail
    assert "Begin" in detail or "Only" in detail


def test_times_that_change_keep_their_identity(own: Program) -> None:
    """After an edit every event has its UID still, and a higher revision."""
    own.run("treated", TREATED)
    (line,) = own.run("treatments").out.splitlines()
    before = events(own.run("calendar", "--at", AT, "-o", "-").out)
    own.run("edit", line.split()[0], "--when", "2024-05-01T16:00")
    after = events(own.run("calendar", "--at", AT, "-o", "-").out)
    assert set(before) == set(after)
    moved = [key for key in before if before[key]["DTSTART"].dt != after[key]["DTSTART"].dt]
    assert len([key for key in moved if key.startswith("opens")]) > 5
    assert all(after[key]["SEQUENCE"] >= before[key]["SEQUENCE"] for key in before)
    assert {str(each["UID"]).partition(".")[2] for each in after.values()} == {
        str(each["UID"]).partition(".")[2] for each in before.values()
    }


def test_a_second_treatment_calls_off_what_no_longer_holds(own: Program) -> None:
    """No earlier opening stays in the calendar as if it held."""
    own.run("treated", "2024-05-01T10:00", "--type", "face")
    first = events(own.run("calendar", "--at", "2024-05-01T12:00", "-o", "-").out)
    own.run("treated", "2024-05-03T10:00", "--type", "scalp")
    now = events(own.run("calendar", "--at", "2024-05-03T12:00", "-o", "-").out)
    for key, each in first.items():
        assert key in now, key
        if now[key]["STATUS"] == "CONFIRMED" and key.startswith("opens"):
            assert now[key]["DTSTART"].dt >= each["DTSTART"].dt
    assert "CANCELLED" in {str(each["STATUS"]) for each in now.values()}
    assert not [
        each for each in now.values() if each["STATUS"] == "CANCELLED" and each.walk("VALARM")
    ]


def test_cancel(program: Program) -> None:
    """Everything that a file put into a calendar is called off under the same identities."""
    there = events(program.run("calendar", *ASKED, "-o", "-").out)
    text = program.run("calendar", *ASKED, "-o", "-", "--cancel").out
    gone = events(text)
    assert set(gone) == set(there)
    assert "METHOD:CANCEL" in text
    assert {str(each["STATUS"]) for each in gone.values()} == {"CANCELLED"}
    assert all(gone[key]["SEQUENCE"] > there[key]["SEQUENCE"] for key in there)


def test_only_and_remind(program: Program) -> None:
    """Only what was asked for, and an alarm for that alone."""
    only = program.run("calendar", *ASKED, "--only", "makeup", "--json").json()["events"]
    assert {each["kind"] for each in only} == {"opens"}
    assert {one["activity"] for each in only for one in each["opens"]} <= {
        "foundation", "mineral-makeup", "eye-lip-makeup", "self-tan", "makeup-remover",
    }  # fmt: skip
    found = program.run("calendar", *ASKED, "--remind", "sauna", "--json").json()["events"]
    rung = [each for each in found if each["kind"] == "opens" and each["alarm"]]
    assert rung
    assert all("sauna" in {one["activity"] for one in each["opens"]} for each in rung)
    assert program.run("calendar", *ASKED, "--only", "no such").code == 2
    assert program.run("calendar", *ASKED, "--only", " , ").code == 2


def test_the_next_appointment(program: Program) -> None:
    """An hour where it is known, else a day; the alarm is the evening before."""
    found = events(program.run("calendar", *ASKED, "--session", "2024-05-20T09:30", "-o", "-").out)
    session = found["session"]
    assert session["DTSTART"].dt == datetime(2024, 5, 20, 9, 30, tzinfo=BERLIN)
    (alarm,) = session.walk("VALARM")
    assert session["DTSTART"].dt + alarm["TRIGGER"].dt == datetime(2024, 5, 19, 18, tzinfo=BERLIN)
    numbers = ("--session", "05/06/2024 09:30", "--dates", "month-first")
    first = events(program.run("calendar", *ASKED, *numbers, "-o", "-").out)
    assert first["session"]["DTSTART"].dt == datetime(2024, 5, 6, 9, 30, tzinfo=BERLIN)
    day = events(program.run("calendar", *ASKED, "--session", "2024-05-20", "-o", "-").out)
    assert day["session"]["DTSTART"].dt == date(2024, 5, 20)
    for text in ("2024-05-01", "nonsense", "05/06/2024"):
        assert program.run("calendar", *ASKED, "--session", text).code == 2


def test_findings_keep_everything_closed(own: Program) -> None:
    """While the clinic has something to see first, nothing that touches the skin opens."""
    own.run("treated", TREATED)
    own.run("feel", "pus", "--at", "2024-05-02T14:00")
    ended = own.run("calendar", "--at", AT, "--json").json()
    opened = {one["activity"] for each in ended["events"] for one in each["opens"]}
    assert not opened & {"foundation", "retinoids", "sheet-mask"}
    assert "nothing opens in it" in own.run("calendar", "--at", AT).out


def test_a_change_of_clocks(rules: RuleSet) -> None:
    """48 h end 48 hours later, 7 days at the same time on the clock; the file knows the zone."""
    zone = ZoneInfo("Europe/Berlin")
    treated = datetime(2026, 3, 28, 9, tzinfo=UTC)  # 10:00 in winter, the day before summer begins
    treatment = Treatment("face", Interval(treated, treated, zone))
    question = Question(treated + timedelta(hours=1), zone, (treatment,), rules)
    plan = agenda(question, None, Wanted())
    openings = [each.begin for each in plan.events if each.kind == "opens"]
    begins = [each.astimezone(zone) for each in openings if isinstance(each, datetime)]
    assert datetime(2026, 3, 30, 11, tzinfo=zone) in begins  # 48 h of make-up
    assert datetime(2026, 4, 4, 10, tzinfo=zone) in begins  # 7 days
    data = calendar_file(plan, detail=False)
    # The onset is told by the clock before the change, from 2:00 to 3:00.
    spring = data.partition(b"BEGIN:DAYLIGHT")[2].partition(b"END:DAYLIGHT")[0].decode()
    assert "DTSTART:20260329T020000" in spring
    assert "TZOFFSETFROM:+0100" in spring
    assert "TZOFFSETTO:+0200" in spring


@pytest.mark.parametrize("letters", ["a" * 10_000, "x\r\nEND:VCALENDAR", "\u202eevil", "<b>&;,\\n"])
def test_hostile_words(rules: RuleSet, letters: str) -> None:
    """Whatever a rule set is called, no line of the file is broken by it."""
    care = {**rules.care, "sunscreen": rules.care["sunscreen"]._replace(label=letters)}
    question = next(recoveries(1, 7, rules._replace(care=care)))
    question = question._replace(
        treatments=tuple(each._replace(type="face") for each in question.treatments[:1])
    )
    data = calendar_file(agenda(question, None, Wanted()), detail=True)
    found = events(data)
    assert data.split(b"\r\n").count(b"END:VCALENDAR") == 1
    assert data.endswith(b"END:VCALENDAR\r\n")
    assert "\n" not in str(found["care-sunscreen"]["SUMMARY"])
    assert "\u202e" not in data.decode()


def test_words_name_items(rules: RuleSet) -> None:
    """A group stands for its items, an item for itself."""
    question = next(recoveries(1, 8, rules))
    assert named(["sauna"], question) == {"sauna"}
    assert named(["makeup"], question) == set(rules.groups["makeup"].items)


def test_files(own: Program) -> None:
    """An iCalendar file is called .ics, and none is replaced unasked."""
    assert own.run("calendar", *ASKED, "-o", "a.ics").code == 0
    assert own.run("calendar", *ASKED, "-o", "a.ics").code == 2
    assert own.run("calendar", *ASKED, "-o", "a.ics", "--force").code == 0
    assert own.run("calendar", *ASKED, "-o", "a.txt").code == 2
    assert (own.place / "a.ics").stat().st_mode & 0o777 == 0o600
