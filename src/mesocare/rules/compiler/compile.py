"""The files of a rule set -> its plain values, or the list of everything wrong with them."""

from __future__ import annotations

from typing import Any

from mesocare.parsing.packing import packed
from mesocare.rules.compiler.integrity import Checker
from mesocare.rules.compiler.products import TABLE, kept_products, product_problems
from mesocare.rules.format import evidence_tsv, ingredients_tsv, reader, schema
from mesocare.rules.format.diagnostics import Problem, Report

# What most questions do without.
PACKED = ("words", "before", "details")


def compile_rules(contents: dict[str, bytes]) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the plain values and the problems found; values only if every file could be read.

    Args:
        contents: The content of the rule set's files by name relative to its directory.
    """
    report = Report()
    texts = {name: report.decoded(name, content) or "" for name, content in contents.items()}
    records: dict[str, Any] = {
        name: reader.parse_yaml(name, texts[name], shape, report)
        for name, shape in schema.FILES.items()
    }
    groups, files = _groups(texts, report)
    rows = evidence_tsv.parse_evidence("evidence.tsv", texts["evidence.tsv"], report)
    named = ingredients_tsv.parse_ingredients(TABLE, texts[TABLE], report)
    unreadable = report.files()
    if None in records.values() or None in groups.values() or unreadable & {"evidence.tsv", TABLE}:
        return None, report.listed()  # too little is left to say how it holds together
    plain = _plain(records, texts)
    plain |= {"evidence": rows, "groups": groups}
    plain["products"] = {**records["ingredients.yaml"], "rows": named}
    checked = Report(lines=report.lines)
    Checker(plain, files, checked).run()
    for file, path, message in product_problems(plain):
        checked.at(file, path, message)
    if not (report.problems or checked.problems):
        # Read again only when they are asked for, or for a protocol.
        for part in PACKED:
            plain[part] = packed(plain[part])
        plain["products"] = packed(kept_products(plain))
    # Where a value could not be read, what seems to be missing may only be unread.
    report.problems |= {each: None for each in checked.problems if each.file not in unreadable}
    return plain, report.listed()


def _plain(records: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """Return the plain values of the files that have one shape."""
    return {
        "ruleset": records["ruleset.yaml"],
        "sources": records["sources.yaml"]["sources"],
        "reactions": records["reactions.yaml"]["reactions"],
        "red_flags": records["red_flags.yaml"]["red_flags"],
        "care": records["care.yaml"]["care"],
        "course": records["course.yaml"]["course"],
        "triage": records["triage.yaml"],
        "ledger": records["ledger.yaml"]["not_used"],
        "details": {
            "with": records["details/substances.yaml"]["substances"],
            "about": records["details/factors.yaml"]["factors"],
        },
        "before": {
            "leave_out": records["before/leave-out.yaml"]["leave_out"],
            "checklist": records["before/checklist.yaml"],
        },
        "words": {
            **{kind: records[f"words/{kind}.yaml"] for kind in ("forms", "activities", "signs")},
            "english": texts["words/english.txt"].split(),
        },
        "sign_names": {},
        "names": {},  # filled while checking that no name leads to two places
    }


def _groups(
    texts: dict[str, str], report: Report
) -> tuple[dict[str, dict[str, Any] | None], dict[str, str]]:
    """Return the groups by id, and the file each is written in; `None` for a broken one."""
    groups: dict[str, dict[str, Any] | None] = {}
    files: dict[str, str] = {}
    for name in (name for name in texts if name.startswith("activities/")):
        group = reader.parse_yaml(name, texts[name], schema.ACTIVITIES, report)
        id_ = group["group"] if group else name
        if group and name != f"activities/{id_}.yaml":
            report.at(name, ("group",), f"the group {id_!r} belongs in activities/{id_}.yaml")
        groups[id_], files[id_] = group, name
    return groups, files
