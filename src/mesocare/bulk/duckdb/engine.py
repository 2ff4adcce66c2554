"""The engine for large tables: in DuckDB, parallel, and out of core where it has to be.

One query reads the rows, finds what holds after each treatment in the verdict table, and writes
them in the order in which they came. No join stands in their way, as none keeps order. The query
stops at a row that the table has no answer for. Then the rows are laid down, each distinct
treatment of that sort is asked of the engine itself, to be answered or rejected as it would be
alone, and they are written from there.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from mesocare.bulk.duckdb import output
from mesocare.bulk.duckdb.bridge import by_streaming
from mesocare.bulk.duckdb.lookup import VerdictTable
from mesocare.bulk.duckdb.output import Place, Refused
from mesocare.bulk.duckdb.refused import REFUSED, refused_rows
from mesocare.bulk.duckdb.session import first_line, module, reading, session
from mesocare.bulk.duckdb.source import Source, Unsure, delimited, parquet
from mesocare.bulk.header import wanted_types
from mesocare.bulk.io.writers import OutputFile, Rejects, check_places
from mesocare.bulk.job import Interrupted, Tally, blamed, reason
from mesocare.bulk.kinds import What
from mesocare.bulk.signals import StopSignals
from mesocare.bulk.verdicts import decider
from mesocare.errors import MesocareError, TableError
from mesocare.parsing.date_order import UNSETTLED, in_doubt, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mesocare.bulk.duckdb.session import Session
    from mesocare.bulk.job import Job
    from mesocare.parsing.date_order import Orders

# Rows that are looked at to learn which types and zones there are.
_SAMPLE = 20_000
# From so many rows of a type and zone that the sample did not have, it is laid out too.
_WORTH_LAYING = 1_000
_BATCH = 10_000
# Whether a text may be a date of numbers in some order, and whether anything but an ISO date, in
# SQL; and how much of one tells the order.
_UNUSUAL = r"NOT regexp_matches({0}, '^\d{{4}}-\d\d-\d\d')"
_ORDERED = _UNUSUAL + r" AND regexp_matches({0}, '^\s*\d{{1,4}}[./ -]\d{{1,2}}[./ -]\d')"
# A row that says neither when nor what, in SQL.
_NOTHING = (
    "SELECT 1 FROM rows WHERE cell IS NULL AND NOT regexp_matches({} || {}, '[[:alnum:]]') LIMIT 1"
)
_DAY = len("25.11.2026 ")
# What of a treatment is asked of the engine.
_ASKED = ("treated", "type", "substances", "factors", "tz")
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
    stopping = StopSignals()
    try:
        with stopping, stopping.around(session()) as duck:
            return _run(job, duck, stopping, progress or (lambda _: None))
    except Interrupted:
        raise
    except BaseException as error:
        if stopping.asked is None:
            raise
        raise Interrupted(Tally(), stopping.asked) from error


def _run(job: Job, duck: Session, stopping: StopSignals, progress: Callable[[int], None]) -> Tally:
    if job.kind == "excel":
        from mesocare.bulk.io.spreadsheet import as_text

        job = as_text(job, duck.folder)
    with ExitStack() as held:
        if job.output is not None and Path(job.output).is_fifo():
            # Who reads it would take it for the end when one engine closes it for the other.
            held.enter_context(OutputFile(job.output))
        try:
            return _Check(job, duck, stopping).run(progress)
        except Unsure:
            stopping.check()
            return by_streaming(job, duck, stopping, progress)


class _Check:
    """One bulk check."""

    def __init__(self, job: Job, duck: Session, stopping: StopSignals) -> None:
        if job.long or job.within is not None or job.kind == "ndjson" or job.mark:
            raise Unsure("it is no plain lookup")
        self.duck = duck
        self.stopping = stopping
        self.source: Source = (parquet if job.kind == "parquet" else delimited)(job, duck)
        if self.source.columns.get("treated_time"):
            raise Unsure("its times stand beside its dates")
        self.job = job = job._replace(columns=self.source.columns)
        self.decider = decider(job, survey=self._surveyed)
        self.conditions = ""
        # The table is of times; which of them is a midnight that nobody meant, the source tells.
        self.table = VerdictTable(decider(job._replace(exact=True)))
        self.laid_down = False
        self.told = False

    def run(self, progress: Callable[[int], None]) -> Tally:
        """Do it; nothing is delivered before all rows have been written.

        Raises:
            Unsure: It needs more memory than is allowed, which streaming does not.
        """
        source = self.source
        tally = Tally(verdicts={id_: Counter() for id_ in self.job.ids})
        with reading(repr(self.job.source)):
            try:
                self._settle()
                self.conditions = output.conditions(self.job, source, self._types())
                source = self.source
                sample = f"(FROM {source.relation} LIMIT {_SAMPLE})"
                keys = f"(SELECT {source.key} FROM {sample})"
                self.table.add(self._run(f"SELECT DISTINCT * FROM {keys}"))
                query = self._query()
                # What is written is delivered once every rejected row has been named.
                with self.stopping.around(ExitStack()) as held:
                    with self.stopping.undisturbed():
                        place = held.enter_context(Place(self.job.output, self.duck.folder))
                        rejects = held.enter_context(Rejects(self.job.rejects))
                    tally.written = self._written(query, place.path)
                    if self.job.counted:
                        self._count(tally)
                    tally.rejected = output.reject(self.job, source, self._refused(), rejects)
                    self._check_count(tally)
                    place.deliver(self.stopping)
                    rejects.keep()
                tally.read = tally.read or tally.written + tally.rejected
                self._tell(tally)
                progress(tally.read)
            except module().OutOfMemoryException as error:
                raise Unsure(first_line(error)) from error
        return tally

    def _settle(self) -> None:
        """Let the dates be read by the order in which the column has them, if the sample has such.

        Otherwise the column is looked at when such a date is met.
        """
        source, orders = self.source, self.job.orders
        if source.text and orders == UNSETTLED:
            sample = f"(SELECT {source.treated} AS t FROM {source.relation} LIMIT {_SAMPLE})"
            if self._run(f"SELECT bool_or({_ORDERED.format('t')}) FROM {sample}")[0][0]:
                orders = self.decider.orders = self._surveyed()
        if source.text and orders.year_last:
            self.source = source.ordered(orders.year_last, exact=self.job.exact)

    def _surveyed(self) -> Orders:
        """Look at the whole column for the order of the numbers in its dates."""
        treated = self.source.treated
        if self.laid_down:
            rows = "asked"
            treated = "treated"
        else:
            rows = self.source.relation
        days = self._run(
            f"SELECT DISTINCT left(trim({treated}), {_DAY}) FROM {rows}"
            f" WHERE {_UNUSUAL.format(treated)}"
        )
        texts = [day for (day,) in days]
        today = self.job.at.astimezone(self.job.zone).date()
        self.told = in_doubt(texts, today)
        return settled(texts, today)

    def _types(self) -> list[str] | None:
        """Return every way in which the types that are wanted are written; `None` for any."""
        wanted = wanted_types(self.job)
        if not wanted:
            return None
        source, kept = self.source, []
        for (words,) in self._run(f"SELECT DISTINCT {source.type} FROM {source.relation}"):
            try:
                if {self.decider.kinds.type(words.strip())} == {*wanted}:
                    kept.append(words)
            except MesocareError:
                kept.append(words)  # it is rejected, wanted or not
        return kept

    def _tell(self, tally: Tally) -> None:
        """Say how the table was read."""
        reading_ = tally.reading
        reading_.columns = {
            ours: theirs for ours, theirs in self.job.columns.items() if theirs not in {"", ours}
        }
        types = {key.type for key in self.table.laid}
        for words in types - self.job.rules.types.keys():
            self.decider.kinds.type(words.strip())
        reading_.types = self.decider.kinds.words
        if self.told and self.decider.orders != self.job.orders:
            reading_.orders = self.decider.orders
        tally.midnights |= self.decider.midnights

    @property
    def _rows(self) -> str:
        """The rows with the number of what holds as `cell`, in SQL; null where nobody knows."""
        return "rows" if self.laid_down else self.table.judged(self.source, self.source.relation)

    def _query(self) -> str:
        """Return what yields the rows that are wanted, in SQL."""
        # Where rows were laid down, somebody may have written a time as a formula.
        source = self.source._replace(known=()) if self.laid_down else self.source
        return output.wanted(self.job, source, self._rows, self.table.cells, self.conditions)

    def _written(self, query: str, path: Path) -> int:
        """Write the rows, and return how many; what the table does not answer is asked for."""
        try:
            return self._copied(query, path)
        except module().Error as error:
            if output.UNANSWERED not in str(error):
                self._unread(error)
        self._lay_down()
        self._ask()
        return self._copied(self._query(), path)

    def _copied(self, query: str, path: Path) -> int:
        with self.duck.once():
            return output.copy(self.job, self.duck, query, path, self.source)

    def _lay_down(self) -> None:
        """Keep the rows with the number of what holds, or with none."""
        source, again = self.source, True
        carried = ", ".join(f"c{n}" for n in range(len(source.names)))
        while again:
            judged = self.table.judged(source, source.relation)
            self._run(
                f"CREATE OR REPLACE TABLE rows AS SELECT {carried}{source.more}, cell FROM {judged}"
            )
            again = self.table.add(
                self.duck.rows(
                    f"SELECT {source.key} FROM rows"
                    f" WHERE cell IS NULL GROUP BY ALL HAVING count(*) >= {_WORTH_LAYING}"
                )
            )
        self.laid_down = True
        if self.job.kind != "parquet" and self._run(_NOTHING.format(source.treated, source.type)):
            raise Unsure("it may have rows of blanks, which are none")

    def _ask(self) -> None:
        """Ask the engine of every distinct treatment that the table has no answer for."""
        source = self.source
        given = dict(zip(_ASKED, (source.treated, *source.what, source.tz), strict=True))
        columns = ", ".join(f"{cell} AS {name}" for name, cell in given.items())
        self.duck.run(
            f"CREATE TABLE asked AS SELECT {columns} FROM rows WHERE cell IS NULL GROUP BY ALL"
        )
        if self.duck.rows("SELECT count(*) FROM asked")[0][0] > _MOST_ASKED:
            raise Unsure("it has too many treatments that are not written plainly")
        self.duck.run("CREATE TABLE told (nr BIGINT, cell INTEGER)")
        names = ", ".join(_ASKED)
        for batch in self.duck.batches(f"SELECT rowid, {names} FROM asked", _BATCH):
            told = [(number, self._told(*treatment)) for number, *treatment in batch]
            lists = [list(column) for column in zip(*told, strict=True)]
            self.duck.run(
                "INSERT INTO told SELECT unnest($1::BIGINT[]), unnest($2::INTEGER[])", lists
            )
        alike = " AND ".join(f"asked.{name} = {cell}" for name, cell in given.items())
        self.duck.run(
            "UPDATE rows SET cell = told.cell FROM told JOIN asked ON told.nr = asked.rowid"
            f" WHERE rows.cell IS NULL AND {alike}"
        )

    def _told(self, treated: str, type_: str, substances: str, factors: str, tz: str) -> int:
        what = What(type_, substances, factors)
        try:
            return self.table.number(self.decider.cells(treated, what, tz))
        except MesocareError:
            return REFUSED

    def _refused(self) -> Iterator[Refused]:
        """Yield the rows that were refused, in their order, with what the engine says of them."""
        if not self.laid_down:
            return  # the table had an answer for every row
        for row in refused_rows(self.job, self.duck, self.source):
            try:
                self.decider.cells(row.treated, row.what, row.tz)
            except MesocareError as error:
                fault = blamed(error)
                yield Refused(row.line, fault, row.value(fault), reason(error), row.row)
            else:
                raise Unsure("a row was refused that is none to refuse")

    def _count(self, tally: Tally) -> None:
        """Count the verdicts of all rows."""
        counted = f"count(*), bool_or({self.source.midnight})"
        for number, count, midnights in self._run(
            f"SELECT cell, {counted} FROM {self._rows} GROUP BY cell"
        ):
            tally.read += count
            tally.midnights |= bool(midnights)
            if number != REFUSED:
                for id_, verdict in zip(self.job.ids, self.table.cells[number - 1], strict=True):
                    tally.verdicts[id_][verdict] += count

    def _check_count(self, tally: Tally) -> None:
        """See to it that no row was lost or made up on the way.

        Raises:
            TableError: The file says one number of rows of itself, and another was read.
        """
        found = tally.written + tally.rejected
        if self.job.where:
            query = f"SELECT count(*) FROM {self._rows} WHERE cell IS NULL OR cell <> {REFUSED}"
            found = self._run(query)[0][0] + tally.rejected
        if self.source.rows not in {None, found}:
            name = repr(self.job.source)
            message = f"{name} has {self.source.rows:,} rows, but {found:,} could be read of it"
            raise TableError(message, "Nothing was written. Have it written anew, or as CSV.")

    def _run(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query on the input."""
        try:
            return self.duck.rows(query)
        except module().Error as error:
            self._unread(error)

    def _unread(self, error: Exception) -> NoReturn:
        """Raise what stopped a query; where DuckDB's reader refuses a text, streaming reads it."""
        duckdb = module()
        kept = (duckdb.OutOfMemoryException, duckdb.InterruptException)
        if self.job.kind == "parquet" or isinstance(error, kept):
            raise error
        raise Unsure(first_line(error)) from error
