"""What code that a retrieval system runs may touch."""

from domain.config_types.fields import boolean, document, integer, items, titled
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="security",
    revision=1,
    description="What scripts, tools and loaders may touch while they run. All is closed at first.",
    mode="overlay",
    schema=titled(
        document(
            {
                "sandbox": boolean(default=True, description="Whether they run in a sandbox."),
                "allow_file_access": boolean(default=False, description="Whether they may read and write files."),
                "allowed_paths": items(
                    {"type": "string", "minLength": 1},
                    default=[],
                    distinct=True,
                    description="The folders that they are kept to.",
                ),
                "allow_network_access": boolean(default=False, description="Whether they may open connections."),
                "allowed_hosts": items(
                    {"type": "string", "minLength": 1},
                    default=[],
                    distinct=True,
                    description="The hosts that they may speak to; none named: all.",
                ),
                "allow_process_spawn": boolean(default=False, description="Whether they may start programs."),
                "max_file_size_mb": integer(1, 102_400, default=50, description="Largest file that is read, in MB."),
                "max_memory_mb": integer(16, 1_048_576, default=512, description="Most memory of one run, in MB."),
                "max_run_seconds": integer(1, 86_400, default=300, description="Longest run, in seconds."),
            }
        )
    ),
    rules=(
        Rule(
            name="files_kept_to_paths",
            expression="this.allow_file_access == (size(this.allowed_paths) > 0)",
            message="name the folders in allowed_paths where files may be touched, and none where they may not",
            fields=("/allowed_paths", "/allow_file_access"),
        ),
        Rule(
            name="hosts_need_network",
            expression="this.allow_network_access || size(this.allowed_hosts) == 0",
            message="allowed_hosts is for runs with a network: switch allow_network_access on, or name none",
            fields=("/allowed_hosts", "/allow_network_access"),
        ),
        Rule(
            name="programs_in_sandbox",
            expression="!this.allow_process_spawn || this.sandbox",
            message="programs may be started only in the sandbox: switch sandbox on, or allow_process_spawn off",
            fields=("/allow_process_spawn", "/sandbox"),
        ),
    ),
)
EXAMPLES = {
    "crawler": {
        "allow_file_access": True,
        "allowed_paths": ["/data/crawled"],
        "allow_network_access": True,
        "allowed_hosts": ["docs.example.org"],
        "max_run_seconds": 3600,
    }
}
