"""The shape of the rule set's files, as data: which keys, which values, what is required.

`parse` walks a YAML document beside its shape; whatever the shape does not name is refused. What
spans several places (unknown evidence, phases out of order) is `check`'s business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mesocare.rules.format.types import (
    Choice,
    Count,
    Date,
    Degrees,
    Duration,
    EvidenceId,
    Id,
    Listing,
    Nothing,
    Record,
    Table,
    Text,
    Truth,
    Variants,
)

if TYPE_CHECKING:
    from mesocare.rules.format.types import Shape

GRADES = ("A", "B", "C")
MODALITIES = (
    "avoid", "limited", "do", "washout", "normal", "red_flag", "timeline", "plan",
)  # fmt: skip
HARMS = (
    "infection", "burn", "pigment", "bruising", "swelling", "irritation", "displacement",
)  # fmt: skip
# Where one of these is at stake, a span that the sources dispute stays closed.
GRAVE_HARMS = frozenset({"infection", "burn", "pigment"})
# A diary scores signs from 0 to this.
HIGHEST_SCORE = 10
# The verdicts that a group lists its items by.
LISTED = ("allowed", "avoid", "ask")
URGENCIES = ("emergency", "same_day", "contact_clinic")

_EVIDENCE = Listing(EvidenceId())
_ALIASES = Listing(Text(60), empty=True)
_SAME_AS = Record({"same_as": Id()})

_PHASE = Record(
    {
        "verdict": Choice(("avoid", "ask", "limited", "allowed")),
        "reason": Text(200),
        "evidence": _EVIDENCE,
    },
    {"until": Duration(), "condition": Text(160)},
)
_RULE = Variants(
    {
        "phases": Record({"phases": Listing(_PHASE)}, {"rationale": Text(900)}),
        "same_as": _SAME_AS,
        "unrestricted": Record({"unrestricted": Text(200)}),
    }
)
_ITEM = Record(
    {"label": Text(48), "rules": Table(_RULE)},
    {
        "aliases": _ALIASES,
        "harm": Choice(HARMS),
        "instead": Text(120),
        "at_first": Record({"until": Duration(), "instead": Text(120)}),
        "aside": Truth(),
        "apart": Truth(),
    },
)
_REMARK = Record({"text": Text(160), "evidence": _EVIDENCE})
_STATEMENT: dict[str, Shape] = {"text": Text(200), "evidence": _EVIDENCE}

ACTIVITIES = Record(
    {"group": Id(), "label": Text(30), "headline": Id(), "items": Table(_ITEM)},
    {"aliases": _ALIASES, "includes": Listing(Id(), empty=True)},
)

_WORDS = Listing(Text(60), empty=True)
_WORD_LISTS = Table(_WORDS, Text(40))

# What a table calls the columns that have a meaning.
COLUMNS = ("patient_id", "treated", "treated_time", "type", "tz", "with", "about")
COLUMN_NAMES = Table(_WORDS, Choice(COLUMNS))

_POINTS = Table(Record({"text": Text(160), "evidence": _EVIDENCE}, {"types": Listing(Id())}))

_DETAIL_PHASE = Record(
    {
        "verdict": Choice(("avoid", "ask", "limited")),
        "reason": Text(200),
        "evidence": _EVIDENCE,
    },
    {"until": Duration(), "condition": Text(160)},
)
_DETAILS = Table(
    Record(
        {"label": Text(60), "aliases": _ALIASES},
        {
            "types": Listing(Id()),
            "excludes": Listing(Id()),
            "note": Record({"text": Text(200), "evidence": _EVIDENCE}),
            "rules": Table(
                Table(
                    Variants(
                        {
                            "phases": Record(
                                {"phases": Listing(_DETAIL_PHASE)}, {"rationale": Text(600)}
                            ),
                            "as": Record({"as": Id()}),
                            "same_as": _SAME_AS,
                        }
                    )
                )
            ),
            "flags": Table(Record({"evidence": _EVIDENCE}, {"urgency": Choice(URGENCIES)})),
        },
    )
)

FILES: dict[str, Record] = {
    "ruleset.yaml": Record(
        {
            "name": Id(),
            "version": Text(20),
            "reviewed": Date(),
            "review_due": Date(),
            "types": Table(Record({"label": Text(30)}, {"aliases": _ALIASES})),
            "headline_groups": Listing(Id()),
            "other_groups": Listing(Id(), empty=True),
            "contacts": Record({urgency: Text(120) for urgency in URGENCIES}),
            "listed_as": Record({verdict: Text(20) for verdict in LISTED}, {"limited": Text(20)}),
            "notice": Text(200),
        },
        {
            "columns": COLUMN_NAMES,
            "contacts_in_short": Record({urgency: Text(60) for urgency in URGENCIES}),
        },
    ),
    "sources.yaml": Record(
        {
            "sources": Table(
                Record(
                    {
                        "title": Text(300),
                        "publisher": Text(200),
                        "url": Nothing(Text(400)),
                        "grade": Choice(GRADES),
                        "read": Date(),
                    },
                    {"seed": Truth()},
                )
            )
        }
    ),
    "reactions.yaml": Record(
        {
            "reactions": Table(
                Record(
                    {
                        "label": Text(40),
                        "text": Text(160),
                        "beyond": Text(160),
                        "expected": Table(
                            Variants(
                                {
                                    "until": Record(
                                        {"until": Duration(), "evidence": _EVIDENCE},
                                        {"rationale": Text(600)},
                                    ),
                                    "same_as": _SAME_AS,
                                }
                            )
                        ),
                    },
                    {"aliases": _ALIASES},
                )
            )
        }
    ),
    "red_flags.yaml": Record(
        {
            "red_flags": Table(
                Record(
                    {
                        "label": Text(60),
                        "urgency": Choice(URGENCIES),
                        "text": Text(260),
                        "evidence": _EVIDENCE,
                    },
                    {
                        "aliases": _ALIASES,
                        "types": Listing(Id()),
                        "until": Duration(),
                        "action": Text(360),
                        "aside": Truth(),
                        "sooner": Record({"within": Duration(), "urgency": Choice(URGENCIES)}),
                    },
                )
            )
        }
    ),
    "care.yaml": Record(
        {
            "care": Table(
                Record(
                    {
                        "label": Text(40),
                        "windows": Table(
                            Variants(
                                {
                                    "text": Record(
                                        _STATEMENT, {"from": Duration(), "until": Duration()}
                                    ),
                                    "same_as": _SAME_AS,
                                }
                            )
                        ),
                    },
                    {"remind": Truth()},
                )
            )
        }
    ),
    "course.yaml": Record(
        {
            "course": Table(
                Record(
                    {
                        "sessions": Record({"min": Count(), "max": Count(), "evidence": _EVIDENCE}),
                        "spacing": Record({"min": Duration(), "max": Duration(), **_STATEMENT}),
                        "maintenance": Record({"min": Duration(), "max": Duration(), **_STATEMENT}),
                        "results": Listing(
                            Record({"from": Duration(), **_STATEMENT}, {"until": Duration()})
                        ),
                    },
                    {"notes": Table(Record(_STATEMENT))},
                )
            )
        }
    ),
    "triage.yaml": Record(
        {
            "worse": Record(
                {
                    "flag": Id(),
                    "rise": Count(),
                    "steady_rise": Count(),
                    "steady_days": Count(),
                    "evidence": _EVIDENCE,
                }
            ),
            "strong": Record(
                {
                    "score": Count(),
                    "flags": Table(Id()),
                    "soon": Record({"within": Duration(), "flag": Id(), "signs": Listing(Id())}),
                    "evidence": _EVIDENCE,
                }
            ),
            "fever": Record(
                {
                    "from": Degrees(),
                    "flag": Id(),
                    "lasts": Duration(),
                    "settled_after": Duration(),
                    "with_signs": Record(
                        {"flag": Id(), "within": Duration(), "signs": Listing(Id())}
                    ),
                    "evidence": _EVIDENCE,
                },
                {"aliases": _ALIASES},
            ),
            "nodules": Record(
                {
                    "flag": Id(),
                    "from": Duration(),
                    "signs": Listing(Id()),
                    "with_fever": Record({"urgency": Choice(URGENCIES), "text": Text(160)}),
                    "evidence": _EVIDENCE,
                }
            ),
            "returned": _REMARK,
            "unremarkable": _REMARK,
            "unknown": Record({"text": Text(160), "noted": Text(160), "evidence": _EVIDENCE}),
            "past": _REMARK,
            "open": Record({"text": Text(160), "next_session": Text(80), "evidence": _EVIDENCE}),
            "questions": Record(
                {
                    "after": Duration(),
                    "recent": Duration(),
                    "still_there": Text(120),
                    "temperature": Text(120),
                    "evidence": _EVIDENCE,
                }
            ),
        }
    ),
    "before/leave-out.yaml": Record(
        {
            "leave_out": Table(
                Record(
                    {
                        "label": Text(60),
                        "text": Text(160),
                        "washouts": Table(
                            Variants(
                                {
                                    "span": Record(
                                        {"span": Duration(), "evidence": _EVIDENCE},
                                        {"rationale": Text(600)},
                                    ),
                                    "on_the_day": Record(
                                        {"on_the_day": Truth(), "evidence": _EVIDENCE}
                                    ),
                                    "ask": Record({"ask": Text(160), "evidence": _EVIDENCE}),
                                    "same_as": _SAME_AS,
                                }
                            )
                        ),
                    },
                    {
                        "activities": Listing(Id()),
                        "aliases": _ALIASES,
                        "verdict": Choice(("avoid", "limited")),
                    },
                )
            )
        }
    ),
    "before/checklist.yaml": Record(
        {"on_the_day": _POINTS, "tell": _POINTS, "move": _POINTS, "choose": _POINTS}
    ),
    "details/substances.yaml": Record({"substances": _DETAILS}),
    "details/factors.yaml": Record({"factors": _DETAILS}),
    "ingredients.yaml": Record(
        {
            "classes": Table(
                Record(
                    {"label": Text(40), "items": Listing(Id(), empty=True)},
                    {
                        "mask": Listing(Id()),
                        "hair": Listing(Id()),
                        "clinic": Truth(),
                        "note": Text(120),
                    },
                )
            ),
            "kinds": Table(
                Record(
                    {"label": Text(40), "items": Listing(Id()), "words": _WORDS},
                    {"rinsed": Truth(), "hair": Truth()},
                )
            ),
            "sources": Table(
                Record(
                    {
                        "title": Text(200),
                        "url": Nothing(Text(300)),
                        "grade": Choice(GRADES),
                        "read": Date(),
                    }
                )
            ),
        }
    ),
    "ledger.yaml": Record({"not_used": Table(Text(300), EvidenceId())}),
    "words/forms.yaml": Record(
        {
            "spellings": Table(Text(30), Text(30)),
            "joined": _WORD_LISTS,
            "verbs": _WORD_LISTS,
        }
    ),
    "words/activities.yaml": Record(
        {
            "question": _WORDS,
            "places": _WORDS,
            "harmless": Table(Record({"for": Listing(Id()), "words": _WORDS})),
            "routes": Record(
                {
                    "skin": _WORDS,
                    "mouth": _WORDS,
                    "by_mouth_only": Listing(Id()),
                    "skin_only": Listing(Id()),
                    "on_skin_instead": Table(Id()),
                }
            ),
            "negations": _WORDS,
            "decoys": _WORDS,
            "ask_which": Table(Record({"words": _WORDS, "text": Text(160)})),
            "prescribed": Record({"words": _WORDS, "text": Text(160)}),
            "names": Table(_WORDS),
        }
    ),
    "words/signs.yaml": Record(
        {
            "left_out": _WORDS,
            "classes": Table(Listing(Text(60)), Text(40)),
            "vital": _WORDS,
            "rules": Listing(
                Record(
                    {"flag": Id(), "all": Listing(Text(40))},
                    {
                        "unless": _WORDS,
                        "mild": Record({"up_to": Count(), "sign": Id()}),
                    },
                )
            ),
            "ordinary": Table(_WORDS),
            "harmless": _WORDS,
            "absent": Record(
                {
                    "gone": _WORDS,
                    "fine": _WORDS,
                    "of": Table(Id(), Text(40)),
                    "strength": _WORDS,
                    "harmless": _WORDS,
                }
            ),
        }
    ),
}
