"""What a calendar is to hold of a recovery: what opens when, and what to do when.

Each event has a key that stays the same when times change, so that a calendar that is imported
again moves what it has. What an earlier calendar held and this one does not is called off.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from mesocare.app.schedule import Schedule, schedule
from mesocare.core.aftercare.course import Due, Stage
from mesocare.core.calendar import ONE_DAY, instants, same_reading
from mesocare.core.timespan import last_closing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mesocare.app.shelf import Bottle
    from mesocare.core.diary.triage import Triage
    from mesocare.core.model import Verdict
    from mesocare.core.question import Question
    from mesocare.core.timespan import Interval
    from mesocare.core.verdict.answer import Answer

# No alarm between these two; one that falls there waits for the morning.
NIGHT, MORNING, EVENING = time(21), time(8), time(18)
CHECK_INS = 3
# How many days lie between two looks for late lumps, and before the first.
LUMPS_EVERY = 28


class Opening(NamedTuple):
    """An activity that becomes milder: open, or open under a condition."""

    answer: Answer
    verdict: Verdict
    condition: str | None


class Event(NamedTuple):
    """Something in a calendar.

    Attributes:
        key: What it is known by, whatever its time.
        kind: `opens`, `product`, `recovery`, `care`, `check-in`, `lumps`, `next` or `session`.
        begin: An instant in UTC; a date for all of that day.
        end: Likewise; the first that no longer belongs to it. `None` of a moment.
        alarm: When to sound an alarm, in UTC; `None` for none.
        every: How many days lie between two of them; 0 for once.
        last: The last day on which it comes again.
        openings: What opens then, the mildest first.
        subject: What it is about: the id of a care instruction, a red flag or a treatment type, or
            the name of a product.
        called_off: Whether it no longer holds.
    """

    key: str
    kind: str
    begin: datetime | date
    end: datetime | date | None = None
    alarm: datetime | None = None
    every: int = 0
    last: date | None = None
    openings: tuple[Opening, ...] = ()
    subject: str = ""
    called_off: bool = False


class Agenda(NamedTuple):
    """The events of one recovery, in the order of time.

    Attributes:
        schedule: The recovery.
        events: What a calendar holds.
        owner: What tells this record, or these treatments, from any other.
        revision: Grows with every change of the record or the rules, by one a minute at most.
    """

    schedule: Schedule
    events: tuple[Event, ...]
    owner: str
    revision: int


class Wanted(NamedTuple):
    """What somebody wants in a calendar.

    Attributes:
        only: The ids of items: what opens of them, and nothing else; empty for everything.
        remind: The ids of items to sound an alarm for; `None` for those of the headline groups.
        session: The next appointment; a day where its time is not known.
        cancel: Whether everything is to be called off.
        products: The person's own products, with what is said of each.
    """

    only: frozenset[str] = frozenset()
    remind: frozenset[str] | None = None
    session: Interval | None = None
    cancel: bool = False
    products: tuple[Bottle, ...] = ()


def agenda(
    question: Question, meaning: Triage | None, wanted: Wanted, changed: datetime | None = None
) -> Agenda:
    """Return what a calendar of a recovery holds.

    Args:
        question: The instant, the treatments and the rules.
        meaning: What the diary means; while a finding is open, nothing opens.
        wanted: What is wanted.
        changed: When the record was last changed, in UTC.
    """
    now = schedule(question, meaning)
    events = _events(now, wanted)
    keys = {each.key for each in events}
    gone = [
        each._replace(called_off=True, alarm=None)
        for before in _before(question)
        for each in _events(before, wanted)
        if each.key not in keys
    ]
    events += {each.key: each for each in gone}.values()
    if wanted.cancel:
        events = [each._replace(called_off=True, alarm=None) for each in events]
    zone = question.zone
    events.sort(key=lambda each: (_instant(each.begin, question), each.key))
    since = datetime(2024, 1, 1, tzinfo=UTC)
    reviewed = datetime.combine(date.fromisoformat(question.rules.identity.reviewed), time(), zone)
    latest = max(since, reviewed, changed or since)
    revision = (latest - since) // timedelta(minutes=1) + wanted.cancel
    return Agenda(now, tuple(events), _owner(question), revision)


def _before(question: Question) -> Iterator[Schedule]:
    """Yield the recovery as it was before each treatment on record but the first."""
    known = question.treatments if question.recorded else ()
    for count in range(1, len(known)):
        yield schedule(question._replace(treatments=known[:count]))


def _owner(question: Question) -> str:
    if question.recorded:
        known = question.recorded[0].id
    else:
        whens = [(each.type, *map(str, each.when)) for each in question.treatments]
        known = repr(whens)
    return sha256(known.encode()).hexdigest()[:16]


def _events(known: Schedule, wanted: Wanted) -> list[Event]:
    found = list(_openings(known, wanted))
    if not wanted.only:
        found += [*_recovery(known), *_care(known), *_check_ins(known), *_lumps(known)]
        found += _next(known)
        if wanted.session is not None:
            found.append(_session(wanted.session, known.question))
    found += _products(known, wanted)
    return found


def _openings(known: Schedule, wanted: Wanted) -> Iterator[Event]:
    """Yield an event for each moment at which something opens."""
    question = known.question
    headline = {
        id_ for name in question.rules.headline_groups for id_ in question.rules.groups[name].items
    }
    reminded = headline if wanted.remind is None else wanted.remind
    found = [
        (at, opening)
        for group in known.assessment.answers
        for answer in group.items
        if not wanted.only or answer.activity in wanted.only
        for at, opening in _opens(answer)
    ]
    found.sort(key=lambda each: each[0])  # the order of the groups stays within a moment
    for at, pairs in groupby(found, key=lambda each: each[0]):
        openings = sorted((each for _, each in pairs), key=lambda each: each.verdict.severity)
        ids = {each.answer.activity for each in openings}
        named = ",".join(sorted(f"{each.answer.activity}={each.verdict}" for each in openings))
        key = f"opens-{sha256(named.encode()).hexdigest()[:12]}"
        alarm = _alarm(at, question) if ids & reminded else None
        yield Event(key, "opens", at, alarm=alarm, openings=tuple(openings))


def _opens(answer: Answer) -> Iterator[tuple[datetime, Opening]]:
    """Yield each moment at which an activity becomes milder and is open."""
    for before, step in zip(answer.steps, answer.steps[1:], strict=False):
        if step.verdict.severity < before.verdict.severity and not step.verdict.closed:
            yield step.at, Opening(answer, step.verdict, step.condition)


def _products(known: Schedule, wanted: Wanted) -> Iterator[Event]:
    """Yield when each of the person's own products may come back."""
    for each in wanted.products:
        if each.closed and each.opens is not None:
            key = f"product-{each.stored.id[:12]}"
            alarm = _alarm(each.opens, known.question)
            yield Event(key, "product", each.opens, alarm=alarm, subject=each.stored.name)


def _recovery(known: Schedule) -> Iterator[Event]:
    begin, end = (
        each.astimezone(known.question.zone).date() for each in (known.begin, known.recovered)
    )
    yield Event("recovery", "recovery", begin, end + ONE_DAY)


def _care(known: Schedule) -> Iterator[Event]:
    """Yield what is to be done every morning while the recovery lasts."""
    question = known.question
    until = known.recovered.astimezone(question.zone).date()
    for care in question.rules.care.values():
        windows = [(each, care.windows.get(each.type)) for each in question.treatments]
        opens = [
            last_closing(each.when, window.opens) if window.opens else each.when.latest
            for each, window in windows
            if window is not None
        ]
        if not care.remind or not opens:
            continue
        day = min(opens).astimezone(question.zone).date()
        begin = _at(day, MORNING, question)
        if begin < min(opens):
            day += ONE_DAY
            begin = _at(day, MORNING, question)
        if day <= until:
            key = f"care-{care.id}"
            yield Event(key, "care", begin, None, begin, every=1, last=until, subject=care.id)


def _check_ins(known: Schedule) -> Iterator[Event]:
    """Yield the questions of the first evenings."""
    question = known.question
    last = max(question.treatments, key=lambda each: each.when.latest)
    for day in range(1, CHECK_INS + 1):
        treated = last.when.latest.astimezone(question.zone).date()
        at = _at(treated + day * ONE_DAY, EVENING, question)
        yield Event(f"check-in-{day}", "check-in", at, alarm=_future(at, question))


def _lumps(known: Schedule) -> Iterator[Event]:
    """Yield a look for late lumps every four weeks, for as long as they may come."""
    question = known.question
    flag = question.rules.red_flags[question.rules.triage.nodules.flag]
    treated = [each for each in question.treatments if each.type in flag.types]
    if not treated or flag.until is None:
        return
    zone = question.zone
    end = max(last_closing(each.when, flag.until) for each in treated).astimezone(zone).date()
    latest = max(each.when.latest for each in treated).astimezone(zone).date()
    first = latest + LUMPS_EVERY * ONE_DAY
    if first <= end:
        yield Event(
            "lumps", "lumps", first, first + ONE_DAY, every=LUMPS_EVERY, last=end, subject=flag.id
        )


def _next(known: Schedule) -> Iterator[Event]:
    """Yield when the next session of each course is usual."""
    for each in known.plans:
        if each.due is Due.HELD or each.stage is Stage.COMPLETE:
            continue
        begin, end = (
            at.astimezone(known.question.zone).date() for at in (each.next_from, each.next_until)
        )
        yield Event(f"next-{each.type}", "next", begin, end + ONE_DAY, subject=each.type)


def _session(when: Interval, question: Question) -> Event:
    """Return the next appointment, with an alarm the evening before."""
    day = when.earliest.astimezone(question.zone).date()
    alarm = _future(_at(day - ONE_DAY, EVENING, question), question)
    # The ends of a clock time that comes twice show the same; the first is the one to be there.
    if same_reading(when.earliest, when.latest, question.zone):
        begin = when.earliest
        return Event("session", "session", begin, begin + timedelta(hours=1), alarm)
    return Event("session", "session", day, day + ONE_DAY, alarm)


def _alarm(at: datetime, question: Question) -> datetime | None:
    """Return when to sound an alarm for a moment: then, or in the morning if it is night."""
    local = at.astimezone(question.zone)
    if MORNING <= local.time() < NIGHT:
        return _future(at, question)
    day = local.date() + ONE_DAY if local.time() >= NIGHT else local.date()
    return _future(_at(day, MORNING, question), question)


def _future(at: datetime, question: Question) -> datetime | None:
    return at if at > question.at else None


def _at(day: date, clock: time, question: Question) -> datetime:
    """Return the instant of a clock time on a day; where it came twice, the first."""
    found = instants(datetime.combine(day, clock), question.zone)
    return found[0] if found else datetime.combine(day, clock, question.zone).astimezone(UTC)


def _instant(when: datetime | date, question: Question) -> datetime:
    return when if isinstance(when, datetime) else _at(when, time(), question)


def named(words: Collection[str], question: Question) -> frozenset[str]:
    """Return the ids of the items that some words name, each an item or a group.

    Raises:
        ActivityError: Words that name nothing.
    """
    from mesocare.core.model import Item
    from mesocare.parsing.activities import find

    found = [find(each.split(), question.rules) for each in words]
    return frozenset(
        id_ for each in found for id_ in ([each.id] if isinstance(each, Item) else each.items)
    )
