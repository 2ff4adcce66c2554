"""From a path to a rule set: the only file input of the package.

A rule set is a directory laid out like `data/`: `ruleset.yaml`, `sources.yaml`, `evidence.tsv`,
one file per group in `activities/`, and the files on reactions, red flags, care, course, triage and
the ledger. Anything else in the directory is left alone.
"""

from __future__ import annotations

import stat
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesocare.errors import RulesError
from mesocare.rules import cache
from mesocare.rules.build import build

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

LARGEST_FILE = 1024 * 1024
MOST_GROUPS = 64

_PLAIN_FILES = (
    "ruleset.yaml", "sources.yaml", "evidence.tsv", "reactions.yaml", "red_flags.yaml",
    "care.yaml", "course.yaml", "triage.yaml", "ledger.yaml",
)  # fmt: skip
_NEXT = (
    "A rule set is a directory laid out like mesocare's data/; without --rules that one is used."
)


def built_in() -> Path:
    """Return the directory of the rule set that comes with mesocare.

    A wheel carries it inside the package; a checkout, and so an editable install, has it at the
    top of the repository.
    """
    here = Path(__file__).resolve()
    packaged, checkout = here.parents[1] / "data", here.parents[3] / "data"
    return packaged if packaged.is_dir() else checkout


def load_rules(path: str | Path | None = None) -> RuleSet:
    """Return the rule set at a path, checked, or the built-in one.

    Args:
        path: A rule-set directory, or the `ruleset.yaml` in one.

    Raises:
        RulesError: It cannot be read or does not hold together; `problems` lists every reason.
    """
    if path == "":
        raise RulesError("the path of the rule set is empty", _NEXT)
    folder = built_in() if path is None else _folder(Path(path))
    contents = _read_all(folder)
    digest = _digest(contents)
    plain = cache.read(digest)
    if plain is not None:
        try:
            return build(plain, digest)
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # a foreign cache file under our name: compile again
    plain = _compile(folder, contents)
    cache.write(digest, plain)
    return build(plain, digest)


def _folder(path: Path) -> Path:
    shown = str(path)
    try:
        if path.is_dir():
            return path
        if path.is_file() or path.is_symlink():
            if path.name != "ruleset.yaml":
                read_file(path)  # says first what is wrong with the file itself
                message = f"{shown!r} is a file, but not the ruleset.yaml of a rule set"
                raise RulesError(message, _NEXT)
            return path.parent
        exists = path.exists()
    except (OSError, ValueError) as error:
        message = f"the rule set {shown!r} cannot be read: {_why(error)}"
        raise RulesError(message, _NEXT) from error
    message = (
        f"{shown!r} is neither a directory nor a file" if exists else f"no such path {shown!r}"
    )
    raise RulesError(message, _NEXT)


def _read_all(folder: Path) -> dict[str, bytes]:
    """Return the content of the rule set's files by name; reports all that cannot be read."""
    contents: dict[str, bytes] = {}
    problems = []
    groups = sorted((folder / "activities").glob("*.yaml"))[: MOST_GROUPS + 1]
    if len(groups) > MOST_GROUPS:
        problems.append(f"activities: more than {MOST_GROUPS} files")
    for name in (*_PLAIN_FILES, *(f"activities/{path.name}" for path in groups[:MOST_GROUPS])):
        try:
            contents[name] = read_file(folder / name)
        except RulesError as error:
            problems.append(f"{name}: {error.message}")
    if problems:
        message = f"the rule set in {str(folder)!r} cannot be read"
        raise RulesError(message, _NEXT, problems)
    return contents


def read_file(path: Path) -> bytes:
    """Return a file's content; never waits for a pipe and never reads more than the limit."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            message = "not a regular file"
            raise RulesError(message, _NEXT)
        if status.st_size > LARGEST_FILE:
            message = f"{status.st_size} bytes; a rule file has at most {LARGEST_FILE}"
            raise RulesError(message, _NEXT)
        with path.open("rb") as file:
            return file.read(LARGEST_FILE)
    except (OSError, ValueError) as error:
        message = f"cannot be read: {_why(error)}"
        raise RulesError(message, _NEXT) from error


def _why(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _digest(contents: dict[str, bytes]) -> str:
    digest = sha256()
    for name in sorted(contents):
        digest.update(f"{name}\0{len(contents[name])}\0".encode(errors="surrogateescape"))
        digest.update(contents[name])
    return digest.hexdigest()


def _compile(folder: Path, contents: dict[str, bytes]) -> dict[str, Any]:
    """Return the plain values of a rule set, or raise with every problem in it."""
    from mesocare.rules.compile import compile_rules

    plain, problems = compile_rules(contents)
    if plain is None or problems:
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        message = f"the rule set in {str(folder)!r} has {count}"
        raise RulesError(message, "Correct the lines named and run the command again.", problems)
    return plain
