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
# Lower rooms first; a file may import from its own room and from those below.
ROOMS = ("errors", "core", "misread", "dates", "lookup", "store", "rules", "bulk", "render", "cli")


def _room(name: str) -> str:
    """Return the room of a module: `core` for `mesocare.core.verdict.engine`."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


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


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_run_downward_only(path: Path) -> None:
    """No file imports from a room above its own."""
    own = path.relative_to(SOURCE).with_suffix("").parts[0]
    if own == "__init__":
        return  # the public API gathers from every room
    allowed = ROOMS[: ROOMS.index(own) + 1]
    rooms = {_room(name) for name in _imports(path) if name.startswith("mesocare.")}
    known = {room for room in rooms if room in ROOMS}
    assert known <= set(allowed), f"{path.name} reaches up to {known - set(allowed)}"


@pytest.mark.parametrize("path", sorted((SOURCE / "core").glob("*.py")), ids=lambda path: path.name)
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


def test_rich_is_known_to_the_views_only() -> None:
    """No file outside render/ imports rich."""
    for path in FILES:
        if "render" not in path.parts:
            assert not any(name.split(".")[0] == "rich" for name in _imports(path)), path
