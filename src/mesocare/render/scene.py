"""What every view needs to know besides the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from mesocare.core.model import RuleSet, Treatment


class Scene(NamedTuple):
    """The instant (UTC) and the treatments asked about, the rules, and how to show it.

    Attributes:
        zone: The time zone in which every instant is shown.
        no_color: Whether colour was declined; box drawing stays.
    """

    at: datetime
    zone: tzinfo
    treatments: tuple[Treatment, ...]
    rules: RuleSet
    no_color: bool = False
