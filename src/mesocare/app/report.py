"""The facts of the summary for the clinic, gathered from one reading of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.app import recall
from mesocare.app.diary import judged
from mesocare.core.aftercare.details import treated_person
from mesocare.core.verdict.engine import answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Detail
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer
    from mesocare.store.record import Record
    from mesocare.store.treatments import StoredTreatment


class Summary(NamedTuple):
    """Everything that a summary says.

    Attributes:
        question: The instant, the treatments and the rules.
        record: The treatments as they are on record, oldest first; none where they were given
            otherwise.
        entries: The diary up to the instant, in the order of time.
        meaning: What the diary means.
        answers: What holds now for each of the headline groups.
        made: When the summary was made, in UTC.
        about: Who was treated, if that is to be told; what holds takes account of it in any case.
    """

    question: Question
    record: tuple[StoredTreatment, ...]
    entries: Sequence[Entry]
    meaning: Triage
    answers: tuple[Answer, ...]
    made: datetime
    about: tuple[Detail, ...] = ()


def summary(
    question: Question, record: Record | None, made: datetime, *, with_about: bool = False
) -> Summary:
    """Return everything the summary says, in whatever form.

    Args:
        question: The instant, the treatments and the rules.
        record: What is on record.
        made: When the summary is made, in UTC.
        with_about: Whether it tells who was treated.

    Raises:
        UnconfirmedError: The record was damaged and may lack something.
    """
    entries, meaning = judged(question, record)
    listed = recall.up_to(record, question.at) if record and question.recorded else ()
    counted = recall.healing(question.treatments, question.rules, question.at)
    groups = (question.rules.groups[id_] for id_ in question.rules.headline_groups)
    answers = tuple(
        answer(group, counted, question.rules, question.at, meaning.open_ids) for group in groups
    )
    about = treated_person(question.treatments) if with_about else ()
    return Summary(question, listed, entries, meaning, answers, made, about)
