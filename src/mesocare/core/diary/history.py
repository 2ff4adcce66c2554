"""A diary beside the treatments it followed: what was expected, over, late or recent, and when.

Pure, and without a judgement of its own: `triage` asks it what it needs to judge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.core.aftercare.advice import expected_ends
from mesocare.core.diary.entries import in_order, records
from mesocare.core.timespan import closing, last_closing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from mesocare.core.diary.entries import Entry, Record
    from mesocare.core.model import RuleSet, Treatment
    from mesocare.core.signs import Reaction
    from mesocare.core.timespan import Span


class Situation:
    """What was noted up to an instant, after some treatments.

    Attributes:
        entries: The diary up to `at`, in the order of time.
        zone: That of the latest treatment, or the one given; it tells days apart.
        records: The entries sign by sign.
        there: The records of signs that were there when last noted.
        fevers: The entries with which a fever was measured.

    Raises:
        ValueError: There is neither treatment nor zone, or a treatment may lie after `at`.
    """

    def __init__(
        self,
        entries: Sequence[Entry],
        treatments: Sequence[Treatment],
        rules: RuleSet,
        at: datetime,
        zone: tzinfo | None = None,
    ) -> None:
        if not treatments and zone is None:
            message = "no treatment to judge signs by"
            raise ValueError(message)
        if any(each.when.latest > at for each in treatments):
            message = "a treatment lies after the instant asked about"
            raise ValueError(message)
        self.treatments = treatments
        self.rules = rules
        self.at = at
        self.zone = zone or max(treatments, key=lambda each: each.when.latest).when.zone
        self.entries = in_order(entries, at)
        known = {*rules.reactions, *rules.red_flags}
        self.records = records(self.entries, known, rules.triage.fever.aliases)
        self.there = [record for record in self.records if record.latest.present]
        self.fevers = [each for each in self.entries if self.feverish(each)]

    def ends(self, reaction: Reaction, entry: Entry) -> dict[str, datetime]:
        """Return, per type, when the reaction stopped being expected, as an entry saw it.

        Only treatments before the entry count: a later one does not make normal what was noted
        before it. What was noted before all of them is judged by all of them.
        """
        before = [each for each in self.treatments if each.when.earliest <= entry.at]
        return expected_ends(reaction, before or self.treatments)

    def unsettled(self, reaction: Reaction, entry: Entry) -> bool:
        """Whether a sign was noted while it was expected and nobody knows about it since."""
        return any(entry.at < end <= self.at for end in self.ends(reaction, entry).values())

    def since(self, record: Record) -> datetime | None:
        """Return from when on the entries of a sign belong together.

        A treatment explains why a sign it makes expected is stronger, or back, after it.
        """
        reaction = self.rules.reactions.get(record.sign or "")
        starts = [
            each.when.earliest
            for each in self.treatments
            if reaction is not None
            and each.type in reaction.expected
            and each.when.earliest <= record.latest.at
        ]
        return max(starts, default=None)

    def late(self, entry: Entry) -> bool:
        """Whether a lump noted then can be a late one after any of the treatments."""
        nodules = self.rules.triage.nodules
        until = self.rules.red_flags[nodules.flag].until
        return any(
            closing(each.when.earliest, nodules.opens, each.when.zone, cautious=False) <= entry.at
            and (until is None or entry.at < last_closing(each.when, until))
            for each in self.treatments
        )

    def soon(self, entry: Entry, span: Span) -> bool:
        """Whether an entry may lie within a span of a treatment; unknown treatments may be near."""
        return not self.treatments or any(
            each.when.earliest <= entry.at < last_closing(each.when, span)
            for each in self.treatments
        )

    def feverish(self, entry: Entry) -> bool:
        """Whether a fever was measured with it."""
        limit = self.rules.triage.fever.limit
        return entry.temperature is not None and entry.temperature >= limit

    def lasts(self, fever: Entry) -> bool:
        """Whether a fever still counts: it is recent, and no later temperature has ended it."""
        rule = self.rules.triage.fever
        settled = closing(fever.at, rule.settled_after, self.zone)
        return self.at < closing(fever.at, rule.lasts, self.zone) and not any(
            each.at > settled and each.temperature is not None and not self.feverish(each)
            for each in self.entries
        )

    def within(self, one: Entry, other: Entry, span: Span) -> bool:
        """Whether two entries lie no further apart than a span."""
        first, last = sorted((one.at, other.at))
        return last <= closing(first, span, self.zone)

    def older(self, entry: Entry, span: Span) -> bool:
        """Whether an entry is older than a span."""
        return self.at > closing(entry.at, span, self.zone, cautious=False)
