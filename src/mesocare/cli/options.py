"""The options every command shares, and how what was typed becomes a request.

Flags win over the environment (`MESOCARE_TREATED`, …), the environment over the configuration
file. Several treatments in the environment are separated by semicolons.
"""

from __future__ import annotations

import inspect
import os
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from mesocare.cli import clock
from mesocare.errors import SettingError, TreatmentError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.core.model import RuleSet, Treatment
    from mesocare.core.timespan import Interval
    from mesocare.render.scene import Scene

DEFAULT_TYPE = "face"
NO_TREATMENT_HINT = "Say when it was, for example: mesocare today --treated 2024-05-01T14:30"

_FLAGS = {"json", "no_color"}
_LISTS = {"treated", "type"}
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}


class Request(NamedTuple):
    """What a command was asked: resolved, checked and ready for the engine."""

    scene: Scene
    json: bool


class Reply(NamedTuple):
    """What a command has to say: text for standard output and the exit code."""

    text: str
    exit_code: int = 0


def _option(name: str, help_: str, metavar: str | None = None) -> Any:
    variable = f"MESOCARE_{name.upper().replace('-', '_')}"
    return typer.Option(
        f"--{name}", help=f"{help_} [env: {variable}]", metavar=metavar, show_default=False
    )


# One entry per shared option; the annotation is what Typer builds it from.
_SHARED: dict[str, Any] = {
    "treated": Annotated[
        list[str] | None,
        _option("treated", "When the treatment was; may be repeated.", "WHEN"),
    ],
    "type": Annotated[
        list[str] | None,
        _option("type", "face, scalp or brightening; one per --treated, in order.", "TYPE"),
    ],
    "at": Annotated[str | None, _option("at", "The instant asked about; now if left out.", "WHEN")],
    "tz": Annotated[str | None, _option("tz", "IANA time zone; the system's if left out.", "ZONE")],
    "rules": Annotated[str | None, _option("rules", "Another rule set's directory.", "PATH")],
    "json": Annotated[bool | None, _option("json", "Answer in JSON.")],
    "no_color": Annotated[bool | None, _option("no-color", "No colour.")],
}


def command(
    app: typer.Typer, name: str, *, example: str
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register a command that takes a `Request` first, then its own arguments.

    The shared options are added to its signature, so that they are written down once. The
    function's docstring and the example open its help.
    """

    def register(function: Callable[..., Reply]) -> Callable[..., Reply]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

        @wraps(function)
        def run(**given: Any) -> Reply:
            settings = Settings({key: given.pop(key) for key in _SHARED})
            return function(settings.request(), **given)

        shared = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for key, kind in _SHARED.items()
        ]
        keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        run.__signature__ = inspect.Signature([*keyword_only, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *shared)}
        app.command(name, help=f"{function.__doc__}\n\n\b\nExample:\n  {example}")(run)
        return function

    return register


class Settings:
    """The shared options of one call, after flags, environment and configuration file."""

    def __init__(self, flags: dict[str, Any]) -> None:
        self._flags = flags
        self._file = _configuration()

    def get(self, key: str) -> Any:
        """Return a setting, or `None` where nobody gave it."""
        flag = self._flags.get(key)
        if flag not in (None, []):
            return flag
        variable = f"MESOCARE_{key.upper()}"
        text = os.environ.get(variable)
        if text:
            return _from_text(key, text, variable)
        return self._file.get(key)

    def request(self) -> Request:
        """Return the request.

        Raises:
            MesocareError: Something given cannot be used.
        """
        # The parts of the program that a question needs, loaded once it is clear there is one.
        from mesocare import dates
        from mesocare.render.scene import Scene
        from mesocare.rules.loader import load_rules

        tz, at_text = self.get("tz"), self.get("at")
        zone = dates.parse_zone(tz) if tz is not None else clock.system_zone()
        at = clock.now()
        if at_text is not None:
            at = dates.parse_at(at_text, now=at, zone=zone)
        whens, types = self._pairs()
        intervals = [dates.parse_treated(when, at=at, zone=zone) for when in whens]
        rules = load_rules(self.get("rules"))
        treatments = _treatments(types, intervals, rules)
        scene = Scene(at, zone, treatments, rules, no_color=bool(self.get("no_color")))
        return Request(scene, json=bool(self.get("json")))

    def _pairs(self) -> tuple[list[str], list[str]]:
        """Return the treatment times and, in the same order, their types."""
        whens, types = self.get("treated") or [], self.get("type") or []
        if not whens:
            message = "no treatment was given"
            if types:
                message = f"--type {types[0]} was given, but not when the treatment was"
            raise TreatmentError(message, NO_TREATMENT_HINT)
        if types and len(types) != len(whens):
            message = f"{len(whens)} --treated but {len(types)} --type: they pair up in order"
            example = " ".join(
                f"--treated {_quoted(when)} --type {(types + [DEFAULT_TYPE] * len(whens))[n]}"
                for n, when in enumerate(whens)
            )
            hint = f"Give one --type for each --treated, for example: mesocare today {example}"
            raise TreatmentError(message, hint)
        return whens, types or [DEFAULT_TYPE] * len(whens)


def _treatments(
    types: list[str], intervals: list[Interval], rules: RuleSet
) -> tuple[Treatment, ...]:
    from mesocare.core.model import Treatment

    for type_ in types:
        if type_ not in rules.types:
            from difflib import get_close_matches

            known = ", ".join(rules.types)
            close = get_close_matches(type_.lower(), rules.types, n=1, cutoff=0.5)
            message = f"unknown treatment type {type_!r}; known: {known}"
            hint = f"Type for example: --type {close[0] if close else next(iter(rules.types))}"
            raise TreatmentError(message, hint)
    return tuple(Treatment(*pair) for pair in zip(types, intervals, strict=True))


def _quoted(text: str) -> str:
    return f'"{text}"' if " " in text else text


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
    return Path(override) if override else Path(typer.get_app_dir("mesocare")) / "config.toml"


def _configuration() -> dict[str, Any]:
    """Return the settings of the configuration file, checked; empty if there is none."""
    path = configuration_path()
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        message = f"the configuration file {str(path)!r} cannot be read: {error}"
        raise SettingError(message, "Correct it, or delete it.") from error
    import tomllib

    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"the configuration file {str(path)!r} is not TOML: {error}"
        raise SettingError(message, 'It holds lines such as: tz = "Europe/London"') from error
    return {key: _checked(key, value, path) for key, value in found.items()}


def _checked(key: str, value: object, path: Path) -> Any:
    where = f"{key!r} in the configuration file {str(path)!r}"
    if key not in _SHARED:
        raise SettingError(f"unknown setting {where}", f"Known: {', '.join(_SHARED)}.")
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
