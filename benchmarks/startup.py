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
    from collections.abc import Callable

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


def measure(pairs: int) -> list[Row]:
    """Return all comparisons."""
    program = shutil.which("mesocare", path=str(Path(sys.executable).parent))
    if program is None:
        sys.exit(f"no mesocare is installed beside {sys.executable}")
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        hello_path = Path(folder) / "hello.py"
        hello_path.write_text(HELLO, encoding="utf-8")
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MESOCARE_", "PYTHON"))
        } | {
            "MESOCARE_CACHE_DIR": str(cache),
            "MESOCARE_HOME": folder,
            "TERM": "xterm-256color",
            "COLUMNS": "80",
        }

        seconds([program, "treated", "yesterday", "--tz", "Europe/London"], environment)

        def hello() -> float:
            return seconds([sys.executable, str(hello_path)], environment)

        def question() -> float:
            return seconds([program, *QUESTION], environment)

        def recorded() -> float:
            return seconds([program, "can-i", "makeup", "--json"], environment)

        def feeling() -> float:
            return seconds([program, "feel", "redness", "3"], environment)

        def screen() -> float:
            return seconds([program, *SCREEN], environment, terminal=True)

        def cold() -> float:
            shutil.rmtree(cache, ignore_errors=True)
            return seconds([program, *QUESTION], environment)

        return [
            Row("`can-i … --json`", "Typer hello-world", 1.3, compared(question, hello, pairs)),
            Row(
                "`can-i … --json` from the record",
                "Typer hello-world",
                1.35,
                compared(recorded, hello, pairs),
            ),
            Row("`feel redness 3`", "Typer hello-world", 1.5, compared(feeling, hello, pairs)),
            Row("`today` on a terminal", "Typer hello-world", 2.2, compared(screen, hello, pairs)),
            Row(
                "`can-i … --json`, no rule cache",
                "the same with one",
                2.0,
                compared(cold, question, pairs),
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
