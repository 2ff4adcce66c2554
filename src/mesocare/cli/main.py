"""The program: parse, call, print, and the one place where errors become text and an exit code.

A command returns its whole text; it is written here, once, so that an answer that could not be
delivered is never mistaken for one that was.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from mesocare import files
from mesocare.errors import EMERGENCY, MesocareError, OutputError, RulesError, notices
from mesocare.text import lower_first, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from mesocare.cli.reply import Reply

UNFORESEEN = 70
INTERRUPTED = 130
MOST_PROBLEMS_SHOWN = 20
_NUMBERS = EMERGENCY[EMERGENCY.index("(") : EMERGENCY.index(")")]


def main() -> None:
    """Run the command line and leave the process with its exit code.

    The process lives for a moment and owns nothing but its memory, so it neither collects garbage
    nor tears itself down object by object; the two would take a fifth of the time of an answer.
    """
    gc.disable()
    exit_code = run(sys.argv[1:])
    # Everything was flushed when it was written.
    os._exit(exit_code)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return the exit code; no exception leaves this function."""
    notices.clear()
    try:
        _prepare_streams()
        return _deliver(_answer(arguments))
    except MesocareError as error:
        return _report(error, arguments)
    except KeyboardInterrupt:
        _complain(EMERGENCY)
        return INTERRUPTED
    # The boundary: nobody is shown a traceback unasked, of whatever kind (a panic of a library in
    # another language is no Exception).
    except BaseException as error:  # noqa: BLE001
        return _unforeseen(error, arguments)
    finally:
        while notices:
            _complain(f"mesocare: {notices.pop(0)}")
        files.sweep()


def _answer(arguments: Sequence[str]) -> Reply | int | None:
    """Return what the command replies; Typer writes help by itself and returns an exit code."""
    import typer

    from mesocare.cli import completion
    from mesocare.cli.app import build

    command = arguments[0] if arguments else None
    completing = os.environ.get(completion.VARIABLE) in completion.ASKED
    if completing:
        command = completion.command_of(os.environ)
    else:  # it would be taken for a command
        os.environ.pop(completion.VARIABLE, None)
    try:
        app = build(command, completing=completing)
        return app(list(arguments), prog_name="mesocare", standalone_mode=False)  # type: ignore[no-any-return]
    except typer.TyperException as error:
        raise _usage_error(error, arguments) from error
    except typer.Abort as error:  # nobody answered a question: Ctrl-C, or Ctrl-D
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        message = "the question was not answered, so nothing was changed"
        raise MesocareError(message, "Run the command again to be asked once more.") from error
    except SystemExit as error:
        if not error.code:  # completions were written
            return 0
        # How Typer says that whoever was reading its help has left.
        raise _undelivered("nobody is reading any more") from error
    except OSError as error:
        raise _undelivered(error.strerror) from error


def _deliver(reply: Reply | int | None) -> int:
    """Write a command's text; what Typer answers by itself (--help) is an exit code."""
    if reply is None or isinstance(reply, int):
        _write("")
        return reply or 0
    if reply.text is not None:
        if not reply.text.strip():
            message = "an exit code without an answer would be taken for one"
            raise RuntimeError(message)
        try:
            _write(reply.text, is_data=reply.is_data)
        except OutputError as error:
            done = f"It is done all the same; do not repeat it. {reply.done}".rstrip()
            error.hint = "\n".join(filter(None, (reply.calls, done if reply.done else error.hint)))
            raise
    return reply.exit_code


def _write(text: str | bytes, *, is_data: bool = False) -> None:
    try:
        if sys.stdout is None:
            message = "standard output is closed, so the answer could not be given"
            raise OutputError(message, "Run the command again without >&-.")
        if is_data and hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8", errors="surrogateescape")
        if isinstance(text, bytes):
            sys.stdout.buffer.write(text)
        else:
            sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise _undelivered(error.strerror) from error


def _undelivered(why: str | None) -> OutputError:
    message = f"the answer could not be written in full: {why}"
    hint = "Run the command again and read all it prints; its exit code is the answer too."
    return OutputError(message, hint)


def _prepare_streams() -> None:
    """Let no encoding make an answer fail: what it lacks is replaced."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _usage_error(error: typer.TyperException, arguments: Sequence[str]) -> MesocareError:
    """Return an error of the command line itself (an unknown option, say) as one of ours."""
    formatted = getattr(error, "format_message", error.__str__)()
    context = getattr(error, "ctx", None)
    path = context.command_path if context else " ".join(["mesocare", *arguments[:1]])
    message = lower_first(formatted.rstrip("."))
    return MesocareError(message, f"Type: {path} --help")


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether errors are to be JSON too; they may come before the options have been read."""
    from mesocare.cli.settings import Settings

    try:
        return "--json" in arguments or bool(Settings({}).get("json"))
    except MesocareError:
        return False


def _report(error: MesocareError, arguments: Sequence[str]) -> int:
    """Say what went wrong, on standard error and as JSON where that was asked for."""
    as_json = _wants_json(arguments) and not isinstance(error, OutputError)
    # Whatever a file or an argument put into it, the terminal shows and does not obey.
    error.message = printable(error.message)
    error.hint = "\n".join(map(printable, error.hint.split("\n")))
    lines = [f"mesocare: {error.message}"]
    if isinstance(error, RulesError):
        lines += [f"  {printable(each)}" for each in error.problems[:MOST_PROBLEMS_SHOWN]]
        more = len(error.problems) - MOST_PROBLEMS_SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
    lines += [error.hint] if error.hint else []
    said = "\n".join(lines)
    _complain(said if _NUMBERS in said else f"{said}\n{EMERGENCY}")
    if as_json:
        from mesocare.render.json import answers

        with suppress(OutputError):  # the text on standard error has said it
            _write(answers.error(error))
    return error.exit_code


def _unforeseen(error: BaseException, arguments: Sequence[str]) -> int:
    if os.environ.get("MESOCARE_DEBUG"):
        import traceback

        _complain("".join(traceback.format_exception(error)))
    fault = MesocareError(
        f"an unforeseen fault ({type(error).__name__}); no answer was given. "
        "MESOCARE_DEBUG=1 shows the details to report."
    )
    try:
        _report(fault, arguments)
    except BaseException:  # noqa: BLE001 - the fault may lie in what reports it
        _complain(f"mesocare: {fault.message}\n{EMERGENCY}")
    return UNFORESEEN


def _complain(text: str) -> None:
    """Write to standard error if there is one; a full disk there must not hide the exit code."""
    try:
        if sys.stderr is not None:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
    except OSError:
        return
