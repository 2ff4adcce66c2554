"""`mesocare rules use`: which rule set answers from now on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare import files
from mesocare.cli.options import add
from mesocare.cli.reply import Reply, did
from mesocare.cli.settings import Settings, configuration_path
from mesocare.errors import MesocareError, OutputError, SettingError

if TYPE_CHECKING:
    from mesocare.core.model import Identity

_EXAMPLE = "mesocare rules use rose-clinic.yaml"
File = Annotated[
    str | None, typer.Argument(help="A clinic's protocol, or another rule set's directory.")
]
BuiltIn = Annotated[bool, typer.Option("--built-in", help="The rules mesocare comes with.")]


def register(app: typer.Typer) -> None:
    """Add the command to those about rules."""
    add(app, "use", use, _EXAMPLE)


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
    return did("\n".join(lines) + "\n")


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
        SettingError: The name of the rule set is no text.
    """
    import tomlkit

    document = tomlkit.parse(text)
    if place is None:
        document.pop("rules", None)
        return tomlkit.dumps(document)
    try:
        place.encode()
    except UnicodeEncodeError as error:
        message = f"the name {place!r} cannot be written into {str(path)!r}"
        raise SettingError(message, "Give the file a name that is text.") from error
    if document.get("rules") != place:
        document["rules"] = place
    return tomlkit.dumps(document)


def _write(path: Path, text: str) -> None:
    """Write the configuration file: whole or not at all, a link followed, its mode kept.

    Raises:
        OutputError: It could not be written; the old one is as it was.
    """
    try:
        place = Path(os.path.realpath(path))
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
        files.write(place, text.encode(), mode=mode)
    except OSError as error:
        message = f"the configuration file {str(path)!r} could not be written: {error.strerror}"
        raise OutputError(message, "Name another one: MESOCARE_CONFIG=FILE") from error
