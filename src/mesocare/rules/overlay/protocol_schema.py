"""The shape of a clinic's protocol: one YAML file that changes a rule set without copying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.rules.format.schema import COLUMN_NAMES, HARMS
from mesocare.rules.format.types import (
    Choice,
    Date,
    Duration,
    EvidenceId,
    Id,
    Listing,
    Record,
    Table,
    Text,
    Truth,
    Variants,
)

if TYPE_CHECKING:
    from mesocare.rules.format.types import Shape

# In the place of a treatment type: every type there is, named treatments included.
ALL = "all"
VERDICTS = ("avoid", "ask", "limited", "allowed")
# Whom to call in an emergency is not a clinic's to change.
OWN_CONTACTS = ("same_day", "contact_clinic")

_ALIASES = Listing(Text(60), empty=True)
_EVIDENCE = Listing(EvidenceId())
_PHASE = Record(
    {"verdict": Choice(VERDICTS), "reason": Text(200)},
    {"until": Duration(), "condition": Text(160), "evidence": _EVIDENCE},
)
_CHANGE: dict[str, Shape] = {
    "reason": Text(200),
    "loosens": Truth(),
    "approved_by": Text(60),
    "evidence": _EVIDENCE,
}

PROTOCOL = Record(
    {
        "extends": Text(400),
        "name": Id(),
        "version": Text(20),
        "clinic": Record({"name": Text(60)}, {"phone": Text(40)}),
        "reviewer": Text(60),
        "reviewed": Date(),
        "review_due": Date(),
    },
    {
        "treatments": Table(Record({"extends": Id(), "label": Text(30)}, {"aliases": _ALIASES})),
        "columns": COLUMN_NAMES,
        "changes": Table(
            Table(
                Variants(
                    {
                        "until": Record({"until": Table(Duration(), Choice(VERDICTS))}, _CHANGE),
                        "phases": Record({"phases": Listing(_PHASE)}, _CHANGE),
                    }
                )
            )
        ),
        "items": Table(
            Record(
                {
                    "group": Id(),
                    "label": Text(48),
                    "rules": Table(
                        Variants(
                            {
                                "phases": Record(
                                    {"phases": Listing(_PHASE)}, {"reason": Text(200)}
                                ),
                                "unrestricted": Record({"unrestricted": Text(200)}),
                            }
                        )
                    ),
                },
                {"aliases": _ALIASES, "harm": Choice(HARMS), "instead": Text(120)},
            )
        ),
        "care": Table(
            Record(
                {
                    "windows": Table(
                        Record(
                            {"text": Text(200)},
                            {"from": Duration(), "until": Duration(), "evidence": _EVIDENCE},
                        )
                    )
                },
                {"label": Text(40)},
            )
        ),
        "contacts": Table(Text(120), Choice(OWN_CONTACTS)),
        "words": Record(
            {}, {"names": Table(Listing(Text(60))), "decoys": Listing(Text(60), empty=True)}
        ),
    },
)
