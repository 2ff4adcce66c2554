"""The machine's view of the record: treatments, diary, triage, course, report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mesocare.core.course import best_grade
from mesocare.render.json import Plain, dumped, findings, rules, time, treatment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from mesocare.core.course import Plan
    from mesocare.core.diary import Entry
    from mesocare.core.triage import Triage
    from mesocare.render.scene import Scene


def course(plans: Sequence[Plan], scene: Scene) -> str:
    """Return the course of sessions, as `mesocare.course/1`."""
    zone = scene.zone
    return dumped(
        {
            "schema": "mesocare.course/1",
            "at": time(scene.at, zone),
            "treatments": [treatment(each, scene.at, zone) for each in scene.treatments],
            "courses": [
                {
                    "type": each.type,
                    "sessions_done": each.done,
                    "sessions_usual": list(each.course.sessions),
                    "due": each.due.value,
                    "next_from": time(each.next_from, zone),
                    "next_until": time(each.next_until, zone),
                    "spacing": each.course.spacing.text,
                    "maintenance_from": time(each.maintenance_from, zone),
                    "maintenance_until": time(each.maintenance_until, zone),
                    "maintenance": each.course.maintenance.text,
                    "results": [
                        {
                            "id": result.id,
                            "text": result.text,
                            "until": time(result.until, zone),
                            "grade": best_grade(result.evidence, scene.rules),
                        }
                        for result in each.results
                    ],
                    "notes": [{"id": note.id, "text": note.text} for note in each.course.notes],
                }
                for each in plans
            ],
            "rules": rules(scene.rules.identity),
        }
    )


def treatments(rows: list[Plain], warning: str | None = None) -> str:
    """Return the treatments on record, as `mesocare.treatments/1`.

    `warning` is there only after damage, until the user has confirmed what was recovered.
    """
    spoken = {} if warning is None else {"warning": warning}
    return dumped({"schema": "mesocare.treatments/1", **spoken, "treatments": rows})


def triage(found: Triage, entries: Sequence[Entry], scene: Scene) -> str:
    """Return what the diary means, as `mesocare.triage/1`."""
    zone = scene.zone
    by_id = {each.id: {**each._asdict(), "at": time(each.at, zone)} for each in entries}
    meaning = findings(found)
    for finding in meaning["findings"]:
        finding["because"] = [by_id[id_] for id_ in finding["because"]]
    return dumped(
        {
            "schema": "mesocare.triage/1",
            "at": time(scene.at, zone),
            **meaning,
            "missing": [{"id": each.id, "text": each.text} for each in found.missing],
            "treatments": [treatment(each, scene.at, zone) for each in scene.treatments],
            "rules": rules(scene.rules.identity),
        }
    )


def report(found: Triage, entries: Sequence[Entry], scene: Scene) -> str:
    """Return the clinician's summary, as `mesocare.report/1`."""
    meaning = json.loads(triage(found, entries, scene))
    rows = [{**each._asdict(), "at": time(each.at, scene.zone)} for each in entries]
    return dumped({**meaning, "schema": "mesocare.report/1", "diary": rows})


def diary(entries: Sequence[Entry], zone: tzinfo) -> str:
    """Return the diary, as `mesocare.diary/1`."""
    rows = [{**each._asdict(), "at": time(each.at, zone)} for each in entries]
    return dumped({"schema": "mesocare.diary/1", "entries": rows})
