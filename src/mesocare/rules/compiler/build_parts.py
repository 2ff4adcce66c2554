"""The packed parts of a rule set -> their values: what comes before, and details."""

from __future__ import annotations

from typing import Any

from mesocare.core import model
from mesocare.core.signs import Urgency
from mesocare.core.timespan import parse_span
from mesocare.parsing.packing import unpacked
from mesocare.rules.compiler.build import protocol_of, resolved, rule_of, taken_over
from mesocare.rules.compiler.products import build_products

__all__ = ["build_before", "build_details", "build_products"]

Plain = dict[str, Any]


def build_before(text: str, _groups: Plain | None = None) -> model.Before:
    """Return what comes before a treatment, from what a compiled rule set keeps of it."""
    plain: Plain = unpacked(text)
    return model.Before(
        {id_: _preparation(id_, each) for id_, each in plain["leave_out"].items()},
        {
            kind: tuple(
                model.Point(
                    id_, each["text"], tuple(each.get("types", ())), tuple(each["evidence"])
                )
                for id_, each in points.items()
            )
            for kind, points in plain["checklist"].items()
        },
    )


def _preparation(id_: str, each: Plain) -> model.Preparation:
    verdict = model.Verdict(each.get("verdict", "avoid"))
    written = each["washouts"]
    return model.Preparation(
        id_,
        each["label"],
        each["text"],
        tuple(each.get("activities", ())),
        tuple(each.get("aliases", ())),
        {
            type_: _washout(written[one["same_as"]] if "same_as" in one else one, verdict)
            for type_, one in written.items()
        },
    )


def _washout(plain: Plain, usual: model.Verdict) -> model.Washout:
    span, protocol, builtin = (plain.get(key) for key in ("span", "protocol", "builtin"))
    verdict = model.Verdict(plain.get("verdict", usual))
    return model.Washout(
        None if span is None else parse_span(span),
        plain.get("on_the_day", False),
        model.Verdict.ASK if "ask" in plain else verdict,
        plain.get("ask"),
        tuple(plain["evidence"]),
        plain.get("rationale"),
        None if protocol is None else protocol_of(protocol),
        None if builtin is None else _washout(builtin, usual),
    )


def build_details(text: str, groups: Plain) -> dict[str, model.Detail]:
    """Return what was injected and who was treated by id, from what is kept of it.

    Args:
        text: The packed text.
        groups: The plain groups, whose rules of another type some take over.
    """
    items = {id_: item for group in groups.values() for id_, item in group["items"].items()}
    return {
        id_: _detail(kind, id_, each, items)
        for kind, known in unpacked(text).items()
        for id_, each in known.items()
    }


def _detail(kind: str, id_: str, each: Plain, items: Plain) -> model.Detail:
    note = each.get("note")
    return model.Detail(
        id_,
        kind,
        each["label"],
        tuple(each["aliases"]),
        tuple(each.get("types", ())),
        tuple(each.get("excludes", ())),
        None
        if note is None
        else model.Statement(id_, note["text"], None, None, tuple(note["evidence"])),
        {
            item: {
                type_: _detail_rule(resolved(rules, type_), items[item]["rules"]) for type_ in rules
            }
            for item, rules in each.get("rules", {}).items()
        },
        {
            flag: model.Raised(
                None if "urgency" not in said else Urgency(said["urgency"]), tuple(said["evidence"])
            )
            for flag, said in each.get("flags", {}).items()
        },
    )


def _detail_rule(plain: Plain, own: Plain) -> model.Rule:
    """Return a rule whose last phase, if it says nothing more, leaves all to the others."""
    if "as" in plain:
        return rule_of(taken_over(own, plain["as"]))
    rule = rule_of(plain)
    if rule.phases[-1].until is None:
        return rule
    open_ = model.Phase(None, model.Verdict.ALLOWED, "", None, ())
    return rule._replace(phases=(*rule.phases, open_))
