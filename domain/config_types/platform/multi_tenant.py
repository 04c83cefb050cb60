"""How several tenants share one system."""

from domain.config_types.fields import boolean, choice, document, integer, nullable, section, titled
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="multi_tenant",
    revision=1,
    description="How several tenants share one system, and what each may use of it.",
    mode="overlay",
    schema=titled(
        document(
            {
                "enabled": boolean(default=False, description="Whether there are tenants at all."),
                "isolation": choice(
                    "namespace",
                    "collection",
                    "index",
                    "database",
                    default="namespace",
                    description="What each tenant has for itself, the weakest wall first.",
                ),
                "cross_tenant_search": boolean(
                    default=False, description="Whether a search may find what belongs to other tenants."
                ),
                "default_tenant": nullable("string", description="Whose a request is that names no tenant."),
                "max_tenants": integer(1, 100_000, default=100, description="Most tenants."),
                "limits": section(
                    {
                        "max_documents": integer(
                            1, 1_000_000_000, default=100_000, description="Most documents of a tenant."
                        ),
                        "max_storage_mb": integer(
                            1, 104_857_600, default=10_240, description="Most storage of a tenant, in MB."
                        ),
                        "requests_per_minute": integer(
                            1, 1_000_000, default=600, description="Most requests of a tenant in a minute."
                        ),
                    },
                    description="What one tenant may use.",
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="walls_are_kept",
            expression='!this.cross_tenant_search || this.isolation == "namespace"',
            message="a search cannot cross tenants that are kept apart: choose isolation namespace, or do without it",
            fields=("/cross_tenant_search", "/isolation"),
        ),
        Rule(
            name="default_needs_tenants",
            expression="this.enabled || this.default_tenant == null",
            message="default_tenant is for installations with tenants: switch enabled on, or leave it null",
            fields=("/default_tenant", "/enabled"),
        ),
    ),
)
EXAMPLES = {
    "a_database_each": {
        "enabled": True,
        "isolation": "database",
        "max_tenants": 40,
        "limits": {"max_documents": 1_000_000, "requests_per_minute": 3000},
    }
}
