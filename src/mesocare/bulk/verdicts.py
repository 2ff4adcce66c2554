"""What becomes of a row: its verdicts, whether it is wanted, and what a long table says of it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING

from mesocare.bulk.decider import MOST_STEPS, Decider
from mesocare.bulk.kinds import stripped
from mesocare.core.model import Item, Verdict
from mesocare.core.verdict.engine import outlook

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from mesocare.bulk.job import Job, Tally
    from mesocare.bulk.kinds import Key, Written
    from mesocare.bulk.verdict_table import Cells
    from mesocare.core.verdict.engine import Outlook
    from mesocare.parsing.date_order import Orders

_MOST_ROWS_REMEMBERED = 1_024
# Of what was done and the zone; each leads to a table that many share.
_MOST_WRITINGS = 16_384

# By local time of treatment: `outcomes[bisect_right(breaks, local)]`, `None` to be asked for.
Table = tuple["list[datetime]", "list[Outcome | None]"]
LongRow = tuple[str | None, ...]


class Outcome:
    """The verdicts of all rows that have the same.

    Attributes:
        cells: The verdicts, in the order of the activities.
        then: Those at the end of the time in which something has to open.
        wanted: Which of the activities are wanted, by position.
        tail: What a wide row gets; `None` where the row is not wanted.
        count: How many rows have it.
    """

    __slots__ = ("cells", "count", "tail", "then", "wanted")

    def __init__(self, cells: Cells, then: Cells, wanted: tuple[int, ...]) -> None:
        self.cells = cells
        self.then = then
        self.wanted = wanted
        self.tail = cells if wanted else None
        self.count = 0


class RowVerdicts:
    """The verdicts of rows, by one job.

    Args:
        job: What is asked.
        survey: What looks at the whole column for the order of the numbers in its dates.
    """

    def __init__(self, job: Job, survey: Callable[[], Orders]) -> None:
        self.job = job
        self.tables: dict[tuple[Written, str], Table] = {}
        self._made: dict[tuple[Key, str], Table] = {}
        survey = cache(survey)
        self._now = decider(job, survey=survey)
        self._then = None if job.until is None else decider(job, job.until, survey)
        self._outcomes: dict[tuple[Cells, Cells], Outcome] = {}
        self._rows: dict[tuple[str, Written, str], dict[int, LongRow]] = {}
        self._verdicts = [text for name, text in job.where if name == "verdict"]
        self._activities = [text for name, text in job.where if name == "activity"]

    @property
    def orders(self) -> Orders:
        """In which order the numbers of a date are meant, as far as that is settled."""
        return self._now.orders

    def type(self, words: str) -> str:
        """Return the type that some words name, which were understood before."""
        return self._now.kinds.type(words.strip())

    def outcome(self, treated: str, type_: Written, tz: str) -> Outcome:
        """Return what becomes of a row, slowly; this makes the quick way when it is worth it.

        Raises:
            MesocareError: The row has to be rejected.
        """
        raw, type_, tz = (type_, tz), stripped(type_), tz.strip()
        now = self._now.cells(treated, type_, tz)
        then = self._then.cells(treated, type_, tz) if self._then else now
        if raw not in self.tables and self._now.ready(tz):
            if len(self.tables) >= _MOST_WRITINGS:
                self.tables.clear()
            self.tables[raw] = self._table(type_, tz)
        return self._shared(now, then)

    def long_rows(self, outcome: Outcome, treated: str, type_: Written, tz: str) -> list[LongRow]:
        """Return what a long table says of each activity that is wanted."""
        key = (treated, stripped(type_), tz.strip())
        known = self._rows.get(key)
        if known is None:
            if len(self._rows) >= _MOST_ROWS_REMEMBERED:
                self._rows.clear()
            known = self._rows[key] = self._long(outcome, *key)
        return [known[n] for n in outcome.wanted]

    def tally(self, tally: Tally) -> None:
        """Add up what was found."""
        from collections import Counter

        ids = self.job.ids
        tally.midnights = self._now.midnights
        tally.reading.types = self._now.kinds.words
        if self.orders != self.job.orders:
            tally.reading.orders = self.orders
        tally.verdicts = {id_: Counter() for id_ in ids}
        tally.opening = dict.fromkeys(ids, 0) if self._then else {}
        for found in (each for each in self._outcomes.values() if each.count):
            for n, id_ in enumerate(ids):
                tally.verdicts[id_][found.cells[n]] += found.count
                if self._then and milder(found.then[n], found.cells[n]):
                    tally.opening[id_] += found.count

    def _shared(self, now: Cells, then: Cells) -> Outcome:
        found = self._outcomes.get((now, then))
        if found is None:
            wanted = tuple(n for n in range(len(now)) if self._wants(n, now[n], then[n]))
            found = self._outcomes[now, then] = Outcome(now, then, wanted)
        return found

    def _wants(self, n: int, now: str, then: str) -> bool:
        return (
            all(now == each for each in self._verdicts)
            and all(self.job.ids[n] == each for each in self._activities)
            and (self._then is None or milder(then, now))
        )

    def _table(self, type_: Written, tz: str) -> Table:
        key = (self._now.kinds.of(type_).key, tz)
        if key not in self._made:
            if len(self._made) >= MOST_STEPS:
                self._made.clear()
            self._made[key] = self._merged(type_, tz)
        return self._made[key]

    def _merged(self, type_: Written, tz: str) -> Table:
        """Return the steps of now and then as one."""
        steps = [each.steps(type_, tz) for each in (self._now, self._then or self._now)]
        breaks = sorted({at for each in steps for at in each.breaks})
        outcomes: list[Outcome | None] = [None]
        for at in breaks:
            now, then = (each.cells[bisect_right(each.breaks, at)] for each in steps)
            outcomes.append(None if now is None or then is None else self._shared(now, then))
        return breaks, outcomes

    def _long(self, outcome: Outcome, treated: str, type_: Written, tz: str) -> dict[int, LongRow]:
        job = self.job
        treatment = self._now.treatment(treated, type_, tz)
        zone = treatment.when.zone
        found: dict[int, LongRow] = {}
        for n, subject in enumerate(self._now.subjects(treatment)):
            if n not in outcome.wanted:
                continue
            said = outlook(subject, job.at)
            activity = job.activities[n]
            headline = (
                activity if isinstance(activity, Item) else job.rules.items[activity.headline]
            )
            protocol = treatment.rule_for(headline).protocol
            found[n] = (
                activity.id,
                said.standing.verdict.value,
                said.standing.condition,
                _iso(said.limited_from, zone),
                _iso(said.allowed_from, zone),
                None if protocol is None else protocol.clinic,
            )
            if job.until is not None:
                opens = opens_at(said, job.at, job.until)
                found[n] += (outcome.then[n], _iso(opens, zone))
        return found


def decider(
    job: Job, judged_at: datetime | None = None, survey: Callable[[], Orders] | None = None
) -> Decider:
    """Return what decides on the rows of a job."""
    return Decider(
        job.rules,
        job.activities,
        job.at,
        job.zone,
        judged_at,
        exact=job.exact,
        orders=job.orders,
        survey=survey,
        types=job.types,
    )


def milder(one: str, other: str) -> bool:
    """Whether a verdict is milder than another."""
    return Verdict(one).severity < Verdict(other).severity


def opens_at(said: Outlook, at: datetime, until: datetime) -> datetime | None:
    """Return from when on (UTC), up to `until`, an activity stays milder than it is at `at`."""
    since = None
    for step in said.steps:
        if at < step.at <= until:
            open_ = step.verdict.severity < said.standing.verdict.severity
            since = (since or step.at) if open_ else None
    return since


def _iso(instant: datetime | None, zone: tzinfo) -> str | None:
    return None if instant is None else instant.astimezone(zone).isoformat(timespec="seconds")
