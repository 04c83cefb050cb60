"""What a security policy demands of effective configs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from domain.documents import Document

POLICY = "security_policy"
"""The config type whose configs hold requirements; see domain/config_types/platform/security_policy.py."""


@dataclass(frozen=True, slots=True, order=True)
class Requirement:
    """What must be true of a type's effective config. A warning is told, and breaks nothing."""

    name: str
    config_type: str
    expression: str
    """CEL over `this`, the effective config."""
    message: str
    severity: Literal["error", "warning"]
    regimes: tuple[str, ...]


def requirements_of(policy: Document) -> Iterator[Requirement]:
    """What an effective policy demands, by name. A requirement without regimes is asked for by all of the policy's."""
    for name, one in sorted(policy["requirements"].items()):
        regimes = tuple(sorted(one.get("regimes") or policy["regimes"]))
        facts = (one["config_type"], one["expression"], one["message"], one.get("severity", "error"))
        yield Requirement(name, *facts, regimes)
