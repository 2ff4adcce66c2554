"""`mesocare check`: a table of patients, or of products, in; a table of verdicts out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from mesocare.cli.commands import check_options
from mesocare.cli.commands.sheet import (
    FORMS,
    LONGEST,
    Clinic,
    Large,
    Logo,
    Paper,
    Phone,
    letterhead,
    made,
)
from mesocare.cli.options import settled
from mesocare.cli.reply import Reply
from mesocare.cli.request import date_orders, moment_and_rules, request
from mesocare.cli.settings import Settings  # noqa: TC001 - its signature is read
from mesocare.errors import TableError

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from mesocare.app.sheet import Letterhead
    from mesocare.bulk.job import Job, Layout, Tally
    from mesocare.cli.commands.check_options import Runner
    from mesocare.cli.request import Request
    from mesocare.core.model import Group, Item, RuleSet, Treatment

SHARED = (
    "treated", "type", "with_", "about", "at", "dates", "tz", "rules", "json", "no_color",
)  # fmt: skip
SOME_REJECTED = 1
_SIGNAL = 128
_ESTIMATED_BY = 64 * 1024


def register(app: typer.Typer) -> None:
    """Add the command."""
    example = "mesocare check patients.csv --activities makeup,exercise -o verdicts.csv"
    settled(app, "check", SHARED, example=example)(check)


def _option(*names: str, help_: str, metavar: str | None = None) -> Any:
    return typer.Option(*names, help=help_, metavar=metavar, show_default=False)


def check(
    settings: Settings,
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="CSV, TSV, NDJSON, Parquet, Excel; - for stdin.")],
    *,
    products: Annotated[
        bool,
        typer.Option("--products", help="It is a shop's list: name, ingredients; for --treated."),
    ] = False,
    map_: Annotated[
        list[str] | None,
        _option("--map", help_="A column under another name, as treated=date.", metavar="NAMES"),
    ] = None,
    map_type: Annotated[
        list[str] | None,
        _option("--map-type", help_="What a type is called there, as Glow=face.", metavar="NAME"),
    ] = None,
    sheet: Annotated[
        str | None, _option("--sheet", help_="The sheet of a workbook.", metavar="NAME")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="How the first ten rows are read; writes nothing.")
    ] = False,
    fix: Annotated[
        str | None,
        _option(
            "--fix", help_="Write the table as it is meant, and check nothing.", metavar="FILE"
        ),
    ] = None,
    sheets: Annotated[
        str | None,
        _option("--sheets", help_="Write an aftercare sheet per row into it.", metavar="FOLDER"),
    ] = None,
    sheet_form: Annotated[
        str, _option("--sheet-format", help_="html (the default), pdf, md, txt.", metavar="FORMAT")
    ] = "html",
    clinic: Clinic = None,
    phone: Phone = None,
    logo: Logo = None,
    paper: Paper = "a4",
    large: Large = False,
    force: Annotated[bool, typer.Option("--force", help="Replace sheets that are there.")] = False,
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
    bom: Annotated[bool, typer.Option("--bom", help="Begin CSV with a mark, for Excel.")] = False,
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
    times: Annotated[
        str, _option("--times", help_="auto, or exact: midnight is a time.", metavar="HOW")
    ] = "auto",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary, no bar.")] = False,
) -> Reply:
    """Check a table of patients: what each is allowed now. Or a shop's list of products."""
    kind = check_options.kind(file, input_format)
    form = check_options.form(format_, output, kind)
    if products:
        check_options.for_products(context, kind, form)
        asked = _of_products(settings, where or [])
    else:
        check_options.for_patients(settings)
        asked = _of_patients(settings, activities or [], where or [])
    rule_set = asked.rules
    from mesocare.bulk.job import Job
    from mesocare.cli.output import check_target
    from mesocare.parsing.date_order import UNSETTLED

    for target in (output, rejects, fix):
        if target is not None and target != "-":
            check_target(target, settings.get("rules"))
    job = Job(
        source=file,
        kind=kind,
        output=None if output == "-" else output,
        form=form,
        columns=check_options.columns(map_ or [], asked.layout),
        activities=asked.activities,
        rules=rule_set,
        at=asked.at,
        zone=asked.zone,
        within=None if changes_within is None else check_options.span(changes_within),
        where=asked.where,
        long=long,
        raw=raw,
        rejects=rejects,
        delimiter=check_options.separator(delimiter),
        encoding=encoding,
        counted=not quiet,
        exact=check_options.exact(times),
        orders=date_orders(settings) or UNSETTLED,
        types=check_options.types(map_type or [], rule_set),
        sheet=_sheet(sheet, kind),
        mark=bom and form == "csv",
        layout=asked.layout,
    )
    if asked.request is not None:
        return _products(job, asked.request, quiet=quiet)
    if preview:
        return _preview(job, settings)
    if fix is not None:
        return _fix(job, fix, settings, quiet=quiet)
    if sheets is not None:
        head = letterhead((), clinic, phone, logo, paper, large=large, rules=rule_set)
        return _sheets(job, sheets, sheet_form, head, settings, force=force, quiet=quiet)
    return _run(job, check_options.runner(engine, job), settings, quiet=quiet)


class _Asked(NamedTuple):
    """What a table is asked; the `request` of one treatment for all rows, if they are products."""

    at: datetime
    zone: tzinfo
    rules: RuleSet
    layout: Layout
    activities: tuple[Item | Group, ...]
    where: tuple[tuple[str, str], ...]
    request: Request | None = None


def _of_patients(settings: Settings, activities: list[str], where: list[str]) -> _Asked:
    from mesocare.bulk.job import PATIENTS

    at, zone, rules = moment_and_rules(settings)
    chosen = check_options.chosen(activities, rules)
    return _Asked(at, zone, rules, PATIENTS, chosen, check_options.conditions(where, chosen, rules))


def _of_products(settings: Settings, where: list[str]) -> _Asked:
    from mesocare.bulk.products import PRODUCTS

    asked = request(settings)
    of = asked.question
    conditions = check_options.product_conditions(where)
    return _Asked(of.at, of.zone, of.rules, PRODUCTS, (), conditions, asked)


def _products(job: Job, asked: Request, *, quiet: bool) -> Reply:
    """Write a shop's list with what is said of each product."""
    from mesocare.app.diary import calls
    from mesocare.app.shop import answers
    from mesocare.bulk.job import Interrupted
    from mesocare.bulk.products import check_products
    from mesocare.render.text import check as view

    meaning = asked.meaning
    if meaning is not None and (said := calls(meaning, asked.question.rules)):
        view.say(f"{said}\n")  # whatever else is to be quiet
    _for_long()
    stopped = 0
    try:
        tally = check_products(job, answers(asked.question, meaning.open_ids if meaning else ()))
    except Interrupted as error:
        tally, stopped = error.tally, error.signal
    if not quiet:
        no_color = asked.question.no_color
        _summarise(job, tally, as_json=asked.json, no_color=no_color, stopped=bool(stopped))
    return _ended(tally, stopped)


def _for_long() -> None:
    """Give back what goes round in circles, as a long run has to and an answer has not."""
    import gc

    gc.enable()
    gc.freeze()


def _ended(tally: Tally, stopped: int) -> Reply:
    if stopped:
        return Reply(None, _SIGNAL + stopped)
    return Reply(None, SOME_REJECTED if tally.rejected else 0)


def _sheet(sheet: str | None, kind: str) -> str | None:
    if sheet is not None and kind != "excel":
        raise TableError(f"--sheet {sheet!r}: a table as {kind} has no sheets", "Leave it out.")
    return sheet


def _preview(job: Job, settings: Settings) -> Reply:
    """Show how the first rows are read."""
    from mesocare.bulk.preview import preview
    from mesocare.render.text import check as view

    found = preview(job)
    if settings.get("json"):
        return Reply(view.preview_json(job, found), is_data=True)
    return Reply(view.preview_text(job, found, no_color=bool(settings.get("no_color"))))


def _fix(job: Job, target: str, settings: Settings, *, quiet: bool) -> Reply:
    """Write the table as it is meant."""
    from mesocare.bulk.fix import fix
    from mesocare.render.text import check as view

    job = job._replace(output=None if target == "-" else target, form="csv")
    tally = fix(job)
    if not quiet and sys.stderr is not None:
        view.say(view.fixed_text(job, tally, no_color=bool(settings.get("no_color"))))
    return Reply(None, SOME_REJECTED if tally.rejected else 0)


def _sheets(
    job: Job,
    folder: str,
    form: str,
    head: Letterhead,
    settings: Settings,
    *,
    force: bool,
    quiet: bool,
) -> Reply:
    """Write an aftercare sheet for each row."""
    from mesocare.app.schedule import schedule
    from mesocare.app.sheet import sheet as facts
    from mesocare.bulk.sheets import write_sheets
    from mesocare.core.aftercare.details import raised
    from mesocare.core.question import Question
    from mesocare.render.text import check as view

    if form not in FORMS:
        raise TableError(f"--sheet-format {form!r} is unknown", f"Known: {', '.join(FORMS)}.")
    if not folder.strip() or Path(folder).is_file():
        raise TableError(f"--sheets {folder!r} is no folder", "Type for example: --sheets sheets")

    def content(patient: str, treatment: Treatment) -> bytes:
        rules = raised(job.rules, (treatment,))
        question = Question(job.at, treatment.when.zone, (treatment,), rules)
        known = head._replace(name=" ".join(patient.split())[:LONGEST])
        return made(facts(schedule(question), known), form)

    _for_long()
    tally = write_sheets(job, Path(folder), f".{form}", content, force=force)
    if not quiet and sys.stderr is not None:
        view.say(view.sheets_text(folder, tally, no_color=bool(settings.get("no_color"))))
    return Reply(None, SOME_REJECTED if tally.rejected else 0)


def _run(job: Job, run: Runner, settings: Settings, *, quiet: bool) -> Reply:
    from mesocare.bulk.job import Interrupted

    _for_long()
    as_json, no_color = bool(settings.get("json")), bool(settings.get("no_color"))
    # Rows that go to the same screen show by themselves how far it is.
    shared = job.output is None and sys.stdout is not None and sys.stdout.isatty()
    terminal = sys.stderr is not None and sys.stderr.isatty()
    show = terminal and not shared and not quiet and not as_json
    stopped = 0
    try:
        if show:
            from mesocare.render.text.check import bar

            with bar(_about(job), no_color=no_color) as progress:
                tally = run(job, progress)
        else:
            tally = run(job, lambda _: None)
    except Interrupted as error:
        tally, stopped = error.tally, error.signal
    if not quiet:
        _summarise(job, tally, as_json=as_json, no_color=no_color, stopped=bool(stopped))
    return _ended(tally, stopped)


def _summarise(job: Job, tally: Tally, *, as_json: bool, no_color: bool, stopped: bool) -> None:
    """Write the summary to standard error; standard output has the rows."""
    from mesocare.render.text import check as view

    if as_json:
        text = view.check_json(job, tally, stopped=stopped)
    elif not job.activities:
        text = view.products_text(job, tally, no_color=no_color, stopped=stopped)
    else:
        text = view.check_text(job, tally, no_color=no_color, stopped=stopped)
    view.say(text)


def _about(job: Job) -> int | None:
    """Return about how many rows a file of text has; `None` where nobody can know."""
    path = Path(job.source)
    if job.kind not in check_options.STREAMED or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            begin = file.read(_ESTIMATED_BY)
        return path.stat().st_size * begin.count(b"\n") // max(1, len(begin))
    except OSError:
        return None
