"""Every problem of a rule set, and the line of every value that was read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from mesocare.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]

EVIDENCE_ID = re.compile(r"[A-Z][0-9]{3}(-[0-9]{3})?|[A-Z][A-Z0-9-]{0,30}[0-9]")


class Problem(NamedTuple):
    """Something wrong in a rule file.

    Attributes:
        file: The file's name, relative to the rule set's directory.
        line: The line, counted from 1.
        path: The place within the document: `items.foundation.rules.face`.
        message: What is wrong.
        allowed: The values that are possible there, if they can be listed.
        suggestion: Which of them was probably meant.
    """

    file: str
    line: int
    path: str
    message: str
    allowed: tuple[str, ...] = ()
    suggestion: str | None = None

    @property
    def text(self) -> str:
        """The message with the suggestion and what is allowed."""
        near = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        allowed = f"; allowed here: {', '.join(self.allowed)}" if self.allowed else ""
        return f"{self.message}{near}{allowed}"

    @property
    def unplaced(self) -> str:
        """The problem without its line: `path: message`, fit for a terminal."""
        return printable(f"{self.path}: {self.text}" if self.path else self.text)

    def __str__(self) -> str:
        """Return `file:line: path: message`, fit for a terminal."""
        return f"{printable(self.file)}:{self.line}: {self.unplaced}"


@dataclass
class Report:
    """Every problem found so far, and the line of every value that was read."""

    problems: dict[Problem, None] = field(default_factory=dict)
    lines: dict[tuple[str, Path], int] = field(default_factory=dict)

    def add(  # noqa: PLR0913 - one parameter for each thing to say
        self,
        file: str,
        line: int,
        path: Path,
        message: str,
        *,
        allowed: Iterable[str] = (),
        near: Iterable[str] = (),
    ) -> None:
        """Note a problem at a known line (counted from 1)."""
        where = ".".join(str(step) for step in path)
        suggestion = next(iter(near), None)
        self.problems[Problem(file, line, where, message, tuple(allowed), suggestion)] = None

    def decoded(self, file: str, content: bytes) -> str | None:
        """Return a file's text; what is not UTF-8 is noted as a problem, and is no text."""
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.add(file, line, (), f"not UTF-8 text: byte {content[error.start]:#04x}")
            return None

    def at(self, file: str, path: Path, message: str) -> None:
        """Note a problem at a value that was read earlier, or at the nearest thing above it."""
        known = path
        while known and (file, known) not in self.lines:
            known = known[:-1]
        self.add(file, self.lines.get((file, known), 1), path, message)

    def files(self) -> set[str]:
        """Return the files in which something is wrong."""
        return {problem.file for problem in self.problems}

    def listed(self) -> list[Problem]:
        """Return the problems in the order of files and lines."""
        return sorted(self.problems, key=lambda problem: problem[:2])

    def texts(self) -> list[str]:
        """Return the problems as `path: message`, for what has no lines, fit for a terminal."""
        return [problem.unplaced for problem in self.problems]
