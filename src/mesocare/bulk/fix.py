"""A table written again as it is meant, so that the next check needs to find nothing out."""

from __future__ import annotations

from codecs import BOM_UTF8
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mesocare.bulk.header import Columns
from mesocare.bulk.io.formats import CsvFormat
from mesocare.bulk.io.writers import OutputFile, Rejects, check_places
from mesocare.bulk.job import DETAILS, OPTIONAL, REQUIRED, Reject, Tally, reason
from mesocare.bulk.understood import as_written, understood
from mesocare.errors import DateError
from mesocare.text import without_formula

if TYPE_CHECKING:
    from mesocare.bulk.job import Job
    from mesocare.bulk.understood import Row, Understood


def fix(job: Job) -> Tally:
    """Write a table with our columns first, each date and type in the one form; the rest as it is.

    A date whose time nobody knows stays one. What cannot be read is rejected, and left out.

    Args:
        job: The table, and where it goes.

    Raises:
        TableError: It cannot be read.
        OutputError: It cannot be written.
    """
    check_places(job)
    tally = Tally()
    with understood(job) as table, ExitStack() as held:
        file = held.enter_context(OutputFile(job.output))
        rejects = held.enter_context(Rejects(job.rejects))
        if job.mark:
            file.write(BOM_UTF8)
        out = CsvFormat(file.write, ",")
        ours = [*REQUIRED, *table.has(("tz", *DETAILS))]
        taken = {table.ours(each) for each in (*REQUIRED, *OPTIONAL)}
        others = [name for name in table.names if name not in taken]
        out.write([[*ours, *(without_formula(_kept_apart(job, each)) for each in others)]])
        for row in table:
            tally.read += 1
            reject, cells = _fixed(table, row)
            if reject is not None:
                rejects.add(reject)
                rejects.pass_on()
                continue
            tally.written += 1
            kept = [cells[each] for each in ours]
            out.write([[*kept, *(without_formula(row.cells[each]) for each in others)]])
        rejects.flush()
        out.flush()
        file.keep()
        rejects.keep()
    tally.rejected = rejects.count
    tally.reading = table.reading
    return tally


def _kept_apart(job: Job, name: str) -> str:
    """Return a name under which the next check takes a column for none of ours."""
    columns = Columns({}, job.rules.columns)
    is_ours = any(columns.candidates(ours, [name]) for ours in (*REQUIRED, *OPTIONAL))
    return f"{name} (not used)" if is_ours else name


def _fixed(table: Understood, row: Row) -> tuple[Reject | None, dict[str, str]]:
    """Return why a row has to be left out, or its cells by the columns of ours."""
    if row.treatment is None:
        return row.reject, {}
    try:
        treated = as_written(row.treatment)
    except DateError as error:
        return Reject(row.line, table.ours("treated"), row.treated, reason(error), ""), {}
    return None, {
        "patient_id": without_formula(row.cells.get(table.ours("patient_id"), "")),
        "treated": treated,
        "type": row.treatment.type,
        **{kind: "; ".join(table.details(row, kind)) for kind in DETAILS},
        "tz": row.cells.get(table.ours("tz"), "").strip(),
    }
