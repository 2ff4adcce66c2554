"""Cases put to a rule set: what was expected, what it says, and the phase that decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core.diary.triage import triage
from mesocare.core.verdict.engine import answer
from mesocare.errors import MesocareError, TreatmentError
from mesocare.parsing.activities import find
from mesocare.rules.quality.cases import Question

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.core.verdict.answer import Answer
    from mesocare.rules.quality.cases import Case, Diary


class Difference(NamedTuple):
    """One thing that is not as the case says. Instants are in UTC, `None` for never."""

    key: str
    expected: Any
    got: Any


class Outcome(NamedTuple):
    """What became of one case.

    Attributes:
        case: The case.
        differences: What is not as expected; empty when it passed.
        error: Why the rule set has no answer at all; `None` if it has one.
        decided: The phase that decided, in words; empty for a diary.
    """

    case: Case
    differences: tuple[Difference, ...]
    error: str | None
    decided: str

    @property
    def passed(self) -> bool:
        """Whether everything is as the case says."""
        return self.error is None and not self.differences


def run_case(case: Case, rules: RuleSet) -> Outcome:
    """Put one case to a rule set."""
    unknown = sorted({each.type for each in case.treatments} - set(rules.types))
    if unknown:
        error = TreatmentError.unknown_type(unknown[0], rules.types)
        return Outcome(case, (), error.message, "")
    if isinstance(case, Question):
        return _question(case, rules)
    return _diary(case, rules)


def _question(case: Question, rules: RuleSet) -> Outcome:
    try:
        subject = find([case.ask], rules)
    except MesocareError as error:
        return Outcome(case, (), error.message, "")
    given = answer(subject, case.treatments, rules, case.at)
    differences = [
        Difference(key, expected, getattr(given, key))
        for key, expected in case.expected.items()
        if getattr(given, key) != expected
    ]
    return Outcome(case, tuple(differences), None, _decided(given))


def _diary(case: Diary, rules: RuleSet) -> Outcome:
    given = triage(case.diary, case.treatments, rules, case.at)
    found = {each.id: each.urgency.value for each in given.findings}
    differences = [
        Difference(f"findings.{id_}", case.findings.get(id_), found.get(id_))
        for id_ in dict.fromkeys([*case.findings, *found])
        if case.findings.get(id_) != found.get(id_)
    ]
    asked = {each.id for each in given.missing}
    if case.missing is not None and asked != case.missing:
        differences.append(Difference("missing", sorted(case.missing), sorted(asked)))
    return Outcome(case, tuple(differences), None, "")


def _decided(given: Answer) -> str:
    """Return the phase whose reason the answer gives, as `foundation after face, until 48 h: …`."""
    item = (given.items[0] if given.items else given).activity
    # An answer's reason is always that of a phase of its rule, a group's that of its headline item.
    phase = next(each for each in given.rule.phases if each.reason == given.reason)
    span = "from then on" if phase.until is None else f"until {phase.until}"
    cited = f" ({', '.join(phase.evidence)})" if phase.evidence else ""
    where = f"{item} after {given.governed_by.type}"
    return f"{where}, {span} {phase.verdict.value}: {phase.reason}{cited}"
