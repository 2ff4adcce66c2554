"""The diary judged: what it means, and whom to call for what was just reported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.diary.triage import triage
from mesocare.core.signs import Urgency
from mesocare.store import recovery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import RuleSet, Treatment
    from mesocare.core.question import Question
    from mesocare.store.record import Record


def judged(question: Question, record: Record | None) -> tuple[list[Entry], Triage]:
    """Return the diary up to the instant asked about, and what it means; without one, nothing.

    It is judged by every treatment on record, also where the question is about those that are
    still healing. Without any treatment, only what needs none is judged.

    Raises:
        UnconfirmedError: It means nothing, but the record was damaged and may lack something.
    """
    kept = record.entries if record is not None else ()
    entries = [entry for entry in kept if entry.at <= question.at]
    treatments = judged_by(question)
    zone = None if treatments else question.zone
    found = triage(entries, treatments, question.rules, question.at, zone)
    if record is not None and record.recovery is not None and not found.findings:
        # What is urgent is said, but never that nothing is.
        raise recovery.refusal(record.recovery)
    return entries, found


def meaning_of(question: Question, record: Record | None) -> Triage | None:
    """Return what the diary means, or `None` where there is nothing in it.

    Raises:
        UnconfirmedError: It means nothing, but the record was damaged and may lack something.
    """
    entries, meaning = judged(question, record)
    return meaning if entries else None


def judged_by(question: Question) -> tuple[Treatment, ...]:
    """Return the treatments by which a diary is judged: all on record, or those asked about."""
    return tuple(recorded.treatment for recorded in question.recorded) or question.treatments


def calls(found: Triage, rules: RuleSet) -> str:
    """Return whom to call for each red flag that was found, worst first, a line each."""
    return "\n".join(
        f"{rules.contacts[finding.urgency.value]}: {finding.text}"
        for finding in found.findings
        if finding.id in rules.red_flags
    )


def urgent(entries: Sequence[Entry], question: Question) -> Triage:
    """Return what entries mean by themselves that cannot wait for another day: red flags of today.

    They are judged by the treatments that count; without any, at their strictest.
    """
    zone = None if judged_by(question) else question.zone
    found = triage(entries, judged_by(question), question.rules, question.at, zone)
    pressing = tuple(each for each in found.findings if each.urgency is not Urgency.CONTACT_CLINIC)
    return found._replace(findings=pressing)


def calls_alone(entries: Sequence[Entry], question: Question) -> str:
    """Return whom to call for entries by themselves, whatever is on record."""
    found = triage(entries, (), question.rules, question.at, question.zone)
    return calls(found, question.rules)
