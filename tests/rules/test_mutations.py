"""Twenty thousand damaged rule sets: each compiles whole or is refused with file and line."""

from __future__ import annotations

import random
import re
import time
from typing import TYPE_CHECKING

import pytest

from mesocare.rules.compiler.build import build
from mesocare.rules.compiler.compile import compile_rules
from tests.support.memo import FILES
from tests.support.searches import shared_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.searches import Searched

    Mutator = Callable[[random.Random, bytes], bytes]

LONGEST = 2.0  # seconds of processor time, which is what the product promises
WITH_MEMO, WHOLE = 250, 50

IDS = re.findall(rb"^[A-Z][0-9]{3}(?:-[0-9]{3})?", FILES["evidence.tsv"], re.MULTILINE)
KEY = re.compile(rb"^( *(?:- )?)([a-z_]+|[a-z-]+):", re.MULTILINE)
VALUE = re.compile(rb"(?<=: )[^\n]+")
ODD_BYTES = [
    *(b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[31m", b"\x07", b"\x85"),
    *(b"\xe2\x80\xa8", b"\x7f", b"\r", b"\t", b"\f", b"\n", b"\xf0\x9f\x98\x80", b"\xc2\xa0"),
]
ODD_VALUES = [
    *(b"", b"~", b"null", b"yes", b"no", b"true", b"True", b"0", b"-1", b"1.5", b".nan", b".inf"),
    *(b"9" * 400, b"1e999", b"0x10", b"2026-13-45", b"2026-11-21", b"[]", b"{}", b"[a, [b]]"),
    *(b"{a: {b: c}}", b"!!python/object:os.system x", b"!!binary aGk=", b"!!set {a}", b"!local x"),
    *(b"!!str 5", b"!!int x", b"&a x", b"*a", b"&r [*r]", b"&m {<<: *m}", b'"\\ud800"', b'"\\0"'),
    *(
        b'"\\e[2J"',
        b"'",
        b'"',
        b"|",
        b">",
        b"- x",
        b"? x",
        b"%YAML 9",
        b"--- x",
        b"...",
        b"@",
        b"`",
    ),
    *(b"0 h", b"1 h", b"99999 h", b"9999 d", b"7 days", b"avoid", b"allowed", b"face", b"x" * 2000),
    *(b"[" * 3000, b"{a: " * 3000, b"[" * 500 + b"]" * 500, b"- " * 3000, b"=", b"<<", b"1:30"),
]


def _flip(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << draw.randrange(8)]) + content[at + 1 :]


def _insert(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content) + 1)
    some = draw.choice(
        [*ODD_BYTES, bytes([draw.randrange(256)]), b":", b"#", b"{", b"]", b"*", b"&"]
    )
    return content[:at] + some + content[at:]


def _delete(draw: random.Random, content: bytes) -> bytes:
    at = draw.randrange(len(content))
    return content[:at] + content[at + draw.choice([1, 1, 2, 20, 500]) :]


def _truncate(draw: random.Random, content: bytes) -> bytes:
    return content[: draw.randrange(len(content))]


def _lines(draw: random.Random, content: bytes) -> bytes:
    """Duplicate, remove, swap, move or indent lines."""
    lines = content.split(b"\n")
    at, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(6):
        case 0:
            lines.insert(at, lines[at])
        case 1:
            del lines[at]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines.insert(other, lines.pop(at))
        case 4:
            lines[at] = b" " * draw.randrange(1, 5) + lines[at]
        case _:
            lines[at] = lines[at].removeprefix(b" " * draw.randrange(1, 5))
    return b"\n".join(lines)


def _block(draw: random.Random, content: bytes) -> bytes:
    """Remove or repeat some lines on end."""
    lines = content.split(b"\n")
    at = draw.randrange(len(lines))
    some = lines[at : at + draw.randrange(2, 30)]
    middle = some * draw.choice([0, 2])
    return b"\n".join([*lines[:at], *middle, *lines[at + len(some) :]])


def _replace(
    draw: random.Random, content: bytes, pattern: re.Pattern[bytes], new: Callable[[bytes], bytes]
) -> bytes:
    """Replace one match of a pattern; without any, flip a bit."""
    found = list(pattern.finditer(content))
    if not found:
        return _flip(draw, content)
    match = draw.choice(found)
    return content[: match.start()] + new(match[0]) + content[match.end() :]


def _key(draw: random.Random, content: bytes) -> bytes:
    """Rename a key, or give it a value of another type."""
    names = [match[2] for match in KEY.finditer(content)] or [b"x"]
    new = draw.choice([draw.choice(names), b"extra", b"<<", b"1", b"yes", b"[a]", b"? a", b'"\\e"'])
    return _replace(draw, content, KEY, lambda old: old[: -len(old.lstrip(b" -"))] + new + b":")


def _twice(draw: random.Random, content: bytes) -> bytes:
    """Write a key a second time."""
    line = re.compile(rb"^ *[a-z_-]+: [^\n]*$", re.MULTILINE)
    return _replace(draw, content, line, lambda old: old + b"\n" + old)


def _value(draw: random.Random, content: bytes) -> bytes:
    """Put something else where a value stood."""
    return _replace(draw, content, VALUE, lambda _: draw.choice(ODD_VALUES))


def _tag(draw: random.Random, content: bytes) -> bytes:
    """Put a tag or an anchor before a value."""
    tags = [b"!!python/object/apply:os.system ", b"!!map ", b"!!seq ", b"!!str ", b"!x ", b"&a "]
    return _replace(draw, content, VALUE, lambda old: draw.choice(tags) + old)


def _alias(draw: random.Random, content: bytes) -> bytes:
    """Give one value an anchor and put an alias of it, or a merge of it, elsewhere."""
    anchored = _replace(draw, content, VALUE, lambda old: b"&a " + old)
    if draw.random() < 0.3:
        key = re.compile(rb"^( +)[a-z_-]+:.*$", re.MULTILINE)
        return _replace(
            draw, anchored, key, lambda old: old[: -len(old.lstrip())] + b"<<: *a\n" + old
        )
    return _replace(draw, anchored, VALUE, lambda _: b"*a")


def _bomb(draw: random.Random, content: bytes) -> bytes:
    """Put a list of lists of aliases in front, or in the place of a value."""
    deep = draw.choice([5, 30, 200])
    layers = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    layers += [
        b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, deep)
    ]
    aliased = _replace(draw, content, VALUE, lambda _: b"*a%d" % (deep - 1))
    return b"\n".join([*layers, aliased])


def _evidence_id(draw: random.Random, content: bytes) -> bytes:
    """Cite another row, one that does not exist, or none."""
    new = draw.choice([draw.choice(IDS), draw.choice(IDS), b"E999", b"e1", b"", b"S001-999"])
    return _replace(draw, content, re.compile(rb"\b[ES][0-9]{3}(?:-[0-9]{3})?\b"), lambda _: new)


def _duration(draw: random.Random, content: bytes) -> bytes:
    """Change a duration."""
    count, unit = draw.choice([0, 1, 12, 24, 72, 168, 9999, 10**5]), draw.choice([b"h", b"d"])
    return _replace(
        draw, content, re.compile(rb"\b[0-9]+ [hd]\b"), lambda _: b"%d %s" % (count, unit)
    )


def _word(draw: random.Random, content: bytes) -> bytes:
    """Swap a verdict, a type or another telling word."""
    words = [b"avoid", b"ask", b"limited", b"allowed", b"face", b"scalp", b"brightening", b"phases"]
    words += [b"same_as", b"unrestricted", b"until", b"condition", b"headline", b"group", b"items"]
    pattern = re.compile(rb"\b(?:%s)\b" % b"|".join(words))
    return _replace(draw, content, pattern, lambda _: draw.choice(words))


def _cell(draw: random.Random, content: bytes) -> bytes:
    """Change a cell between two tabs."""
    cells = [*ODD_VALUES, *ODD_BYTES, *IDS[:5], b"A", b"C", b"face|x", b"48", b"\t", b"048", b"1_0"]
    return _replace(draw, content, re.compile(rb"(?<=\t)[^\t\n]*"), lambda _: draw.choice(cells))


def _whole(draw: random.Random, content: bytes) -> bytes:
    """Change the file as a whole."""
    other = draw.choice(list(FILES.values()))
    return draw.choice([
        b"\xef\xbb\xbf" + content,
        b"\xef\xbb\xbf\xef\xbb\xbf" + content,
        content.replace(b"\n", b"\r\n"),
        content.replace(b"\n", b"\r"),
        content.decode(errors="replace").encode("utf-16"),
        content.replace(b"  ", b"\t"),
        content + b"\n---\n" + content,
        content + b"\n...\n",
        content + content,
        other,
        b"",
        b"\n\n",
        b"# nothing\n",
        b"null",
        b"[" * 200_000,
        b"{" * 200_000,
        b"- " * 200_000,
        b"? " * 200_000,
        b"a: " * 50_000,
        b"!!x " * 1000,
        b"&a " * 1000,
        draw.randbytes(2000),
        content.replace(b": ", b":", 50),
        b"a" * 1_000_000,
        b"\n" * 1_000_000,
        b"\t" * 100_000,
        b'"' + b"\\e" * 10_000 + b'": x',
    ])  # fmt: skip


MUTATORS: list[Mutator] = [
    *(_flip, _insert, _insert, _delete, _truncate, _lines, _lines, _lines, _block, _key, _twice),
    *(
        _value,
        _value,
        _value,
        _tag,
        _alias,
        _bomb,
        _evidence_id,
        _evidence_id,
        _duration,
        _duration,
    ),
    *(_word, _word, _cell, _whole),
]


def check(name: str, content: bytes) -> bool:
    """Compile a rule set with one file changed; return whether it was accepted."""
    started = time.process_time()
    plain, problems = compile_rules({**FILES, name: content})
    assert time.process_time() - started < LONGEST
    if plain is not None and not problems:
        build(plain, "mutated", dict)
        return True
    assert problems
    for problem in map(str, problems):
        place = re.match(r"([^:]+):([0-9]+): ", problem)
        assert place, problem
        assert place[1] in FILES, problem
        # Form feeds and the like count as line breaks in one reading and not in another.
        assert 1 <= int(place[2]) <= len(FILES.get(place[1], b"") + content) + 2, problem
        assert problem.isprintable(), problem
    return False


def run(seed: str, count: int) -> set[bool]:
    """Check so many mutations, one to three changes each; return which outcomes there were."""
    draw = random.Random(seed)
    outcomes = set()
    for _ in range(count):
        name = draw.choice(list(FILES))
        content = FILES[name]
        for _ in range(draw.choice([1, 1, 1, 2, 3])):
            content = draw.choice(MUTATORS)(draw, content) or b"\n"
        outcomes.add(check(name, content))
    return outcomes


@pytest.mark.usefixtures("files_read_once")
@pytest.mark.parametrize("seed", shared_out(range(78)))
def test_mutations(seed: int, searched: Searched) -> None:
    """A damaged file is refused with file and line, or does no harm; nothing is ever raised."""
    assert run(f"memo {seed}", WITH_MEMO) == {True, False}
    searched(WITH_MEMO, "damaged rule sets")


@pytest.mark.parametrize("seed", shared_out(range(10), quick=0))
def test_mutations_without_memo(seed: int, searched: Searched) -> None:
    """The same, everything read afresh."""
    assert run(f"whole {seed}", WHOLE) == {True, False}
    searched(WHOLE, "damaged rule sets")


def test_the_originals() -> None:
    """The unchanged files compile, and there are as many as there should be."""
    assert check("ruleset.yaml", FILES["ruleset.yaml"])
    assert len(FILES) == 32
