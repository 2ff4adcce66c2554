"""Published cases: questions with the answers that a rule set has to give, written by hand.

A case asks about an activity after treatments (`ask`) or before one (`before`), or judges a diary
(`diary`). Its times are read the way the command line reads them, and every problem of a file is
noted with its line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.core import DEFAULT_TYPE
from mesocare.core.diary.entries import COLDEST, HOTTEST, Entry
from mesocare.core.model import Treatment, Verdict
from mesocare.errors import MesocareError
from mesocare.parsing import dates
from mesocare.rules.format.diagnostics import Report
from mesocare.rules.format.reader import parse_yaml
from mesocare.rules.format.schema import HIGHEST_SCORE, URGENCIES
from mesocare.rules.format.types import (
    Amount,
    Choice,
    Either,
    Id,
    Listing,
    Moment,
    Record,
    Table,
    Text,
    Variants,
)
from mesocare.rules.overlay.extends import extended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from mesocare.core.timespan import Interval
    from mesocare.rules.format.diagnostics import Path, Problem
    from mesocare.rules.format.types import Shape

Plain = dict[str, Any]

# A case fixes its own moment, so nothing in it may depend on when it is run: a year that a date
# leaves out is counted from here.
_READING = datetime(2026, 11, 21, tzinfo=UTC)
NEVER = "never"
INSTANTS = ("limited_from", "allowed_from", "next_change")
EXPECTED = ("verdict", "certain", "verdict_if_earliest", *INSTANTS)
EXPECTED_BEFORE = ("verdict", "certain", "begins")

_VERDICT = Choice(tuple(reversed(Verdict)))
_TREATMENTS: dict[str, Shape] = {
    "tz": Text(60),
    "treated": Moment(),
    "type": Id(),
    "treatments": Listing(Record({"treated": Moment()}, {"type": Id(), "tz": Text(60)})),
    "with": Listing(Id()),
    "about": Listing(Id()),
}
_ENTRY = Record(
    {},
    {
        "sign": Id(),
        "words": Text(200, empty=True),
        "score": Amount(0, HIGHEST_SCORE),
        "temperature": Amount(int(COLDEST), int(HOTTEST), parts=True),
        "note": Text(),
        "at": Moment(),
    },
)
_NAMED: dict[str, Shape] = {"id": Id(), "at": Moment(), "why": Text(300)}
_QUESTION = Record(
    {**_NAMED, "ask": Text(80)},
    {
        **_TREATMENTS,
        "verdict": _VERDICT,
        "certain": Either(),
        "verdict_if_earliest": _VERDICT,
        **{key: Moment(never=True) for key in INSTANTS},
    },
)
_DIARY = Record(
    {
        **_NAMED,
        "diary": Listing(_ENTRY, empty=True),
        "findings": Table(Choice(URGENCIES), Id(), empty=True),
    },
    {**_TREATMENTS, "missing": Listing(Id(), empty=True)},
)
_BEFORE = Record(
    {**_NAMED, "before": Text(80)},
    {
        "tz": Text(60),
        "appointment": Moment(),
        "type": Id(),
        "verdict": _VERDICT,
        "certain": Either(),
        "begins": Moment(never=True),
    },
)
CASES = Record(
    {"cases": Listing(Variants({"ask": _QUESTION, "diary": _DIARY, "before": _BEFORE}))},
    {"defaults": Record({}, {**_TREATMENTS, "appointment": Moment()})},
)


class Question(NamedTuple):
    """One question with its expected answer; the instants are in UTC, `None` for never.

    `file` and `line` say where it is written; `expected` holds only what the case names. `details`
    are the ids of what was injected and who was treated, by kind.
    """

    id: str
    ask: str
    at: datetime
    treatments: tuple[Treatment, ...]
    details: dict[str, list[str]]
    expected: dict[str, Any]
    why: str
    file: str
    line: int

    @property
    def zone(self) -> tzinfo:
        """The time zone in which instants are shown."""
        return zone_of(self.treatments)


class Diary(NamedTuple):
    """One diary with all findings expected of it; `missing` where the case names it."""

    id: str
    at: datetime
    treatments: tuple[Treatment, ...]
    details: dict[str, list[str]]
    diary: tuple[Entry, ...]
    findings: dict[str, str]
    missing: set[str] | None
    why: str
    file: str
    line: int

    @property
    def zone(self) -> tzinfo:
        """The time zone in which instants are shown."""
        return zone_of(self.treatments)


class Ahead(NamedTuple):
    """One thing to leave out before an appointment, with what is expected; as of a question."""

    id: str
    before: str
    at: datetime
    appointment: Interval
    type: str
    expected: dict[str, Any]
    why: str
    file: str
    line: int

    @property
    def zone(self) -> tzinfo:
        """The time zone in which instants are shown."""
        return self.appointment.zone


Case = Question | Diary | Ahead


def zone_of(treatments: Sequence[Treatment]) -> tzinfo:
    """Return the time zone of the first treatment; UTC without one."""
    return treatments[0].when.zone if treatments else UTC


def read_cases(file: str, content: bytes) -> tuple[list[Case], list[Problem]]:
    """Return the cases of one file and everything wrong with it.

    Args:
        file: How the file is named in problems.
        content: What is in it.
    """
    report = Report()
    text = report.decoded(file, content)
    if text is not None and extended(content) is not None:
        message = "a protocol, and no file of cases; they are tried under it by --rules"
        report.at(file, (), message)
    if text is None or report.problems:
        return [], report.listed()
    plain = parse_yaml(file, text, CASES, report)
    if plain is None or report.problems:
        return [], report.listed()
    reader = _Reader(file, report, plain.get("defaults", {}))
    cases = [reader.case(n, each) for n, each in enumerate(plain["cases"])]
    return [case for case in cases if case is not None], report.listed()


class _Reader:
    """Turns the plain cases of one file into questions and diaries, noting what cannot be read."""

    def __init__(self, file: str, report: Report, defaults: Plain) -> None:
        self.file = file
        self.report = report
        self.defaults = defaults
        self.seen: set[str] = set()

    def case(self, n: int, own: Plain) -> Case | None:
        """Return one case, its defaults filled in; `None` after noting why there is none."""
        path: Path = ("cases", n)
        plain = {**self.defaults, **own}
        if "treated" in own and "treatments" in own:
            self._note((*path, "treated"), "give either treated or treatments")
        if own["id"] in self.seen:
            self._note((*path, "id"), f"the case {own['id']!r} stands here twice")
        self.seen.add(own["id"])
        if "tz" not in plain:
            self._note(path, "no tz, neither here nor in the defaults")
            return None
        zone = self._read((*path, "tz"), dates.parse_zone, plain["tz"])
        at = None if zone is None else self._instant((*path, "at"), plain["at"], zone)
        if at is None or zone is None:
            return None
        line = self.report.lines[self.file, path]
        named = {"id": plain["id"], "at": at, "why": plain["why"], "file": self.file, "line": line}
        if "before" in plain:
            return self._before(path, plain, zone, named)
        given = self._treatments(path, own, at, zone)
        named["details"] = {kind: plain.get(kind, []) for kind in ("with", "about")}
        case: Case
        if "ask" in plain:
            expected = self._expected(path, plain, zone)
            case = Question(ask=plain["ask"], treatments=given, expected=expected, **named)
        else:
            missing = set(plain["missing"]) if "missing" in plain else None
            diary = tuple(
                self._entry((*path, "diary", number), f"{plain['id']}-{number + 1}", each, at, zone)
                for number, each in enumerate(plain["diary"])
            )
            case = Diary(
                treatments=given, diary=diary, findings=plain["findings"], missing=missing, **named
            )
        return case

    def _before(self, path: Path, plain: Plain, zone: tzinfo, named: Plain) -> Ahead | None:
        """Return a case of what comes before an appointment."""
        if "appointment" not in plain:
            self._note(path, "no appointment, neither here nor in the defaults")
            return None
        read = partial(dates.parse_ahead, now=named["at"], zone=zone)
        appointment = self._read((*path, "appointment"), read, plain["appointment"])
        expected = self._expected(path, plain, zone, EXPECTED_BEFORE)
        if appointment is None:
            return None
        type_ = plain.get("type", DEFAULT_TYPE)
        return Ahead(
            before=plain["before"], appointment=appointment, type=type_, expected=expected, **named
        )

    def _treatments(
        self, path: Path, own: Plain, at: datetime, zone: tzinfo
    ) -> tuple[Treatment, ...]:
        """Return the treatments: those of the case itself, otherwise those of the defaults."""
        stated = next(
            (each for each in (own, self.defaults) if {"treated", "treatments"} & set(each)), None
        )
        if stated is None:
            self._note(path, "no treatment: neither treated nor treatments")
            return ()
        type_ = {**self.defaults, **own}.get("type", DEFAULT_TYPE)
        found = []
        for n, each in enumerate(stated.get("treatments") or [{"treated": stated["treated"]}]):
            inner: Path = ("treatments", n) if "treatments" in stated else ()
            place = (*(path if stated is own else ("defaults",)), *inner)
            own_zone = (
                self._read((*place, "tz"), dates.parse_zone, each["tz"]) if "tz" in each else zone
            )
            if own_zone is not None:
                when = self._read(
                    (*place, "treated"),
                    lambda text, zone=own_zone: dates.parse_treated(text, at=at, zone=zone),
                    each["treated"],
                )
                found += [] if when is None else [Treatment(each.get("type", type_), when)]
        return tuple(found)

    def _expected(
        self, path: Path, plain: Plain, zone: tzinfo, keys: Sequence[str] = EXPECTED
    ) -> Plain:
        expected = {key: plain[key] for key in keys if key in plain}
        if not expected:
            self._note(path, f"nothing is expected: give at least one of {', '.join(keys)}")
        for key in (*INSTANTS, "begins"):
            if key in expected:
                text = expected[key]
                expected[key] = None if text == NEVER else self._instant((*path, key), text, zone)
        return expected

    def _entry(self, path: Path, id_: str, plain: Plain, at: datetime, zone: tzinfo) -> Entry:
        noted = self._instant((*path, "at"), plain["at"], zone) if "at" in plain else at
        sign = plain.get("sign")
        return Entry(
            id=id_,
            sign=sign,
            words=str(plain.get("words", sign or "")),
            score=plain.get("score"),
            temperature=plain.get("temperature"),
            note=plain.get("note"),
            at=noted or at,
        )

    def _instant(self, path: Path, text: str, zone: tzinfo) -> datetime | None:
        read = partial(dates.parse_at, now=_READING, zone=zone)
        found: datetime | None = self._read(path, read, text)
        return found

    def _read(self, path: Path, read: Any, text: str) -> Any:
        """Return what a text means, or `None` after noting why nothing."""
        try:
            return read(text)
        except MesocareError as error:
            self._note(path, error.message)
            return None

    def _note(self, path: Path, message: str) -> None:
        self.report.at(self.file, path, message)
