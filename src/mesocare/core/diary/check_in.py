"""What to ask somebody today: every red flag that can occur, and the reactions that are likely.

Pure: entries, treatments, rules and an instant in, questions out. Where a treatment time is in
doubt, a question is rather asked than left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.advice import red_flags
from mesocare.core.diary.history import Situation
from mesocare.core.timespan import last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.diary.entries import Entry
    from mesocare.core.model import RuleSet, Treatment
    from mesocare.core.signs import Reaction


class Ask(NamedTuple):
    """A question about one sign.

    Attributes:
        id: The red flag or the reaction.
        text: What it looks or feels like, as the rule set says it.
        scored: Whether it takes a figure from 0 to 10; else yes or no.
    """

    id: str
    text: str
    scored: bool


def asks(
    entries: Sequence[Entry], treatments: Sequence[Treatment], rules: RuleSet, at: datetime
) -> tuple[Ask, ...]:
    """Return what to ask at an instant: red flags, most urgent first, then reactions.

    A red flag is asked about while it can occur after one of the treatments, a reaction while it
    may be expected after one of them, or was there recently. What was there when last noted is
    always asked about.

    Args:
        entries: The diary, in any order; what was noted after `at` is ignored.
        treatments: At least one; none later than `at`.
        rules: The rule set.
        at: The instant asked about, in UTC.

    Raises:
        ValueError: There is no treatment, or one may lie after `at`.
    """
    case = Situation(entries, treatments, rules, at)
    there = {record.sign for record in case.there}
    recent = {
        record.sign
        for record in case.records
        if any(not case.older(each, rules.triage.questions.recent) for each in record.present)
    }
    raised = {each.id for each in red_flags(treatments, rules, at) if not each.persisting}
    asked = [flag for flag in rules.red_flags.values() if not flag.aside or flag.id in there]
    flags = sorted(asked, key=lambda flag: -flag.urgency.severity)
    return (
        *(Ask(flag.id, flag.text, scored=False) for flag in flags if flag.id in raised | there),
        *(
            Ask(each.id, f"{each.label}: {each.text}", scored=True)
            for each in rules.reactions.values()
            if each.id in there | recent or _may_be_expected(each, treatments, at)
        ),
    )


def _may_be_expected(reaction: Reaction, treatments: Sequence[Treatment], at: datetime) -> bool:
    """Whether the reaction is expected after a treatment at the latest time it can have been."""
    return any(
        at < last_closing(each.when, reaction.expected[each.type].until)
        for each in treatments
        if each.type in reaction.expected
    )
