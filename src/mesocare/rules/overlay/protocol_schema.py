"""The shape of a clinic's protocol: one YAML file that changes a rule set without copying it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.rules.format.ingredients_tsv import RESTRICTING
from mesocare.rules.format.schema import COLUMN_NAMES, HARMS, URGENCIES
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
_DETAIL_PHASE = Record(
    {"verdict": Choice(("avoid", "ask", "limited")), "reason": Text(200)},
    {"until": Duration(), "condition": Text(160), "evidence": _EVIDENCE},
)
_DETAILS = Table(
    Record(
        {},
        {
            "label": Text(60),
            "aliases": _ALIASES,
            "types": Listing(Id()),
            "excludes": Listing(Id()),
            "note": Record({"text": Text(200)}, {"evidence": _EVIDENCE}),
            "rules": Table(
                Table(Record({"phases": Listing(_DETAIL_PHASE)}, {"reason": Text(200)}))
            ),
            "flags": Table(Record({}, {"urgency": Choice(URGENCIES), "evidence": _EVIDENCE})),
        },
    )
)
_BEFORE_VERDICT: dict[str, Shape] = {"verdict": Choice(("avoid", "limited"))}
_BEFORE = Table(
    Record(
        {
            "washouts": Table(
                Variants(
                    {
                        "span": Record({"span": Duration()}, {**_BEFORE_VERDICT, **_CHANGE}),
                        "on_the_day": Record(
                            {"on_the_day": Truth()}, {**_BEFORE_VERDICT, **_CHANGE}
                        ),
                        "ask": Record({"ask": Text(160)}, _CHANGE),
                    }
                )
            )
        },
        {
            "label": Text(60),
            "text": Text(160),
            "activities": Listing(Id()),
            "aliases": _ALIASES,
        },
    )
)
_ITEMS = Listing(Id())
_INGREDIENTS = Record(
    {},
    {
        "classes": Table(
            Record(
                {},
                {
                    "label": Text(40),
                    "items": _ITEMS,
                    "mask": _ITEMS,
                    "hair": _ITEMS,
                    "clinic": Truth(),
                    "note": Text(120),
                },
            )
        ),
        "names": Table(
            Record(
                {"class": Id()},
                {"role": Choice(RESTRICTING), "synonyms": Listing(Text(120))},
            ),
            Text(120),
        ),
    },
)

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
        "treatments": Table(
            Record(
                {"extends": Id(), "label": Text(30)},
                {"aliases": _ALIASES, "with": Listing(Id())},
            )
        ),
        "substances": _DETAILS,
        "factors": _DETAILS,
        "before": _BEFORE,
        "ingredients": _INGREDIENTS,
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
