"""A service that serves models."""

from domain.config_types.fields import (
    boolean,
    choice,
    document,
    integer,
    items,
    nullable,
    number,
    secret,
    url,
)
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="provider",
    revision=2,
    description="A service that serves models: where it is, and how it may be called.",
    mode="overlay",
    schema=document(
        {
            "kind": choice(
                "openai",
                "azure_openai",
                "anthropic",
                "watsonx",
                "bedrock",
                "ollama",
                "other",
                default="other",
                description="Whose interface the service speaks.",
            ),
            "base_url": url(description="Address of the service (http or https); null for the provider's own."),
            "api_key": secret(description='Key of the service: its text, or a reference {"$ref": "env:NAME"}.'),
            "model_ids": items({"type": "string"}, default=[], description="The models that may be used."),
            "default_model_id": nullable("string", description="The model used when none is named: one of model_ids."),
            "requests_per_minute": integer(1, 100000, default=60, description="How many calls a minute are made."),
            "max_concurrency": integer(1, 1000, default=8, description="How many calls are under way at once."),
            "timeout": integer(1, 600, default=30, description="How long to wait for a call, in seconds."),
            "max_retries": integer(0, 10, default=3, description="How often a failed call is tried again."),
            "backoff_factor": number(
                1, 10, default=2.0, description="By how much the wait grows from one try to the next (1 to 10)."
            ),
            "retry_status_codes": items(
                {"type": "integer"},
                default=[429, 500, 502, 503, 504],
                description="The HTTP statuses after which a call is tried again.",
            ),
            "enabled": boolean(default=True, description="Whether the provider may be called."),
        },
        open_ended=True,
    ),
    rules=(
        Rule(
            name="default_model_known",
            expression="this.default_model_id == null || this.default_model_id in this.model_ids",
            message="default_model_id must be one of model_ids",
            fields=("/default_model_id", "/model_ids"),
        ),
    ),
)
