"""What is shipped: a source distribution, wheels, an editable install; each one answers."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from build import ProjectBuilder
from pyproject_hooks import quiet_subprocess_runner

from mesocare import __version__
from mesocare.rules.loader import built_in
from tests.support.process import Program

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mesocare.core.model import RuleSet

TREE = Path(__file__).resolve().parents[2]
LIBRARIES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
KINDS = ("sdist", "wheel", "wheel from sdist", "editable")
DATA = {path.relative_to(built_in()).as_posix() for path in built_in().rglob("*") if path.is_file()}


class Built(NamedTuple):
    """The distributions of this tree that hold its content."""

    sdist: Path
    wheel: Path
    wheel_from_sdist: Path


def build(tree: Path, target: Path, kind: str) -> Path:
    """Build offline, with the build backend that is installed here."""
    builder = ProjectBuilder(tree, runner=quiet_subprocess_runner)
    return Path(builder.build(kind, target))  # type: ignore[arg-type] # one of three words


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build everything once."""
    target = tmp_path_factory.mktemp("built")
    sdist = build(TREE, target, "sdist")
    with tarfile.open(sdist) as archive:
        # The first releases of Python 3.11 know no filters; the archive is our own.
        filters: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(target / "unpacked", **filters)
    (unpacked,) = (target / "unpacked").iterdir()
    return Built(
        sdist,
        build(TREE, target / "tree", "wheel"),
        build(unpacked, target / "sdist", "wheel"),
    )


def python(path: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run an interpreter away from the tree; return what it printed."""
    ended = subprocess.run(
        [path, *arguments],
        cwd=path.parent,
        env={"PATH": str(path.parent), "HOME": str(path.parent), **(env or {})},
        capture_output=True,
        check=False,
        encoding="utf-8",
        timeout=60,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def install(distribution: Path, place: Path) -> Path:
    """Install into a new environment that borrows our libraries; return its interpreter."""
    venv.create(place, symlinks=True)
    interpreter = place / "bin" / "python"
    # A source distribution is built with the backend from here, which only this run may see.
    is_source = distribution.suffix == ".gz"
    python(
        Path(sys.executable),
        *("-m", "pip", "--python", str(interpreter), "install", "--quiet", "--no-deps"),
        *("--no-index", "--no-cache-dir", "--no-build-isolation", "--ignore-installed"),
        *("--disable-pip-version-check", str(distribution)),
        env={"PYTHONPATH": LIBRARIES[0]} if is_source else None,
    )
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text("\n".join(LIBRARIES), encoding="utf-8")
    return interpreter


@pytest.mark.parametrize("kind", KINDS)
def test_installs_and_answers(kind: str, built: Built, rules: RuleSet, tmp_path: Path) -> None:
    """Each distribution installs, finds its own rule set and answers from anywhere."""
    if kind == "editable":
        distribution = build(TREE, tmp_path / "built", "editable")
    else:
        distribution = built[KINDS.index(kind)]
    interpreter = install(distribution, tmp_path / "installed")
    lines = "import mesocare, mesocare.rules.loader as l; print(mesocare.__file__, l.built_in())"
    package, data = python(interpreter, "-c", lines).split()
    home = TREE if kind == "editable" else tmp_path / "installed"
    assert Path(package).is_relative_to(home)
    assert Path(data).is_relative_to(home)
    program = Program(tmp_path / "away", interpreter.with_name("mesocare"))
    version = program.run("--version")
    assert version.code == 0
    assert f"mesocare {__version__}\n" in version.out
    ended = program.run("can-i", "makeup", "--treated", "yesterday", "--json")
    assert (ended.code, ended.err) == (1, "")
    assert ended.json()["answer"]["verdict"] == "avoid"
    assert ended.json()["rules"]["sha256"] == rules.identity.sha256
    assert program.run("today", "--treated", "yesterday").code == 0
    assert program.run("can-i", "did my lips swell", "--treated", "yesterday").code == 2
    # What a wheel carries is compiled in it; what is used where it is, is compiled and kept.
    assert bool(list(program.cache.iterdir())) == (kind == "editable")


def names(wheel: Path) -> set[str]:
    """Return the paths in a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_what_it_needs(built: Built) -> None:
    """The wheel has types, the whole of the data and its licence; no tests, no strays."""
    held = names(built.wheel)
    assert "mesocare/py.typed" in held
    assert {f"mesocare/data/{name}" for name in DATA} <= held
    assert "mesocare/data/ruleset.yaml" in held
    assert {"mesocare/compiled/rules.json", "mesocare/compiled/words.json"} <= held
    assert any(name.startswith("mesocare/data/cases/") for name in held)
    assert any(name.endswith("/licenses/LICENSE") for name in held)
    tops = {name.partition("/")[0] for name in held}
    # The manual page goes where `man` looks for it.
    named = f"mesocare-{__version__}"
    assert tops == {"mesocare", f"{named}.dist-info", f"{named}.data"}
    assert f"{named}.data/data/share/man/man1/mesocare.1" in held
    assert not [name for name in held if "tests" in name or "__pycache__" in name]
    suffixes = {Path(name).suffix for name in held if name.startswith("mesocare/")}
    assert suffixes == {".py", ".typed", ".yaml", ".tsv", ".txt", ".json", ".j2", ".css", ".js"}


def test_wheels_are_the_same(built: Built) -> None:
    """The wheel from the source distribution is the wheel from the tree, byte for byte."""
    assert built.wheel.name == built.wheel_from_sdist.name
    with zipfile.ZipFile(built.wheel) as one, zipfile.ZipFile(built.wheel_from_sdist) as two:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: two.read(name) for name in two.namelist()
        }


def test_a_wheel_is_built_twice_to_the_same_bytes(built: Built, tmp_path: Path) -> None:
    """Whoever builds the same tree again gets the very same file, on another day too."""
    again = build(TREE, tmp_path / "again", "wheel")
    assert again.read_bytes() == built.wheel.read_bytes()


def test_sdist_holds_the_sources(built: Built) -> None:
    """The source distribution has sources, data, tests and documents; nothing private."""
    with tarfile.open(built.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"data/{name}" for name in DATA} <= held
    assert {
        *("pyproject.toml", "README.md", "LICENSE", "src/mesocare/py.typed"),
        *("src/mesocare/cli/main.py", "tests/conftest.py", "tests/house/test_packaging.py"),
    } <= held
    assert not [
        name for name in held if "__pycache__" in name or name.startswith((".venv", ".git/"))
    ]


def test_metadata(built: Built) -> None:
    """The metadata names the command, the Python it needs and what it depends on."""
    info = f"mesocare-{__version__}.dist-info"
    with zipfile.ZipFile(built.wheel) as archive:
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    assert "[console_scripts]\nmesocare = mesocare.cli.main:main" in entry_points
    assert f"\nVersion: {__version__}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    assert "\nLicense-Expression: MIT\n" in metadata
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    own = {re.split(r"[^\w-]", line.split()[1])[0] for line in required if "extra ==" not in line}
    assert own == {
        *(
            "icalendar",
            "jinja2",
            "platformdirs",
            "python-dateutil",
            "pyyaml",
            "rich",
            "segno",
            "tomlkit",
            "typer",
            "tzdata",
        ),
    }


def test_builds_leave_the_tree_alone(built: Built) -> None:
    """Building writes where it is told to and nowhere else."""
    assert built.wheel.exists()
    assert not [name for name in ("dist", "build", "mesocare.egg-info") if (TREE / name).exists()]
