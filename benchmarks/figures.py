"""What every benchmark says in the end: ratios in a table, and the same where README quotes it."""

from __future__ import annotations

import platform
import re
import statistics
from pathlib import Path
from typing import NamedTuple

README = Path(__file__).resolve().parents[1] / "README.md"


class Row(NamedTuple):
    """One comparison: what ran, beside what, the bound if one is promised, the measured ratios."""

    what: str
    beside: str
    bound: float | None
    ratios: list[float]

    def cells(self) -> tuple[str, str, str, str]:
        """Return the row's cells: the two commands, the median and the promise."""
        median = statistics.median(self.ratios)
        return (
            self.what,
            self.beside,
            f"{median:.2f}",
            "" if self.bound is None else f"{self.bound:g}",
        )


def tell(rows: list[Row], how: str, marks: str | None = None) -> None:
    """Print the comparisons and how they were measured.

    Args:
        rows: The comparisons.
        how: What was run, and how often.
        marks: The name of the place in README.md where they are written too; nowhere if left out.
    """
    head = ("what", "beside", "median ratio", "promised at most")
    lines = [head, ("---",) * len(head), *(row.cells() for row in rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    text = f"{table}\n\n{how}, Python {platform.python_version()} on {platform.system()}."
    print(text)
    if marks is not None:
        begin, end = f"<!-- {marks} -->", f"<!-- end of {marks} -->"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        block = f"{begin}\n{text}\n{end}"
        content = README.read_text(encoding="utf-8")
        README.write_text(re.sub(pattern, lambda _: block, content, flags=re.DOTALL), "utf-8")
