"""The views of details and of what comes before a treatment, as parts of those of a rule set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Verdict
from mesocare.render.json import answers
from mesocare.render.phrasing import joined, since_words, washout_words
from mesocare.render.text.rules_parts import alike, evidence_lines, fact, rule_lines

if TYPE_CHECKING:
    from mesocare.core.model import Detail, Item, Preparation, RuleSet, Washout
    from mesocare.render.text.page import Page

Plain = dict[str, Any]

_LABEL = 34
_KINDS = {"with": "What was injected", "about": "Who was treated"}


def listed(page: Page, rules: RuleSet) -> None:
    """Add every detail with how many items it tightens, and from when on what is left out."""
    details = rules.details().values()
    for kind, title in _KINDS.items():
        page.gap()
        page.line((title, "bold"), (f"  {kind}", "dim"))
        for each in (each for each in details if each.kind == kind):
            page.row([f"  {each.id}"], _LABEL, (f"{each.label}: {_extent(each)}", "dim"))
    page.gap()
    page.line(("Before a treatment", "bold"), ("  before", "dim"))
    for preparation in rules.before().leave_out.values():
        page.row([f"  {preparation.id}"], _LABEL, (_figures(preparation, rules), "dim"))


def _extent(detail: Detail) -> str:
    """Return what a detail makes stricter: `4 items stricter, 1 flag`."""
    parts = [f"{_count(len(detail.rules), 'item')} stricter"] if detail.rules else []
    parts += [_count(len(detail.flags), "flag")] if detail.flags else []
    by_clinic = [
        rules for rules in detail.rules.values() if any(r.protocol for r in rules.values())
    ]
    parts += [f"{len(by_clinic)} by the protocol"] if by_clinic else []
    return ", ".join(parts) or "a note alone"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _figures(preparation: Preparation, rules: RuleSet) -> str:
    known = preparation.washouts
    return ", ".join(f"{type_} {_figure(known.get(type_))}" for type_ in rules.types)


def _figure(washout: Washout | None) -> str:
    """Return `48 h`, `that day`, `ask` or `-`, and in brackets what a clinic replaced."""
    if washout is None:
        return "-"
    words = _since(washout)
    if washout.protocol is None:
        return words
    if washout.builtin is None:
        return f"{words} (nothing built in)"
    milder = ", milder" if washout.protocol.loosens else ""
    return f"{words} (built in {_since(washout.builtin)}{milder})"


def _since(washout: Washout) -> str:
    if washout.verdict is Verdict.ASK:
        return "ask"
    return "that day" if washout.span is None else str(washout.span)


def listed_json(rules: RuleSet) -> Plain:
    """Return the same as the keys `details` and `before`."""
    return {
        "details": [
            {
                "id": each.id,
                "kind": each.kind,
                "label": each.label,
                "items": len(each.rules),
                "flags": len(each.flags),
            }
            for each in rules.details().values()
        ],
        "before": [
            {"id": each.id, "label": each.label, "types": _washouts(each)}
            for each in rules.before().leave_out.values()
        ],
    }


def _washouts(preparation: Preparation) -> Plain:
    return {type_: answers.washout(each) for type_, each in preparation.washouts.items()}


def beside(page: Page, item: Item, rules: RuleSet) -> None:
    """Say which details make an item stricter, and what it is before a treatment."""
    found = beside_json(item, rules)
    words = []
    for kind in _KINDS:
        ids = [each["id"] for each in found["details"] if each["kind"] == kind]
        words += [f"{kind} {', '.join(ids)}"] if ids else []
    fact(page, "Stricter", f"{'; '.join(words)}." if words else None)
    leave_out = rules.before().leave_out
    parts = [f"{id_} ({_figures(leave_out[id_], rules)})" for id_ in found["before"]]
    fact(page, "Before", f"a treatment: {'; '.join(parts)}." if parts else None)


def beside_json(item: Item, rules: RuleSet) -> Plain:
    """Return the details that make an item stricter, and the ids of what it is before."""
    known = rules.before().leave_out.values()
    return {
        "details": [
            {"id": each.id, "kind": each.kind}
            for each in rules.details().values()
            if item.id in each.rules
        ],
        "before": [each.id for each in known if item.id in each.activities],
    }


def detail_page(page: Page, detail: Detail, rules: RuleSet) -> None:
    """Add all that is written of a detail."""
    page.line((detail.label, "bold"), (f"  {detail.id}, --{detail.kind}", "dim"), hang=2)
    fact(page, "Words", ", ".join(detail.aliases))
    fact(page, "Types", joined(detail.types))
    fact(page, "Excludes", ", ".join(detail.excludes))
    if detail.note is not None:
        fact(page, "Note", f"{detail.note.text} ({', '.join(detail.note.evidence)})")
    for id_, by_type in detail.rules.items():
        for types, rule in alike(by_type):
            page.gap()
            page.line((f"{rules.items[id_].label}, after {joined(types)}", "bold"), hang=2)
            rule_lines(page, rule)
    if detail.flags:
        page.gap()
        page.line(("Red flags", "bold"))
    for id_, raised in detail.flags.items():
        flag = rules.red_flags[id_]
        urgencies = [flag.urgency, *([raised.urgency] if raised.urgency else [])]
        urgency = max(urgencies, key=lambda each: each.severity).value.replace("_", " ")
        page.line(f"{id_}, {urgency}: {flag.text}", hang=2)
        page.line((", ".join(raised.evidence), "dim"), indent=2)
    evidence_lines(page, rules, cited_by(detail))


def cited_by(detail: Detail) -> list[str]:
    """Return the ids of every claim that a detail rests on."""
    rules = [rule for by_type in detail.rules.values() for rule in by_type.values()]
    found = [id_ for rule in rules for id_ in rule.evidence]
    found += [id_ for raised in detail.flags.values() for id_ in raised.evidence]
    return [*found, *(detail.note.evidence if detail.note else ())]


def detail_json(detail: Detail) -> Plain:
    """Return all that is written of a detail."""
    return {
        "id": detail.id,
        "kind": detail.kind,
        "label": detail.label,
        "aliases": list(detail.aliases),
        "types": list(detail.types),
        "excludes": list(detail.excludes),
        "note": detail.note and {"text": detail.note.text, "evidence": list(detail.note.evidence)},
        "items": {
            item: {
                type_: {
                    "rationale": rule.rationale,
                    "phases": [answers.phase(each) for each in rule.phases if each.reason],
                    "protocol": answers.protocol(rule.protocol),
                    "builtin": answers.builtin(rule.protocol),
                }
                for type_, rule in by_type.items()
            }
            for item, by_type in detail.rules.items()
        },
        "flags": {
            id_: {
                "urgency": raised.urgency and raised.urgency.value,
                "evidence": [*raised.evidence],
            }
            for id_, raised in detail.flags.items()
        },
    }


def preparation_page(page: Page, preparation: Preparation, rules: RuleSet) -> None:
    """Add all that is written of something to leave out before a treatment."""
    where = f"  {preparation.id}, before a treatment"
    page.line((preparation.label, "bold"), (where, "dim"), hang=2)
    fact(page, "Words", ", ".join(preparation.aliases))
    fact(page, "Items", ", ".join(preparation.activities))
    fact(page, "How", preparation.text)
    for types, washout in alike(preparation.washouts):
        page.gap()
        page.line((f"Before {joined(types)}", "bold"))
        _washout(page, washout)
    evidence_lines(page, rules, cited_before(preparation))


def _washout(page: Page, washout: Washout) -> None:
    words = washout.ask or since_words(washout)
    page.row([page.verdict(washout.verdict, 11)], 12, words)
    page.line((", ".join(washout.evidence), "dim"), indent=2 if page.narrow else 12)
    if washout.protocol is None:
        fact(page, "Why so", washout.rationale)
        return
    fact(page, "Protocol", washout_words(washout, washout.protocol))
    if washout.builtin is not None:
        fact(page, "Built in", washout.builtin.rationale)


def cited_before(preparation: Preparation) -> list[str]:
    """Return the ids of every claim that something to leave out rests on."""
    return [id_ for washout in preparation.washouts.values() for id_ in washout.evidence]


def preparation_json(preparation: Preparation) -> Plain:
    """Return all that is written of something to leave out before a treatment."""
    return {
        "id": preparation.id,
        "label": preparation.label,
        "aliases": list(preparation.aliases),
        "text": preparation.text,
        "activities": list(preparation.activities),
        "types": {
            type_: {**answers.washout(each), "evidence": list(each.evidence)}
            for type_, each in preparation.washouts.items()
        },
    }
