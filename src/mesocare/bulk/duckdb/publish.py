"""The published decision table as Parquet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.bulk.duckdb.output import place
from mesocare.bulk.duckdb.session import literal, session
from mesocare.bulk.publish import PhaseRow, phases

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

_NUMBERS = frozenset({"phase", "from_count", "until_count"})


def write_parquet(rules: RuleSet, output: str) -> None:
    """Write the phases of all rules to a Parquet file.

    Raises:
        TableError: DuckDB is not installed.
        OutputError: It could not be written.
    """
    columns = [list(column) for column in zip(*phases(rules), strict=True)]
    unnested = ", ".join(
        f"unnest(${n}::{'INTEGER' if name in _NUMBERS else 'VARCHAR'}[]) AS {name}"
        for n, name in enumerate(PhaseRow._fields, 1)
    )
    with session() as duck, place(output, duck.folder) as path:
        duck.run(f"CREATE TABLE phases AS SELECT {unnested}", columns)
        duck.run(f"COPY phases TO {literal(str(path))} (FORMAT parquet, USE_TMP_FILE false)")
