"""`mesocare rules table`: the rules as a table that any warehouse can join."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from mesocare.cli.commands.rules.base import chosen_rules
from mesocare.cli.options import At, Rules, add
from mesocare.cli.output import check_target, write_file
from mesocare.cli.reply import Reply, did
from mesocare.cli.request import moment_and_rules
from mesocare.cli.settings import Settings
from mesocare.errors import TableError

if TYPE_CHECKING:
    from mesocare.bulk.publish import Table

FORMS = ("csv", "parquet", "sql")


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, "table", table, "mesocare rules table --at 2024-05-03T09:00 --tz Europe/London")


def table(
    *,
    at: At = None,
    tz: Annotated[
        list[str] | None,
        typer.Option("--tz", help="A zone of the verdict table; may be repeated.", metavar="ZONE"),
    ] = None,
    activities: Annotated[
        list[str] | None,
        typer.Option("--activities", help="Its columns, by commas.", metavar="WORDS"),
    ] = None,
    details: Annotated[
        bool, typer.Option("--details", help="The phases of substances and factors instead.")
    ] = False,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="csv, parquet or sql.", metavar="FORMAT", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; standard output if left out.")
    ] = None,
    rules: Rules = None,
) -> Reply:
    """Write the rules' phases, or with --at the verdict table of that instant, for a range join."""
    from mesocare.bulk import publish

    form = format_ or (output.suffix[1:].lower() if output and output.suffix else "csv")
    if form not in FORMS:
        raise TableError(f"{form!r} is no format of the table", f"Known: {', '.join(FORMS)}.")
    wanted = (
        _detail_table(at, tz, activities, rules, form)
        if details
        else _table(at, tz, activities, rules, form)
    )
    if form == "parquet":
        if output is None or str(output) == "-":
            hint = "Type: mesocare rules table --format parquet -o rules.parquet"
            raise TableError("Parquet is not written to standard output", hint)
        check_target(output, rules)
        publish.write_parquet(wanted, str(output))
        return did(f"Written: {output}\n")
    text = publish.as_csv(wanted) if form == "csv" else publish.as_sql(wanted)
    if output is None or str(output) == "-":
        return Reply(text, is_data=True)
    write_file(output, text, rules)
    return did(f"Written: {output}\n")


def _detail_table(
    at: str | None, tz: list[str] | None, activities: list[str] | None, rules: str | None, form: str
) -> Table:
    """Return the phases of details, of which there is neither an instant nor a script."""
    from mesocare.bulk import publish

    if at is not None or tz or activities or form == "sql":
        hint = "Leave out --at, --tz, --activities and --format sql, which are about verdicts."
        raise TableError("--details is about phases, not about verdicts", hint)
    return publish.detail_phases(chosen_rules(Settings({"rules": rules})))


def _table(
    at: str | None, tz: list[str] | None, activities: list[str] | None, rules: str | None, form: str
) -> Table:
    """Return the table that is wanted."""
    from mesocare.bulk import publish
    from mesocare.cli.commands.check_options import chosen

    # Without an instant there is no verdict; and a setting of one is not about this.
    settings = Settings({"at": at, "rules": rules, "tz": tz[0] if tz else None})
    instant, zone, rule_set = moment_and_rules(settings)
    if at is None and form != "sql":
        if tz or activities:
            hint = "Add for example: --at 2024-05-03T09:00"
            raise TableError("--tz and --activities are about the verdict table", hint)
        return publish.phases(rule_set)
    zones = tz or [str(getattr(zone, "key", ""))]
    return publish.verdict_table(rule_set, chosen(activities or [], rule_set), instant, zones)
