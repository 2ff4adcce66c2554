"""Answer generated patients on Spark and by the check in DuckDB; print the ratios of their times.

Both read the same Parquet and write Parquet, each as a process of its own with two cores, the start
of Java included. Spark gets its verdict table made before. Needs the group `spark`, and Java.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from figures import Row, tell

from bulk import AT, ZONES, Run, check, measured, patients

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "spark" / "check.py"


def spark(table: Path, source: Path, target: Path) -> Run:
    """Answer a table of patients on Spark, with two cores of this machine."""
    shutil.rmtree(target, ignore_errors=True)
    submit = str(Path(sys.executable).parent / "spark-submit")
    options = ["--master", "local[2]", "--conf", "spark.ui.enabled=false"]
    return measured([submit, *options, str(EXAMPLE), str(table), str(source), str(target)])


def measure(rows: int, pairs: int) -> Row:
    """Return the comparison for so many patients."""
    import duckdb

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = patients(folder / "patients.csv", rows, odd=False)
        source, table = folder / "patients.parquet", folder / "table.parquet"
        read = f"read_csv('{text}', all_varchar = true, header = true)"
        duckdb.execute(f"COPY (FROM {read}) TO '{source}' (FORMAT parquet)")
        start = "from mesocare.cli.main import main; main()"
        zones = [part for zone in ZONES for part in ("--tz", zone)]
        published = ["rules", "table", "--at", AT, *zones, "-o", str(table)]
        measured([sys.executable, "-c", start, *published])
        both = [
            (
                spark(table, source, folder / "out"),
                check(source, folder / "out.parquet", "--engine", "duckdb"),
            )
            for _ in range(pairs)
        ]
        ratios = [ours.seconds / theirs.seconds for ours, theirs in both]
    return Row(f"Spark local[2], {rows:,} patients", "`check --engine duckdb`", None, ratios)


def main() -> None:
    """Measure, print, and with `--readme` write the figures into README.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--pairs", type=int, default=1, help="pairs of runs per comparison")
    parser.add_argument("--readme", action="store_true", help="write the figures into README.md")
    options = parser.parse_args()
    # `spark-submit` looks for its Python, and the workers for theirs, on the path.
    here = Path(sys.executable).parent
    os.environ["PATH"] = f"{here}{os.pathsep}{os.environ['PATH']}"
    how = f"Whole processes, all headline activities, median of {options.pairs} pairs run in turn"
    marks = "spark benchmark" if options.readme else None
    tell([measure(rows, options.pairs) for rows in options.rows], how, marks)


if __name__ == "__main__":
    main()
