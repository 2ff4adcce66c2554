"""What a diary means: which of its signs need help, how quickly, and what is worth asking.

Pure: entries, treatments, rules and an instant in, findings out. Nothing that was noted can lower
what something else says: each rule looks at the diary by itself, and the worst comes first.
Expected reactions and late lumps are judged at the earliest possible treatment time, so that
doubt about it calls nothing normal for too long.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from mesocare.core.aftercare.advice import expected_evidence
from mesocare.core.diary.history import Situation
from mesocare.core.signs import Urgency
from mesocare.core.timespan import check_aware

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.diary.entries import Day, Entry, Record
    from mesocare.core.model import RuleSet, Treatment


class Finding(NamedTuple):
    """Something in the diary that needs help.

    Attributes:
        id: A red flag, a reaction with `-persisting`, `sign-returned` or `unknown-sign`.
        urgency: How quickly.
        text: What it is and what to do, as the rule set says it.
        because: The ids of the entries it rests on, in the order of time.
        evidence: The ids of the claims it rests on.
        past: Whether it has passed, so that it only remains to be told.
    """

    id: str
    urgency: Urgency
    text: str
    because: tuple[str, ...]
    evidence: tuple[str, ...]
    past: bool = False


class Question(NamedTuple):
    """Something worth asking: `temperature`, or a reaction with `-follow-up`."""

    id: str
    text: str


class Triage(NamedTuple):
    """What a diary means at one instant; the worst finding comes first."""

    findings: tuple[Finding, ...]
    missing: tuple[Question, ...]

    @property
    def urgency(self) -> Urgency | None:
        """How urgent the worst finding is; `None` if there are none."""
        return self.findings[0].urgency if self.findings else None

    @property
    def open(self) -> tuple[Finding, ...]:
        """What the clinic has to see first, before anything touches the treated area."""
        return tuple(each for each in self.findings if not each.past)

    @property
    def open_ids(self) -> tuple[str, ...]:
        """The ids of those, by which the engine holds an answer back."""
        return tuple(each.id for each in self.open)


def triage(
    entries: Sequence[Entry],
    treatments: Sequence[Treatment],
    rules: RuleSet,
    at: datetime,
    zone: tzinfo | None = None,
) -> Triage:
    """Say what a diary means.

    Args:
        entries: The diary, in any order; what was noted after `at` is ignored.
        treatments: None later than `at`. Without any, nothing is said that needs one: of late
            lumps and of reactions that last too long.
        rules: The rule set.
        at: The instant asked about, in UTC.
        zone: Where days are told apart; that of the latest treatment if left out.

    Raises:
        ValueError: There is neither treatment nor zone, a treatment may lie after `at`, or `at`
            names no zone.
    """
    check_aware(at)
    assessor = _Assessor(Situation(entries, treatments, rules, at, zone))
    return Triage(assessor.findings(), tuple(assessor.questions()))


class _Assessor:
    """One diary, looked at by every rule."""

    def __init__(self, case: Situation) -> None:
        self.case = case
        self.rules = case.rules

    def findings(self) -> tuple[Finding, ...]:
        """Return what every rule finds, one finding for each id, the worst first."""
        found = [
            *self._red_flags(),
            *self._fever(),
            *self._worse(),
            *self._strong(),
            *self._nodules(),
            *self._persisting(),
            *self._returned(),
            *self._unknown(),
        ]
        merged: dict[str, Finding] = {}
        for each in sorted(found, key=lambda finding: -finding.urgency.severity):
            known = merged.setdefault(each.id, each)
            because = {*known.because, *each.because}
            merged[each.id] = known._replace(
                because=tuple(entry.id for entry in self.case.entries if entry.id in because),
                evidence=tuple(dict.fromkeys((*known.evidence, *each.evidence))),
                past=known.past and each.past,
            )
        return tuple(merged.values())

    def questions(self) -> Iterator[Question]:
        """Yield what is worth asking."""
        asked = self.rules.triage.questions
        for record in self.case.there:
            id_ = record.sign or ""
            reaction = self.rules.reactions.get(id_)
            sign = reaction or self.rules.red_flags.get(id_)
            if sign is not None and (
                self.case.older(record.latest, asked.after)
                or (reaction and self.case.unsettled(reaction, record.latest))
            ):
                yield Question(f"{sign.id}-follow-up", f"{sign.label}: {asked.still_there}")
        measured = [each for each in self.case.entries if each.temperature is not None]
        if any(self._temperature_tells(record) for record in self.case.there) and (
            not measured or self.case.older(measured[-1], asked.after)
        ):
            yield Question("temperature", asked.temperature)

    def _temperature_tells(self, record: Record) -> bool:
        """Whether a fever would make a sign that is there more urgent."""
        return record.sign in self.rules.triage.fever.signs or bool(self._late_lumps(record))

    def _late_lumps(self, record: Record) -> list[Entry]:
        """Return the entries of lumps that were there late after a treatment."""
        if record.sign not in self.rules.triage.nodules.signs:
            return []
        return [each for each in record.present if self.case.late(each)]

    def _red_flags(self) -> Iterator[Finding]:
        """A red flag holds until it is reported gone, and is never forgotten."""
        for record in self.case.records:
            flag = self.rules.red_flags.get(record.sign or "")
            if flag is not None and record.present:
                past = not record.latest.present
                found = self._raise(flag.id, record.present, past=past)
                soon = flag.sooner is not None and any(
                    self.case.soon(each, flag.sooner.within) for each in record.present
                )
                if soon and flag.sooner is not None and not past:
                    found = found._replace(urgency=flag.sooner.urgency)
                yield found

    def _fever(self) -> Iterator[Finding]:
        """A fever raises one flag, and with changed skin a worse one as well."""
        fever = self.rules.triage.fever
        signs = [
            each
            for record in self.case.records
            if record.sign in fever.signs
            for each in record.present
            if each.wording not in fever.aliases
        ]
        for each in self.case.fevers:
            past = not self.case.lasts(each)
            yield self._raise(fever.flag, [each], fever.evidence, past=past)
            near = [sign for sign in signs if self.case.within(sign, each, fever.signs_within)]
            if near:
                yield self._raise(fever.signs_flag, [each, *near], fever.evidence, past=past)

    def _worse(self) -> Iterator[Finding]:
        """A sign grows from one recorded day to the next, or a little on each of several."""
        worse = self.rules.triage.worse
        for record in self.case.records:
            days = _scored(record.days(self.case.zone, self.case.since(record)))
            rises = [after - before for (before, _), (after, _) in pairwise(days)]
            last = rises[-worse.steady_days :]
            steady = len(last) == worse.steady_days and min(last) >= worse.steady_rise
            if steady or (rises and rises[-1] >= worse.rise):
                compared = days[-len(last) - 1 :] if steady else days[-2:]
                because = [each for _, day in compared for each in day.entries]
                yield self._raise(worse.flag, because, worse.evidence)

    def _strong(self) -> Iterator[Finding]:
        """A sign was very strong on the last day that has a score for it."""
        strong = self.rules.triage.strong
        for record in self.case.records:
            days = _scored(record.days(self.case.zone))
            flag = strong.flags.get(record.sign or "")
            if flag is not None and days and days[-1][0] >= strong.score:
                yield self._raise(flag, _high(days[-1][1], strong.score), strong.evidence)
            if record.sign in strong.soon_signs and days and days[-1][0] >= strong.score:
                high = _high(days[-1][1], strong.score)
                soon = [each for each in high if self.case.soon(each, strong.soon_within)]
                if soon:
                    yield self._raise(strong.soon_flag, soon, strong.evidence)

    def _nodules(self) -> Iterator[Finding]:
        """Lumps are there a week or more after a treatment; a fever makes them more urgent."""
        nodules = self.rules.triage.nodules
        flag = self.rules.red_flags[nodules.flag]
        for record in self.case.there:
            if late := self._late_lumps(record):
                finding = self._raise(flag.id, late, nodules.evidence)
                fevers = [each for each in self.case.fevers if self.case.lasts(each)]
                if fevers and flag.urgency.severity < nodules.fever_urgency.severity:
                    finding = finding._replace(
                        urgency=nodules.fever_urgency,
                        text=f"{flag.text} {nodules.fever_text}",
                        because=_ids([*late, *fevers]),
                    )
                yield finding

    def _persisting(self) -> Iterator[Finding]:
        """A reaction was there when it was no longer expected, or never was expected."""
        for record in self.case.there:
            reaction = self.rules.reactions.get(record.sign or "")
            if reaction is None:
                continue
            ends = self.case.ends(reaction, record.latest)
            over = [type_ for type_, end in ends.items() if record.latest.at >= end]
            if over or (self.case.treatments and not ends):
                id_, urgency = f"{reaction.id}-persisting", Urgency.CONTACT_CLINIC
                rows = expected_evidence(reaction, over or tuple(reaction.expected))
                yield Finding(id_, urgency, reaction.beyond, (record.latest.id,), rows)

    def _returned(self) -> Iterator[Finding]:
        """A sign is there after a day that it had ended without it."""
        text, evidence = self.rules.triage.returned
        for record in self.case.there:
            been = gone = False
            for day in record.days(self.case.zone, self.case.since(record))[:-1]:
                been = been or any(each.present for each in day.entries)
                gone = gone or (been and not day.entries[-1].present)
            if gone:
                because = (record.latest.id,)
                yield Finding("sign-returned", Urgency.CONTACT_CLINIC, text, because, evidence)

    def _unknown(self) -> Iterator[Finding]:
        """What nobody knows is never normal."""
        text, evidence = self.rules.triage.unknown
        for record in self.case.there:
            if record.sign is None:
                because = _ids(record.present)
                yield Finding("unknown-sign", Urgency.CONTACT_CLINIC, text, because, evidence)

    def _raise(
        self,
        flag_id: str,
        because: Iterable[Entry],
        evidence: tuple[str, ...] = (),
        *,
        past: bool = False,
    ) -> Finding:
        """Return a red flag as a finding; one that is past is still told to the clinic."""
        flag, rows = self.rules.red_flags[flag_id], evidence
        if past:
            remark = self.rules.triage.past
            urgency, text = Urgency.CONTACT_CLINIC, f"{flag.label}. {remark.text}"
            rows = (*rows, *remark.evidence)
        else:
            urgency, text = flag.urgency, " ".join(filter(None, (flag.text, flag.action)))
        return Finding(flag.id, urgency, text, _ids(because), (*flag.evidence, *rows), past)


def _scored(days: Iterable[Day]) -> list[tuple[int, Day]]:
    """Return the days that have a score, each with its highest."""
    return [(day.peak, day) for day in days if day.peak is not None]


def _high(day: Day, score: int) -> list[Entry]:
    """Return the entries of a day that reach a score."""
    return [each for each in day.entries if (each.score or 0) >= score]


def _ids(entries: Iterable[Entry]) -> tuple[str, ...]:
    return tuple(each.id for each in entries)
