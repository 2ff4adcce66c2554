"""The options every command shares, and how what was typed becomes a request."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from mesocare.cli import clock
from mesocare.cli.completion import factors, substances, types
from mesocare.cli.settings import Settings
from mesocare.core import DEFAULT_TYPE
from mesocare.errors import SettingError, TreatmentError
from mesocare.text import shell_quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from mesocare.app.before import Ahead
    from mesocare.app.shelf import Bottle
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Detail, RuleSet, Treatment
    from mesocare.core.question import Question, Recorded
    from mesocare.parsing.date_order import Orders
    from mesocare.store.record import Record

TYPE_HELP = "face, scalp or brightening, or a treatment your clinic's protocol names"
NO_TREATMENT_HINT = (
    "Say when it was, for example: mesocare today --treated 2024-05-01T14:30, "
    "or put it on record: mesocare treated 2024-05-01T14:30"
)


class Request(NamedTuple):
    """What a command was asked: resolved, checked and ready for the engine.

    Attributes:
        question: The instant, the treatments and the rules.
        json: Whether the answer is wanted as JSON.
        record: What is on record; `None` where the answer does not depend on it.
        on_record: Whether the treatments are those on record, so that the diary belongs to them.
        orders: How the numbers of a date are ordered, for somebody who has said so.
    """

    question: Question
    json: bool
    record: Record | None
    on_record: bool
    orders: Orders | None = None

    @property
    def meaning(self) -> Triage | None:
        """What the diary of the treatments asked about means; `None` where there is none.

        Raises:
            UnconfirmedError: It means nothing, but the record was damaged and may lack something.
        """
        if not self.on_record or self.record is None:
            return None
        if not self.record.entries and self.record.recovery is None:
            return None  # most have no diary, and need nothing of what judges one
        from mesocare.app.diary import meaning_of

        return meaning_of(self.question, self.record)

    @property
    def planned(self) -> Ahead | None:
        """What comes before the next session on record; `None` where there is none ahead.

        Raises:
            TreatmentError: It cannot be used here.
        """
        if not self.on_record or self.record is None or self.record.person.session is None:
            return None
        from mesocare.app.before import planned

        return planned(self.record, self.question.rules, self.question.at)

    @property
    def shelf(self) -> tuple[Bottle, ...]:
        """The person's own products with what is said of each; none for treatments of a call."""
        if not self.on_record or self.record is None or not self.record.products:
            return ()
        from mesocare.app.shelf import shelf

        meaning = self.meaning
        return shelf(self.record.products, self.question, meaning.open_ids if meaning else ())

    @property
    def changed(self) -> datetime | None:
        """When the treatments asked about were last changed, in UTC, if they are on record."""
        if not self.on_record or self.record is None:
            return None
        from datetime import datetime as instant

        changes = [each.changed for each in self.record.treatments]
        changes += [each.changed for each in self.record.products]
        return max(map(instant.fromisoformat, changes), default=None)

    def reply(self, text: str, exit_code: int = 0, meaning: Triage | None = None) -> Reply:
        """Return a reply; whom to call by what the diary means is said even if nobody gets it."""
        if meaning is None:
            return Reply(text, exit_code)
        from mesocare.app.diary import calls

        return Reply(text, exit_code, calls=calls(meaning, self.question.rules))


class Reply(NamedTuple):
    """What a command has to say: text for standard output and the exit code.

    Attributes:
        text: The answer, as bytes where it is no text; `None` of a command that has written by
            itself. An empty one is a fault.
        exit_code: What the process ends with once it was delivered.
        done: What was changed by then: said where the text cannot be delivered, so that nobody
            does it twice.
        calls: Whom to call, likewise.
        is_data: Whether the text is data for another program: then it is UTF-8, whatever letters
            the terminal has.
    """

    text: str | bytes | None
    exit_code: int = 0
    done: str = ""
    calls: str = ""
    is_data: bool = False


def did(text: str) -> Reply:
    """Return the reply of a command that changed something, which its text says."""
    return Reply(text, done=text.strip())


def told(text: str) -> Reply:
    """Return the same for a text in lines that fit the screen."""
    from mesocare.render.text.plain import wrapped

    return did(f"{wrapped(text)}\n")


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


def request(
    settings: Settings | None = None,
    *,
    whole_record: bool = False,
    needs_treatment: bool = True,
    needs_diary: bool = False,
    rules: RuleSet | None = None,
    record: Record | None = None,
) -> Request:
    """Return what was asked.

    Args:
        settings: The flags; none at all if left out.
        whole_record: Whether the treatments on record are all of them, not those that still count.
        needs_treatment: Whether there has to be a treatment.
        needs_diary: Whether the record is read even where treatments were given.
        rules: Those that have been read already.
        record: What has been read already.

    Raises:
        MesocareError: Something given cannot be used.
    """
    settings = settings or Settings({})
    # The parts of the program that a question needs, loaded once it is clear there is one.
    from mesocare.core.question import Question

    at, zone, rules = moment_and_rules(settings, rules)
    recorded: tuple[Recorded, ...] = ()
    on_record = not settings.get("treated")
    if record is None and (on_record or needs_diary):
        from mesocare.store import record as store

        record = store.read()
    if on_record and record is not None:
        from mesocare.app import recall

        _check_no_type(settings)
        recorded = recall.recorded(record, rules, at, confirmed=needs_treatment)
        if needs_treatment and not recorded:
            raise no_treatment()
        recorded = tuple(
            each._replace(treatment=one)
            for each, one in zip(
                recorded,
                _detailed([each.treatment for each in recorded], settings, rules),
                strict=True,
            )
        )
        treatments = recall.counting(recorded, rules, at, whole=whole_record)
    else:
        treatments = _detailed(_given(settings, at, zone, rules), settings, rules)
    if any(each.details for each in treatments):
        from mesocare.core.aftercare.details import raised

        rules = raised(rules, treatments)
    # What the environment or the configuration file names is there for the next call too.
    path, origin = settings.found("rules")
    kinds = ("with", "about")
    named = [each for each in kinds if settings.get(each) and not settings.found(each)[1]]
    question = Question(
        at,
        zone,
        treatments,
        rules,
        no_color=bool(settings.get("no_color")),
        recorded=recorded,
        rules_given=None if origin else path,
        kinds_given=tuple(named),
    )
    return Request(question, bool(settings.get("json")), record, on_record, date_orders(settings))


def moment_and_rules(
    settings: Settings, rules: RuleSet | None = None
) -> tuple[datetime, tzinfo, RuleSet]:
    """Return the instant asked about, in UTC, the time zone, and the rules that answer.

    Rules that were read already are not read again.

    Raises:
        MesocareError: One of them cannot be used; the message says where it comes from.
    """
    from mesocare.parsing import dates
    from mesocare.rules.loader import load_rules

    with settings.reading("tz"):
        tz = settings.get("tz")
        zone = dates.parse_zone(tz) if tz is not None else clock.system_zone()
    at = clock.now()
    with settings.reading("at"):
        text = settings.get("at")
        orders = date_orders(settings)
        at = at if text is None else dates.parse_at(text, now=at, zone=zone, orders=orders)
    with settings.reading("rules"):
        return at, zone, rules or load_rules(settings.get("rules"))


def date_orders(settings: Settings | None = None) -> Orders | None:
    """Return how the numbers of a date are ordered, for somebody who has said so; else `None`.

    Raises:
        SettingError: No such order.
    """
    settings = settings or Settings({})
    text, origin = settings.found("dates")
    if text is None:
        return None
    from mesocare.parsing.date_order import ORDERS

    if text not in ORDERS:
        message = f"--dates {text!r} is unknown{origin}"
        raise SettingError(message, f"Type one of: {', '.join(ORDERS)}.")
    return ORDERS[text]


def _pairs(settings: Settings) -> tuple[list[str], list[str]]:
    """Return the treatment times and, in the same order, their types."""
    whens, types = settings.get("treated") or [], settings.get("type") or []
    origin = settings.found("type")[1]
    if types and len(types) != len(whens):
        counts = f"{len(whens)} --treated but {len(types)} --type{origin}"
        example = " ".join(
            f"--treated {shell_quoted(when)} --type {(types + [DEFAULT_TYPE] * len(whens))[n]}"
            for n, when in enumerate(whens)
        )
        hint = f"Give one --type for each --treated, for example: mesocare today {example}"
        raise TreatmentError(f"{counts}: they pair up in order", hint)
    return whens, types or [DEFAULT_TYPE] * len(whens)


def _given(settings: Settings, at: datetime, zone: tzinfo, rules: RuleSet) -> tuple[Treatment, ...]:
    """Return the treatments that were given for this call."""
    from mesocare.core.model import Treatment
    from mesocare.parsing import dates
    from mesocare.parsing.types import find_type

    whens, types = _pairs(settings)
    with settings.reading("treated"):
        orders = date_orders(settings)
        intervals = [dates.parse_treated(when, at=at, zone=zone, orders=orders) for when in whens]
    with settings.reading("type"):
        types = [find_type(type_, rules, "--type") for type_ in types]
    return tuple(Treatment(*pair) for pair in zip(types, intervals, strict=True))


def _detailed(
    treatments: Sequence[Treatment], settings: Settings, rules: RuleSet
) -> tuple[Treatment, ...]:
    """Return the treatments with what was injected and who was treated, as it was given."""
    from mesocare.parsing.details import details_of, find_details

    given: list[Detail] = []
    for kind in ("with", "about"):
        with settings.reading(kind):
            given += find_details(settings.get(kind) or (), kind, rules)
            treatments = [
                each._replace(details=details_of(each.type, (*each.details, *given), rules))
                for each in treatments
            ]
    return tuple(treatments)


def _check_no_type(settings: Settings) -> None:
    """Refuse a type without a time: on record, every treatment has its own."""
    if types := settings.get("type"):
        origin = settings.found("type")[1]
        message = f"--type {types[0]} was given{origin}, but not when the treatment was"
        raise TreatmentError(message, NO_TREATMENT_HINT)


def no_treatment(first: str = "") -> TreatmentError:
    """Return the error that there is no treatment to answer by; `first` opens its hint."""
    message = "no treatment was given, and none is on record"
    return TreatmentError(message, "\n".join(filter(None, (first, NO_TREATMENT_HINT))))
