"""The files of a rule set -> its plain values, or the list of everything wrong with them."""

from __future__ import annotations

from typing import Any

from mesocare.rules import parse, schema
from mesocare.rules.check import Checker


def compile_rules(contents: dict[str, bytes]) -> tuple[dict[str, Any] | None, list[str]]:
    """Return the plain values and the problems found; values only if every file could be read.

    Args:
        contents: The content of the rule set's files by name relative to its directory.
    """
    report = parse.Report()
    texts = {name: _decode(name, content, report) for name, content in contents.items()}
    records: dict[str, Any] = {
        name: parse.parse_yaml(name, texts[name], shape, report)
        for name, shape in schema.FILES.items()
    }
    groups, files = _groups(texts, report)
    evidence = parse.parse_evidence("evidence.tsv", texts["evidence.tsv"], report)
    if report.problems or None in records.values():
        return None, _listed(report)
    plain = {
        "ruleset": records["ruleset.yaml"],
        "sources": records["sources.yaml"]["sources"],
        "evidence": evidence,
        "groups": groups,
        "reactions": records["reactions.yaml"]["reactions"],
        "red_flags": records["red_flags.yaml"]["red_flags"],
        "care": records["care.yaml"]["care"],
        "course": records["course.yaml"]["course"],
        "ledger": records["ledger.yaml"]["not_used"],
        "names": {},  # filled while checking that no name leads to two places
    }
    Checker(plain, files, report).run()
    return plain, _listed(report)


def _decode(name: str, content: bytes, report: parse.Report) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        report.add(name, line, (), f"not UTF-8 text: byte {content[error.start]:#04x}")
        return ""


def _groups(
    texts: dict[str, str], report: parse.Report
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return the groups by id, and the file each is written in."""
    groups: dict[str, dict[str, Any]] = {}
    files: dict[str, str] = {}
    for name in (name for name in texts if name.startswith("activities/")):
        group = parse.parse_yaml(name, texts[name], schema.ACTIVITIES, report)
        if group is None:
            continue
        id_ = group["group"]
        if name != f"activities/{id_}.yaml":
            report.at(name, ("group",), f"the group {id_!r} belongs in activities/{id_}.yaml")
        groups[id_], files[id_] = group, name
    return groups, files


def _listed(report: parse.Report) -> list[str]:
    """Return the problems in the order of files and lines, each once."""
    return sorted(dict.fromkeys(report.problems), key=_place)


def _place(problem: str) -> tuple[str, int]:
    file, line, _ = problem.split(":", 2)
    return file, int(line)
