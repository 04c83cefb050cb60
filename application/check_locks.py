"""Whether a config is fit to be locked: its guardrails, its tokenizer, its embedder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from application.check_policies import context_of
from application.in_flight import InFlight
from domain.configs.scope import Scope
from domain.errors import Fault, InvalidRequest, PolicyRefused
from domain.releases.embedders import EMBEDDERS_ID, Embedders
from domain.releases.guardrails import CHUNK_INDEX, broken_guardrails, guardrails_in

PASSED = "passed"


@dataclass(frozen=True, slots=True)
class TriedTokenizer:
    """`hash`: SHA-256, in lower-case hex, of its file. `problem`: why no text could be cut with it."""

    hash: str
    problem: str | None


class Tokenizers(Protocol):
    """The tokenizers that are installed where the service runs; nothing is ever downloaded."""

    def tried(self, name: str) -> TriedTokenizer | None:
        """What came of cutting a text with it; None where it is not installed."""


@dataclass(frozen=True, slots=True)
class Fitness:
    """What was found. What could not be told is `unknown`, with the reason: it is never taken for passed."""

    checks: dict[str, str]
    tokenizer_hash: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a lock is to say of the index that is made with the config."""

    scope: Scope
    config_type: str
    embedder_name: str
    tokenizer_name: str
    tokenizer_hash: str | None


def fitness(asked: Asked, now: InFlight, tokenizers: Tokenizers) -> Fitness:
    """Raises PolicyRefused with every guardrail that is broken, InvalidRequest for tokenizer and embedder."""
    checks = {} if asked.config_type != CHUNK_INDEX else {"guardrails": _guardrails(asked, now)}
    tried = tokenizers.tried(asked.tokenizer_name)
    faults = [*_tokenizer_faults(asked, tried), *_embedder_faults(asked, now)]
    if faults:
        raise InvalidRequest("; ".join(fault.message for fault in faults), faults=faults)
    checks["tokenizer"] = _tokenizer(asked, tried)
    checks["embedder"] = _embedder(asked, now)
    return Fitness(checks, tried.hash if tried else (asked.tokenizer_hash or "").lower() or None)


def _guardrails(asked: Asked, now: InFlight) -> str:
    policy = guardrails_in(now.catalog.environment(now.environment).policies)
    document = now.value(asked.scope, CHUNK_INDEX)
    if document is None:
        return "unknown: what is in force there is not complete"
    found = broken_guardrails(policy, document, context=context_of(now.environment, asked.scope))
    if faults := [
        Fault(f"/{CHUNK_INDEX}{one.pointer}", one.message, one.rule) for one in found if one.severity == "error"
    ]:
        raise PolicyRefused("; ".join(fault.message for fault in faults), faults=faults)
    return "; ".join(f"warning: {one.message}" for one in found) or PASSED


def _tokenizer_faults(asked: Asked, tried: TriedTokenizer | None) -> Iterator[Fault]:
    if tried is not None and asked.tokenizer_hash is not None and asked.tokenizer_hash.lower() != tried.hash:
        message = f"the tokenizer {asked.tokenizer_name} has the hash {tried.hash} here: another was measured with"
        yield Fault("/tokenizer_hash", message, "tokenizer_hash")


def _tokenizer(asked: Asked, tried: TriedTokenizer | None) -> str:
    if tried is None:
        return f"unknown: {asked.tokenizer_name} is not installed at the service"
    return PASSED if tried.problem is None else f"unknown: {tried.problem}"


def _embedder_faults(asked: Asked, now: InFlight) -> Iterator[Fault]:
    dimensions, embedding = _dimensions(asked, now), now.value(asked.scope, "embedding")
    if embedding is not None and dimensions not in (None, embedding["embedding_dim"]):
        message = (
            f"{asked.embedder_name} makes vectors of {dimensions}, and the index is for {embedding['embedding_dim']}"
        )
        yield Fault("/embedder_name", f"{message}: change embedding_dim, or name another embedder", "dimensions")


def _embedder(asked: Asked, now: InFlight) -> str:
    embedding = now.value(asked.scope, "embedding")
    if embedding is None:
        return "unknown: no embedding is in force there"
    names = now.work.load(Embedders, EMBEDDERS_ID).same_as(asked.embedder_name)
    if embedding["model_id"] not in names:
        return f"unknown: the embedding in force is {embedding['model_id']}, which is not declared to be the same"
    if _dimensions(asked, now) is None:
        return f"unknown: nobody has declared how long the vectors of {asked.embedder_name} are"
    return PASSED


def _dimensions(asked: Asked, now: InFlight) -> int | None:
    return now.work.load(Embedders, EMBEDDERS_ID).dimensions(asked.embedder_name)
