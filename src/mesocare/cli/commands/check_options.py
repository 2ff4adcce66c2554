"""What the options of `mesocare check` mean, and why others are refused."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mesocare.errors import MesocareError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

    from mesocare.bulk.job import Job, Layout, Tally
    from mesocare.cli.settings import Settings
    from mesocare.core.model import Group, Item, RuleSet
    from mesocare.core.timespan import Span

    # Checks a table, and tells now and then how many rows it has read.
    Runner = Callable[[Job, Callable[[int], None]], Tally]

KINDS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "tsv", ".tab": "tsv",
    ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "excel", ".xls": "excel", ".xlsb": "excel", ".ods": "excel",
}  # fmt: skip
FORMS = ("csv", "ndjson", "parquet")
TIMES = ("auto", "exact")
ENGINES = ("auto", "stream", "duckdb")
STREAMED = ("csv", "tsv", "ndjson")
# Bytes from which on DuckDB is quicker. With patients of 62 bytes, streaming took 0.67 times as
# long for 10,000 of them, 1.14 times for 50,000 (3.1 MB) and 5.4 times for a million.
LARGE = 4_000_000
# What is about patients, by the parameter, and so goes with no shop's list.
_OF_PATIENTS = frozenset({
    "map_type", "preview", "fix", "sheets", "sheet_form", "clinic", "phone", "logo", "paper",
    "large", "force", "activities", "changes_within", "long", "engine", "times",
})  # fmt: skip
# What says of a shop's list whom it is for; each row of patients says it by itself.
_OF_ONE_TREATMENT = ("treated", "type", "with", "about")
_SPAN = re.compile(r"([1-9]\d{0,3})\s*(h|d)(?:ours?|ays?)?", re.ASCII | re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def kind(file: str, named: str | None) -> str:
    """Return what kind of table the input is: as named, else by the file's name.

    Raises:
        TableError: The kind is unknown, or the name does not tell it.
    """
    known = tuple(dict.fromkeys(KINDS.values()))
    if _URL.match(file):
        message = f"{file!r} is an address, and nothing is fetched from anywhere"
        raise TableError(message, "Download it, and name the file.")
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


def form(named: str | None, output: str | None, kind: str) -> str:
    """Return what is written: as named, else by the name of the output, else as the input is.

    Raises:
        TableError: That cannot be written.
    """
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


def for_products(context: typer.Context, kind: str, form: str) -> None:
    """Refuse what a shop's list is not asked, read from or written to.

    Raises:
        TableError: It was given.
    """
    for each in context.command.params:
        source = context.get_parameter_source(each.name or "")
        if each.name in _OF_PATIENTS and source is not None and source.name == "COMMANDLINE":
            message = f"{each.opts[0]} is for a table of patients, and --products was given"
            raise TableError(message, "Leave one of the two out.")
    if "parquet" in {kind, form}:
        which = "reads CSV, TSV, NDJSON and Excel" if kind == "parquet" else "writes CSV and NDJSON"
        raise TableError(f"--products {which}, no Parquet", "Name a file such as products.csv.")


def for_patients(settings: Settings) -> None:
    """Refuse a treatment that was typed for a table whose rows have their own.

    Raises:
        TableError: It was; one in the environment or the configuration is for other commands.
    """
    for each in _OF_ONE_TREATMENT:
        given, origin = settings.found(each)
        if given and not origin:
            message = f"--{each} was given, but each row of a table of patients has its own"
            hint = f"Put it into the column {each!r}; or is it a list of products? Add --products."
            raise TableError(message, hint)


def product_conditions(said: list[str]) -> tuple[tuple[str, str], ...]:
    """Return what a row of a shop's list has to meet, as `("verdict", "avoid")`.

    Raises:
        TableError: A condition that nothing can meet.
    """
    return tuple(_pair(each) for each in said)


def exact(times: str) -> bool:
    """Return whether a treatment at midnight was at midnight, and not at some time of that day.

    Raises:
        TableError: It is neither of the two.
    """
    if times not in TIMES:
        raise TableError(f"--times {times!r} is unknown", f"Known: {', '.join(TIMES)}.")
    return times == "exact"


def chosen(said: list[str], rules: RuleSet) -> tuple[Item | Group, ...]:
    """Return what is asked about, each once; the headline groups if nothing was said.

    Raises:
        MesocareError: An activity is unknown, or none was named.
    """
    from mesocare.parsing.activities import find

    words = [word for each in said for word in each.split(",") if word.strip()]
    if not words:
        if said:
            raise TableError("--activities names none", "Type: --activities makeup,exercise")
        return tuple(rules.groups[id_] for id_ in rules.headline_groups)
    found = [find(word.split(), rules) for word in words]
    return tuple({each.id: each for each in found}.values())


def columns(said: list[str], layout: Layout) -> dict[str, str]:
    """Return, by a column of ours, the name that the input has for it.

    Raises:
        TableError: A column is not one of ours, or named twice.
    """
    known = layout.all
    apart = re.compile(rf",\s*(?=(?:{'|'.join(known)})=)")
    found: dict[str, str] = {}
    for pair in (pair for each in said for pair in apart.split(each)):
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        empty = not theirs and ours not in layout.optional
        if ours not in known or not equals or empty or ours in found:
            why = "is named twice" if ours in found else f"is not one of {', '.join(known)}=NAME"
            example = "treated=date" if "treated" in known else "ingredients=INCI"
            raise TableError(f"--map {pair!r} {why}", f"Type for example: --map {example}")
        found[ours] = theirs
    return found


def types(said: list[str], rules: RuleSet) -> dict[str, str]:
    """Return, by a word for a type, folded, the type that somebody said it means.

    Raises:
        MesocareError: A type is unknown, or a word is named twice.
    """
    from mesocare.parsing.types import find_type
    from mesocare.text import folded

    found: dict[str, str] = {}
    for pair in said:
        words, equals, type_ = (part.strip() for part in pair.rpartition("="))
        key = folded(words)
        if not equals or not key or not type_ or key in found:
            why = "is named twice" if key in found else "says of no words what they mean"
            raise TableError(f"--map-type {pair!r} {why}", "Type for example: --map-type Glow=face")
        found[key] = find_type(type_, rules)
    return found


def conditions(
    said: list[str], chosen: tuple[Item | Group, ...], rules: RuleSet
) -> tuple[tuple[str, str], ...]:
    """Return what a row or an answer has to meet, as `("verdict", "avoid")`.

    Raises:
        MesocareError: A condition that nothing can meet.
    """
    return tuple(_condition(each, chosen, rules) for each in said)


def _pair(said: str) -> tuple[str, str]:
    from mesocare.core.model import Verdict

    name, equals, text = said.partition("=")
    name = name.strip()
    if not name or not equals:
        raise TableError(f"--where {said!r} is no condition", "Type: --where verdict=avoid")
    if name == "verdict" and text not in list(Verdict):
        raise TableError(f"--where {said}: no such verdict", f"Known: {', '.join(Verdict)}.")
    return name, text


def _condition(said: str, chosen: tuple[Item | Group, ...], rules: RuleSet) -> tuple[str, str]:
    from mesocare.parsing.activities import find

    name, text = _pair(said)
    if name == "type":
        from mesocare.parsing.types import find_type

        try:
            text = find_type(text, rules)
        except MesocareError as error:
            hint = f"Known: {', '.join(rules.types)}."
            raise TableError(f"--where {said}: no such type", hint) from error
    if name == "activity":
        text = find(text.split(), rules).id
        if text not in {each.id for each in chosen}:
            ids = ", ".join(each.id for each in chosen)
            message = f"--where {said}: that activity is not asked about"
            raise TableError(message, f"Asked about: {ids}. Others: --activities")
    return name, text


def span(text: str) -> Span:
    """Return within which time something has to open: hours are elapsed, days calendar time.

    Raises:
        TableError: It is no such span.
    """
    from mesocare.core.timespan import Days, Hours

    found = _SPAN.fullmatch(text.strip())
    if found is None:
        message = f"--changes-within {text!r} is no span of hours or days"
        raise TableError(message, "Type for example: --changes-within 24h, or 3d")
    count = int(found[1])
    return Hours(count) if found[2].lower() == "h" else Days(count)


def separator(text: str | None) -> str | None:
    """Return the one character between two cells; `None` to find out.

    Raises:
        TableError: It is no single character, or one that cannot stand there.
    """
    if text is None:
        return None
    text = {"tab": "\t", r"\t": "\t"}.get(text, text)
    if len(text) != 1 or text in '\r\n"\0 ':
        raise TableError(f"--delimiter {text!r} is no single character", "Type one: ';' or tab")
    return text


def runner(named: str, job: Job) -> Runner:
    """Return what runs the check: the engine named, else the one that is quicker.

    Raises:
        MesocareError: No engine has that name, it does not know the tables, or it is not installed.
    """
    if named not in ENGINES:
        raise TableError(f"--engine {named!r} is unknown", f"Known: {', '.join(ENGINES)}.")
    streams = job.kind in STREAMED and job.form != "parquet"
    if named == "stream" and not streams:
        which = job.kind if job.kind not in STREAMED else job.form
        message = f"--engine stream knows CSV, TSV and NDJSON, not {which}"
        raise TableError(message, "Leave --engine out.")
    quicker = _is_large(job) and find_spec("duckdb") is not None
    if named == "stream" or (streams and named == "auto" and not quicker):
        from mesocare.bulk.stream import engine as stream_engine

        return stream_engine.run
    try:
        import_module("duckdb")
    except ImportError as error:
        message = f"{job.kind} to {job.form} needs DuckDB, which is not installed"
        raise MesocareError(message, "Type: pip install 'mesocare[bulk]'") from error
    from mesocare.bulk.duckdb import engine as duckdb_engine

    return duckdb_engine.run


def _is_large(job: Job) -> bool:
    """Whether DuckDB is quicker: a large text, whose rows are looked up, from file to file.

    A pipe gets its rows as they come, and what no lookup answers is streamed anyway.
    """
    if job.kind == "ndjson" or job.long or job.within is not None or job.output is None:
        return False
    try:
        return Path(job.source).is_file() and Path(job.source).stat().st_size >= LARGE
    except (OSError, ValueError):
        return False  # whoever reads it says why it cannot be read
