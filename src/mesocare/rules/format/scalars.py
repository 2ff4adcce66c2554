"""Readers of single values: texts, ids, choices, durations, dates, numbers.

Each takes a walk, a node, the shape asked for and the path, and returns the plain value, or `None`
after noting what is wrong.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from mesocare.core.timespan import parse_span
from mesocare.text import is_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    import yaml

    from mesocare.rules.format import types as kinds
    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.format.nodes import Walk


def read_text(walk: Walk, node: yaml.Node, shape: kinds.Text, path: Path) -> str | None:
    """Read a text: one line, readable, of bearable length."""
    text = walk.scalar(node, path, "str", "text")
    if text is None:
        return None
    text = " ".join(text.split())
    if not text and not shape.empty:
        walk.note(node, path, "the text is empty")
    elif len(text) > shape.longest:
        walk.note(node, path, f"{len(text)} characters; at most {shape.longest} are shown whole")
    elif not is_shown(text):
        walk.note(node, path, "the text has control characters")
    return text


def matching(pattern: re.Pattern[str], wanted: str) -> Callable[..., str | None]:
    """Return a reader of texts of a certain form."""

    def read(walk: Walk, node: yaml.Node, _shape: kinds.Shape, path: Path) -> str | None:
        text = walk.scalar(node, path, "str", wanted)
        if text is not None and not pattern.fullmatch(text):
            walk.note(node, path, f"expected {wanted}, got {text!r}")
            return None
        return text

    return read


def read_choice(walk: Walk, node: yaml.Node, shape: kinds.Choice, path: Path) -> str | None:
    """Read one of the words allowed."""
    text = walk.scalar(node, path, "str", "one of " + ", ".join(shape.words))
    if text is not None and text not in shape.words:
        walk.note(node, path, f"got {text!r}", allowed=shape.words, given=text)
        return None
    return text


def read_duration(walk: Walk, node: yaml.Node, _shape: kinds.Duration, path: Path) -> str | None:
    """Read a duration such as `48 h`."""
    text = walk.scalar(node, path, "str", "a duration such as 48 h or 7 d")
    if text is None:
        return None
    try:
        return str(parse_span(text))
    except ValueError:
        walk.note(node, path, f"expected a duration such as 48 h or 7 d, got {text!r}")
        return None


def read_date(walk: Walk, node: yaml.Node, _shape: kinds.Date, path: Path) -> str | None:
    """Read a calendar date."""
    text = walk.scalar(node, path, "timestamp", "a date such as 2026-11-21")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        walk.note(node, path, f"expected a date such as 2026-11-21, got {text!r}")
        return None


def read_count(walk: Walk, node: yaml.Node, _shape: kinds.Count, path: Path) -> int | None:
    """Read a whole number from 1."""
    text = walk.scalar(node, path, "int", "a whole number from 1")
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        walk.note(node, path, f"expected a whole number from 1 to 9999, got {text!r}")
        return None
    return int(text)


def read_degrees(walk: Walk, node: yaml.Node, _shape: kinds.Shape, path: Path) -> float | None:
    """Read a body temperature."""
    text = walk.scalar(node, path, "float", "a body temperature such as 38.0")
    if text is None:
        return None
    if not re.fullmatch(r"[34][0-9]\.[0-9]", text):
        walk.note(node, path, f"expected a body temperature such as 38.0, got {text!r}")
        return None
    return float(text)


def read_truth(walk: Walk, node: yaml.Node, _shape: kinds.Truth, path: Path) -> bool | None:
    """Read `true`; anything else is a problem."""
    text = walk.scalar(node, path, "bool", "true")
    if text is not None and text != "true":
        walk.note(node, path, f"expected true, got {text!r}; leave the key out otherwise")
        return None
    return None if text is None else True


def read_either(walk: Walk, node: yaml.Node, _shape: kinds.Either, path: Path) -> bool | None:
    """Read `true` or `false`."""
    text = walk.scalar(node, path, "bool", "true or false")
    if text is not None and text not in {"true", "false"}:
        walk.note(node, path, f"expected true or false, got {text!r}")
        return None
    return None if text is None else text == "true"


def read_amount(walk: Walk, node: yaml.Node, shape: kinds.Amount, path: Path) -> float | None:
    """Read a plain number within bounds."""
    whole = "number" if shape.parts else "whole number"
    wanted = f"a {whole} from {shape.least} to {shape.most}"
    kind = "float" if shape.parts and node.tag.endswith(":float") else "int"
    text = walk.scalar(node, path, kind, wanted)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,2})?", text) or not (
        shape.least <= float(text) <= shape.most
    ):
        walk.note(node, path, f"expected {wanted}, got {text!r}")
        return None
    return float(text) if kind == "float" else int(text)


def read_moment(walk: Walk, node: yaml.Node, shape: kinds.Moment, path: Path) -> str | None:
    """Read a date or clock time as text, whether or not YAML takes it for one; `never` for null."""
    tag = node.tag.rpartition(":")[2]
    if shape.never and tag == "null":
        return "never"
    wanted = "a time such as 2024-06-03T14:00" + (", or null for never" if shape.never else "")
    text = walk.scalar(node, path, "timestamp" if tag == "timestamp" else "str", wanted)
    if text is not None and not text.strip():
        walk.note(node, path, f"expected {wanted}, got an empty text")
        return None
    return text
