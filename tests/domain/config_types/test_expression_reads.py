from __future__ import annotations

import pytest

from domain.config_types.expressions import Expression


@pytest.mark.parametrize(
    ("expression", "read"),
    [
        ("this.a", ["/a"]),
        ("this.a.b > this.c || !has(this.a.d)", ["/a/b", "/a/d", "/c"]),
        ("this.url == null || this.url.startsWith('this.not')", ["/url"]),
        ("this.steps.all(step, step.count <= this.most)", ["/most", "/steps"]),
        ('{"low": 1}[this.level] == 1', ["/level"]),
        ("this.a[this.b].c", ["/a", "/b"]),
        ("size(this) > 1 && this.a", ["", "/a"]),
        ("true", []),
    ],
)
def test_what_an_expression_reads_is_told_by_pointers(expression, read):
    assert list(Expression(expression).reads()) == read
