"""How much of the machine a service takes: levels, and the settings that each stands for."""

from collections.abc import Iterator

from domain.config_types.fields import choice, document, integer, section, titled
from domain.config_types.spec import Rule, TypeSpec
from domain.documents import Document

PROFILES = {  # the level of each part
    "development": {"cpu": "low", "memory": "low", "disk": "low", "network": "low"},
    "production": {"cpu": "medium", "memory": "medium", "disk": "medium", "network": "medium"},
    "high_performance": {"cpu": "high", "memory": "high", "disk": "high", "network": "high"},
}
LEVELS: dict[str, dict[str, dict[str, int]]] = {  # what a level stands for: its settings, the most that it allows
    "cpu": {
        "low": {"worker_threads": 4, "max_concurrent_requests": 16},
        "medium": {"worker_threads": 16, "max_concurrent_requests": 128},
        "high": {"worker_threads": 64, "max_concurrent_requests": 1024},
    },
    "memory": {
        "low": {"limit_mb": 1024, "cache_mb": 128},
        "medium": {"limit_mb": 8192, "cache_mb": 2048},
        "high": {"limit_mb": 65_536, "cache_mb": 32_768},
    },
    "disk": {
        "low": {"write_buffer_mb": 16, "max_open_files": 1024},
        "medium": {"write_buffer_mb": 64, "max_open_files": 16_384},
        "high": {"write_buffer_mb": 512, "max_open_files": 262_144},
    },
    "network": {
        "low": {"connections": 10, "max_message_mb": 4},
        "medium": {"connections": 100, "max_message_mb": 16},
        "high": {"connections": 1000, "max_message_mb": 64},
    },
}
_MEANING = {
    "worker_threads": "Threads that work.",
    "max_concurrent_requests": "Requests that are worked on at once.",
    "limit_mb": "Most memory of the process, in MB.",
    "cache_mb": "Memory for caches, of that, in MB.",
    "write_buffer_mb": "Data that is gathered before it is written, in MB.",
    "max_open_files": "Files that are open at once.",
    "connections": "Connections that are kept open to each service.",
    "max_message_mb": "Largest message, in MB.",
}


def settings_of(profile: str) -> Document:
    """A profile with all its levels expanded to settings."""
    parts = {part: {"level": level, **LEVELS[part][level]} for part, level in PROFILES[profile].items()}
    return {"profile": profile, **parts}


def _part(part: str) -> Document:
    levels = LEVELS[part]
    fields = {
        name: integer(1, levels["high"][name], default=least, description=_MEANING[name])
        for name, least in levels["low"].items()
    }
    level = choice(*levels, default="low", description="How much of it is taken: the most that the settings may be.")
    return section({"level": level, **fields}, description=f"What is taken of the {part}.")


def _rules() -> Iterator[Rule]:
    for part, levels in LEVELS.items():
        for name in levels["low"]:
            most = ", ".join(f'"{level}": {settings[name]}' for level, settings in levels.items())
            told = ", ".join(f"{settings[name]} at level {level}" for level, settings in levels.items())
            yield Rule(
                name=f"{part}_{name}_within_level",
                expression=f"this.{part}.{name} <= {{{most}}}[this.{part}.level]",
                message=f"{part}.{name} is at most {told}: raise {part}.level, or take less",
                fields=(f"/{part}/{name}", f"/{part}/level"),
            )


def _levels_of(profile: str) -> str:
    return " && ".join(f'this.{part}.level == "{level}"' for part, level in PROFILES[profile].items())


DEFINITION = TypeSpec(
    name="tuning",
    revision=1,
    description="How much of the machine a service takes: a profile, its levels, and the settings they stand for.",
    mode="overlay",
    schema=titled(
        document(
            {
                "profile": choice(
                    *PROFILES,
                    "custom",
                    default="development",
                    description="Which levels the parts have; custom allows any.",
                ),
                **{part: _part(part) for part in LEVELS},
            }
        )
    ),
    rules=(
        *(
            Rule(
                name=f"levels_of_{profile}",
                expression=f'this.profile != "{profile}" || ({_levels_of(profile)})',
                message=f"in profile {profile} every level is {levels['cpu']}: set them too, or profile to custom",
                fields=("/profile", *(f"/{part}/level" for part in LEVELS)),
            )
            for profile, levels in PROFILES.items()
        ),
        *_rules(),
        Rule(
            name="caches_within_limit",
            expression="this.memory.cache_mb < this.memory.limit_mb",
            message="memory.cache_mb must be below memory.limit_mb: caches are a part of it",
            fields=("/memory/cache_mb", "/memory/limit_mb"),
        ),
    ),
)
EXAMPLES = {profile: settings_of(profile) for profile in PROFILES}
