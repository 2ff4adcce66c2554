"""Time and count how ingredient lists are read; print the figures beside what is promised.

- One list of 60 names in process, `product` as a whole process beside a Typer hello-world, and as
  many lists as there are in Open Beauty Facts on two cores, with the memory they take; and the same
  number as a shop's list, by `check --products`.
- How many of the collected lists are read right: those that may be looked at while the code is
  written, and those kept aside.

Nothing here fails for being slow: the figures are for reading.
"""

from __future__ import annotations

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from startup import HELLO, seconds
from tests.support import labels

import mesocare
from mesocare.app.product import product
from mesocare.core.question import Question
from mesocare.parsing.labels.inci import parse_label
from mesocare.parsing.labels.ingredients import Reader

AT = datetime(2024, 5, 3, 8, tzinfo=UTC)
ASKED = ["--treated", "2024-05-01T14:30", "--at", "2024-05-03T09:00", "--tz", "Europe/London"]
SIXTY = ", ".join(["Aqua", "Glycerin", "Retinol", "Parfum", "Blubberin", "1,2-Hexanediol"] * 10)
LISTS = 64_000
PAIRS = 31


def one_list() -> None:
    """Print how long one list of sixty names takes in process, rules loaded."""
    rules = mesocare.load_rules()
    session = mesocare.treatment("face", "2024-05-01T14:30", at=AT, zone="Europe/London")
    question = Question(AT, ZoneInfo("Europe/London"), (session,), rules)
    took = []
    for _ in range(PAIRS):
        began = time.perf_counter()
        product(SIXTY, question)
        took.append(time.perf_counter() - began)
    print(f"60 names in process: {1000 * statistics.median(took):.1f} ms (promised: 5 ms)")


def process(program: str) -> None:
    """Print how much longer `product` takes than a Typer hello-world, run in turn."""
    with tempfile.TemporaryDirectory() as folder:
        hello = Path(folder, "hello.py")
        hello.write_text(HELLO, encoding="utf-8")
        environment = {"MESOCARE_CACHE_DIR": folder, "MESOCARE_HOME": folder, "PATH": ""}
        commands = {
            "hello": [sys.executable, str(hello)],
            "can-i": [program, "can-i", "makeup", "--json", *ASKED],
            "product": [program, "product", SIXTY, "--json", *ASKED],
        }
        took: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(PAIRS + 1):
            for name, command in commands.items():
                took[name].append(seconds(command, environment))
        median = {name: statistics.median(each[1:]) for name, each in took.items()}
    for name in ("can-i", "product"):
        over = 1000 * (median[name] - median["hello"])
        ratio = median[name] / median["hello"]
        print(f"{name} --json: {ratio:.2f} times a hello-world, {over:.0f} ms more")


def many(count: int) -> int:
    """Read so many lists; return the most memory this process took, in kB."""
    reader = Reader(mesocare.load_rules().products())
    texts = [each.text for each in labels.collected()]
    for n in range(count):
        reader.read(parse_label(f"{texts[n % len(texts)]}, Novum {n}"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def bulk() -> None:
    """Print how long many lists take on two cores, and whether memory grows with their number."""
    few = LISTS // 8
    with ProcessPoolExecutor(2) as pool:
        small = max(pool.map(many, [few // 2] * 2))
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        large = max(pool.map(many, [LISTS // 2] * 2))
    took = time.perf_counter() - began
    print(f"{LISTS} lists on two cores: {took:.0f} s (promised: 60 s)")
    print(f"memory: {large // 1024} MB, after an eighth of them {small // 1024} MB")


def shop(program: str) -> None:
    """Print how long `check --products` takes for as many rows, and the memory for an eighth."""
    texts = [each.text for each in labels.collected()]
    with tempfile.TemporaryDirectory() as folder:
        environment = {"MESOCARE_CACHE_DIR": folder, "MESOCARE_HOME": folder, "PATH": ""}
        source, target = Path(folder, "shop.csv"), Path(folder, "out.csv")
        command = [program, "check", "--products", str(source), "-q", "-o", str(target), *ASKED]
        for count in (LISTS // 8, LISTS):
            with source.open("w", encoding="utf-8", newline="") as file:
                rows = ((n, f"{texts[n % len(texts)]}, Novum {n}") for n in range(count))
                csv.writer(file).writerow(("name", "ingredients"))
                csv.writer(file).writerows(rows)
            began = time.perf_counter()
            with subprocess.Popen(command, env=environment) as run:
                _, run.returncode, used = os.wait4(run.pid, 0)
            took, memory = time.perf_counter() - began, used.ru_maxrss // 1024
            print(f"{count} rows by check --products: {took:.0f} s, {memory} MB (promised: 60 s)")


def rates() -> None:
    """Print how many of the collected lists are read right, and how many names are known."""
    reader = Reader(mesocare.load_rules().products())
    for held_out in (False, True):
        lists = [each for each in labels.collected() if each.held_out is held_out]
        exact = right = missed = extra = names = unknown = 0
        for each in lists:
            reading = labels.read(each.text, reader)
            found = labels.classes_of(reading)
            exact += found == each.classes
            right += len(found & each.classes)
            missed += len(each.classes - found)
            extra += len(found - each.classes)
            names += len(reading.found)
            unknown += len(reading.unknown)
        print(
            f"{'kept aside' if held_out else 'looked at'}: {exact} of {len(lists)} lists exact; "
            f"classes: {right} right, {missed} missed, {extra} too many; "
            f"{100 * (names - unknown) / names:.1f} % of {names} names recognised"
        )


def main() -> None:
    """Print every figure, or only the rates."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rates", action="store_true", help="only how many are read right")
    parser.add_argument("--program", default=str(Path(sys.executable).with_name("mesocare")))
    given = parser.parse_args()
    rates()
    if not given.rates:
        one_list()
        process(given.program)
        bulk()
        shop(given.program)


if __name__ == "__main__":
    main()
