"""Where rows go: standard output, a pipe, or a file that is there whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from mesocare.bulk.io.formats import CsvFormat
from mesocare.bulk.job import REJECT_COLUMNS, Reject
from mesocare.errors import OutputError, TableError
from mesocare.files import AtomicFile, is_special, open_special
from mesocare.text import printable, without_formula

if TYPE_CHECKING:
    from mesocare.bulk.job import Job


class OutputFile:
    """Takes bytes; a file appears, or is replaced, when it is kept, and not before.

    Args:
        path: The file; `None` for standard output. A link is followed, a pipe or a device is
            written into.

    Raises:
        OutputError: It cannot be written.
    """

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._partial: AtomicFile | None = None
        self._file: BinaryIO | None = None
        try:
            self._file = self._opened()
        except (OSError, ValueError) as error:
            raise self._undelivered(error) from error

    def _opened(self) -> BinaryIO:
        if self.path is None:
            if sys.stdout is None:
                raise OutputError("standard output is closed", "Name a file: -o FILE")
            return sys.stdout.buffer
        path = Path(self.path)
        if path.is_dir():
            raise OutputError(f"{self.path!r} is a directory, not a file", "Name a file.")
        if is_special(path):
            return open_special(path)
        self._partial = AtomicFile(Path(os.path.realpath(path)))
        return os.fdopen(self._partial.handle, "wb")

    def write(self, data: bytes) -> None:
        """Write whole rows, and leave none of them waiting.

        Raises:
            OutputError: They could not be written.
        """
        try:
            if self._file is not None:
                self._file.write(data)
                self._file.flush()
        except (OSError, ValueError) as error:
            raise self._undelivered(error) from error

    def keep(self) -> None:
        """Let the file appear under its name.

        Raises:
            OutputError: It could not be written.
        """
        if self._file is None or self.path is None:
            return
        try:
            self._file.close()
            if self._partial is not None:
                self._partial.keep()
        except OSError as error:
            raise self._undelivered(error) from error

    def drop(self) -> None:
        """Leave nothing behind; after `keep` there is nothing to do."""
        if self.path is not None and self._file is not None:
            with suppress(OSError):  # a disk that is full: what matters is that the file goes
                self._file.close()
        if self._partial is not None:
            self._partial.drop()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing behind that was not kept."""
        self.drop()

    def _undelivered(self, error: OSError | ValueError) -> OutputError:
        name = "standard output" if self.path is None else repr(self.path)
        if isinstance(error, BrokenPipeError):
            why = "nobody is reading any more"
        elif getattr(error, "errno", None) == errno.ENXIO:
            why = "nobody is reading it"
        else:
            why = getattr(error, "strerror", None) or str(error)
        hint = "Run the command again; what was written so far is whole rows."
        return OutputError(
            f"{name} could not be written in full: {why}",
            hint if self.path is None else "Name another file.",
        )


class Rejects:
    """Takes rejected rows, for a file as CSV, otherwise a line each for standard error.

    Args:
        path: The file, or `-` for standard output; `None` for standard error.
    """

    def __init__(self, path: str | None) -> None:
        self.count = 0
        self._waiting: list[Reject] = []
        self.file = None if path is None else OutputFile(None if path == "-" else path)
        self._rows = None if self.file is None else CsvFormat(self.file.write, ",")
        if self._rows is not None:
            self._rows.write([REJECT_COLUMNS])

    def add(self, reject: Reject) -> None:
        """Take a rejected row; it is named with the next that are passed on."""
        self.count += 1
        self._waiting.append(reject)

    def pass_on(self) -> None:
        """Name what was rejected, in the order of the lines.

        Raises:
            OutputError: It could not be named.
        """
        for reject in sorted(self._waiting):
            self._name(reject)
        self._waiting.clear()

    def _name(self, reject: Reject) -> None:
        if self._rows is not None:
            self._rows.write([[without_formula(str(cell)) for cell in reject]])
            return
        try:
            if sys.stderr is None:
                raise OutputError("standard error is closed", "Name a file: --rejects FILE")
            sys.stderr.write(printable(str(reject)) + "\n")
        except OSError as error:
            message = f"a rejected row could not be named: {error.strerror}"
            raise OutputError(message, "Name a file for them: --rejects FILE") from error

    def flush(self) -> None:
        """Let nothing wait."""
        self.pass_on()
        if self._rows is not None:
            self._rows.flush()

    def keep(self) -> None:
        """Let the file appear under its name, if there is one.

        Raises:
            OutputError: It could not be written.
        """
        if self.file is not None:
            self.file.keep()

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no file behind that was not kept."""
        if self.file is not None:
            self.file.drop()


def check_places(job: Job) -> None:
    """See to it that input, output and rejects are three different files.

    Raises:
        TableError: Two of them are one.
    """
    if job.output is None and job.rejects == "-":
        message = "the answers and the rejected rows would both go to standard output"
        raise TableError(message, "Name a file for one of them: -o FILE, or --rejects FILE")
    places = [("the input", _identity(job.source, 0)), ("the output", _identity(job.output, 1))]
    if job.rejects is not None:
        standard = 1 if job.rejects == "-" else -1
        places.append(("the file for rejects", _identity(job.rejects, standard)))
    for n, (one, first) in enumerate(places):
        for other, second in places[n + 1 :]:
            if first is not None and first == second:
                message = f"{other} is {one}, which would be destroyed"
                raise TableError(message, "Name another file.")


def _identity(path: str | None, standard: int) -> object:
    """Return what makes a file that one file; `None` for what is no file."""
    if path in (None, "-"):
        try:
            status = os.fstat(standard)
        except OSError:
            return None
        return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
    # As it will be written: a name may lead through a folder that is not there, and out again.
    place = os.path.realpath(path or "")
    try:
        status = Path(place).stat()
    except (OSError, ValueError):
        return place
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None
