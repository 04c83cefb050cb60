"""How a service grows with its load, and what it promises."""

from domain.config_types.fields import boolean, choice, document, integer, number, section, titled
from domain.config_types.spec import Rule, TypeSpec

_AUTO_SCALING = section(
    {
        "enabled": boolean(default=True, description="Whether the number of replicas follows the load."),
        "min_replicas": integer(0, 1000, default=1, description="Fewest replicas; 0 lets the service sleep."),
        "max_replicas": integer(1, 1000, default=4, description="Most replicas."),
        "target_cpu_percent": integer(10, 95, default=70, description="Load of the processors that is aimed at, in %."),
        "scale_up_cooldown_seconds": integer(
            0, 3600, default=60, description="Wait after adding replicas before more are added, in seconds."
        ),
        "scale_down_cooldown_seconds": integer(
            0, 86_400, default=300, description="Wait after a change before replicas are taken away, in seconds."
        ),
    },
    description="How many replicas run.",
)
_LOAD_BALANCING = section(
    {
        "strategy": choice(
            "round_robin",
            "least_connections",
            "client_hash",
            "random",
            default="least_connections",
            description="Which replica gets a request.",
        ),
        "sticky_sessions": boolean(default=False, description="Whether a client stays with one replica."),
        "health_check_interval_seconds": integer(
            1, 300, default=10, description="Time from one health check to the next, in seconds."
        ),
        "health_check_timeout_seconds": integer(
            1, 60, default=3, description="How long a health check may take, in seconds."
        ),
        "unhealthy_after": integer(1, 10, default=3, description="Failed checks before a replica gets nothing more."),
    },
    description="How requests are spread.",
)
_AVAILABILITY = section(
    {
        "target_percent": number(
            90, 99.999, default=99.5, description="Share of time in which the service answers, in %."
        ),
        "zones": integer(1, 10, default=1, description="Zones that replicas are spread over."),
        "recovery_time_seconds": integer(
            0, 604_800, default=14_400, description="How long the service may be away after a disaster, in seconds."
        ),
        "recovery_point_seconds": integer(
            0, 604_800, default=86_400, description="How much of the newest data a disaster may cost, in seconds."
        ),
    },
    description="What is promised.",
)

DEFINITION = TypeSpec(
    name="scalability",
    revision=1,
    description="How a service grows with its load, how requests are spread, and what availability is promised.",
    mode="overlay",
    schema=titled(
        document({"auto_scaling": _AUTO_SCALING, "load_balancing": _LOAD_BALANCING, "availability": _AVAILABILITY})
    ),
    rules=(
        Rule(
            name="min_below_max",
            expression="this.auto_scaling.min_replicas <= this.auto_scaling.max_replicas",
            message="auto_scaling.min_replicas must not be above auto_scaling.max_replicas",
            fields=("/auto_scaling/min_replicas", "/auto_scaling/max_replicas"),
        ),
        Rule(
            name="shrinks_no_faster_than_it_grows",
            expression=("this.auto_scaling.scale_down_cooldown_seconds >= this.auto_scaling.scale_up_cooldown_seconds"),
            message="scale_down_cooldown_seconds must not be below scale_up_cooldown_seconds: replicas would flap",
            fields=("/auto_scaling/scale_down_cooldown_seconds", "/auto_scaling/scale_up_cooldown_seconds"),
        ),
        Rule(
            name="check_ends_before_the_next",
            expression=(
                "this.load_balancing.health_check_timeout_seconds < this.load_balancing.health_check_interval_seconds"
            ),
            message="health_check_timeout_seconds must be below health_check_interval_seconds",
            fields=("/load_balancing/health_check_timeout_seconds", "/load_balancing/health_check_interval_seconds"),
        ),
        Rule(
            name="three_nines_need_two",
            expression=(
                "this.availability.target_percent < 99.9"
                " || (this.auto_scaling.min_replicas >= 2 && this.availability.zones >= 2)"
            ),
            message="99.9 % and more needs two replicas in two zones: raise min_replicas and zones, or promise less",
            fields=("/availability/target_percent", "/auto_scaling/min_replicas", "/availability/zones"),
        ),
        Rule(
            name="a_replica_for_each_zone",
            expression="this.availability.zones <= this.auto_scaling.max_replicas",
            message="availability.zones is above auto_scaling.max_replicas: some zone would stay empty",
            fields=("/availability/zones", "/auto_scaling/max_replicas"),
        ),
    ),
)
EXAMPLES = {
    "three_nines": {
        "auto_scaling": {"min_replicas": 3, "max_replicas": 24, "target_cpu_percent": 60},
        "availability": {
            "target_percent": 99.95,
            "zones": 3,
            "recovery_time_seconds": 900,
            "recovery_point_seconds": 300,
        },
    }
}
