"""Tables as practices export them: each with what its rows mean, or why one is refused."""

# ruff: noqa: E501 - a table on a line is read as a table
from __future__ import annotations

import csv
import json
import random
import re
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesocare.bulk.duckdb import engine as duckdb_engine
from mesocare.bulk.fix import fix
from mesocare.bulk.header import Columns
from mesocare.bulk.preview import preview
from mesocare.bulk.rows import check_rows
from mesocare.bulk.stream import engine as stream_engine
from mesocare.bulk.understood import as_written, understood
from mesocare.core.verdict.engine import answer
from mesocare.errors import TableError
from mesocare.parsing.date_order import (
    DAY_FIRST,
    MONTH_FIRST,
    ORDERS,
    UNSETTLED,
    YEAR_FIRST,
    settled,
)
from mesocare.text import folded
from tests.support import bulk
from tests.support.searches import shared_out
from tests.support.workbooks import Sheet, Xml, xlsx

if TYPE_CHECKING:
    from pathlib import Path

    from mesocare.core.model import RuleSet
    from tests.support.process import Program
    from tests.support.searches import Searched

DAY = "2024-04-01"


class Export(NamedTuple):
    """A table, and what each of its rows has to be read as.

    Attributes:
        text: The table.
        rows: `patient when type` for each row, or `! line word` for one that is rejected.
        encoding: How it is encoded.
        changes: What somebody says of it.
    """

    text: str
    rows: list[str]
    encoding: str = "utf-8"
    changes: dict[str, Any] = {}  # noqa: RUF012 - never changed


# Made by hand in the forms of which other tools' users report that they meet them: semicolons and
# commas, quotes, titles, totals, marks, dates by day or month, numbers of days, clock times apart.
EXPORTS = {
    "plain": Export("patient_id,treated,type\n1,2024-04-01,face\n", ["1 2024-04-01 face"]),
    "german": Export(
        "Patienten-ID;Behandlungsdatum;Behandlung\nA;25.04.2024;Gesicht\nB;02.04.2024;Kopfhaut\n",
        ["A 2024-04-25 face", "B 2024-04-02 scalp"],
    ),
    "german clock apart": Export(
        "Pat-Nr;Datum der Behandlung;Uhrzeit;Areal\n1;25.04.2024;14:30;GESICHT\n2;25.04.2024;;Haare\n"
        "3;02.04.2024;9.05 Uhr;Haare\n",
        ["1 2024-04-25T14:30+00:00 face", "2 2024-04-25 scalp", "3 2024-04-02T09:05+00:00 scalp"],
    ),
    "british": Export(
        "Patient No,Date of Treatment,Treatment\n7,13/04/2024,Face mesotherapy\n8,01/04/2024,hair\n",
        ["7 2024-04-13 face", "8 2024-04-01 scalp"],
    ),
    "american": Export(
        "MRN,Treatment Date,Treatment Type\n7,4/13/2024,Facial\n8,4/1/2024,Pigmentation\n",
        ["7 2024-04-13 face", "8 2024-04-01 brightening"],
    ),
    "american with a clock": Export(
        "Client ID,Session Date,Area\n7,04/13/2024 2:30 PM,Scalp\n8,04/01/2024 9:00 AM,Face\n",
        ["7 2024-04-13T14:30+00:00 scalp", "8 2024-04-01T09:00+00:00 face"],
    ),
    "french": Export(
        "N° dossier;Date de la séance;Heure;Zone traitée\n1;25/04/2024;14h30;Visage\n",
        ["1 2024-04-25T14:30+00:00 face"],
        changes={"columns": {"patient_id": "N° dossier"}},
    ),
    "french plain": Export(
        "Dossier;Date du traitement;Type de soin\n1;25/04/2024;Cuir chevelu\n2;01/04/2024;VISAGE\n",
        ["1 2024-04-25 scalp", "2 2024-04-01 face"],
    ),
    "spanish": Export(
        "Código paciente;Fecha de tratamiento;Tipo de tratamiento\n1;25/04/2024;Capilar\n"
        "2;02/04/2024;Manchas\n",
        ["1 2024-04-25 scalp", "2 2024-04-02 brightening"],
    ),
    "italian": Export(
        "ID paziente;Data trattamento;Trattamento\n1;25/04/2024;Viso\n2;03/04/2024;Cuoio capelluto\n",
        ["1 2024-04-25 face", "2 2024-04-03 scalp"],
    ),
    "portuguese": Export(
        "Código do paciente;Data da sessão;Hora;Tratamento\n1;25/04/2024;10:00;Couro cabeludo\n",
        ["1 2024-04-25T10:00+00:00 scalp"],
    ),
    "vietnamese": Export(
        "Mã bệnh nhân,Ngày điều trị,Loại điều trị\n1,25/04/2024,Da đầu\n2,01/04/2024,Trị nám\n",
        ["1 2024-04-25 scalp", "2 2024-04-01 brightening"],
    ),
    "cp1252": Export(
        "Dossier;Date de la séance;Zone traitée\n1;25/04/2024;Visage\n",
        ["1 2024-04-25 face"],
        "cp1252",
        {"encoding": "cp1252"},
    ),
    "utf-16": Export("ID\tDate treated\tTreatment\n1\t2024-04-01\tFace\n", ["1 2024-04-01 face"], "utf-16"),
    "a mark": Export("Patient ID,Treated,Type\n1,2024-04-01,Face\n", ["1 2024-04-01 face"], "utf-8-sig"),
    "carriage returns alone": Export(
        "Patient ID,Treated,Type\r1,2024-04-01,Face\r", ["1 2024-04-01 face"]
    ),
    "titles": Export(
        "Clinic Rose,,\nExported 2 May 2024,,\n\nID,Date of treatment,Treatment\n1,2024-04-01,Face\n",
        ["1 2024-04-01 face"],
    ),
    "titles with semicolons": Export(
        "Praxis;;;\nStand: 02.05.2024;;;\nID;Behandlungsdatum;Behandlung;\n1;25.04.2024;Gesicht;\n",
        ["1 2024-04-25 face"],
    ),
    "empty columns at the end": Export(
        "ID,Treated,Type,,\n1,2024-04-01,face,,\n2,2024-04-02,face,,x\n",
        ["1 2024-04-01 face", "! 3 cells"],
    ),
    "totals": Export(
        "ID,Treated,Type\n1,2024-04-01,face\nTotal,,1\n", ["1 2024-04-01 face", "! 3 No date|unknown"]
    ),
    "rows of blanks": Export(
        "ID,Treated,Type\n1,2024-04-01,face\n,,\n2,2024-04-02,face\n",
        ["1 2024-04-01 face", "2 2024-04-02 face"],
    ),
    "mixed orders": Export(
        "ID,Treated,Type\n1,25/04/2024,face\n2,4/13/2024,face\n3,01/04/2024,face\n",
        ["1 2024-04-25 face", "2 2024-04-13 face", "! 4 --dates"],
    ),
    "nothing decides": Export(
        "ID,Treated,Type\n1,01/04/2024,face\n2,03/04/2024,face\n", ["! 2 --dates", "! 3 --dates"]
    ),
    "somebody says": Export(
        "ID,Treated,Type\n1,01/04/2024,face\n2,03/04/24,face\n",
        ["1 2024-04-01 face", "2 2024-04-03 face"],
        changes={"orders": ORDERS[DAY_FIRST]},
    ),
    "against what somebody says": Export(
        "ID,Treated,Type\n1,04/13/2024,face\n2,01/04/2024,face\n",
        ["! 2 day-first", "2 2024-04-01 face"],
        changes={"orders": ORDERS[DAY_FIRST]},
    ),
    "year first": Export(
        "ID,Treated,Type\n1,2024/04/13,face\n2,2024/04/01,face\n",
        ["1 2024-04-13 face", "2 2024-04-01 face"],
    ),
    "two digits": Export("ID,Treated,Type\n1,25.04.24,face\n", ["! 2 2 dates"]),
    "two digits, said": Export(
        "ID,Treated,Type\n1,25.04.24,face\n",
        ["1 2024-04-25 face"],
        changes={"orders": ORDERS[DAY_FIRST]},
    ),
    "iso says nothing of others": Export(
        "ID,Treated,Type\n1,2024-04-13,face\n2,2024/04/01,face\n", ["1 2024-04-13 face", "! 3 2 dates"]
    ),
    "numbers of days": Export(
        'ID,Treated,Type\n1,45383,face\n2,45383.5,face\n3,"45383,25",face\n',
        ["1 2024-04-01 face", "2 2024-04-01T12:00+00:00 face", "3 2024-04-01T06:00+00:00 face"],
    ),
    "numbers from 1900 or 1904": Export("ID,Treated,Type\n1,43800,face\n", ["! 2 1904"]),
    "numbers that settle each other": Export(
        "ID,Treated,Type\n1,43800,face\n2,45383,face\n", ["1 2019-12-01 face", "2 2024-04-01 face"]
    ),
    "midnights by day": Export(
        "ID;Behandlungsdatum;Behandlung\n1;25.04.2024 00:00:00;Gesicht\n2;01.04.2024 00:00;Gesicht\n",
        ["1 2024-04-25 face", "2 2024-04-01 face"],
    ),
    "midnight at a day's end": Export(
        "ID,Treated,Type\n1,2024-04-01T24:00,face\n2,2024-04-01 24:00:00,face\n",
        ["1 2024-04-01T24:00+00:00 face", "2 2024-04-01T24:00+00:00 face"],
    ),
    "date and time cells of a program": Export(
        "ID,Treated,Time,Type\n1,2024-04-01T00:00:00,14:30:00,face\n2,2024-04-01 00:00,,face\n",
        ["1 2024-04-01T14:30+00:00 face", "2 2024-04-01 face"],
    ),
    "a time twice": Export(
        "ID,Treated,Time,Type\n1,2024-04-01T14:30,14:30,face\n2,2024-04-01T14:30,15:00,face\n",
        ["1 2024-04-01T14:30+00:00 face", "! 3 of its own"],
    ),
    "no column for the time": Export(
        "ID,Treated,Time,Type\n1,2024-04-01T14:30,15:00,face\n",
        ["1 2024-04-01T14:30+00:00 face"],
        changes={"columns": {"treated_time": ""}},
    ),
    "a part of a day as the time": Export(
        "ID,Treated,Time,Type\n1,2024-04-01,0.604166666666667,face\n2,2024-04-01,noon,face\n",
        ["1 2024-04-01T14:30+00:00 face", "2 2024-04-01T12:00+00:00 face"],
    ),
    "no time at all": Export("ID,Treated,Time,Type\n1,2024-04-01,soon,face\n", ["! 2 cannot be read"]),
    "words for dates": Export(
        "ID,Treated,Type\n1,1-Apr-2024,face\n2,Mon 1 April 2024,face\n3,1 Apr 24 3pm,face\n",
        ["1 2024-04-01 face", "2 2024-04-01 face", "3 2024-04-01T15:00+00:00 face"],
    ),
    "a wrong weekday": Export("ID,Treated,Type\n1,Tue 1 April 2024,face\n", ["! 2 contradicts"]),
    "zones": Export(
        "ID,Treated,Type,Time zone\n1,2024-04-01 14:30,face,Europe/Berlin\n2,2024-04-01 14:30,face,\n",
        ["1 2024-04-01T14:30+02:00 face", "2 2024-04-01T14:30+00:00 face"],
    ),
    "an unknown type": Export(
        "ID,Treated,Type\n1,2024-04-01,Glow\n2,2024-04-01,=face\n", ["! 2 --map-type", "! 3 unknown"]
    ),
    "a type, said": Export(
        "ID,Treated,Type\n1,2024-04-01,Glow!\n",
        ["1 2024-04-01 brightening"],
        changes={"types": {"glow": "brightening"}},
    ),
    "columns, said": Export(
        "Who,When,What\n1,2024-04-01,face\n",
        ["1 2024-04-01 face"],
        changes={"columns": {"patient_id": "Who", "treated": "When", "type": "What"}},
    ),
    "our own names win": Export(
        "ID,patient_id,Treatment date,treated,type,Treatment\n9,1,2024-01-01,2024-04-01,face,scalp\n",
        ["1 2024-04-01 face"],
    ),
    "cells over lines": Export(
        'ID,Treated,Type,Note\n1,2024-04-01,face,"one\ntwo"\n2,2024-04-02,face,\n',
        ["1 2024-04-01 face", "2 2024-04-02 face"],
    ),
    "blanks around": Export(
        " Patient ID , Treated , Type \n 1 , 25.04.2024 , Face \n 2 ,01.04.2024,\xa0face\n",
        ["1 2024-04-25 face", "2 2024-04-01 face"],
    ),
    "never was": Export("ID,Treated,Type\n1,30.02.2024,face\n2,2024-02-30,face\n", ["! 2 date", "! 3 exist"]),
    "ahead": Export("ID,Treated,Type\n1,25.12.2024,face\n", ["! 2 future"]),
    "pipes between": Export("ID|Treated|Type\n1|25.04.2024|Face\n", ["1 2024-04-25 face"]),
    "tabs between": Export("ID\tTreated\tType\n1\t25.04.2024\tFace\n", ["1 2024-04-25 face"]),
    "lines of JSON": Export(
        '{"Patient ID": "1", "Date of treatment": "25.04.2024", "Treatment": "Face"}\n'
        '{"Patient ID": "2", "Date of treatment": "01.04.2024", "Treatment": "Hair"}\n',
        ["1 2024-04-25 face", "2 2024-04-01 scalp"],
        changes={"kind": "ndjson"},
    ),
}  # fmt: skip


def as_read(job: Any) -> list[str]:
    """Return what the rows of a table mean, in the form of `Export.rows`."""
    said = []
    with understood(job) as table:
        for row in table:
            if row.reject is not None:
                said.append(f"! {row.line} {row.reject.reason}")
            else:
                assert row.treatment is not None
                patient = row.cells[table.ours("patient_id")].strip()
                said.append(f"{patient} {as_written(row.treatment)} {row.treatment.type}")
    return said


def meets(found: str, wanted: str) -> bool:
    """Whether a row was read as it has to be; a rejected one for one of the reasons named."""
    if not wanted.startswith("! "):
        return found == wanted
    _, line, words = wanted.split(" ", 2)
    return found.startswith(f"! {line} ") and any(each in found for each in words.split("|"))


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else vars(value)


def both(job: Any, folder: Path) -> tuple[list[str], list[str]]:
    """Return what streaming and DuckDB write, reject, count and say of one job."""
    told = []
    for engine in (stream_engine, duckdb_engine):
        out, bad = folder / "out", folder / "bad"
        given_ = job._replace(output=str(out), rejects=str(bad))
        tally = engine.run(given_, lambda _: None)
        said = json.dumps(vars(tally), sort_keys=True, default=_plain)
        told.append([out.read_text("utf-8"), bad.read_text("utf-8"), said])
    return told[0], told[1]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_read_as_it_is_meant(name: str, rules: RuleSet, tmp_path: Path) -> None:
    """By both engines, by the preview, and once more after it was written as it is meant."""
    export = EXPORTS[name]
    source = tmp_path / "in.csv"
    source.write_bytes(export.text.encode(export.encoding))
    job = bulk.job(rules, source, tmp_path / "out", **export.changes)
    if "\t" in export.text:
        job = job._replace(kind="tsv")
    if job.kind == "ndjson":
        job = job._replace(form="ndjson")
    found = as_read(job)
    assert len(found) == len(export.rows), found
    assert all(map(meets, found, export.rows)), found
    one, other = both(job, tmp_path)
    assert one == other
    assert one[1].count("\n") > sum(row.startswith("!") for row in export.rows)
    # Every verdict is the one that the engine gives for what was understood.
    with understood(job) as table:
        expected = [
            [answer(each, [row.treatment], rules, bulk.AT).verdict.value for each in job.activities]
            for row in table
            if row.treatment is not None
        ]
    text = one[0]
    if job.form == "ndjson":
        verdicts = [[json.loads(line)[id_] for id_ in job.ids] for line in text.splitlines()]
    else:
        delimiter = next(each for each in ";\t|," if each in text.splitlines()[0])
        rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter))
        verdicts = [[row[id_] for id_ in job.ids] for row in rows]
    assert verdicts == expected
    shown = preview(job).rows
    assert [list(row.verdicts) for row in shown if not row.why] == expected
    tally = fix(job._replace(output=str(tmp_path / "fixed.csv"), rejects=str(tmp_path / "no.csv")))
    assert tally.written == len(expected)
    again = bulk.job(rules, tmp_path / "fixed.csv", tmp_path / "out")
    assert as_read(again) == [row for row in found if not row.startswith("!")]


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("Patient ID,Client ID,Treated,Type\n", "2 columns for patient_id: 'Patient ID' and", "--map"),
        ("Patient-ID,Patient ID,Treated,Type\n", "2 columns for patient_id", "--map"),
        ("ID,Treated,Treatment,Area\n", "2 columns for type: 'Treatment' and 'Area'", "--map type="),
        ("ID,Treated\n", "lacks the column 'type'", "--map"),
        ("ID~Treated~Type\n", "lacks the column", "--delimiter"),
        ("", "is empty", "patient_id"),
    ],
)  # fmt: skip
def test_a_header_that_leaves_a_doubt_is_refused(
    text: str, said: str, hint: str, rules: RuleSet, tmp_path: Path
) -> None:
    """Both candidates are named, with what settles it; by either engine."""
    (tmp_path / "in.csv").write_text(text)
    for engine in (stream_engine, duckdb_engine):
        with pytest.raises(TableError) as caught:
            engine.run(bulk.job(rules, tmp_path / "in.csv", tmp_path / "out"), lambda _: None)
        assert said in caught.value.message
        assert hint in caught.value.hint


def test_built_in_names_lead_to_one_column(rules: RuleSet) -> None:
    """No name is a word for two columns; nor one for two types."""
    names = [folded(each) for of in rules.columns.values() for each in of]
    assert len(names) == len(set(names))
    words = [folded(each) for type_ in rules.types.values() for each in type_.aliases]
    assert len(words) == len(set(words))


LETTERS = st.sampled_from([str.upper, str.lower, str.title, str.swapcase])


@given(st.randoms(use_true_random=False), LETTERS, st.sampled_from(["", " ", "-", "_", ". ", "  "]))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_headers_are_matched_whatever_their_letters(
    rules: RuleSet, random_: random.Random, letters: Any, sign: str
) -> None:
    """Case, blanks and signs make no difference to any name of the list."""
    columns = Columns({}, rules.columns)
    for ours, names in rules.columns.items():
        name = letters(random_.choice(names)).replace(" ", sign or " ")
        assert columns.candidates(ours, ["x", name, "y"]) == [name]


NUMBERS = st.tuples(
    st.dates(datetime(2020, 1, 1).date(), datetime(2024, 5, 1).date()), st.sampled_from("./-")
)


@given(st.lists(NUMBERS, min_size=1, max_size=12), st.sampled_from([DAY_FIRST, MONTH_FIRST]))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_a_column_settles_only_what_is_so(days: list[tuple[Any, str]], order: str) -> None:
    """Of dates written in one order, that order or none; and some date past the 12th decides."""
    form = "%d{0}%m{0}%Y" if order == DAY_FIRST else "%m{0}%d{0}%Y"
    texts = [day.strftime(form.format(sign)) for day, sign in days]
    found = settled(texts, datetime(2024, 5, 2).date())
    decides = any(day.day > 12 for day, _ in days)
    assert found.year_last == (order if decides else None)
    other = "4/13/2024" if order == DAY_FIRST else "13/4/2024"
    assert settled([*texts, other], datetime(2024, 5, 2).date()).year_last in {
        None, MONTH_FIRST if order == DAY_FIRST and not decides else
        DAY_FIRST if order == MONTH_FIRST and not decides else None,
    }  # fmt: skip


def test_nothing_is_settled_by_nothing() -> None:
    """Neither by no dates, nor by ISO dates, nor by words."""
    today = datetime(2024, 5, 2).date()
    for texts in ([], ["2024-04-13", "1 May 2024", "yesterday", ""], ["99.99.2024"]):
        assert settled(texts, today) == UNSETTLED
    assert settled(["2024/04/13"], today).year_first == YEAR_FIRST


def from_python(rows: list[list[str]], rules: RuleSet) -> dict[str, list[str]]:
    """Return the verdicts of the patients that are judged from Python."""
    ours = ("patient_id", "treated", "type", "tz")
    given_ = [dict(zip(ours, row, strict=True)) for row in rows]
    found = check_rows(given_, rules, at=bulk.AT, zone="UTC", order=DAY_FIRST)
    return {row.row["patient_id"]: [*row.verdicts.values()] for row in found if not row.error}


def by_patient(text: str, delimiter: str, count: int) -> list[list[str]]:
    """Return the patients of a table of verdicts, with so many last cells."""
    read = list(csv.reader(text.splitlines(), delimiter=delimiter))[1:]
    return [[row[0], *row[-count:]] for row in read]


FORMS = (
    "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%d.%m.%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d %b %Y",
    "%Y/%m/%d", "%d-%m-%Y",
)  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "time apart", "parquet", "ndjson"])
@pytest.mark.parametrize("count", shared_out([800, 10_000]))
def test_rows_in_all_forms_are_read_alike(  # noqa: PLR0915 - one table in all its forms
    kind: str, count: int, rules: RuleSet, tmp_path: Path, searched: Searched
) -> None:
    """By streaming, by DuckDB and one by one; across zones, changes of clocks and orders."""
    random_ = random.Random(count)
    words = {"face": "Face", "scalp": "Hair", "brightening": "Melasma"}
    rows, expected = [], []
    header = ["Patient ID", "Date of treatment", "Treatment", "Time zone"]
    for n, (treated, type_, tz) in enumerate(bulk.treatments(rules, bulk.AT, count, 3)):
        try:
            local = datetime.fromisoformat(treated)
        except ValueError:
            continue
        if local.tzinfo is not None:
            continue
        form = random_.choice(FORMS)
        text = local.strftime(form)
        if kind == "time apart":
            text = local.strftime("%d.%m.%Y") + ";" + local.strftime("%H:%M")
        written = f"{local:%Y-%m-%d}"
        if "%H" in form or kind == "time apart":
            seconds = "%S" in form and kind != "time apart"
            written = local.isoformat(timespec="seconds" if seconds else "minutes")
        rows.append([f"P{n}", text, random_.choice([type_, words[type_]]), tz])
        expected.append((written, type_, tz))
    # One that only one order makes a date.
    rows.insert(0, ["P", "25.04.2024" + ";" * (kind == "time apart"), "Face", "UTC"])
    expected.insert(0, ("2024-04-25", "face", "UTC"))
    rows.append(["Q", "2024/04/13" if kind != "time apart" else "13.04.2024;", "Face", "UTC"])
    expected.append(("2024-04-13", "face", "UTC"))
    source = tmp_path / "in"
    job = bulk.job(rules, source, tmp_path / "out")
    if kind == "ndjson":
        lines = [json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows]
        source.write_text("".join(lines))
        job = job._replace(kind="ndjson", form="csv")
    else:
        if kind == "time apart":
            header[1] += ";Time"
        source.write_text("".join(";".join(row) + "\n" for row in [header, *rows]))
    one, other = both(job, tmp_path)
    if kind == "parquet":
        import duckdb

        pq = tmp_path / "in.parquet"
        duckdb.execute(f"COPY (FROM read_csv('{source}', all_varchar=true, delim=';')) TO '{pq}'")
        duckdb_engine.run(
            job._replace(source=str(pq), kind="parquet", output=str(tmp_path / "pq"),
                         rejects=str(tmp_path / "pqbad")), lambda _: None,
        )  # fmt: skip
        comma = [",".join(row) for row in csv.reader(one[0].splitlines(), delimiter=";")]
        assert (tmp_path / "pq").read_text().splitlines() == comma
    assert one == other
    canonical = tmp_path / "canonical.csv"
    canonical.write_text(
        "patient_id,treated,type,tz\n"
        + "".join(f"{row[0]},{','.join(each)}\n" for row, each in zip(rows, expected, strict=True))
    )
    plain, _ = both(bulk.job(rules, canonical, tmp_path / "out"), tmp_path)
    if kind in {"csv", "parquet"}:
        api = {row[0]: row[-len(job.ids) :] for row in csv.reader(plain[0].splitlines())}
        told = from_python(rows, rules)
        assert told.items() <= api.items()
        # Of rows passed on one by one, none settles the order of a date whose year is first.
        texts = {row[0]: row[1] for row in rows}
        left = {texts[patient] for patient in api.keys() - told.keys() - {"patient_id"}}
        assert all(re.match(r"\d{4}/", text) for text in left)
        assert len(told) > len(rows) / 2
    between = ";" if kind != "ndjson" else ","

    count_ = len(job.ids)
    assert by_patient(one[0], between, count_) == by_patient(plain[0], ",", count_)
    assert one[1].count("\n") == plain[1].count("\n")
    searched(len(rows), f"rows in the forms of practices, {kind}")


def test_a_sheet_is_found_by_its_header(rules: RuleSet, tmp_path: Path) -> None:
    """Under a title, among others; several are refused, and one may be named, even hidden."""
    notes = Sheet([["Opening hours"], ["Mon", "9 to 5"]])
    rows: list[list[object]] = (
        [["Clinic Rose"], [], ["Patient ID", "Date of treatment", "Time", "Treatment", ""],
         ["1", datetime(2024, 4, 1), time(14, 30), "Hair", ""], ["2", 45383, "", "Face", ""]]
    )  # fmt: skip
    table = Sheet(rows)
    source = tmp_path / "in.xlsx"
    job = bulk.job(rules, source, tmp_path / "out", kind="excel")
    xlsx(source, notes, table)
    assert as_read(job) == ["1 2024-04-01T14:30+00:00 scalp", "2 2024-04-01 face"]
    tally = duckdb_engine.run(job, lambda _: None)
    assert (tally.reading.sheet, tally.reading.header, tally.written) == ("S2", 3, 2)
    xlsx(source, notes, table, table)
    with pytest.raises(TableError) as caught:
        duckdb_engine.run(job, lambda _: None)
    assert "2 sheets with a table: 'S2', 'S3'" in caught.value.message
    assert "--sheet S2" in caught.value.hint
    assert duckdb_engine.run(job._replace(sheet="S3"), lambda _: None).written == 2
    with pytest.raises(TableError) as caught:
        duckdb_engine.run(job._replace(sheet="Patients"), lambda _: None)
    assert "it has: 'S1', 'S2', 'S3'" in caught.value.message
    xlsx(source, notes, table._replace(state="hidden"))
    with pytest.raises(TableError, match="lacks the column"):
        duckdb_engine.run(job, lambda _: None)
    assert duckdb_engine.run(job._replace(sheet="S2"), lambda _: None).written == 2


def test_merged_cells_percents_and_formulas_without_values(rules: RuleSet, tmp_path: Path) -> None:
    """None passes for a treatment; each row is named with what stands there."""
    source = tmp_path / "in.xlsx"
    rows: list[list[object]] = [
        ["Patient ID", "Treated", "Type"],
        ["1", "2024-04-01", "Face"],
        ["2", "2024-04-02", ""],  # merged with the cell above
        ["3", Xml("<c {at}><f>TODAY()</f></c>"), "Face"],
        ["4", 0.5, "Face"],
    ]
    xlsx(source, Sheet(rows))
    job = bulk.job(rules, source, tmp_path / "out", kind="excel", rejects=str(tmp_path / "bad"))
    tally = duckdb_engine.run(job, lambda _: None)
    assert (tally.written, tally.rejected) == (1, 3)
    rejects = (tmp_path / "bad").read_text().splitlines()
    assert [row["line"] for row in csv.DictReader(rejects)] == ["3", "4", "5"]


def test_two_tables_on_one_sheet_are_one_and_rejects(rules: RuleSet, tmp_path: Path) -> None:
    """The second header is a row like any other, and is rejected."""
    source = tmp_path / "in.csv"
    source.write_text("ID,Treated,Type\n1,2024-04-01,face\nID,Treated,Type\n2,2024-04-02,face\n")
    assert [row[:3] for row in as_read(bulk.job(rules, source, tmp_path / "out"))] == [
        "1 2", "! 3", "2 2"
    ]  # fmt: skip


@pytest.mark.parametrize("length", [10, 19_000, 21_000])
def test_a_pipe_is_looked_at_as_far_as_is_said(length: int, own: Program) -> None:
    """Its rows are held back until the order is settled; a longer one settles nothing."""
    rows = [f"{n},25.04.2024,face\n" for n in range(300)]
    rows += [f"{n},01.04.2024,face\n" for n in range(length)]
    given_ = "ID,Treated,Type\n" + "".join(rows)
    done = own.run("check", "-", "--at", "2024-05-02T15:00", given=given_.encode())
    if length < 20_000:
        assert done.code == 0
        assert done.out.count("\n") == 301 + length
        assert "day-first" in done.err
    else:
        assert done.code == 1
        assert done.out.count("\n") == 301
        assert "too long to look at" in done.err
    # A row of the other order before what is looked at leaves it open.
    mixed = "ID,Treated,Type\n1,4/13/2024,face\n" + "".join(rows[:310])
    done = own.run("check", "-", "--at", "2024-05-02T15:00", given=mixed.encode())
    assert (done.code, done.out.count("\n")) == (1, 302)


def test_from_the_terminal(own: Program) -> None:
    """Preview, mending, and a condition on the type, with what was understood on standard error."""
    text = EXPORTS["german"].text
    (own.place / "in.csv").write_text(text + "C;03.04.2024;Glow\n")
    at = ("--at", "2024-05-02T15:00", "--tz", "UTC")
    done = own.run("check", "in.csv", *at, "--map-type", "Glow=scalp", "--where", "type=scalp")
    assert [line[0] for line in done.out.splitlines()[1:]] == ["B", "C"]
    assert "treated from 'Behandlungsdatum'" in " ".join(done.err.split())
    assert "Dates are day-first" in done.err
    assert "'Glow', 'Kopfhaut' as scalp" in done.err
    duck = own.run(
        *("check", "in.csv", *at, "--map-type", "Glow=scalp", "--where", "type=scalp"),
        *("--engine", "duckdb"),
    )
    assert duck.out == done.out
    shown = own.run("check", "in.csv", *at, "--preview")
    assert shown.code == 0
    assert "2024-04-25" in shown.out
    assert "--map-type Glow=face" in " ".join(shown.out.split())
    plain = json.loads(own.run("check", "in.csv", *at, "--preview", "--json").out)
    assert plain["schema"] == "mesocare.preview/1"
    assert plain["reading"]["dates"] == "day-first"
    assert [row["type"] for row in plain["rows"]] == ["face", "scalp", None]
    fixed = own.run("check", "in.csv", *at, "--fix", "fixed.csv")
    assert fixed.code == 1
    assert (own.place / "fixed.csv").read_text().splitlines() == [
        "patient_id,treated,type", "A,2024-04-25,face", "B,2024-04-02,scalp"
    ]  # fmt: skip
    for given_, said in (
        (("--sheet", "S1"), "has no sheets"),
        (("--map-type", "Glow"), "--map-type Glow=face"),
        (("--map-type", "Glow=neck"), "unknown treatment type"),
        (("--dates", "us"), "day-first, month-first, year-first"),
        (("--map", "treated="), "--map treated=date"),
    ):
        assert said in own.run("check", "in.csv", *at, *given_).err
    done = own.run("check", "s3://b/x.parquet", *at)
    assert done.code == 2
    assert "is an address" in done.err


def test_a_protocol_has_words_of_its_own(own: Program) -> None:
    """For columns and for its named treatments."""
    (own.place / "clinic.yaml").write_text(
        "extends: mesocare\nname: rose\nversion: '1'\nclinic: {name: Rose}\nreviewer: A\n"
        "reviewed: 2024-05-01\nreview_due: 2025-05-01\n"
        "treatments:\n  prp: {extends: face, label: PRP, aliases: [vampire facial]}\n"
        "columns: {treated: [Termin]}\n"
    )
    (own.place / "in.csv").write_text(
        "ID,Termin,Type\n1,2024-04-01,Vampire Facial\n2,2024-04-01,PRP\n"
    )
    done = own.run("check", "in.csv", "--rules", "clinic.yaml", "--at", "2024-05-02T15:00")
    assert done.code == 0
    assert "'PRP', 'Vampire Facial' as prp" in done.err


def test_dates_of_a_zone_are_of_its_day(rules: RuleSet, tmp_path: Path) -> None:
    """A number of days is a day of the row's zone."""
    source = tmp_path / "in.csv"
    source.write_text("ID,Treated,Type,tz\n1,45383,face,Asia/Tokyo\n")
    with understood(bulk.job(rules, source, tmp_path / "out")) as table:
        (row,) = table
    assert row.treatment is not None
    assert row.treatment.when.earliest == datetime(2024, 4, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert row.treatment.when.latest - row.treatment.when.earliest == timedelta(days=1)


def test_a_number_in_an_object_is_no_text_for_anybody(rules: RuleSet, tmp_path: Path) -> None:
    """What the check rejects, the preview and the mending reject, with the same words."""
    source = tmp_path / "in.ndjson"
    source.write_text(
        '{"ID": 1, "Treated": "2024-04-01", "Type": "face"}\n'
        '{"ID": 2, "Treated": 45383, "Type": "face"}\n{"ID": 3, "Treated": "2024-04-01"}\n'
    )
    job = bulk.job(rules, source, tmp_path / "out", kind="ndjson", rejects=str(tmp_path / "bad"))
    stream_engine.run(job, lambda _: None)
    bad = list(csv.reader((tmp_path / "bad").read_text().splitlines()))
    assert [row[:4] for row in bad[1:]] == [
        ["2", "Treated", "45383", "is no text"], ["3", "Type", "", "is missing"]
    ]  # fmt: skip
    assert as_read(job) == ["1 2024-04-01 face", "! 2 is no text", "! 3 is missing"]
