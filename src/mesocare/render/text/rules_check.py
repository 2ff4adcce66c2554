"""The problems of rule files: for people, as JSON, as GitHub annotations and as SARIF 2.1.0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from mesocare import __version__
from mesocare.render.json.answers import dumped
from mesocare.rules.quality.findings import BROKEN
from mesocare.rules.quality.lint import CHECKS
from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesocare.rules.quality.findings import Finding

Plain = dict[str, Any]

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ABOUT = {BROKEN: "A rule file that cannot be used as it stands", **CHECKS}


class Checked(NamedTuple):
    """One rule set or protocol and everything wrong with it. `name` is how it was given."""

    name: str
    findings: Sequence[Finding]


def check_text(checked: Sequence[Checked]) -> str:
    """Return one line for each problem and one for each rule set.

    The lines are not wrapped, so that an editor can follow `file:line`.
    """
    lines = []
    for each in checked:
        lines += [
            f"{printable(found.file)}:{found.problem.line}: {_said(found)}"
            for found in each.findings
        ]
        count = len(each.findings)
        said = "no problems" if not count else f"{count} problem{'' if count == 1 else 's'}"
        lines.append(f"{printable(each.name)}: {said}")
    return "".join(f"{line}\n" for line in lines)


def _said(found: Finding) -> str:
    name = "" if found.check == BROKEN else f" [{found.check}]"
    return found.problem.unplaced + name


def check_json(checked: Sequence[Checked]) -> str:
    """Return the problems as `mesocare.rules-check/1`."""
    return dumped(
        {
            "schema": "mesocare.rules-check/1",
            "checked": [
                {
                    "name": each.name,
                    "problems": [
                        {
                            "check": found.check,
                            "file": found.file,
                            "line": found.problem.line,
                            "path": found.problem.path,
                            "message": found.problem.message,
                            "allowed": list(found.problem.allowed),
                            "suggestion": found.problem.suggestion,
                        }
                        for found in each.findings
                    ],
                }
                for each in checked
            ],
        }
    )


def check_github(checked: Sequence[Checked]) -> str:
    """Return workflow commands, by which GitHub shows each problem beside its line."""
    lines = []
    for each in checked:
        for found in each.findings:
            title = _property(_ABOUT[found.check])
            place = f"file={_property(found.file)},line={found.problem.line},title={title}"
            lines.append(f"::error {place}::{_data(found.problem.unplaced)}\n")
    return "".join(lines)


def _data(text: str) -> str:
    """Return a message as a workflow command takes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return a property's value, in which `:` and `,` mean something too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def check_sarif(checked: Sequence[Checked]) -> str:
    """Return a SARIF 2.1.0 log with one run, empty where nothing is wrong."""
    found = [found for each in checked for found in each.findings]
    order = list(_ABOUT)
    driver = {
        "name": "mesocare",
        "version": __version__,
        "rules": [{"id": id_, "shortDescription": {"text": _ABOUT[id_]}} for id_ in order],
    }
    results = [_result(each, order.index(each.check)) for each in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return dumped({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(found: Finding, rule: int) -> Plain:
    absolute = found.file.startswith("/") or found.file[1:2] == ":"
    uri = quote(found.file, safe="/:" if absolute else "/")
    location: Plain = {
        "physicalLocation": {
            "artifactLocation": {"uri": _absolute(uri) if absolute else uri},
            "region": {"startLine": found.problem.line},
        }
    }
    if found.problem.path:
        location["logicalLocations"] = [{"fullyQualifiedName": found.problem.path}]
    return {
        "ruleId": found.check,
        "ruleIndex": rule,
        "level": "error",
        "message": {"text": found.problem.unplaced},
        "locations": [location],
    }


def _absolute(path: str) -> str:
    return f"file://{path}" if path.startswith("/") else f"file:///{path}"


FORMATS: dict[str, Callable[[Sequence[Checked]], str]] = {
    "text": check_text,
    "json": check_json,
    "github": check_github,
    "sarif": check_sarif,
}
