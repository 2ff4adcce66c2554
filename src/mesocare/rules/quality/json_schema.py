"""The shapes of the rule files as JSON Schema (2020-12), by which editors complete and check.

A schema describes one file by itself. What spans several places (unknown evidence, phases out of
order) only `mesocare rules check` can tell.
"""

from __future__ import annotations

import json
from functools import singledispatch
from typing import Any

from mesocare.errors import MesocareError
from mesocare.rules.format import schema
from mesocare.rules.format import types as kinds
from mesocare.rules.format.diagnostics import EVIDENCE_ID, Path
from mesocare.rules.format.reader import ID
from mesocare.rules.overlay import protocol_schema
from mesocare.rules.quality import cases
from mesocare.rules.quality.descriptions import TITLES, description

DIALECT = "https://json-schema.org/draft/2020-12/schema"
EVERY_KIND = "all"
_DURATION = "^[1-9][0-9]{0,3} [hd]$"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

Plain = dict[str, Any]


def shapes() -> dict[str, kinds.Record]:
    """Return the shape of every kind of file by the name of the kind."""
    found = {
        name.removesuffix(".yaml").replace("/", "-"): shape for name, shape in schema.FILES.items()
    }
    return found | {
        "activities": schema.ACTIVITIES,
        "cases": cases.CASES,
        "protocol": protocol_schema.PROTOCOL,
    }


def schema_text(kind: str = EVERY_KIND) -> str:
    """Return the JSON Schema of one kind of file, or of all of them in one document.

    Raises:
        MesocareError: There is no such kind.
    """
    known = shapes()
    if kind != EVERY_KIND and kind not in known:
        message = f"unknown kind of rule file {kind!r}; known: {', '.join(known)}"
        raise MesocareError(message, "Type for example: mesocare rules schema activities")
    return json.dumps(_every(known) if kind == EVERY_KIND else _whole(kind, known[kind]), indent=1)


def _whole(kind: str, shape: kinds.Record) -> Plain:
    body = _of(shape, ())
    return {"$schema": DIALECT, "$id": f"urn:mesocare:schema:{kind}", "title": TITLES[kind], **body}


def _every(known: dict[str, kinds.Record]) -> Plain:
    """Return one document that accepts a file of any kind."""
    return {
        "$schema": DIALECT,
        "$id": "urn:mesocare:schema",
        "title": "Any file of a mesocare rule set",
        "anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in known],
        "$defs": {kind: {"title": TITLES[kind], **_of(shape, ())} for kind, shape in known.items()},
    }


@singledispatch
def _of(shape: object, _path: Path) -> Plain:
    """Return the schema of a shape."""
    raise TypeError(f"no JSON Schema is written for {type(shape).__name__}")


@_of.register
def _text(shape: kinds.Text, _path: Path) -> Plain:
    if shape.empty:
        return {"type": "string", "maxLength": shape.longest}
    return {"type": "string", "maxLength": shape.longest, "pattern": r"\S"}


@_of.register
def _id(_shape: kinds.Id, _path: Path) -> Plain:
    return {"type": "string", "pattern": f"^{ID.pattern}$"}


@_of.register
def _evidence_id(_shape: kinds.EvidenceId, _path: Path) -> Plain:
    return {"type": "string", "pattern": f"^({EVIDENCE_ID.pattern})$"}


@_of.register
def _choice(shape: kinds.Choice, _path: Path) -> Plain:
    return {"type": "string", "enum": [str(word) for word in shape.words]}


@_of.register
def _duration(_shape: kinds.Duration, _path: Path) -> Plain:
    return {"type": "string", "pattern": _DURATION, "examples": ["48 h", "7 d"]}


@_of.register
def _date(_shape: kinds.Date, _path: Path) -> Plain:
    return {"type": "string", "format": "date", "pattern": _DATE}


@_of.register
def _count(_shape: kinds.Count, _path: Path) -> Plain:
    return {"type": "integer", "minimum": 1, "maximum": 9999}


@_of.register
def _degrees(_shape: kinds.Degrees, _path: Path) -> Plain:
    return {"type": "number", "minimum": 30.0, "maximum": 49.9, "examples": [38.0]}


@_of.register
def _truth(_shape: kinds.Truth, _path: Path) -> Plain:
    return {"const": True}


@_of.register
def _either(_shape: kinds.Either, _path: Path) -> Plain:
    return {"type": "boolean"}


@_of.register
def _amount(shape: kinds.Amount, _path: Path) -> Plain:
    kind = "number" if shape.parts else "integer"
    return {"type": kind, "minimum": shape.least, "maximum": shape.most}


@_of.register
def _moment(shape: kinds.Moment, _path: Path) -> Plain:
    text = {"type": "string", "pattern": r"\S", "examples": ["2024-06-03T14:00"]}
    return {**text, "type": ["string", "null"]} if shape.never else text


@_of.register
def _nothing(shape: kinds.Nothing, path: Path) -> Plain:
    return {"anyOf": [{"type": "null"}, _of(shape.of, path)]}


@_of.register
def _listing(shape: kinds.Listing, path: Path) -> Plain:
    listing = {"type": "array", "items": _of(shape.of, path)}
    return listing if shape.empty else {**listing, "minItems": 1}


@_of.register
def _table(shape: kinds.Table, path: Path) -> Plain:
    table = {
        "type": "object",
        "propertyNames": _of(shape.key, path),
        "additionalProperties": _of(shape.of, path),
    }
    return table if shape.empty else {**table, "minProperties": 1}


@_of.register
def _record(shape: kinds.Record, path: Path) -> Plain:
    properties = {
        key: _described((*path, key), of)
        for key, of in {**shape.required, **shape.optional}.items()
    }
    record: Plain = {"type": "object", "properties": properties, "additionalProperties": False}
    if shape.required:
        record["required"] = list(shape.required)
    return record


@_of.register
def _variants(shape: kinds.Variants, path: Path) -> Plain:
    return {"oneOf": [_of(record, path) for record in shape.by_key.values()]}


def _described(path: Path, shape: kinds.Shape) -> Plain:
    found = _of(shape, path)
    text = description(path)
    if text is None:
        return found
    # `true` is all that may stand there, and leaving the key out is the other value.
    default = {"default": False} if isinstance(shape, kinds.Truth) else {}
    return {"description": text, **default, **found}
