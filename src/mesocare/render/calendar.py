"""A recovery as an iCalendar file (RFC 5545), for any calendar program.

The same agenda gives the same bytes: nothing in it is drawn by lot or read from a clock. A calendar
is often shared, so what was done and why stands in the descriptions only if that is wanted.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Timezone, TimezoneDaylight, TimezoneStandard
from icalendar import Event as CalendarEvent

from mesocare import __version__
from mesocare.core.timespan import turns
from mesocare.render.agenda_words import details, title
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.app.agenda import Agenda, Event

NAME = "Recovery"
_SECOND = timedelta(seconds=1)
# What is shown of a moment in programs that draw a box for it.
_SHOWN = timedelta(minutes=15)


def calendar_file(agenda: Agenda, *, detail: bool) -> bytes:
    """Return the calendar.

    Args:
        agenda: What is in it.
        detail: Whether the descriptions say what was done, the conditions and the reasons.
    """
    question = agenda.schedule.question
    off = bool(agenda.events) and all(each.called_off for each in agenda.events)
    calendar = Calendar()
    for name, value in (
        ("version", "2.0"),
        ("prodid", f"-//mesocare//mesocare {__version__}//EN"),
        ("method", "CANCEL" if off else "PUBLISH"),
        ("uid", f"{agenda.owner}@mesocare"),
        ("name", NAME),
        ("x-wr-calname", NAME),
    ):
        calendar.add(name, value)
    for each in agenda.events:
        calendar.add_component(_event(each, agenda, detail=detail))
    if isinstance(question.zone, ZoneInfo):
        calendar.subcomponents.insert(0, _timezone(question.zone, agenda))
    return bytes(calendar.to_ical())


def _timezone(zone: ZoneInfo, agenda: Agenda) -> Timezone:
    """Return what the clocks of a zone do while anything in the calendar may happen.

    Each change stands for itself. The library would write rules for them, whose onset in spring
    is the clock after the change, where RFC 5545 wants the one before it.
    """
    found = Timezone()
    found.add("tzid", zone.key)
    instants = [each for event in agenda.events for each in _ends(event, zone)]
    begin = min(instants, default=agenda.schedule.begin) - timedelta(days=1)
    end = max(instants, default=agenda.schedule.end) + timedelta(days=1)
    offset = begin.astimezone(zone).utcoffset() or timedelta()
    found.add_component(_observance(begin, offset, offset, zone))
    for turn, before, after in turns(begin, end, zone):
        found.add_component(_observance(turn, before, after, zone))
    return found


def _ends(event: Event, zone: ZoneInfo) -> Iterator[datetime]:
    """Yield the first and the last instant at which an event may be."""
    for each in (event.begin, event.end, event.last):
        if isinstance(each, datetime):
            yield each
        elif each is not None:
            yield datetime.combine(each, time(), zone).astimezone(UTC)


def _observance(
    onset: datetime, before: timedelta, after: timedelta, zone: ZoneInfo
) -> TimezoneStandard | TimezoneDaylight:
    """Return what holds in a zone from an instant on, with the offsets around it."""
    local = onset.astimezone(zone)
    found = TimezoneDaylight() if local.dst() else TimezoneStandard()
    found.add("dtstart", (onset + before).replace(tzinfo=None, microsecond=0))
    found.add("tzoffsetfrom", before)
    found.add("tzoffsetto", after)
    found.add("tzname", local.tzname())
    return found


def _event(event: Event, agenda: Agenda, *, detail: bool) -> CalendarEvent:
    question = agenda.schedule.question
    found = CalendarEvent()
    found.add("uid", f"{event.key}.{agenda.owner}@mesocare")
    found.add("dtstamp", whole_second(question.at))
    found.add("sequence", agenda.revision)
    found.add("summary", printable(title(event, question)))
    found.add("description", _lines(details(event, agenda.schedule, detail=detail)))
    if isinstance(event.begin, datetime):
        begin = _local(event.begin, agenda)
        found.add("dtstart", begin)
        found.add("duration", _SHOWN)
    else:
        found.add("dtstart", event.begin)
        if event.end is not None:
            found.add("dtend", event.end)
    if event.every:
        found.add("rrule", _rule(event, agenda))
    found.add("status", "CANCELLED" if event.called_off else "CONFIRMED")
    found.add("transp", "TRANSPARENT")
    if not detail:
        found.add("class", "PRIVATE")
    if event.alarm is not None:
        found.add_component(_alarm(event, agenda))
    return found


def _rule(event: Event, agenda: Agenda) -> dict[str, object]:
    rule: dict[str, object] = {"freq": "daily", "interval": event.every}
    if event.last is not None:
        last: object = event.last
        if isinstance(event.begin, datetime):  # then RFC 5545 wants an instant, in UTC
            local = _local(event.begin, agenda)
            last = datetime.combine(event.last, local.time(), local.tzinfo).astimezone(UTC)
        rule["until"] = last
    return rule


def _alarm(event: Event, agenda: Agenda) -> Alarm:
    """Return an alarm; where it comes again, it is told by how far it is from the beginning."""
    question = agenda.schedule.question
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", printable(title(event, question)))
    when = whole_second(event.alarm or question.at)
    if isinstance(event.begin, datetime):
        alarm.add("trigger", when - whole_second(event.begin))
    else:
        alarm.add("trigger", when, parameters={"value": "DATE-TIME"})
    return alarm


def _local(at: datetime, agenda: Agenda) -> datetime:
    """Return an instant in the zone of the question; in UTC where that has no name of its own."""
    zone = agenda.schedule.question.zone
    return whole_second(at).astimezone(zone if isinstance(zone, ZoneInfo) else UTC)


def whole_second(at: datetime) -> datetime:
    """Return an instant in UTC, to the second at which it is surely over."""
    whole = at.astimezone(UTC).replace(microsecond=0)
    return whole if whole == at else whole + _SECOND


def _lines(lines: list[str]) -> str:
    return "\n".join(printable(each) for each in lines)
