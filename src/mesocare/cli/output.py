"""A command's answer written to a file instead of standard output."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from mesocare import files
from mesocare.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, text: str) -> None:
    """Write a file that only its owner can read; it is there whole or not at all.

    A link is followed, and a pipe or a device is written into; neither is replaced.

    Raises:
        OutputError: It could not be written.
    """
    try:
        if path.is_dir():
            message = f"{str(path)!r} is a directory, not a file"
            raise OutputError(message, "Name a file; one that is not there yet is made.")
        if files.is_special(path):
            with files.open_special(path) as opened:
                opened.write(text.encode())
        else:
            files.write(path, text.encode())
    except OSError as error:
        why = "nobody is reading it" if error.errno == errno.ENXIO else error.strerror
        message = f"{str(path)!r} could not be written: {why}"
        raise OutputError(message, "Name another file.") from error
