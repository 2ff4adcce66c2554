"""The view of a whole assessment: one screen that a worried person understands in ten seconds.

It is drawn with less and less of what can wait, until it fits.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from rich.cells import cell_len, set_cell_size

from mesocare.core.aftercare.details import notes
from mesocare.core.model import Verdict
from mesocare.core.signs import Urgency
from mesocare.core.timespan import day_number
from mesocare.render.phrasing import (
    builtin_words,
    changes_words,
    clinic_contact,
    date_words,
    details_words,
    elapsed_words,
    hours_words,
    instant_words,
    joined,
    listed_as,
    treated_words,
    type_words,
)
from mesocare.render.text import today_all, triage
from mesocare.render.text.page import AMBER, GREEN, URGENCY_STYLES, Page
from mesocare.render.text.questions import clinic_words, footer, unsure, unsure_command
from mesocare.text import lower_first

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mesocare.app.before import Ahead
    from mesocare.app.shelf import Bottle
    from mesocare.core.aftercare.advice import Advice, Alert
    from mesocare.core.diary.triage import Triage
    from mesocare.core.question import Question
    from mesocare.core.verdict.answer import Answer, Assessment, Change

NAMES_SHOWN = 1
FULL = 80
LONGEST_CLINIC = 40
_HOURS = 72
# The rows of a screen: what they are, of which activities, and the rest.
COLUMN, LABELS = 12, 30
# So many lines has a screen for one treatment, and for each more; a narrow one is scrolled anyway.
LINES, MORE_LINES, NARROW_LINES = 22, 8, 42


Shown = Literal["day", "group", "all"]


class Room(NamedTuple):
    """How much of each part is shown; every emergency is, whatever the room.

    Attributes:
        gaps: How many of the empty lines between parts.
        conditions: Whether what makes an activity fine is said: all, a sentence, or nothing.
        upcoming: Whether the next thing that opens is.
        care: Lines on what to do.
        normal: Lines on what is expected.
        doctor: Lines on what a doctor has to see.
        clinic: Lines on what the clinic should hear of.
        also: Lines on each list of further activities.
    """

    gaps: int
    conditions: int
    upcoming: bool
    care: int
    normal: int
    doctor: int
    clinic: int
    also: int


# From all there is to say down to what a small screen holds.
ROOMS = (
    Room(gaps=3, conditions=2, upcoming=True, care=3, normal=4, doctor=3, clinic=3, also=3),
    Room(gaps=3, conditions=2, upcoming=True, care=2, normal=3, doctor=2, clinic=2, also=2),
    Room(gaps=3, conditions=1, upcoming=False, care=2, normal=2, doctor=2, clinic=1, also=2),
    Room(gaps=2, conditions=1, upcoming=False, care=1, normal=2, doctor=1, clinic=1, also=2),
    Room(gaps=2, conditions=1, upcoming=False, care=1, normal=1, doctor=1, clinic=1, also=1),
    Room(gaps=1, conditions=1, upcoming=False, care=1, normal=1, doctor=1, clinic=1, also=1),
    Room(gaps=1, conditions=0, upcoming=False, care=1, normal=1, doctor=1, clinic=1, also=1),
    Room(gaps=0, conditions=0, upcoming=False, care=1, normal=1, doctor=1, clinic=1, also=1),
)
NOT_ALL = " (in part)"
SHORT_MORE = "mesocare today --all"
MORE = f"{SHORT_MORE}, mesocare today GROUP, mesocare can-i WORDS"


def today_text(  # noqa: PLR0913 - all that one screen shows
    assessment: Assessment,
    question: Question,
    *,
    shown: Shown = "day",
    meaning: Triage | None = None,
    planned: Ahead | None = None,
    bottles: Sequence[Bottle] = (),
    page: Page | None = None,
) -> str:
    """Return the screen: where, what is not yet allowed, what to do, what is normal, what is not.

    It fits the screen: what there is no room for is behind `--all`. Findings of the diary come
    first, and take as much room as they need.

    Args:
        assessment: What to show.
        question: The instant, the rules and how to show it.
        shown: The day on one screen; the one group of the assessment, item by item; or everything:
            each activity, change, care instruction and red flag in full.
        meaning: What the diary means; its findings lead the page.
        planned: What comes before the next session on record.
        bottles: The person's own products.
        page: Where to draw; a page for standard output if left out.
    """
    page = page or Page(no_color=question.no_color)
    if meaning is not None and meaning.findings:
        triage.draw(page, meaning, question)
        page.gap()
    begun = page.height
    ahead = _ahead(planned, bottles, question)
    if shown == "group":
        _where(page, assessment, question, brief=True)
        today_all.groups(page, assessment, question)
        page.gap()
        _red_flags(page, assessment.red_flags, question, ROOMS[-1])
        footer(page, question)
        return page.text()
    if shown == "all":
        _where(page, assessment, question, brief=False)
        today_all.draw(page, assessment, question)
        for head, words in ahead:
            page.gap()
            page.line((f"{head} ", "bold"), words, hang=2)
        footer(page, question)
        return page.text()
    most = LINES + MORE_LINES * (len(question.treatments) - 1)
    if page.width < FULL:
        most += NARROW_LINES - LINES
    for room in ROOMS:
        page.cut(begun)
        _draw(page, assessment, question, room, ahead)
        if page.height - begun <= most:
            break
    return page.text()


def _ahead(
    planned: Ahead | None, bottles: Sequence[Bottle], question: Question
) -> list[tuple[str, str]]:
    """Return rows on what is on record besides: the products that come back, the next session."""
    rows = []
    if bottles:
        from mesocare.render.text.product import coming_back_words

        rows.append(("Products", coming_back_words(bottles, question)))
    if planned is not None:
        from mesocare.render.text.before import planned_words

        rows.append(("Session", planned_words(planned)))
    return [(head, words) for head, words in rows if words]


def _draw(
    page: Page,
    assessment: Assessment,
    question: Question,
    room: Room,
    ahead: Sequence[tuple[str, str]],
) -> None:
    _where(page, assessment, question, brief=room.conditions < ROOMS[0].conditions)
    _gap(page, room, 1)
    for verdict in (Verdict.AVOID, Verdict.ASK, Verdict.LIMITED):
        _rows(page, verdict, assessment, question, room)
    _fine(page, assessment, question, room)
    for detail, note in notes(question.treatments):
        _row(page, ("Know", "bold"), f"{detail.label}: {_shortened(note.text, room.conditions)}")
    for text in clinic_words([each for group in assessment.answers for each in group.items]):
        page.row([("Clinic", "bold")], COLUMN, text)
    _protocol(page, assessment)
    _gap(page, room, 3)
    if room.upcoming:
        _next(page, assessment.upcoming, question)
    care = list(dict.fromkeys(lower_first(each.label) for each in assessment.care))
    _listed(page, "Do today", care, ", ", room.care)
    signs = _normal(assessment.normal, question, together=room.normal > 1)
    _listed(page, "Normal", signs, "; ", room.normal)
    for head, words in ahead:
        _row(page, (head, "bold"), words)
    _gap(page, room, 2)
    _red_flags(page, assessment.red_flags, question, room)
    if room.gaps > 1:
        page.gap()
    page.line((f"More: {SHORT_MORE if page.narrow else MORE}", "dim"))
    footer(page, question, gap=False)


def _gap(page: Page, room: Room, rank: int) -> None:
    """Add an empty line where there is room for one of that rank."""
    if rank <= room.gaps:
        page.gap()


def _rows(
    page: Page, verdict: Verdict, assessment: Assessment, question: Question, room: Room
) -> None:
    """Show the groups of one verdict: the headline ones with until when, then the others."""
    headline = set(question.rules.headline_groups)
    of = [each for each in assessment.answers if each.verdict is verdict]
    first, others = (
        [each for each in of if (each.activity in headline) is shown] for shown in (True, False)
    )
    name, style = _head(page, verdict, question)
    head = name.ljust(COLUMN)
    # What opens at one instant, and in one way, shares a line.
    for (until, condition), answers in groupby(
        first, key=lambda each: _until(each, question, conditions=room.conditions > 0)
    ):
        named = ", ".join(
            each.label if n == 0 else lower_first(each.label) for n, each in enumerate(answers)
        )
        if page.narrow:
            lead = f"{head.strip()} " if head.strip() else "  "
            page.line((lead, style), (f"{named} ", "bold"), until, hang=4)
        else:
            page.row([(head, style), (f"{named} ", "bold")], LABELS, until)
        head = " " * COLUMN
        if condition:
            said = _shortened(condition, room.conditions)
            page.line((said, "dim"), indent=2 if page.narrow else COLUMN)
    if others:
        labels = [lower_first(each.label) for each in others]
        lead = "also: " if first else ""
        # What is not open is named to the last; only what is limited may wait.
        words = lead + ", ".join(labels)
        if verdict is Verdict.LIMITED:
            words = _within(page, labels, ", ", room.also, lead)
        _row(page, ("" if first else name, style), words)


def _shortened(text: str, room: int) -> str:
    """Return a text whole, or its first sentence where there is little room."""
    return text if room > 1 else f"{text.split('. ', maxsplit=1)[0].rstrip('.')}."


def _until(answer: Answer, question: Question, *, conditions: bool) -> tuple[str, str | None]:
    """Return until when an answer holds, and under which condition it is fine, if that is shown."""
    opens = answer.limited_from if answer.verdict.closed else answer.allowed_from
    shown = conditions and answer.verdict is Verdict.LIMITED
    condition = answer.condition if shown else None
    if opens is None:
        return "until your practitioner says otherwise", condition
    words = f"until {instant_words(opens, question.zone, question.at)}"
    words += f" ({_wait(opens, question.at)})"
    if answer.verdict.closed and answer.allowed_from != opens:
        words += ", then with care"
    return words, condition


def _wait(opens: datetime, at: datetime) -> str:
    """Return how long it is, in hours or, where that is enough, in days; never less."""
    hours = (opens - at) / timedelta(hours=1)
    return hours_words(hours) if hours <= _HOURS else f"{-int(-hours // 24)} days"


def _head(page: Page, verdict: Verdict, question: Question) -> tuple[str, str]:
    """Return what rows of a verdict are called, as the rule set has it, with its sign and style."""
    sign, style = page.verdict(verdict)
    return f"{sign[:1]} {listed_as(verdict, question.rules)}", style


def _fine(page: Page, assessment: Assessment, question: Question, room: Room) -> None:
    labels = [
        lower_first(each.label) + (NOT_ALL if each.condition else "")
        for each in assessment.answers
        if each.verdict is Verdict.ALLOWED
    ]
    if labels:
        words = _within(page, labels, ", ", room.also)
        _row(page, _head(page, Verdict.ALLOWED, question), words)


def _listed(page: Page, head: str, parts: Sequence[str], between: str, lines: int) -> None:
    if parts:
        _row(page, (head, "bold"), _within(page, parts, between, lines))


def _row(page: Page, head: tuple[str, str], words: str) -> None:
    """Add a row; on a narrow page its words follow its head."""
    if page.narrow:
        words = f" {words}" if head[0] else f"  {words}"
        page.line(head, words, hang=2 if head[0] else 4)
    else:
        page.row([head], COLUMN, words)


def _within(  # noqa: PLR0913, PLR0917 - what stands before the parts, and how far in
    page: Page, parts: Sequence[str], between: str, lines: int, lead: str = "", used: int = COLUMN
) -> str:
    """Return as many parts as fit so many lines, after a lead, and how many are left out."""
    width = page.width - (2 if page.narrow else used)
    for count in range(len(parts), 0, -1):
        rest = f"{between}{len(parts) - count} more" if count < len(parts) else ""
        words = lead + between.join(parts[:count]) + rest
        if page.lines_of(words, width) <= lines:
            return words
    return f"{lead}{parts[0]}{between}{len(parts) - 1} more" if parts[1:] else lead + parts[0]


def _where(page: Page, assessment: Assessment, question: Question, *, brief: bool) -> None:
    for n, each in enumerate(question.treatments):
        day = f"Day {day_number(each.when.earliest, question.at, each.when.zone)} after "
        words = day + type_words(each.type, question.rules) + details_words(each.details)
        near = question.at if brief else None
        when = f"{treated_words(each, near)} ({elapsed_words(each, question.at)})"
        page.line((lower_first(words) if n else words, "bold"), (f"  {when}", "dim"), hang=2)
    _bar(page, assessment, question)
    doubtful = next((each for each in assessment.answers if not each.certain), None)
    if doubtful:
        words = (
            f"No time given, so the latest counts. To be exact: {unsure_command(question)}"
            if brief
            else f"{doubtful.label}: {lower_first(unsure(doubtful, question))}"
        )
        page.line(("! ", f"bold {AMBER}"), words, hang=2)


def _bar(page: Page, assessment: Assessment, question: Question) -> None:
    """Draw the recovery window: surely behind, perhaps behind, ahead."""
    ends = [
        answer.allowed_from or answer.limited_from
        for answer in assessment.answers[: len(question.rules.headline_groups)]
    ]
    end = max((each for each in ends if each), default=question.at)
    if end <= question.at:
        page.line(("The headline restrictions are behind you.", GREEN))
        return
    last = max(question.treatments, key=lambda each: each.when.latest)
    total = (end - last.when.earliest).total_seconds()
    sure, perhaps = (
        (question.at - start).total_seconds() / total
        for start in (last.when.latest, last.when.earliest)
    )
    words = f" recovery window to {date_words(end, question.zone, question.at)}"
    width = max(10, min(40, page.width - len(words) - 1))
    behind, possible = int(sure * width), int(perhaps * width)
    signs = page.signs
    page.line(
        (signs.full * behind, GREEN),
        (signs.part * (possible - behind), AMBER),
        (signs.empty * (width - possible), "dim"),
        (words, "dim"),
    )


def _protocol(page: Page, assessment: Assessment) -> None:
    """Say once that a clinic's protocol decides, and what is built in where it matters most."""
    items = [each for group in assessment.answers for each in group.items]
    decided = {each.activity: (each, each.protocol) for each in items if each.protocol is not None}
    found = sorted(decided.values(), key=lambda pair: -pair[0].verdict.severity)
    if not found:
        return
    parts = [
        f"{lower_first(answer.label)} ({lower_first(builtin_words(protocol))})"
        for answer, protocol in found[:NAMES_SHOWN]
    ]
    if len(found) > NAMES_SHOWN:
        parts.append(f"{len(found) - NAMES_SHOWN} more")
    words = f"{found[0][1].clinic}'s decides {joined(parts)}."
    page.row([("Protocol", "bold")], COLUMN, words)


def _next(page: Page, upcoming: Sequence[Change], question: Question) -> None:
    """Show what opens next, the headline groups' items first."""
    headline = {
        id_ for name in question.rules.headline_groups for id_ in question.rules.groups[name].items
    }
    for at, group in islice(groupby(upcoming, key=lambda change: change.at), 1):
        changes = sorted(group, key=lambda change: change.activity not in headline)
        when = instant_words(at, question.zone, question.at)
        page.row([("Next", "bold")], COLUMN, f"{when}: {changes_words(changes, NAMES_SHOWN)}")


def _normal(normal: Sequence[Advice], question: Question, *, together: bool) -> list[str]:
    """Return the expected reactions with the last whole day on which they are expected.

    Those of one day `together` are hard to cut where there is room for a line only.
    """
    ends: dict[str, list[str]] = {}
    for each in sorted(normal, key=lambda advice: str(advice.until)):
        if each.until is not None:
            # A window that closes on a morning is over for anyone who reads a date, so the day
            # before is the one to name.
            last = date_words(each.until - timedelta(days=1), question.zone, question.at)
            ends.setdefault(last, []).append(_sign(each, question))
    if not together:
        return [f"{label} to {last}" for last, labels in ends.items() for label in labels]
    return [f"{', '.join(labels)} to {last}" for last, labels in ends.items()]


def _red_flags(page: Page, alerts: Sequence[Alert], question: Question, room: Room) -> None:
    """Say whom to call for what, most urgent first; every emergency that is listed, whole."""
    lines = {Urgency.SAME_DAY: room.doctor, Urgency.CONTACT_CLINIC: room.clinic}
    for urgency in reversed(Urgency):
        labels = [
            lower_first(each.label)
            for each in alerts
            if each.urgency is urgency and not each.persisting and not _aside(each, question)
        ]
        if urgency is Urgency.CONTACT_CLINIC:
            # What is past its time comes first: it is the likeliest to be there.
            lasting = [_sign(each, question) for each in alerts if each.persisting]
            labels = [f"{each} still there" for each in lasting] + labels
        contact = question.rules.contacts_in_short[urgency.value]
        if urgency is Urgency.CONTACT_CLINIC and (clinic := _clinic(question)):
            contact += f" ({clinic})"
        contact += ": "
        words = "; ".join(labels)
        if urgency in lines:
            cut = _within(page, labels, "; ", lines[urgency], contact, used=2)
            words = cut.removeprefix(contact)
        page.line((contact, URGENCY_STYLES[urgency]), f"{words}.", hang=2)


def _clinic(question: Question) -> str:
    """Return the clinic's name and number, as far as there is room; the number before the name."""
    known = clinic_contact(question)
    if cell_len(known) > LONGEST_CLINIC:
        known = known.split(", ")[-1]
    return (
        known
        if cell_len(known) <= LONGEST_CLINIC
        else f"{set_cell_size(known, LONGEST_CLINIC - 1)}…"
    )


def _aside(alert: Alert, question: Question) -> bool:
    """Whether a red flag is known when somebody names it, and not listed at one look."""
    flag = question.rules.red_flags.get(alert.id)
    return flag is not None and flag.aside


def _sign(sign: Advice | Alert, question: Question) -> str:
    """Return a sign's label; after treatments of several types, with those it is meant for."""
    label = lower_first(sign.label)
    several = len({each.type for each in question.treatments}) > 1
    types = [lower_first(question.rules.types[type_].label) for type_ in sign.types]
    return f"{label} ({joined(types)})" if several else label
