"""Check generated patients in bulk; print times and memory as ratios, measured in one run.

The yardstick is the simplest loop that could do the same: `csv.reader`, `fromisoformat`, a
`bisect` for each activity, `csv.writer`; it checks nothing. Machines are shared and noisy, so the
two run in turn and what counts is the median of the pairs' ratios. Nothing here fails for being
slow: the figures are for reading, and `--readme` writes them where README quotes them.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from figures import Row, tell

AT = "2026-11-22T09:00"
TYPES = ("face", "scalp", "brightening")
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Australia/Sydney")
STREAM = ("--engine", "stream")
SMALL = 100_000
# One row in so many is written in another way than `2026-11-01T14:30`.
ODD = 50
# So many rows in ten say what was injected or who was treated.
DETAILED = 3
LOOP = """
import csv, pickle, sys
from bisect import bisect_right
from datetime import datetime

with open(sys.argv[1], "rb") as file:
    tables = pickle.load(file)
with open(sys.argv[2], newline="") as source, open(sys.argv[3], "w", newline="") as target:
    rows, out = csv.reader(source), csv.writer(target)
    out.writerow([*next(rows), *tables[0]])
    per_key = tables[1]
    for row in rows:
        try:
            treated = datetime.fromisoformat(row[1])
        except ValueError:
            continue
        for breaks, verdicts in per_key[row[2], row[3]]:
            row.append(verdicts[bisect_right(breaks, treated)])
        out.writerow(row)
"""


class Run(NamedTuple):
    """What a process took: seconds, and its peak of resident memory in KiB."""

    seconds: float
    memory: int


def patients(
    path: Path, rows: int, *, odd: bool = True, at_night: bool = False, form: str = "%Y-%m-%dT%H:%M"
) -> Path:
    """Write so many patients, treated within the last 120 days, most of them to the minute.

    Args:
        path: The file.
        rows: How many.
        odd: Whether some are written in another way.
        form: How the time of a treatment is written.
        at_night: Whether they were treated round the clock, and so at times that clocks left out
            as well; otherwise between 08:00 and 20:00, as a clinic's are.
    """
    random_ = random.Random(rows)  # noqa: S311 - patients, not secrets
    at = datetime.fromisoformat(AT)
    with path.open("w", encoding="utf-8") as file:
        file.write("patient_id,treated,type,tz,clinic\n")
        for n in range(rows):
            day = (at - timedelta(days=random_.randrange(1, 121))).replace(hour=0, minute=0)
            hours = (0, 24) if at_night else (8, 20)
            treated = day + timedelta(minutes=random_.randrange(hours[0] * 60, hours[1] * 60))
            text = treated.strftime(form)
            if odd and n % ODD == 0:
                text = text[:10] if n % (2 * ODD) else f"{text}+00:00"
            file.write(
                f"P{n:08d},{text},{random_.choice(TYPES)},{random_.choice(ZONES)},Rose Clinic\n"
            )
    return path


def detailed(source: Path, target: Path) -> Path:
    """Write patients again with two columns more: what was injected, and who was treated.

    A row with details has one or two of all that go with its type.
    """
    random_ = random.Random(DETAILED)  # noqa: S311 - patients, not secrets
    fitting = {type_: details(type_) for type_ in TYPES}
    with source.open(newline="") as given, target.open("w", newline="") as file:
        rows, out = csv.reader(given), csv.writer(file, lineterminator="\n")
        out.writerow([*next(rows), "with", "about"])
        for row in rows:
            some = random_.randrange(10) < DETAILED
            out.writerow([*row, *(random_.choice(fitting[row[2]]) if some else ("", ""))])
    return target


def details(type_: str) -> list[tuple[str, str]]:
    """Return each detail, and each pair of a substance and a factor, that goes with a type."""
    from itertools import product

    from mesocare.errors import TreatmentError
    from mesocare.parsing.details import details_of
    from mesocare.rules.loader import load_rules

    rules = load_rules()
    kinds = [
        [None, *(each for each in rules.details().values() if each.kind == kind)]
        for kind in ("with", "about")
    ]
    found = []
    for pair in product(*kinds):
        try:
            if details_of(type_, [each for each in pair if each is not None], rules):
                found.append(tuple("" if each is None else each.id for each in pair))
        except TreatmentError:
            continue
    return [(substance, factor) for substance, factor in found]


def compared(source: Path, folder: Path, rows: int, runs: int, *how: str) -> Row:
    """Compare patients of whom some have details with the same of whom nothing is said."""
    target, more = folder / "out.csv", detailed(source, folder / "detailed.csv")
    both = [(check(more, target, *how), check(source, target, *how)) for _ in range(runs)]
    more.unlink()
    ratios = [one.seconds / other.seconds for one, other in both]
    told = f"`check`, {rows:,} patients, {DETAILED} in 10 with details"
    return Row(told, "without", 1.25, ratios)


def measured(command: list[str]) -> Run:
    """Run a process to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    # 1: some were rejected; clocks that were put forward skip the times of a few patients.
    if process.returncode not in {0, 1}:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(took, usage.ru_maxrss)


def check(source: Path, target: Path, *more: str) -> Run:
    """Check a table by the program, in a process of its own."""
    start = "from mesocare.cli.main import main; main()"
    arguments = ["check", str(source), "-o", str(target), "--at", AT, "--quiet", *more]
    return measured([sys.executable, "-c", start, *arguments])


def loop(source: Path, target: Path, tables: Path) -> Run:
    """Check a table by the simplest loop."""
    return measured([sys.executable, "-c", LOOP, str(tables), str(source), str(target)])


def loop_tables(path: Path) -> Path:
    """Write what the simplest loop looks up: for each type and zone, an activity's own steps."""
    import pickle
    from datetime import UTC
    from zoneinfo import ZoneInfo

    from mesocare.bulk.decider import Decider
    from mesocare.rules.loader import load_rules

    rules = load_rules()
    groups = [rules.groups[id_] for id_ in rules.headline_groups]
    at = datetime.fromisoformat(AT).replace(tzinfo=UTC)
    tables: dict[tuple[str, str], list[tuple[list[datetime], list[str]]]] = {}
    for type_, zone in ((type_, zone) for type_ in TYPES for zone in ZONES):
        tables[type_, zone] = []
        for group in groups:
            steps = Decider(rules, [group], at, ZoneInfo(zone)).steps(type_)
            cells = [each[0] if each else "" for each in steps.cells]
            tables[type_, zone].append((steps.breaks, cells))
    path.write_bytes(pickle.dumps((rules.headline_groups, tables)))
    return path


def measure(rows: int, pairs: int) -> list[Row]:
    """Return all comparisons of the streaming engine."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target, tables = folder / "out.csv", loop_tables(folder / "tables")
        plain = patients(folder / "plain.csv", rows, odd=False)
        both = [(check(plain, target, *STREAM), loop(plain, target, tables)) for _ in range(pairs)]
        told = f"{rows:,} patients"
        found = [
            Row(
                f"`check`, {told}",
                "the simplest loop",
                2,
                [one.seconds / other.seconds for one, other in both],
            )
        ]
        numbers = patients(folder / "numbers.csv", rows, odd=False, form="%d.%m.%Y %H:%M")
        runs = [
            (check(numbers, target, *STREAM), check(plain, target, *STREAM)) for _ in range(pairs)
        ]
        ratios = [one.seconds / other.seconds for one, other in runs]
        found.append(Row(f"`check`, {told}, as 25.11.2026 14:30", "in ISO 8601", 1.3, ratios))
        numbers.unlink()
        found.append(compared(plain, folder, rows, pairs, *STREAM))
        plain.unlink()
        small = patients(folder / "small.csv", SMALL)
        large = patients(folder / "large.csv", rows)
        runs = [
            (check(large, target, *STREAM), check(small, target, *STREAM)) for _ in range(pairs)
        ]
        memory = [one.memory / other.memory for one, other in runs]
        found.append(Row(f"memory of `check`, {told}", f"{SMALL:,} patients", 1.1, memory))
        if rows >= 10 * SMALL:
            large.unlink()
            tenth = patients(folder / "tenth.csv", rows // 10)
            large = patients(folder / "large.csv", rows)
            runs = [
                (check(large, target, *STREAM), check(tenth, target, *STREAM))
                for _ in range(max(1, pairs // 2))
            ]
            ratios = [one.seconds / other.seconds for one, other in runs]
            found.append(Row(f"`check`, {told}", f"{rows // 10:,} patients", 11, ratios))
        return found


def main() -> None:
    """Measure, print, and with `--readme` write the figures into README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000, help="patients in the large table")
    parser.add_argument("--pairs", type=int, default=3, help="pairs of runs per comparison")
    parser.add_argument("--readme", action="store_true", help="write the figures into README.md")
    options = parser.parse_args()
    how = f"Whole processes, all headline activities, median of {options.pairs} pairs run in turn"
    marks = "bulk benchmark" if options.readme else None
    tell(measure(options.rows, options.pairs), how, marks)


if __name__ == "__main__":
    main()
