"""The lists of words people type, and how many of them are read as they were meant."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mesocare.app.words import activity, sign
from mesocare.core.model import Treatment
from mesocare.core.question import Question
from mesocare.core.timespan import Interval

if TYPE_CHECKING:
    from mesocare.app.words import Understood
    from mesocare.core.model import RuleSet

LISTS = Path(__file__).parents[1] / "data" / "words"
TREATED, AT = datetime(2024, 5, 1, 12, tzinfo=UTC), datetime(2024, 5, 2, 20, tzinfo=UTC)
SEVERITY = {"none": 0, "contact_clinic": 1, "same_day": 2, "emergency": 3}
NONE = "none"


class Row(NamedTuple):
    """One text, what it means, and the class of texts it stands for."""

    phrase: str
    expected: str
    urgency: str
    kind: str


def rows(name: str) -> list[Row]:
    """Return one of the lists, `activities` or `signs`."""
    with (LISTS / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return [
            Row(row["phrase"], row["expected"], row.get("urgency") or "", row["class"])
            for row in csv.DictReader(file, delimiter="\t")
        ]


def question(rules: RuleSet) -> Question:
    """Return the question that the lists were written for: the face, on day 1."""
    treatment = Treatment("face", Interval(TREATED, TREATED, UTC))
    return Question(AT, UTC, (treatment,), rules)


def activity_is_right(row: Row, found: Understood) -> bool:
    """Whether a text is read as one of the things that it can mean, or refused as it has to be."""
    ids = set(found.ids) or {NONE}
    return any(ids == set(meant.split(",")) for meant in row.expected.split("|"))


def sign_is_right(row: Row, found: Understood) -> bool:
    """Whether a sign is as urgent as it has to be; an ordinary one as itself, a denied one not."""
    if row.urgency == "absent":
        return found.absent
    if row.urgency == NONE:
        return found.urgency == NONE and set(found.ids) <= set(row.expected.split("|"))
    return not found.absent and SEVERITY[found.urgency or NONE] >= SEVERITY[row.urgency]


def shares(rules: RuleSet) -> dict[str, tuple[int, int]]:
    """Return, by what is asked of the lists, how many texts are right, and of how many."""
    asked = question(rules)
    found = {
        "activities": [
            activity_is_right(row, activity(row.phrase, asked)) for row in rows("activities")
        ]
    }
    for row in rows("signs"):
        kind = f"signs: {row.urgency.replace('_', ' ')}"
        found.setdefault(kind, []).append(sign_is_right(row, sign(row.phrase, asked)))
    return {kind: (sum(each), len(each)) for kind, each in found.items()}
