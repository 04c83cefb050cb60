"""The stages that a question goes through."""

from domain.config_types.fields import boolean, document, integer, items
from domain.config_types.spec import TypeSpec

_STAGES = ["query_rewriting", "retrieval", "reranking", "generation", "evaluation"]

DEFINITION = TypeSpec(
    name="pipeline",
    revision=1,
    description="The stages that a question goes through, and their limits.",
    mode="overlay",
    schema=document(
        {
            "stages": items(
                {"type": "string", "enum": _STAGES},
                default=["retrieval", "generation"],
                distinct=True,
                description="The stages, in the order in which they run; each at most once.",
            ),
            "max_context_tokens": integer(
                256, 1000000, default=4096, description="How much text the model is given, in tokens."
            ),
            "timeout": integer(1, 600, default=60, description="How long a question may take, in seconds."),
            "concurrency": integer(1, 256, default=4, description="How many questions are worked on at once."),
            "cache_ttl_seconds": integer(
                0, 86400, default=0, description="How long an answer is kept, in seconds; 0 keeps none."
            ),
            "fail_open": boolean(
                default=True, description="Whether a stage that fails is passed over rather than failing the question."
            ),
        },
        open_ended=True,
    ),
)
