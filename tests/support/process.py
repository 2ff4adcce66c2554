"""Runs the installed program as its users do: in a clean environment, in directories of its own.

Most runs take place within the test's own process, which is ten times quicker and differs in
nothing that a command can see but its terminal. Whatever concerns the interpreter's start, the
terminal, signals or the descriptors themselves is a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import mesocare
from mesocare.cli.main import run as run_command_line
from mesocare.errors import EMERGENCY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ZONE = "Europe/Berlin"
# The answers most tests ask for: a day and half an hour after a treatment whose time is known.
TREATED, AT = "2024-05-01T14:30", "2024-05-02T15:00"
ASKED = ("--treated", TREATED, "--at", AT)

# A command that has not ended by then hangs; nothing measures with it.
PATIENCE = 30
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Argument = str | bytes

# Variables that the interpreter reads when it starts: what they do shows in a new process only.
READ_AT_START = re.compile("PYTHON|LC_|LANG")


def executable(place: Path) -> Path:
    """Return the program that belongs to the running interpreter.

    With PYTHONPATH set, or where it is not installed, that is a script in `place` which runs the
    package the tests import.
    """
    beside = Path(sys.executable).with_name("mesocare")
    if "PYTHONPATH" in os.environ or not beside.exists():
        return script(place / "mesocare")
    return beside


def script(path: Path, before: str = "") -> Path:
    """Return a program at `path` that does something before it runs as it always does."""
    source = str(Path(mesocare.__file__).parents[1])
    text = f"""\
        #!{sys.executable}
        import sys
        sys.path.insert(0, {source!r})
        {before}
        from mesocare.cli.main import main
        main()
    """
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    path.chmod(0o700)
    return path


class Finished(NamedTuple):
    """What a run left behind; the line on emergencies is looked at by `ended`, and taken off."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what was printed, read as JSON."""
        return json.loads(self.out)


def ended(code: int, out: str, err: str) -> Finished:
    """Return what a run left behind; where it gave no answer, it has to name whom to call."""
    if err and code in {2, 70, 130}:
        assert "such as 112, 999 or 911" in err, err
    return Finished(code, out, err.removesuffix(EMERGENCY + "\n"))


class Screen(NamedTuple):
    """What a run showed on a terminal."""

    code: int
    raw: str

    @property
    def text(self) -> str:
        """The text without its colours; any other control sequence is a fault."""
        plain = COLOUR.sub("", self.raw)
        assert "\x1b" not in plain
        return plain

    @property
    def lines(self) -> list[str]:
        """The lines of the text."""
        return self.text.splitlines()


class Program:
    """The installed program with directories of its own below `root`."""

    def __init__(self, root: Path, path: Path | None = None) -> None:
        self.root = root
        self.home, self.cache, self.place = root / "home", root / "cache", root / "place"
        self.record = root / "record"  # the program makes it
        for folder in (self.home, self.cache, self.place):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.installed = executable(root)
        self.path = path or self.installed  # a test may put a program of its own making here

    def environment(self, changes: Mapping[str, Argument | None] | None = None) -> dict[str, Any]:
        """Return a clean environment with some changes; `None` takes a variable out."""
        clean: dict[str, Argument | None] = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "MESOCARE_CACHE_DIR": str(self.cache),
            "MESOCARE_HOME": str(self.record),
            "TZ": ZONE,
            "LANG": "C.UTF-8",
            "TERM": "xterm-256color",
            # Where files may not grow, Python would leave compiled ones cut off, for everybody.
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        return {
            key: value for key, value in {**clean, **(changes or {})}.items() if value is not None
        }

    def run(
        self,
        *arguments: Argument,
        env: Mapping[str, Argument | None] | None = None,
        given: bytes = b"",
    ) -> Finished:
        """Run it with its output in pipes, and something given on standard input.

        It is called within this process, unless the environment or the program itself ask for one
        of their own.
        """
        if self.path != self.installed or any(READ_AT_START.match(name) for name in env or ()):
            return self.spawn(*arguments, env=env, given=given)
        out, err = io.BytesIO(), io.BytesIO()
        streams = (
            io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"),
            io.TextIOWrapper(out, encoding="utf-8", errors="surrogateescape"),
            io.TextIOWrapper(err, encoding="utf-8", errors="backslashreplace"),
        )
        with self._standing_in(streams, self.environment(env)):
            code = run_command_line([os.fsdecode(argument) for argument in arguments])
        for stream in streams:
            stream.flush()
        return ended(code, out.getvalue().decode(), err.getvalue().decode(errors="surrogateescape"))

    @contextlib.contextmanager
    def _standing_in(
        self,
        streams: tuple[io.TextIOWrapper, io.TextIOWrapper, io.TextIOWrapper],
        environment: Mapping[str, str],
    ) -> Iterator[None]:
        """Give this process the streams, the environment and the directory of a new one."""
        kept = dict(os.environ), Path.cwd(), (sys.stdin, sys.stdout, sys.stderr)
        try:
            os.environ.clear()
            os.environ.update({name: os.fsdecode(value) for name, value in environment.items()})
            _zone_has_changed()
            os.chdir(self.place)
            sys.stdin, sys.stdout, sys.stderr = streams
            yield
        finally:
            before, directory, (sys.stdin, sys.stdout, sys.stderr) = kept
            os.environ.clear()
            os.environ.update(before)
            _zone_has_changed()
            os.chdir(directory)

    def spawn(
        self,
        *arguments: Argument,
        env: Mapping[str, Argument | None] | None = None,
        encoding: str = "utf-8",
        patience: float = PATIENCE,
        given: bytes = b"",
    ) -> Finished:
        """Run it in a process of its own with its output in pipes."""
        done = subprocess.run(
            [self.path, *arguments],
            input=given,
            capture_output=True,
            env=self.environment(env),
            cwd=self.place,
            timeout=patience,
            check=False,
        )
        return ended(
            done.returncode,
            done.stdout.decode(encoding),
            done.stderr.decode(encoding, errors="surrogateescape"),
        )

    def redirected(self, redirection: str, *arguments: str) -> Finished:
        """Run it from a shell with a redirection such as `>&-`."""
        done = subprocess.run(
            ["/bin/sh", "-c", f'exec "$0" "$@" {redirection}', self.path, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=self.environment(),
            cwd=self.place,
            timeout=PATIENCE,
            check=False,
            encoding="utf-8",
        )
        return ended(done.returncode, done.stdout, done.stderr)

    def unread(self, *arguments: str, take: int) -> Finished:
        """Run it into a pipe whose reader takes so many bytes and closes; 0 closes at once."""
        reader, writer = os.pipe()
        if not take:
            os.close(reader)
        process = self.start(*arguments, stdout=writer)
        os.close(writer)
        taken = b""
        if take:
            taken = os.read(reader, take)
            os.close(reader)
        _, err = process.communicate(timeout=PATIENCE)
        return ended(process.returncode, taken.decode(errors="replace"), err.decode())

    def start(
        self,
        *arguments: str,
        stdout: int,
        env: Mapping[str, Argument | None] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start it and leave the rest to the caller; its messages go to a pipe."""
        return subprocess.Popen(
            [self.path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            env=self.environment(env),
            cwd=self.place,
        )

    def on_terminal(
        self,
        *arguments: Argument,
        width: int = 80,
        rows: int = 50,
        env: Mapping[str, Argument | None] | None = None,
        types: str = "",
    ) -> Screen:
        """Run it on a pseudo-terminal of that width, whose user has typed ahead."""
        import pty  # where there is none (Windows), all but the terminal can be tested
        import termios

        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (rows, width))
        os.write(ours, types.encode())
        process = subprocess.Popen(
            [self.path, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self.environment(env),
            cwd=self.place,
        )
        os.close(theirs)
        chunks = []
        # Linux reports the end of a terminal as an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(ours, 65536):
                chunks.append(chunk)
        os.close(ours)
        code = process.wait(timeout=PATIENCE)
        return Screen(code, b"".join(chunks).decode().replace("\r\n", "\n"))

    def written(self) -> set[tuple[str, int, int]]:
        """Return every path below `root` with its size and time, to see what a run writes."""
        found = ((path, path.lstat()) for path in self.root.rglob("*"))
        return {(str(path), status.st_size, status.st_mtime_ns) for path, status in found}


def _zone_has_changed() -> None:
    if hasattr(time, "tzset"):  # Windows has none
        time.tzset()


def copy_rules(source: Path, target: Path, changes: Mapping[str, bytes] | None = None) -> Path:
    """Return a copy of a rule set in which some files are replaced or added."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("cases"))
    for name, content in (changes or {}).items():
        (target / name).write_bytes(content)
    return target


def flags(name: str, values: Sequence[str]) -> list[str]:
    """Return a repeated option."""
    return [part for value in values for part in (f"--{name}", value)]
