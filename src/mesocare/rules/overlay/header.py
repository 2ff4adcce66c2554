"""A clinic's protocol over a rule set: its treatments, its word as evidence, what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.rules.compiler.figures import end_of
from mesocare.rules.overlay.protocol_schema import ALL
from mesocare.text import closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mesocare.rules.format.diagnostics import Path, Report

Plain = dict[str, Any]

MOST_TREATMENTS = 16
UNSAID = "The clinic's own protocol; it gives no reason."
_RESERVED = (ALL, "any")  # `any` is how a row of evidence names every type


class Overlay:
    """One protocol and what it extends; it notes in the report what does not fit.

    Attributes:
        base: The plain values of the rule set that the protocol extends.
        said: Those of the protocol.
        files: The file in which each group of the extended rule set is written.
        named: From each treatment that the protocol names to the type it extends.
        types: The types of the rule set, and after them the named treatments.
        origins: Which part of the protocol a part of the merged values comes from.
        rows: The rows of evidence that stand for the clinic's own word, by id.
    """

    def __init__(self, base: Plain, said: Plain, file: str, report: Report) -> None:
        self.base = base
        self.said = said
        self.files = {id_: f"activities/{id_}.yaml" for id_ in base["groups"]}
        self.origins: dict[tuple[str, Path], Path] = {}
        self.rows: dict[str, Plain] = {}
        self._file = file
        self._report = report
        self.named = self._treatments()
        self.types = [*base["ruleset"]["types"], *self.named]

    def _treatments(self) -> dict[str, str]:
        known = list(self.base["ruleset"]["types"])
        treatments = self.said.get("treatments", {})
        if len(treatments) > MOST_TREATMENTS:
            self.note(("treatments",), f"more than {MOST_TREATMENTS} named treatments")
            treatments = {}
        named = {}
        for id_, each in treatments.items():
            if id_ in known or id_ in _RESERVED:
                self.note(("treatments", id_), "this name is taken")
            elif each["extends"] not in known:
                message = f"got {each['extends']!r}"
                self.note(("treatments", id_, "extends"), message, each["extends"], known)
            else:
                named[id_] = each["extends"]
        return named

    def extended(self, type_: str) -> str:
        """Return the type whose rules a treatment takes over; a type has its own."""
        return self.named.get(type_, type_)

    def key(self, type_: str, by_type: Plain) -> str | None:
        """Return whose entry holds for a type: its own, else that of what it extends, else all's.

        `None` where none does.
        """
        return next((key for key in (type_, self.extended(type_), ALL) if key in by_type), None)

    def inherited(self, by_type: Plain) -> Plain:
        """Return a table by type in which named treatments have what they extend."""
        more = {}
        for type_, base in self.named.items():
            if base in by_type:
                value = by_type[base]
                more[type_] = by_type[value["same_as"]] if "same_as" in value else value
        return {**by_type, **more}

    def widened(self, each: Plain) -> Plain:
        """Return something for some types, if it is, for the treatments that extend them too."""
        if "types" not in each:
            return each
        more = [type_ for type_, base in self.named.items() if base in each["types"]]
        return {**each, "types": list(dict.fromkeys([*each["types"], *more]))}

    def protocol(self, said: Plain, builtin: Plain | None, *, loosens: bool = False) -> Plain:
        """Return what is kept of whose word something is, and what it replaces."""
        return {
            "clinic": self.said["clinic"]["name"],
            "reason": said.get("reason"),
            "approved_by": said.get("approved_by"),
            "reviewed": self.said["reviewed"],
            "loosens": loosens,
            "builtin": builtin,
        }

    def check_signed(self, path: Path, said: Plain, milder: str) -> None:
        """Note what something lacks that is milder than what it replaces; `milder` says how."""
        lacking = [key for key in ("loosens", "reason", "approved_by") if key not in said]
        if lacking:
            wanted = {"loosens": "`loosens: true`"}
            words = ", ".join(wanted.get(key, f"`{key}`") for key in lacking)
            self.note(path, f"{milder}; to say so on purpose, add {words}")

    def check_needed(self, path: Path, by_type: Plain, milder: Plain) -> None:
        """Note each `loosens` that nothing needs; `milder` says by key whether something does."""
        for key, loosened in milder.items():
            if by_type[key].get("loosens") and not loosened:
                message = "nothing here is milder than the rule it changes; leave `loosens` out"
                self.note((*path, key, "loosens"), message)

    def check_types(self, path: Path, by_type: Plain) -> None:
        """Note every key that is neither a type, nor a named treatment, nor `all`."""
        allowed = (*self.types, ALL)
        for type_ in by_type:
            if type_ not in allowed:
                self.note((*path, type_), "unknown treatment type", type_, allowed)

    def note(
        self,
        path: Path,
        message: str,
        given: str = "",
        allowed: Iterable[str] = (),
        near: Iterable[str] | None = None,
    ) -> None:
        """Note a problem of the protocol; `given` is compared with what is allowed or near."""
        known = path
        while known and (self._file, known) not in self._report.lines:
            known = known[:-1]
        line = self._report.lines.get((self._file, known), 1)
        close = closest(given, allowed if near is None else near)
        self._report.add(self._file, line, path, message, allowed=allowed, near=close)

    def row(self, subject: str, id_: str, path: Path) -> str:
        """Return the id of a new row of evidence, which stands for the clinic's own word."""
        row = self.free(f"CLINIC-{len(self.rows) + 1}", self.base["evidence"])
        self.rows[row] = {
            "grade": "B",
            "treatment": path[-1] if path[-1] in self.types else "any",
            "subject": f"{subject}:{id_}",
            "modality": "do",
            "min_hours": None,
            "max_hours": None,
            "paraphrase": UNSAID,
        }
        return row

    def fill_row(self, row: str, rule: Plain, reason: str | None) -> None:
        """Let the clinic's row say what the clinic's rule says."""
        restricting = [phase for phase in rule["phases"] if phase["verdict"] != "allowed"]
        closed = any(phase["verdict"] in {"avoid", "ask"} for phase in restricting)
        hours = end_of(restricting[-1]) if restricting else None
        self.rows[row] |= {
            "modality": "avoid" if closed else "limited" if restricting else "do",
            "min_hours": hours,
            "max_hours": hours,
            "paraphrase": reason or rule["phases"][0]["reason"],
        }

    def free(self, id_: str, taken: Iterable[str]) -> str:
        """Return an id, changed as long as the extended rule set has the same."""
        while id_ in taken:
            id_ = id_.replace("clinic", "own-clinic").replace("CLINIC", "OWN-CLINIC")
        return id_
