"""A whole recovery laid out in time, for the views that show more than one instant of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.advice import expected_ends
from mesocare.core.aftercare.course import plans
from mesocare.core.timespan import last_closing
from mesocare.core.verdict.engine import assess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mesocare.core.aftercare.course import Plan
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Verdict
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer, Assessment


class Stretch(NamedTuple):
    """What holds from one instant (UTC) until another; `end=None` is for good."""

    begin: datetime
    end: datetime | None
    verdict: Verdict
    condition: str | None


class Row(NamedTuple):
    """An activity's stretches over the whole recovery, from the first treatment on."""

    answer: Answer
    stretches: tuple[Stretch, ...]


class Expected(NamedTuple):
    """A reaction and until when (UTC) it is expected, at most."""

    id: str
    label: str
    end: datetime


class CareTime(NamedTuple):
    """A care instruction, and from when until when (UTC) it holds; `end=None` is for good."""

    id: str
    label: str
    text: str
    begin: datetime
    end: datetime | None


class Schedule(NamedTuple):
    """A recovery from the first treatment on. Instants are in UTC.

    Attributes:
        question: The instant asked about, the treatments and the rules.
        assessment: What holds at that instant.
        begin: The earliest that the first treatment can have been.
        end: When the last restriction that has an end is over.
        groups: Every group, the headline ones first.
        expected: The reactions after these treatments, the first to end first.
        care: The care instructions that hold now or later.
        plans: The course of sessions, by treatment type.
        held_by: The findings of the diary that the clinic has to see first.
    """

    question: Question
    assessment: Assessment
    begin: datetime
    end: datetime
    groups: tuple[Row, ...]
    expected: tuple[Expected, ...]
    care: tuple[CareTime, ...]
    plans: tuple[Plan, ...]
    held_by: tuple[str, ...]

    def items(self, group: Row) -> Iterator[Row]:
        """Yield the activities of a group."""
        return (_row(each, self.begin) for each in group.answer.items)

    @property
    def recovered(self) -> datetime:
        """The end of the recovery window: when the headline groups are open, as far as they get."""
        headline = self.question.rules.headline_groups
        ends = [each.answer.allowed_from or each.answer.limited_from for each in self.groups]
        return max((each for each in ends[: len(headline)] if each), default=self.begin)


def schedule(question: Question, meaning: Triage | None = None) -> Schedule:
    """Return the recovery after the treatments of a question.

    Restrictions are judged at the latest that a treatment can have been, expected reactions at the
    earliest, as everywhere.

    Args:
        question: The instant, the treatments and the rules.
        meaning: What the diary means; while a finding is open, nothing opens.
    """
    held_by = meaning.open_ids if meaning else ()
    treatments, rules, at = question.treatments, question.rules, question.at
    assessment = assess(treatments, rules, at, held_by)
    begin = min(each.when.earliest for each in treatments)
    groups = tuple(_row(each, begin) for each in assessment.answers)
    ends = [
        step.at for group in assessment.answers for item in group.items for step in item.steps[1:]
    ]
    return Schedule(
        question=question,
        assessment=assessment,
        begin=begin,
        end=max(ends, default=begin),
        groups=groups,
        expected=_expected(question),
        care=tuple(_care(question)),
        plans=plans(treatments, rules, at, held=bool(held_by)),
        held_by=held_by,
    )


def _row(answer: Answer, begin: datetime) -> Row:
    """Return an answer's steps as stretches; what comes first holds from the beginning on."""
    steps = answer.steps
    begins = [begin, *(step.at for step in steps[1:])]
    ends = [*(step.at for step in steps[1:]), None]
    return Row(
        answer,
        tuple(
            Stretch(since, until, step.verdict, step.condition)
            for step, since, until in zip(steps, begins, ends, strict=True)
        ),
    )


def _care(question: Question) -> Iterator[CareTime]:
    """Yield each care instruction, at the latest that a treatment can have been."""
    for care in question.rules.care.values():
        found: dict[str, CareTime] = {}
        for each in question.treatments:
            window = care.windows.get(each.type)
            if window is None:
                continue
            begin = last_closing(each.when, window.opens) if window.opens else each.when.latest
            end = last_closing(each.when, window.until) if window.until else None
            if end is not None and end <= question.at:
                continue
            known = found.get(window.text)
            if known is not None and known.end is not None and end is not None:
                end = max(end, known.end)
            begin = begin if known is None else min(begin, known.begin)
            found[window.text] = CareTime(care.id, care.label, window.text, begin, end)
        yield from found.values()


def _expected(question: Question) -> tuple[Expected, ...]:
    found = [
        Expected(each.id, each.label, max(ends.values()))
        for each in question.rules.reactions.values()
        if (ends := expected_ends(each, question.treatments))
    ]
    return tuple(sorted(found, key=lambda each: each.end))
