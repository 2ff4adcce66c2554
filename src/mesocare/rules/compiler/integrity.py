"""What must hold across a rule set: known ids, ordered phases, and figures that fit their sources.

Works on the plain values that `parse` read, and reports every problem with its file and line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.parsing.names import names
from mesocare.rules.compiler.figures import longest_washout, nominal_hours, unreasoned
from mesocare.rules.compiler.word_checks import word_problems
from mesocare.rules.format.schema import HIGHEST_SCORE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path, Report

Plain = dict[str, Any]

# By kind: the file, and the key that everything in it is under.
DETAIL_FILES = {
    "with": ("details/substances.yaml", "substances"),
    "about": ("details/factors.yaml", "factors"),
}


class Checker:
    """The cross-checks of one rule set; `run` adds what it finds to the report."""

    def __init__(self, plain: Plain, files: dict[str, str], report: Report) -> None:
        self.plain = plain
        self.files = files
        self.report = report
        self.types = tuple(plain["ruleset"]["types"])
        self.evidence: Plain = plain["evidence"]

    def run(self) -> None:
        """Check everything."""
        self._check_evidence()
        self._check_groups()
        self._check_names()
        self._check_sign_names()
        for file, path, message in word_problems(self.plain):
            self.report.at(file, path, message)
        for group in self.plain["groups"].values():
            self._check_items(group)
        self._check_advice()
        self._check_triage()
        self._check_before()
        self._check_details()
        for file, path, id_ in self._citations():
            if id_ not in self.evidence:
                self.report.at(file, path, f"no row {id_!r} in evidence.tsv")

    def _check_evidence(self) -> None:
        known = ("any", *self.types)
        for id_, row in self.evidence.items():
            if row["source"] not in self.plain["sources"]:
                message = f"no source {row['source']!r} in sources.yaml"
                self.report.at("evidence.tsv", (id_,), message)
            if not set(row["treatment"].split("|")) <= set(known):
                message = f"unknown treatment {row['treatment']!r}; known: {', '.join(known)}"
                self.report.at("evidence.tsv", (id_,), message)

    def _check_groups(self) -> None:
        """Check that the listed groups are those written, and that their items exist."""
        groups = self.plain["groups"]
        ruleset = self.plain["ruleset"]
        listed = [*ruleset["headline_groups"], *ruleset["other_groups"]]
        for name in dict.fromkeys(listed):
            if name not in groups:
                message = f"the group {name!r} has no file in activities/"
                self.report.at("ruleset.yaml", ("headline_groups",), message)
            if listed.count(name) > 1:
                message = f"the group {name!r} is listed twice"
                self.report.at("ruleset.yaml", ("headline_groups",), message)
        items = {id_ for group in groups.values() for id_ in group["items"]}
        for name, group in groups.items():
            file = self.files[name]
            if name not in listed:
                message = f"the group {name!r} is not listed in ruleset.yaml"
                self.report.at(file, ("group",), message)
            for id_ in group.get("includes", []):
                if id_ not in items or id_ in group["items"]:
                    self.report.at(file, ("includes",), f"no item {id_!r} in another group")
            if group["headline"] not in {*group["items"], *group.get("includes", [])}:
                message = f"no item {group['headline']!r} in this group"
                self.report.at(file, ("headline",), message)

    def _check_names(self) -> None:
        """Check that every word people type leads to one place, and note which."""
        owners = self.plain["names"]
        ids: set[str] = set()
        for name, group in self.plain["groups"].items():
            named: list[tuple[str, Path, Plain]] = [(name, (), group)]
            named += [(id_, ("items", id_), item) for id_, item in group["items"].items()]
            for id_, path, each in named:
                if id_ in ids:
                    message = f"the id {id_!r} is used twice"
                    self.report.at(self.files[name], path, message)
                ids.add(id_)
                for key in sorted(names(id_, each["label"], each.get("aliases", []))):
                    if owners.setdefault(key, id_) != id_:
                        message = f"{key!r} already leads to {owners[key]!r}"
                        self.report.at(self.files[name], (*path, "aliases"), message)

    def _check_sign_names(self) -> None:
        """Note where each name of a sign leads; a red flag wins over a reaction of that name."""
        owners = self.plain["sign_names"]
        for kind in ("red_flags", "reactions"):
            for id_, each in self.plain[kind].items():
                for key in sorted(names(id_, each["label"], each.get("aliases", []))):
                    owners.setdefault(key, id_)

    def _check_items(self, group: Plain) -> None:
        file = self.files[group["group"]]
        for id_, item in group["items"].items():
            path: Path = ("items", id_, "rules")
            missing = [type_ for type_ in self.types if type_ not in item["rules"]]
            if missing:
                self.report.at(file, path, f"no rule for {', '.join(missing)}")
            self._check_types(file, path, item["rules"], "phases")
            for type_, rule in item["rules"].items():
                if "phases" in rule:
                    self._check_rule(file, (*path, type_), rule, item.get("harm"))

    def _check_types(self, file: str, path: Path, by_type: Plain, original: str | None) -> None:
        """Check the keys of a table by treatment type, and where `same_as` points.

        That has to be a type with the key `original`, or without one any that is written out.
        """
        for type_, value in by_type.items():
            if type_ not in self.types:
                message = f"unknown treatment type; known: {', '.join(self.types)}"
                self.report.at(file, (*path, type_), message)
            same_as = value.get("same_as")
            meant = by_type.get(same_as, {"same_as": None})
            written = "same_as" not in meant if original is None else original in meant
            if same_as is not None and not written:
                message = f"same_as must name a type written out here, not {same_as!r}"
                self.report.at(file, (*path, type_, "same_as"), message)

    def _check_rule(self, file: str, path: Path, rule: Plain, harm: str | None) -> None:
        phases = rule["phases"]
        last = None
        for n, phase in enumerate(phases):
            here = (*path, "phases", n)
            if (phase["verdict"] == "limited") != ("condition" in phase):
                message = "`limited` needs a condition, and nothing else has one"
                self.report.at(file, here, message)
            if ("until" in phase) != (n < len(phases) - 1):
                message = "every phase but the last ends with `until`; the last one has none"
                self.report.at(file, here, message)
            if "until" in phase:
                hours = nominal_hours(phase["until"])
                if last is not None and hours <= last:
                    self.report.at(file, (*here, "until"), "ends no later than the phase before")
                last = hours
        if "rationale" not in rule:
            for n, complaint in unreasoned(phases, harm, self.evidence, self.plain["sources"]):
                self.report.at(file, (*path, "phases", n), complaint + ": write a `rationale`")

    def _check_advice(self) -> None:
        for id_, reaction in self.plain["reactions"].items():
            path: Path = ("reactions", id_, "expected")
            self._check_types("reactions.yaml", path, reaction["expected"], "until")
        for id_, care in self.plain["care"].items():
            self._check_types("care.yaml", ("care", id_, "windows"), care["windows"], "text")
        for id_, flag in self.plain["red_flags"].items():
            types: Plain = {type_: {} for type_ in flag.get("types", [])}
            self._check_types("red_flags.yaml", ("red_flags", id_, "types"), types, "")
        self._check_types("course.yaml", ("course",), self.plain["course"], "sessions")
        for type_, course in self.plain["course"].items():
            ranges = {key: course[key] for key in ("sessions", "spacing", "maintenance")}
            for key, each in ranges.items():
                low, high = (nominal_hours(each[end]) for end in ("min", "max"))
                if low > high:
                    self.report.at("course.yaml", ("course", type_, key), "min is above max")

    def _check_triage(self) -> None:
        """Check that triage names signs that exist, and scores that can be given."""
        triage, file = self.plain["triage"], "triage.yaml"
        flags, reactions = self.plain["red_flags"], self.plain["reactions"]
        for id_ in sorted(set(flags) & set(reactions)):
            message = f"the id {id_!r} is that of a reaction"
            self.report.at("red_flags.yaml", ("red_flags", id_), message)
        strong, fever, nodules = triage["strong"], triage["fever"], triage["nodules"]
        named: list[tuple[Path, str]] = [
            (("worse", "flag"), triage["worse"]["flag"]),
            *((("strong", "flags", sign), flag) for sign, flag in strong["flags"].items()),
            (("strong", "soon", "flag"), strong["soon"]["flag"]),
            (("fever", "flag"), fever["flag"]),
            (("fever", "with_signs", "flag"), fever["with_signs"]["flag"]),
            (("nodules", "flag"), nodules["flag"]),
        ]
        for path, id_ in named:
            if id_ not in flags:
                self.report.at(file, path, f"no red flag {id_!r} in red_flags.yaml")
        signs: list[tuple[Path, str]] = [
            *((("strong", "flags", id_), id_) for id_ in strong["flags"]),
            *((("strong", "soon", "signs"), id_) for id_ in strong["soon"]["signs"]),
            *((("fever", "with_signs", "signs"), id_) for id_ in fever["with_signs"]["signs"]),
            *((("nodules", "signs"), id_) for id_ in nodules["signs"]),
        ]
        for path, id_ in signs:
            if id_ not in flags and id_ not in reactions:
                self.report.at(file, path, f"no reaction and no red flag {id_!r}")
        scores = (("worse", "rise"), ("worse", "steady_rise"), ("strong", "score"))
        for rule, key in scores:
            if triage[rule][key] > HIGHEST_SCORE:
                self.report.at(file, (rule, key), f"scores run to {HIGHEST_SCORE}")

    def _check_before(self) -> None:
        """Check that a washout is no shorter than its sources say, unless a rationale says why."""
        file = "before/leave-out.yaml"
        items = {id_ for group in self.plain["groups"].values() for id_ in group["items"]}
        for id_, each in self.plain["before"]["leave_out"].items():
            path: Path = ("leave_out", id_)
            for n, activity in enumerate(each.get("activities", ())):
                if activity not in items:
                    self.report.at(file, (*path, "activities", n), f"no item {activity!r}")
            self._check_types(file, (*path, "washouts"), each["washouts"], None)
            for type_, one in each["washouts"].items():
                longest = longest_washout(one, self.evidence)
                chosen = nominal_hours(one["span"]) if "span" in one else longest
                if chosen != longest and "rationale" not in one:
                    message = (
                        f"{chosen} h; the longest credible is {longest} h: write a `rationale`"
                    )
                    self.report.at(file, (*path, "washouts", type_), message)
        for kind, points in self.plain["before"]["checklist"].items():
            for id_, point in points.items():
                types: Plain = {type_: {} for type_ in point.get("types", [])}
                self._check_types("before/checklist.yaml", (kind, id_, "types"), types, "")

    def _check_details(self) -> None:
        """Check that details name what there is, and that none of their rules loosens unsaid."""
        items = {
            id_: item
            for group in self.plain["groups"].values()
            for id_, item in group["items"].items()
        }
        self._check_detail_names()
        for kind, (file, root) in DETAIL_FILES.items():
            known = self.plain["details"][kind]
            for id_, each in known.items():
                path: Path = (root, id_)
                types: Plain = {type_: {} for type_ in each.get("types", [])}
                self._check_types(file, (*path, "types"), types, "")
                for other in each.get("excludes", ()):
                    if other not in known:
                        self.report.at(file, (*path, "excludes"), f"there is no {other!r}")
                for flag in each.get("flags", {}):
                    if flag not in self.plain["red_flags"]:
                        message = f"no red flag {flag!r} in red_flags.yaml"
                        self.report.at(file, (*path, "flags", flag), message)
                for item, rules in each.get("rules", {}).items():
                    here = (*path, "rules", item)
                    if item not in items:
                        self.report.at(file, here, f"no item {item!r}")
                        continue
                    self._check_types(file, here, rules, "phases")
                    self._check_detail_rules(file, here, rules, items[item])

    def _check_detail_names(self) -> None:
        """Check that an id is used once, and that every word of a kind leads to one place."""
        ids: set[str] = set()
        for kind, (file, root) in DETAIL_FILES.items():
            owners: dict[str, str] = {}
            for id_, each in self.plain["details"][kind].items():
                if id_ in ids:
                    self.report.at(file, (root, id_), f"the id {id_!r} is used twice")
                ids.add(id_)
                for key in sorted(names(id_, each["label"], each["aliases"])):
                    if owners.setdefault(key, id_) != id_:
                        message = f"{key!r} already leads to {owners[key]!r}"
                        self.report.at(file, (root, id_, "aliases"), message)

    def _check_detail_rules(self, file: str, path: Path, rules: Plain, item: Plain) -> None:
        for type_, rule in rules.items():
            if "as" in rule and rule["as"] not in item["rules"]:
                self.report.at(file, (*path, type_, "as"), f"no rule for {rule['as']!r}")
            if "phases" not in rule:
                continue
            # As if what follows were open; whether it is, the treatment's own rule says.
            ended = rule["phases"]
            if ended and "until" in ended[-1]:
                ended = [*ended, {"verdict": "allowed", "reason": "-", "evidence": []}]
            self._check_rule(file, (*path, type_), {**rule, "phases": ended}, item.get("harm"))

    def _citations(self) -> Iterator[tuple[str, Path, str]]:
        """Yield every place that cites evidence."""
        for name, group in self.plain["groups"].items():
            yield from evidence_in(self.files[name], (), group)
        for name in ("reactions", "red_flags", "care", "course"):
            yield from evidence_in(f"{name}.yaml", (name,), self.plain[name])
        yield from evidence_in("triage.yaml", (), self.plain["triage"])
        for kind, (file, root) in DETAIL_FILES.items():
            yield from evidence_in(file, (root,), self.plain["details"][kind])
        before = self.plain["before"]
        yield from evidence_in("before/leave-out.yaml", ("leave_out",), before["leave_out"])
        yield from evidence_in("before/checklist.yaml", (), before["checklist"])
        for id_ in self.plain["ledger"]:
            yield "ledger.yaml", ("not_used", id_), id_


def evidence_in(file: str, path: Path, value: object) -> Iterator[tuple[str, Path, str]]:
    """Yield every id in a list called `evidence`, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "evidence":
                yield from ((file, (*path, key, n), id_) for n, id_ in enumerate(inner))
            else:
                yield from evidence_in(file, (*path, key), inner)
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from evidence_in(file, (*path, n), inner)
