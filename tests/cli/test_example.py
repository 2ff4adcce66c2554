"""An example protocol, the whole way: new, check, test, diff, use, and patients checked by it."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.process import Program

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROTOCOL, CASES, PATIENTS = "rose-clinic.yaml", "rose-clinic-cases.yaml", "patients.csv"
AT = ("--at", "2024-05-03T09:00", "--tz", "Europe/London")
# By hand: the built-in windows, but for foundation (72 h after face) and what extends a type.
EXPECTED = {
    "P001": ("avoid", "42.5 h after face, and the clinic asks for 72"),
    "P002": ("avoid", "a whole day, at least 33 h ago"),
    "P003": ("avoid", "71 h after PRP, which takes over the 72 h of the face"),
    "P005": ("allowed", "a scalp protocol: the face was not treated"),
    "P006": ("allowed", "a month ago"),
    "P008": ("allowed", "a scalp treatment"),
}
REJECTED = {"P004": "treated", "P007": "type"}


@pytest.fixture
def clinic(own: Program) -> Program:
    """Return the program beside a copy of the examples."""
    for name in (PROTOCOL, CASES, PATIENTS):
        shutil.copy(EXAMPLES / name, own.place / name)
    return own


def test_a_new_protocol_is_sound(own: Program) -> None:
    """The starter can be checked and used as it stands, and says what the built-in rules say."""
    made = own.run("rules", "new", "ours.yaml")
    assert (made.code, made.err) == (0, "")
    assert own.run("rules", "check", "ours.yaml").code == 0
    assert own.run("rules", "diff", "built-in", "ours.yaml").code == 0


def test_the_example_goes_the_whole_way(clinic: Program) -> None:
    """Checked, tested, compared, put to use, and asked about a table of patients."""
    checked = clinic.run("rules", "check", "--strict", PROTOCOL)
    assert (checked.code, checked.err) == (0, ""), checked.out
    tested = clinic.run("rules", "test", CASES, "--rules", PROTOCOL)
    assert tested.code == 0, tested.out
    compared = clinic.run("rules", "diff", "built-in", PROTOCOL)
    assert compared.code == 1  # mineral make-up after PRP opens earlier
    assert "24 h later" in compared.out
    used = clinic.run("rules", "use", PROTOCOL)
    assert used.code == 0, used.err
    told = clinic.run("can-i", "foundation", "--treated", "2024-05-01T14:30", *AT)
    assert told.code == 1
    assert "Rose Clinic" in told.out
    assert "48 h" in told.out
    found = clinic.run("check", PATIENTS, "--activities", "foundation", *AT)
    assert found.code == 1
    rows = {row["patient_id"]: row for row in csv.DictReader(io.StringIO(found.out))}
    assert {id_: row["foundation"] for id_, row in rows.items()} == {
        id_: verdict for id_, (verdict, _) in EXPECTED.items()
    }
    assert rows["P008"]["room"] == "'=2+2"
    for line, column in ((5, REJECTED["P004"]), (8, REJECTED["P007"])):
        assert f"line {line}: {column}" in found.err
    gone = clinic.run("rules", "use", "--built-in")
    assert gone.code == 0
    after = clinic.run("can-i", "foundation", "--treated", "2024-05-01T14:30", *AT)
    assert "Rose Clinic" not in after.out


def test_the_built_in_rules_fail_the_clinics_cases(clinic: Program) -> None:
    """The cases tell the protocol from the rules it changes."""
    assert clinic.run("rules", "test", CASES).code != 0
