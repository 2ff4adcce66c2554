"""What a clinic told one patient, as a small YAML file, and the rules it makes.

    makeup: {until: 72 h, reason: My clinic said three days}

An override may tighten freely; one that opens an activity earlier than the rule set needs a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Group, Phase, Rule, Verdict
from mesocare.core.timespan import parse_span
from mesocare.errors import ActivityError, RulesError
from mesocare.lookup import find
from mesocare.rules import shape
from mesocare.rules.loader import read_file
from mesocare.rules.report import Report

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mesocare.core.model import Item, RuleSet

_SHAPE = shape.Table(
    shape.Record({"until": shape.Duration()}, {"reason": shape.Text(200)}), key=shape.Text(60)
)
_NEXT = "It holds lines such as: makeup: {until: 72 h, reason: My clinic said three days}"

Plain = dict[str, dict[str, str]]


def read_overrides(path: Path, rules: RuleSet, type_: str) -> Plain:
    """Return what a file says, by the id of the item it is about, checked against the rules.

    Raises:
        RulesError: It cannot be read, names no activity, or loosens a rule without a reason.
    """
    from mesocare.rules.parse import parse_yaml

    content = read_file(path)
    report = Report()
    name = path.name
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RulesError(f"the overrides in {name!r} are not UTF-8 text", _NEXT) from error
    plain: dict[str, Any] = parse_yaml(name, text, _SHAPE, report) or {}
    found: Plain = {}
    for words, said in plain.items():
        try:
            named = find([words], rules)
        except ActivityError as error:
            report.at(name, (words,), f"{error.message}. {error.hint}")
            continue
        item = rules.items[named.headline] if isinstance(named, Group) else named
        if "reason" not in said and _loosens(item, type_, said["until"]):
            report.at(name, (words,), "opens earlier than the rule set: give the clinic's `reason`")
        found[item.id] = said
    if report.problems:
        raise RulesError(f"the overrides in {name!r} cannot be used", _NEXT, report.listed())
    return found


def _loosens(item: Item, type_: str, until: str) -> bool:
    rule = item.rules[type_]
    if all(phase.verdict is Verdict.ALLOWED for phase in rule.phases):
        return False
    end = rule.restricted_until
    return end is None or parse_span(until).nominal_hours < end.nominal_hours


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
