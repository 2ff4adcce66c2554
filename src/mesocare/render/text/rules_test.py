"""What became of cases: for people as a list of differences, as JSON, and as JUnit XML."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from mesocare.render.json.answers import dumped
from mesocare.render.json.answers import rules as rules_json
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Identity
    from mesocare.rules.quality.case_runner import Outcome

Plain = dict[str, Any]

# What XML 1.0 cannot hold, not even escaped.
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def outcomes_text(outcomes: Sequence[Outcome], identity: Identity) -> str:
    """Return what went wrong, case by case, and how many passed."""
    failed = [each for each in outcomes if not each.passed]
    lines = []
    for each in failed:
        case = each.case
        lines.append(f"{printable(case.file)}:{case.line}: {case.id}")
        lines += [f"  {line}" for line in _details(each)]
        lines.append("")
    name = f"{identity.name} {identity.version}"
    count = f"{len(outcomes)} case{'' if len(outcomes) == 1 else 's'}"
    lines.append(f"{name}: {count}, {len(outcomes) - len(failed)} passed, {len(failed)} failed")
    return "".join(f"{line}\n" for line in lines)


def _details(outcome: Outcome) -> list[str]:
    """Return what differs, why it was expected, and what decided, a line each."""
    lines = []
    if outcome.error is not None:
        lines.append(f"no answer: {outcome.error}")
    for each in outcome.differences:
        expected, got = _shown(each.expected, outcome), _shown(each.got, outcome)
        lines.append(f"{each.key}: expected {expected}, got {got}")
    lines.append(f"why: {outcome.case.why}")
    if outcome.decided:
        lines.append(f"decided by: {outcome.decided}")
    return lines


def _shown(value: object, outcome: Outcome) -> str:
    """Return a value as a case would write it; times in the zone of the first treatment."""
    if isinstance(value, datetime):
        return value.astimezone(outcome.case.zone).isoformat(timespec="minutes")
    if isinstance(value, list):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def outcomes_json(outcomes: Sequence[Outcome], identity: Identity) -> str:
    """Return the outcomes as `mesocare.rules-test/1`."""
    return dumped(
        {
            "schema": "mesocare.rules-test/1",
            "rules": rules_json(identity),
            "passed": sum(each.passed for each in outcomes),
            "failed": sum(not each.passed for each in outcomes),
            "cases": [_case(each) for each in outcomes],
        }
    )


def _case(outcome: Outcome) -> Plain:
    case = outcome.case
    return {
        "id": case.id,
        "file": case.file,
        "line": case.line,
        "passed": outcome.passed,
        "error": outcome.error,
        "differences": [
            {
                "key": each.key,
                "expected": _shown(each.expected, outcome),
                "got": _shown(each.got, outcome),
            }
            for each in outcome.differences
        ],
        "why": case.why,
        "decided_by": outcome.decided or None,
    }


def junit_xml(outcomes: Sequence[Outcome], identity: Identity) -> str:
    """Return JUnit XML: a suite for each file, a failure or an error with its details."""
    root = ET.Element("testsuites", name=_clean(f"{identity.name} {identity.version}"))
    by_file: dict[str, list[Outcome]] = {}
    for each in outcomes:
        by_file.setdefault(each.case.file, []).append(each)
    for file, group in by_file.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(file), **_counts(group)})
        for each in group:
            name = {"classname": _clean(file), "name": _clean(each.case.id)}
            case = ET.SubElement(suite, "testcase", name)
            if not each.passed:
                kind = "failure" if each.error is None else "error"
                details = _details(each)
                told = ET.SubElement(case, kind, message=_clean(details[0]), type=kind)
                told.text = _clean("\n".join([f"{file}:{each.case.line}", *details]))
    root.attrib.update(_counts(outcomes))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    errors = sum(each.error is not None for each in outcomes)
    failures = sum(not each.passed for each in outcomes) - errors
    counts = {"tests": len(outcomes), "failures": failures, "errors": errors, "skipped": 0}
    return {key: str(count) for key, count in counts.items()}


def _clean(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
