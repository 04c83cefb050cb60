"""What is measured, written down and told."""

from domain.config_types.fields import (
    boolean,
    choice,
    document,
    entries,
    integer,
    items,
    number,
    section,
    string,
    titled,
    url,
    without_default,
)
from domain.config_types.spec import Rule, TypeSpec

_ALERT_RULE = document(
    {
        "metric": string(description="The metric that is watched."),
        "comparison": without_default(
            choice("above", "below", default="above", description="On which side of the threshold it is bad.")
        ),
        "threshold": {"type": "number", "description": "The value from which on it is bad."},
        "for_seconds": without_default(
            integer(0, 86_400, default=300, description="How long it must be bad before anybody is told, in seconds.")
        ),
        "severity": without_default(
            choice("info", "warning", "critical", default="warning", description="How bad it is.")
        ),
        "notify": without_default(
            items({"type": "string", "minLength": 1}, default=[], description="Who is told: names of channels.")
        ),
    }
)
_DASHBOARD = document(
    {
        "title": string(description="What stands above it."),
        "panels": without_default(
            items({"type": "string", "minLength": 1}, default=[], description="The metrics shown, in their order.")
        ),
    }
)

DEFINITION = TypeSpec(
    name="monitoring",
    revision=1,
    description="What is measured, logged and traced, for how long that is kept, and who is told when.",
    mode="overlay",
    schema=titled(
        document(
            {
                "metrics": section(
                    {
                        "enabled": boolean(default=True, description="Whether metrics are collected."),
                        "interval_seconds": integer(
                            1, 3600, default=15, description="Time from one measurement to the next, in seconds."
                        ),
                        "retention_days": integer(1, 3650, default=30, description="How long they are kept, in days."),
                    },
                    description="Numbers over time.",
                ),
                "logs": section(
                    {
                        "level": choice(
                            "debug", "info", "warning", "error", default="info", description="The least that is logged."
                        ),
                        "format": choice("json", "text", default="json", description="How a line is written."),
                        "redact_personal_data": boolean(
                            default=True, description="Whether questions and names are left out of lines."
                        ),
                        "retention_days": integer(1, 3650, default=30, description="How long they are kept, in days."),
                    },
                    description="What happened, in lines.",
                ),
                "tracing": section(
                    {
                        "enabled": boolean(default=False, description="Whether requests are traced."),
                        "collector_url": url(description="Where traces are sent (OTLP over HTTP)."),
                        "sample_share": number(0, 1, default=0.1, description="Share of requests traced (0 to 1)."),
                        "retention_days": integer(1, 365, default=7, description="How long they are kept, in days."),
                    },
                    description="The way of a request through the system.",
                ),
                "alert_rules": entries(_ALERT_RULE, description="When somebody is told, each under a name."),
                "dashboards": entries(_DASHBOARD, description="What is shown together, each under a name."),
            }
        )
    ),
    rules=(
        Rule(
            name="traces_go_somewhere",
            expression="!this.tracing.enabled || this.tracing.collector_url != null",
            message="traces must go somewhere: give tracing.collector_url, or switch tracing off",
            fields=("/tracing/collector_url", "/tracing/enabled"),
        ),
        Rule(
            name="alerts_need_metrics",
            expression="this.metrics.enabled || size(this.alert_rules) == 0",
            message="alert rules watch metrics: switch metrics.enabled on, or take the rules out",
            fields=("/metrics/enabled", "/alert_rules"),
        ),
        Rule(
            name="dashboards_need_metrics",
            expression="this.metrics.enabled || size(this.dashboards) == 0",
            message="dashboards show metrics: switch metrics.enabled on, or take the dashboards out",
            fields=("/metrics/enabled", "/dashboards"),
        ),
    ),
)
EXAMPLES = {
    "answering": {
        "metrics": {"interval_seconds": 10, "retention_days": 400},
        "logs": {"level": "warning", "retention_days": 90},
        "tracing": {"enabled": True, "collector_url": "https://otel.internal:4318", "sample_share": 0.05},
        "alert_rules": {
            "slow-answers": {
                "metric": "answer_seconds_p95",
                "comparison": "above",
                "threshold": 4,
                "for_seconds": 300,
                "severity": "critical",
                "notify": ["on-call"],
            },
            "few-hits": {
                "metric": "retrieval_hit_rate",
                "comparison": "below",
                "threshold": 0.45,
                "for_seconds": 1800,
                "severity": "warning",
                "notify": ["search-team"],
            },
        },
        "dashboards": {"retrieval": {"title": "Retrieval", "panels": ["retrieval_hit_rate", "search_seconds_p95"]}},
    }
}
