"""How the chunks of an index are made, in tokens. Its bounds are physical: guardrails say what is wise."""

from domain.config_types.fields import choice, document, number, whole
from domain.config_types.spec import TypeSpec

DEFINITION = TypeSpec(
    name="chunk_index",
    revision=1,
    description="How the chunks of an index are made: what is locked before an index is built.",
    mode="replace",
    schema=document(
        {
            "chunk_size": whole(16, 32_768, description="Longest chunk, in tokens of the embedder's tokenizer."),
            "overlap_ratio": number(
                0, 0.95, default=0.1, description="Share of a chunk that the next one repeats (0 to 0.95)."
            ),
            "jaccard_threshold": number(
                0, 1, default=0.8, description="Chunks as alike as this count as the same, and one is kept (0 to 1)."
            ),
            "prefix_policy": choice(
                "A",
                "B",
                default="A",
                description="Where a chunk's context prefix goes: A into the text that is embedded alone, "
                "B into the text for keywords too.",
            ),
        }
    ),
)
