"""How documents are cut into chunks."""

from domain.config_types.fields import choice, document, integer, number
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="chunking",
    revision=1,
    description="How documents are cut into chunks before they are embedded.",
    mode="replace",
    schema=document(
        {
            "strategy": choice(
                "fixed",
                "semantic",
                "paragraph",
                "sentence",
                default="fixed",
                description="Where a chunk may end: after a fixed length, where the meaning turns, "
                "after a paragraph, or after a sentence.",
            ),
            "min_chunk_size": integer(50, 10000, default=100, description="Shortest chunk, in characters."),
            "max_chunk_size": integer(100, 50000, default=400, description="Longest chunk, in characters."),
            "chunk_overlap": integer(
                0, 5000, default=10, description="How much of a chunk the next one repeats, in characters."
            ),
            "semantic_threshold": number(
                0,
                1,
                default=0.5,
                description="Similarity below which the semantic strategy begins a new chunk (0 to 1).",
            ),
        }
    ),
    rules=(
        Rule(
            name="max_above_min",
            expression="this.max_chunk_size > this.min_chunk_size",
            message="max_chunk_size must be greater than min_chunk_size",
            fields=("/max_chunk_size", "/min_chunk_size"),
        ),
        Rule(
            name="overlap_below_min",
            expression="this.chunk_overlap < this.min_chunk_size",
            message="chunk_overlap must be less than min_chunk_size",
            fields=("/chunk_overlap", "/min_chunk_size"),
        ),
    ),
)
