"""What the rule set says of signs: reactions, red flags, and what triage makes of a diary."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from mesocare.core.timespan import Span


class Ranked(StrEnum):
    """A word that is more severe than those defined before it.

    Attributes:
        severity: How many are milder; 0 for the mildest.
    """

    severity: int

    def __init__(self, _value: str) -> None:
        self.severity = len(type(self).__members__)


class Urgency(Ranked):
    """How quickly a red flag needs help, least urgent first."""

    CONTACT_CLINIC = "contact_clinic"
    SAME_DAY = "same_day"
    EMERGENCY = "emergency"


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


class Sooner(NamedTuple):
    """How urgent a red flag is while it may still be so soon after a treatment."""

    within: Span
    urgency: Urgency


class RedFlag(NamedTuple):
    """A sign that is never normal. Shown whatever the day, or until `until` where it has one.

    `sooner` is there where it is more urgent in the first hours. One that stands `aside` is known
    when somebody names it, and neither asked about nor among those to watch for at one look.
    """

    id: str
    label: str
    urgency: Urgency
    aliases: tuple[str, ...]
    text: str
    action: str | None
    types: tuple[str, ...]
    until: Span | None
    evidence: tuple[str, ...]
    sooner: Sooner | None = None
    aside: bool = False


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
    """From which score on a sign raises a red flag by itself, and which.

    Within `soon_within` of a treatment, those of `soon_signs` raise `soon_flag` as well.
    """

    score: int
    flags: Mapping[str, str]
    soon_within: Span
    soon_flag: str
    soon_signs: tuple[str, ...]
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


class Open(NamedTuple):
    """What is said while the clinic has something to see first: of activities, and of sessions."""

    text: str
    next_session: str
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
    unremarkable: Remark
    unknown: Remark
    noted: str
    past: Remark
    open: Open
    questions: Questions
