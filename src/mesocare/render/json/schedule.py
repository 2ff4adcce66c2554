"""The views of a whole recovery as JSON: timeline, calendar and sheet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from mesocare.render import sheet_words as words
from mesocare.render.agenda_words import title
from mesocare.render.json.answers import dumped, head, rules, time, without_about
from mesocare.render.json.product import bottle

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from mesocare.app.agenda import Agenda, Event
    from mesocare.app.schedule import Row, Schedule
    from mesocare.app.sheet import Sheet
    from mesocare.core.diary.triage import Triage

Plain = dict[str, Any]


def timeline(known: Schedule, meaning: Triage | None) -> str:
    """Return what holds from when to when, as `mesocare.timeline/1`."""
    zone = known.question.zone
    return dumped(
        head("mesocare.timeline/1", known.question, meaning)
        | {
            "begin": time(known.begin, zone),
            "recovered": time(known.recovered, zone),
            "end": time(known.end, zone),
            "groups": [
                _row(group, zone) | {"items": [_row(each, zone) for each in known.items(group)]}
                for group in known.groups
            ],
            "normal": [
                {"id": each.id, "label": each.label, "until": time(each.end, zone)}
                for each in known.expected
            ],
            "rules": rules(known.question.rules.identity),
        }
    )


def calendar(agenda: Agenda, meaning: Triage | None) -> str:
    """Return the events of a calendar, as `mesocare.calendar/1`."""
    known = agenda.schedule
    return dumped(
        head("mesocare.calendar/1", known.question, meaning)
        | {
            "owner": agenda.owner,
            "revision": agenda.revision,
            "events": [_event(each, agenda) for each in agenda.events],
            "rules": rules(known.question.rules.identity),
        }
    )


def sheet(found: Sheet, meaning: Triage | None) -> str:
    """Return what a sheet says, as `mesocare.sheet/1`."""
    known = found.schedule
    zone, paper = known.question.zone, found.head
    top = head("mesocare.sheet/1", known.question, meaning)
    if not found.about:
        top["treatments"] = without_about(top["treatments"])
    return dumped(
        top
        | {
            "about": [each.id for each in found.about],
            "name": paper.name or None,
            "clinic": paper.clinic or None,
            "phone": paper.phone or None,
            "title": words.title(found),
            "notes": words.notes(found),
            "leave": [
                _row(each.row, zone)
                | {
                    "not_before": words.leave_words(each, found),
                    "no_limit_from": words.free_words(each, found),
                    "in_between": words.between_words(each, found),
                }
                for each in found.lines
            ],
            "products": [bottle(each, zone) for each in found.products],
            "fine": [each.answer.activity for each in found.fine],
            "care": [
                {
                    "id": each.id,
                    "text": each.text,
                    "from": time(each.begin, zone),
                    "until": time(each.end, zone),
                }
                for each in known.care
            ],
            "normal": [
                {"id": each.id, "label": each.label, "until": time(each.end, zone)}
                for each in known.expected
                if each.end > known.question.at
            ],
            "call": [
                {
                    "urgency": urgency.value,
                    "contact": known.question.rules.contacts[urgency.value],
                    "red_flags": [
                        {"id": flag.id, "text": flag.text, "action": flag.action} for flag in flags
                    ],
                }
                for urgency, flags in found.flags
            ],
            "next_session": words.next_session_words(found),
            "rules": rules(known.question.rules.identity),
        }
    )


def _row(row: Row, zone: tzinfo) -> Plain:
    answer = row.answer
    return {
        "activity": answer.activity,
        "label": answer.label,
        "verdict": answer.verdict.value,
        "limited_from": time(answer.limited_from, zone),
        "allowed_from": time(answer.allowed_from, zone),
        "stretches": [
            {
                "begin": time(each.begin, zone),
                "end": time(each.end, zone),
                "verdict": each.verdict.value,
                "condition": each.condition,
            }
            for each in row.stretches
        ],
    }


def _event(event: Event, agenda: Agenda) -> Plain:
    question = agenda.schedule.question
    zone = question.zone
    return {
        "key": event.key,
        "kind": event.kind,
        "title": title(event, question),
        "begin": _when(event.begin, zone),
        "end": _when(event.end, zone),
        "alarm": time(event.alarm, zone),
        "every_days": event.every or None,
        "last": None if event.last is None else event.last.isoformat(),
        "opens": [
            {"activity": each.answer.activity, "verdict": each.verdict.value}
            for each in event.openings
        ],
        "called_off": event.called_off,
    }


def _when(when: datetime | date | None, zone: tzinfo) -> str | None:
    if when is None or isinstance(when, datetime):
        return time(when, zone)
    return when.isoformat()
