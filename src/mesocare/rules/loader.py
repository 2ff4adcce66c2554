"""From a path to a rule set: the only file input of the package.

A rule set is a directory laid out like `data/`: `ruleset.yaml`, `sources.yaml`, `evidence.tsv`,
one file per group in `activities/`, and the files on reactions, red flags, care, course, triage and
the ledger. Anything else in the directory is left alone. A clinic's protocol is a file that extends
one.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mesocare.errors import RulesError
from mesocare.rules import cache
from mesocare.rules.compiler.build import build

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet
    from mesocare.rules.format.diagnostics import Problem

LARGEST_FILE = 1024 * 1024
MOST_GROUPS = 64

_PLAIN_FILES = (
    "ruleset.yaml", "sources.yaml", "evidence.tsv", "reactions.yaml", "red_flags.yaml",
    "care.yaml", "course.yaml", "triage.yaml", "ledger.yaml", "ingredients.yaml", "ingredients.tsv",
    "before/leave-out.yaml", "before/checklist.yaml",
    "details/substances.yaml", "details/factors.yaml",
    "words/forms.yaml", "words/activities.yaml", "words/signs.yaml", "words/english.txt",
)  # fmt: skip
_EXTEND = (
    "A protocol extends mesocare, or a rule set by its path, seen from the protocol's own place."
)
_TRY = "This looks like a file of cases; they are tried by: mesocare rules test FILE"
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


class Files(NamedTuple):
    """What a rule set is made of: the content of its files, and of a clinic's protocol over them.

    Attributes:
        path: What was asked for, as it is named in errors.
        folder: The rule set's directory; that of the set extended, under a protocol.
        contents: The content of the rule set's files by name.
        protocol: The protocol's content; `None` without one.
    """

    path: Path
    folder: Path
    contents: dict[str, bytes]
    protocol: bytes | None = None

    @property
    def digest(self) -> str:
        """The SHA-256 of everything that was read."""
        digest = _digest(self.contents)
        if self.protocol is None:
            return digest
        return sha256(b"protocol\0" + digest.encode() + b"\0" + self.protocol).hexdigest()


def load_rules(path: str | Path | None = None) -> RuleSet:
    """Return the rule set at a path, checked, or the built-in one.

    Args:
        path: A rule-set directory, the `ruleset.yaml` in one, or a clinic's protocol.

    Raises:
        RulesError: It cannot be read or does not hold together; `problems` lists every reason.
    """
    files = read_files(path)
    digest = files.digest
    plain = cache.read(digest)
    if plain is not None:
        try:
            return build(plain, digest, WordTables(plain, digest))
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # a foreign cache file under our name: compile again
    plain = _compile(files)
    cache.write(digest, plain)
    return build(plain, digest, WordTables(plain, digest))


@dataclass(frozen=True, slots=True)
class WordTables:
    """What gives the tables by which words are read: made when asked for, kept beside the rules.

    Two are equal where they are of the same content.
    """

    plain: dict[str, Any] = field(compare=False, repr=False)
    digest: str

    def __call__(self) -> dict[str, str]:
        """Return the tables."""
        from mesocare.rules.compiler.words import word_tables

        return word_tables(self.plain, self.digest)


def read_files(path: str | Path | None = None) -> Files:
    """Return the files of the rule set at a path, or of the built-in one, unread beyond that.

    Raises:
        RulesError: They cannot be read, or are no rule set.
    """
    if path == "":
        raise RulesError("the path of the rule set is empty", _NEXT)
    if path is None:
        return Files(built_in(), built_in(), _read_all(built_in()))
    place = Path(path)
    folder = _folder(place)
    if folder is not None:
        return Files(place, folder, _read_all(folder))
    from mesocare.rules.overlay.extends import BUILT_IN, extended

    content = read_file(place)
    extends = extended(content)
    if extends is None:
        message = f"{str(path)!r} is a file, but neither the ruleset.yaml of a rule set nor a "
        hint = _TRY if b"\ncases:" in b"\n" + content else _NEXT
        raise RulesError(message + "protocol, which has a line `extends: mesocare`", hint)
    base = built_in() if extends == BUILT_IN else place.parent / extends
    said = f"the protocol {str(place)!r} extends {extends!r}"
    try:
        folder = _folder(base)
        contents = {} if folder is None else _read_all(folder)
    except RulesError as error:
        raise RulesError(f"{said}: {error.message}", _EXTEND, error.problems) from error
    if folder is None:
        message = f"{said}, which is a file; a protocol extends a rule set, not another protocol"
        raise RulesError(message, _EXTEND)
    return Files(place, folder, contents, content)


def compile_files(files: Files) -> tuple[dict[str, Any] | None, list[Problem]]:
    """Return the plain values and every problem; values only if enough could be read for them.

    A problem of the rule set under a protocol is named by its file's path.
    """
    from mesocare.rules.compiler.compile import compile_rules

    if files.protocol is None:
        return compile_rules(files.contents)
    from mesocare.rules.overlay.protocol import compile_protocol

    digest = _digest(files.contents)
    base = cache.read(digest)
    if base is not None:
        try:
            return compile_protocol(files.path.name, files.protocol, base, digest)
        except (KeyError, TypeError, ValueError, AttributeError):
            pass  # a foreign cache file under our name: compile again
    base, problems = compile_rules(files.contents)
    if base is None or problems:
        return None, [each._replace(file=str(files.folder / each.file)) for each in problems]
    cache.write(digest, base)
    return compile_protocol(files.path.name, files.protocol, base, digest)


def _folder(path: Path) -> Path | None:
    """Return a rule set's directory; `None` for a file that is no ruleset.yaml."""
    shown = str(path)
    try:
        if path.is_dir():
            return path
        if path.is_file() or path.is_symlink():
            return path.parent if path.name == "ruleset.yaml" else None
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
        with path.open("rb", buffering=0) as file:
            return file.read(status.st_size)
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


def _compile(files: Files) -> dict[str, Any]:
    """Return the plain values of a rule set, or raise with every problem in it."""
    plain, problems = compile_files(files)
    if plain is None or problems:
        kind = "rule set in" if files.protocol is None else "protocol"
        shown = files.folder if files.protocol is None else files.path
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        message = f"the {kind} {str(shown)!r} has {count}"
        raise RulesError(message, "Correct the lines named and run the command again.", problems)
    return plain
