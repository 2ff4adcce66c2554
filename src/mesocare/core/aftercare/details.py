"""What was injected and who was treated, where it bears on what to watch for.

What it does to verdicts is the engine's business; here red flags are raised, and none is lowered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Detail, RuleSet, Statement, Treatment
    from mesocare.core.signs import RedFlag


def raised(rules: RuleSet, treatments: Sequence[Treatment]) -> RuleSet:
    """Return the rules with the red flags raised that details of the treatments raise.

    A flag is listed from then on, for the types treated too, and is as urgent as the most urgent
    of them.
    """
    pairs = [(detail, each.type) for each in treatments for detail in each.details]
    flags = dict(rules.red_flags)
    for detail, type_ in pairs:
        for id_ in detail.flags:
            flags[id_] = _raised(flags[id_], detail, type_)
    return rules._replace(red_flags=flags) if pairs else rules


def _raised(flag: RedFlag, detail: Detail, type_: str) -> RedFlag:
    said = detail.flags[flag.id]
    urgencies = [flag.urgency, *([said.urgency] if said.urgency else [])]
    return flag._replace(
        urgency=max(urgencies, key=lambda urgency: urgency.severity),
        types=tuple(dict.fromkeys([*flag.types, type_])),
        evidence=tuple(dict.fromkeys([*flag.evidence, *said.evidence])),
        aside=False,
    )


def treated_person(treatments: Sequence[Treatment]) -> tuple[Detail, ...]:
    """Return who was treated, each factor once."""
    found = {each.id: each for one in treatments for each in one.details if each.kind == "about"}
    return tuple(found.values())


def notes(treatments: Sequence[Treatment]) -> list[tuple[Detail, Statement]]:
    """Return what to know of the details of some treatments, once each."""
    details = {each.id: each for treatment in treatments for each in treatment.details}
    return [(each, each.note) for each in details.values() if each.note is not None]
