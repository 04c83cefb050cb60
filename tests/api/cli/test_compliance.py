"""varve compliance: what is violated, and because of what."""

from __future__ import annotations

POLICY = "builtin:platform/security_policy/five_regimes"


def test_violations_are_told_with_who_made_them_and_end_with_1(varve):
    varve("import", "builtin:platform", POLICY)
    varve("set", "global", "backup", "verify_restore=true", "--actor", "ops", "--reason", "tried weekly")
    assert varve("compliance", "production").code == 0
    varve(
        "set", "collection:c-9", "monitoring", "/logs/redact_personal_data=false", "--actor", "u-1", "--reason", "why"
    )
    done = varve("compliance", "production")
    assert done.code == 1
    assert "personal-data-out-of-logs" in done.out
    assert "by u-1" in done.out
    assert "(why)" in done.out
    assert "backups-encrypted" not in done.out
    assert "backups-encrypted" in varve("compliance", "--all").out
    assert varve("compliance", "-r", "soc2").code == 0
    assert varve("compliance", "--json").json["regimes"]["gdpr"]["violated"] == 1


def test_compliance_with_nothing_is_not_vouched_for(varve):
    assert varve("compliance").err.startswith("varve: there are no security policies here")
    varve("import", "builtin:platform")
    done = varve("compliance")
    assert (done.code, "demands anything" in done.out) == (1, True)
