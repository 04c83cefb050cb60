"""What is recorded is acknowledged, also when the views cannot be brought up to it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from api.bootstrap import service
from application.edit_configs import Draft
from application.ports import Command
from domain.configs.scope import GLOBAL
from infrastructure.projections import follower


@pytest.fixture
def cases_whose_views_stand_still(monkeypatch):
    def cut_off(*_, **__):
        raise sa.exc.OperationalError("UPDATE progress", {}, ConnectionError("the server closed the connection"))

    with service("memory:", variables={}) as opened:
        monkeypatch.setattr(follower, "advance", cut_off)
        yield opened.use_cases


def test_a_command_whose_commit_the_views_cannot_follow_is_acknowledged(cases_whose_views_stand_still):
    command = Command("u-1", "k-1", "create", b"")
    draft = Draft("production", GLOBAL, "chunking", "one", {})
    outcome = cases_whose_views_stand_still.edit_configs.create(draft, command=command)
    assert cases_whose_views_stand_still.store.commit_of("u-1", "k-1") == outcome.commit
    assert not outcome.visible
