"""The machine's view: stable, versioned JSON. Times carry an offset, durations are hours."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from mesocare.core.timespan import day_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Evidence, Identity, Phase, Protocol, Treatment, Washout
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer, Assessment
    from mesocare.errors import MesocareError

Plain = dict[str, Any]


def can_i(
    answers: Sequence[Answer], question: Question, reading: str, meaning: Triage | None = None
) -> str:
    """Return the answer to one question, as `mesocare.can-i/1`.

    Where several things were asked about, `answer` is the strictest and `others` are the rest;
    `triage` is null without a diary.
    """
    plain = _question("mesocare.can-i/1", answers[0], question, meaning)
    plain["read_as"] = {"reading": reading, "ids": [each.activity for each in answers]}
    plain["others"] = [answered(each, question.zone) for each in answers[1:]]
    return dumped(plain)


def explain(answer: Answer, question: Question, meaning: Triage | None = None) -> str:
    """Return one answer with the rule behind it, as `mesocare.explain/1`."""
    plain = _question("mesocare.explain/1", answer, question, meaning)
    rule = answer.rule
    item = answer.items[0] if answer.items else answer
    plain["rule"] = {
        "item": item.activity,
        "type": answer.governed_by.type,
        "concerns": rule.concerns,
        "harm": question.rules.items[item.activity].harm,
        "rationale": rule.rationale,
        "phases": [phase(each) for each in rule.phases],
        "builtin": builtin(rule.protocol),
    }
    return dumped(plain)


def today(
    assessment: Assessment,
    question: Question,
    meaning: Triage | None = None,
    more: Plain | None = None,
) -> str:
    """Return the whole assessment, as `mesocare.today/1`; `triage` is null without a diary.

    `more` is what is on record besides: the next session, and products.
    """
    zone = question.zone
    return dumped(
        head("mesocare.today/1", question, meaning)
        | {
            "answers": [answered(each, zone) for each in assessment.answers],
            "care": [
                {"id": each.id, "text": each.text, "until": time(each.until, zone)}
                for each in assessment.care
            ],
            "watch_for": {
                "normal": [
                    {"id": each.id, "text": each.text, "until": time(each.until, zone)}
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
                    "at": time(each.at, zone),
                    "activity": each.activity,
                    "label": each.label,
                    "verdict": each.verdict.value,
                }
                for each in assessment.upcoming
            ],
            "results": [
                {"id": each.id, "text": each.text, "until": time(each.until, zone)}
                for each in assessment.results
            ],
            **(more or {"session": None, "products": []}),
            "contacts": assessment.contacts,
            "rules": rules(assessment.rules),
        }
    )


def findings(meaning: Triage) -> Plain:
    """Return how urgent a diary is, and why."""
    return {
        "urgency": meaning.urgency.value if meaning.urgency else "none",
        "findings": [
            {
                "id": each.id,
                "urgency": each.urgency.value,
                "text": each.text,
                "because": list(each.because),
                "evidence": list(each.evidence),
                "past": each.past,
            }
            for each in meaning.findings
        ],
    }


def error(problem: MesocareError) -> str:
    """Return what went wrong, as `mesocare.error/1`."""
    plain = {"schema": "mesocare.error/1", "error": problem.message, "hint": problem.hint}
    problems = getattr(problem, "problems", ())
    return dumped({**plain, "problems": list(problems)} if problems else plain)


def dumped(plain: Plain) -> str:
    """Return the text: indented where a person reads it, one line where a program does."""
    out = sys.stdout
    indent = 2 if out is not None and out.isatty() else None
    every_letter = out is not None and (out.encoding or "").lower().startswith("utf")
    return json.dumps(plain, ensure_ascii=not every_letter, indent=indent) + "\n"


def time(instant: datetime | None, zone: tzinfo) -> str | None:
    """Return an instant in ISO 8601 with its offset; `None` stays `None`."""
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")


def rules(identity: Identity) -> Plain:
    """Return which rule set answered."""
    return _base(identity) | {
        "clinic": identity.clinic,
        "extends": None if identity.extends is None else _base(identity.extends),
    }


def _base(identity: Identity) -> Plain:
    return {
        "name": identity.name,
        "version": identity.version,
        "reviewed": identity.reviewed,
        "sha256": identity.sha256,
    }


def protocol(said: Protocol | None) -> Plain | None:
    """Return what a clinic's protocol says of a rule it decides; `None` where it decides none."""
    if said is None:
        return None
    until = None if said.builtin is None else said.builtin.restricted_until
    return {
        "clinic": said.clinic,
        "reason": said.reason,
        "approved_by": said.approved_by,
        "reviewed": said.reviewed,
        "loosens": said.loosens,
        "builtin_hours": None if until is None else until.nominal_hours,
    }


def washout(each: Washout) -> Plain:
    """Return from when on something is to be left out before a treatment, and whose word it is."""
    told = each.protocol
    replaced = None if each.builtin is None else _washout(each.builtin)
    hours = None if replaced is None else replaced["hours_before"]
    return {
        **_washout(each),
        "rationale": each.rationale,
        "protocol": told and {**(protocol(told) or {}), "builtin_hours": hours},
        "builtin": replaced,
    }


def _washout(each: Washout) -> Plain:
    return {
        "then": each.verdict.value,
        "hours_before": None if each.span is None else each.span.nominal_hours,
        "on_the_day": each.on_the_day,
        "reason": each.ask,
    }


def builtin(said: Protocol | None) -> list[Plain] | None:
    """Return the phases that a clinic's protocol replaced; `None` where it replaced none."""
    if said is None or said.builtin is None:
        return None
    return [phase(each) for each in said.builtin.phases]


def head(schema: str, question: Question, meaning: Triage | None) -> Plain:
    """Return what every answer begins with; `triage` is null without a diary."""
    zone = question.zone
    return {
        "schema": schema,
        "at": time(question.at, zone),
        "triage": None if meaning is None else findings(meaning),
        "treatments": [treatment(each, question.at, zone) for each in question.treatments],
    }


def _question(schema: str, answer: Answer, question: Question, meaning: Triage | None) -> Plain:
    return head(schema, question, meaning) | {
        "answer": answered(answer, question.zone),
        "rules": rules(question.rules.identity),
    }


def _span(treatment: Treatment, zone: tzinfo) -> Plain:
    return {
        "type": treatment.type,
        "treated_earliest": time(treatment.when.earliest, zone),
        "treated_latest": time(treatment.when.latest, zone),
    }


def treatment(treatment: Treatment, at: datetime, zone: tzinfo) -> Plain:
    """Return a treatment with how long ago it was, in hours and days."""
    when = treatment.when
    return {
        **_span(treatment, zone),
        "elapsed_hours_min": _hours(when.latest, at),
        "elapsed_hours_max": _hours(when.earliest, at),
        "day": day_number(when.earliest, at, when.zone),
        "with": [each.id for each in treatment.details if each.kind == "with"],
        "about": [each.id for each in treatment.details if each.kind == "about"],
    }


def without_about(treatments: Sequence[Plain]) -> list[Plain]:
    """Return treatments without who was treated, for what is handed over."""
    return [{**each, "about": []} for each in treatments]


def _hours(start: datetime, at: datetime) -> float:
    return round((at - start).total_seconds() / 3600, 4)


def answered(answer: Answer, zone: tzinfo) -> Plain:
    """Return one answer, those of its items with it."""
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
        "held_by": list(answer.held_by),
        "limited_from": time(answer.limited_from, zone),
        "allowed_from": time(answer.allowed_from, zone),
        "next_change": time(answer.next_change, zone),
        "governed_by": _span(answer.governed_by, zone),
        "figures": {
            "shortest_hours": figures.shortest,
            "longest_hours": figures.longest,
            "longest_credible_hours": figures.credible,
            "chosen_hours": figures.chosen,
        },
        "protocol": protocol(answer.protocol),
        "details": [
            {"id": detail.id, "kind": detail.kind, "label": detail.label}
            | {"phases": [phase(each) for each in rule.phases if each.reason]}
            | {"protocol": protocol(rule.protocol)}
            for detail, rule in answer.details
        ],
        "items": [answered(each, zone) for each in answer.items],
        "evidence": [evidence(each) for each in answer.evidence],
    }


def evidence(row: Evidence) -> Plain:
    """Return one claim with its source."""
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


def phase(phase: Phase) -> Plain:
    """Return one phase of a rule."""
    return {
        "until": None if phase.until is None else str(phase.until),
        "until_hours": None if phase.until is None else phase.until.nominal_hours,
        "verdict": phase.verdict.value,
        "condition": phase.condition,
        "reason": phase.reason,
        "evidence": list(phase.evidence),
    }
