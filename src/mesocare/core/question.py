"""What every view needs to know besides the answer."""

from datetime import datetime, tzinfo
from typing import NamedTuple

from mesocare.core.model import RuleSet, Treatment


class Recorded(NamedTuple):
    """A treatment on record: the id it is edited by, and the clinic that treated."""

    id: str
    treatment: Treatment
    clinic: str | None
    phone: str | None


class Question(NamedTuple):
    """The instant (UTC) and the treatments asked about, the rules, and how to show it.

    Attributes:
        zone: The time zone in which every instant is shown.
        recorded: What is on record up to the instant, oldest first, whether it still counts or not;
            empty where the treatments were given for this call only.
        rules_given: The path of the rules where they were named for this call only.
        kinds_given: The kinds of details, `with` and `about`, of which some were named for this
            call only.
        no_color: Whether colour was declined; box drawing stays.
    """

    at: datetime
    zone: tzinfo
    treatments: tuple[Treatment, ...]
    rules: RuleSet
    no_color: bool = False
    recorded: tuple[Recorded, ...] = ()
    rules_given: str | None = None
    kinds_given: tuple[str, ...] = ()
