"""The rule set's own files read once for many tests; a file that was changed is read as ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesocare.rules.format import evidence_tsv, reader
from mesocare.rules.format.diagnostics import Report
from mesocare.rules.loader import read_files

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

FILES = read_files().contents
_TEXTS = {name: content.decode("utf-8-sig") for name, content in FILES.items()}
_kept: dict[str, tuple[Any, Report]] = {}


def reading_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each unmodified file be read once only, in all tests that ask for it.

    That this changes nothing is what the damaged rule sets of `test_mutations` are tried for, with
    it and without.
    """
    monkeypatch.setattr(reader, "parse_yaml", _remembering(reader.parse_yaml))
    monkeypatch.setattr(evidence_tsv, "parse_evidence", _remembering(evidence_tsv.parse_evidence))


def _remembering(original: Callable[..., Any]) -> Callable[..., Any]:
    def read(file: str, text: str, *rest: Any) -> Any:
        if text != _TEXTS.get(file):
            return original(file, text, *rest)
        *shape, report = rest
        if file not in _kept:
            own = Report()
            _kept[file] = original(file, text, *shape, own), own
        values, own = _kept[file]
        assert not own.problems
        report.lines.update(own.lines)
        return values

    return read
