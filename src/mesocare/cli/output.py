"""A command's answer written to a file instead of standard output."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare import files
from mesocare.cli.reply import Reply, did
from mesocare.errors import MesocareError, OutputError
from mesocare.text import printable, shell_quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


def check_target(path: Path | str, rules: str | None = None) -> None:
    """Let no output take the place of the record, the settings or the rules in use.

    Args:
        path: Where the output goes; whatever name or link leads to a file of ours, it is that file.
        rules: The rule set or protocol that was named for this call.

    Raises:
        OutputError: It would.
    """
    try:
        target = Path(os.path.realpath(path))
        status = target.stat()
    except (OSError, ValueError):
        return  # nothing is there that could be lost
    for what, own in _own_files(rules):
        with suppress(OSError):
            if os.path.samestat(status, own.stat()):
                message = f"{str(path)!r} is {what}, which would be destroyed"
                raise OutputError(message, "Name another file.")


def _own_files(rules: str | None) -> Iterator[tuple[str, Path]]:
    from mesocare.cli.settings import Settings, configuration_path
    from mesocare.rules.loader import built_in
    from mesocare.store.erase import ours
    from mesocare.store.location import record

    yield "your settings", configuration_path()
    with suppress(OSError, MesocareError):
        for path in ours(record()):
            yield "your record", path
    named = [rules]
    with suppress(MesocareError):
        named.append(Settings({}).get("rules"))
    for place in (built_in(), *(Path(each) for each in named if each)):
        yield "the rules in use", place
        if place.is_dir():
            for path in place.rglob("*"):
                yield "the rules in use", path


def write_file(path: Path, content: str | bytes, rules: str | None = None) -> None:
    """Write a file that only its owner can read; it is there whole or not at all.

    A link is followed, and a pipe or a device is written into; neither is replaced.

    Raises:
        OutputError: It could not be written, or is a file of ours.
    """
    check_target(path, rules)
    data = content.encode() if isinstance(content, str) else content
    try:
        if path.is_dir():
            message = f"{str(path)!r} is a directory, not a file"
            raise OutputError(message, "Name a file; one that is not there yet is made.")
        if files.is_special(path):
            with files.open_special(path) as opened:
                opened.write(data)
        else:
            files.write(path, data)
    except OSError as error:
        why = "nobody is reading it" if error.errno == errno.ENXIO else error.strerror
        message = f"{str(path)!r} could not be written: {why}"
        raise OutputError(message, "Name another file.") from error


def check_new(target: str, suffixes: Collection[str], example: str, *, force: bool) -> None:
    """Refuse a name that cannot be written, and let nothing be replaced that nobody gave up.

    What is there already is replaced only by `force`, or when somebody at a terminal says so.

    Args:
        target: The file's name; `-` for standard output.
        suffixes: What a file's name may end in, as `.ics`.
        example: What to type instead.
        force: Whether what is there may be replaced.

    Raises:
        OutputError: It is no such name, or something is there.
    """
    if target == "-":
        return
    path, hint = Path(target), f"Type for example: {example}"
    if not target.strip():
        raise OutputError("the name of the file to write is empty", hint)
    if path.is_dir():
        raise OutputError(f"{target!r} is a directory, not a file", hint)
    if path.suffix.lower() not in suffixes:
        message = f"{target!r} does not end in {' or '.join(suffixes)}"
        raise OutputError(message, hint)
    if force or not path.is_file():
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise OutputError(f"{target!r} is there already", "To replace it, add --force.")
    from mesocare.cli.fields import confirm

    confirm(f"Replace {shell_quoted(target)}?", "--force")


def save(target: str, data: bytes, rules: str | None, done: str = "") -> Reply:
    """Write what a command made; return its reply, which says where it is.

    Args:
        target: The file's name, looked at by `check_new`; `-` for standard output.
        data: Its content.
        rules: The rule set or protocol that was named for this call.
        done: What more to say when it is written.

    Raises:
        OutputError: It could not be written.
    """
    if target == "-":
        return Reply(data, is_data=True)
    write_file(Path(target), data, rules)
    return did(f"Written to {printable(target)}\n{done}")
