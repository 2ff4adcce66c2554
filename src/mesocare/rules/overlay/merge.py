"""A clinic's protocol laid over the plain values of a rule set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.rules.format.schema import COLUMNS
from mesocare.rules.overlay.before import merged_before
from mesocare.rules.overlay.details import merged_details
from mesocare.rules.overlay.ingredients import merged_ingredients
from mesocare.rules.overlay.items import check_items, merged_groups
from mesocare.rules.overlay.words import merged_words

if TYPE_CHECKING:
    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]


def merged(overlay: Overlay, sha256: str) -> Plain:
    """Return the plain values of both together, and note what does not fit.

    Args:
        overlay: The protocol over the rule set that it extends.
        sha256: The digest of that rule set's content.
    """
    base = overlay.base
    groups = merged_groups(overlay)
    plain = {
        **base,
        "ruleset": _ruleset(overlay, sha256),
        "groups": groups,
        "reactions": {
            id_: {**each, "expected": overlay.inherited(each["expected"])}
            for id_, each in base["reactions"].items()
        },
        "red_flags": {id_: overlay.widened(each) for id_, each in base["red_flags"].items()},
        "care": _care(overlay),
        "course": overlay.inherited(base["course"]),
        "before": merged_before(overlay, sha256),
        "details": merged_details(overlay, groups),
        "products": merged_ingredients(overlay, groups, _source(overlay.said)["title"]),
        "names": {},
        "words": merged_words(overlay, sha256),
        "sign_names": {},
    }
    check_items(overlay)
    source = overlay.free("clinic", base["sources"])
    plain["sources"] = {**base["sources"], source: _source(overlay.said)}
    rows = {id_: {**row, "source": source} for id_, row in overlay.rows.items()}
    plain["evidence"] = {**base["evidence"], **rows}
    return plain


def _ruleset(overlay: Overlay, sha256: str) -> Plain:
    ruleset, said = overlay.base["ruleset"], overlay.said
    if said["name"] == ruleset["name"]:
        overlay.note(("name",), "that is the name of the rule set it extends")
    labels = said.get("treatments", {})
    identity = {key: ruleset[key] for key in ("name", "version", "reviewed", "review_due")}
    return {
        **ruleset,
        **{key: said[key] for key in ("name", "version", "reviewed", "clinic")},
        # Both have to be looked through, so the one that is due first is due for both.
        "review_due": min(said["review_due"], ruleset["review_due"]),
        "extends": {**identity, "sha256": sha256},
        "types": {
            **ruleset["types"],
            **{id_: {**labels[id_], "extends": of} for id_, of in overlay.named.items()},
        },
        "contacts": {**ruleset["contacts"], **said.get("contacts", {})},
        "contacts_in_short": {
            urgency: words
            for urgency, words in ruleset.get("contacts_in_short", {}).items()
            if urgency not in said.get("contacts", {})
        },
        "columns": {
            ours: [
                *ruleset.get("columns", {}).get(ours, ()),
                *said.get("columns", {}).get(ours, ()),
            ]
            for ours in COLUMNS
        },
    }


def _care(overlay: Overlay) -> Plain:
    """Return the care instructions, with the clinic's windows in the place of others."""
    care = {
        id_: {**each, "windows": overlay.inherited(each["windows"])}
        for id_, each in overlay.base["care"].items()
    }
    for id_, each in overlay.said.get("care", {}).items():
        path: Path = ("care", id_)
        if id_ not in care and "label" not in each:
            overlay.note(path, "a care instruction of your own needs a `label`", id_, (), care)
        overlay.check_types((*path, "windows"), each["windows"])
        known = care.get(id_, {"label": id_, "windows": {}})
        # Written out, so that a window of one type changes no other that was the same.
        windows = {
            type_: known["windows"][value["same_as"]] if "same_as" in value else value
            for type_, value in known["windows"].items()
        }
        for type_ in overlay.types:
            key = overlay.key(type_, each["windows"])
            if key is not None:
                here = (*path, "windows", key)
                overlay.origins["care.yaml", (*path, "windows", type_)] = here
                windows[type_] = _window(overlay, id_, here, each["windows"][key])
        care[id_] = {**known, "label": each.get("label", known["label"]), "windows": windows}
    return care


def _window(overlay: Overlay, id_: str, path: Path, window: Plain) -> Plain:
    row = overlay.row("care", id_, path)
    overlay.rows[row]["paraphrase"] = window["text"]
    return {**window, "evidence": [row, *window.get("evidence", [])]}


def _source(said: Plain) -> Plain:
    return {
        "title": f"Protocol {said['name']} {said['version']}, {said['reviewer']}",
        "publisher": said["clinic"]["name"],
        "url": None,
        "grade": "B",
        "read": said["reviewed"],
    }
