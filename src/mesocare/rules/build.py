"""Checked plain values -> the frozen model. Runs at every start, so it does nothing else."""

from __future__ import annotations

from typing import Any

from mesocare.core import model
from mesocare.core.timespan import Span, parse_span

Plain = dict[str, Any]


def build(plain: Plain, sha256: str) -> model.RuleSet:
    """Return the rule set.

    Args:
        plain: What `parse` and `check` have accepted, or the cache has kept of it.
        sha256: The digest of the files' content.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: The values are not such a rule set.
    """
    ruleset, groups = plain["ruleset"], plain["groups"]
    sources = {
        id_: model.Source(
            id_,
            each["title"],
            each["publisher"],
            each.get("url"),
            each["grade"],
            each["read"],
            each.get("seed", False),
        )
        for id_, each in plain["sources"].items()
    }
    order = [*ruleset["headline_groups"], *ruleset["other_groups"]]
    return model.RuleSet(
        identity=model.Identity(
            ruleset["name"],
            ruleset["version"],
            ruleset["reviewed"],
            ruleset["review_due"],
            sha256,
        ),
        types={
            id_: model.TreatmentType(id_, each["label"]) for id_, each in ruleset["types"].items()
        },
        headline_groups=tuple(ruleset["headline_groups"]),
        groups={id_: _group(groups[id_]) for id_ in order},
        items={
            id_: _item(id_, name, item)
            for name in order
            for id_, item in groups[name]["items"].items()
        },
        sources=sources,
        evidence={id_: _evidence(id_, row, sources) for id_, row in plain["evidence"].items()},
        reactions={id_: _reaction(id_, each) for id_, each in plain["reactions"].items()},
        red_flags={
            id_: _red_flag(id_, each, tuple(ruleset["types"]))
            for id_, each in plain["red_flags"].items()
        },
        care={id_: _care(id_, each) for id_, each in plain["care"].items()},
        course={type_: _course(each) for type_, each in plain["course"].items()},
        triage=_triage(plain["triage"]),
        contacts=dict(ruleset["contacts"]),
        notice=ruleset["notice"],
        names=plain["names"],
    )


def _span(text: str | None) -> Span | None:
    return None if text is None else parse_span(text)


def _evidence(id_: str, row: Plain, sources: dict[str, model.Source]) -> model.Evidence:
    return model.Evidence(
        id_,
        sources[row["source"]],
        row["grade"],
        row["treatment"],
        row["subject"],
        row["modality"],
        row["min_hours"],
        row["max_hours"],
        row["paraphrase"],
    )


def _group(each: Plain) -> model.Group:
    headline = each["headline"]
    others = [id_ for id_ in (*each["items"], *each.get("includes", ())) if id_ != headline]
    return model.Group(
        each["group"],
        each["label"],
        tuple(each.get("aliases", ())),
        headline,
        (headline, *others),
    )


def _item(id_: str, group: str, each: Plain) -> model.Item:
    rules = {type_: _rule(_resolved(each["rules"], type_)) for type_ in each["rules"]}
    return model.Item(
        id_,
        group,
        each["label"],
        tuple(each.get("aliases", ())),
        each.get("harm"),
        each.get("instead"),
        each.get("aside", False),
        rules,
    )


def _resolved(by_type: Plain, type_: str) -> Plain:
    """Return what holds for a type, following its `same_as`."""
    value: Plain = by_type[type_]
    return by_type[value["same_as"]] if "same_as" in value else value


def _rule(each: Plain) -> model.Rule:
    if "unrestricted" in each:
        phase = model.Phase(None, model.Verdict.ALLOWED, each["unrestricted"], None, ())
        return model.Rule((phase,), None, concerns=False)
    phases = tuple(
        model.Phase(
            _span(phase.get("until")),
            model.Verdict(phase["verdict"]),
            phase["reason"],
            phase.get("condition"),
            tuple(phase["evidence"]),
        )
        for phase in each["phases"]
    )
    return model.Rule(phases, each.get("rationale"), concerns=True)


def _reaction(id_: str, each: Plain) -> model.Reaction:
    expected = {}
    for type_ in each["expected"]:
        value = _resolved(each["expected"], type_)
        expected[type_] = model.Expectation(
            parse_span(value["until"]), tuple(value["evidence"]), value.get("rationale")
        )
    aliases = tuple(each.get("aliases", ()))
    return model.Reaction(id_, each["label"], aliases, each["text"], each["beyond"], expected)


def _red_flag(id_: str, each: Plain, all_types: tuple[str, ...]) -> model.RedFlag:
    return model.RedFlag(
        id_,
        each["label"],
        model.Urgency(each["urgency"]),
        tuple(each.get("aliases", ())),
        each["text"],
        each.get("action"),
        tuple(each.get("types", all_types)),
        _span(each.get("until")),
        tuple(each["evidence"]),
    )


def _care(id_: str, each: Plain) -> model.Care:
    windows = {}
    for type_ in each["windows"]:
        value = _resolved(each["windows"], type_)
        windows[type_] = model.CareWindow(
            _span(value.get("from")),
            _span(value.get("until")),
            value["text"],
            tuple(value["evidence"]),
        )
    return model.Care(id_, each["label"], windows)


def _course(each: Plain) -> model.Course:
    return model.Course(
        sessions=(each["sessions"]["min"], each["sessions"]["max"]),
        spacing=_spacing(each["spacing"]),
        maintenance=_spacing(each["maintenance"]),
        results=tuple(
            _statement(f"results-{n}", result) for n, result in enumerate(each["results"], start=1)
        ),
        notes=tuple(_statement(id_, note) for id_, note in each.get("notes", {}).items()),
    )


def _spacing(each: Plain) -> model.Spacing:
    least, most = parse_span(each["min"]), parse_span(each["max"])
    return model.Spacing(least, most, each["text"], tuple(each["evidence"]))


def _statement(id_: str, each: Plain) -> model.Statement:
    return model.Statement(
        id_,
        each["text"],
        _span(each.get("from")),
        _span(each.get("until")),
        tuple(each["evidence"]),
    )


def _triage(each: Plain) -> model.TriageRules:
    worse, strong, fever, nodules, questions = (
        each[name] for name in ("worse", "strong", "fever", "nodules", "questions")
    )
    with_fever = nodules["with_fever"]
    return model.TriageRules(
        worse=model.Worse(
            worse["flag"],
            worse["rise"],
            worse["steady_rise"],
            worse["steady_days"],
            tuple(worse["evidence"]),
        ),
        strong=model.Strong(strong["score"], dict(strong["flags"]), tuple(strong["evidence"])),
        fever=_fever(fever),
        nodules=model.Nodules(
            nodules["flag"],
            parse_span(nodules["from"]),
            tuple(nodules["signs"]),
            model.Urgency(with_fever["urgency"]),
            with_fever["text"],
            tuple(nodules["evidence"]),
        ),
        returned=_remark(each["returned"]),
        unknown=_remark(each["unknown"]),
        past=_remark(each["past"]),
        questions=model.Questions(
            parse_span(questions["after"]),
            parse_span(questions["recent"]),
            questions["still_there"],
            questions["temperature"],
            tuple(questions["evidence"]),
        ),
    )


def _fever(fever: Plain) -> model.Fever:
    with_signs = fever["with_signs"]
    return model.Fever(
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


def _remark(each: Plain) -> model.Remark:
    return model.Remark(each["text"], tuple(each["evidence"]))
