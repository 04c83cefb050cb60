"""The generated pages say what the code says now."""

from __future__ import annotations

import pytest

from docs.generate import DATA, DOCS, PAGES, text_of


@pytest.mark.parametrize("name", [*PAGES, *DATA])
def test_a_generated_page_is_fresh(name: str):
    page = DOCS / name
    assert page.exists(), f"docs/{name} is missing: run `make docs`"
    assert page.read_text(encoding="utf-8") == text_of(name), f"docs/{name} is stale: run `make docs`"
