"""A clinic's protocol laid over the plain values of a rule set."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from mesocare.lookup import names
from mesocare.rules.figures import end_of
from mesocare.rules.protocol_rules import ChangeError, changed, milder_from, own_phases
from mesocare.rules.protocol_schema import ALL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesocare.rules.report import Path, Report

Plain = dict[str, Any]

MOST_TREATMENTS = 16
_RESERVED = (ALL, "any")  # `any` is how a row of evidence names every type
_UNSAID = "The clinic's own protocol; it gives no reason."


class Merge:
    """One protocol and what it extends; `merged` notes in the report what does not fit.

    Attributes:
        origins: Which part of the protocol a part of the merged values comes from.
        files: The file in which each group of the extended rule set is written.
    """

    def __init__(self, base: Plain, overlay: Plain, file: str, report: Report) -> None:
        self.base = base
        self.overlay = overlay
        self.file = file
        self.report = report
        self.origins: dict[tuple[str, Path], Path] = {}
        self.files = {id_: f"activities/{id_}.yaml" for id_ in base["groups"]}
        self.named: dict[str, str] = {}
        self.types: list[str] = []
        self._rows: dict[str, Plain] = {}

    def merged(self, sha256: str) -> Plain:
        """Return the plain values of both together."""
        base = self.base
        self._name_treatments()
        plain = {
            **base,
            "ruleset": self._ruleset(sha256),
            "groups": {id_: self._group(group) for id_, group in base["groups"].items()},
            "reactions": {
                id_: {**each, "expected": self._inherited(each["expected"])}
                for id_, each in base["reactions"].items()
            },
            "red_flags": {id_: self._flag(each) for id_, each in base["red_flags"].items()},
            "care": self._care(),
            "course": self._inherited(base["course"]),
            "names": {},
        }
        self._check_items()
        source = self._free("clinic", base["sources"])
        plain["sources"] = {**base["sources"], source: self._source()}
        rows = {id_: {**row, "source": source} for id_, row in self._rows.items()}
        plain["evidence"] = {**base["evidence"], **rows}
        return plain

    def _name_treatments(self) -> None:
        known = list(self.base["ruleset"]["types"])
        treatments = self.overlay.get("treatments", {})
        if len(treatments) > MOST_TREATMENTS:
            self._note(("treatments",), f"more than {MOST_TREATMENTS} named treatments")
            treatments = {}
        for id_, each in treatments.items():
            if id_ in known or id_ in _RESERVED:
                self._note(("treatments", id_), "this name is taken")
            elif each["extends"] not in known:
                message = f"got {each['extends']!r}"
                self._note(("treatments", id_, "extends"), message, each["extends"], known)
            else:
                self.named[id_] = each["extends"]
        self.types = [*known, *self.named]

    def _ruleset(self, sha256: str) -> Plain:
        ruleset, overlay = self.base["ruleset"], self.overlay
        if overlay["name"] == ruleset["name"]:
            self._note(("name",), "that is the name of the rule set it extends")
        labels = overlay.get("treatments", {})
        identity = {key: ruleset[key] for key in ("name", "version", "reviewed", "review_due")}
        return {
            **ruleset,
            **{key: overlay[key] for key in ("name", "version", "reviewed", "clinic")},
            # Both have to be looked through, so the one that is due first is due for both.
            "review_due": min(overlay["review_due"], ruleset["review_due"]),
            "extends": {**identity, "sha256": sha256},
            "types": {
                **ruleset["types"],
                **{id_: {**labels[id_], "extends": of} for id_, of in self.named.items()},
            },
            "contacts": {**ruleset["contacts"], **overlay.get("contacts", {})},
        }

    def _group(self, group: Plain) -> Plain:
        items = {id_: self._item(group["group"], id_, each) for id_, each in group["items"].items()}
        for id_, each in self.overlay.get("items", {}).items():
            if each["group"] == group["group"] and id_ not in group["items"]:
                items[id_] = self._own_item(id_, each)
        return {**group, "items": items}

    def _item(self, group: str, id_: str, item: Plain) -> Plain:
        changes = self.overlay.get("changes", {}).get(id_, {})
        if not changes and not self.named:
            return item
        self._check_types(("changes", id_), changes)
        rules, before = {}, item["rules"]
        milder: dict[str, bool] = {}
        for type_ in self.types:
            base = self.named.get(type_, type_)
            builtin = before[before[base]["same_as"]] if "same_as" in before[base] else before[base]
            key = next((key for key in (type_, base, ALL) if key in changes), None)
            if key is None:
                rules[type_] = builtin
                continue
            if key == base != type_:
                rules[type_] = rules[base]
                continue
            path = ("changes", id_, key)
            self.origins[self.files[group], ("items", id_, "rules", type_)] = path
            rule = self._changed(path, (group, id_, type_), builtin, changes[key])
            milder[key] = milder.get(key, False) or rule["protocol"]["loosens"]
            rules[type_] = rule
        for key, loosened in milder.items():
            if changes[key].get("loosens") and not loosened:
                message = "nothing here is milder than the rule it changes; leave `loosens` out"
                self._note(("changes", id_, key, "loosens"), message)
        return {**item, "rules": self._shared(rules)}

    def _shared(self, rules: Plain) -> Plain:
        """Return the rules with what a named treatment takes over written once."""
        return {
            type_: {"same_as": self.named[type_]}
            if type_ in self.named and "phases" in rule and rule == rules.get(self.named[type_])
            else rule
            for type_, rule in rules.items()
        }

    def _changed(
        self, path: Path, place: tuple[str, str, str], builtin: Plain, change: Plain
    ) -> Plain:
        """Return the rule that a change makes of another; as it was, where it cannot be made."""
        type_ = place[2]
        row = self._row(place[0], place[1], path)
        rule = {**builtin, "protocol": self._protocol(change, builtin, loosens=False)}
        try:
            phases = changed(builtin, change, row)
        except ChangeError as error:
            self._note((*path, *error.path), f"after {type_}: {error}")
            return rule
        rule = {
            "phases": phases,
            "rationale": change.get("reason", _UNSAID),
            "protocol": rule["protocol"],
        }
        since = milder_from(rule, builtin)
        self._fill_row(row, rule, change.get("reason"))
        if since is not None:
            rule["protocol"] = self._protocol(change, builtin, loosens=True)
            self._check_loosening(path, change, type_, since)
        return rule

    def _check_loosening(self, path: Path, change: Plain, type_: str, since: int) -> None:
        lacking = [key for key in ("loosens", "reason", "approved_by") if key not in change]
        if lacking:
            wanted = {"loosens": "`loosens: true`"}
            words = ", ".join(wanted.get(key, f"`{key}`") for key in lacking)
            message = f"after {type_} it is milder than the rule it changes from {since} h on"
            self._note(path, f"{message}; to say so on purpose, add {words}")

    def _protocol(self, change: Plain, builtin: Plain | None, *, loosens: bool) -> Plain:
        return {
            "clinic": self.overlay["clinic"]["name"],
            "reason": change.get("reason"),
            "approved_by": change.get("approved_by"),
            "reviewed": self.overlay["reviewed"],
            "loosens": loosens,
            "builtin": builtin,
        }

    def _own_item(self, id_: str, each: Plain) -> Plain:
        """Return an item of the clinic's own; it stands aside, so that it opens no group."""
        path: Path = ("items", id_)
        self._check_types((*path, "rules"), each["rules"])
        self.origins[self.files[each["group"]], path] = path
        rules: Plain = {}
        known_rows: dict[str, str] = {}
        for type_ in self.types:
            chain = (type_, self.named.get(type_, type_), ALL)
            key = next((key for key in chain if key in each["rules"]), None)
            if key is None:
                continue  # the check of the whole names every type that is missing
            here = (*path, "rules", key)
            self.origins[self.files[each["group"]], (*path, "rules", type_)] = here
            rule = {**each["rules"][key], "protocol": {}}
            rule["protocol"] = self._protocol(rule, None, loosens=False)
            if "phases" in rule:
                if key not in known_rows:
                    known_rows[key] = self._row(each["group"], id_, here)
                row = known_rows[key]
                rule["phases"] = own_phases(rule["phases"], row)
                rule["rationale"] = rule.pop("reason", _UNSAID)
                self._fill_row(row, rule, None)
            rules[type_] = rule
        return {**each, "aside": True, "rules": self._shared(rules)}

    def _check_items(self) -> None:
        """Check that what is changed is there, and what is new is new."""
        items = {id_ for group in self.base["groups"].values() for id_ in group["items"]}
        for id_ in self.overlay.get("changes", {}):
            if id_ not in items:
                self._note(("changes", id_), f"no item {id_!r} in the rule set", id_, (), items)
        groups = self.base["groups"]
        for id_, each in self.overlay.get("items", {}).items():
            path: Path = ("items", id_)
            if id_ in items:
                self._note(path, "the rule set has this item; put it under `changes`")
            if each["group"] not in groups:
                self._note((*path, "group"), f"got {each['group']!r}", each["group"], groups)
            for key in sorted(names(id_, each["label"], each.get("aliases", []))):
                if owner := self.base["names"].get(key):
                    self._note((*path, "aliases"), f"{key!r} already leads to {owner!r}")

    def _inherited(self, by_type: Plain) -> Plain:
        """Return a table by type in which named treatments have what they extend."""
        more = {}
        for type_, base in self.named.items():
            if base in by_type:
                value = by_type[base]
                more[type_] = by_type[value["same_as"]] if "same_as" in value else value
        return {**by_type, **more}

    def _flag(self, flag: Plain) -> Plain:
        if "types" not in flag:
            return flag
        more = [type_ for type_, base in self.named.items() if base in flag["types"]]
        return {**flag, "types": [*flag["types"], *more]}

    def _care(self) -> Plain:
        """Return the care instructions, with the clinic's windows in the place of others."""
        care = {
            id_: {**each, "windows": self._inherited(each["windows"])}
            for id_, each in self.base["care"].items()
        }
        for id_, each in self.overlay.get("care", {}).items():
            path: Path = ("care", id_)
            if id_ not in care and "label" not in each:
                self._note(path, "a care instruction of your own needs a `label`", id_, (), care)
            self._check_types((*path, "windows"), each["windows"])
            known = care.get(id_, {"label": id_, "windows": {}})
            # Written out, so that a window of one type changes no other that was the same.
            windows = {
                type_: known["windows"][value["same_as"]] if "same_as" in value else value
                for type_, value in known["windows"].items()
            }
            for type_ in self.types:
                chain = (type_, self.named.get(type_, type_), ALL)
                key = next((key for key in chain if key in each["windows"]), None)
                if key is not None:
                    here = (*path, "windows", key)
                    self.origins["care.yaml", (*path, "windows", type_)] = here
                    windows[type_] = self._window(id_, here, each["windows"][key])
            care[id_] = {"label": each.get("label", known["label"]), "windows": windows}
        return care

    def _window(self, id_: str, path: Path, window: Plain) -> Plain:
        row = self._row("care", id_, path)
        self._rows[row] = {**self._rows[row], "paraphrase": window["text"]}
        return {**window, "evidence": [row, *window.get("evidence", [])]}

    def _row(self, subject: str, id_: str, path: Path) -> str:
        """Return the id of a new row of evidence, which stands for the clinic's own word."""
        row = self._free(f"CLINIC-{len(self._rows) + 1}", self.base["evidence"])
        self._rows[row] = {
            "grade": "B",
            "treatment": path[-1] if path[-1] in self.types else "any",
            "subject": f"{subject}:{id_}",
            "modality": "do",
            "min_hours": None,
            "max_hours": None,
            "paraphrase": _UNSAID,
        }
        return row

    def _fill_row(self, row: str, rule: Plain, reason: str | None) -> None:
        """Let the clinic's row say what the clinic's rule says."""
        restricting = [phase for phase in rule["phases"] if phase["verdict"] != "allowed"]
        closed = any(phase["verdict"] in {"avoid", "ask"} for phase in restricting)
        hours = end_of(restricting[-1]) if restricting else None
        self._rows[row] |= {
            "modality": "avoid" if closed else "limited" if restricting else "do",
            "min_hours": hours,
            "max_hours": hours,
            "paraphrase": reason or rule["phases"][0]["reason"],
        }

    def _source(self) -> Plain:
        overlay = self.overlay
        return {
            "title": f"Protocol {overlay['name']} {overlay['version']}, {overlay['reviewer']}",
            "publisher": overlay["clinic"]["name"],
            "url": None,
            "grade": "B",
            "read": overlay["reviewed"],
        }

    def _free(self, id_: str, taken: Iterable[str]) -> str:
        while id_ in taken:
            id_ = id_.replace("clinic", "own-clinic").replace("CLINIC", "OWN-CLINIC")
        return id_

    def _check_types(self, path: Path, by_type: Plain) -> None:
        allowed = (*self.types, ALL)
        for type_ in by_type:
            if type_ not in allowed:
                self._note((*path, type_), "unknown treatment type", type_, allowed)

    def _note(
        self,
        path: Path,
        message: str,
        given: str = "",
        allowed: Iterable[str] = (),
        near: Iterable[str] | None = None,
    ) -> None:
        """Note a problem of the protocol; `given` is compared with what is allowed or near."""
        known = path
        while known and (self.file, known) not in self.report.lines:
            known = known[:-1]
        line = self.report.lines.get((self.file, known), 1)
        close = get_close_matches(given, list(allowed if near is None else near), n=1)
        self.report.add(self.file, line, path, message, allowed=allowed, near=close)
