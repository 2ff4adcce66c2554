"""The options every command shares, and how what was typed becomes a request."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.completion import factors, substances, types
from mesocare.cli.request import request
from mesocare.cli.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mesocare.cli.reply import Reply

TYPE_HELP = "face, scalp or brightening, or a treatment your clinic's protocol names"


def _option(
    name: str,
    help_: str,
    metavar: str | None = None,
    words: Callable[[str], list[tuple[str, str]]] | None = None,
) -> Any:
    variable = f"MESOCARE_{name.upper().replace('-', '_')}"
    return typer.Option(
        f"--{name}",
        help=f"{help_} [env: {variable}]",
        metavar=metavar,
        show_default=False,
        autocompletion=words,
    )


# The shared options, which a command declares by these names.
Treated = Annotated[
    list[str] | None, _option("treated", "When the treatment was; may be repeated.", "WHEN")
]
Type = Annotated[
    list[str] | None, _option("type", f"{TYPE_HELP}; one per --treated.", "TYPE", types)
]
With = Annotated[
    list[str] | None,
    _option(
        "with", "What was injected, as prp or ha-booster; may be repeated.", "SUBSTANCE", substances
    ),
]
About = Annotated[
    list[str] | None,
    _option("about", "Who was treated, as pregnant; may be repeated.", "FACTOR", factors),
]
At = Annotated[str | None, _option("at", "The instant asked about; now if left out.", "WHEN")]
Dates = Annotated[
    str | None,
    _option(
        "dates",
        "How dates such as 01/05/2024 are meant: day-first, month-first, year-first.",
        "ORDER",
    ),
]
Tz = Annotated[str | None, _option("tz", "IANA time zone; the system's if left out.", "ZONE")]
Rules = Annotated[str | None, _option("rules", "Another rule set or protocol.", "PATH")]
Json = Annotated[bool | None, _option("json", "Answer in JSON.")]
NoColor = Annotated[bool | None, _option("no-color", "No colour.")]

# Those of a question, in the order of its help.
_SHARED: dict[str, Any] = {
    "treated": Treated,
    "type": Type,
    "with_": With,
    "about": About,
    "at": At,
    "dates": Dates,
    "tz": Tz,
    "rules": Rules,
    "json": Json,
    "no_color": NoColor,
}


def add(app: typer.Typer, name: str, function: Callable[..., Reply], example: str) -> None:
    """Add a command, its docstring and an example as its help."""
    app.command(name, help=helped(str(function.__doc__), example))(function)


def helped(about: str, example: str) -> str:
    """Return the help of a command: what it is about, and an example to type."""
    return f"{about}\n\n\b\nExample:\n  {example}"


def command(
    app: typer.Typer,
    name: str,
    *,
    example: str,
    whole_record: bool = False,
    needs_treatment: bool = True,
    needs_diary: bool = False,
    instead: Callable[[Settings, dict[str, Any]], Reply | None] | None = None,
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register a command that takes a `Request` first, then its own arguments.

    Every shared option is added, as by `settled`. Where `instead` has a reply to the settings and
    the arguments, that is the reply, and no treatment is needed.
    """

    def register(function: Callable[..., Reply]) -> Callable[..., Reply]:
        @settled(app, name, tuple(_SHARED), example=example)
        @wraps(function)
        def run(settings: Settings, **given: Any) -> Reply:
            if instead is not None and (reply := instead(settings, given)) is not None:
                return reply
            asked = request(
                settings,
                whole_record=whole_record,
                needs_treatment=needs_treatment,
                needs_diary=needs_diary,
            )
            return function(asked, **given)

        del run
        return function

    return register


def settled(
    app: typer.Typer, name: str, shared: Sequence[str], *, example: str
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Register a command that takes its `Settings` first, then its own arguments.

    The shared options that are named are added to its signature, so that they are written down
    once. The function's docstring and the example open its help.
    """

    def register(function: Callable[..., Reply]) -> Callable[..., Reply]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]

        @wraps(function)
        def run(**given: Any) -> Reply:
            flags = {key.rstrip("_"): given.pop(key) for key in shared}
            return function(Settings(flags), **given)

        added = [
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_SHARED[key]
            )
            for key in shared
        ]
        keyword_only = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        run.__signature__ = inspect.Signature([*keyword_only, *added])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*own, *added)}
        app.command(name, help=helped(str(function.__doc__), example))(run)
        return function

    return register
