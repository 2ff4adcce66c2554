"""The machine's view of the record: treatments, diary, triage, course, report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mesocare.core.aftercare.course import Due, best_grade
from mesocare.core.diary.chart import signs
from mesocare.render.json.answers import (
    Plain,
    dumped,
    evidence,
    findings,
    rules,
    time,
    treatment,
    without_about,
)
from mesocare.render.report_facts import cited, timeline, zone_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from mesocare.app.report import Summary
    from mesocare.core.aftercare.course import Ahead, Plan
    from mesocare.core.diary.chart import Sign
    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Detail
    from mesocare.core.question import Question


def course(
    plans: Sequence[Plan],
    question: Question,
    meaning: Triage | None = None,
    session: Plain | None = None,
) -> str:
    """Return the course of sessions, as `mesocare.course/1`.

    `triage` is null without a diary, `session` without a next one on record.
    """
    zone = question.zone
    return dumped(
        {
            "schema": "mesocare.course/1",
            "at": time(question.at, zone),
            "triage": None if meaning is None else findings(meaning),
            "session": session,
            "treatments": [treatment(each, question.at, zone) for each in question.treatments],
            "courses": [
                {
                    "type": each.type,
                    "sessions_done": each.done,
                    "sessions_usual": list(each.course.sessions),
                    "stage": each.stage.value,
                    "due": each.due.value,
                    "next_from": _unless_held(each.due, each.next_from, zone),
                    "next_until": _unless_held(each.due, each.next_until, zone),
                    "spacing": each.course.spacing.text,
                    "maintenance_from": _unless_held(each.due, each.maintenance_from, zone),
                    "maintenance_until": _unless_held(each.due, each.maintenance_until, zone),
                    "maintenance": each.course.maintenance.text,
                    "maintenance_due": each.maintenance_due.value,
                    "results": [
                        {
                            "id": result.id,
                            "text": result.text,
                            "until": time(result.until, zone),
                            "grade": best_grade(result.evidence, question.rules),
                            "evidence": list(result.evidence),
                        }
                        for result in each.results
                    ],
                    "ahead": None if each.ahead is None else _ahead(each.ahead, question),
                    "notes": [{"id": note.id, "text": note.text} for note in each.course.notes],
                }
                for each in plans
            ],
            "rules": rules(question.rules.identity),
        }
    )


def _unless_held(due: Due, instant: datetime, zone: tzinfo) -> str | None:
    return None if due is Due.HELD else time(instant, zone)


def _ahead(ahead: Ahead, question: Question) -> Plain:
    return {
        "id": ahead.id,
        "text": ahead.text,
        "from": time(ahead.opens, question.zone),
        "grade": best_grade(ahead.evidence, question.rules),
        "evidence": list(ahead.evidence),
    }


def treatments(rows: list[Plain], warning: str | None = None) -> str:
    """Return the treatments on record, as `mesocare.treatments/1`.

    `warning` speaks only after damage, until the user has confirmed what was recovered.
    """
    return dumped({"schema": "mesocare.treatments/1", "warning": warning, "treatments": rows})


def about(kept: Sequence[str], known: Mapping[str, Detail]) -> str:
    """Return who was treated as it is on record, as `mesocare.about/1`; no label if unknown."""
    factors = [{"id": id_, "label": known[id_].label if id_ in known else None} for id_ in kept]
    return dumped({"schema": "mesocare.about/1", "factors": factors})


def triage(found: Triage, entries: Sequence[Entry], question: Question) -> str:
    """Return what the diary means, as `mesocare.triage/1`."""
    zone = question.zone
    by_id = {each.id: {**each._asdict(), "at": time(each.at, zone)} for each in entries}
    meaning = findings(found)
    for finding in meaning["findings"]:
        finding["because"] = [by_id[id_] for id_ in finding["because"]]
    return dumped(
        {
            "schema": "mesocare.triage/1",
            "at": time(question.at, zone),
            **meaning,
            "missing": [{"id": each.id, "text": each.text} for each in found.missing],
            "treatments": [treatment(each, question.at, zone) for each in question.treatments],
            "rules": rules(question.rules.identity),
        }
    )


def report(summary: Summary) -> str:
    """Return the clinician's summary, as `mesocare.report/1`."""
    question, zone = summary.question, summary.question.zone
    meaning = json.loads(triage(summary.meaning, summary.entries, question))
    if not summary.about:
        meaning["treatments"] = without_about(meaning["treatments"])
    rows = [{**each._asdict(), "at": time(each.at, zone)} for each in summary.entries]
    return dumped(
        {
            **meaning,
            "schema": "mesocare.report/1",
            "made": time(summary.made, zone),
            "zone": zone_name(zone),
            "record": [each.as_plain() for each in summary.record],
            "about": [each.id for each in summary.about],
            "restrictions": [
                {
                    "group": each.group,
                    "label": each.label,
                    "verdict": each.verdict.value,
                    "condition": each.condition,
                    "limited_from": time(each.limited_from, zone),
                    "allowed_from": time(each.allowed_from, zone),
                }
                for each in summary.answers
            ],
            "timeline": [
                {"at": time(each.at, zone), "kind": each.kind, "text": each.words}
                for _, events in timeline(summary)
                for each in events
            ],
            "signs": [
                _sign(each, zone)
                for each in signs(summary.entries, question.treatments, question.rules, question.at)
            ],
            "sources": [evidence(each) for each in cited(summary)],
            "diary": rows,
        }
    )


def _sign(sign: Sign, zone: tzinfo) -> Plain:
    """Return a sign with its local days and when it was expected."""
    return {
        "sign": sign.record.sign,
        "label": sign.label,
        "kind": sign.kind.value,
        "beyond": sign.beyond,
        "expected": [
            {"from": time(each.opens, zone), "until": time(each.closes, zone)}
            for each in sign.windows
        ],
        "days": [
            {
                "date": day.date.isoformat(),
                "peak": day.peak,
                "present": any(each.present for each in day.entries),
            }
            for day in sign.record.days(zone)
        ],
    }


def diary(entries: Sequence[Entry], zone: tzinfo) -> str:
    """Return the diary, as `mesocare.diary/1`."""
    rows = [{**each._asdict(), "at": time(each.at, zone)} for each in entries]
    return dumped({"schema": "mesocare.diary/1", "entries": rows})
