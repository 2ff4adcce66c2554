"""What is understood of a text about an activity, a sign or a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.diary.entries import Entry
from mesocare.core.diary.triage import triage
from mesocare.core.signs import Urgency
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from datetime import datetime

    from mesocare.core.question import Question

NONE = "none"


class Understood(NamedTuple):
    """What was understood of one text.

    Attributes:
        text: The text.
        understood: Whether it led to what it was read as.
        ids: Items and groups, or red flags and reactions.
        reading: How it was read, such as `exact` or `slip`; `unknown` where it was not.
        urgency: Of a sign: `none`, or how quickly it needs help.
        absent: Whether the text says that the sign is not there.
        hint: What to type, where it was not understood.
        earliest: The earliest instant (UTC) that a date can mean.
        latest: The latest instant (UTC) that it can mean.
    """

    text: str
    understood: bool
    ids: tuple[str, ...]
    reading: str
    urgency: str | None = None
    absent: bool = False
    hint: str | None = None
    earliest: datetime | None = None
    latest: datetime | None = None


def activity(text: str, question: Question) -> Understood:
    """Return what `can-i` understands of a text."""
    from mesocare.parsing.activities import understand

    try:
        found = understand([text], question.rules)
    except MesocareError as error:
        return Understood(text, understood=False, ids=(), reading="unknown", hint=error.hint)
    return Understood(text, understood=True, ids=found.ids, reading=found.reading)


def sign(text: str, question: Question) -> Understood:
    """Return what `feel` understands of a text, and how urgent it is.

    It is judged by the treatments given, as if noted at the instant asked about; without any, at
    the strictest that it can be.
    """
    from mesocare.parsing.signs import read_sign

    found = read_sign(text, question.rules)
    ids = found.ids if found.understood else ()
    urgency = NONE if found.absent else _urgency(found.ids, question)
    hint = None if ids else question.rules.triage.noted
    return Understood(text, bool(ids), ids, found.reading, urgency, found.absent, hint)


def _urgency(ids: tuple[str, ...], question: Question) -> str:
    """Return how urgent signs are that are there now; what is not understood is never `none`."""
    rules, at = question.rules, question.at
    reactions = [id_ for id_ in ids if id_ in rules.reactions]
    if not question.treatments and reactions and len(reactions) == len(ids):
        return Urgency.CONTACT_CLINIC.value
    entries = [Entry("", id_, "?", None, None, None, at) for id_ in ids or (None,)]
    zone = None if question.treatments else question.zone
    found = triage(entries, question.treatments, rules, at, zone)
    return found.urgency.value if found.urgency else NONE


def date(text: str, question: Question) -> Understood:
    """Return what `--treated` understands of a text."""
    from mesocare.parsing import dates

    try:
        found = dates.parse_treated(text, at=question.at, zone=question.zone)
    except MesocareError as error:
        return Understood(text, understood=False, ids=(), reading="unknown", hint=error.hint)
    exact = "exact" if found.earliest == found.latest else "interval"
    return Understood(
        text,
        understood=True,
        ids=(),
        reading=exact,
        earliest=found.earliest,
        latest=found.latest,
    )
