"""A clinic's protocol as tests write it: the frame, and what they put into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet

FRAME = """\
extends: mesocare
name: rose-clinic
version: "1"
clinic: {name: Rose Clinic, phone: "+44 20 7946 0000"}
reviewer: Dr A. Example
reviewed: 2026-11-01
review_due: 2027-11-01
"""

APPROVED: dict[str, Any] = {"reason": "Our figures.", "loosens": True, "approved_by": "Dr A."}


def write(folder: Path, body: str | dict[str, Any] = "", frame: str = FRAME) -> Path:
    """Write a protocol into a folder; return its path."""
    path = folder / "rose.yaml"
    text = body if isinstance(body, str) else yaml.safe_dump(body, allow_unicode=True)
    path.write_text(frame + text, encoding="utf-8")
    return path


def load(folder: Path, body: str | dict[str, Any] = "") -> RuleSet:
    """Return the rule set under a protocol."""
    return load_rules(write(folder, body))


def change(item: str, type_: str, **said: Any) -> dict[str, Any]:
    """Return the part of a protocol that changes one rule."""
    return {"changes": {item: {type_: said}}}
