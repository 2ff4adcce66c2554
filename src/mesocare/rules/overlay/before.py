"""What comes before a treatment, under a clinic's protocol.

A longer wait is the stricter one here, and what is to be asked about holds at any time before. Of a
prescribed medicine nobody is told to stop: it is asked about, whatever a protocol says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.core.model import Verdict
from mesocare.core.timespan import Days, parse_span
from mesocare.parsing.packing import unpacked
from mesocare.rules.compiler.build import resolved
from mesocare.rules.overlay.header import UNSAID
from mesocare.rules.overlay.medicines import Medicines
from mesocare.rules.overlay.rules import WIDEST_CHANGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mesocare.core.timespan import Span
    from mesocare.rules.format.diagnostics import Path
    from mesocare.rules.overlay.header import Overlay

Plain = dict[str, Any]

MOST_BEFORE = 64
_FILE = "before/leave-out.yaml"


def merged_before(overlay: Overlay, sha256: str) -> Plain:
    """Return what comes before a treatment of both together.

    Args:
        overlay: The protocol over the rule set that it extends.
        sha256: The digest of that rule set's content, by which its tables of words are kept.
    """
    before: Plain = unpacked(overlay.base["before"])
    leave_out = {
        id_: {**each, "washouts": overlay.inherited(each["washouts"])}
        for id_, each in before["leave_out"].items()
    }
    said = overlay.said.get("before", {})
    if len(said) > MOST_BEFORE:
        overlay.note(("before",), f"more than {MOST_BEFORE} of them")
    elif said:
        _add(overlay, leave_out, Medicines(overlay, before["leave_out"], sha256))
    return {
        "leave_out": leave_out,
        "checklist": {
            kind: {id_: overlay.widened(point) for id_, point in points.items()}
            for kind, points in before["checklist"].items()
        },
    }


def _add(overlay: Overlay, leave_out: Plain, medicines: Medicines) -> None:
    """Put what the protocol says into what there is to leave out."""
    for id_, each in overlay.said["before"].items():
        path: Path = ("before", id_)
        overlay.origins[_FILE, ("leave_out", id_)] = path
        own = id_ not in leave_out
        check = _check_own if own else _check_known
        check(overlay, path, each, leave_out)
        medicines.check(path, each, own=own)
        known = leave_out.get(id_, {"label": id_, "text": UNSAID, "washouts": {}})
        told = {key: each[key] for key in each if own and key != "washouts"}
        leave_out[id_] = {**known, **told, "washouts": _washouts(overlay, path, each, known)}


def _check_known(overlay: Overlay, path: Path, each: Plain, _known: Plain) -> None:
    for key in each:
        if key != "washouts":
            message = f"the rule set has {path[-1]!r}, and this stays as it is"
            overlay.note((*path, key), message, "", ("washouts",))


def _check_own(overlay: Overlay, path: Path, each: Plain, known: Plain) -> None:
    lacking = [f"`{key}`" for key in ("label", "text") if key not in each]
    if lacking:
        message = f"one of your own needs {' and '.join(lacking)}"
        overlay.note(path, message, str(path[-1]), (), known)


def _washouts(overlay: Overlay, path: Path, each: Plain, known: Plain) -> Plain:
    """Return the washouts by type, the clinic's in the place of those that they change."""
    said, here = each["washouts"], (*path, "washouts")
    overlay.check_types(here, said)
    before = {type_: resolved(known["washouts"], type_) for type_ in known["washouts"]}
    found = dict(before)
    rows: dict[str, str] = {}
    milder: dict[str, bool] = {}
    for type_ in overlay.types:
        key = overlay.key(type_, said)
        if key is None:
            continue
        place = (*here, key)
        overlay.origins[_FILE, ("leave_out", path[-1], "washouts", type_)] = place
        if key not in rows:
            rows[key] = _row(overlay, place, said[key], each.get("text"))
        builtin = before.get(type_)
        usual = known.get("verdict", "avoid")
        loosens = builtin is not None and milder_before(said[key], builtin, usual)
        milder[key] = milder.get(key, False) or loosens
        if builtin and loosens and "ask" not in builtin:  # what is asked about is refused anyway
            milder_words = f"before {type_} it is milder than what it changes"
            overlay.check_signed(place, said[key], milder_words)
        found[type_] = _washout(overlay, said[key], builtin, rows[key], loosens=loosens)
    overlay.check_needed(here, said, milder)
    return found


def _washout(
    overlay: Overlay, said: Plain, builtin: Plain | None, row: str, *, loosens: bool
) -> Plain:
    kept: Plain = {
        key: said[key] for key in ("span", "on_the_day", "ask", "verdict") if key in said
    }
    # What is built in is shown beside it, and so are its sources.
    rows = [row, *said.get("evidence", ()), *(builtin or {}).get("evidence", ())]
    return {
        **kept,
        "evidence": list(dict.fromkeys(rows)),
        "rationale": said.get("reason", UNSAID),
        "protocol": overlay.protocol(said, None, loosens=loosens),
        "builtin": builtin,
    }


def _row(overlay: Overlay, path: Path, said: Plain, text: str | None) -> str:
    row = overlay.row("before", str(path[1]), path)
    hours = parse_span(said["span"]).nominal_hours if "span" in said else None
    overlay.rows[row] |= {
        "modality": "washout",
        "min_hours": hours,
        "max_hours": hours,
        "paraphrase": said.get("reason") or said.get("ask") or text or UNSAID,
    }
    return row


def milder_before(new: Plain, old: Plain, usual: str) -> bool:
    """Whether a washout is milder than another, at any time before any appointment.

    Args:
        new: The washout.
        old: The one it takes the place of.
        usual: What holds where a washout says nothing else.
    """
    now, was = (_verdict(each, usual).severity for each in (new, old))
    if now < was:
        return True
    if "ask" in new:
        return False
    return "ask" in old or any(least < most for least, most in _lengths(new, old))


def _verdict(washout: Plain, usual: str) -> Verdict:
    return Verdict.ASK if "ask" in washout else Verdict(washout.get("verdict", usual))


def _lengths(new: Plain, old: Plain) -> Iterator[tuple[int, int]]:
    """Yield how short the one, and how long the other, can be, with every change of clocks.

    The day of an appointment begins up to a day before it, or with it.
    """
    if "span" not in new and "span" not in old:
        return
    for shift in (0, -WIDEST_CHANGE, WIDEST_CHANGE):
        yield _hours(new, shift, 0), _hours(old, shift, 24 + shift)


def _hours(washout: Plain, shift: int, otherwise: int) -> int:
    if "span" not in washout:
        return otherwise
    span: Span = parse_span(washout["span"])
    return span.nominal_hours + (shift if isinstance(span, Days) else 0)
