"""Words that are ranked by how severe they are."""

from __future__ import annotations

from enum import StrEnum


class Ranked(StrEnum):
    """A word that is more severe than those defined before it.

    Attributes:
        severity: How many are milder; 0 for the mildest.
    """

    severity: int

    def __init__(self, _value: str) -> None:
        self.severity = len(type(self).__members__)
