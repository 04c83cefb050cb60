"""The model that turns text into vectors."""

from domain.config_types.fields import document, integer, string
from domain.config_types.spec import TypeSpec

DEFINITION = TypeSpec(
    name="embedding",
    revision=1,
    description="The model that turns chunks and questions into vectors.",
    mode="replace",
    schema=document(
        {
            "provider_id": string(description="The provider that serves the model."),
            "model_id": string(description="The model, as its provider names it."),
            "embedding_dim": integer(1, 4096, default=384, description="Length of a vector, in numbers."),
            "batch_size": integer(1, 1000, default=100, description="How many texts one call embeds."),
            "timeout": integer(5, 300, default=30, description="How long to wait for a call, in seconds."),
        }
    ),
)
