"""The views of a rule set itself: its groups and items, and all that is written of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Item, Verdict
from mesocare.render.json import answers
from mesocare.render.phrasing import hours_words, joined, protocol_words
from mesocare.render.text.explain import GRADE_STYLES
from mesocare.render.text.page import Page
from mesocare.text import lower_first

if TYPE_CHECKING:
    from mesocare.core.model import Group, Rule, RuleSet

Plain = dict[str, Any]

_LABEL = 34
_FACT = 10


def list_text(rules: RuleSet, *, no_color: bool) -> str:
    """Return every group with its items and, by type, how long each is restricted."""
    page = Page(no_color=no_color)
    identity = rules.identity
    whose = "" if identity.clinic is None else f", the protocol of {identity.clinic}"
    reviewed = f", reviewed {identity.reviewed}{whose}"
    page.line((f"{identity.name} {identity.version}", "bold"), reviewed, hang=2)
    for group in rules.groups.values():
        page.gap()
        page.line((group.label, "bold"), (f"  {group.id}", "dim"))
        for id_ in group.items:
            item = rules.items[id_]
            figures = [f"{type_} {_marked(item.rules[type_])}" for type_ in rules.types]
            name = f"  {id_}{' *' if id_ == group.headline else ''}"
            page.row([name], _LABEL, (", ".join(figures), "dim"))
    page.gap()
    page.line(("* speaks for its group. `none` has no restriction, `-` no say.", "dim"), hang=2)
    if any(rule.protocol for item in rules.items.values() for rule in item.rules.values()):
        replaced = f"In brackets: what {identity.clinic}'s protocol replaced."
        page.line((replaced, "dim"), hang=2)
    page.line(("More: mesocare rules show ITEM", "dim"))
    return page.text()


def figure_words(rule: Rule) -> str:
    """Return until when a rule restricts: `48 h`, `for good`, `none`, or `-` without a say."""
    if not rule.concerns:
        return "-"
    if all(phase.verdict is Verdict.ALLOWED for phase in rule.phases):
        return "none"
    return "for good" if rule.restricted_until is None else str(rule.restricted_until)


def _marked(rule: Rule) -> str:
    """Return the figure; of a rule that a clinic wrote, the built-in one beside it as well."""
    words = figure_words(rule)
    protocol = rule.protocol
    if protocol is None:
        return words
    if protocol.builtin is None:
        return f"{words} (nothing built in)"
    milder = ", milder" if protocol.loosens else ""
    return f"{words} (built in {figure_words(protocol.builtin)}{milder})"


def list_json(rules: RuleSet) -> str:
    """Return the same as `mesocare.rules-list/1`; hours are `null` where there is no end."""
    return answers.dumped(
        {
            "schema": "mesocare.rules-list/1",
            "rules": answers.rules(rules.identity),
            "types": list(rules.types),
            "groups": [
                {
                    "id": group.id,
                    "label": group.label,
                    "headline": group.headline,
                    "items": [
                        {
                            "id": id_,
                            "label": rules.items[id_].label,
                            "types": {
                                type_: _figure(rules.items[id_].rules[type_])
                                for type_ in rules.types
                            },
                        }
                        for id_ in group.items
                    ],
                }
                for group in rules.groups.values()
            ],
        }
    )


def _figure(rule: Rule) -> Plain:
    until = rule.restricted_until
    restricts = any(phase.verdict is not Verdict.ALLOWED for phase in rule.phases)
    return {
        "concerns": rule.concerns,
        "restricts": restricts,
        "chosen_hours": None if until is None else until.nominal_hours,
        "protocol": answers.protocol(rule.protocol),
    }


def show_text(named: Item | Group, rules: RuleSet, *, no_color: bool) -> str:
    """Return all that is written of an item; of a group, its own words and its headline item."""
    page = Page(no_color=no_color)
    if not isinstance(named, Item):
        page.line((named.label, "bold"), (f"  group {named.id}", "dim"))
        _fact(page, "Words", ", ".join(named.aliases))
        _fact(page, "Items", ", ".join(named.items))
        _fact(page, "Speaks", f"{named.headline}, which follows.")
        page.gap()
        named = rules.items[named.headline]
    page.line((named.label, "bold"), (f"  {named.id}, in {named.group}", "dim"), hang=2)
    _fact(page, "Words", ", ".join(named.aliases))
    _fact(page, "Harm", named.harm)
    _fact(page, "Instead", named.instead)
    if named.at_first is not None:
        span, words = named.at_first
        _fact(page, "At first", f"{words.rstrip('.')} (until {span}).")
    if named.aside:
        _fact(page, "Aside", "that it is allowed says nothing about the rest of its group.")
    if named.apart:
        _fact(page, "Apart", "it leaves the treated area alone.")
    for types, rule in _alike(named):
        page.gap()
        page.line((f"After {joined(types)}", "bold"))
        _rule(page, rule)
    rows = {id_ for rule in named.rules.values() for id_ in rule.evidence}
    if rows:
        page.gap()
        page.line(("Evidence", "bold"))
    for id_ in (id_ for id_ in rules.evidence if id_ in rows):
        row = rules.evidence[id_]
        figures = dict.fromkeys(h for h in (row.min_hours, row.max_hours) if h is not None)
        hours = "".join((", ", "-".join(map(str, figures)), " h")) if figures else ""
        source = f"{row.source.publisher} ({row.modality}{hours}): {row.paraphrase}"
        page.line((row.grade, GRADE_STYLES[row.grade]), f" {id_} {source}", hang=2)
    if rows:
        page.gap()
        page.line(("Grades: A hospital, journal or label; B clinic; C commercial page.", "dim"))
    return page.text()


def _alike(item: Item) -> list[tuple[list[str], Rule]]:
    """Return the rules, each once, with the types they hold for."""
    found: list[tuple[list[str], Rule]] = []
    for type_, rule in item.rules.items():
        same = next((types for types, each in found if each == rule), None)
        if same is None:
            found.append(([type_], rule))
        else:
            same.append(type_)
    return found


def _fact(page: Page, name: str, text: str | None) -> None:
    if text:
        page.line((f"{name:<{_FACT}}", "bold"), text, hang=0 if page.narrow else _FACT)


def _rule(page: Page, rule: Rule) -> None:
    if not rule.concerns:
        page.line(rule.phases[0].reason)
        _grounds(page, rule)
        return
    since = "at once"
    for phase in rule.phases:
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
        _fact(page, "Why so", rule.rationale)
        return
    _fact(page, "Protocol", protocol_words(protocol))
    if protocol.builtin is not None:
        _fact(page, "Built in", protocol.builtin.rationale)


def show_json(named: Item | Group, rules: RuleSet) -> str:
    """Return the same as `mesocare.rules-show/1`; `group` is `null` unless one was asked about."""
    item = named if isinstance(named, Item) else rules.items[named.headline]
    group = None if isinstance(named, Item) else named
    rows = {id_ for rule in item.rules.values() for id_ in rule.evidence}
    return answers.dumped(
        {
            "schema": "mesocare.rules-show/1",
            "rules": answers.rules(rules.identity),
            "group": group
            and {
                "id": group.id,
                "label": group.label,
                "aliases": list(group.aliases),
                "headline": group.headline,
                "items": list(group.items),
            },
            "item": {
                "id": item.id,
                "group": item.group,
                "label": item.label,
                "aliases": list(item.aliases),
                "harm": item.harm,
                "instead": item.instead,
                "at_first": item.at_first
                and {"until": str(item.at_first[0]), "instead": item.at_first[1]},
                "aside": item.aside,
                "apart": item.apart,
                "types": {
                    type_: {
                        **_figure(rule),
                        "rationale": rule.rationale,
                        "phases": [answers.phase(each) for each in rule.phases],
                        "builtin": answers.builtin(rule.protocol),
                    }
                    for type_, rule in item.rules.items()
                },
            },
            "evidence": [
                answers.evidence(rules.evidence[id_]) for id_ in rules.evidence if id_ in rows
            ],
        }
    )
