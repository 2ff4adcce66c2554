"""Excel workbooks and OpenDocument sheets: the sheet with the table, as lines of JSON.

Each is read by a process of its own, which no file can make larger or slower than is allowed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesocare.bulk.header import header_problem, known_names
from mesocare.bulk.memory import MEMORY_VARIABLE, memory_allowed
from mesocare.errors import TableError

if TYPE_CHECKING:
    from mesocare.bulk.job import Job

# What a file of 10 MB or less may take; a larger one more, in proportion.
_USUAL = 10_000_000
_MEMORY, _SECONDS = 900_000_000, 60
_PACKAGES = Path(__file__).resolve().parents[3]
_AS_CSV = "Save it as CSV; that is read in any size."


def as_text(job: Job, folder: Path) -> Job:
    """Write the table of a workbook into a folder; return the job with it as its input.

    Raises:
        TableError: It cannot be read within the memory and time allowed, or has not the columns
            that are needed.
    """
    name, path = repr(job.source), folder / "sheet.ndjson"
    said = _read_apart(job, path)
    names = said["names"]
    problem = header_problem(names, job, name)
    if problem:
        raise problem
    return job._replace(
        source=str(path),
        kind="ndjson",
        names=tuple(names),
        encoding="utf-8",
        header=said["header"],
        sheet=said["sheet"],
        called=job.source,
    )


def _read_apart(job: Job, target: Path) -> dict[str, Any]:
    """Let the other process read the workbook; return what it says of the table."""
    name = repr(job.source)
    memory, seconds = _bounds(job.source)
    asked = {
        "source": str(Path(job.source).absolute()),
        "columns": dict(job.columns),
        "known": {ours: [*names] for ours, names in known_names(job).items()},
        "layout": [job.layout.required, job.layout.optional],
        "sheet": job.sheet,
        "target": str(target),
        "memory": memory,
        "seconds": seconds,
    }
    command = [sys.executable, "-P", "-m", "mesocare.bulk.io.sheet_process"]
    paths = [str(_PACKAGES), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(  # noqa: S603 - this program, told what to read by its input
            command,
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            timeout=4 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TableError(f"{name} takes too long to read", _AS_CSV) from error
    if done.returncode == -getattr(signal, "SIGXCPU", 0):
        raise TableError(f"{name} takes more than {seconds} s to read", _AS_CSV)
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:  # it was ended where it asked for more memory
        said = {"memory": True}
    if "names" in said:
        return said
    if "memory" in said:
        hint = f"{_AS_CSV} Or set {MEMORY_VARIABLE} to more."
        message = f"{name} needs more memory to read than is allowed ({memory // 1_000_000} MB)"
        raise TableError(message, f"A cell may lie far from the others. {hint}")
    if "panic" in said:
        hint = "Name a workbook (.xlsx, .xls or .ods), or save it as CSV."
        raise TableError(f"{name} is no workbook that can be read: {said['panic']}", hint)
    # It was told the whole path, so that no folder matters; people know the file as they named it.
    raise TableError(said["message"].replace(repr(asked["source"]), name), said["hint"])


def _bounds(source: str) -> tuple[int, int]:
    """Return how many bytes and seconds reading a workbook may take."""
    try:
        size = Path(source).stat().st_size
    except OSError:
        size = 0  # whoever opens it says why
    factor = max(size / _USUAL, 1)
    return memory_allowed() or int(_MEMORY * factor), int(_SECONDS * factor)
