"""The example for Spark, run as its reader would: it says what `check` says, row by row."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.support.bulk import AT, ZONES, treatments

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

ROWS = 10_000
EXAMPLE = Path(__file__).parents[2] / "examples" / "spark" / "check.py"
SUBMIT = Path(sys.executable).parent / "spark-submit"


@pytest.mark.long
@pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed")
@pytest.mark.skipif(shutil.which("java") is None, reason="Java is not installed")
def test_spark_says_what_check_says(rules: RuleSet, own: Program, searched: Searched) -> None:
    """What Spark answers and what `check` says of the rest are together what it says of all."""
    rows = [
        (str(n), *row) for n, row in enumerate(treatments(rules, AT, ROWS, seed=AT.toordinal()))
    ]
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE p (patient_id TEXT, treated TEXT, type TEXT, tz TEXT)")
        connection.executemany("INSERT INTO p VALUES (?, ?, ?, ?)", rows)
        connection.execute(f"COPY p TO '{own.place / 'patients.parquet'}' (FORMAT parquet)")
        connection.execute(f"COPY p TO '{own.place / 'patients.csv'}' (HEADER)")
    at = ("--at", AT.isoformat())
    zones = [part for zone in ZONES for part in ("--tz", zone)]
    assert own.run("rules", "table", *at, *zones, "-o", "table.parquet").code == 0

    spark = subprocess.run(
        [
            *(str(SUBMIT), "--master", "local[2]", "--conf", "spark.ui.enabled=false"),
            *(str(EXAMPLE), "table.parquet", "patients.parquet", "out"),
        ],
        cwd=own.place,
        env={**os.environ, "PATH": f"{SUBMIT.parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert spark.returncode == 0, spark.stderr[-4000:]

    (rest,) = (own.place / "out" / "unanswered").glob("*.csv")
    for source, name in (("patients.csv", "all"), (rest, "rest")):
        own.run("check", str(source), *at, "-q", "-o", f"{name}.csv", "--rejects", f"{name}-no.csv")
    with duckdb.connect() as connection:
        read = "read_csv('{}', all_varchar = true, header = true)"
        every, of_rest = (
            connection.execute(
                f"SELECT * FROM {read.format(own.place / name)} ORDER BY patient_id"
            ).fetchall()
            for name in ("all.csv", "rest.csv")
        )
        columns = [
            each[0]
            for each in connection.execute(
                f"DESCRIBE SELECT * FROM {read.format(own.place / 'all.csv')}"
            ).fetchall()
        ]
        found = connection.execute(
            f"SELECT {', '.join(columns)} FROM read_parquet('{own.place}/out/verdicts/*/*.parquet',"
            " hive_partitioning = true) ORDER BY patient_id"
        ).fetchall()
    assert len(found) > ROWS * 0.8
    assert sorted([*found, *of_rest]) == every
    rejects = [(own.place / f"{name}-no.csv").read_text().count("\n") for name in ("all", "rest")]
    assert rejects[0] == rejects[1]
    searched(len(found), "rows by Spark and by streaming")
