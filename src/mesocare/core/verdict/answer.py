"""What the engine says: answers, changes and the whole assessment. Every instant is in UTC."""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.model import Detail, Evidence, Identity, Protocol, Rule, Treatment, Verdict

if TYPE_CHECKING:
    from mesocare.core.aftercare.advice import Advice, Alert


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
        held_by: The findings in the diary that the clinic has to see first, where the answer would
            be milder without them.
        details: What was injected or who was treated, as far as it bears on this, and the rule.
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
    items: tuple["Answer", ...]
    evidence: tuple[Evidence, ...]
    held_by: tuple[str, ...] = ()
    details: tuple[tuple[Detail, Rule], ...] = ()

    @property
    def certain(self) -> bool:
        """Whether knowing the time of treatment could not change the verdict."""
        return self.verdict is self.verdict_if_earliest

    @property
    def by_clinic(self) -> bool:
        """Whether what the clinic said decides, in place of the rule set; the headline item's."""
        item = self.items[0].activity if self.items else self.activity
        return item in self.governed_by.overrides

    @property
    def protocol(self) -> Protocol | None:
        """What a clinic's protocol says of the deciding rule; `None` where it says nothing."""
        return self.rule.protocol

    @property
    def figures(self) -> Figures:
        """What the sources disagree about, and what was chosen."""
        rows = [row for row in self.evidence if row.restricts]
        high = [row.max_hours for row in rows if row.max_hours is not None]
        sure = [row.max_hours for row in rows if row.max_hours is not None and row.credible]
        low = [row.min_hours for row in rows if row.min_hours is not None]
        rules = (self.rule, *(rule for _, rule in self.details))
        ends = [
            phase.until.nominal_hours if phase.until else None
            for rule in rules
            for phase in rule.phases
            if phase.verdict is not Verdict.ALLOWED
        ]
        return Figures(
            shortest=min(low, default=None),
            longest=max(high, default=None),
            credible=max(sure, default=None),
            chosen=None if None in ends else max((each for each in ends if each), default=None),
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
    care: "tuple[Advice, ...]"
    normal: "tuple[Advice, ...]"
    red_flags: "tuple[Alert, ...]"
    results: "tuple[Advice, ...]"
    upcoming: tuple[Change, ...]
    contacts: dict[str, str]
    notice: str
    rules: Identity
