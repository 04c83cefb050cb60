"""What a draft does to a sample: the chunks of a text, the prompt of a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.config_types.definition import TypeDefinition
from domain.documents import Document
from domain.errors import InvalidRequest
from domain.previews.chunker import Settings, chunks
from domain.previews.embedder import EMBEDDER_NAME, EMBEDDER_VERSION
from domain.previews.sizes import Sizes
from domain.previews.template import Rendered, rendered

Sample = str | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChunkOf:
    """`text` is the sample from `start` up to, and without, `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Embedder:
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class Chunked:
    """The chunks of a sample; `embedder` is what the strategy `semantic` compared sentences with."""

    strategy: str
    count: int
    sizes: Sizes | None
    embedder: Embedder | None
    chunks: list[ChunkOf]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A template filled in; lengths are in characters. A null prompt lacks the values in `missing`."""

    system_prompt: str
    prompt: str | None
    length: int | None
    max_context_length: int | None
    above_max_context_length: bool | None
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    unformatted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sampled:
    """The sample as the draft would treat it, and as the config in force does `now`; null where nothing is served."""

    draft: Chunked | Prompt | None
    now: Chunked | Prompt | None


def sampled(definition: TypeDefinition, sample: Sample, *, draft: Document | None, now: Document | None) -> Sampled:
    """Raises InvalidRequest for a sample that this type has no use for, that is too large, or lacks values."""
    if definition.revision is not None and definition.name == "chunking":
        text = _a_text(sample)
        return _both(lambda document: chunked(document, text), draft, now)
    if definition.revision is not None and definition.name == "template":
        values = _values(sample)
        if draft is not None:
            rendered(draft["template_format"], values).required()
        return _both(lambda document: prompt(document, values), draft, now)
    message = f"{definition.name} has no preview of a sample: give one for the built-in types chunking and template"
    raise InvalidRequest.at("/sample", message, "sample")


def _both(treat: Callable[[Document], Chunked | Prompt], draft: Document | None, now: Document | None) -> Sampled:
    as_draft, as_now = (treat(document) if document is not None else None for document in (draft, now))
    return Sampled(as_draft, as_now)


def _a_text(sample: Sample) -> str:
    if not isinstance(sample, str):
        raise InvalidRequest.at("/sample", "the sample for chunking is a text", "type")
    return sample


def _values(sample: Sample) -> Mapping[str, Any]:
    if isinstance(sample, str):
        raise InvalidRequest.at("/sample", "the sample for a template is an object: a value for each variable", "type")
    return sample


def chunked(document: Document, text: str) -> Chunked:
    settings = Settings.of(document)
    found = [ChunkOf(start, end, text[start:end]) for start, end in chunks(text, settings)]
    embedder = Embedder(EMBEDDER_NAME, EMBEDDER_VERSION) if settings.strategy == "semantic" else None
    return Chunked(settings.strategy, len(found), Sizes.of(len(one.text) for one in found), embedder, found)


def prompt(document: Document, values: Mapping[str, Any]) -> Prompt:
    made: Rendered = rendered(document["template_format"], values)
    limit = document["max_context_length"]
    lists = made.missing, made.unused, made.unformatted
    return Prompt(document["system_prompt"], made.prompt, made.length, limit, made.above(limit), *lists)
