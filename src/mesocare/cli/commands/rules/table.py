"""`mesocare rules table`: the rules as a table that any warehouse can join."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

from mesocare.cli.options import Reply
from mesocare.cli.output import write_file
from mesocare.cli.settings import Settings
from mesocare.errors import TableError

FORMS = ("csv", "parquet", "sql")


def register(app: typer.Typer) -> None:
    """Add the command."""
    example = "mesocare rules table --format sql -o verdicts.sql"
    app.command("table", help=f"{table.__doc__}\n\n\b\nExample:\n  {example}")(table)


def table(
    *,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="csv, parquet or sql.", metavar="FORMAT", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; standard output if left out.")
    ] = None,
    rules: Annotated[
        str | None, typer.Option("--rules", help="Another rule set.", show_default=False)
    ] = None,
) -> Reply:
    """Write the rules as a decision table, or as an SQL script that answers from it."""
    from mesocare.bulk import publish
    from mesocare.rules.loader import load_rules

    form = format_ or (output.suffix[1:].lower() if output and output.suffix else "csv")
    if form not in FORMS:
        raise TableError(f"{form!r} is no format of the table", f"Known: {', '.join(FORMS)}.")
    settings = Settings({"rules": rules})
    with settings.reading("rules"):
        rule_set = load_rules(settings.get("rules"))
    if form == "parquet":
        if output is None:
            hint = "Type: mesocare rules table --format parquet -o rules.parquet"
            raise TableError("Parquet is not written to standard output", hint)
        from mesocare.bulk.duckdb.publish import write_parquet

        write_parquet(rule_set, str(output))
        return Reply(f"Written: {output}\n")
    text = publish.as_csv(rule_set) if form == "csv" else publish.as_sql(rule_set)
    if output is None:
        return Reply(text)
    write_file(output, text)
    return Reply(f"Written: {output}\n")
