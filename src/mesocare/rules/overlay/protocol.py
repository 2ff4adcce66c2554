"""A clinic's protocol: a YAML file laid over a rule set.

It is applied to the plain values, before anything is built of them, so that what comes out is an
ordinary rule set: checked by the same checks, kept in the same cache, answered by the same engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.rules.format.diagnostics import Report
from mesocare.rules.overlay.extends import extended

if TYPE_CHECKING:
    from mesocare.rules.format.diagnostics import Path, Problem

Plain = dict[str, Any]


def compile_protocol(
    file: str, content: bytes, base: Plain, sha256: str
) -> tuple[Plain | None, list[Problem]]:
    """Return the plain values of a rule set under a protocol, and the problems of the protocol.

    Args:
        file: The protocol's name, for the problems.
        content: What is in it.
        base: The plain values of the rule set it extends, checked.
        sha256: The digest of that rule set's content.

    Returns:
        The values, or `None` where too little could be read to say how it holds together.
    """
    from mesocare.parsing.packing import packed
    from mesocare.rules.compiler.compile import PACKED
    from mesocare.rules.compiler.integrity import Checker
    from mesocare.rules.format import reader
    from mesocare.rules.overlay.header import Overlay
    from mesocare.rules.overlay.merge import merged
    from mesocare.rules.overlay.protocol_schema import PROTOCOL

    report = Report()
    text = report.decoded(file, content)
    if text is None:
        return None, report.listed()
    said = reader.parse_yaml(file, text, PROTOCOL, report)
    if said is None or report.problems:
        return None, report.listed()
    if said["extends"] != extended(content):
        message = "write it on a line of its own, such as `extends: mesocare`"
        report.at(file, ("extends",), message)
    if said["review_due"] < said["reviewed"]:
        report.at(file, ("review_due",), "lies before the day of the review")
    overlay = Overlay(base, said, file, report)
    plain = merged(overlay, sha256)
    placed = _Placed(file, overlay.origins, report)
    Checker(plain, overlay.files, placed).run()
    if not (report.problems or placed.elsewhere.problems):
        for part in PACKED:
            plain[part] = packed(plain[part])
    if not report.problems:
        # What is wrong in a place that the protocol did not write follows from what it did write.
        report.problems |= placed.elsewhere.problems
    return plain, report.listed()


class _Placed(Report):
    """Problems of the merged values, noted where the protocol caused them."""

    def __init__(self, file: str, origins: dict[tuple[str, Path], Path], report: Report) -> None:
        super().__init__(lines=report.lines)
        self.elsewhere = Report(lines=report.lines)
        self._file = file
        self._origins = origins
        self._report = report

    def at(self, file: str, path: Path, message: str) -> None:
        """Note a problem at the part of the protocol that the place comes from."""
        for length in range(len(path), -1, -1):
            origin = self._origins.get((file, path[:length]))
            if origin is not None:
                self._report.at(self._file, (*origin, *path[length:]), message)
                return
        self.elsewhere.at(self._file, (), f"{file}: {'.'.join(map(str, path))}: {message}")
