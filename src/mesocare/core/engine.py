"""The assessment: what holds now, what opens when, and what to watch for.

`assess` answers everything at once and `answer` one question; both are pure. The instant is an
argument, treatments are intervals, and every instant is in UTC. Restrictions are judged at the
latest possible treatment time and expected reactions at the earliest, so that doubt about the
time can neither open an activity early nor call a sign normal for too long.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core import watch
from mesocare.core.model import Evidence, Item, Verdict
from mesocare.core.standing import GroupSubject, ItemSubject

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from mesocare.core.model import Group, Identity, Rule, RuleSet, Treatment
    from mesocare.core.standing import Subject


class Figures(NamedTuple):
    """Waiting times in hours, as far as there are any.

    Attributes:
        shortest: The shortest of all sources.
        longest: The longest of all sources.
        credible: The longest of the credible sources.
        chosen: The end of the rule's last restricting phase.
    """

    shortest: int | None
    longest: int | None
    credible: int | None
    chosen: int | None


class Step(NamedTuple):
    """What holds from an instant (UTC) until the next step."""

    at: datetime
    verdict: Verdict
    condition: str | None


class Answer(NamedTuple):
    """What is said of one activity at one instant. Instants are in UTC.

    Attributes:
        activity: The item's or group's id.
        verdict: What holds in the worst case.
        verdict_if_earliest: What would hold, had the treatment been as early as it can have been.
        condition: What makes it fine; `None` where nothing does or nothing is needed.
        instead: What to do meanwhile, where the rule set has a suggestion.
        limited_from: From then on it is surely neither `avoid` nor `ask`; `None` for never.
        allowed_from: From then on it is surely `allowed`; `None` for never.
        next_change: The next instant at which verdict or condition changes; `None` for never.
        steps: What holds from when on, over the whole course; the first from the last treatment on.
        governed_by: The treatment that decides.
        rule: The deciding rule, that of the headline item for a group.
        items: The answers of a group's items, headline first; empty for an item.
        evidence: Every claim the deciding rule rests on, shortest figure first.
    """

    activity: str
    label: str
    group: str
    verdict: Verdict
    verdict_if_earliest: Verdict
    condition: str | None
    reason: str
    instead: str | None
    limited_from: datetime | None
    allowed_from: datetime | None
    next_change: datetime | None
    steps: tuple[Step, ...]
    governed_by: Treatment
    rule: Rule
    items: tuple[Answer, ...]
    evidence: tuple[Evidence, ...]

    @property
    def certain(self) -> bool:
        """Whether knowing the time of treatment could not change the verdict."""
        return self.verdict is self.verdict_if_earliest

    @property
    def figures(self) -> Figures:
        """What the sources disagree about, and what was chosen."""
        rows = [row for row in self.evidence if row.restricts]
        high = [row.max_hours for row in rows if row.max_hours is not None]
        sure = [row.max_hours for row in rows if row.max_hours is not None and row.credible]
        low = [row.min_hours for row in rows if row.min_hours is not None]
        until = self.rule.restricted_until
        return Figures(
            shortest=min(low, default=None),
            longest=max(high, default=None),
            credible=max(sure, default=None),
            chosen=None if until is None else until.nominal_hours,
        )


class Change(NamedTuple):
    """A verdict that one item will have from an instant (UTC) on."""

    at: datetime
    activity: str
    label: str
    verdict: Verdict


class Assessment(NamedTuple):
    """Everything mesocare has to say at one instant; every command and format is a view of it."""

    at: datetime
    treatments: tuple[Treatment, ...]
    answers: tuple[Answer, ...]
    care: tuple[watch.Advice, ...]
    normal: tuple[watch.Advice, ...]
    red_flags: tuple[watch.Alert, ...]
    results: tuple[watch.Advice, ...]
    upcoming: tuple[Change, ...]
    contacts: dict[str, str]
    notice: str
    rules: Identity


def assess(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> Assessment:
    """Say where somebody stands after their treatments.

    Args:
        treatments: At least one; none later than `at`.
        rules: The rule set.
        at: The instant asked about, in UTC.

    Raises:
        ValueError: There is no treatment, or one may lie after `at`.
        KeyError: A treatment's type is unknown to the rule set.
    """
    _check(treatments, at)
    subjects = {id_: ItemSubject(item, treatments) for id_, item in rules.items.items()}
    return Assessment(
        at=at,
        treatments=tuple(treatments),
        answers=tuple(
            _answer_group(GroupSubject(group, subjects), rules, at)
            for group in rules.groups.values()
        ),
        care=watch.care(treatments, rules, at),
        normal=watch.normal(treatments, rules, at),
        red_flags=watch.red_flags(treatments, rules, at),
        results=watch.results(treatments, rules, at),
        upcoming=_upcoming(subjects, at),
        contacts=dict(rules.contacts),
        notice=rules.notice,
        rules=rules.identity,
    )


def answer(
    activity: Item | Group, treatments: Sequence[Treatment], rules: RuleSet, at: datetime
) -> Answer:
    """Answer one question; the same values as `assess` gives for it, at a fraction of the work.

    Raises:
        ValueError: There is no treatment, or one may lie after `at`.
        KeyError: A treatment's type is unknown to the rule set.
    """
    _check(treatments, at)
    if isinstance(activity, Item):
        return _answer_item(ItemSubject(activity, treatments), rules, at)
    subjects = {id_: ItemSubject(rules.items[id_], treatments) for id_ in activity.items}
    return _answer_group(GroupSubject(activity, subjects), rules, at)


def _check(treatments: Sequence[Treatment], at: datetime) -> None:
    if not treatments:
        message = "no treatment to assess"
        raise ValueError(message)
    if any(each.when.latest > at for each in treatments):
        message = "a treatment lies after the instant asked about"
        raise ValueError(message)


def _answer_item(subject: ItemSubject, rules: RuleSet, at: datetime) -> Answer:
    item, standing = subject.item, subject.standing(at)
    rule = item.rules[standing.treatment.type]
    steps = _steps(subject)
    return Answer(
        activity=item.id,
        label=item.label,
        group=item.group,
        verdict=standing.verdict,
        verdict_if_earliest=standing.if_earliest,
        condition=standing.condition,
        reason=standing.reason,
        instead=item.instead,
        limited_from=_surely(steps, lambda verdict: not verdict.closed),
        allowed_from=_surely(steps, lambda verdict: verdict is Verdict.ALLOWED),
        next_change=next((step.at for step in steps if step.at > at), None),
        steps=steps,
        governed_by=standing.treatment,
        rule=rule,
        items=(),
        evidence=tuple(sorted((rules.evidence[id_] for id_ in rule.evidence), key=_by_figure)),
    )


def _answer_group(subject: GroupSubject, rules: RuleSet, at: datetime) -> Answer:
    group, standing = subject.group, subject.standing(at)
    items = {id_: _answer_item(each, rules, at) for id_, each in subject.items.items()}
    headline = items.pop(group.headline)
    steps = _steps(subject)
    return Answer(
        activity=group.id,
        label=group.label,
        group=group.id,
        verdict=standing.verdict,
        verdict_if_earliest=standing.if_earliest,
        condition=standing.condition,
        reason=standing.reason,
        instead=headline.instead,
        limited_from=_surely(steps, lambda verdict: not verdict.closed),
        allowed_from=_surely(steps, lambda verdict: verdict is Verdict.ALLOWED),
        next_change=next((step.at for step in steps if step.at > at), None),
        steps=steps,
        governed_by=standing.treatment,
        rule=headline.rule,
        items=(headline, *items.values()),
        evidence=headline.evidence,
    )


def _steps(subject: Subject) -> tuple[Step, ...]:
    """Return what holds from when on; verdict or condition differ from step to step."""
    steps: list[Step] = []
    for at in [
        subject.begins,
        *sorted(each for each in subject.boundaries if each > subject.begins),
    ]:
        standing = subject.standing(at)
        step = Step(at, standing.verdict, standing.condition)
        if not steps or step[1:] != steps[-1][1:]:
            steps.append(step)
    return tuple(steps)


def _surely(steps: Sequence[Step], wanted: Callable[[Verdict], bool]) -> datetime | None:
    """Return from when on the verdict is as wanted for good; `None` for never."""
    since = None
    for step in reversed(steps):
        if not wanted(step.verdict):
            break
        since = step.at
    return since


def _upcoming(subjects: dict[str, ItemSubject], at: datetime) -> tuple[Change, ...]:
    """Return every later change of an item's verdict, soonest first."""
    changes = []
    for subject in subjects.values():
        instants = [at, *sorted(each for each in subject.boundaries if each > at)]
        course = [(instant, subject.standing(instant).verdict) for instant in instants]
        changes += [
            Change(instant, subject.item.id, subject.item.label, verdict)
            for (_, before), (instant, verdict) in pairwise(course)
            if verdict is not before
        ]
    return tuple(sorted(changes, key=lambda change: change.at))


def _by_figure(row: Evidence) -> tuple[bool, float, float, str]:
    """Order claims by their figure, those without one last."""
    high = row.max_hours if row.max_hours is not None else row.min_hours
    low = row.min_hours if row.min_hours is not None else row.max_hours
    return (high is None, high or 0.0, low or 0.0, row.id)
