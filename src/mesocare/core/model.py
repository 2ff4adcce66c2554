"""The rule set as frozen values: what the YAML in `data/` means once it has been checked.

The words are those of `docs/glossary.md`. Nothing here reads a file or a clock.

The values are named tuples, not frozen dataclasses: as immutable and as typed, and defining them
takes a fifth of the time, which every start of the program pays.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesocare.core.timespan import Interval, Span


class Verdict(StrEnum):
    """What is said of an activity, mildest first; the order is the order of severity."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    ASK = "ask"
    AVOID = "avoid"

    @property
    def severity(self) -> int:
        """0 for `allowed` up to 3 for `avoid`."""
        return _SEVERITY[self]

    @property
    def closed(self) -> bool:
        """Whether the activity is not open at all, not even under a condition."""
        return self.severity >= Verdict.ASK.severity


_SEVERITY = {verdict: rank for rank, verdict in enumerate(Verdict)}


class Urgency(StrEnum):
    """How quickly a red flag needs help, least urgent first."""

    CONTACT_CLINIC = "contact_clinic"
    SAME_DAY = "same_day"
    EMERGENCY = "emergency"

    @property
    def severity(self) -> int:
        """0 for `contact_clinic` up to 2 for `emergency`."""
        return _URGENCY[self]


_URGENCY = {urgency: rank for rank, urgency in enumerate(Urgency)}


class Source(NamedTuple):
    """A document of the bibliography. `seed` marks those the rule set was first built from."""

    id: str
    title: str
    publisher: str
    url: str | None
    grade: str
    read: str
    seed: bool


class Evidence(NamedTuple):
    """One claim of one source. Hours are counted from the treatment; `None` means no figure."""

    id: str
    source: Source
    grade: str
    treatment: str
    subject: str
    modality: str
    min_hours: int | None
    max_hours: int | None
    paraphrase: str

    @property
    def restricts(self) -> bool:
        """Whether the claim keeps an activity closed or conditional for a stated time."""
        return self.modality in {"avoid", "limited"}

    @property
    def credible(self) -> bool:
        """Whether the claim's figure counts: grade A or B, or one of the seed documents."""
        return self.grade in {"A", "B"} or self.source.seed


class Phase(NamedTuple):
    """A stretch of a recovery window in which one verdict holds; `until=None` has no end."""

    until: Span | None
    verdict: Verdict
    reason: str
    condition: str | None
    evidence: tuple[str, ...]


class Rule(NamedTuple):
    """What holds for one item after one treatment type: its phases, in order.

    `concerns` is false where the activity has nothing to do with the treatment type; the one phase
    is then `allowed`, and its reason says so.
    """

    phases: tuple[Phase, ...]
    rationale: str | None
    concerns: bool

    @property
    def evidence(self) -> tuple[str, ...]:
        """Every evidence id the rule rests on, once each, in the order of the phases."""
        return tuple(dict.fromkeys(id_ for phase in self.phases for id_ in phase.evidence))

    @property
    def restricted_until(self) -> Span | None:
        """The end of the last restricting phase; `None` if it has no end or there is none."""
        ends = [phase.until for phase in self.phases if phase.verdict is not Verdict.ALLOWED]
        return ends[-1] if ends else None


class Item(NamedTuple):
    """One activity a person may ask about, with a rule for every treatment type.

    `aside` marks an item whose being allowed says nothing about the rest of its group: a
    vaccination among peels and lasers, a cold compress under heat.
    """

    id: str
    group: str
    label: str
    aliases: tuple[str, ...]
    harm: str | None
    instead: str | None
    aside: bool
    rules: Mapping[str, Rule]


class Group(NamedTuple):
    """A family of items, headline first; it is the one that people mean by the group's word."""

    id: str
    label: str
    aliases: tuple[str, ...]
    headline: str
    items: tuple[str, ...]


class Expectation(NamedTuple):
    """How long a reaction is expected after one treatment type."""

    until: Span
    evidence: tuple[str, ...]
    rationale: str | None


class Reaction(NamedTuple):
    """A sign that is expected for a while; past that, `beyond` says what it then means."""

    id: str
    label: str
    aliases: tuple[str, ...]
    text: str
    beyond: str
    expected: Mapping[str, Expectation]


class RedFlag(NamedTuple):
    """A sign that is never normal. Shown whatever the day, or until `until` where it has one."""

    id: str
    label: str
    urgency: Urgency
    aliases: tuple[str, ...]
    text: str
    action: str | None
    types: tuple[str, ...]
    until: Span | None
    evidence: tuple[str, ...]


class CareWindow(NamedTuple):
    """When, after one treatment type, a care instruction holds; `None` is open on that side."""

    opens: Span | None
    until: Span | None
    text: str
    evidence: tuple[str, ...]


class Care(NamedTuple):
    """Something that helps."""

    id: str
    label: str
    windows: Mapping[str, CareWindow]


class Statement(NamedTuple):
    """A cited sentence about the course: spacing, maintenance, an expected result, a note."""

    id: str
    text: str
    opens: Span | None
    until: Span | None
    evidence: tuple[str, ...]


class Spacing(NamedTuple):
    """The usual time from one session to another: at least and at most."""

    least: Span
    most: Span
    text: str
    evidence: tuple[str, ...]


class Course(NamedTuple):
    """The usual course of one treatment type. `sessions` is the usual least and most."""

    sessions: tuple[int, int]
    spacing: Spacing
    maintenance: Spacing
    results: tuple[Statement, ...]
    notes: tuple[Statement, ...]


class Worse(NamedTuple):
    """When a sign grows from day to day.

    `rise` is what one recorded day has to add to the one before; `steady_rise` what each of the
    last `steady_days` has to add.
    """

    flag: str
    rise: int
    steady_rise: int
    steady_days: int
    evidence: tuple[str, ...]


class Strong(NamedTuple):
    """From which score on a sign raises a red flag by itself, and which."""

    score: int
    flags: Mapping[str, str]
    evidence: tuple[str, ...]


class Fever(NamedTuple):
    """From which temperature (degrees Celsius) on there is a fever, and what it raises.

    `flag` is raised by any fever and `signs_flag` by one within `signs_within` of one of `signs`.
    It counts for `lasts`, or until a normal temperature later than `settled_after`. `aliases` are
    words that say no more than the temperature does.
    """

    limit: float
    flag: str
    lasts: Span
    settled_after: Span
    signs: tuple[str, ...]
    signs_flag: str
    signs_within: Span
    aliases: tuple[str, ...]
    evidence: tuple[str, ...]


class Nodules(NamedTuple):
    """From when on lumps are late ones, and what a fever makes of them."""

    flag: str
    opens: Span
    signs: tuple[str, ...]
    fever_urgency: Urgency
    fever_text: str
    evidence: tuple[str, ...]


class Remark(NamedTuple):
    """A cited text for something that neither a reaction nor a red flag has words for."""

    text: str
    evidence: tuple[str, ...]


class Questions(NamedTuple):
    """What is asked about a sign or a temperature that nobody noted for `after`.

    A reaction that was there within `recent` is asked about again, expected or not.
    """

    after: Span
    recent: Span
    still_there: str
    temperature: str
    evidence: tuple[str, ...]


class TriageRules(NamedTuple):
    """What is made of a diary, beyond the reactions and red flags themselves."""

    worse: Worse
    strong: Strong
    fever: Fever
    nodules: Nodules
    returned: Remark
    unknown: Remark
    past: Remark
    questions: Questions


class TreatmentType(NamedTuple):
    """A kind of treatment the rule set knows."""

    id: str
    label: str


class Identity(NamedTuple):
    """Which rule set answered. `sha256` is that of its files' content, in order of name."""

    name: str
    version: str
    reviewed: str
    review_due: str
    sha256: str


class RuleSet(NamedTuple):
    """Everything the engine needs to know, checked and immutable.

    `names` leads from what people type, as `lookup.search_key` has it, to the id of an item or a
    group.
    """

    identity: Identity
    types: Mapping[str, TreatmentType]
    headline_groups: tuple[str, ...]
    groups: Mapping[str, Group]
    items: Mapping[str, Item]
    sources: Mapping[str, Source]
    evidence: Mapping[str, Evidence]
    reactions: Mapping[str, Reaction]
    red_flags: Mapping[str, RedFlag]
    care: Mapping[str, Care]
    course: Mapping[str, Course]
    triage: TriageRules
    contacts: Mapping[str, str]
    notice: str
    names: Mapping[str, str]


class Treatment(NamedTuple):
    """A treatment that took place: its type and the interval in which it did.

    `overrides` leads from an item's id to what the clinic that treated said of it; it takes the
    place of the rule set's own rule.
    """

    type: str
    when: Interval
    overrides: Mapping[str, Rule] = MappingProxyType({})

    def rule_for(self, item: Item) -> Rule:
        """Return what holds for an item after this treatment."""
        return self.overrides.get(item.id) or item.rules[self.type]
