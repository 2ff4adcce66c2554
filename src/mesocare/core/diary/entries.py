"""The diary: what somebody noted of their signs, and the same in the order of time, sign by sign.

Pure: entries in, records out. Every instant is in UTC; a zone is used only to tell days apart.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable
    from datetime import date, datetime, tzinfo


SCORES = range(11)
# Degrees Celsius between which a body temperature lies.
COLDEST, HOTTEST = 30.0, 45.0


class Entry(NamedTuple):
    """One line of the diary.

    Attributes:
        id: Its own id, by which findings refer to it.
        sign: The id of a reaction or a red flag of the rule set; `None` for words nobody knows.
        words: What was typed: "redness", "my ear rings". Nothing for a measured temperature alone.
        score: From 0 to 10; 0 means gone or not there, `None` there without a figure.
        temperature: The body temperature in degrees Celsius, if it was measured.
        note: Anything else; it is never judged.
        at: When it was noted, in UTC.
    """

    id: str
    sign: str | None
    words: str
    score: int | None
    temperature: float | None
    note: str | None
    at: datetime

    @property
    def present(self) -> bool:
        """Whether the sign was there."""
        return self.score != 0

    @property
    def wording(self) -> str:
        """The words without what makes no difference: capitals and blanks."""
        return " ".join(self.words.casefold().split())


class Day(NamedTuple):
    """What was noted of one sign on one local day, in the order of time."""

    date: date
    entries: tuple[Entry, ...]

    @property
    def peak(self) -> int | None:
        """The highest score of the day; `None` where there is no figure."""
        scores = [each.score for each in self.entries if each.score is not None]
        return max(scores, default=None)


class Record(NamedTuple):
    """What was noted of one sign, or in the same unknown words, in the order of time."""

    sign: str | None
    entries: tuple[Entry, ...]

    @property
    def latest(self) -> Entry:
        """The last entry."""
        return self.entries[-1]

    @property
    def present(self) -> tuple[Entry, ...]:
        """The entries at which the sign was there."""
        return tuple(each for each in self.entries if each.present)

    def days(self, zone: tzinfo, since: datetime | None = None) -> tuple[Day, ...]:
        """Return the local days on which it was noted, from an instant on; days between are out."""
        entries = [each for each in self.entries if since is None or each.at >= since]
        by_date = groupby(entries, key=lambda each: each.at.astimezone(zone).date())
        return tuple(Day(date, tuple(of_day)) for date, of_day in by_date)


def in_order(entries: Iterable[Entry], at: datetime) -> tuple[Entry, ...]:
    """Return what was noted up to `at`, by time; of entries at one instant the worst comes last."""
    return tuple(
        sorted(
            (each for each in entries if each.at <= at),
            key=lambda each: (each.at, each.present, each.score or 0, each.id),
        )
    )


def records(
    entries: Iterable[Entry], known: Container[str], no_signs: Container[str]
) -> tuple[Record, ...]:
    """Return the record of every sign, and of every wording that names none.

    Args:
        entries: The diary, in the order of time.
        known: The ids of signs that the rule set has; any other is as good as none.
        no_signs: Wordings that come with a temperature and name no sign of their own.
    """
    found: dict[tuple[str | None, str], list[Entry]] = {}
    for each in entries:
        if each.sign is not None and each.sign in known:
            found.setdefault((each.sign, ""), []).append(each)
        elif each.wording and not (each.temperature is not None and each.wording in no_signs):
            found.setdefault((None, each.wording), []).append(each)
    return tuple(Record(sign, tuple(of_sign)) for (sign, _), of_sign in found.items())
