"""What is copied away, how often, and for how long."""

from domain.config_types.fields import boolean, choice, document, integer, nullable, titled
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="backup",
    revision=1,
    description="What is copied away, how often, and for how long it is kept.",
    mode="overlay",
    schema=titled(
        document(
            {
                "enabled": boolean(default=True, description="Whether backups are made."),
                "interval_hours": integer(
                    1, 720, default=24, description="Time from one backup to the next, in hours."
                ),
                "retention_days": integer(1, 3650, default=30, description="How long a backup is kept, in days."),
                "min_copies": integer(
                    1, 100, default=3, description="Backups that are kept at least, however old they are."
                ),
                "destination": nullable("string", description="Where backups go; null for the system's own place."),
                "compression_enabled": boolean(default=True, description="Whether backups are compressed."),
                "compression_type": choice(
                    "gzip", "zstd", "lz4", default="gzip", description="How they are compressed."
                ),
                "compression_level": integer(
                    1, 22, default=6, description="How hard: gzip to 9, lz4 to 12, zstd to 22."
                ),
                "incremental_enabled": boolean(
                    default=False, description="Whether a backup holds only what changed since the one before."
                ),
                "full_every": integer(
                    1, 100, default=7, description="After how many incremental backups a full one is made."
                ),
                "encryption_enabled": boolean(default=True, description="Whether backups are encrypted."),
                "verify_restore": boolean(
                    default=False, description="Whether each backup is restored somewhere, to see that it can be."
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="level_of_method",
            expression=('this.compression_level <= {"gzip": 9, "lz4": 12, "zstd": 22}[this.compression_type]'),
            message="compression_level is at most 9 for gzip, 12 for lz4, 22 for zstd",
            fields=("/compression_level", "/compression_type"),
        ),
        Rule(
            name="kept_long_enough",
            expression="this.retention_days * 24 >= this.interval_hours * this.min_copies",
            message="retention_days is shorter than min_copies backups take: keep them longer, or make them more often",
            fields=("/retention_days", "/interval_hours", "/min_copies"),
        ),
    ),
)
EXAMPLES = {
    "hourly": {
        "interval_hours": 1,
        "retention_days": 90,
        "min_copies": 48,
        "destination": "s3://backups/rag",
        "compression_type": "zstd",
        "compression_level": 12,
        "incremental_enabled": True,
        "full_every": 24,
        "verify_restore": True,
    }
}
