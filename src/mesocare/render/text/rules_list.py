"""The views of a rule set itself: its groups and items, and all that is written of one item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Detail, Group, Item, Preparation, Verdict
from mesocare.render.json import answers
from mesocare.render.phrasing import joined
from mesocare.render.text import rules_details
from mesocare.render.text.page import Page
from mesocare.render.text.rules_parts import alike, evidence_lines, fact, rule_lines

if TYPE_CHECKING:
    from mesocare.core.model import Rule, RuleSet
    from mesocare.parsing.written import Written

Plain = dict[str, Any]

_LABEL = 34


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
    rules_details.listed(page, rules)
    page.gap()
    page.line(("* speaks for its group. `none` has no restriction, `-` no say.", "dim"), hang=2)
    written = [rule.protocol for item in rules.items.values() for rule in item.rules.values()]
    washouts = [each.washouts.values() for each in rules.before().leave_out.values()]
    written += [washout.protocol for each in washouts for washout in each]
    if any(written):
        replaced = f"In brackets: what {identity.clinic}'s protocol replaced."
        page.line((replaced, "dim"), hang=2)
    more = "More: mesocare rules show ITEM, or with ID, about ID, before ID"
    page.line((more, "dim"), hang=2)
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
            **rules_details.listed_json(rules),
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


def show_text(written: Written, rules: RuleSet, *, no_color: bool) -> str:
    """Return all that is written of something; of a group, its own words and its headline item."""
    page = Page(no_color=no_color)
    named, others = written
    if isinstance(named, Detail):
        rules_details.detail_page(page, named, rules)
    elif isinstance(named, Preparation):
        rules_details.preparation_page(page, named, rules)
    else:
        _item_page(page, named, rules)
    if others:
        page.gap()
        typed = ", ".join(f"mesocare rules show {each}" for each in others)
        page.line((f"More by that name: {typed}", "dim"), hang=2)
    return page.text()


def _item_page(page: Page, named: Item | Group, rules: RuleSet) -> None:
    if not isinstance(named, Item):
        page.line((named.label, "bold"), (f"  group {named.id}", "dim"))
        fact(page, "Words", ", ".join(named.aliases))
        fact(page, "Items", ", ".join(named.items))
        fact(page, "Speaks", f"{named.headline}, which follows.")
        page.gap()
        named = rules.items[named.headline]
    page.line((named.label, "bold"), (f"  {named.id}, in {named.group}", "dim"), hang=2)
    fact(page, "Words", ", ".join(named.aliases))
    fact(page, "Harm", named.harm)
    fact(page, "Instead", named.instead)
    if named.at_first is not None:
        span, words = named.at_first
        fact(page, "At first", f"{words.rstrip('.')} (until {span}).")
    if named.aside:
        fact(page, "Aside", "that it is allowed says nothing about the rest of its group.")
    if named.apart:
        fact(page, "Apart", "it leaves the treated area alone.")
    rules_details.beside(page, named, rules)
    for types, rule in alike(named.rules):
        page.gap()
        page.line((f"After {joined(types)}", "bold"))
        rule_lines(page, rule)
    evidence_lines(page, rules, (id_ for rule in named.rules.values() for id_ in rule.evidence))


def show_json(written: Written, rules: RuleSet) -> str:
    """Return the same as `mesocare.rules-show/1`; what was not asked about is `null`."""
    named = written.first
    group = named if isinstance(named, Group) else None
    item = rules.items[group.headline] if group else named if isinstance(named, Item) else None
    detail = named if isinstance(named, Detail) else None
    preparation = named if isinstance(named, Preparation) else None
    cited = {
        *(id_ for rule in (item.rules.values() if item else ()) for id_ in rule.evidence),
        *(rules_details.cited_by(detail) if detail else ()),
        *(rules_details.cited_before(preparation) if preparation else ()),
    }
    return answers.dumped(
        {
            "schema": "mesocare.rules-show/1",
            "rules": answers.rules(rules.identity),
            "group": group and _group(group),
            "item": item and {**_item(item), **rules_details.beside_json(item, rules)},
            "detail": detail and rules_details.detail_json(detail),
            "preparation": preparation and rules_details.preparation_json(preparation),
            "others": list(written.others),
            "evidence": [
                answers.evidence(rules.evidence[id_]) for id_ in rules.evidence if id_ in cited
            ],
        }
    )


def _group(group: Group) -> Plain:
    return {
        "id": group.id,
        "label": group.label,
        "aliases": list(group.aliases),
        "headline": group.headline,
        "items": list(group.items),
    }


def _item(item: Item) -> Plain:
    return {
        "id": item.id,
        "group": item.group,
        "label": item.label,
        "aliases": list(item.aliases),
        "harm": item.harm,
        "instead": item.instead,
        "at_first": item.at_first and {"until": str(item.at_first[0]), "instead": item.at_first[1]},
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
    }
