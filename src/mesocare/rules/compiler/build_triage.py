"""The plain values of `triage.yaml` -> their frozen form."""

from __future__ import annotations

from typing import Any

from mesocare.core import signs
from mesocare.core.timespan import parse_span

Plain = dict[str, Any]


def build_triage(each: Plain) -> signs.TriageRules:
    """Return what triage goes by."""
    worse, strong, fever, nodules, questions = (
        each[name] for name in ("worse", "strong", "fever", "nodules", "questions")
    )
    with_fever = nodules["with_fever"]
    return signs.TriageRules(
        worse=signs.Worse(
            worse["flag"],
            worse["rise"],
            worse["steady_rise"],
            worse["steady_days"],
            tuple(worse["evidence"]),
        ),
        strong=signs.Strong(
            strong["score"],
            dict(strong["flags"]),
            parse_span(strong["soon"]["within"]),
            strong["soon"]["flag"],
            tuple(strong["soon"]["signs"]),
            tuple(strong["evidence"]),
        ),
        fever=_fever(fever),
        nodules=signs.Nodules(
            nodules["flag"],
            parse_span(nodules["from"]),
            tuple(nodules["signs"]),
            signs.Urgency(with_fever["urgency"]),
            with_fever["text"],
            tuple(nodules["evidence"]),
        ),
        returned=_remark(each["returned"]),
        unremarkable=_remark(each["unremarkable"]),
        unknown=_remark(each["unknown"]),
        noted=each["unknown"]["noted"],
        past=_remark(each["past"]),
        open=signs.Open(
            each["open"]["text"],
            each["open"]["next_session"],
            tuple(each["open"]["evidence"]),
        ),
        questions=signs.Questions(
            parse_span(questions["after"]),
            parse_span(questions["recent"]),
            questions["still_there"],
            questions["temperature"],
            tuple(questions["evidence"]),
        ),
    )


def _fever(fever: Plain) -> signs.Fever:
    with_signs = fever["with_signs"]
    return signs.Fever(
        limit=fever["from"],
        flag=fever["flag"],
        lasts=parse_span(fever["lasts"]),
        settled_after=parse_span(fever["settled_after"]),
        signs=tuple(with_signs["signs"]),
        signs_flag=with_signs["flag"],
        signs_within=parse_span(with_signs["within"]),
        aliases=tuple(alias.casefold() for alias in fever.get("aliases", ())),
        evidence=tuple(fever["evidence"]),
    )


def _remark(each: Plain) -> signs.Remark:
    return signs.Remark(each["text"], tuple(each["evidence"]))
