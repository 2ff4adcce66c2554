"""Every sentence of the documents the rules were first built from can be seen on the screen.

`tests/data/seeds.tsv` has a row for each claim: what it says, the command that shows it, and what
of the answer does. What is left out on purpose is on the ledger.
"""

from __future__ import annotations

import csv
import shlex
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.process import Program  # noqa: TC001 - the fixture's type is looked up

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet

ROOT = Path(__file__).parents[2]
with (ROOT / "tests/data/seeds.tsv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file, delimiter="\t"))
SHOWN: dict[str, list[dict[str, str]]] = defaultdict(list)
for row in ROWS:
    SHOWN[row["command"]].append(row)


@pytest.mark.parametrize("command", SHOWN)
def test_command_shows_what_the_seeds_say(command: str, program: Program) -> None:
    """The text of the rule, or the id of the claim beside its figure, is in the answer."""
    answer = " ".join(program.run(*shlex.split(command)[1:]).out.split())
    lacking = [row["claim"] for row in SHOWN[command] if row["shows"] not in answer]
    assert not lacking


def test_every_claim_of_the_seeds_has_its_row(rules: RuleSet) -> None:
    """What has none is on the ledger, with the reason."""
    ledger = yaml.safe_load((ROOT / "data/ledger.yaml").read_text(encoding="utf-8"))["not_used"]
    claims = {row.id for row in rules.evidence.values() if row.source.seed}
    assert claims - {row["claim"] for row in ROWS} == claims & set(ledger)
    assert len({row.source.id for row in rules.evidence.values() if row.source.seed}) == 5
