"""What the tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mesocare.rules.loader import load_rules

if TYPE_CHECKING:
    from mesocare.core.model import RuleSet


@pytest.fixture(scope="session")
def rules() -> RuleSet:
    """Return the built-in rule set."""
    return load_rules()
