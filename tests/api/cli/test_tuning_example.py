"""The bundle of tuning profiles that ships as an example."""

from __future__ import annotations

from pathlib import Path

from domain.config_types.platform.tuning import settings_of
from tests.api.cli.conftest import Varve

BUNDLE = str(Path(__file__).parents[3] / "examples" / "tuning" / "bundle.yaml")


def test_users_who_are_given_a_tuning_profile_get_the_settings_of_its_levels(varve: Varve) -> None:
    assert varve("import", BUNDLE).code == 0
    for profile in ("development", "production", "high_performance"):
        assert varve("profile", "assign", profile, f"service-{profile}").code == 0
        effective = varve("get", f"service-{profile}", "-t", "tuning", "--json").json
        assert effective["tuning"] == settings_of(profile)
        assert effective["degraded"] == []


def test_imported_again_it_changes_nothing(varve: Varve) -> None:
    varve("import", BUNDLE)
    position = varve("get", "--json").json["position"]
    assert varve("import", BUNDLE).code == 0
    assert varve("get", "--json").json["position"] == position
