"""YAML text to plain checked values, with every problem and the line it is on.

PyYAML reads the document into nodes that know their line; they are walked beside the shape that
`schema` gives the file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from mesocare.rules.format import scalars
from mesocare.rules.format import types as kinds
from mesocare.rules.format.diagnostics import EVIDENCE_ID
from mesocare.rules.format.nodes import TAG, Walk, plain_node, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from mesocare.rules.format.diagnostics import Path, Report

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The C parser walks into nested values on the machine's own stack, which it can run out of. A
# document within these two bounds cannot nest deeply enough for that.
LONGEST_LINE = 2_000
MOST_BRACKETS = 4_000

ID = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")


def _nothing(walk: Walk, node: yaml.Node, shape: kinds.Nothing, path: Path) -> Any:
    if node.tag == TAG + "null":
        return None
    return walk.value(node, shape.of, path)


def _listing(walk: Walk, node: yaml.Node, shape: kinds.Listing, path: Path) -> list[Any] | None:
    if not isinstance(node, yaml.SequenceNode) or node.tag != TAG + "seq":
        walk.note(node, path, f"expected a list, got {shown(node)}")
        return None
    if not node.value and not shape.empty:
        walk.note(node, path, "the list is empty")
    values = [walk.value(each, shape.of, (*path, n)) for n, each in enumerate(node.value)]
    return [value for value in values if value is not None]


def _is_mapping(walk: Walk, node: yaml.Node, path: Path) -> bool:
    if isinstance(node, yaml.MappingNode) and node.tag == TAG + "map":
        return True
    walk.note(node, path, f"expected a mapping, got {shown(node)}")
    return False


def _table(walk: Walk, node: yaml.Node, shape: kinds.Table, path: Path) -> dict[str, Any] | None:
    if not _is_mapping(walk, node, path):
        return None
    if not node.value and not shape.empty:
        walk.note(node, path, "there is nothing in it")
    table = {}
    for name, key, value in walk.entries(node, path):
        if walk.value(key, shape.key, (*path, name)) is not None:
            table[name] = walk.value(value, shape.of, (*path, name))
    return {name: value for name, value in table.items() if value is not None}


def _record(walk: Walk, node: yaml.Node, shape: kinds.Record, path: Path) -> dict[str, Any] | None:
    if not _is_mapping(walk, node, path):
        return None
    shapes = {**shape.required, **shape.optional}
    record = {}
    for name, key, value in walk.entries(node, path):
        if name not in shapes:
            walk.note(key, path, f"unknown key {name!r}", allowed=shapes, given=name)
        else:
            record[name] = walk.value(value, shapes[name], (*path, name))
    missing = [name for name in shape.required if name not in record]
    if missing:
        walk.note(node, path, f"missing: {', '.join(missing)}")
    # A value that could not be read has been noted; what is left would only raise false alarms.
    record = {name: value for name, value in record.items() if value is not None}
    needed = {name for name, of in shape.required.items() if not isinstance(of, kinds.Nothing)}
    return record if needed <= set(record) else None


def _variants(
    walk: Walk, node: yaml.Node, shape: kinds.Variants, path: Path
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
    kinds.Text: scalars.read_text,
    kinds.Id: scalars.matching(ID, "an id such as sheet-mask"),
    kinds.EvidenceId: scalars.matching(EVIDENCE_ID, "an evidence id such as S001-003 or E146"),
    kinds.Choice: scalars.read_choice,
    kinds.Duration: scalars.read_duration,
    kinds.Date: scalars.read_date,
    kinds.Count: scalars.read_count,
    kinds.Degrees: scalars.read_degrees,
    kinds.Truth: scalars.read_truth,
    kinds.Either: scalars.read_either,
    kinds.Amount: scalars.read_amount,
    kinds.Moment: scalars.read_moment,
    kinds.Nothing: _nothing,
    kinds.Listing: _listing,
    kinds.Table: _table,
    kinds.Record: _record,
    kinds.Variants: _variants,
}


def parse_yaml(
    file: str, text: str, shape: kinds.Record | kinds.Table, report: Report
) -> dict[str, Any] | None:
    """Return the plain values of a document, or `None` where its outermost record is broken."""
    return _walked(file, lambda: _composed(text), shape, report)


def parse_plain(
    file: str, value: object, shape: kinds.Record | kinds.Table, report: Report
) -> dict[str, Any] | None:
    """Return plain values, as JSON has them, after the same checks as a document's."""
    return _walked(file, lambda: plain_node(value), shape, report)


def _walked(
    file: str, compose: Callable[[], yaml.Node], shape: kinds.Shape, report: Report
) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] | None = Walk(file, report, _READERS).value(compose(), shape, ())
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
