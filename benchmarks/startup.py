"""Time whole processes against a Typer hello-world in the same environment; print the ratios.

Machines are shared and noisy, so a command and its yardstick run in turn, pair by pair, and what
counts is the median of the pairs' ratios. Nothing here fails for being slow: the figures are for
reading, and `--readme` writes them where README quotes them.
"""

from __future__ import annotations

import argparse
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from figures import Row, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HELLO = """
import typer

app = typer.Typer()


@app.command()
def main(name: str = "world") -> None:
    print(f"Hello {name}")


app()
"""
QUESTION = [
    "can-i", "makeup", "--treated", "2024-05-01T14:30", "--at", "2024-05-02T09:00",
    "--tz", "Europe/London", "--json",
]  # fmt: skip
SCREEN = ["today", *QUESTION[2:-1]]


def seconds(command: list[str], environment: dict[str, str], *, terminal: bool = False) -> float:
    """Return the wall-clock time of one whole process, on a pseudo-terminal if asked."""
    if not terminal:
        began = time.perf_counter()
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
        return time.perf_counter() - began
    leader, follower = pty.openpty()
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=follower, stderr=follower)
    os.close(follower)
    try:
        while os.read(leader, 65536):
            pass
    except OSError:
        pass  # how Linux says that the other side has closed
    process.wait()
    took = time.perf_counter() - began
    os.close(leader)
    return took


def compared(first: Callable[[], float], second: Callable[[], float], pairs: int) -> list[float]:
    """Return the ratio of first to second for each of `pairs` runs in turn, after a warm-up."""
    first(), second()
    return [first() / second() for _ in range(pairs)]


def rows(count: int = 1000) -> Iterator[str]:
    """Yield the rows of a table of patients, each treated at another time of one month."""
    types = ("face", "scalp", "brightening")
    for number in range(count):
        day, hour, minute = 1 + number % 30, 8 + number % 11, number * 7 % 60
        treated = f"2024-05-{day:02}T{hour:02}:{minute:02}"
        yield f"P-{number:04},{treated},{types[number % 3]}\n"


class Bench:
    """The program and its yardstick, in directories of their own."""

    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder, self.cache = program, folder, folder / "cache"
        self.hello_path = folder / "hello.py"
        self.hello_path.write_text(HELLO, encoding="utf-8")
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MESOCARE_", "PYTHON"))
        } | {
            "MESOCARE_CACHE_DIR": str(self.cache),
            "MESOCARE_HOME": str(folder),
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        }
        self.run("treated", "yesterday", "--tz", "Europe/London")()

    def hello(self) -> float:
        """Return the time of the yardstick."""
        return seconds([sys.executable, str(self.hello_path)], self.environment)

    def run(self, *arguments: str, terminal: bool = False) -> Callable[[], float]:
        """Return what times the program with some arguments."""
        command = [self.program, *arguments]
        return lambda: seconds(command, self.environment, terminal=terminal)

    def cold(self) -> float:
        """Return the time of a question without compiled rules."""
        shutil.rmtree(self.cache, ignore_errors=True)
        return self.run(*QUESTION)()

    def sheets(self) -> float:
        """Return the time of a sheet for each of 1,000 patients."""
        table = self.folder / "patients.csv"
        table.write_text("patient_id,treated,type\n" + "".join(rows()), encoding="utf-8")
        target = str(self.folder / "sheets")
        options = ["--sheets", target, "--at", "2024-05-31T12:00", "--quiet"]
        return self.run("check", str(table), *options)()


def measure(pairs: int) -> list[Row]:
    """Return all comparisons."""
    program = shutil.which("mesocare", path=str(Path(sys.executable).parent))
    if program is None:
        sys.exit(f"no mesocare is installed beside {sys.executable}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(program, Path(folder))
        asked = SCREEN[1:]
        beside_hello = [
            ("`can-i … --json`", 1.3, bench.run(*QUESTION)),
            ("`can-i … --json` from the record", 1.35, bench.run("can-i", "makeup", "--json")),
            ("`feel redness 3`", 1.5, bench.run("feel", "redness", "3")),
            ("`today` on a terminal", 2.2, bench.run(*SCREEN, terminal=True)),
            ("`sheet` as a page", 2.5, bench.run("sheet", *asked, "-o", "-")),
            ("`calendar` as a file", 2.5, bench.run("calendar", *asked, "-o", "-")),
        ]
        pdf = bench.run("sheet", *asked, "-o", "-", "--format", "pdf")
        return [
            *(
                Row(what, "Typer hello-world", most, compared(run, bench.hello, pairs))
                for what, most, run in beside_hello
            ),
            Row("`sheet` as a PDF", "2.5 s", 1, [pdf() / 2.5 for _ in range(5)]),
            Row("`check --sheets` for 1,000 patients", "20 s", 1, [bench.sheets() / 20]),
            Row(
                "`can-i … --json`, no rule cache",
                "the same with one",
                2.0,
                compared(bench.cold, bench.run(*QUESTION), pairs),
            ),
        ]


def main() -> None:
    """Measure, print, and with `--readme` write the figures into README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pairs", type=int, default=41, help="pairs of runs per comparison")
    parser.add_argument("--readme", action="store_true", help="write the figures into README.md")
    options = parser.parse_args()
    how = f"Whole processes, median of {options.pairs} pairs run in turn"
    tell(measure(options.pairs), how, "benchmark" if options.readme else None)


if __name__ == "__main__":
    main()
