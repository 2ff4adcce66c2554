"""What may import what, and who may look at the clock."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import mesocare

SOURCE = Path(mesocare.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
CLOCK = SOURCE / "cli" / "clock.py"


def _imports(path: Path) -> set[str]:
    """Return every module a file imports, inside functions and for typing too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            module = node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "core").rglob("*.py")), ids=lambda path: path.name
)
def test_core_knows_only_the_standard_library(path: Path) -> None:
    """The core imports itself and the standard library, nothing that does input or output."""
    for name in _imports(path):
        top = name.split(".", maxsplit=1)[0]
        assert top in sys.stdlib_module_names or name.startswith("mesocare"), name
        assert top not in {"io", "os", "pathlib", "time", "json", "logging", "subprocess"}, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_clock_is_read_in_one_place(path: Path) -> None:
    """Nothing but cli/clock.py asks what time it is."""
    if path == CLOCK:
        return
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }
    readings = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
    assert not (readings | {"time.time", "time.monotonic", "time.localtime"}) & calls
