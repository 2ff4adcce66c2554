"""A YAML document's nodes, walked beside the shape that the file is to have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mesocare.rules.format import types as kinds
    from mesocare.rules.format.diagnostics import Path, Report

LONGEST_WALK = 100_000
LONGEST_QUOTE = 40
DEEPEST = 20
TAG = "tag:yaml.org,2002:"


class Walk:
    """One document, walked beside its shape.

    Nothing is constructed but the text, numbers and lists the shape asks for, and an alias is
    walked again each time it is used, under a budget, so that a small file cannot become a large
    one.
    """

    def __init__(
        self, file: str, report: Report, readers: Mapping[type, Callable[..., Any]]
    ) -> None:
        self.file = file
        self.report = report
        self.left = LONGEST_WALK
        self._readers = readers

    def value(self, node: yaml.Node, shape: kinds.Shape, path: Path) -> Any:
        """Return the plain value of a node, or `None` after noting why it has none."""
        self.left -= 1
        if self.left < 0:
            raise ValueError(f"aliases expand it to more than {LONGEST_WALK} values")
        self.report.lines[self.file, path] = node.start_mark.line + 1
        return self._readers[type(shape)](self, node, shape, path)

    def note(
        self,
        node: yaml.Node,
        path: Path,
        message: str,
        *,
        allowed: Iterable[str] = (),
        given: str | None = None,
    ) -> None:
        """Note a problem; with `allowed` values, `given` is compared with them for a suggestion."""
        near = closest(given or "", allowed)
        line = node.start_mark.line + 1
        self.report.add(self.file, line, path, message, allowed=allowed, near=near)

    def entries(self, node: yaml.Node, path: Path) -> Iterable[tuple[str, yaml.Node, yaml.Node]]:
        """Yield the entries of a mapping, noting keys that are no text or stand there twice."""
        seen: set[str] = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag != TAG + "str":
                self.note(key, path, f"the key {shown(key)} is not text; quote it")
            elif name in seen:
                self.note(key, (*path, name), "this key stands here twice")
            else:
                seen.add(name)
                yield name, key, value

    def scalar(self, node: yaml.Node, path: Path, kind: str, wanted: str) -> str | None:
        """Return the text of a scalar that YAML reads as `kind`; note what it is otherwise."""
        if isinstance(node, yaml.ScalarNode) and node.tag == TAG + kind:
            return str(node.value)
        quoted = isinstance(node, yaml.ScalarNode) and node.style in {"'", '"'} and kind != "str"
        quotes = " in quotes, which make it a text; leave them out" if quoted else ""
        self.note(node, path, f"expected {wanted}, got {shown(node)}{quotes}")
        return None


def shown(node: yaml.Node) -> str:
    """Return what stands at a node, in words for an error."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    kind = node.tag.removeprefix(TAG)
    text = (
        node.value if len(node.value) <= LONGEST_QUOTE else node.value[: LONGEST_QUOTE - 3] + "..."
    )
    return repr(text) if kind == "str" else f"{text!r}, which YAML reads as {kind}"


def plain_node(value: object, depth: int = 0) -> yaml.Node:
    """Return a plain value as the node that YAML would make of it.

    Raises:
        ValueError: It nests deeper than any shape does.
    """
    if depth > DEEPEST:
        raise ValueError("nested too deeply")
    start = yaml.Mark("", 0, 0, 0, None, 0)
    if isinstance(value, dict):
        pairs = [(plain_node(k, depth + 1), plain_node(v, depth + 1)) for k, v in value.items()]
        return yaml.MappingNode(TAG + "map", pairs, start, start)
    if isinstance(value, list):
        values = [plain_node(each, depth + 1) for each in value]
        return yaml.SequenceNode(TAG + "seq", values, start, start)
    names = {str: "str", bool: "bool", int: "int", float: "float", type(None): "null"}
    text = value if isinstance(value, str) else str(value).lower()
    return yaml.ScalarNode(TAG + names[type(value)], text, start, start)
