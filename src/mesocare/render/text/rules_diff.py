"""What moved between two rule sets, in words and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Verdict
from mesocare.render.json.answers import dumped
from mesocare.render.json.answers import rules as rules_json
from mesocare.render.text.page import VERDICT_STYLES, Page
from mesocare.rules.quality.changes import (
    CHANGED,
    LOOSENED,
    MIXED,
    NEW,
    REMOVED,
    TIGHTENED,
    span_words,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mesocare.core.model import Identity
    from mesocare.rules.quality.changes import Move, Stretch

Plain = dict[str, Any]

_HEADINGS = {
    LOOSENED: ("Loosened: somebody has to review these", VERDICT_STYLES[Verdict.AVOID]),
    MIXED: ("Looser at one time, tighter at another: review these", VERDICT_STYLES[Verdict.AVOID]),
    TIGHTENED: ("Tightened", VERDICT_STYLES[Verdict.LIMITED]),
    NEW: ("New", "bold"),
    REMOVED: ("Removed", "bold"),
    CHANGED: ("Changed in words or in what they rest on; no verdict moved", "bold"),
}


def diff_text(moves: Sequence[Move], old: Identity, new: Identity, *, no_color: bool) -> str:
    """Return the moves by direction, what loosened first."""
    page = Page(no_color=no_color)
    page.line(f"From {_name(old)} to {_name(new)}")
    for direction, heading in _HEADINGS.items():
        found = [each for each in moves if each.direction == direction]
        if found:
            page.gap()
            page.line(heading)
        for each in found:
            _move(page, each)
    page.gap()
    counts = [f"{sum(m.direction == d for m in moves)} {d}" for d in _HEADINGS]
    page.line(", ".join(counts) + "." if moves else "Nothing moved.", hang=2)
    return page.text()


def _name(identity: Identity) -> str:
    return f"{identity.name} {identity.version} ({identity.sha256[:8]})"


def _move(page: Page, move: Move) -> None:
    kind = "" if move.kind == "item" else f"{move.kind.replace('_', ' ')} "
    # What comes before a treatment is not after one.
    joint = ", " if move.kind == "before" else " after "
    after = f"{joint}{move.type}" if move.type else ""
    told = f": {'; '.join(move.notes)}" if move.notes else ""
    page.line((f"{kind}{move.id}{after}", "bold"), told, indent=2, hang=2)
    for each in move.stretches:
        page.line(
            f"{stretch_words(each)}: {each.new.value}, was {each.old.value}", indent=6, hang=2
        )


def stretch_words(stretch: Stretch) -> str:
    """Return `48 h to 72 h` or `from 7 d on`."""
    begins = span_words(stretch.begins)
    return (
        f"from {begins} on" if stretch.until is None else f"{begins} to {span_words(stretch.until)}"
    )


def diff_json(moves: Sequence[Move], old: Identity, new: Identity) -> str:
    """Return the moves as `mesocare.rules-diff/1`; hours from the treatment, `null` for good."""
    return dumped(
        {
            "schema": "mesocare.rules-diff/1",
            "from": rules_json(old),
            "to": rules_json(new),
            "loosens": any(each.loosens for each in moves),
            "moves": [
                {
                    "kind": each.kind,
                    "id": each.id,
                    "label": each.label,
                    "type": each.type,
                    "direction": each.direction,
                    "stretches": [
                        {
                            "from_hours": stretch.begins,
                            "until_hours": stretch.until,
                            "old": stretch.old.value,
                            "new": stretch.new.value,
                        }
                        for stretch in each.stretches
                    ],
                    "notes": list(each.notes),
                }
                for each in moves
            ],
        }
    )
