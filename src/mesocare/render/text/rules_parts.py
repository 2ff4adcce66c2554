"""What the pages on a rule set have in common: facts, phases, and the claims behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mesocare.render.phrasing import hours_words, protocol_words
from mesocare.render.text.explain import GRADE_STYLES
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mesocare.core.model import Rule, RuleSet
    from mesocare.render.text.page import Page

Written = TypeVar("Written")

_FACT = 10


def alike(by_type: Mapping[str, Written]) -> list[tuple[list[str], Written]]:
    """Return what is written by type, each once, with the types it holds for."""
    found: list[tuple[list[str], Written]] = []
    for type_, rule in by_type.items():
        same = next((types for types, each in found if each == rule), None)
        if same is None:
            found.append(([type_], rule))
        else:
            same.append(type_)
    return found


def fact(page: Page, name: str, text: str | None) -> None:
    """Add a line with its name before it, where there is anything to say."""
    if text:
        page.line((f"{name:<{_FACT}}", "bold"), text, hang=0 if page.narrow else _FACT)


def rule_lines(page: Page, rule: Rule) -> None:
    """Add the phases of a rule, and why it is so."""
    if not rule.concerns:
        page.line(rule.phases[0].reason)
        _grounds(page, rule)
        return
    since = "at once"
    for phase in rule.phases:
        if not phase.reason:  # the end of what a detail says
            page.line(f"{since}: what the other rules say.", indent=2 if page.narrow else 12)
            break
        words = f"{since}: {lower_first(phase.reason)}"
        page.row([page.verdict(phase.verdict, 11)], 12, words)
        indent = 2 if page.narrow else 12
        if phase.condition:
            page.line(f"Condition: {phase.condition}", indent=indent)
        if phase.evidence:
            page.line((", ".join(phase.evidence), "dim"), indent=indent)
        if phase.until is not None:
            since = f"after {hours_words(phase.until.nominal_hours)}"
    _grounds(page, rule)


def _grounds(page: Page, rule: Rule) -> None:
    """Say why the rule is so; of one that a clinic wrote, whose it is and what is built in."""
    protocol = rule.protocol
    if protocol is None:
        fact(page, "Why so", rule.rationale)
        return
    fact(page, "Protocol", protocol_words(protocol))
    if protocol.builtin is not None:
        fact(page, "Built in", protocol.builtin.rationale)


def evidence_lines(page: Page, rules: RuleSet, cited: Iterable[str]) -> None:
    """Add each claim with its grade, its source and its figures."""
    ids = set(cited)
    if not ids:
        return
    page.gap()
    page.line(("Evidence", "bold"))
    for id_ in (id_ for id_ in rules.evidence if id_ in ids):
        row = rules.evidence[id_]
        figures = dict.fromkeys(h for h in (row.min_hours, row.max_hours) if h is not None)
        hours = "".join((", ", "-".join(map(str, figures)), " h")) if figures else ""
        source = f"{row.source.publisher} ({row.modality}{hours}): {row.paraphrase}"
        page.line((row.grade, GRADE_STYLES[row.grade]), f" {id_} {source}", hang=2)
    page.gap()
    page.line(("Grades: A hospital, journal or label; B clinic; C commercial page.", "dim"))
