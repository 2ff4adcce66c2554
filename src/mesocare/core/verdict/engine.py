"""The assessment: what holds now, what opens when, and what to watch for.

`assess` answers everything at once and `answer` one question; both are pure. The instant is an
argument, treatments are intervals, and every instant is in UTC. Restrictions are judged at the
latest possible treatment time and expected reactions at the earliest, so that doubt about the
time can neither open an activity early nor call a sign normal for too long. What the clinic has to
see first, as a diary says, keeps whatever touches the treated area at `ask` or stricter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Evidence, Item, Verdict
from mesocare.core.timespan import check_aware, closing, last_closing
from mesocare.core.verdict.answer import Answer, Assessment, Change, Step
from mesocare.core.verdict.standing import GroupSubject, subjects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from mesocare.core.model import Detail, Group, Rule, RuleSet, Treatment
    from mesocare.core.verdict.standing import ItemSubject, Standing, Subject


def assess(
    treatments: Sequence[Treatment],
    rules: RuleSet,
    at: datetime,
    open_findings: Sequence[str] = (),
) -> Assessment:
    """Say where somebody stands after their treatments.

    Args:
        treatments: At least one; none later than `at`.
        rules: The rule set.
        at: The instant asked about, in UTC.
        open_findings: The ids of what the clinic has to see first, as a diary says.

    Raises:
        ValueError: There is no treatment, one may lie after `at`, `at` names no zone, or a
            treatment lacks what is always injected with its type.
        KeyError: A treatment's type is unknown to the rule set.
    """
    from mesocare.core.aftercare import advice  # one question does without it

    _check(treatments, rules, at)
    asked = _Asked(rules, at, tuple(open_findings))
    known = subjects(rules.items.values(), treatments, asked.held)
    return Assessment(
        at=at,
        treatments=tuple(treatments),
        answers=tuple(
            _answer_group(GroupSubject(group, known), asked) for group in rules.groups.values()
        ),
        care=advice.care(treatments, rules, at),
        normal=advice.normal(treatments, rules, at),
        red_flags=advice.red_flags(treatments, rules, at),
        results=advice.results(treatments, rules, at),
        upcoming=_upcoming(known, at),
        contacts=dict(rules.contacts),
        notice=rules.notice,
        rules=rules.identity,
    )


def answer(
    activity: Item | Group,
    treatments: Sequence[Treatment],
    rules: RuleSet,
    at: datetime,
    open_findings: Sequence[str] = (),
) -> Answer:
    """Answer one question; the same values as `assess` gives for it, at a fraction of the work.

    Raises:
        ValueError: As of `assess`.
        KeyError: A treatment's type is unknown to the rule set.
    """
    _check(treatments, rules, at)
    asked = _Asked(rules, at, tuple(open_findings))
    if isinstance(activity, Item):
        return _answer_item(subjects([activity], treatments, asked.held)[activity.id], asked)
    known = subjects((rules.items[id_] for id_ in activity.items), treatments, asked.held)
    return _answer_group(GroupSubject(activity, known), asked)


class Outlook(NamedTuple):
    """The part of an answer that needs neither items nor evidence, for who asks of thousands.

    Attributes:
        standing: What holds at the instant asked about.
        steps: What holds from when on, in UTC, beginning with the treatment.
        limited_from: From when on (UTC) it is surely open; `None` for never.
        allowed_from: From when on (UTC) it is surely allowed; `None` for never.
    """

    standing: Standing
    steps: tuple[Step, ...]
    limited_from: datetime | None
    allowed_from: datetime | None


def outlook(subject: Subject, at: datetime) -> Outlook:
    """Say where an item or a group stands at `at` (UTC), and from when on it is open.

    Every answer is made of this.
    """
    steps = _steps(subject)
    return Outlook(
        standing=subject.standing(at),
        steps=steps,
        limited_from=_surely(steps, lambda verdict: not verdict.closed),
        allowed_from=_surely(steps, lambda verdict: verdict is Verdict.ALLOWED),
    )


def in_recovery(treatment: Treatment, rules: RuleSet, at: datetime) -> bool:
    """Whether `at` lies within the recovery window: until the last restriction that has an end."""
    spans = [
        rule.restricted_until
        for item in rules.items.values()
        for rule in (treatment.rule_for(item), *(each for _, each in treatment.detailed(item)))
    ]
    return any(at < last_closing(treatment.when, span) for span in set(spans) if span)


def _check(treatments: Sequence[Treatment], rules: RuleSet, at: datetime) -> None:
    check_aware(at)
    if not treatments:
        message = "no treatment to assess"
        raise ValueError(message)
    if any(each.when.latest > at for each in treatments):
        message = "a treatment lies after the instant asked about"
        raise ValueError(message)
    for each in treatments:
        # Without it an answer could be milder than the clinic's protocol has it.
        always = rules.types[each.type].injected
        if always and not set(always) <= {detail.id for detail in each.details}:
            message = f"a {each.type} treatment lacks what is always injected with it"
            raise ValueError(message)


class _Asked(NamedTuple):
    """What every question of one call has in common."""

    rules: RuleSet
    at: datetime
    open_findings: tuple[str, ...]

    @property
    def held(self) -> str | None:
        """Why nothing may touch the treated area, if that is so."""
        return self.rules.triage.open.text if self.open_findings else None


def _answer_item(subject: ItemSubject, asked: _Asked) -> Answer:
    item = subject.item
    treatment = subject.standing(asked.at).treatment
    rule, details = treatment.rule_for(item), tuple(treatment.detailed(item))
    ids = dict.fromkeys(
        id_ for each in (rule, *(each for _, each in details)) for id_ in each.evidence
    )
    rows = tuple(sorted((asked.rules.evidence[id_] for id_ in ids), key=_by_figure))
    basis = _Basis(rule, _instead(subject, asked), rows, details=details)
    return _answer(item, subject, asked, basis)


def _instead(subject: ItemSubject, asked: _Asked) -> str | None:
    """Return what to do meanwhile, by the latest that a treatment can have been."""
    item = subject.item
    if item.at_first is not None:
        span, words = item.at_first
        whens = [each.when for each in subject.treatments]
        if any(asked.at < closing(each.latest, span, each.zone) for each in whens):
            return words
    return item.instead


def _answer_group(subject: GroupSubject, asked: _Asked) -> Answer:
    items = tuple(_answer_item(each, asked) for each in subject.items.values())
    headline = items[0]
    basis = _Basis(
        headline.rule, headline.instead, headline.evidence, items, details=headline.details
    )
    return _answer(subject.group, subject, asked, basis)


class _Basis(NamedTuple):
    """What an answer rests on: its own rule, or that of a group's headline item."""

    rule: Rule
    instead: str | None
    evidence: tuple[Evidence, ...]
    items: tuple[Answer, ...] = ()
    details: tuple[tuple[Detail, Rule], ...] = ()


def _answer(named: Item | Group, subject: Subject, asked: _Asked, basis: _Basis) -> Answer:
    standing, steps, limited_from, allowed_from = outlook(subject, asked.at)
    return Answer(
        activity=named.id,
        label=named.label,
        group=named.group if isinstance(named, Item) else named.id,
        verdict=standing.verdict,
        verdict_if_earliest=standing.if_earliest,
        condition=standing.condition,
        reason=standing.reason,
        instead=basis.instead,
        limited_from=limited_from,
        allowed_from=allowed_from,
        next_change=next((step.at for step in steps if step.at > asked.at), None),
        steps=steps,
        governed_by=standing.treatment,
        rule=basis.rule,
        items=basis.items,
        evidence=basis.evidence,
        details=basis.details,
        held_by=asked.open_findings if standing.held else (),
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


def _upcoming(known: Mapping[str, ItemSubject], at: datetime) -> tuple[Change, ...]:
    """Return every later change of an item's verdict, soonest first."""
    changes = []
    for subject in known.values():
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
