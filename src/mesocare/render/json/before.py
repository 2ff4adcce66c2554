"""What comes before a treatment as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.render.json.answers import (
    answered,
    dumped,
    evidence,
    findings,
    rules,
    time,
    treatment,
    washout,
)

if TYPE_CHECKING:
    from mesocare.app.before import Ahead
    from mesocare.core.aftercare.washout import Leave

Plain = dict[str, Any]


def before_json(ahead: Ahead) -> str:
    """Return it as `mesocare.before/1`."""
    when, after = ahead.appointment, ahead.after
    return dumped(
        {
            "schema": "mesocare.before/1",
            "at": time(ahead.at, ahead.zone),
            "appointment_earliest": time(when.earliest, ahead.zone),
            "appointment_latest": time(when.latest, ahead.zone),
            "types": list(ahead.types),
            "with": [each.id for each in ahead.details if each.kind == "with"],
            "about": [each.id for each in ahead.details if each.kind == "about"],
            "triage": findings(after.meaning) if after and after.meaning else None,
            "treatments": [
                treatment(each, ahead.at, ahead.zone)
                for each in (after.question.treatments if after else ())
            ],
            "leave_out": [_leave(each, ahead) for each in ahead.leave],
            **{
                kind: [
                    {"id": each.id, "text": each.text, "evidence": list(each.evidence)}
                    for each in points
                ]
                for kind, points in ahead.checklist.items()
            },
            "rules": rules(ahead.rules.identity),
        }
    )


def _leave(leave: Leave, ahead: Ahead) -> Plain:
    rows = [ahead.rules.evidence[id_] for id_ in leave.washout.evidence]
    return {
        "id": leave.preparation.id,
        "label": leave.preparation.label,
        "text": leave.preparation.text,
        "verdict": ahead.verdict(leave).value,
        "before": leave.verdict.value,
        "after": [answered(each, ahead.zone) for each in ahead.restricting(leave)],
        "certain": leave.certain,
        "begins": time(leave.begins, ahead.zone),
        "begins_at_latest": time(leave.begins_at_latest, ahead.zone),
        **washout(leave.washout),
        "evidence": [evidence(row) for row in rows],
    }


def planned(ahead: Ahead | None) -> Plain | None:
    """Return the next session on record, and what begins before it when."""
    if ahead is None:
        return None
    when = ahead.appointment
    return {
        "appointment_earliest": time(when.earliest, ahead.zone),
        "appointment_latest": time(when.latest, ahead.zone),
        "types": list(ahead.types),
        "leave_out": [
            {
                "id": each.preparation.id,
                "label": each.preparation.label,
                "verdict": each.verdict.value,
                "begins": time(each.begins, ahead.zone),
            }
            for each in ahead.leave
        ],
    }
