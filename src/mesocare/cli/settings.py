"""Where a shared option's value comes from: flag, then environment, then configuration file.

Several treatments in the environment are separated by semicolons.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mesocare.errors import MesocareError, SettingError
from mesocare.files import absolute, named

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

LARGEST_FILE = 64 * 1024
KEYS = ("treated", "type", "with", "about", "at", "dates", "tz", "rules", "json", "no_color")
_FLAGS = {"json", "no_color"}
_LISTS = {"treated", "type", "with", "about"}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


class Settings:
    """The shared options of one call, after flags, environment and configuration file."""

    def __init__(self, flags: dict[str, Any], without: Collection[str] = ()) -> None:
        self._flags = flags
        self._without = without
        self._path = configuration_path()
        self._file = _configuration(self._path)

    def without(self, *keys: str) -> Settings:
        """Return these settings but for some that are about something else."""
        return Settings(self._flags, keys)

    def get(self, key: str) -> Any:
        """Return a setting, or `None` where nobody gave it."""
        return self.found(key)[0]

    def found(self, key: str) -> tuple[Any, str]:
        """Return a setting and where it comes from, in words for an error; empty for a flag."""
        if key in self._without:
            return None, ""
        flag = self._flags.get(key)
        if flag not in (None, []):
            return flag, ""
        variable = f"MESOCARE_{key.upper()}"
        text = os.environ.get(variable)
        if text:
            return _from_text(key, text, variable), f" (from {variable})"
        if key in self._file:
            value = self._file[key]
            if key == "rules" and value:
                # Wherever it is asked from, the same file answers.
                value = str(self._path.parent / value)
            return value, f" (from the configuration file {str(self._path)!r})"
        return None, ""

    @contextmanager
    def reading(self, key: str) -> Iterator[None]:
        """Let an error about a setting say where the setting comes from."""
        try:
            yield
        except MesocareError as error:
            error.message += self.found(key)[1]
            raise


def _from_text(key: str, text: str, origin: str) -> Any:
    if key in _LISTS:
        return [part.strip() for part in text.split(";") if part.strip()]
    if key not in _FLAGS:
        return text
    if text.lower() not in _TRUE | _FALSE:
        message = f"{origin} is {text!r}, which is neither yes nor no"
        raise SettingError(message, f"Set it to 1 or 0: {origin}=1")
    return is_true(text)


def is_true(text: str) -> bool:
    """Whether a setting written as text says yes."""
    return text.lower() in _TRUE


def configuration_path() -> Path:
    """Return where the configuration file is looked for; `MESOCARE_CONFIG` overrides it."""
    override = os.environ.get("MESOCARE_CONFIG")
    if override:
        return named(override)
    return absolute(Path(typer.get_app_dir("mesocare")), ".config") / "config.toml"


def _configuration(path: Path) -> dict[str, Any]:
    """Return the settings of the configuration file, checked; empty if there is none."""
    where = f"the configuration file {str(path)!r}"
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_FILE:
            raise SettingError(f"{where} is no file of text", "Correct it, or delete it.")
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a mark
    except (FileNotFoundError, NotADirectoryError) as error:
        if "MESOCARE_CONFIG" not in os.environ:
            return {}
        raise SettingError(f"{where} is not there", "Unset MESOCARE_CONFIG.") from error
    except (OSError, ValueError) as error:
        raise SettingError(f"{where} cannot be read: {error}", "Correct or delete it.") from error
    import tomllib

    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        hint = 'It holds lines such as: tz = "Europe/London"'
        raise SettingError(f"{where} is not TOML: {error}", hint) from error
    return {key: _checked(key, value, path) for key, value in found.items()}


def _checked(key: str, value: object, path: Path) -> Any:
    where = f"{key!r} in the configuration file {str(path)!r}"
    if key not in KEYS:
        raise SettingError(f"unknown setting {where}", f"Known: {', '.join(KEYS)}.")
    if key in _LISTS and isinstance(value, str):
        value = [value]
    fits = (
        isinstance(value, bool)
        if key in _FLAGS
        else isinstance(value, list) and all(isinstance(each, str) for each in value)
        if key in _LISTS
        else isinstance(value, str)
    )
    if not fits:
        wanted = "true or false" if key in _FLAGS else "text in quotes"
        raise SettingError(f"{where} is {value!r}", f"It takes {wanted}.")
    return value
