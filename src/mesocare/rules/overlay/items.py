"""The groups and items of a rule set under a clinic's protocol: changed rules, items of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.names import exact_key, names
from mesocare.rules.overlay.header import UNSAID
from mesocare.rules.overlay.rules import ChangeError, changed, milder_from, own_phases

if TYPE_CHECKING:
    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]


def merged_groups(overlay: Overlay) -> Plain:
    """Return the groups of both together, by id."""
    return {id_: _group(overlay, group) for id_, group in overlay.base["groups"].items()}


def check_items(overlay: Overlay) -> None:
    """Check that what is changed is there, and what is new is new."""
    groups = overlay.base["groups"]
    items = {id_ for group in groups.values() for id_ in group["items"]}
    for id_ in overlay.said.get("changes", {}):
        if id_ not in items:
            owner = overlay.base["names"].get(exact_key(id_))
            meant = owner if owner in items else id_
            overlay.note(("changes", id_), f"no item {id_!r} in the rule set", meant, (), items)
    for id_, each in overlay.said.get("items", {}).items():
        path: Path = ("items", id_)
        if id_ in items:
            overlay.note(path, "the rule set has this item; put it under `changes`")
        if each["group"] not in groups:
            overlay.note((*path, "group"), f"got {each['group']!r}", each["group"], groups)
        for key in sorted(names(id_, each["label"], each.get("aliases", []))):
            if owner := overlay.base["names"].get(key):
                overlay.note((*path, "aliases"), f"{key!r} already leads to {owner!r}")


def _group(overlay: Overlay, group: Plain) -> Plain:
    items = {id_: _item(overlay, group["group"], id_, each) for id_, each in group["items"].items()}
    for id_, each in overlay.said.get("items", {}).items():
        if each["group"] == group["group"] and id_ not in group["items"]:
            items[id_] = _own_item(overlay, id_, each)
    return {**group, "items": items}


def _item(overlay: Overlay, group: str, id_: str, item: Plain) -> Plain:
    changes = overlay.said.get("changes", {}).get(id_, {})
    if not changes and not overlay.named:
        return item
    overlay.check_types(("changes", id_), changes)
    rules, before = {}, item["rules"]
    milder: dict[str, bool] = {}
    for type_ in overlay.types:
        base = overlay.extended(type_)
        builtin = before[before[base]["same_as"]] if "same_as" in before[base] else before[base]
        key = overlay.key(type_, changes)
        if key is None:
            rules[type_] = builtin
            continue
        if key == base != type_:
            rules[type_] = rules[base]
            continue
        path = ("changes", id_, key)
        overlay.origins[overlay.files[group], ("items", id_, "rules", type_)] = path
        rule = _changed(overlay, path, (group, id_, type_), builtin, changes[key])
        milder[key] = milder.get(key, False) or rule["protocol"]["loosens"]
        rules[type_] = rule
    overlay.check_needed(("changes", id_), changes, milder)
    return {**item, "rules": _shared(overlay, rules)}


def _shared(overlay: Overlay, rules: Plain) -> Plain:
    """Return the rules with what a named treatment takes over written once."""
    named = overlay.named
    return {
        type_: {"same_as": named[type_]}
        if type_ in named and "phases" in rule and rule == rules.get(named[type_])
        else rule
        for type_, rule in rules.items()
    }


def _changed(
    overlay: Overlay, path: Path, place: tuple[str, str, str], builtin: Plain, change: Plain
) -> Plain:
    """Return the rule that a change makes of another; as it was, where it cannot be made."""
    type_ = place[2]
    row = overlay.row(place[0], place[1], path)
    rule = {**builtin, "protocol": overlay.protocol(change, builtin)}
    try:
        phases = changed(builtin, change, row)
    except ChangeError as error:
        overlay.note((*path, *error.path), f"after {type_}: {error}")
        return rule
    rule = {
        "phases": phases,
        "rationale": change.get("reason", UNSAID),
        "protocol": rule["protocol"],
    }
    since = milder_from(rule, builtin)
    overlay.fill_row(row, rule, change.get("reason"))
    if since is not None:
        rule["protocol"] = overlay.protocol(change, builtin, loosens=True)
        milder = f"after {type_} it is milder than the rule it changes from {since} h on"
        overlay.check_signed(path, change, milder)
    return rule


def _own_item(overlay: Overlay, id_: str, each: Plain) -> Plain:
    """Return an item of the clinic's own; it stands aside, so that it opens no group."""
    path: Path = ("items", id_)
    file = overlay.files[each["group"]]
    overlay.check_types((*path, "rules"), each["rules"])
    overlay.origins[file, path] = path
    rules: Plain = {}
    known_rows: dict[str, str] = {}
    for type_ in overlay.types:
        key = overlay.key(type_, each["rules"])
        if key is None:
            continue  # the check of the whole names every type that is missing
        here = (*path, "rules", key)
        overlay.origins[file, (*path, "rules", type_)] = here
        rule = {**each["rules"][key], "protocol": {}}
        rule["protocol"] = overlay.protocol(rule, None)
        if "phases" in rule:
            if key not in known_rows:
                known_rows[key] = overlay.row(each["group"], id_, here)
            row = known_rows[key]
            rule["phases"] = own_phases(rule["phases"], row)
            rule["rationale"] = rule.pop("reason", UNSAID)
            overlay.fill_row(row, rule, None)
        rules[type_] = rule
    return {**each, "aside": True, "rules": _shared(overlay, rules)}
