"""Cases put to a rule set: what was expected, what it says, and the phase that decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core.aftercare.details import raised
from mesocare.core.aftercare.washout import leave_one
from mesocare.core.diary.triage import triage
from mesocare.core.verdict.engine import answer
from mesocare.errors import MesocareError, TreatmentError
from mesocare.parsing.activities import find
from mesocare.parsing.details import details_of, find_details
from mesocare.parsing.preparations import find_preparations
from mesocare.rules.quality.cases import Ahead, Question

if TYPE_CHECKING:
    from mesocare.core.aftercare.washout import Leave
    from mesocare.core.model import RuleSet, Treatment
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
    types = [case.type] if isinstance(case, Ahead) else [each.type for each in case.treatments]
    unknown = sorted(set(types) - set(rules.types))
    if unknown:
        error = TreatmentError.unknown_type(unknown[0], rules.types)
        return Outcome(case, (), error.message, "")
    try:
        if isinstance(case, Ahead):
            return _before(case, rules)
        if isinstance(case, Question):
            return _question(case, rules)
        return _diary(case, rules)
    except MesocareError as error:
        return Outcome(case, (), error.message, "")


def _question(case: Question, rules: RuleSet) -> Outcome:
    subject = find([case.ask], rules)
    treatments, rules = _detailed(case, rules)
    given = answer(subject, treatments, rules, case.at)
    return Outcome(case, _differences(case.expected, given), None, _decided(given))


def _before(case: Ahead, rules: RuleSet) -> Outcome:
    known = find_preparations([case.before], rules)
    given = leave_one(known[0], case.appointment, [case.type], case.at)
    if given is None or len(known) > 1:
        why = "is not left out before" if given is None else "names several things before"
        return Outcome(case, (), f"{case.before!r} {why} a {case.type} treatment", "")
    washout = given.washout
    span = "at any time" if given.begins is None else f"from {washout.span or 'that day'} on"
    decided = f"{known[0].id} before {case.type}, {span} {washout.verdict.value}"
    decided += f" ({', '.join(washout.evidence)})"
    return Outcome(case, _differences(case.expected, given), None, decided)


def _differences(expected: dict[str, Any], given: Answer | Leave) -> tuple[Difference, ...]:
    pairs = ((key, value, getattr(given, key)) for key, value in expected.items())
    return tuple(Difference(*each) for each in pairs if each[1] != each[2])


def _detailed(case: Question | Diary, rules: RuleSet) -> tuple[tuple[Treatment, ...], RuleSet]:
    """Return the treatments with what was injected and who was treated, and the rules for them."""
    given = [
        detail for kind, ids in case.details.items() for detail in find_details(ids, kind, rules)
    ]
    treatments = tuple(
        each._replace(details=details_of(each.type, given, rules)) for each in case.treatments
    )
    return treatments, raised(rules, treatments)


def _diary(case: Diary, rules: RuleSet) -> Outcome:
    treatments, rules = _detailed(case, rules)
    given = triage(case.diary, treatments, rules, case.at)
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
    # An answer's reason is that of a phase of its rule or of a detail's, a group's that of its
    # headline item.
    rules = (given.rule, *(rule for _, rule in given.details))
    phases = (phase for rule in rules for phase in rule.phases)
    phase = next(each for each in phases if each.reason == given.reason)
    span = "from then on" if phase.until is None else f"until {phase.until}"
    cited = f" ({', '.join(phase.evidence)})" if phase.evidence else ""
    where = f"{item} after {given.governed_by.type}"
    return f"{where}, {span} {phase.verdict.value}: {phase.reason}{cited}"
