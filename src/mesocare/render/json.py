"""The machine's view: stable, versioned JSON. Times carry an offset, durations are hours."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from mesocare.core.course import best_grade
from mesocare.core.timespan import day_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.answer import Answer, Assessment
    from mesocare.core.course import Plan
    from mesocare.core.diary import Entry
    from mesocare.core.model import Evidence, Identity, Phase, Treatment
    from mesocare.core.triage import Triage
    from mesocare.errors import MesocareError
    from mesocare.render.scene import Scene

Plain = dict[str, Any]


def can_i(answer: Answer, scene: Scene) -> str:
    """Return the answer to one question, as `mesocare.can-i/1`."""
    return _dumped(_question("mesocare.can-i/1", answer, scene))


def explain(answer: Answer, scene: Scene) -> str:
    """Return one answer with the rule behind it, as `mesocare.explain/1`."""
    plain = _question("mesocare.explain/1", answer, scene)
    rule = answer.rule
    item = answer.items[0] if answer.items else answer
    plain["rule"] = {
        "item": item.activity,
        "type": answer.governed_by.type,
        "concerns": rule.concerns,
        "harm": scene.rules.items[item.activity].harm,
        "rationale": rule.rationale,
        "phases": [_phase(each) for each in rule.phases],
    }
    return _dumped(plain)


def today(assessment: Assessment, scene: Scene) -> str:
    """Return the whole assessment, as `mesocare.today/1`."""
    zone = scene.zone
    return _dumped(
        {
            "schema": "mesocare.today/1",
            "at": _time(assessment.at, zone),
            "treatments": [_treatment(each, assessment.at, zone) for each in assessment.treatments],
            "answers": [_answer(each, zone) for each in assessment.answers],
            "care": [
                {"id": each.id, "text": each.text, "until": _time(each.until, zone)}
                for each in assessment.care
            ],
            "watch_for": {
                "normal": [
                    {"id": each.id, "text": each.text, "until": _time(each.until, zone)}
                    for each in assessment.normal
                ],
                "red_flags": [
                    {
                        "id": each.id,
                        "text": each.text,
                        "urgency": each.urgency.value,
                        "action": each.action,
                    }
                    for each in assessment.red_flags
                ],
            },
            "upcoming": [
                {
                    "at": _time(each.at, zone),
                    "activity": each.activity,
                    "label": each.label,
                    "verdict": each.verdict.value,
                }
                for each in assessment.upcoming
            ],
            "results": [
                {"id": each.id, "text": each.text, "until": _time(each.until, zone)}
                for each in assessment.results
            ],
            "contacts": assessment.contacts,
            "rules": _rules(assessment.rules),
        }
    )


def course(plans: Sequence[Plan], scene: Scene) -> str:
    """Return the course of sessions, as `mesocare.course/1`."""
    zone = scene.zone
    return _dumped(
        {
            "schema": "mesocare.course/1",
            "at": _time(scene.at, zone),
            "treatments": [_treatment(each, scene.at, zone) for each in scene.treatments],
            "courses": [
                {
                    "type": each.type,
                    "sessions_done": each.done,
                    "sessions_usual": list(each.course.sessions),
                    "due": each.due.value,
                    "next_from": _time(each.next_from, zone),
                    "next_until": _time(each.next_until, zone),
                    "spacing": each.course.spacing.text,
                    "maintenance_from": _time(each.maintenance_from, zone),
                    "maintenance_until": _time(each.maintenance_until, zone),
                    "maintenance": each.course.maintenance.text,
                    "results": [
                        {
                            "id": result.id,
                            "text": result.text,
                            "until": _time(result.until, zone),
                            "grade": best_grade(result.evidence, scene.rules),
                        }
                        for result in each.results
                    ],
                    "notes": [{"id": note.id, "text": note.text} for note in each.course.notes],
                }
                for each in plans
            ],
            "rules": _rules(scene.rules.identity),
        }
    )


def treatments(rows: list[Plain]) -> str:
    """Return the treatments on record, as `mesocare.treatments/1`."""
    return _dumped({"schema": "mesocare.treatments/1", "treatments": rows})


def triage(found: Triage, entries: Sequence[Entry], scene: Scene) -> str:
    """Return what the diary means, as `mesocare.triage/1`."""
    zone = scene.zone
    by_id = {each.id: {**each._asdict(), "at": _time(each.at, zone)} for each in entries}
    return _dumped(
        {
            "schema": "mesocare.triage/1",
            "at": _time(scene.at, zone),
            "urgency": found.urgency.value if found.urgency else "none",
            "findings": [
                {
                    "id": each.id,
                    "urgency": each.urgency.value,
                    "text": each.text,
                    "because": [by_id[id_] for id_ in each.because],
                    "evidence": list(each.evidence),
                }
                for each in found.findings
            ],
            "missing": [{"id": each.id, "text": each.text} for each in found.missing],
            "treatments": [_treatment(each, scene.at, zone) for each in scene.treatments],
            "rules": _rules(scene.rules.identity),
        }
    )


def report(found: Triage, entries: Sequence[Entry], scene: Scene) -> str:
    """Return the clinician's summary, as `mesocare.report/1`."""
    meaning = json.loads(triage(found, entries, scene))
    rows = [{**each._asdict(), "at": _time(each.at, scene.zone)} for each in entries]
    return _dumped({**meaning, "schema": "mesocare.report/1", "diary": rows})


def diary(entries: Sequence[Entry], zone: tzinfo) -> str:
    """Return the diary, as `mesocare.diary/1`."""
    rows = [{**each._asdict(), "at": _time(each.at, zone)} for each in entries]
    return _dumped({"schema": "mesocare.diary/1", "entries": rows})


def error(problem: MesocareError) -> str:
    """Return what went wrong, as `mesocare.error/1`."""
    plain = {"schema": "mesocare.error/1", "error": problem.message, "hint": problem.hint}
    problems = getattr(problem, "problems", ())
    return _dumped({**plain, "problems": list(problems)} if problems else plain)


def _dumped(plain: Plain) -> str:
    """Return the text: indented where a person reads it, one line where a program does."""
    out = sys.stdout
    indent = 2 if out is not None and out.isatty() else None
    every_letter = out is not None and (out.encoding or "").lower().startswith("utf")
    return json.dumps(plain, ensure_ascii=not every_letter, indent=indent) + "\n"


def _time(instant: datetime | None, zone: tzinfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def _rules(identity: Identity) -> Plain:
    return {
        "name": identity.name,
        "version": identity.version,
        "reviewed": identity.reviewed,
        "sha256": identity.sha256,
    }


def _question(schema: str, answer: Answer, scene: Scene) -> Plain:
    return {
        "schema": schema,
        "at": _time(scene.at, scene.zone),
        "treatments": [_treatment(each, scene.at, scene.zone) for each in scene.treatments],
        "answer": _answer(answer, scene.zone),
        "rules": _rules(scene.rules.identity),
    }


def _span(treatment: Treatment, zone: tzinfo) -> Plain:
    return {
        "type": treatment.type,
        "treated_earliest": _time(treatment.when.earliest, zone),
        "treated_latest": _time(treatment.when.latest, zone),
    }


def _treatment(treatment: Treatment, at: datetime, zone: tzinfo) -> Plain:
    when = treatment.when
    return {
        **_span(treatment, zone),
        "elapsed_hours_min": _hours(when.latest, at),
        "elapsed_hours_max": _hours(when.earliest, at),
        "day": day_number(when.earliest, at, when.zone),
    }


def _hours(start: datetime, at: datetime) -> float:
    return round((at - start).total_seconds() / 3600, 4)


def _answer(answer: Answer, zone: tzinfo) -> Plain:
    figures = answer.figures
    return {
        "activity": answer.activity,
        "label": answer.label,
        "group": answer.group,
        "verdict": answer.verdict.value,
        "certain": answer.certain,
        "verdict_if_earliest": answer.verdict_if_earliest.value,
        "condition": answer.condition,
        "reason": answer.reason,
        "instead": answer.instead,
        "limited_from": _time(answer.limited_from, zone),
        "allowed_from": _time(answer.allowed_from, zone),
        "next_change": _time(answer.next_change, zone),
        "governed_by": _span(answer.governed_by, zone),
        "figures": {
            "shortest_hours": figures.shortest,
            "longest_hours": figures.longest,
            "longest_credible_hours": figures.credible,
            "chosen_hours": figures.chosen,
        },
        "items": [_answer(each, zone) for each in answer.items],
        "evidence": [_evidence(each) for each in answer.evidence],
    }


def _evidence(row: Evidence) -> Plain:
    return {
        "id": row.id,
        "source": row.source.title,
        "publisher": row.source.publisher,
        "url": row.source.url,
        "grade": row.grade,
        "modality": row.modality,
        "min_hours": row.min_hours,
        "max_hours": row.max_hours,
        "note": row.paraphrase,
    }


def _phase(phase: Phase) -> Plain:
    return {
        "until": None if phase.until is None else str(phase.until),
        "until_hours": None if phase.until is None else phase.until.nominal_hours,
        "verdict": phase.verdict.value,
        "condition": phase.condition,
        "reason": phase.reason,
        "evidence": list(phase.evidence),
    }
