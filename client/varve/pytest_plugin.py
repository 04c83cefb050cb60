"""The fixture `varve_client`, for whoever has this package and pytest; it costs nothing until it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from varve.testing import MemoryClient


@pytest.fixture
def varve_client() -> Iterator[MemoryClient]:
    """A client with an empty service in memory: see varve.testing."""
    from varve import testing  # noqa: PLC0415 -- most tests of most applications do not ask for it

    with testing.client() as found:
        yield found
