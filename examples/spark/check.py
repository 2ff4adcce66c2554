"""Verdicts for a table of patients on a Spark cluster: a range join with the verdict table.

    mesocare rules table --at 2024-05-03T09:00Z --tz Europe/London -o table.parquet
    spark-submit check.py table.parquet patients.parquet out

`patients.parquet` has the columns of `mesocare check`, as text: patient_id, treated, type and tz.
`out/verdicts` gets the rows that the table answers, partitioned by type. `out/unanswered` gets the
others as CSV, whole: give them to `mesocare check`, which answers them or says why it cannot.
"""

from __future__ import annotations

import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

DATE = r"^\d{4}-\d{2}-\d{2}"
TIME = r"[T ]\d{2}:\d{2}(:\d{2}([.]\d{1,6})?)?"
OFFSET = r"(Z|[+-]\d{2}:\d{2})"
MIDNIGHT = f"{DATE}[T ]00:00(:00([.]0*)?)?({OFFSET})?$"
STRETCH = ("type", "clock", "tz", "begins_at", "ends_at")


def told(patients: DataFrame) -> DataFrame:
    """Add by which clock each treatment is told, and what it shows there without an offset."""
    treated = f.col("treated")
    # A midnight is left over for `mesocare check`, which takes it for some time of its day.
    clock = (
        f.when(treated.rlike(MIDNIGHT), None)
        .when(treated.rlike(f"{DATE}$"), "day")
        .when(treated.rlike(f"{DATE}{TIME}$"), "local")
        .when(treated.rlike(f"{DATE}{TIME}{OFFSET}$"), "instant")
    )
    # The session's zone is UTC: an offset is turned into UTC, and nothing else is turned.
    shows = f.when(clock.isNotNull(), f.try_to_timestamp(treated)).cast("timestamp_ntz")
    return patients.withColumn("clock", clock).withColumn("shows", shows)


def main(table: str, patients: str, target: str) -> None:
    """Join, and write what is answered and what is not."""
    spark = SparkSession.builder.appName("mesocare").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    verdicts = spark.read.parquet(table).withColumnRenamed("tz", "zone")
    verdicts = verdicts.withColumnRenamed("type", "kind").withColumnRenamed("clock", "by")
    answers = [name for name in verdicts.columns if name not in {*STRETCH, "zone", "kind", "by"}]
    rows = spark.read.parquet(patients)
    told_ = told(rows)
    at_its_stretch = (
        (told_["type"] == verdicts["kind"])
        & (told_["tz"] == verdicts["zone"])
        & (told_["clock"] == verdicts["by"])
        & (told_["shows"] >= verdicts["begins_at"])
        & (told_["shows"] < verdicts["ends_at"])
    )
    # A few thousand rows: every worker gets the whole of it, and no patient is moved.
    joined = told_.join(f.broadcast(verdicts), at_its_stretch, "left").cache()
    answered = joined.where(f.col("kind").isNotNull()).select(*rows.columns, *answers)
    answered.write.mode("error").partitionBy("type").parquet(f"{target}/verdicts")
    rest = joined.where(f.col("kind").isNull()).select(*rows.columns)
    rest.coalesce(1).write.mode("error").csv(f"{target}/unanswered", header=True, escape='"')
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
