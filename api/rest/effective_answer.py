"""An effective answer in bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from api.json_text import json_text
from application.assemble import Effective, ResolvedType
from application.open_secrets import Opening
from application.ports import Answer
from domain.access.roles import Action
from domain.configs.gifts import Gift
from domain.configs.rungs import Rung
from domain.installation.serving import SETTINGS

ETAG_DIGITS = 32
QUOTE = '"'


@dataclass(frozen=True, slots=True)
class Shown:
    """What an answer tells besides the values."""

    explain: bool = False
    layers: bool = False

    @property
    def action(self) -> Action:
        """Where fields come from tells of configs, and of who changed them."""
        return Action.READ_CONFIGS if self.explain else Action.READ_EFFECTIVE


def finished(effective: Effective, *, epoch: int, shown: Shown, opening: Opening | None = None) -> Answer:
    """The answer in bytes, with its secrets in plain text where something opens them. Types come first.

    The ETag covers all but the position.
    """
    context, resolved = effective.context, effective.types
    types = [b'"%b":%b' % (name.encode(), served(one, opening)) for name, one in resolved.items()]
    about: dict[str, Any] = {
        "resolution_path": {name: one.path for name, one in resolved.items()},
        "environment": context.environment,
        "user_id": context.user_id,
        "collection_id": context.collection_ids[0] if context.collection_ids else None,
    }
    if len(context.collection_ids) > 1:
        about["collection_ids"] = context.collection_ids
    if context.others:
        about["scopes"] = [str(scope) for scope in context.others]
    if effective.variants:
        about["experiments"] = effective.variants
    if effective.serving != SETTINGS:
        about["serving"] = effective.serving
    if effective.exposed:
        about["exposed"] = {name: sorted(experiments) for name, experiments in effective.exposed.items()}
    moment = effective.moment
    rest: dict[str, Any] = {
        "epoch": epoch,
        "as_of": moment.as_of if moment else None,
        "final": moment.final if moment else True,
        "digest": effective.digest,
        "degraded": [lack for one in resolved.values() for lack in one.degraded],
    }
    if moment and moment.rounded_from is not None:
        rest["rounded_from"] = moment.rounded_from
    if moment and moment.preview:
        rest["preview"] = True
    if shown.layers:
        rest["layers"] = {name: [rung_data(rung, one, opening) for rung in one.rungs] for name, one in resolved.items()}
        rest["origins"] = {name: [gift_data(gift) for gift in one.gifts] for name, one in resolved.items()}
    if shown.explain:
        rest["provenance"] = {name: one.provenance() for name, one in resolved.items()}
    head = joined([*types, json_text(about)[1:-1]]) + b',"position":'
    tail = b"," + json_text(rest)[1:]
    etag = b'"%b"' % sha256(head + tail).hexdigest()[:ETAG_DIGITS].encode()
    return Answer(head, tail, etag, effective.position, context.environment, shown.action)


def served(one: ResolvedType, opening: Opening | None) -> bytes:
    return one.served if opening is None else json_text(opening.document(one, one.resolved.value))


def rung_data(rung: Rung, one: ResolvedType, opening: Opening | None) -> dict[str, Any]:
    return {
        "layer": rung.label,
        "config_id": str(rung.config_id) if rung.config_id else None,
        "version": rung.version,
        "value": rung.value if opening is None else opening.document(one, rung.value),
    }


def gift_data(gift: Gift) -> dict[str, Any]:
    return {
        "layer": gift.label,
        "config_id": str(gift.config_id) if gift.config_id else None,
        "version": gift.version,
        "gives": gift.pointers,
    }


def opened_etag(answer: Answer) -> str:
    """Of the same answer with its secrets in plain text: they change when their placeholders do."""
    return f'"{answer.etag.decode().strip(QUOTE)}-open"'


def joined(members: Iterable[bytes]) -> bytes:
    return b"{" + b",".join(members)
