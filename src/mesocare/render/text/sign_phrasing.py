"""What is said of a sign beside its chart, the same in text and on a page."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from mesocare.core.diary.chart import Kind
from mesocare.render.phrasing import date_words, instant_words, joined
from mesocare.text import lower_first

if TYPE_CHECKING:
    from mesocare.core.diary.chart import Axis, Sign
    from mesocare.core.question import Question


def expected_words(sign: Sign, question: Question) -> str:
    """Say until when a sign was expected, or why it never was."""
    if sign.kind is Kind.RED_FLAG:
        return "never expected"
    if sign.kind is Kind.UNKNOWN:
        return "not known to mesocare, so never called normal"
    if not question.treatments:
        return "no treatment on record to say how long it is expected"
    if not sign.windows:
        types = dict.fromkeys(each.type for each in question.treatments)
        labels = [lower_first(question.rules.types[each].label) for each in types]
        return f"not expected after {joined(labels, 'or')} mesotherapy"
    last = "last " if len(sign.windows) > 1 else ""
    words = (
        f"{last}expected until {instant_words(sign.windows[-1].closes, question.zone, question.at)}"
    )
    return f"{words}; noted as there outside that time" if sign.beyond else words


def latest_words(sign: Sign, question: Question) -> str:
    """Say how a sign was when it was noted last, and when."""
    latest = sign.record.latest
    score = "there" if latest.score is None else f"{latest.score} of 10" if latest.score else "gone"
    return f"{score}, {instant_words(latest.at, question.zone, question.at)}"


def day_words(axis: Axis, day: int) -> str:
    """Return the date of a day on the axis, counted from its first."""
    noon = datetime.combine(axis.first + timedelta(days=day), time(12), axis.zone)
    return date_words(noon, axis.zone)
