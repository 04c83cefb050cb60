"""The services of others that a system speaks to."""

from domain.config_types.fields import (
    boolean,
    choice,
    document,
    entries,
    integer,
    items,
    number,
    secret,
    section,
    string,
    titled,
    without_default,
)
from domain.config_types.spec import Rule, TypeSpec
from domain.documents import Document

_ENDPOINT: Document = {
    **document(
        {
            "url": {**string(description="Where it is (http or https)."), "format": "uri", "pattern": "^https?://"},
            "authentication": without_default(
                choice(
                    "none",
                    "api_key",
                    "bearer",
                    "basic",
                    "oauth2",
                    default="none",
                    description="How we prove who we are.",
                )
            ),
            "principal": {"type": "string", "description": "Our name there: the user of basic, the client of oauth2."},
            "credential": without_default(
                secret(description='Key, token or password, best as a reference: {"$ref": "env:CRM_TOKEN"}.')
            ),
            "timeout_seconds": without_default(
                integer(1, 600, default=30, description="How long to wait for an answer, in seconds.")
            ),
            "enabled": without_default(boolean(default=True, description="Whether it may be called.")),
        }
    ),
    "required": ["url", "authentication"],
    "if": {"properties": {"authentication": {"const": "none"}}},
    "else": {"required": ["credential"], "properties": {"credential": {"not": {"const": None}}}},
}

DEFINITION = TypeSpec(
    name="integration",
    revision=1,
    description="The services of others that are called: where they are, how we prove who we are, how often we try.",
    mode="overlay",
    schema=titled(
        document(
            {
                "endpoints": entries(_ENDPOINT, description="The services, each under a name."),
                "rate_limit": section(
                    {
                        "requests_per_minute": integer(
                            1, 100_000, default=60, description="Most calls of one service in a minute."
                        ),
                        "burst": integer(1, 10_000, default=10, description="Most calls at once."),
                    },
                    description="How often each service is called.",
                ),
                "retry": section(
                    {
                        "max_retries": integer(0, 10, default=3, description="How often a failed call is tried again."),
                        "initial_delay_ms": integer(
                            10, 60_000, default=500, description="Wait before the first retry, in milliseconds."
                        ),
                        "max_delay_ms": integer(
                            10, 600_000, default=30_000, description="Longest wait before a retry, in milliseconds."
                        ),
                        "backoff_factor": number(
                            1, 10, default=2.0, description="By how much the wait grows each time (1 to 10)."
                        ),
                        "status_codes": items(
                            {"type": "integer", "minimum": 400, "maximum": 599},
                            default=[429, 500, 502, 503, 504],
                            distinct=True,
                            description="The HTTP statuses after which a call is tried again.",
                        ),
                    },
                    description="What happens after a call that failed.",
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="burst_within_limit",
            expression="this.rate_limit.burst <= this.rate_limit.requests_per_minute",
            message="rate_limit.burst must not be above rate_limit.requests_per_minute",
            fields=("/rate_limit/burst", "/rate_limit/requests_per_minute"),
        ),
        Rule(
            name="delays_in_order",
            expression="this.retry.initial_delay_ms <= this.retry.max_delay_ms",
            message="retry.initial_delay_ms must not be above retry.max_delay_ms",
            fields=("/retry/initial_delay_ms", "/retry/max_delay_ms"),
        ),
    ),
)
EXAMPLES = {
    "crm_and_tickets": {
        "endpoints": {
            "crm": {
                "url": "https://crm.example.org/api",
                "authentication": "bearer",
                "credential": {"$ref": "env:CRM_TOKEN"},
                "timeout_seconds": 10,
            },
            "tickets": {
                "url": "https://tickets.example.org",
                "authentication": "basic",
                "principal": "rag",
                "credential": {"$ref": "env:TICKETS_PASSWORD"},
            },
        },
        "rate_limit": {"requests_per_minute": 300, "burst": 20},
    }
}
