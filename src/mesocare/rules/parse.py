"""YAML text to plain checked values, with every problem and the line it is on.

PyYAML reads the document into nodes that know their line; this module walks them beside the shape
that `schema` gives the file. Nothing is constructed but the text, numbers and lists the shape asks
for, and an alias is walked again each time it is used, under a budget, so that a small file cannot
become a large one.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import yaml

from mesocare.core.timespan import parse_span
from mesocare.rules import schema
from mesocare.rules.report import EVIDENCE_ID, Path, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LONGEST_WALK = 100_000
# The C parser walks into nested values on the machine's own stack, which it can run out of. A
# document within these two bounds cannot nest deeply enough for that.
LONGEST_LINE = 2_000
MOST_BRACKETS = 4_000
LONGEST_QUOTE = 40
DEEPEST = 20

_ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_TAG = "tag:yaml.org,2002:"


class _Walk:
    """One document, walked beside its shape."""

    def __init__(self, file: str, report: Report) -> None:
        self.file = file
        self.report = report
        self.left = LONGEST_WALK

    def value(self, node: yaml.Node, shape: schema.Shape, path: Path) -> Any:
        """Return the plain value of a node, or `None` after noting why it has none."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"aliases expand it to more than {LONGEST_WALK} values")
        self.report.lines[self.file, path] = node.start_mark.line + 1
        return _READERS[type(shape)](self, node, shape, path)

    def note(self, node: yaml.Node, path: Path, message: str) -> None:
        self.report.add(self.file, node.start_mark.line + 1, path, message)

    def entries(self, node: yaml.Node, path: Path) -> Iterable[tuple[str, yaml.Node, yaml.Node]]:
        """Yield the entries of a mapping, noting keys that are no text or stand there twice."""
        seen: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag != _TAG + "str":
                self.note(key, path, f"the key {_shown(key)} is not text; quote it")
            elif name in seen:
                self.note(key, (*path, name), "this key stands here twice")
            else:
                seen.add(name)
                yield name, key, value

    def scalar(self, node: yaml.Node, path: Path, kind: str, wanted: str) -> str | None:
        """Return the text of a scalar that YAML reads as `kind`; note what it is otherwise."""
        if isinstance(node, yaml.ScalarNode) and node.tag == _TAG + kind:
            return str(node.value)
        self.note(node, path, f"expected {wanted}, got {_shown(node)}")
        return None


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    kind = node.tag.removeprefix(_TAG)
    text = (
        node.value if len(node.value) <= LONGEST_QUOTE else node.value[: LONGEST_QUOTE - 3] + "..."
    )
    return repr(text) if kind == "str" else f"{text!r}, which YAML reads as {kind}"


def _text(walk: _Walk, node: yaml.Node, shape: schema.Text, path: Path) -> str | None:
    text = walk.scalar(node, path, "str", "text")
    if text is None:
        return None
    text = " ".join(text.split())
    if not text:
        walk.note(node, path, "the text is empty")
    elif len(text) > shape.longest:
        walk.note(node, path, f"{len(text)} characters; at most {shape.longest} are shown whole")
    elif not text.isprintable():
        walk.note(node, path, "the text has control characters")
    return text


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[..., str | None]:
    def read(walk: _Walk, node: yaml.Node, _shape: schema.Shape, path: Path) -> str | None:
        text = walk.scalar(node, path, "str", wanted)
        if text is not None and not pattern.fullmatch(text):
            walk.note(node, path, f"expected {wanted}, got {text!r}")
            return None
        return text

    return read


def _choice(walk: _Walk, node: yaml.Node, shape: schema.Choice, path: Path) -> str | None:
    wanted = "one of " + ", ".join(shape.words)
    text = walk.scalar(node, path, "str", wanted)
    if text is not None and text not in shape.words:
        walk.note(node, path, f"expected {wanted}, got {text!r}{_suggestion(text, shape.words)}")
        return None
    return text


def _duration(walk: _Walk, node: yaml.Node, _shape: schema.Duration, path: Path) -> str | None:
    text = walk.scalar(node, path, "str", "a duration such as 48 h or 7 d")
    if text is None:
        return None
    try:
        return str(parse_span(text))
    except ValueError:
        walk.note(node, path, f"expected a duration such as 48 h or 7 d, got {text!r}")
        return None


def _date(walk: _Walk, node: yaml.Node, _shape: schema.Date, path: Path) -> str | None:
    text = walk.scalar(node, path, "timestamp", "a date such as 2026-11-21")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        walk.note(node, path, f"expected a date such as 2026-11-21, got {text!r}")
        return None


def _count(walk: _Walk, node: yaml.Node, _shape: schema.Count, path: Path) -> int | None:
    text = walk.scalar(node, path, "int", "a whole number from 1")
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        walk.note(node, path, f"expected a whole number from 1 to 9999, got {text!r}")
        return None
    return int(text)


def _degrees(walk: _Walk, node: yaml.Node, _shape: schema.Shape, path: Path) -> float | None:
    text = walk.scalar(node, path, "float", "a body temperature such as 38.0")
    if text is None:
        return None
    if not re.fullmatch(r"[34][0-9]\.[0-9]", text):
        walk.note(node, path, f"expected a body temperature such as 38.0, got {text!r}")
        return None
    return float(text)


def _truth(walk: _Walk, node: yaml.Node, _shape: schema.Truth, path: Path) -> bool | None:
    text = walk.scalar(node, path, "bool", "true")
    if text is not None and text != "true":
        walk.note(node, path, f"expected true, got {text!r}; leave the key out otherwise")
        return None
    return None if text is None else True


def _nothing(walk: _Walk, node: yaml.Node, shape: schema.Nothing, path: Path) -> Any:
    if node.tag == _TAG + "null":
        return None
    return walk.value(node, shape.of, path)


def _listing(walk: _Walk, node: yaml.Node, shape: schema.Listing, path: Path) -> list[Any] | None:
    if not isinstance(node, yaml.SequenceNode) or node.tag != _TAG + "seq":
        walk.note(node, path, f"expected a list, got {_shown(node)}")
        return None
    if not node.value and not shape.empty:
        walk.note(node, path, "the list is empty")
    values = [walk.value(each, shape.of, (*path, n)) for n, each in enumerate(node.value)]
    return [value for value in values if value is not None]


def _is_mapping(walk: _Walk, node: yaml.Node, path: Path) -> bool:
    if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
        return True
    walk.note(node, path, f"expected a mapping, got {_shown(node)}")
    return False


def _table(walk: _Walk, node: yaml.Node, shape: schema.Table, path: Path) -> dict[str, Any] | None:
    if not _is_mapping(walk, node, path):
        return None
    if not node.value:
        walk.note(node, path, "there is nothing in it")
    table = {}
    for name, key, value in walk.entries(node, path):
        if walk.value(key, shape.key, (*path, name)) is not None:
            table[name] = walk.value(value, shape.of, (*path, name))
    return {name: value for name, value in table.items() if value is not None}


def _record(
    walk: _Walk, node: yaml.Node, shape: schema.Record, path: Path
) -> dict[str, Any] | None:
    if not _is_mapping(walk, node, path):
        return None
    shapes = {**shape.required, **shape.optional}
    record = {}
    for name, key, value in walk.entries(node, path):
        if name not in shapes:
            allowed = f"; allowed here: {', '.join(shapes)}"
            walk.note(key, path, f"unknown key {name!r}{_suggestion(name, shapes)}{allowed}")
        else:
            record[name] = walk.value(value, shapes[name], (*path, name))
    missing = [name for name in shape.required if name not in record]
    if missing:
        walk.note(node, path, f"missing: {', '.join(missing)}")
    # A value that could not be read has been noted; what is left would only raise false alarms.
    record = {name: value for name, value in record.items() if value is not None}
    needed = {name for name, of in shape.required.items() if not isinstance(of, schema.Nothing)}
    return record if needed <= set(record) else None


def _variants(
    walk: _Walk, node: yaml.Node, shape: schema.Variants, path: Path
) -> dict[str, Any] | None:
    if not _is_mapping(walk, node, path):
        return None
    names = {key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)}
    telling = [name for name in shape.by_key if name in names]
    if len(telling) != 1:
        walk.note(node, path, f"expected exactly one of the keys {', '.join(shape.by_key)}")
        return None
    return _record(walk, node, shape.by_key[telling[0]], path)


_READERS: dict[type, Callable[..., Any]] = {
    schema.Text: _text,
    schema.Id: _matching(_ID, "an id such as sheet-mask"),
    schema.EvidenceId: _matching(EVIDENCE_ID, "an evidence id such as S001-003 or E146"),
    schema.Choice: _choice,
    schema.Duration: _duration,
    schema.Date: _date,
    schema.Count: _count,
    schema.Degrees: _degrees,
    schema.Truth: _truth,
    schema.Nothing: _nothing,
    schema.Listing: _listing,
    schema.Table: _table,
    schema.Record: _record,
    schema.Variants: _variants,
}


def _suggestion(word: str, known: Iterable[str]) -> str:
    close = get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def parse_yaml(
    file: str, text: str, shape: schema.Record | schema.Table, report: Report
) -> dict[str, Any] | None:
    """Return the plain values of a document, or `None` where its outermost record is broken."""
    return _walked(file, lambda: _composed(text), shape, report)


def parse_plain(
    file: str, value: object, shape: schema.Record | schema.Table, report: Report
) -> dict[str, Any] | None:
    """Return plain values, as JSON has them, after the same checks as a document's."""
    return _walked(file, lambda: _node(value, 0), shape, report)


def _walked(
    file: str, compose: Callable[[], yaml.Node], shape: schema.Shape, report: Report
) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] | None = _Walk(file, report).value(compose(), shape, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        report.add(file, mark.line + 1 if mark else 1, (), f"not YAML: {error.problem}")
    except yaml.YAMLError as error:
        report.add(file, 1, (), f"not YAML: {' '.join(str(error).split())}")
    except ValueError as error:
        report.add(file, 1, (), str(error))
    except RecursionError:
        report.add(file, 1, (), "nested too deeply")
    else:
        return record
    return None


def _node(value: object, depth: int) -> yaml.Node:
    """Return a plain value as the node that YAML would make of it.

    Raises:
        ValueError: It nests deeper than any shape does.
    """
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    start = yaml.Mark("", 0, 0, 0, None, 0)
    if isinstance(value, dict):
        pairs = [(_node(k, depth + 1), _node(v, depth + 1)) for k, v in value.items()]
        return yaml.MappingNode(_TAG + "map", pairs, start, start)
    if isinstance(value, list):
        values = [_node(each, depth + 1) for each in value]
        return yaml.SequenceNode(_TAG + "seq", values, start, start)
    kinds = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}
    text = value if isinstance(value, str) else str(value).lower()
    return yaml.ScalarNode(_TAG + kinds[type(value)], text, start, start)


def _composed(text: str) -> yaml.Node:
    """Return the document's nodes.

    Raises:
        ValueError: It is empty, or so long or bracketed that it might nest too deeply.
        yaml.YAMLError: It is not YAML, or not a single document.
        RecursionError: The Python parser ran out of stack.
    """
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise ValueError(f"more than {MOST_BRACKETS} brackets: nested too deeply")
    if max(map(len, text.splitlines()), default=0) > LONGEST_LINE:
        raise ValueError(f"a line of more than {LONGEST_LINE} characters")
    node: yaml.Node | None = yaml.compose(text, Loader=Loader)
    if node is None:
        raise ValueError("the file is empty")
    return node
