"""A file for each row of a table: what a practitioner hands over to each patient."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from mesocare import files
from mesocare.bulk.io.writers import Rejects
from mesocare.bulk.job import Reject, Tally
from mesocare.bulk.understood import understood
from mesocare.errors import OutputError
from mesocare.text import folded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mesocare.bulk.job import Job
    from mesocare.core.model import Treatment

# What no system forbids in a name, and no shell takes for anything else.
_UNSAFE = re.compile(r"[^\w.-]+")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)
LONGEST_NAME = 80
THERE = "A file of this name is there already. To replace it, add --force."


def write_sheets(
    job: Job,
    folder: Path,
    suffix: str,
    made: Callable[[str, Treatment], bytes],
    *,
    force: bool,
) -> Tally:
    """Write a file for each row that can be judged, called as the patient is; reject the others.

    Args:
        job: The table.
        folder: Where the files go; it is made if it is not there.
        suffix: What their names end in, as `.html`.
        made: Gives the content by the patient's id and the treatment.
        force: Whether files that are there are replaced.

    Raises:
        TableError: The table cannot be read.
        OutputError: The folder or a file cannot be written; those written by then stay.
    """
    tally = Tally()
    names = Names()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with understood(job) as table, Rejects(job.rejects) as rejects:
            for row in table:
                tally.read += 1
                reject = row.reject
                treatment = row.treatment
                if treatment is not None:
                    patient = row.cells.get(table.ours("patient_id"), "")
                    path = folder / f"{names.of(patient)}{suffix}"
                    if not _written(
                        path,
                        partial(made, patient, treatment),
                        force=force,
                        first=tally.written == 0,
                    ):
                        column = table.ours("patient_id")
                        reject = Reject(row.line, column, patient, f"{path.name}: {THERE}", "")
                if reject is not None:
                    rejects.add(reject)
                    rejects.pass_on()
                    continue
                tally.written += 1
            rejects.flush()
            rejects.keep()
        tally.rejected, tally.reading = rejects.count, table.reading
    except OSError as error:
        message = f"the folder {str(folder)!r} could not be written to: {error.strerror}"
        raise OutputError(message, "Name another folder: --sheets FOLDER") from error
    return tally


def _written(path: Path, content: Callable[[], bytes], *, force: bool, first: bool) -> bool:
    """Write a file unless one is there; whether it was written.

    Before the `first`, what an earlier run left behind is removed.
    """
    if not force and path.exists():
        return False
    try:
        files.write(path, content(), new=not force, durable=False, sweep=first)
    except FileExistsError:  # somebody was quicker
        return False
    return True


class Names:
    """Names of files, each given once, whatever system they are written on."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def of(self, patient: str) -> str:
        """Return a name for a patient: its letters and digits, with a number if it was given."""
        name = _UNSAFE.sub("_", patient).strip("._-")[:LONGEST_NAME] or "patient"
        if _RESERVED.fullmatch(name):
            name = f"_{name}"
        number, found = 1, name
        # Some systems take small and capital letters, or accents, for the same.
        while (key := folded(found.replace("_", "x").replace("-", "y"))) in self._given:
            number += 1
            found = f"{name}-{number}"
        self._given.add(key)
        return found
