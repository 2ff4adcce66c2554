"""What comes from outside: files that are ours, names with escapes, zones that are none."""

from __future__ import annotations

import json
import os
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.support.protocols import FRAME

if TYPE_CHECKING:
    from tests.support.process import Program
    from tests.support.searches import Searched

TABLE = "patient_id,treated,type\n1,2024-04-01T10:00,face\n"
AT = ("--at", "2024-05-03T12:00Z", "--tz", "UTC")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")


# Our own files, by any name.


@pytest.fixture
def settled(own: Program) -> Program:
    """Return a program with a record, settings and a protocol in use."""
    assert own.run("treated", "2024-05-01T10:00").code == 0
    (own.place / "clinic.yaml").write_text(FRAME, encoding="utf-8")
    assert own.run("rules", "use", "clinic.yaml").code == 0
    (own.place / "in.csv").write_text(TABLE, encoding="utf-8")
    return own


def ours(program: Program) -> dict[str, Path]:
    """Return a file of each kind that is ours."""
    settings = next(program.home.rglob("config.toml"))
    return {
        "record": program.record / "mesocare.db",
        "journal": program.record / "mesocare.db-journal",
        "settings": settings,
        "protocol": program.place / "clinic.yaml",
    }


OUTPUTS = [
    "export -o", "report --html", "check in.csv --at 2024-05-03 -o",
    "check in.csv --at 2024-05-03 -q --rejects", "rules table --format csv -o",
    "rules table --format parquet -o",
]  # fmt: skip


@pytest.mark.parametrize("kind", ["record", "journal", "settings", "protocol"])
@pytest.mark.parametrize("way", ["itself", "symlink", "hard link", "relative"])
@pytest.mark.parametrize("command", OUTPUTS)
def test_our_own_files_are_safe_from_our_outputs(
    command: str, way: str, kind: str, settled: Program
) -> None:
    """Whatever name leads to it: refused, and as it was."""
    target = ours(settled)[kind]
    before = target.read_bytes()
    named = settled.place / "named"
    if way == "symlink":
        named.symlink_to(target)
    elif way == "hard link":
        os.link(target, named)
    elif way == "relative":
        named = Path(os.path.relpath(target, settled.place))
    else:
        named = target
    done = settled.run(*command.split(), str(named))
    assert done.code == 2, done.out
    assert "which would be destroyed" in done.err
    assert target.read_bytes() == before
    assert settled.run("treatments").out.count("face") == 1


def test_the_rules_that_were_named_for_one_call(settled: Program) -> None:
    """A protocol that is only named with --rules is no output either."""
    other = settled.place / "other.yaml"
    other.write_text(FRAME, encoding="utf-8")
    done = settled.run("check", "in.csv", *AT, "--rules", "other.yaml", "-o", "other.yaml")
    assert done.code == 2
    assert other.read_text(encoding="utf-8") == FRAME


@pytest.mark.parametrize("option", ["-o", "--rejects"])
@pytest.mark.parametrize("name", ["missing/../in.csv", "./in.csv", "link.csv", "hard.csv"])
def test_the_input_is_safe_too(name: str, option: str, settled: Program) -> None:
    """Also by a name that leads through a folder that is not there, and out again."""
    source = settled.place / "in.csv"
    (settled.place / "link.csv").symlink_to(source)
    os.link(source, settled.place / "hard.csv")
    done = settled.run("check", "in.csv", *AT, option, name)
    assert done.code == 2
    assert "which would be destroyed" in done.err
    assert source.read_text() == TABLE


def test_a_file_of_ones_own_beside_the_record(settled: Program) -> None:
    """An export that somebody keeps there is theirs to replace."""
    target = settled.record / "backup.json"
    for _ in range(2):
        assert settled.run("export", "-o", str(target)).code == 0


# Nothing raw on the terminal.

HOSTILE = "\x1b]0;owned\x07\x1b[2Jtreated'; $(touch owned) `touch owned` \u202e"


def test_a_header_that_would_be_obeyed(own: Program) -> None:
    """It is spelt out, and what is offered for pasting runs nothing."""
    (own.place / "in.csv").write_text(f'patient_id,"{HOSTILE}",type\n1,2024-05-01,face\n')
    done = own.run("check", "in.csv", *AT)
    assert done.code == 2
    assert "\x1b" not in done.err
    assert "\x07" not in done.err
    assert "\u202e" not in done.err
    (offered,) = (line for line in done.err.splitlines() if "--map" in line)
    typed = offered.partition("they are: ")[2]
    os.system(f"cd '{own.place}' && true {typed}")
    assert not (own.place / "owned").exists()


@pytest.mark.parametrize(
    "arguments",
    [["can-i", HOSTILE], ["today", "--treated", HOSTILE], ["today", "--rules", HOSTILE],
     ["check", HOSTILE], ["edit", HOSTILE, "--note", "x"], ["today", "--tz", HOSTILE],
     ["rules", "show", HOSTILE], ["explain", HOSTILE], [HOSTILE], ["today", f"--{HOSTILE}"]],
)  # fmt: skip
def test_arguments_that_would_be_obeyed(arguments: list[str], settled: Program) -> None:
    """No error sends an escape, a bell or an override of direction to the terminal."""
    done = settled.run(*arguments)
    assert done.code == 2
    assert not {"\x1b", "\x07", "\u202e"} & set(done.err + done.out)


# A zone that is none.


@pytest.mark.parametrize(
    "name", ["Nowhere/Else", "Europe/Lodnon", "gibberish", "Mars", "12", "a b"]
)
def test_a_zone_that_is_none(name: str, own: Program) -> None:
    """It is refused by its name: the C library would take it for UTC without a word."""
    done = own.run("can-i", "makeup", "--treated", "2024-05-01", env={"TZ": name})
    assert done.code == 2
    assert "TZ is" in done.err
    assert name in done.err


def test_a_zone_in_another_encoding(own: Program) -> None:
    """It is said that its encoding is the reason."""
    done = own.spawn("today", "--treated", "2024-05-01", env={"TZ": b"Europe/\xff"})
    assert done.code == 2
    assert "not text in the encoding of this locale" in done.err


@pytest.mark.parametrize(
    "name",
    ["Europe/London", ":Asia/Tokyo", "UTC", "EST5EDT", "CET-1CEST,M3.5.0,M10.5.0/3", "<+03>-3", ""],
)
def test_zones_that_are(name: str, own: Program) -> None:
    """IANA names, with a colon or without, and zones spelt out as POSIX has them."""
    done = own.spawn("can-i", "makeup", "--treated", "2024-05-01", *AT[:2], env={"TZ": name})
    assert done.code in {0, 1, 3, 4}, done.err


# A record that others may read.


@POSIX
@pytest.mark.parametrize("mode", [0o644, 0o660, 0o666])
def test_a_restored_record_is_private_again(mode: int, settled: Program) -> None:
    """As after a copy from a backup: it is set right, and said, once."""
    path = settled.record / "mesocare.db"
    path.chmod(mode)
    done = settled.run("treatments")
    assert done.code == 0
    assert "could be read by others" in done.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert settled.run("treatments").err == ""


# An import that would win for ever.


@pytest.mark.parametrize("field", ["changed", "removed"])
def test_an_import_from_the_future(field: str, settled: Program) -> None:
    """Its versions would stay for good, so it is refused by the field."""
    document = json.loads(settled.run("export").out)
    document["treatments"][0][field] = "2999-01-01T00:00:00+00:00"
    done = settled.run("import", "-", given=json.dumps(document).encode())
    assert done.code == 2
    assert f"treatments[0].{field}" in done.err
    assert settled.run("treatments").out.count("face") == 1


def test_our_own_export_can_be_imported_after_an_edit(settled: Program) -> None:
    """Whatever was changed meanwhile."""
    id_ = settled.run("treatments").out.split()[0]
    assert settled.run("edit", id_, "--note", "new").code == 0
    text = settled.run("export").out
    assert settled.run("import", "-", given=text.encode()).code == 0


def test_what_an_import_removes_is_listed(settled: Program) -> None:
    """A treatment that goes is named, for it may have kept something closed."""
    id_ = settled.run("treatments").out.split()[0]
    settled.run("remove", id_, "--yes")
    document = settled.run("export").out
    assert settled.run("undo").code == 0
    newer = json.loads(document)
    changed = json.loads(settled.run("export").out)["treatments"][0]["changed"]
    later = datetime.fromisoformat(changed) + timedelta(seconds=1)
    newer["treatments"][0]["changed"] = later.isoformat()
    done = settled.run("import", "-", given=json.dumps(newer).encode())
    assert done.code == 0
    assert "Removed by it" in done.out
    assert id_[:8] in done.out


# Parquet that lies, or is damaged.


def parquet(path: Path, rows: int = 54) -> bytes:
    """Write patients of many days; return the file."""
    duckdb.execute(
        "COPY (SELECT i::VARCHAR AS patient_id, 'face' AS type,"
        " strftime(DATE '2024-03-01' + i::INTEGER, '%Y-%m-%d') AS treated"
        f" FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)"
    )
    return path.read_bytes()


@pytest.mark.parametrize(
    ("lie", "truth"),
    [
        (b"2024-03-01", b"2024-04-23"), (b"2024-04-23", b"2024-03-01"),
        (b"2024-04-23", b"2024-03-05"), (b"2024-03-01", b"1999-01-01"), (b"face", b"scal"),
    ],
)  # fmt: skip
def test_statistics_that_lie(lie: bytes, truth: bytes, own: Program) -> None:
    """What a file says of its own content changes no verdict and loses no row."""
    content = parquet(own.place / "honest.parquet")
    at = ("--at", "2024-04-10T12:00Z", "--tz", "UTC", "-q", "--format", "csv")
    honest = own.run("check", "honest.parquet", *at)
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    changed = content[:footer] + content[footer:].replace(lie, truth)
    (own.place / "lying.parquet").write_bytes(changed)
    lying = own.run("check", "lying.parquet", *at)
    assert lying.code == honest.code == 1
    assert lying.out == honest.out
    assert lying.err.count("line ") == honest.err.count("line ")


def test_a_wrong_number_of_rows(own: Program) -> None:
    """Where a file has another number of rows than it says, nothing is written."""
    from mesocare.bulk.duckdb import source

    parquet(own.place / "in.parquet", 5)
    real = source.parquet
    with pytest.MonkeyPatch.context() as patch:
        from mesocare.bulk.duckdb import engine

        patch.setattr(engine, "parquet", lambda *given: real(*given)._replace(rows=6))
        done = own.run("check", "in.parquet", *AT, "-o", "out.csv", "-q")
    assert done.code == 2
    assert "has 6 rows, but 5 could be read" in done.err
    assert not (own.place / "out.csv").exists()


@pytest.mark.parametrize("where", [(), ("--where", "verdict=avoid"), ("--where", "type=face")])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "", "\n\n\n"])
def test_rows_are_counted(ending: str, where: tuple[str, ...], own: Program) -> None:
    """Empty lines, an end without a line's end, conditions: an honest file is never refused."""
    rows = [f"{n},2024-04-{n:02}T10:00,face" for n in range(1, 28)]
    rows.insert(9, "")
    line = "\r\n" if "\r" in ending else "\n"
    (own.place / "in.csv").write_bytes(
        (line.join(["patient_id,treated,type", *rows]) + ending).encode()
    )
    for engine in ("stream", "duckdb"):
        done = own.run("check", "in.csv", *AT, "-q", "--engine", engine, *where)
        assert done.code == 0, done.err


@pytest.mark.parametrize("count", [40, pytest.param(1_000, marks=pytest.mark.long)])
def test_damaged_parquet(count: int, own: Program, searched: Searched) -> None:
    """Each is read or refused by its name; none ends with a fault that nobody foresaw."""
    content = parquet(own.place / "whole.parquet", 200)
    (own.place / "whole.parquet").unlink()
    chance = random.Random(count)
    refused = 0
    for n in range(count):
        damaged = bytearray(content)
        if n % 4 == 0:
            damaged = damaged[: chance.randrange(len(damaged))]
        else:
            begin = 0 if n % 2 else len(damaged) - 400
            for _ in range(chance.choice((1, 3, 20))):
                damaged[chance.randrange(begin, len(damaged))] = chance.randrange(256)
        (own.place / "in.parquet").write_bytes(damaged)
        done = own.run("check", "in.parquet", *AT, "-o", "out.csv")
        assert done.code in {0, 1, 2}, done.err
        assert "Traceback" not in done.err
        if done.code == 2:
            refused += 1
            assert not (own.place / "out.csv").exists()
        (own.place / "out.csv").unlink(missing_ok=True)
    assert refused > count / 4
    searched(count, "damaged Parquet files")


@pytest.mark.parametrize("name", ["~/in.csv", "file:in.csv", "~in.csv"])
def test_names_that_mean_more_to_duckdb(name: str, own: Program) -> None:
    """The file that was named is read, and no other."""
    (own.home / "in.csv").write_text("patient_id,treated,type\nWRONG,2024-04-01T10:00,face\n")
    (own.place / "in.csv").write_text("patient_id,treated,type\nWRONG,2024-04-01T10:00,face\n")
    path = own.place / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(TABLE)
    done = own.run("check", name, *AT, "--engine", "duckdb")
    assert done.code == 0, done.err
    assert "WRONG" not in done.out


@pytest.mark.parametrize(
    "value",
    ["'=1+1'::BLOB", "E'\\n=1+1'", "'＝1+1'", "['=1+1']", "E'\\t=1'", "'@SUM(A1)'::BLOB"],
)
def test_formulas_in_parquet(value: str, own: Program) -> None:
    """Bytes, line feeds and full-width signs pass no guard."""
    duckdb.execute(
        f"COPY (SELECT '1' AS patient_id, '2024-04-01' AS treated, 'face' AS type, {value} AS x,"
        f" -5 AS number) TO '{own.place / 'in.parquet'}' (FORMAT parquet)"
    )
    import csv
    from io import StringIO

    done = own.run("check", "in.parquet", *AT, "--format", "csv")
    (row,) = csv.DictReader(StringIO(done.out, newline=""))
    assert row["x"][0] in "'["
    assert row["number"] == "-5"


def test_many_unknown_zones(own: Program) -> None:
    """A column of names that are none is refused row by row, without looking for each at length."""
    rows = "".join(f"{n},2024-04-01,face,Zone/Number{n}\n" for n in range(3_000))
    (own.place / "in.csv").write_text("patient_id,treated,type,tz\n" + rows)
    rejects: list[Any] = []
    for engine in ("stream", "duckdb"):
        name = f"{engine}.rejects"
        done = own.run("check", "in.csv", *AT, "--engine", engine, "--rejects", name, "-q")
        assert done.code == 1
        rejects.append((own.place / name).read_text())
    assert rejects[0] == rejects[1]
    assert rejects[0].count("is not the name of a time zone") == 3_000
