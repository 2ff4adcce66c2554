"""How many of the words that people type are read right, and how long one text takes."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.words import question, rows, shares  # noqa: E402

from mesocare.app.words import activity, sign  # noqa: E402
from mesocare.rules.loader import load_rules  # noqa: E402

MILLISECONDS = 1000


def main() -> None:
    """Print both."""
    rules = load_rules()
    asked = question(rules)
    print("| texts | read right |\n| --- | --- |")
    for kind, (right, all_) in shares(rules).items():
        print(f"| {kind} | {right} of {all_} ({100 * right / all_:.1f} %) |")
    took = []
    for read, name in ((activity, "activities"), (sign, "signs")):
        for row in rows(name):
            began = time.perf_counter()
            read(row.phrase, asked)
            took.append((time.perf_counter() - began) * MILLISECONDS)
    print(f"\nOne text: median {statistics.median(took):.2f} ms, the first {max(took):.1f} ms.")
    print(f"Tables: {sum(map(len, rules.tables().values())) / 1000:.0f} kB.")


if __name__ == "__main__":
    main()
