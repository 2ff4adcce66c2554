"""The packed text of what comes before a treatment -> its values."""

from __future__ import annotations

from typing import Any

from mesocare.core import model
from mesocare.core.timespan import parse_span
from mesocare.parsing.lexicon import unpacked

Plain = dict[str, Any]


def build_before(text: str) -> model.Before:
    """Return what comes before a treatment, from what a compiled rule set keeps of it."""
    plain: Plain = unpacked(text)
    return model.Before(
        {id_: _preparation(id_, each) for id_, each in plain["leave_out"].items()},
        {
            kind: tuple(
                model.Point(
                    id_, each["text"], tuple(each.get("types", ())), tuple(each["evidence"])
                )
                for id_, each in points.items()
            )
            for kind, points in plain["checklist"].items()
        },
    )


def _preparation(id_: str, each: Plain) -> model.Preparation:
    verdict = model.Verdict(each.get("verdict", "avoid"))
    written = each["washouts"]
    return model.Preparation(
        id_,
        each["label"],
        each["text"],
        tuple(each.get("activities", ())),
        tuple(each.get("aliases", ())),
        {
            type_: _washout(written[one["same_as"]] if "same_as" in one else one, verdict)
            for type_, one in written.items()
        },
    )


def _washout(plain: Plain, verdict: model.Verdict) -> model.Washout:
    span = plain.get("span")
    return model.Washout(
        None if span is None else parse_span(span),
        plain.get("on_the_day", False),
        model.Verdict.ASK if "ask" in plain else verdict,
        plain.get("ask"),
        tuple(plain["evidence"]),
        plain.get("rationale"),
    )
