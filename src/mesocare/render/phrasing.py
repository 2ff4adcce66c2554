"""Instants, spans and lists in words: the small change of every text view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mesocare.core.calendar import day_span, same_reading
from mesocare.core.model import Treatment, Verdict
from mesocare.core.timespan import Interval
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, tzinfo

    from mesocare.core.model import Detail, Protocol, Rule, RuleSet, Washout
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer, Change
    from mesocare.store.person import Session
    from mesocare.store.treatments import StoredTreatment

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip


def date_words(instant: datetime, zone: tzinfo, near: datetime | None = None) -> str:
    """Return `Wed 1 May 2024`, in `zone`; the same in every locale.

    The year is left out where `near` is in the same one.
    """
    words = day_words(instant.astimezone(zone).date())
    same_year = near is not None and near.astimezone(zone).year == instant.astimezone(zone).year
    return words.rpartition(" ")[0] if same_year else words


def day_words(day: date) -> str:
    """Return `Wed 1 May 2024`."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_words(instant: datetime, zone: tzinfo, near: datetime | None = None) -> str:
    """Return `Wed 1 May 2024, 14:30`; the year is left out where `near` is in the same one.

    Whole minutes, rounded up, so that nothing reads as open before it is. A time that the clock
    shows twice that day carries its offset.
    """
    whole = instant.replace(second=0, microsecond=0)
    local = (whole if whole == instant else whole + timedelta(minutes=1)).astimezone(zone)
    clock = f"{local:%H:%M}"
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        clock += f"{local:%z}"
    return f"{date_words(local, zone, near)}, {clock}"


def hours_words(hours: float) -> str:
    """Return a number of hours as `45 min`, `36 h` or `5 days`, rounded up, never shorter."""
    minutes = max(0, -int(-hours * 60 // 1))
    if minutes < 60:
        return f"{minutes} min"
    whole = -(-minutes // 60)
    if whole <= 72:
        return f"{whole} h"
    days, rest = divmod(whole, 24)
    return f"{days} days" if not rest else f"{days} days {rest} h"


def wait_words(instant: datetime, at: datetime) -> str:
    """Return how long it is from `at` until a later instant: `in 36 h`."""
    return f"in {hours_words((instant - at).total_seconds() / 3600)}"


def elapsed_words(treatment: Treatment, at: datetime) -> str:
    """Return how long ago the treatment was: `30 h ago`, or `10 to 34 h ago` if unsure."""
    low, high = (
        (at - each).total_seconds() / 3600
        for each in (treatment.when.latest, treatment.when.earliest)
    )
    if low == high:
        return f"{_floor(low)} ago"
    unit = "h" if high <= 120 else "days"
    divisor = 1 if unit == "h" else 24
    return f"{int(low // divisor)} to {int(-(-high // divisor))} {unit} ago"


def _floor(hours: float) -> str:
    """Return elapsed hours rounded down, so that nobody reads more healing than there was."""
    if hours < 1:
        return f"{int(hours * 60)} min"
    if hours <= 120:
        return f"{int(hours)} h"
    days, rest = divmod(int(hours), 24)
    return f"{days} days" + (f" {rest} h" if rest and days < 14 else "")


def treated_words(treatment: Treatment, near: datetime | None = None) -> str:
    """Return when a treatment was, as understood: the full date, and the time if it is known.

    The year is left out where `near` is in the same one.
    """
    when = treatment.when
    first = instant_words(when.earliest, when.zone, near)
    if when.earliest == when.latest:
        return first
    if came_twice(treatment):
        return f"{first} or {instant_words(when.latest, when.zone, near)}"
    whole = day_span(when.earliest.astimezone(when.zone).date(), when.zone)
    if whole is None or whole[0] != when.earliest:  # a part of a day, such as last night
        last = instant_words(when.latest, when.zone, near=when.earliest)
        days = {each.astimezone(when.zone).date() for each in (when.earliest, when.latest)}
        return f"{first} to {last if len(days) > 1 else last.rpartition(', ')[2]}"
    return f"{date_words(when.earliest, when.zone, near)}, time not given"


def typed_words(treatment: Treatment) -> str:
    """Return when a treatment was as one would type it, to be understood in the same way."""
    when = treatment.when
    local = when.earliest.astimezone(when.zone)
    if when.earliest != when.latest and not came_twice(treatment):
        return f"{local:%Y-%m-%d}"
    text = local.replace(tzinfo=None).isoformat(timespec="auto" if local.second else "minutes")
    # A point at a time that came twice was given with its offset, which tells the two apart.
    ambiguous = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return text + local.isoformat()[-6:] if ambiguous and when.earliest == when.latest else text


def stored_words(row: StoredTreatment) -> str:
    """Return a treatment on record in a line: id, type, when as understood, clinic, note.

    In UTC, and with the name, where the system lacks its time zone.
    """
    zone: tzinfo = UTC
    lacking = ""
    try:
        zone = ZoneInfo(row.zone)
    except (LookupError, ValueError, OSError):
        lacking = f" UTC, as the zone {row.zone!r} is unknown here"
    first, last = row.ends
    when = treated_words(Treatment(row.type, Interval(first, last, zone))) + lacking
    # The area, unless the type says it already.
    area = "" if row.area == row.type else row.area
    details = [each for each in (area, row.clinic, row.phone, row.note) if each]
    if row.injected:
        details.insert(0, f"with {joined(row.injected)}")
    if row.overrides:
        details.append(f"clinic's own rules for {joined(sorted(row.overrides))}")
    line = f"{row.id[:8]}  {row.type}  {when}"
    return f"{line}  ({'; '.join(details)})" if details else line


def planned_words(session: Session) -> str:
    """Return the next session on record in a line: `face, Tue 1 Dec 2026, 10:00`."""
    return f"{joined(session.types)}, {treated_words(Treatment(session.types[0], session.when))}"


def clinic_contact(question: Question) -> str:
    """Return the name and number of the clinic that treated last, as recorded.

    Where none is, those of the clinic whose protocol is in use; else nothing.
    """
    latest = next((each for each in reversed(question.recorded) if each.clinic or each.phone), None)
    known = question.rules.identity if latest is None else latest
    return ", ".join(filter(None, (known.clinic, known.phone)))


def type_words(type_: str, rules: RuleSet) -> str:
    """Return a treatment type as it reads inside a sentence, and what a named one is a kind of."""
    known = rules.types[type_]
    if known.extends is None:
        return f"{lower_first(known.label)} mesotherapy"
    return f"{known.label} ({type_words(known.extends, rules)})"


def protocol_words(protocol: Protocol, said: str = "") -> str:
    """Return whose protocol decides, why and on whose word, and what is built in.

    Args:
        protocol: What the clinic says.
        said: A reason that is shown already; the clinic's is left out where it is the same.
    """
    return f"{_whose(protocol, said)} {builtin_words(protocol)}."


def washout_words(washout: Washout, protocol: Protocol, said: str = "") -> str:
    """Return the same of something to leave out before a treatment."""
    return f"{_whose(protocol, said)} {before_words(washout.builtin).rstrip('.')}."


def _whose(protocol: Protocol, said: str) -> str:
    words = f"{protocol.clinic}'s protocol, reviewed {protocol.reviewed}{_milder(protocol)}"
    reason = (protocol.reason or "").rstrip(".")
    if reason and reason != said.rstrip("."):
        words += f": {reason}"
    return f"{words.rstrip('.')}."


def before_words(builtin: Washout | None) -> str:
    """Return `Built in: avoid from 48 h before`."""
    if builtin is None:
        return "Nothing is built in"
    if builtin.ask is not None:
        return f"Built in: ask. {builtin.ask}"
    return f"Built in: {builtin.verdict.value} {since_words(builtin)}"


def since_words(washout: Washout) -> str:
    """Return from when on something is to be left out: `from 48 h before`."""
    if washout.span is None:
        return "on the day"
    return f"from {hours_words(washout.span.nominal_hours)} before"


def sibling_words(item: Answer, protocol: Protocol) -> str:
    """Return whose protocol decides about one item of a group, and what is built in."""
    whose = f"as {protocol.clinic} has it{_milder(protocol)}"
    return f"{item.label}: {whose.rstrip('.')}. {builtin_words(protocol)}."


def _milder(protocol: Protocol) -> str:
    if not protocol.loosens:
        return ""
    return f", milder than what is built in, approved by {protocol.approved_by}"


def builtin_words(protocol: Protocol) -> str:
    """Return `Built in: avoid until 48 h, then allowed`."""
    if protocol.builtin is None:
        return "Nothing is built in"
    if not protocol.builtin.concerns:
        return "Built in: no restriction"
    *parts, last = (
        phase.verdict.value
        + ("" if phase.until is None else f" until {hours_words(phase.until.nominal_hours)}")
        for phase in protocol.builtin.phases
    )
    return f"Built in: {', '.join([*parts, f'then {last}'] if parts else [last])}"


def listed_as(verdict: Verdict, rules: RuleSet) -> str:
    """Return what comes before the activities that have a verdict, as the rule set has it."""
    known = next(iter(rules.groups.values())).listed_as
    return known.get(verdict, verdict.value)


def session_words(treatment: Treatment, rules: RuleSet) -> str:
    """Return a treatment as what it was and when: `face mesotherapy, with PRP, Wed 1 May 2024`.

    Who was treated is private, and is not in it.
    """
    injected = [each for each in treatment.details if each.kind == "with"]
    return (
        f"{type_words(treatment.type, rules)}{details_words(injected)}, {treated_words(treatment)}"
    )


def details_words(details: Sequence[Detail]) -> str:
    """Return what was injected and who was treated, for after a treatment: `, with …; …`."""
    by_kind = [
        joined([lower_first(each.label) for each in details if each.kind == kind])
        for kind in ("with", "about")
    ]
    return "".join(
        f"{before}{words}"
        for before, words in zip((", with ", "; "), by_kind, strict=True)
        if words
    )


def detail_words(detail: Detail, rule: Rule, said: str = "") -> str:
    """Return what a detail asks for: `PRP: avoid until 14 days. Why.`.

    A reason that was `said` already is left out. What a clinic's protocol wrote says so.
    """
    parts = [
        phase.verdict.value
        + ("" if phase.until is None else f" until {hours_words(phase.until.nominal_hours)}")
        for phase in rule.phases
        if phase.verdict is not Verdict.ALLOWED
    ]
    reason = next((phase.reason for phase in rule.phases if phase.reason), "")
    told = "" if reason == said else reason
    protocol = rule.protocol
    whose = "" if protocol is None else f", as {protocol.clinic} has it"
    words = f"{detail.label}: {', then '.join(parts)}{whose.rstrip('.')}. {told}".rstrip()
    return words if protocol is None else f"{words} {builtin_words(protocol)}."


def came_twice(treatment: Treatment) -> bool:
    """Whether a clock time was given, but one that the clock showed twice that day."""
    when = treatment.when
    return when.earliest != when.latest and same_reading(when.earliest, when.latest, when.zone)


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def changes_words(changes: Sequence[Change], most: int | None = None) -> str:
    """Return `allowed: foundation, touching and 2 more; limited: …`, mildest verdict first.

    Args:
        changes: The changes of one instant.
        most: How many activities to name for each verdict; all of them if left out.
    """
    parts = []
    for verdict in Verdict:
        labels = [lower_first(each.label) for each in changes if each.verdict is verdict]
        more = len(labels) - (most or len(labels))
        if more > 0:
            labels[most:] = [f"{more} more"]
        if labels:
            parts.append(f"{verdict.value}: {joined(labels)}")
    return "; ".join(parts)
