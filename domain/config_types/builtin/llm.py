"""The model that writes answers."""

from domain.config_types.fields import document, integer, number, string
from domain.config_types.spec import TypeSpec

DEFINITION = TypeSpec(
    name="llm",
    revision=1,
    description="The model that writes answers, and how it samples them.",
    mode="replace",
    schema=document(
        {
            "provider_id": string(description="The provider that serves the model."),
            "model_id": string(description="The model, as its provider names it."),
            "max_new_tokens": integer(1, 4096, default=100, description="Longest answer, in tokens."),
            "temperature": number(
                0, 2, default=0.7, description="How freely tokens are sampled: 0 always takes the likeliest (0 to 2)."
            ),
            "top_k": integer(1, 100, default=50, description="How many of the likeliest tokens are sampled from."),
            "top_p": number(
                0, 1, default=0.95, description="Share of the probability that tokens are sampled from (0 to 1)."
            ),
            "repetition_penalty": number(
                1, 2, default=1.1, description="How much tokens already written are held back: 1 not at all (1 to 2)."
            ),
            "timeout": integer(5, 300, default=30, description="How long to wait for an answer, in seconds."),
            "max_retries": integer(1, 10, default=3, description="How often a failed call is tried again."),
        }
    ),
)
