"""What to watch for and what helps: expected reactions, red flags, care, expected results.

Pure: treatments, rules and an instant in, advice out. An expected reaction is judged at the
earliest possible treatment time, so it never counts as normal for too long. A red flag stays until
the latest possible one has run out, and most never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.signs import Urgency
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.core.model import CareWindow, RuleSet, Statement, Treatment
    from mesocare.core.signs import Reaction, RedFlag


class Advice(NamedTuple):
    """A sentence that holds until an instant (UTC), or for good where `until` is `None`."""

    id: str
    label: str
    text: str
    until: datetime | None
    types: tuple[str, ...]
    evidence: tuple[str, ...]


class Alert(NamedTuple):
    """A sign that needs help, and how quickly.

    `persisting` marks a reaction that was expected for a while and no longer is.
    """

    id: str
    label: str
    text: str
    urgency: Urgency
    action: str | None
    types: tuple[str, ...]
    evidence: tuple[str, ...]
    persisting: bool = False


def latest_of_each_type(treatments: Sequence[Treatment]) -> list[Treatment]:
    """Return the most recent treatment of every type, in the order the types first appear.

    Of two that end alike, the one that may have been earlier: nothing is called normal for too
    long on its account.
    """
    by_type: dict[str, list[Treatment]] = {}
    for each in treatments:
        by_type.setdefault(each.type, []).append(each)
    return [
        max(same, key=lambda each: (each.when.latest, -each.when.earliest.timestamp()))
        for same in by_type.values()
    ]


def normal(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> tuple[Advice, ...]:
    """Return the reactions that are still within their expected duration."""
    found = []
    for reaction in rules.reactions.values():
        ends = [
            (end, type_) for type_, end in expected_ends(reaction, treatments).items() if at < end
        ]
        if ends:
            types = tuple(type_ for _, type_ in ends)
            rows = expected_evidence(reaction, types)
            until = max(end for end, _ in ends)
            found.append(Advice(reaction.id, reaction.label, reaction.text, until, types, rows))
    return tuple(found)


def red_flags(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> tuple[Alert, ...]:
    """Return every sign that is not normal, most urgent first.

    The rule set's red flags are there whatever the day and whatever is expected. A reaction past
    its expected duration joins them as something to contact the clinic about.
    """
    found = [
        Alert(flag.id, flag.label, flag.text, flag.urgency, flag.action, types, flag.evidence)
        for flag in rules.red_flags.values()
        if (types := _types_flagged(flag, treatments, at))
    ]
    for reaction in rules.reactions.values():
        ends = expected_ends(reaction, treatments)
        types = tuple(type_ for type_, end in ends.items() if at >= end)
        if types:
            urgency, rows = Urgency.CONTACT_CLINIC, expected_evidence(reaction, types)
            id_, text = f"{reaction.id}-persisting", reaction.beyond
            alert = Alert(id_, reaction.label, text, urgency, None, types, rows, persisting=True)
            found.append(alert)
    most_urgent_first = list(reversed(Urgency))
    return tuple(sorted(found, key=lambda alert: most_urgent_first.index(alert.urgency)))


def care(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> tuple[Advice, ...]:
    """Return the care instructions that hold now."""
    found: dict[tuple[str, str], Advice] = {}
    for each in rules.care.values():
        for treatment in latest_of_each_type(treatments):
            window = each.windows.get(treatment.type)
            if window is None or not _open(window, treatment, at):
                continue
            until = _until(window, treatment)
            known = found.get((each.id, window.text))
            types: tuple[str, ...] = (treatment.type,)
            if known is not None:
                both = (until, known.until)
                until = None if None in both else max(each for each in both if each)
                types = (*known.types, *types)
            found[each.id, window.text] = Advice(
                each.id, each.label, window.text, until, types, window.evidence
            )
    return tuple(found.values())


def results(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> tuple[Advice, ...]:
    """Return what may be expected of the treatment by now, per type."""
    return tuple(
        Advice(
            statement.id,
            rules.types[treatment.type].label,
            statement.text,
            _until(statement, treatment),
            (treatment.type,),
            statement.evidence,
        )
        for treatment in latest_of_each_type(treatments)
        if treatment.type in rules.course
        for statement in rules.course[treatment.type].results
        if _open(statement, treatment, at)
    )


def expected_ends(reaction: Reaction, treatments: Sequence[Treatment]) -> dict[str, datetime]:
    """Return, per type, when the reaction stops being expected."""
    return {
        each.type: closing(
            each.when.earliest, reaction.expected[each.type].until, each.when.zone, cautious=False
        )
        for each in latest_of_each_type(treatments)
        if each.type in reaction.expected
    }


def expected_evidence(reaction: Reaction, types: Sequence[str]) -> tuple[str, ...]:
    """Return the claims on how long the reaction is expected after these types."""
    rows = [id_ for type_ in types for id_ in reaction.expected[type_].evidence]
    return tuple(dict.fromkeys(rows))


def _types_flagged(flag: RedFlag, treatments: Sequence[Treatment], at: datetime) -> tuple[str, ...]:
    """Return the treatment types after which the flag is (still) raised."""
    types = [
        each.type
        for each in treatments
        if each.type in flag.types
        and (flag.until is None or at < last_closing(each.when, flag.until))
    ]
    return tuple(dict.fromkeys(types))


def _open(window: CareWindow | Statement, treatment: Treatment, at: datetime) -> bool:
    """Whether the window is open at `at` for any possible treatment time."""
    when, until = treatment.when, _until(window, treatment)
    opens = when.earliest
    if window.opens is not None:
        opens = closing(when.earliest, window.opens, when.zone, cautious=False)
    return opens <= at and (until is None or at < until)


def _until(window: CareWindow | Statement, treatment: Treatment) -> datetime | None:
    if window.until is None:
        return None
    return last_closing(treatment.when, window.until)
