"""What was injected and who was treated, under a clinic's protocol: it may tighten, never loosen.

A detail holds beside the rules of a treatment because somebody is at more risk. What is milder can
be signed for a treatment's own rule, under `changes`; that takes nothing from a detail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core.signs import Urgency
from mesocare.parsing.names import names
from mesocare.parsing.packing import unpacked
from mesocare.rules.compiler.build import resolved, taken_over
from mesocare.rules.compiler.integrity import DETAIL_FILES
from mesocare.rules.overlay.header import UNSAID
from mesocare.rules.overlay.medicines import ASK_ONLY, prescribed_items
from mesocare.rules.overlay.rules import milder_from, own_phases

if TYPE_CHECKING:
    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]

MOST_DETAILS = 64
# What a clinic may add to a detail of the rule set; the rest stays as it is.
_MORE = ("aliases", "rules", "flags")


class _Detail(NamedTuple):
    """One detail that the protocol writes, and what it is laid over."""

    overlay: Overlay
    id: str
    file: str
    path: Path
    plain: Plain
    groups: Plain
    asked_only: frozenset[str]

    def items(self) -> dict[str, tuple[str, Plain]]:
        """Return the group and the plain values of every item by its id."""
        return {
            id_: (name, item)
            for name, group in self.groups.items()
            for id_, item in group["items"].items()
        }


def merged_details(overlay: Overlay, groups: Plain) -> Plain:
    """Return substances and factors of both together, by kind and id.

    Args:
        overlay: The protocol over the rule set that it extends.
        groups: The groups of both together, whose rules some details take over.
    """
    details: Plain = unpacked(overlay.base["details"])
    taken = {id_: kind for kind, known in details.items() for id_ in known}
    found = {
        kind: {id_: _inherited(overlay, each) for id_, each in known.items()}
        for kind, known in details.items()
    }
    asked_only = prescribed_items(overlay.base)
    for kind, (file, root) in DETAIL_FILES.items():
        said = overlay.said.get(root, {})
        if len(said) > MOST_DETAILS:
            overlay.note((root,), f"more than {MOST_DETAILS} of them")
            continue
        known = tuple(details[kind])
        for id_, each in said.items():
            if taken.setdefault(id_, kind) != kind:
                overlay.note((root, id_), f"this name is taken by one of --{taken[id_]}")
                continue
            if id_ not in known and "label" not in each:
                overlay.note((root, id_), "one of your own needs a `label`", id_, (), known)
            plain = found[kind].get(id_) or _own(overlay, (root, id_), each, (*known, *said))
            _check_names(overlay, (root, id_), each, details[kind])
            one = _Detail(overlay, id_, file, (root, id_), plain, groups, asked_only)
            overlay.origins[file, one.path] = one.path
            found[kind][id_] = _with(one, each, known=id_ in known)
    _check_injected(overlay, found["with"])
    return found


def _inherited(overlay: Overlay, each: Plain) -> Plain:
    """Return a detail of the rule set, for the clinic's named treatments too."""
    rules = {item: overlay.inherited(by_type) for item, by_type in each.get("rules", {}).items()}
    return {**overlay.widened(each), "rules": rules}


def _own(overlay: Overlay, path: Path, each: Plain, others: tuple[str, ...]) -> Plain:
    """Return what a detail of the clinic's own is, without its rules and flags."""
    own: Plain = {"label": each.get("label", path[-1]), "aliases": [], "rules": {}}
    lists = {"types": overlay.types, "excludes": [id_ for id_ in others if id_ != path[-1]]}
    for key, allowed in lists.items():
        for n, name in enumerate(each.get(key, ())):
            if name not in allowed:
                overlay.note((*path, key, n), f"got {name!r}", name, allowed)
            else:
                own.setdefault(key, []).append(name)
    if "note" in each:
        row = overlay.row("note", str(path[-1]), (*path, "note"))
        overlay.rows[row]["paraphrase"] = each["note"]["text"]
        own["note"] = {**each["note"], "evidence": [row, *each["note"].get("evidence", [])]}
    return overlay.widened(own)


def _check_names(overlay: Overlay, path: Path, each: Plain, known: Plain) -> None:
    """Note each name that is one of something else in the rule set."""
    own = names(str(path[-1]), each.get("label", ""), each.get("aliases", ()))
    for id_, other in known.items():
        taken = names(id_, other["label"], other["aliases"]) if id_ != path[-1] else set()
        for key in sorted(own & taken):
            overlay.note((*path, "aliases"), f"{key!r} already leads to {id_!r}")


def _with(one: _Detail, said: Plain, *, known: bool) -> Plain:
    """Return a detail with what the protocol adds to it."""
    for key in said if known else ():
        if key not in _MORE:
            message = f"the rule set has {one.id!r}, and this stays as it is"
            one.overlay.note((*one.path, key), message, "", _MORE)
    return {
        **one.plain,
        "aliases": [*one.plain["aliases"], *said.get("aliases", ())],
        "rules": {**one.plain["rules"], **_rules(one, said.get("rules", {}))},
        "flags": {**one.plain.get("flags", {}), **_flags(one, said.get("flags", {}))},
    }


def _rules(one: _Detail, said: Plain) -> Plain:
    """Return the rules of each item that the protocol names, those it leaves alone among them."""
    items = one.items()
    found = {}
    for item, by_type in said.items():
        path = (*one.path, "rules", item)
        if item not in items:
            one.overlay.note(path, f"no item {item!r} in the rule set", item, (), items)
            continue
        one.overlay.check_types(path, by_type)
        found[item] = _by_type(one, path, by_type, items[item])
    return found


def _by_type(one: _Detail, path: Path, said: Plain, item: tuple[str, Plain]) -> Plain:
    """Return the rules of one item by type, the clinic's in the place of those it tightens."""
    overlay = one.overlay
    before = one.plain["rules"].get(path[-1], {})
    # Written out, so that a rule of one type changes no other that was the same.
    rules = {type_: resolved(before, type_) for type_ in before}
    rows: dict[str, str] = {}
    for type_ in overlay.types:
        key = overlay.key(type_, said)
        if key is None:
            continue
        here = (*path, key)
        if type_ not in one.plain.get("types", overlay.types):
            if key == type_:
                overlay.note(here, f"{one.id!r} does not go with a {type_} treatment")
            continue
        overlay.origins[one.file, (*path, type_)] = here
        if key not in rows:
            rows[key] = overlay.row(item[0], str(path[-1]), here)
        builtin = _replaced(rules.get(type_), item[1])
        rules[type_] = _rule(one, here, said[key], builtin, rows[key])
        since = None if builtin is None else milder_from(rules[type_], builtin)
        if since is not None:
            milder = f"after {type_} it is milder than the rule it replaces from {since} h on"
            overlay.note(here, f"{milder}; a detail may only tighten")
    return rules


def _replaced(rule: Plain | None, item: Plain) -> Plain | None:
    """Return the rule that a clinic's takes the place of, written out."""
    return rule if rule is None or "as" not in rule else taken_over(item["rules"], rule["as"])


def _rule(one: _Detail, path: Path, said: Plain, builtin: Plain | None, row: str) -> Plain:
    rule = {
        "phases": own_phases(said["phases"], row),
        "rationale": said.get("reason", UNSAID),
        "protocol": one.overlay.protocol(said, builtin),
    }
    if path[-2] in one.asked_only and any(each["verdict"] != "ask" for each in said["phases"]):
        one.overlay.note(path, ASK_ONLY)
    one.overlay.fill_row(row, rule, said.get("reason"))
    return rule


def _flags(one: _Detail, said: Plain) -> Plain:
    """Return the red flags that the protocol raises; none may be less urgent than it was."""
    overlay, flags = one.overlay, one.overlay.base["red_flags"]
    found = {}
    for flag, raised in said.items():
        path = (*one.path, "flags", flag)
        if flag not in flags:
            message = f"no red flag {flag!r} in the rule set"
            overlay.note(path, message, flag, (), flags)
            continue
        known = one.plain.get("flags", {}).get(flag, {"evidence": []})
        urgencies = [Urgency(each["urgency"]) for each in (flags[flag], known) if "urgency" in each]
        least = max(urgencies, key=lambda urgency: urgency.severity)
        if "urgency" in raised and Urgency(raised["urgency"]).severity < least.severity:
            message = f"it is {least.value} already; how urgent it is may only be raised"
            overlay.note((*path, "urgency"), message)
        row = overlay.row("flag", flag, path)
        overlay.rows[row]["modality"] = "red_flag"
        rows = dict.fromkeys([*known["evidence"], row, *raised.get("evidence", ())])
        found[flag] = {**known, **raised, "evidence": list(rows)}
    return found


def _check_injected(overlay: Overlay, substances: Plain) -> None:
    """Check that what is always injected exists, goes with the treatment and with one another."""
    for type_ in overlay.named:
        always = overlay.said["treatments"][type_].get("with", ())
        for n, id_ in enumerate(always):
            path: Path = ("treatments", type_, "with", n)
            if id_ not in substances:
                overlay.note(path, f"no substance {id_!r}", id_, substances)
                continue
            each = substances[id_]
            if type_ not in each.get("types", overlay.types):
                base = overlay.extended(type_)
                goes = ", ".join(each["types"])
                message = f"{id_!r} does not go with a {base} treatment; it goes with: {goes}"
                overlay.note(path, message)
            for other in always[:n]:
                if _exclude(id_, other, substances):
                    overlay.note(path, f"{id_!r} and {other!r} exclude each other")


def _exclude(one: str, other: str, known: Plain) -> bool:
    """Whether either of two excludes the other."""
    pairs = ((one, other), (other, one))
    return any(second in known.get(first, {}).get("excludes", ()) for first, second in pairs)
