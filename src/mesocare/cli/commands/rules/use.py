"""`mesocare rules use`: which rule set answers from now on."""

from __future__ import annotations

import json
import os
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.options import Reply
from mesocare.cli.settings import Settings, configuration_path
from mesocare.errors import MesocareError, OutputError, SettingError

if TYPE_CHECKING:
    from mesocare.core.model import Identity

_EXAMPLE = "mesocare rules use rose-clinic.yaml"
_LINE = re.compile(
    r"""^([ \t]*(?:rules|"rules"|'rules')[ \t]*=[ \t]*)"""
    r"""("(?:[^"\\\n]|\\[^\n])*"|'[^'\n]*')([ \t]*(?:\#[^\n]*)?\r?)$""",
    re.MULTILINE,
)

File = Annotated[
    str | None, typer.Argument(help="A clinic's protocol, or another rule set's directory.")
]
BuiltIn = Annotated[bool, typer.Option("--built-in", help="The rules mesocare comes with.")]


def register(app: typer.Typer) -> None:
    """Add the command to those about rules."""
    app.command("use", help=f"{use.__doc__}\n\n\b\nExample:\n  {_EXAMPLE}")(use)


def use(file: File = None, *, built_in: BuiltIn = False) -> Reply:
    """Let a clinic's protocol, or another rule set, answer from now on."""
    from mesocare.rules.loader import load_rules

    if (file is None) is not built_in:
        given = "both a file and --built-in" if built_in else "neither a file nor --built-in"
        raise MesocareError(f"{given} was given", f"Type for example: {_EXAMPLE}")
    place = None if file is None else str(Path(file).absolute()) if file else file
    identity = load_rules(place).identity
    path = configuration_path()
    text = _text(path)
    changed = _with_rules(text, place, path)
    if changed != text:
        _write(path, changed)
    lines = [f"From now on: {_described(identity)}", _where(path, place, changed=changed != text)]
    if os.environ.get("MESOCARE_RULES"):
        lines.append("But MESOCARE_RULES is set, and goes first until you unset it.")
    return Reply("\n".join(lines) + "\n")


def _described(identity: Identity) -> str:
    words = f"{identity.name} {identity.version}, reviewed {identity.reviewed}"
    if identity.extends is None:
        return words
    return (
        f"{words}, the protocol of {identity.clinic}, which extends "
        f"{identity.extends.name} {identity.extends.version}"
    )


def _where(path: Path, place: str | None, *, changed: bool) -> str:
    if changed:
        done = "Written to" if place is not None else "Taken out of"
        return f"{done} {path}"
    return f"{path} says so already" if place is not None else f"{path} names no other rules"


def _text(path: Path) -> str:
    """Return the configuration file's text, which is in order; empty if there is none."""
    try:
        if not path.exists():
            return ""
    except OSError:
        pass  # what follows says why
    Settings({})  # says what is wrong with it, if anything is
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()


def _with_rules(text: str, place: str | None, path: Path) -> str:
    """Return the configuration with another rule set in it, and every other line as it was.

    Raises:
        SettingError: The line cannot be told from the rest; what to write by hand.
    """
    value = None if place is None else _quoted(place, path)
    wanted: dict[str, Any] = {**tomllib.loads(text), "rules": place}
    if place is None:
        del wanted["rules"]
    end = "\r\n" if "\r\n" in text else "\n"
    candidates = [text]
    if value is not None:
        before = text if not text or text.endswith("\n") else text + end
        candidates.append(f"{before}rules = {value}{end}")
    for match in _LINE.finditer(text):
        if value is not None:
            candidates.append(text[: match.start(2)] + value + text[match.end(2) :])
        else:
            candidates.append(text[: match.start()] + text[match.end() :].removeprefix("\n"))
    for each in candidates:
        # What looks like the line may be part of a longer text; only what reads right is kept.
        try:
            if tomllib.loads(each) == wanted:
                return each
        except tomllib.TOMLDecodeError:
            continue
    message = f"the line about rules in {str(path)!r} cannot be changed safely"
    by_hand = "take it out" if value is None else f"write: rules = {value}"
    raise SettingError(message, f"Open the file and {by_hand}")


def _quoted(place: str, path: Path) -> str:
    """Return a path as TOML writes text.

    Raises:
        SettingError: Its name is no text.
    """
    try:
        place.encode()
    except UnicodeEncodeError as error:
        message = f"the name {place!r} cannot be written into {str(path)!r}"
        raise SettingError(message, "Give the file a name that is text.") from error
    return json.dumps(place, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, text: str) -> None:
    """Write the configuration file: whole or not at all, a link followed, its mode kept.

    Raises:
        OutputError: It could not be written; the old one is as it was.
    """
    place = Path(os.path.realpath(path))
    partial = place.with_name(f".mesocare.{os.getpid()}.partial")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
        partial.unlink(missing_ok=True)
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(handle)
            partial.chmod(mode)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        message = f"the configuration file {str(path)!r} could not be written: {error.strerror}"
        raise OutputError(message, "Name another one: MESOCARE_CONFIG=FILE") from error
