"""What comes before a treatment: gathered for one appointment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.app import recall
from mesocare.core.aftercare.washout import leave_out
from mesocare.core.verdict.engine import answer
from mesocare.errors import TreatmentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.aftercare.washout import Leave
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Detail, Point, Preparation, RuleSet, Verdict
    from mesocare.core.question import Question
    from mesocare.core.timespan import Interval
    from mesocare.core.verdict.answer import Answer
    from mesocare.store.record import Record


class After(NamedTuple):
    """What the treatments on record say of the same things.

    Attributes:
        question: The instant, the treatments and the rules.
        meaning: What the diary means; `None` without one.
        answers: Of each activity asked about, where there is a treatment.
    """

    question: Question
    meaning: Triage | None
    answers: tuple[Answer, ...]


class Ahead(NamedTuple):
    """An appointment and what comes before it.

    Attributes:
        at: The instant asked about, in UTC.
        appointment: When the treatment will be, as far as that is known.
        types: The types of treatment.
        rules: The rule set.
        leave: What to leave out, what begins first coming first.
        checklist: The points for these types by kind.
        no_color: Whether colour was declined.
        after: What is on record, where one thing is asked about; else nobody is told what is
            allowed.
        details: What will be injected, and who will be treated.
    """

    at: datetime
    appointment: Interval
    types: tuple[str, ...]
    rules: RuleSet
    leave: tuple[Leave, ...]
    checklist: dict[str, tuple[Point, ...]]
    no_color: bool = False
    after: After | None = None
    details: tuple[Detail, ...] = ()

    @property
    def zone(self) -> tzinfo:
        """The time zone in which every instant is shown."""
        return self.appointment.zone

    def restricting(self, leave: Leave) -> list[Answer]:
        """Return what a treatment on record still restricts of a thing, the strictest first."""
        answers = self.after.answers if self.after else ()
        found = [
            each
            for each in answers
            if each.activity in leave.preparation.activities and each.verdict.severity
        ]
        return sorted(found, key=lambda each: -each.verdict.severity)

    def verdict(self, leave: Leave) -> Verdict:
        """Return what holds of a thing now, before this treatment and after those on record."""
        verdicts = [leave.verdict, *(each.verdict for each in self.restricting(leave))]
        return max(verdicts, key=lambda verdict: verdict.severity)

    @property
    def strictest_first(self) -> list[Leave]:
        """What to leave out, by what holds now."""
        return sorted(self.leave, key=lambda leave: -self.verdict(leave).severity)


def ahead(
    appointment: Interval,
    types: Sequence[str],
    rules: RuleSet,
    at: datetime,
    only: Sequence[Preparation] = (),
) -> Ahead:
    """Return what comes before an appointment.

    Args:
        appointment: When it will be.
        types: The types of treatment; at least one.
        rules: The rule set.
        at: The instant asked about, in UTC.
        only: What is asked about alone; everything if left out.
    """
    before = rules.before()
    leave = leave_out(appointment, types, before, at)
    if only:
        wanted = {each.id for each in only}
        leave = tuple(each for each in leave if each.preparation.id in wanted)
    checklist = {
        kind: tuple(each for each in points if not each.types or set(each.types) & set(types))
        for kind, points in before.checklist.items()
    }
    return Ahead(at, appointment, tuple(types), rules, leave, checklist)


def planned(record: Record, rules: RuleSet, at: datetime) -> Ahead | None:
    """Return what comes before the next session on record; `None` where none is, or it is past.

    Raises:
        TreatmentError: It cannot be used here.
    """
    session = record.person.session
    if session is None or (when := session.when).latest <= at:
        return None
    if strange := [each for each in session.types if each not in rules.types]:
        message = f"the next session on record is of a type {strange[0]!r} unknown here"
        raise TreatmentError(message, "Type: mesocare before --on WHEN --keep, or --cancel")
    when = when._replace(earliest=max(when.earliest, at))
    found = ahead(when, session.types, rules, at)
    return found._replace(details=recall.factors(record, rules))


def with_record(found: Ahead, question: Question, meaning: Triage | None) -> Ahead:
    """Return the same with what the treatments on record say of the things asked about.

    Without a treatment only the diary speaks.
    """
    ids = {id_ for each in found.leave for id_ in each.preparation.activities}
    known = question.treatments
    held_by = meaning.open_ids if meaning else ()
    answers = tuple(
        answer(question.rules.items[id_], known, question.rules, question.at, held_by)
        for id_ in (sorted(ids) if known else ())
    )
    return found._replace(after=After(question, meaning, answers))
