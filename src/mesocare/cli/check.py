"""`mesocare check`: a table of patients in, a table of verdicts out."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mesocare.cli.options import Reply, moment_and_rules
from mesocare.cli.settings import Settings
from mesocare.errors import MesocareError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.bulk.job import Job, Tally
    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.timespan import Span

SOME_REJECTED = 1
KINDS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip
FORMS = ("csv", "ndjson", "parquet")
ENGINES = ("auto", "stream", "duckdb")
_STREAMED = ("csv", "tsv", "ndjson")
_SIGNAL = 128
_SPAN = re.compile(r"([1-9]\d{0,3})\s*(h|d)(?:ours?|ays?)?", re.ASCII | re.IGNORECASE)
_MAPPED = re.compile(r",(?=(?:patient_id|treated|type|tz)=)")
_ESTIMATED_BY = 64 * 1024


def register(app: typer.Typer) -> None:
    """Add the command."""
    example = "mesocare check patients.csv --activities makeup,exercise -o verdicts.csv"
    app.command("check", help=f"{check.__doc__}\n\n\b\nExample:\n  {example}")(check)


def _option(*names: str, help_: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help_, metavar=metavar, show_default=False)


def check(
    file: Annotated[str, typer.Argument(help="CSV, TSV, NDJSON, Parquet, Excel; - for stdin.")],
    *,
    map_: Annotated[
        list[str] | None,
        _option("--map", help_="A column under another name, as treated=date.", metavar="NAMES"),
    ] = None,
    activities: Annotated[
        list[str] | None,
        _option("--activities", help_="What is asked, by commas.", metavar="WORDS"),
    ] = None,
    changes_within: Annotated[
        str | None,
        _option("--changes-within", help_="Only what opens within 24h, 3d.", metavar="SPAN"),
    ] = None,
    where: Annotated[
        list[str] | None,
        _option("--where", help_="Only rows like verdict=avoid.", metavar="NAME=TEXT"),
    ] = None,
    long: Annotated[
        bool, typer.Option("--long/--wide", help="A row per activity, or a column (the default).")
    ] = False,
    output: Annotated[
        str | None, _option("--output", "-o", help_="A file, not stdout.", metavar="FILE")
    ] = None,
    rejects: Annotated[
        str | None, _option("--rejects", help_="Rejected rows go here.", metavar="FILE")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Leave cells like =1+1 as they are.")] = False,
    format_: Annotated[
        str | None, _option("--format", help_="csv, ndjson or parquet.", metavar="FORMAT")
    ] = None,
    input_format: Annotated[
        str | None,
        _option("--input-format", help_="csv, tsv, ndjson, parquet, excel.", metavar="FORMAT"),
    ] = None,
    delimiter: Annotated[
        str | None, _option("--delimiter", help_="Between two cells.", metavar="CHARACTER")
    ] = None,
    encoding: Annotated[
        str | None, _option("--encoding", help_="Such as cp1252.", metavar="NAME")
    ] = None,
    engine: Annotated[
        str, _option("--engine", help_="auto, stream or duckdb.", metavar="ENGINE")
    ] = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary, no bar.")] = False,
    at: Annotated[str | None, _option("--at", help_="The instant asked about.")] = None,
    tz: Annotated[str | None, _option("--tz", help_="Zone of rows without one.")] = None,
    rules: Annotated[str | None, _option("--rules", help_="Another rule set.")] = None,
    as_json: Annotated[bool | None, _option("--json", help_="The summary in JSON.")] = None,
    no_color: Annotated[bool | None, _option("--no-color", help_="No colour.")] = None,
) -> Reply:
    """Check a table of patients: what each is allowed now."""
    settings = Settings({"at": at, "tz": tz, "rules": rules, "json": as_json, "no_color": no_color})
    kind = _kind(file, input_format)
    form = _form(format_, output, kind)
    at_, zone, rule_set = moment_and_rules(settings)
    chosen = _activities(activities or [], rule_set)
    from mesocare.bulk.job import Job

    job = Job(
        source=file, kind=kind, output=None if output == "-" else output, form=form,
        columns=_columns(map_ or []), activities=chosen, rules=rule_set, at=at_, zone=zone,
        within=None if changes_within is None else _span(changes_within),
        where=_where(where or [], chosen, rule_set), long=long, raw=raw, rejects=rejects,
        delimiter=_delimiter(delimiter), encoding=encoding,
    )  # fmt: skip
    return _run(job, _engine(engine, kind, form), settings, quiet=quiet)


def _run(
    job: Job, run: Callable[[Job, Callable[[int], None]], Tally], settings: Settings, *, quiet: bool
) -> Reply:
    import gc

    from mesocare.bulk.job import Interrupted

    # A long run, unlike an answer, has to give back what goes round in circles.
    gc.enable()
    gc.freeze()
    as_json, no_color = bool(settings.get("json")), bool(settings.get("no_color"))
    # Rows that go to the same screen show by themselves how far it is.
    shared = job.output is None and sys.stdout is not None and sys.stdout.isatty()
    terminal = sys.stderr is not None and sys.stderr.isatty()
    show = terminal and not shared and not quiet and not as_json
    stopped = 0
    try:
        if show:
            from mesocare.render.check import bar

            with bar(_about(job), no_color=no_color) as progress:
                tally = run(job, progress)
        else:
            tally = run(job, lambda _: None)
    except Interrupted as error:
        tally, stopped = error.tally, error.signal
    if not quiet:
        _summarise(job, tally, as_json=as_json, no_color=no_color, stopped=bool(stopped))
    if stopped:
        return Reply("", _SIGNAL + stopped)
    return Reply("", SOME_REJECTED if tally.rejected else 0)


def _summarise(job: Job, tally: Tally, *, as_json: bool, no_color: bool, stopped: bool) -> None:
    """Write the summary to standard error; standard output has the rows."""
    from mesocare.render import check as view

    if sys.stderr is None:
        return
    if as_json:
        text = view.check_json(job, tally, stopped=stopped)
    else:
        text = view.check_text(job, tally, no_color=no_color, stopped=stopped)
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        return  # the rows were delivered, and the exit code says the rest


def _about(job: Job) -> int | None:
    """Return about how many rows a file of text has; `None` where nobody can know."""
    path = Path(job.source)
    if job.kind not in _STREAMED or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            begin = file.read(_ESTIMATED_BY)
        return path.stat().st_size * begin.count(b"\n") // max(1, len(begin))
    except OSError:
        return None


def _kind(file: str, named: str | None) -> str:
    known = tuple(dict.fromkeys(KINDS.values()))
    if named is not None:
        if named not in known:
            raise TableError(f"--input-format {named!r} is unknown", f"Known: {', '.join(known)}.")
        return named
    if file == "-":
        return "csv"
    found = KINDS.get(Path(file).suffix.lower())
    if found is None:
        message = f"{file!r}: its name does not say what kind of table it is"
        raise TableError(message, f"Say it: --input-format, one of {', '.join(known)}.")
    return found


def _form(named: str | None, output: str | None, kind: str) -> str:
    if named is not None:
        if named not in FORMS:
            raise TableError(f"--format {named!r} is unknown", f"Known: {', '.join(FORMS)}.")
        return named
    suffix = "" if output is None else Path(output).suffix.lower()
    found = KINDS.get(suffix, "csv" if kind in {"tsv", "excel"} else kind)
    if found == "excel":
        raise TableError(f"{output!r}: Excel is not written", "Name a file such as verdicts.csv.")
    if found == "parquet" and output is None:
        return "csv"  # for the eyes, or the next program in the pipe
    return "csv" if found == "tsv" else found


def _activities(said: list[str], rules: RuleSet) -> tuple[Item | Group, ...]:
    from mesocare.lookup import find

    words = [word for each in said for word in each.split(",") if word.strip()]
    if not words:
        if said:
            raise TableError("--activities names none", "Type: --activities makeup,exercise")
        return tuple(rules.groups[id_] for id_ in rules.headline_groups)
    found = [find(word.split(), rules) for word in words]
    return tuple({each.id: each for each in found}.values())


def _columns(said: list[str]) -> dict[str, str]:
    from mesocare.bulk.job import OPTIONAL, REQUIRED

    known = (*REQUIRED, *OPTIONAL)
    found: dict[str, str] = {}
    for pair in (pair for each in said for pair in _MAPPED.split(each)):
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if ours not in known or not equals or not theirs or ours in found:
            why = "is named twice" if ours in found else f"is not one of {', '.join(known)}=NAME"
            raise TableError(f"--map {pair!r} {why}", "Type for example: --map treated=date")
        found[ours] = theirs
    return found


def _where(
    said: list[str], chosen: tuple[Item | Group, ...], rules: RuleSet
) -> tuple[tuple[str, str], ...]:
    return tuple(_condition(each, chosen, rules) for each in said)


def _condition(said: str, chosen: tuple[Item | Group, ...], rules: RuleSet) -> tuple[str, str]:
    from mesocare.core.model import Verdict
    from mesocare.lookup import find

    name, equals, text = said.partition("=")
    name = name.strip()
    if not name or not equals:
        raise TableError(f"--where {said!r} is no condition", "Type: --where verdict=avoid")
    if name == "verdict" and text not in list(Verdict):
        raise TableError(f"--where {said}: no such verdict", f"Known: {', '.join(Verdict)}.")
    if name == "type" and text not in rules.types:
        raise TableError(f"--where {said}: no such type", f"Known: {', '.join(rules.types)}.")
    if name == "activity":
        text = find(text.split(), rules).id
        if text not in {each.id for each in chosen}:
            ids = ", ".join(each.id for each in chosen)
            message = f"--where {said}: that activity is not asked about"
            raise TableError(message, f"Asked about: {ids}. Others: --activities")
    return name, text


def _span(text: str) -> Span:
    from mesocare.core.timespan import Days, Hours

    found = _SPAN.fullmatch(text.strip())
    if found is None:
        message = f"--changes-within {text!r} is no span of hours or days"
        raise TableError(message, "Type for example: --changes-within 24h, or 3d")
    count = int(found[1])
    return Hours(count) if found[2].lower() == "h" else Days(count)


def _delimiter(text: str | None) -> str | None:
    if text is None:
        return None
    text = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if len(text) != 1 or text in '\r\n"\0 ':
        raise TableError(f"--delimiter {text!r} is no single character", "Type one: ';' or tab")
    return text


def _engine(named: str, kind: str, form: str) -> Callable[[Job, Callable[[int], None]], Tally]:
    if named not in ENGINES:
        raise TableError(f"--engine {named!r} is unknown", f"Known: {', '.join(ENGINES)}.")
    streams = kind in _STREAMED and form != "parquet"
    if named == "stream" and not streams:
        which = kind if kind not in _STREAMED else form
        message = f"--engine stream knows CSV, TSV and NDJSON, not {which}"
        raise TableError(message, "Leave --engine out.")
    from importlib import import_module

    if streams and named != "duckdb":
        return import_module("mesocare.bulk.stream").run  # type: ignore[no-any-return]
    try:
        import_module("duckdb")
        return import_module("mesocare.bulk.duck").run  # type: ignore[no-any-return]
    except ImportError as error:
        message = f"{kind} to {form} needs DuckDB, which is not installed"
        raise MesocareError(message, "Type: pip install 'mesocare[bulk]'") from error
