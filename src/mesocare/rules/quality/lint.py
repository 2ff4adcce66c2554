"""What a rule set may do and yet should not be published with.

A rule set past its review, a figure that no cited claim gives, a rule that rests on commercial
pages alone, and claims or sources that lead nowhere. A rationale answers for the first two of a
rule's own; nothing answers for the rest but mending it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from mesocare.rules.compiler.integrity import evidence_in
from mesocare.rules.format import schema
from mesocare.rules.format.diagnostics import Report
from mesocare.rules.format.evidence_tsv import parse_evidence
from mesocare.rules.format.reader import parse_yaml
from mesocare.rules.loader import read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mesocare.core.model import Evidence, Item, Rule, RuleSet
    from mesocare.rules.format.diagnostics import Path as Place
    from mesocare.rules.format.diagnostics import Problem

OVERDUE, UNCITED, WEAK, DEAD = "review-overdue", "uncited-number", "grade-c-only", "dead-source"
CHECKS = {
    OVERDUE: "The rule set is past the date by which its next review was due",
    UNCITED: "A number that no cited claim gives, without a rationale",
    WEAK: "A rule that rests on grade C alone, without a rationale",
    DEAD: "A source or a claim that nothing uses",
}

_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "fourteen": 14,
}  # fmt: skip
_UNITS = {"hour": 1, "day": 24, "week": 168, "month": 720}
_TIMED = re.compile(
    rf"\b([0-9]+|{'|'.join(_WORDS)})[ -]({'|'.join(_UNITS)})s?\b|\b([0-9]+) ?(h|d)\b", re.IGNORECASE
)

_Found = tuple[str, str, "Place", str]


def strict_problems(rules: RuleSet, path: Path, today: date) -> list[tuple[str, Problem]]:
    """Return what should not be published, each with the name of the check, in order of place.

    Args:
        rules: The rule set, which has passed every other check.
        path: Its directory, its `ruleset.yaml`, or the protocol that it was read from.
        today: The day to which the review date is compared.
    """
    if path.is_file() and path.name != "ruleset.yaml":
        return _of_protocol(rules, path, today)
    folder = path if path.is_dir() else path.parent
    report, cited, ledger = _read(folder, rules)
    noted: dict[Problem, str] = {}
    for check, file, place, message in (
        *_overdue(rules, today),
        *_of_items(rules),
        *_of_reactions(rules),
        *_dead(rules, cited, ledger),
    ):
        report.at(file, place, message)
        noted.setdefault(next(reversed(report.problems)), check)
    return [(noted[problem], problem) for problem in report.listed()]


class _Read(NamedTuple):
    """The files once more: the line of every value, the ids they cite and those of the ledger."""

    report: Report
    cited: set[str]
    ledger: set[str]


def _read(folder: Path, rules: RuleSet) -> _Read:
    report, cited, ledger = Report(), set[str](), set[str]()
    shapes = {**schema.FILES}
    shapes |= {f"activities/{id_}.yaml": schema.ACTIVITIES for id_ in rules.groups}
    for name, shape in shapes.items():
        plain = parse_yaml(name, _text(folder / name), shape, report) or {}
        ledger |= set(plain.get("not_used", ()))
        cited |= {id_ for _, _, id_ in evidence_in(name, (), plain)}
    parse_evidence("evidence.tsv", _text(folder / "evidence.tsv"), report)
    return _Read(report, cited, ledger)


def _text(path: Path) -> str:
    return read_file(path).decode("utf-8-sig")


def _of_protocol(rules: RuleSet, path: Path, today: date) -> list[tuple[str, Problem]]:
    """Return what is wrong with a protocol by itself: the set it extends is checked by its own."""
    report = Report()
    lines = _text(path).splitlines()
    line = next((n for n, each in enumerate(lines, 1) if each.startswith("review_due:")), 1)
    for _, _, place, message in _overdue(rules, today):
        report.add(path.name, line, place, message)
    return [(OVERDUE, problem) for problem in report.listed()]


def _overdue(rules: RuleSet, today: date) -> Iterator[_Found]:
    due = rules.identity.review_due
    if date.fromisoformat(due) < today:
        message = f"the review was due by {due}, and it is {today.isoformat()}"
        yield OVERDUE, "ruleset.yaml", ("review_due",), message


def _of_items(rules: RuleSet) -> Iterator[_Found]:
    """Yield what the rules of all items rest on too little."""
    for item in rules.items.values():
        file = f"activities/{item.group}.yaml"
        told: list[Rule] = []
        for type_, rule in item.rules.items():
            if rule.concerns and rule not in told:  # `same_as` is told where it is written out
                told.append(rule)
                place: Place = ("items", item.id, "rules", type_)
                for check, inner, message in _of_rule(rules, item, rule):
                    yield check, file, (*place, *inner), message


def _of_rule(rules: RuleSet, item: Item, rule: Rule) -> Iterator[tuple[str, Place, str]]:
    rows = [rules.evidence[id_] for id_ in rule.evidence]
    if rule.rationale is None:
        if all(row.grade == "C" for row in rows):
            yield WEAK, (), "rests on grade C alone: write a `rationale`"
        figures = _figures(rows)
        for n, phase in enumerate(rule.phases):
            if phase.until is not None and phase.until.nominal_hours not in figures:
                message = f"no claim it cites gives {phase.until}: cite one or write a `rationale`"
                yield UNCITED, ("phases", n, "until"), message
    known = _told(rules, item, rule)
    for n, phase in enumerate(rule.phases):
        for key, text in (("reason", phase.reason), ("condition", phase.condition or "")):
            for words, hours in _timed(text):
                if hours not in known:
                    message = f"no claim it cites gives the {words!r} in its text"
                    yield UNCITED, ("phases", n, key), message


def _told(rules: RuleSet, item: Item, rule: Rule) -> set[int]:
    """Return the hours that an item's claims, its windows or its rationale speak of.

    The text of one type may compare itself with another, so the claims of all types count.
    """
    rows = [rules.evidence[id_] for each in item.rules.values() for id_ in each.evidence]
    known = _figures(rows)
    known |= {phase.until.nominal_hours for phase in rule.phases if phase.until is not None}
    texts = [f"{row.subject} {row.paraphrase}" for row in rows] + [rule.rationale or ""]
    return known | {hours for text in texts for _, hours in _timed(text)}


def _of_reactions(rules: RuleSet) -> Iterator[_Found]:
    for reaction in rules.reactions.values():
        told = []
        for type_, expected in reaction.expected.items():
            if expected in told or expected.rationale is not None:
                continue
            told.append(expected)
            place: Place = ("reactions", reaction.id, "expected", type_)
            rows = [rules.evidence[id_] for id_ in expected.evidence]
            if all(row.grade == "C" for row in rows):
                yield WEAK, "reactions.yaml", place, "rests on grade C alone: write a `rationale`"
            if expected.until.nominal_hours not in _figures(rows):
                message = (
                    f"no claim it cites gives {expected.until}: cite one or write a `rationale`"
                )
                yield UNCITED, "reactions.yaml", (*place, "until"), message


def _dead(rules: RuleSet, cited: set[str], ledger: set[str]) -> Iterator[_Found]:
    """Yield sources and claims that nothing uses, and ledger entries for claims in use."""
    used = {row.source.id for row in rules.evidence.values()}
    for id_ in rules.sources:
        if id_ not in used:
            message = "no row of evidence.tsv is taken from this source"
            yield DEAD, "sources.yaml", ("sources", id_), message
    for id_ in rules.evidence:
        if id_ not in cited and id_ not in ledger:
            message = "nothing cites this claim: use it, or say in ledger.yaml why not"
            yield DEAD, "evidence.tsv", (id_,), message
        if id_ in cited and id_ in ledger:
            yield DEAD, "ledger.yaml", ("not_used", id_), "this claim is cited after all"


def _figures(rows: Iterable[Evidence]) -> set[int]:
    return {hours for row in rows for hours in (row.min_hours, row.max_hours) if hours is not None}


def _timed(text: str) -> Iterator[tuple[str, int]]:
    """Yield every number of hours, days, weeks or months in a text, and what it is in hours."""
    for match in _TIMED.finditer(text):
        count = (match[1] or match[3]).lower()
        unit = _UNITS[match[2].lower()] if match[2] else {"h": 1, "d": 24}[match[4].lower()]
        yield match[0], (_WORDS.get(count) or int(count)) * unit
