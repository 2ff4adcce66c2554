"""What the summary for the clinic consists of, in every format: facts in order, nothing decided."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.render.phrasing import elapsed_words, instant_words, joined, treated_words
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, tzinfo

    from mesocare.app.report import Summary
    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Finding
    from mesocare.core.model import Detail, Evidence
    from mesocare.core.question import Question
    from mesocare.store.treatments import StoredTreatment

TITLE = "After mesotherapy: a summary for the clinic"


class Event(NamedTuple):
    """One line of the timeline: a treatment, an entry of the diary, or a changed restriction."""

    at: datetime
    kind: str
    words: str
    entry: Entry | None = None


class Fact(NamedTuple):
    """A labelled line about a treatment; `typed` marks words that a person wrote."""

    label: str
    words: str
    typed: bool = False


def timeline(summary: Summary) -> list[tuple[date, list[Event]]]:
    """Return what happened, by local day, in the order of time."""
    zone = summary.question.zone
    events = sorted(
        [*_treated(summary), *_noted(summary), *_changed(summary)], key=lambda each: each.at
    )
    by_day = groupby(events, key=lambda each: each.at.astimezone(zone).date())
    return [(day, list(of_day)) for day, of_day in by_day]


def _treated(summary: Summary) -> Iterable[Event]:
    types = summary.question.rules.types
    for each in summary.question.treatments:
        words = f"{types[each.type].label} treatment: {treated_words(each)}"
        yield Event(each.when.earliest, "treatment", words)


def _noted(summary: Summary) -> Iterable[Event]:
    return (Event(each.at, "entry", each.words, each) for each in summary.entries)


def _changed(summary: Summary) -> Iterable[Event]:
    """Yield each change of a headline restriction since the last treatment."""
    for answer in summary.answers:
        for step in answer.steps[1:]:
            if step.at <= summary.question.at:
                limits = step.condition and step.verdict is Verdict.ALLOWED
                words = f"{answer.label}: {step.verdict.value}{', with exceptions' * bool(limits)}"
                yield Event(step.at, "change", words)


def treatment_facts(summary: Summary) -> list[tuple[str, list[Fact]]]:
    """Return every treatment: its title, and what is known of it, line by line.

    Who was treated comes last, if it is told.
    """
    question = summary.question
    found = [_facts(row, question) for row in summary.record]
    found = found or [_bare(each, question) for each in question.treatments]
    if summary.about:
        found.append(("Who was treated", [Fact("About", _labels(summary.about))]))
    return found


def _labels(details: Iterable[Detail]) -> str:
    return joined([lower_first(each.label) for each in details])


def _bare(treatment: Treatment, question: Question) -> tuple[str, list[Fact]]:
    ago = elapsed_words(treatment, question.at)
    facts = [Fact("When", f"{treated_words(treatment)} ({ago})")]
    if injected := [each for each in treatment.details if each.kind == "with"]:
        facts.append(Fact("With", _labels(injected)))
    return question.rules.types[treatment.type].label, facts


def _facts(row: StoredTreatment, question: Question) -> tuple[str, list[Fact]]:
    zone = ZoneInfo(row.zone)
    first, last = (datetime.fromisoformat(each) for each in (row.earliest, row.latest))
    when = Interval(first, min(last, question.at), zone)
    details = {each.id: each.treatment.details for each in question.recorded}
    treatment = Treatment(row.type, when, details=details.get(row.id, ()))
    title, found = _bare(treatment, question)
    found.append(Fact("Typed as", f"{row.typed} ({row.zone})", typed=True))
    for label, words in (
        ("Area", row.area),
        ("Clinic", row.clinic),
        ("Telephone", row.phone),
        ("Note", row.note),
    ):
        if words:
            found.append(Fact(label, words, typed=True))
    for id_, said in row.overrides.items():
        item = question.rules.items.get(id_)
        words = f"{item.label if item else id_}: not for {said.get('until', 'a time not recorded')}"
        reason = said.get("reason", "no reason recorded")
        found.append(Fact("Clinic's own rule", f"{words}. {reason}", typed=True))
    changed = instant_words(datetime.fromisoformat(row.changed), question.zone)
    found.append(Fact("Recorded", f"last changed {changed}"))
    return title, found


def grounds(finding: Finding, summary: Summary) -> list[str]:
    """Return the entries a finding rests on, in words."""
    by_id = {each.id: each for each in summary.entries}
    return [
        f"{instant_words(by_id[id_].at, summary.question.zone)}: {said(by_id[id_])}"
        for id_ in finding.because
        if id_ in by_id
    ]


def said(entry: Entry) -> str:
    """Return an entry without its note: words, score, temperature."""
    parts = [printable(entry.words)] if entry.words else []
    if entry.score is not None:
        parts.append(f"{entry.score} of 10" if entry.score else "gone")
    if entry.temperature is not None:
        parts.append(f"{entry.temperature:g} C")
    return ", ".join(parts)


def cited(summary: Summary) -> list[Evidence]:
    """Return every claim that a finding rests on, once, in the order of the findings."""
    ids = dict.fromkeys(id_ for each in summary.meaning.findings for id_ in each.evidence)
    rows = summary.question.rules.evidence
    return [rows[id_] for id_ in ids if id_ in rows]


def zone_name(zone: tzinfo) -> str:
    """Return the name of a zone, as far as it has one."""
    return getattr(zone, "key", None) or str(zone)
