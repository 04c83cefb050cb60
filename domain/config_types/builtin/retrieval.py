"""How chunks are found for a question."""

from domain.config_types.fields import boolean, choice, document, integer, number
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="retrieval",
    revision=1,
    description="How the chunks that answer a question are found and ranked.",
    mode="replace",
    schema=document(
        {
            "retrieval_type": choice(
                "vector",
                "keyword",
                "hybrid",
                default="hybrid",
                description="What is searched: vectors, keywords, or both.",
            ),
            "number_of_results": integer(1, 100, default=5, description="How many chunks are returned."),
            "vector_weight": number(
                0, 1, default=0.7, description="Share of the vector search in a hybrid score (0 to 1)."
            ),
            "keyword_weight": number(
                0, 1, default=0.3, description="Share of the keyword search in a hybrid score (0 to 1)."
            ),
            "similarity_threshold": number(
                0, 1, default=0.6, description="Similarity below which a chunk is not returned (0 to 1)."
            ),
            "rerank": boolean(default=False, description="Whether the chunks found are ranked again by a model."),
        }
    ),
    rules=(
        Rule(
            name="weights_sum_to_one",
            # The bounds are inclusive: a little beyond them, since 0.71 + 0.3 is not quite 1.01 in binary.
            expression="this.vector_weight + this.keyword_weight >= 0.989999999"
            " && this.vector_weight + this.keyword_weight <= 1.010000001",
            message="vector_weight + keyword_weight must equal 1.0 (± 0.01)",
            fields=("/vector_weight", "/keyword_weight"),
        ),
    ),
)
