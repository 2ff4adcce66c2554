"""mesocare: where somebody is in their recovery after mesotherapy, traceable to sources.

    >>> from datetime import UTC, datetime
    >>> import mesocare
    >>> rules = mesocare.load_rules()
    >>> at = datetime(2024, 5, 2, 8, tzinfo=UTC)
    >>> session = mesocare.treatment("face", "2024-05-01T14:30", at=at, zone="Europe/London")
    >>> mesocare.answer(rules.groups["makeup"], [session], rules, at).verdict.value
    'avoid'

A whole table of treatments, at one instant:

    >>> rows = [
    ...     {"patient_id": "7", "treated": "2024-05-01", "type": "face"},
    ...     {"patient_id": "8", "treated": "01/05/2024", "type": "face"},
    ... ]
    >>> for found in mesocare.check_rows(rows, rules, at=at, zone="Europe/London"):
    ...     print(found.row["patient_id"], found.verdicts.get("makeup"), found.error)
    7 avoid None
    8 None '01/05/2024' ...

A diary, and what it means:

    >>> entry = mesocare.Entry("1", "infection", "pus", None, None, None, at)
    >>> mesocare.triage([entry], [session], rules, at).urgency.value
    'same_day'

Instants are aware datetimes in UTC. Nothing here reads the clock, and importing the package loads
none of its parts until they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mesocare.bulk.rows import CheckedRow, check_rows
    from mesocare.core.diary.entries import Entry
    from mesocare.core.diary.triage import Triage, triage
    from mesocare.core.model import RuleSet, Treatment, Verdict
    from mesocare.core.verdict.answer import Answer, Assessment
    from mesocare.core.verdict.engine import answer, assess
    from mesocare.errors import MesocareError
    from mesocare.rules.loader import load_rules

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Assessment",
    "CheckedRow",
    "Entry",
    "MesocareError",
    "RuleSet",
    "Treatment",
    "Triage",
    "Verdict",
    "answer",
    "assess",
    "check_rows",
    "load_rules",
    "treatment",
    "triage",
]

_HOMES = {
    "Answer": "mesocare.core.verdict.answer",
    "Assessment": "mesocare.core.verdict.answer",
    "CheckedRow": "mesocare.bulk.rows",
    "Entry": "mesocare.core.diary.entries",
    "MesocareError": "mesocare.errors",
    "RuleSet": "mesocare.core.model",
    "Treatment": "mesocare.core.model",
    "Triage": "mesocare.core.diary.triage",
    "Verdict": "mesocare.core.model",
    "answer": "mesocare.core.verdict.engine",
    "assess": "mesocare.core.verdict.engine",
    "check_rows": "mesocare.bulk.rows",
    "load_rules": "mesocare.rules.loader",
    "triage": "mesocare.core.diary.triage",
}


def treatment(  # noqa: PLR0913 - what a treatment is told by
    type_: str,
    when: str,
    *,
    at: datetime,
    zone: str,
    rules: RuleSet | None = None,
    injected: Iterable[str] = (),
    about: Iterable[str] = (),
) -> Treatment:
    """Return a treatment from text, understood as on the command line.

    Args:
        type_: The id of a treatment type of the rule set, such as `face`.
        when: When it was; a date without a time means that whole local day.
        at: The instant the text is read at, in UTC; the treatment is not after it.
        zone: The IANA time zone in which the text is read and days are counted.
        rules: The rule set, where what was injected or who was treated is told, or the type is one
            of a clinic's protocol.
        injected: Words for what was injected, such as `prp`.
        about: Words for who was treated, such as `pregnant`.

    Raises:
        MesocareError: The text or the zone cannot be understood, or lies in the future; or a word
            names nothing, or does not go with the rest.
        ValueError: `at` names no zone, or a word was given without the rules.
    """
    from mesocare.core.model import Treatment
    from mesocare.core.timespan import check_aware
    from mesocare.parsing import dates

    check_aware(at)
    found = Treatment(type_, dates.parse_treated(when, at=at, zone=dates.parse_zone(zone)))
    if rules is None:
        if injected or about:
            message = "words for what was injected or who was treated need the rules"
            raise ValueError(message)
        return found
    from mesocare.parsing.details import details_of, find_details

    given = (*find_details(injected, "with", rules), *find_details(about, "about", rules))
    return found._replace(details=details_of(type_, given, rules))


def __getattr__(name: str) -> object:
    """Load a public name from its home the first time it is used."""
    if name not in _HOMES:
        message = f"module 'mesocare' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names, for whoever looks what there is."""
    return sorted({*globals(), *__all__})
