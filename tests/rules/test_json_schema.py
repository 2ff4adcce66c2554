"""JSON Schema for every rule file: current, used by every file, and of one mind with the parser.

After a change of a shape, `python -m tests.rules.test_json_schema` writes the schemas anew.
"""

from __future__ import annotations

import json
import random
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from mesocare.errors import MesocareError
from mesocare.rules.format import types as kinds
from mesocare.rules.format.diagnostics import Report
from mesocare.rules.format.reader import parse_yaml
from mesocare.rules.loader import built_in
from mesocare.rules.quality import json_schema
from mesocare.rules.quality.descriptions import TITLES, description
from mesocare.rules.quality.json_schema import schema_text, shapes
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.rules.format.diagnostics import Path as Place
    from tests.support.searches import Searched

DATA = built_in()
FILES = sorted(DATA.rglob("*.yaml"))
MODELINE = re.compile(r"# yaml-language-server: \$schema=(\S+)")
MUTATIONS = 500


class _Loader(yaml.CSafeLoader):
    """Reads a file as an editor does: a date is a text."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in found if not tag.endswith(":timestamp")]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _kind(path: Path) -> str:
    """Return the kind of a file, by where it lies."""
    folder = path.relative_to(DATA).parts[0]
    if folder in {"words", "before", "details"}:
        return f"{folder}-{path.stem}"
    return folder if folder in {"activities", "cases"} else path.stem


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text(kind)), format_checker=FormatChecker())


def _checkable() -> list[Path]:
    return [path for path in FILES if _kind(path) in shapes()]


@pytest.mark.parametrize("kind", shapes())
def test_what_is_stored_is_what_is_generated(kind: str) -> None:
    """Each file in data/schema/ is the schema as it is now, and a valid schema."""
    text = (DATA / "schema" / f"{kind}.json").read_text(encoding="utf-8")
    assert text == schema_text(kind) + "\n"
    Draft202012Validator.check_schema(json.loads(text))
    assert json.loads(text)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DATA).as_posix())
def test_every_file_names_its_schema(path: Path) -> None:
    """The first line leads an editor from the file to the schema of its kind."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    found = MODELINE.fullmatch(first)
    assert found
    assert (path.parent / found[1]).resolve() == DATA / "schema" / f"{_kind(path)}.json"


@pytest.mark.parametrize("path", _checkable(), ids=lambda path: path.relative_to(DATA).as_posix())
def test_every_file_is_valid(path: Path) -> None:
    """Each file of data/ passes the schema of its kind, and the one for all kinds."""
    values = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    assert [each.message for each in _validator(_kind(path)).iter_errors(values)] == []
    assert _validator("all").is_valid(values)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("ruleset", "name: x\n"),
        ("activities", "group: x\nlabel: X\nheadline: y\nitems: {}\n"),
        ("activities", "group: X\nlabel: X\nheadline: y\nitems: {y: {label: Y, rules: {}}}\n"),
        ("ledger", "not_used: {e1: five words of a reason}\n"),
        ("ledger", "not_used: {E001: ''}\n"),
        ("sources", "sources: {a: {title: A, publisher: B, url: x, grade: D, read: 2026-11-21}}"),
        ("sources", "sources: {a: {title: A, publisher: B, url: 5, grade: A, read: 2026-11-21}}"),
        ("sources", "sources: {a: {title: A, publisher: B, url: x, grade: A, read: 2026-13-21}}"),
        ("cases", "cases: [{id: a, at: 2024-01-01, why: x, ask: makeup, verdict: maybe}]"),
        ("cases", "cases: [{id: a, at: 2024-01-01, why: x}]"),
        ("cases", "cases: [{id: a, at: 2024-01-01, why: x, ask: b, certain: 5}]"),
        ("cases", "cases: []"),
        ("care", "care: {a: {label: A, windows: {face: {text: A, evidence: [], until: 7 d}}}}"),
        ("care", "care: {a: {label: A, windows: {face: {text: A, evidence: [E001], until: 7}}}}"),
    ],
)  # fmt: skip
def test_broken_files_fail(kind: str, text: str) -> None:
    """What the parser refuses by its shape, the schema refuses too."""
    report = Report()
    parse_yaml("x.yaml", text, shapes()[kind], report)
    assert report.problems
    assert not _validator(kind).is_valid(yaml.load(text, Loader=_Loader))


# Where the two may disagree: an editor reads values, the parser reads what stands in the file, and
# so it refuses `yes` for true, `38` for 38.0 and a date in quotes.
_ONLY_THE_PARSER = re.compile(
    r"stands here twice"  # of two equal keys, a reader of values sees one
    r"|is not text; quote it"  # keys of values are texts
    r"|control characters"
    r"|not YAML|nested too deeply|a line of more than|more than \d+"
    r"|expected (true|a body|a whole|a date|a number|a time|true or false)"
)


def _mutated(draw: random.Random, value: Any) -> Any:
    """Return a document with one thing changed somewhere in it."""
    odd = [None, True, False, 0, 7, 10**5, 1.5, "", " ", "x" * 1000, "X y", [], {}, ["x"], {"x": 1}]
    if isinstance(value, dict) and value and draw.random() < 0.85:
        copy, key = dict(value), draw.choice(list(value))
        match draw.randrange(5):
            case 0:
                del copy[key]
            case 1:
                copy[draw.choice(["extra", "same_as", "phases", "until", "X", "a b"])] = copy.pop(
                    key
                )
            case _:
                copy[key] = _mutated(draw, copy[key])
        return copy
    if isinstance(value, list) and value and draw.random() < 0.8:
        at = draw.randrange(len(value))
        changed = [] if draw.random() < 0.1 else [_mutated(draw, value[at])]
        return [*value[:at], *changed, *value[at + 1 :]]
    return draw.choice(odd)


@pytest.mark.parametrize("seed", shared_out(range(12)))
def test_schema_and_parser_agree(seed: int, searched: Searched) -> None:
    """A damaged document is refused by both or by neither; the exceptions are few and named."""
    draw = random.Random(seed)
    outcomes = set()
    documents = [(_kind(path), path.read_text(encoding="utf-8")) for path in _checkable()]
    loaded = [(kind, yaml.load(text, Loader=_Loader)) for kind, text in documents]
    # Small documents say as much about a shape as large ones.
    small = [(kind, _pruned(draw, value)) for kind, value in loaded]
    for _ in range(MUTATIONS):
        kind, value = draw.choice(small)
        changed = _mutated(draw, value)
        text = _written(changed)
        report = Report()
        parse_yaml("x.yaml", text, shapes()[kind], report)
        valid = _validator(kind).is_valid(yaml.load(text, Loader=_Loader))
        outcomes.add(valid)
        if valid:
            strange = [p for p in report.problems if not _ONLY_THE_PARSER.search(p.message)]
            assert not strange, text
        else:
            assert report.problems, text
    assert outcomes == {True, False}
    searched(MUTATIONS, "documents to the schema and the parser")


def _pruned(draw: random.Random, value: Any) -> Any:
    """Return a document with two entries at most in every list and in every large table."""
    if isinstance(value, dict):
        keys = list(value)
        if len(keys) > 12:
            keys = sorted(draw.sample(keys, 2), key=keys.index)
        return {key: _pruned(draw, value[key]) for key in keys}
    return [_pruned(draw, each) for each in value[:2]] if isinstance(value, list) else value


def _written(value: Any) -> str:
    """Return a document as YAML; a date stands there as a date, not as a text in quotes."""
    text = yaml.safe_dump(value, allow_unicode=True, width=1500)
    return re.sub(r"'([0-9]{4}-[0-9]{2}-[0-9]{2})'", r"\1", text)


def test_every_key_is_described() -> None:
    """Editors show a line on each key, and every kind has a title."""
    missing = [
        (kind, place)
        for kind, shape in shapes().items()
        for place in _places(shape, ())
        if not description(place)
    ]
    assert not missing
    assert set(shapes()) <= set(TITLES)


def _places(shape: kinds.Shape, place: Place) -> Iterator[Place]:
    if isinstance(shape, kinds.Record):
        for key, inner in {**shape.required, **shape.optional}.items():
            yield (*place, key)
            yield from _places(inner, (*place, key))
    elif isinstance(shape, kinds.Variants):
        for record in shape.by_key.values():
            yield from _places(record, place)
    elif isinstance(shape, kinds.Listing | kinds.Table | kinds.Nothing):
        yield from _places(shape.of, place)


def test_an_unknown_kind_is_refused() -> None:
    """The kinds there are are named."""
    with pytest.raises(MesocareError, match="known: ruleset, sources") as caught:
        schema_text("makeup")
    assert "mesocare rules schema activities" in caught.value.hint


def test_a_key_without_words_has_no_description(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nothing is said of is a schema all the same, beside a key that is described."""
    record = kinds.Record({"verdict": kinds.Text(5), "juggling": kinds.Text(7)})
    monkeypatch.setattr(json_schema, "shapes", lambda: {"ruleset": record})
    verdict, juggling = json.loads(schema_text("ruleset"))["properties"].values()
    assert description(("items", "juggling")) is None
    assert juggling == {"type": "string", "maxLength": 7, "pattern": r"\S"}
    assert verdict["description"] == description(("verdict",))


def test_a_shape_without_a_schema_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new kind of value is never passed off as one that accepts anything."""
    record = kinds.Record({"verdict": object()})  # type: ignore[dict-item]
    monkeypatch.setattr(json_schema, "shapes", lambda: {"ruleset": record})
    with pytest.raises(TypeError, match="no JSON Schema is written for object"):
        schema_text("ruleset")


def main() -> None:
    """Write every schema anew."""
    folder = Path(__file__).parents[2] / "data" / "schema"
    for kind in shapes():
        (folder / f"{kind}.json").write_text(schema_text(kind) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
