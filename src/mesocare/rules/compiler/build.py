"""Checked plain values -> the frozen model. Runs at every start, so it does nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core import model, signs
from mesocare.core.timespan import Span, parse_span
from mesocare.rules.compiler.build_triage import build_triage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Tables = Callable[[], Mapping[str, str]]

Plain = dict[str, Any]


def build(plain: Plain, sha256: str, tables: Tables) -> model.RuleSet:
    """Return the rule set.

    Args:
        plain: What `parse` and `check` have accepted, or the cache has kept of it.
        sha256: The digest of the files' content.
        tables: What gives the tables of words, once they are needed.

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
    listed_as = {model.Verdict(verdict): words for verdict, words in ruleset["listed_as"].items()}
    return model.RuleSet(
        identity=_identity(ruleset, sha256),
        types={
            id_: model.TreatmentType(
                id_,
                each["label"],
                each.get("extends"),
                tuple(each.get("aliases", ())),
                tuple(each.get("with", ())),
            )
            for id_, each in ruleset["types"].items()
        },
        headline_groups=tuple(ruleset["headline_groups"]),
        groups={id_: _group(groups[id_], listed_as) for id_ in order},
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
        triage=build_triage(plain["triage"]),
        contacts=dict(ruleset["contacts"]),
        notice=ruleset["notice"],
        names=plain["names"],
        sign_names=plain["sign_names"],
        tables=tables,
        contacts_in_short={**ruleset["contacts"], **ruleset.get("contacts_in_short", {})},
        before=Packed(plain["before"], "build_before"),
        details=Packed(plain["details"], "build_details", plain["groups"]),
        products=Packed(plain["products"], "build_products"),
        columns={ours: tuple(each) for ours, each in ruleset.get("columns", {}).items()},
    )


class Packed:
    """A part of a rule set as text; called, it gives the values.

    Two are equal where their text is.

    Args:
        text: The text.
        builder: The function of `build_parts` that makes the values.
        groups: The plain groups, for a part that refers to them.
    """

    __slots__ = ("builder", "groups", "text")

    def __init__(self, text: str, builder: str, groups: Plain | None = None) -> None:
        self.text = text
        self.builder = builder
        self.groups = groups

    def __call__(self) -> Any:
        """Return the values."""
        from mesocare.rules.compiler import build_parts

        return getattr(build_parts, self.builder)(self.text, self.groups)

    def __eq__(self, other: object) -> bool:
        """Whether the other has the same text."""
        return isinstance(other, Packed) and self.text == other.text

    def __hash__(self) -> int:
        """Return a number that equal ones share."""
        return hash(self.text)


def _identity(ruleset: Plain, sha256: str) -> model.Identity:
    clinic, extends = ruleset.get("clinic", {}), ruleset.get("extends")
    return model.Identity(
        ruleset["name"],
        ruleset["version"],
        ruleset["reviewed"],
        ruleset["review_due"],
        sha256,
        None if extends is None else _identity(extends, extends["sha256"]),
        clinic.get("name"),
        clinic.get("phone"),
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


def _group(each: Plain, listed_as: dict[model.Verdict, str]) -> model.Group:
    headline = each["headline"]
    others = [id_ for id_ in (*each["items"], *each.get("includes", ())) if id_ != headline]
    return model.Group(
        each["group"],
        each["label"],
        tuple(each.get("aliases", ())),
        headline,
        (headline, *others),
        listed_as,
    )


def _item(id_: str, group: str, each: Plain) -> model.Item:
    rules = {type_: rule_of(resolved(each["rules"], type_)) for type_ in each["rules"]}
    return model.Item(
        id_,
        group,
        each["label"],
        tuple(each.get("aliases", ())),
        each.get("harm"),
        each.get("instead"),
        each.get("aside", False),
        rules,
        each.get("apart", False),
        (parse_span(first["until"]), first["instead"]) if (first := each.get("at_first")) else None,
    )


def resolved(by_type: Plain, type_: str) -> Plain:
    """Return what holds for a type, following its `same_as`."""
    value: Plain = by_type[type_]
    return by_type[value["same_as"]] if "same_as" in value else value


def taken_over(by_type: Plain, type_: str) -> Plain:
    """Return the rule of a type that a detail takes over.

    What a clinic's protocol loosened after that type was signed for it alone, and not for whoever
    the detail is about.
    """
    rule = resolved(by_type, type_)
    protocol = rule.get("protocol", {})
    builtin: Plain = protocol["builtin"] if protocol.get("loosens") else rule
    return builtin


def rule_of(each: Plain) -> model.Rule:
    """Return a rule that is written out."""
    protocol = protocol_of(each["protocol"]) if "protocol" in each else None
    if "unrestricted" in each:
        phase = model.Phase(None, model.Verdict.ALLOWED, each["unrestricted"], None, ())
        return model.Rule((phase,), None, concerns=False, protocol=protocol)
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
    return model.Rule(phases, each.get("rationale"), concerns=True, protocol=protocol)


def protocol_of(each: Plain) -> model.Protocol:
    """Return what a clinic's protocol says of something it wrote."""
    builtin = each.get("builtin")
    return model.Protocol(
        each["clinic"],
        each.get("reason"),
        each.get("approved_by"),
        each["reviewed"],
        each["loosens"],
        None if builtin is None else rule_of(builtin),
    )


def _reaction(id_: str, each: Plain) -> signs.Reaction:
    expected = {}
    for type_ in each["expected"]:
        value = resolved(each["expected"], type_)
        expected[type_] = signs.Expectation(
            parse_span(value["until"]), tuple(value["evidence"]), value.get("rationale")
        )
    aliases = tuple(each.get("aliases", ()))
    return signs.Reaction(id_, each["label"], aliases, each["text"], each["beyond"], expected)


def _red_flag(id_: str, each: Plain, all_types: tuple[str, ...]) -> signs.RedFlag:
    return signs.RedFlag(
        id_,
        each["label"],
        signs.Urgency(each["urgency"]),
        tuple(each.get("aliases", ())),
        each["text"],
        each.get("action"),
        tuple(each.get("types", all_types)),
        _span(each.get("until")),
        tuple(each["evidence"]),
        _sooner(each["sooner"]) if "sooner" in each else None,
        each.get("aside", False),
    )


def _sooner(each: Plain) -> signs.Sooner:
    return signs.Sooner(parse_span(each["within"]), signs.Urgency(each["urgency"]))


def _care(id_: str, each: Plain) -> model.Care:
    windows = {}
    for type_ in each["windows"]:
        value = resolved(each["windows"], type_)
        windows[type_] = model.CareWindow(
            _span(value.get("from")),
            _span(value.get("until")),
            value["text"],
            tuple(value["evidence"]),
        )
    return model.Care(id_, each["label"], windows, each.get("remind", False))


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
