"""How a question is put anew before the search."""

from domain.config_types.fields import boolean, choice, document, integer, nullable, number
from domain.config_types.spec import TypeSpec

DEFINITION = TypeSpec(
    name="query_rewriting",
    revision=1,
    description="Whether and how a question is put anew before the search.",
    mode="overlay",
    schema=document(
        {
            "enabled": boolean(default=True, description="Whether questions are rewritten."),
            "strategy": choice(
                "none",
                "simple",
                "hyde",
                "multi_query",
                "step_back",
                default="simple",
                description="How: not at all, in clearer words, as a made-up answer, as several questions, "
                "or as a more general one.",
            ),
            "max_rewrites": integer(1, 10, default=3, description="How many rewritten questions are searched at most."),
            "include_original": boolean(default=True, description="Whether the question as asked is searched too."),
            "model_id": nullable("string", description="The model that rewrites; null for the one that answers."),
            "temperature": number(
                0, 2, default=0.0, description="How freely tokens are sampled: 0 always takes the likeliest (0 to 2)."
            ),
            "timeout": integer(1, 60, default=10, description="How long to wait for the rewriting, in seconds."),
        },
        open_ended=True,
    ),
)
