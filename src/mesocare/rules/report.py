"""Every problem of a rule set, and the line of every value that was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

EVIDENCE_ID = re.compile(r"[A-Z][0-9]{3}(-[0-9]{3})?|[A-Z][A-Z0-9-]{0,30}[0-9]")


@dataclass
class Report:
    """Every problem found so far, and the line of every value that was read."""

    problems: dict[tuple[str, int, str], None] = field(default_factory=dict)
    lines: dict[tuple[str, Path], int] = field(default_factory=dict)

    def add(self, file: str, line: int, path: Path, message: str) -> None:
        """Note a problem at a known line (counted from 1)."""
        where = ".".join(str(step) for step in path)
        self.problems[file, line, f"{where}: {message}" if where else message] = None

    def at(self, file: str, path: Path, message: str) -> None:
        """Note a problem at a value that was read earlier, or at the nearest thing above it."""
        known = path
        while known and (file, known) not in self.lines:
            known = known[:-1]
        self.add(file, self.lines.get((file, known), 1), path, message)

    def files(self) -> set[str]:
        """Return the files in which something is wrong."""
        return {file for file, _, _ in self.problems}

    def listed(self) -> list[str]:
        """Return the problems as `file:line: path: message`, in that order, fit for a terminal."""
        ordered = sorted(self.problems, key=lambda problem: problem[:2])
        return [_printable(f"{file}:{line}: {text}") for file, line, text in ordered]

    def texts(self) -> list[str]:
        """Return the problems as `path: message`, for what has no lines, fit for a terminal."""
        return [_printable(text) for _, _, text in self.problems]


def _printable(text: str) -> str:
    """Return the text with everything that a terminal could take for a command spelled out."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape", "replace").decode()
        for each in text
    )
