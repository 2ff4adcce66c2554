"""What a clinic told one patient, as a small YAML file, and the rules it makes.

    makeup: {until: 72 h, reason: My clinic said three days}

An override may tighten freely; one that opens an activity earlier than the rule set needs a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core.model import Group, Phase, Rule, Verdict
from mesocare.core.timespan import parse_span
from mesocare.errors import ActivityError, RulesError
from mesocare.parsing.activities import find
from mesocare.rules.format import types
from mesocare.rules.format.diagnostics import Report
from mesocare.rules.loader import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mesocare.core.model import Item, RuleSet
    from mesocare.rules.format.diagnostics import Path as Place

_SHAPE = types.Table(
    types.Record({"until": types.Duration()}, {"reason": types.Text(200)}), key=types.Text(60)
)
_NEXT = "It holds lines such as: makeup: {until: 72 h, reason: My clinic said three days}"

_FIELD = "overrides"

Plain = dict[str, dict[str, str]]


def read_overrides(path: Path, rules: RuleSet, type_: str) -> Plain:
    """Return what a file says, by the id of the item it is about, checked against the rules.

    Raises:
        RulesError: It cannot be read, names no activity or one twice, or loosens a rule without a
            reason.
    """
    from mesocare.rules.format.reader import parse_yaml

    shown = str(path)
    try:
        text = read_file(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesError(f"the overrides in {shown!r} are not UTF-8 text", _NEXT) from error
    except RulesError as error:
        hint = f"Give --overrides a YAML file. {_NEXT}"
        raise RulesError(f"the overrides in {shown!r}: {error.message}", hint) from error
    report = Report()
    plain: dict[str, Any] = parse_yaml(path.name, text, _SHAPE, report) or {}
    found: dict[str, _Said] = {}
    for words, said in plain.items():
        try:
            named = find([words], rules)
        except ActivityError as error:
            report.at(path.name, (words,), f"{error.message}. {error.hint}")
            continue
        id_ = named.headline if isinstance(named, Group) else named.id
        if before := found.get(id_):
            message = f"{before.path[-1]!r} and {words!r} both mean {id_}; leave one of them out"
            report.at(path.name, (words,), message)
        found[id_] = _Said((words,), said)
    _ask_for_reasons(path.name, found, rules, type_, report)
    if report.problems:
        raise RulesError(f"the overrides in {shown!r} cannot be used", _NEXT, report.listed())
    return {id_: each.said for id_, each in found.items()}


def problems(type_: str, said: object, rules: RuleSet) -> list[str]:
    """Return what is wrong with overrides from elsewhere, which go by the ids of items.

    They are held to what `read_overrides` holds a file to. A treatment type that the rule set
    lacks is a problem of its own.

    Returns:
        Each problem with its place, such as `overrides.sauna: ...`; none if all is well.
    """
    if type_ not in rules.types:
        return [f"type is {type_!r:.80}, which the rules do not know: {', '.join(rules.types)}"]
    if said == {}:
        return []
    from mesocare.rules.format.reader import parse_plain

    report = Report()
    record = types.Record({_FIELD: _SHAPE})
    read = parse_plain(_FIELD, {_FIELD: said}, record, report) or {_FIELD: {}}
    plain: dict[str, dict[str, str]] = read[_FIELD]
    for id_, each in plain.items():
        if id_ not in rules.items:
            report.at(_FIELD, (_FIELD, id_), "the rules have no activity with that id")
        # A file's texts are brought into one line; what comes as data has to be so already.
        if isinstance(said, dict) and said[id_] != each:
            report.at(_FIELD, (_FIELD, id_), "a text is not in one line")
    found = {i: _Said((_FIELD, i), each) for i, each in plain.items() if i in rules.items}
    _ask_for_reasons(_FIELD, found, rules, type_, report)
    return report.texts()


class _Said(NamedTuple):
    """What is said of an activity, and where."""

    path: Place
    said: dict[str, str]


def _ask_for_reasons(
    file: str, found: Mapping[str, _Said], rules: RuleSet, type_: str, report: Report
) -> None:
    """Note what opens an activity earlier than the rules without a reason."""
    for id_ in loosened(type_, {id_: each.said for id_, each in found.items()}, rules):
        message = "opens earlier than the rule set: give the clinic's `reason`"
        report.at(file, found[id_].path, message)


def loosened(type_: str, said: Mapping[str, Mapping[str, str]], rules: RuleSet) -> list[str]:
    """Return the ids of items that overrides open earlier than the rules, for no given reason."""
    known = {id_: each for id_, each in said.items() if id_ in rules.items}
    return [
        id_
        for id_, each in known.items()
        if "reason" not in each and _loosens(rules.items[id_], type_, each["until"])
    ]


def _loosens(item: Item, type_: str, until: str) -> bool:
    rule = item.rules[type_]
    if all(phase.verdict is Verdict.ALLOWED for phase in rule.phases):
        return False
    end, given = rule.restricted_until, parse_span(until)
    if end is None or given.nominal_hours < end.nominal_hours:
        return True
    # Of hours and days of equal length, a change of clocks can make either the shorter one.
    return given.nominal_hours == end.nominal_hours and type(given) is not type(end)


def rules_for(type_: str, said: Mapping[str, Mapping[str, str]], rules: RuleSet) -> dict[str, Rule]:
    """Return the rules that overrides on record make after a treatment of a type.

    What was stricter without a reason when it was recorded, and is looser than the rules of today,
    gives way to them.
    """
    looser = loosened(type_, said, rules)
    return rules_of({id_: each for id_, each in said.items() if id_ not in looser})


def rules_of(overrides: Mapping[str, Mapping[str, str]]) -> dict[str, Rule]:
    """Return the rules that overrides make: closed until then, open from then on."""
    return {
        id_: Rule(
            (
                Phase(parse_span(said["until"]), Verdict.AVOID, _reason(said), None, ()),
                Phase(None, Verdict.ALLOWED, _reason(said), None, ()),
            ),
            None,
            concerns=True,
        )
        for id_, said in overrides.items()
    }


def _reason(said: Mapping[str, str]) -> str:
    return f"Your clinic's own instruction ({said['until']}): {said.get('reason', 'as recorded')}"
