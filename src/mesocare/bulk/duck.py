"""The engine for large tables: in DuckDB, parallel, and out of core where it has to be.

The rows are read once, each with the number of what holds after its treatment, then counted, then
written in the order in which they came. No join stands in their way, as none keeps order. A row
that the decision table has no answer for is asked of the engine itself, each distinct treatment
once, and is answered or rejected as it would be alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mesocare.bulk import duck_output
from mesocare.bulk.decisions import Decider
from mesocare.bulk.duck_bridge import by_streaming
from mesocare.bulk.duck_input import Source, Unsure, delimited, parquet
from mesocare.bulk.duck_session import first_line, module, reading, session
from mesocare.bulk.duck_table import DecisionTable
from mesocare.bulk.job import Interrupted, Tally, blamed, reason
from mesocare.bulk.sink import check_places
from mesocare.bulk.stop import Stopped, Stopping
from mesocare.bulk.tables import as_text
from mesocare.errors import MesocareError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.bulk.duck_session import Session
    from mesocare.bulk.job import Job

# Rows that are looked at to learn which types and zones there are.
_SAMPLE = 50_000
# From so many rows of a type and zone that the sample did not have, it is read again.
_WORTH_AGAIN = 1_000
_BATCH = 10_000
# Beyond so many treatments that are not written plainly, streaming is the shorter way.
_MOST_ASKED = 1_000_000


def run(job: Job, progress: Callable[[int], None] | None = None) -> Tally:
    """Check a table of patients.

    What one join cannot do, and text that DuckDB might read otherwise, is done by the streaming
    engine, between files of its kind.

    Args:
        job: What to do.
        progress: Told now and then how many rows have been judged.

    Raises:
        TableError: The table cannot be read, or has not the columns that are needed.
        OutputError: The answers cannot be written.
        Interrupted: A signal asked to stop; no file is left, and nothing half written.
    """
    module()
    check_places(job)
    with Stopping(), session() as duck:
        try:
            return _run(job, duck, progress or (lambda _: None))
        except Stopped as stopped:
            raise Interrupted(Tally(), stopped.number) from stopped


def _run(job: Job, duck: Session, progress: Callable[[int], None]) -> Tally:
    if job.kind == "excel":
        job = as_text(job, duck.folder)
    try:
        return _Check(job, duck).run(progress)
    except Unsure:
        return by_streaming(job, duck, progress)


class _Check:
    """One bulk check."""

    def __init__(self, job: Job, duck: Session) -> None:
        if job.long or job.within is not None or job.kind == "ndjson":
            raise Unsure("it is no plain join")
        self.job = job
        self.duck = duck
        self.source: Source = (parquet if job.kind == "parquet" else delimited)(job, duck)
        self.conditions = duck_output.conditions(job, self.source)
        self.decider = Decider(job.rules, job.activities, job.at, job.zone)
        self.table = DecisionTable(duck, self.decider, job.zone)

    def run(self, progress: Callable[[int], None]) -> Tally:
        """Do it; nothing is delivered before all rows have been written.

        Raises:
            Unsure: It needs more memory than is allowed, which streaming does not.
        """
        with reading(repr(self.job.source)):
            try:
                self._read()
                self._ask()
                tally = self._counted()
                progress(tally.read)
                wanted = (self.table.cells, self.conditions)
                tally.written = duck_output.write(self.job, self.duck, self.source, wanted)
            except module().OutOfMemoryException as error:
                raise Unsure(first_line(error)) from error
            tally.rejected = duck_output.reject(self.job, self.duck, self.source)
        return tally

    def _read(self) -> None:
        """Read every row with the number of its verdicts, or with none."""
        source = self.source
        keys = f"SELECT {source.kind}, {source.type}, {source.tz}"
        self._understood(f"SELECT DISTINCT * FROM ({keys} FROM {source.relation} LIMIT {_SAMPLE})")
        carried = ", ".join(f"c{n}" for n in range(len(source.names)))
        again = True
        while again:
            self._run(
                f"CREATE OR REPLACE TABLE rows AS SELECT {carried},"
                f" CAST({self.table.lookup(source)} AS INTEGER) AS cell FROM {source.relation}"
            )
            self._run(
                "UPDATE rows SET cell = d.cell FROM decisions AS d WHERE rows.cell IS NULL"
                f" AND d.kind = {source.kind} AND d.type = {source.type} AND d.tz = {source.tz}"
                f" AND d.day = CAST({source.time} AS DATE)"
                f" AND {source.time} >= d.begins AND {source.time} < d.ends"
            )
            again = self._understood(
                f"{keys} FROM rows WHERE cell IS NULL GROUP BY ALL"
                f" HAVING count(*) >= {_WORTH_AGAIN}"
            )

    def _understood(self, query: str) -> bool:
        """Lay out the decisions for the types and zones that a query finds; whether any is new."""
        return self.table.add(self._run(query))

    def _run(self, query: str) -> list[tuple[int, str, str]]:
        """Run a query on the input; where DuckDB's reader refuses a text, streaming reads it."""
        duckdb = module()
        try:
            return self.duck.rows(query)
        except (duckdb.OutOfMemoryException, duckdb.InterruptException):
            raise
        except duckdb.Error as error:
            if self.job.kind == "parquet":
                raise
            raise Unsure(first_line(error)) from error

    def _ask(self) -> None:
        """Ask the engine of every distinct treatment that the table has no answer for."""
        source = self.source
        self.duck.run(
            f"CREATE TABLE asked AS SELECT {source.treated} AS written, {source.type} AS type,"
            f" {source.tz} AS tz FROM rows WHERE cell IS NULL GROUP BY ALL"
        )
        if self.duck.rows("SELECT count(*) FROM asked")[0][0] > _MOST_ASKED:
            raise Unsure("it has too many treatments that are not written plainly")
        self.duck.run("CREATE TABLE told (nr BIGINT, cell INTEGER, fault VARCHAR, reason VARCHAR)")
        for batch in self.duck.batches("SELECT rowid, written, type, tz FROM asked", _BATCH):
            told = [(row[0], *self._told(row[1], row[2], row[3])) for row in batch]
            columns = [list(column) for column in zip(*told, strict=True)]
            self.duck.run(
                "INSERT INTO told SELECT unnest($1::BIGINT[]), unnest($2::INTEGER[]),"
                " unnest($3::VARCHAR[]), unnest($4::VARCHAR[])",
                columns,
            )
        self.duck.run(
            "CREATE TABLE answers AS SELECT asked.*, told.* FROM asked JOIN told"
            " ON told.nr = asked.rowid"
        )
        self.duck.run(
            "UPDATE rows SET cell = a.cell FROM answers AS a WHERE rows.cell IS NULL"
            f" AND a.written = {source.treated} AND a.type = {source.type} AND a.tz = {source.tz}"
        )

    def _told(self, written: str, type_: str, tz: str) -> tuple[int | None, str, str]:
        try:
            return self.table.number(self.decider.cells(written, type_, tz)), "", ""
        except MesocareError as error:
            return None, blamed(error), reason(error)

    def _counted(self) -> Tally:
        tally = Tally(verdicts={id_: Counter() for id_ in self.job.ids})
        cells = self.table.cells
        for number, count in self.duck.rows("SELECT cell, count(*) FROM rows GROUP BY cell"):
            tally.read += count
            if number is not None:
                for id_, verdict in zip(self.job.ids, cells[number], strict=True):
                    tally.verdicts[id_][verdict] += count
        return tally
