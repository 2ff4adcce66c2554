"""The rule set as frozen values: what the YAML in `data/` means once it has been checked.

The words are those of `docs/glossary.md`. Nothing here reads a file or a clock.

The values are named tuples, not frozen dataclasses: as immutable and as typed, and defining them
takes a seventh of the time, which every start of the program pays. It is so where annotations are
values: of those kept as text, each is compiled.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.signs import Ranked, Reaction, RedFlag, TriageRules, Urgency
from mesocare.core.timespan import Interval, Span

if TYPE_CHECKING:
    from mesocare.core.products import Products


class Verdict(Ranked):
    """What is said of an activity, mildest first; `severity` is 0 for `allowed`, 3 for `avoid`."""

    ALLOWED = "allowed"
    LIMITED = "limited"
    ASK = "ask"
    AVOID = "avoid"

    @property
    def closed(self) -> bool:
        """Whether the activity is not open at all, not even under a condition."""
        return self.severity >= Verdict.ASK.severity


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


class Protocol(NamedTuple):
    """What a clinic's protocol says of a rule it wrote.

    Attributes:
        clinic: The clinic's name.
        reason: Why, in the clinic's words.
        approved_by: Who stands for a rule that is milder than the one it replaces.
        reviewed: The day the protocol was reviewed, in ISO 8601.
        loosens: Whether it is milder, at some time, than the rule it replaces.
        builtin: The rule it replaces; `None` for an item of the clinic's own.
    """

    clinic: str
    reason: str | None
    approved_by: str | None
    reviewed: str
    loosens: bool
    builtin: "Rule | None"


class Rule(NamedTuple):
    """What holds for one item after one treatment type: its phases, in order.

    `concerns` is false where the activity has nothing to do with the treatment type; the one phase
    is then `allowed`, and its reason says so. `protocol` is there where a clinic wrote the rule.
    """

    phases: tuple[Phase, ...]
    rationale: str | None
    concerns: bool
    protocol: Protocol | None = None

    @property
    def floor(self) -> "Rule":
        """What a group rests on at least: the rule replaced, unless it was loosened on purpose."""
        protocol = self.protocol
        return self if protocol is None or protocol.loosens else protocol.builtin or self

    @property
    def spans(self) -> tuple[Span, ...]:
        """Every span after which the rule can change an answer, that of a group included."""
        own = [phase.until for phase in self.phases if phase.until is not None]
        return tuple(own) if self.floor is self else (*own, *self.floor.spans)

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
    vaccination among peels and lasers, a cold compress under heat. `apart` marks one
    that leaves the treated area alone; the others are not open while the clinic has something to
    see there first.

    `instead` is what to do meanwhile; `at_first` until when after a treatment that is something
    else, and what.
    """

    id: str
    group: str
    label: str
    aliases: tuple[str, ...]
    harm: str | None
    instead: str | None
    aside: bool
    rules: Mapping[str, Rule]
    apart: bool = False
    at_first: tuple[Span, str] | None = None


class Group(NamedTuple):
    """A family of items, headline first; it is the one that people mean by the group's word.

    `listed_as` leads from a verdict to the words that come before the items that have it.
    """

    id: str
    label: str
    aliases: tuple[str, ...]
    headline: str
    items: tuple[str, ...]
    listed_as: Mapping[Verdict, str]


class CareWindow(NamedTuple):
    """When, after one treatment type, a care instruction holds; `None` is open on that side."""

    opens: Span | None
    until: Span | None
    text: str
    evidence: tuple[str, ...]


class Care(NamedTuple):
    """Something that helps; a calendar that somebody makes may `remind` of it every morning."""

    id: str
    label: str
    windows: Mapping[str, CareWindow]
    remind: bool = False


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


class Washout(NamedTuple):
    """What holds before a treatment of one type.

    Attributes:
        span: How long before it begins; `None` for no figure.
        on_the_day: Whether it begins with the day of the treatment.
        verdict: What holds from then until the treatment.
        ask: Why somebody has to be asked, where that is so; it then holds at any time before.
        rationale: Why the span is not the longest credible one.
        protocol: There where a clinic's protocol wrote it.
        builtin: What that replaced; `None` where nothing was there.
    """

    span: Span | None
    on_the_day: bool
    verdict: Verdict
    ask: str | None
    evidence: tuple[str, ...]
    rationale: str | None
    protocol: Protocol | None = None
    builtin: "Washout | None" = None


class Preparation(NamedTuple):
    """Something to leave out before a treatment; `activities` are the items that it is."""

    id: str
    label: str
    text: str
    activities: tuple[str, ...]
    aliases: tuple[str, ...]
    washouts: Mapping[str, Washout]


class Point(NamedTuple):
    """A point of a list to go through before a treatment; without types it is for all."""

    id: str
    text: str
    types: tuple[str, ...]
    evidence: tuple[str, ...]


class Before(NamedTuple):
    """What comes before a treatment: what to leave out, and lists to go through by kind."""

    leave_out: Mapping[str, Preparation]
    checklist: Mapping[str, tuple[Point, ...]]


class Raised(NamedTuple):
    """How a detail raises a red flag; `urgency=None` only lists it."""

    urgency: Urgency | None
    evidence: tuple[str, ...]


class Detail(NamedTuple):
    """What was injected (`with`), or who was treated (`about`): it may only make rules stricter.

    Attributes:
        kind: `with` or `about`.
        types: The treatment types it goes with; empty for all.
        excludes: What it cannot be together with.
        note: What to know of it.
        rules: By item and type, rules that hold besides those of the treatment.
        flags: By the id of a red flag, how it is raised.
    """

    id: str
    kind: str
    label: str
    aliases: tuple[str, ...]
    types: tuple[str, ...]
    excludes: tuple[str, ...]
    note: Statement | None
    rules: Mapping[str, Mapping[str, Rule]]
    flags: Mapping[str, Raised]


class TreatmentType(NamedTuple):
    """A kind of treatment the rule set knows.

    `extends` is the type whose rules a named treatment of a clinic's protocol takes over, `aliases`
    are words that people call it by. `injected` are the ids of what is always injected with it.
    """

    id: str
    label: str
    extends: str | None = None
    aliases: tuple[str, ...] = ()
    injected: tuple[str, ...] = ()


class Identity(NamedTuple):
    """Which rule set answered. `sha256` is that of its files' content, in order of name.

    Of a clinic's protocol, `extends` is the rule set under it, `clinic` and `phone` are the
    clinic's, and the digest is that of both together.
    """

    name: str
    version: str
    reviewed: str
    review_due: str
    sha256: str
    extends: "Identity | None" = None
    clinic: str | None = None
    phone: str | None = None


class RuleSet(NamedTuple):
    """Everything the engine needs to know, checked and immutable.

    `names` leads from an exact name, as `normal_form.exact_key` has it, to the id of an item or a
    group, and `sign_names` to that of a red flag or a reaction. `tables` gives the words that
    people use otherwise, as `parsing.lexicon` reads them; made when they are first needed.
    `before` gives what comes before a treatment, `details` what may have been injected and who
    treated, `products` what is known of ingredients. `columns` leads from a column of ours to the
    names that a table may have for it, `contacts_in_short` from an urgency to whom to call, where
    there is little room.
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
    sign_names: Mapping[str, str]
    tables: Callable[[], Mapping[str, str]]
    before: Callable[[], Before]
    details: Callable[[], Mapping[str, Detail]]
    products: "Callable[[], Products]"
    columns: Mapping[str, tuple[str, ...]] = {}
    contacts_in_short: Mapping[str, str] = {}


class Treatment(NamedTuple):
    """A treatment that took place: its type and the interval in which it did.

    `overrides` leads from an item's id to what the clinic that treated said of it; it takes the
    place of the rule set's own rule. `details` are what was injected and who was treated.
    """

    type: str
    when: Interval
    overrides: Mapping[str, Rule] = {}
    details: tuple[Detail, ...] = ()

    def rule_for(self, item: Item) -> Rule:
        """Return what holds for an item after this treatment."""
        return self.overrides.get(item.id) or item.rules[self.type]

    def detailed(self, item: Item) -> list[tuple[Detail, Rule]]:
        """Return what holds besides; nothing where the clinic that treated has said what does."""
        if not self.details or item.id in self.overrides:
            return []
        found = [(each, each.rules.get(item.id, {}).get(self.type)) for each in self.details]
        return [(each, rule) for each, rule in found if rule is not None]
