"""What holds of every type that ships in the bundle `platform`."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from domain.canonical_json import canonical
from domain.config_types.builtin import BUILTIN
from domain.config_types.definition import TypeDefinition
from domain.config_types.platform import PLATFORM
from domain.config_types.platform.tuning import LEVELS, PROFILES
from domain.config_types.schema import checked
from domain.config_types.spec import Rule
from domain.configs.merge import merged
from domain.documents import Document

SPECS = {one.spec.name: one.spec for one in PLATFORM}
DEFINITIONS = {name: TypeDefinition(spec, version=1) for name, spec in SPECS.items()}
EXAMPLES = [(one.spec.name, name) for one in PLATFORM for name in one.examples]
every_type = pytest.mark.parametrize("name", SPECS)

# For each rule, data over the defaults that breaks it and no other.
LEVELS_ABOVE = {
    f"{part}_{field}_within_level": {part: {field: most + 1}}
    for part, levels in LEVELS.items()
    for field, most in levels["low"].items()
}
BROKEN: dict[str, dict[str, Document]] = {
    "backup": {
        "level_of_method": {"compression_level": 10},
        "kept_long_enough": {"retention_days": 2},
    },
    "cache": {
        "server_named": {"backend": "redis"},
        "semantic_needs_vectors": {"semantic_cache_enabled": True, "embedding_cache_enabled": False},
    },
    "customization": {
        "order_names_plugins": {"plugin_order": ["nobody"]},
        "workflow_has_steps": {"approval_workflow": {"enabled": True}},
        "enough_approvers": {
            "approval_workflow": {
                "steps": [{"name": "look", "approvers": ["ada"], "approvals": 2, "timeout_hours": 24}],
            }
        },
    },
    "integration": {
        "burst_within_limit": {"rate_limit": {"burst": 61}},
        "delays_in_order": {"retry": {"initial_delay_ms": 501, "max_delay_ms": 500}},
    },
    "monitoring": {
        "traces_go_somewhere": {"tracing": {"enabled": True}},
        "alerts_need_metrics": {
            "metrics": {"enabled": False},
            "alert_rules": {
                "slow": {
                    "metric": "seconds",
                    "comparison": "above",
                    "threshold": 1,
                    "for_seconds": 0,
                    "severity": "info",
                    "notify": [],
                }
            },
        },
        "dashboards_need_metrics": {
            "metrics": {"enabled": False},
            "dashboards": {"all": {"title": "All", "panels": []}},
        },
    },
    "multi_tenant": {
        "walls_are_kept": {"cross_tenant_search": True, "isolation": "index"},
        "default_needs_tenants": {"default_tenant": "t-1"},
    },
    "scalability": {
        "min_below_max": {"auto_scaling": {"min_replicas": 5}},
        "shrinks_no_faster_than_it_grows": {"auto_scaling": {"scale_down_cooldown_seconds": 59}},
        "check_ends_before_the_next": {"load_balancing": {"health_check_timeout_seconds": 10}},
        "three_nines_need_two": {"availability": {"target_percent": 99.9}},
        "a_replica_for_each_zone": {"availability": {"zones": 5}},
    },
    "security": {
        "files_kept_to_paths": {"allow_file_access": True},
        "hosts_need_network": {"allowed_hosts": ["example.org"]},
        "programs_in_sandbox": {"allow_process_spawn": True, "sandbox": False},
    },
    "security_policy": {
        "idle_within_session": {"access_control": {"session_minutes": 29}},
        "regimes_need_an_audit_log": {"regimes": ["soc2"], "audit_logging": {"enabled": False}},
        "regimes_need_encryption": {"regimes": ["soc2"], "encryption": {"in_transit": False}},
    },
    "tuning": {
        "levels_of_development": {"cpu": {"level": "medium"}},
        "levels_of_production": {"profile": "production"},
        "levels_of_high_performance": {"profile": "high_performance"},
        "caches_within_limit": {"memory": {"limit_mb": 128}},
        **LEVELS_ABOVE,
    },
    "vector_storage": {
        "construction_above_links": {"hnsw": {"m": 20, "ef_construction": 19}},
        "mock_keeps_nothing": {"backend": "mock"},
    },
}


RECORDED = {  # revision, and the start of the SHA-256 of the definition
    "backup": (1, "0ad12f95ded5d88f"),
    "cache": (1, "f468c247e37c2b3c"),
    "customization": (1, "7e646429a5997d4a"),
    "integration": (1, "568297b8427469e2"),
    "monitoring": (1, "ef2a4678b639c1fc"),
    "multi_tenant": (1, "f677d7ada6688cbb"),
    "scalability": (1, "d9fff8bac1ebd912"),
    "security": (1, "1ad1770de17b010d"),
    "security_policy": (1, "2fcc9b812a023ef3"),
    "tuning": (1, "2b95478db2eaf628"),
    "vector_storage": (1, "442ab7ef076d83e4"),
}


def examples_of(name: str) -> dict[str, Document]:
    return next(one.examples for one in PLATFORM if one.spec.name == name)


@every_type
def test_a_definition_that_changes_gets_a_higher_revision(name: str) -> None:
    """A log that has this revision is not given the definition again: add one, and write down the digest of the new."""
    digest = sha256(canonical(SPECS[name].to_data())).hexdigest()
    assert (SPECS[name].revision, digest[:16]) == RECORDED[name]


@every_type
def test_it_is_accepted_as_any_type_is(name: str) -> None:
    spec = SPECS[name]
    checked(spec.name, spec.schema, spec.rules, spec.mode)
    assert spec.mode == "overlay"


def test_no_name_is_one_of_a_type_that_is_everywhere() -> None:
    assert not SPECS.keys() & {spec.name for spec in BUILTIN}


@every_type
def test_its_defaults_are_complete_and_valid(name: str) -> None:
    definition = DEFINITIONS[name]
    assert definition.missing(definition.defaults) == []
    assert definition.violations(definition.defaults) == []


@every_type
def test_it_has_an_example(name: str) -> None:
    assert examples_of(name)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_an_example_is_valid_and_says_something(name: str, example: str) -> None:
    definition, data = DEFINITIONS[name], examples_of(name)[example]
    assert definition.partial_violations(data) == []
    assert definition.violations(merged(definition.defaults, data)) == []
    assert merged(definition.defaults, data) != definition.defaults or example == "development"


@pytest.mark.parametrize(("name", "rule"), [(name, rule) for name, rules in BROKEN.items() for rule in rules])
def test_a_rule_can_be_broken_alone_and_says_so(name: str, rule: str) -> None:
    definition = DEFINITIONS[name]
    (found,) = definition.violations(merged(definition.defaults, BROKEN[name][rule]))
    assert (found.rule, found.message) == (rule, messages(definition.rules)[rule])


def messages(rules: tuple[Rule, ...]) -> dict[str, str]:
    return {rule.name: rule.message for rule in rules}


def test_every_rule_is_broken_above() -> None:
    assert {name: set(rules) for name, rules in BROKEN.items()} == {
        name: {rule.name for rule in spec.rules} for name, spec in SPECS.items()
    }


def fields_of(schema: Document, inside: str = "") -> Iterator[tuple[str, Document]]:
    for name, field in schema["properties"].items():
        yield f"{inside}/{name}", field
        for held in (field, field.get("items"), field.get("additionalProperties")):
            if isinstance(held, dict) and "properties" in held:
                yield from fields_of(held, f"{inside}/{name}")


@every_type
def test_a_form_can_be_made_of_it(name: str) -> None:
    """Each field has a title and a meaning, and each number both bounds, but the threshold of whatever is measured."""
    lacking = [
        (pointer, keyword)
        for pointer, field in fields_of(SPECS[name].schema)
        for keyword in ("title", "description", *bounds_of(pointer, field))
        if keyword not in field
    ]
    assert lacking == []


def bounds_of(pointer: str, field: Document) -> tuple[str, ...]:
    is_bounded = field.get("type") in ("integer", "number") and pointer != "/alert_rules/threshold"
    return ("minimum", "maximum") if is_bounded else ()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_of_tuning_expands_to_the_settings_of_its_levels(profile: str) -> None:
    expanded = examples_of("tuning")[profile]
    assert expanded == {
        "profile": profile,
        **{part: {"level": level, **LEVELS[part][level]} for part, level in PROFILES[profile].items()},
    }


def test_an_endpoint_that_is_authenticated_needs_a_credential() -> None:
    integration = DEFINITIONS["integration"]
    crm = {"url": "https://crm.example.org", "authentication": "bearer"}
    found = integration.violations(merged(integration.defaults, {"endpoints": {"crm": crm}}))
    assert [(one.pointers, one.rule) for one in found] == [(("/endpoints/crm/credential",), "required")]
    open_ = {"url": "https://crm.example.org", "authentication": "none"}
    assert integration.violations(merged(integration.defaults, {"endpoints": {"crm": open_}})) == []
    assert integration.partial_violations({"endpoints": {"crm": {"timeout_seconds": 5}}}) == []
