"""What is kept so that it need not be computed again."""

from domain.config_types.fields import boolean, choice, document, integer, nullable, number, titled
from domain.config_types.spec import Rule, TypeSpec

TTL = 604_800  # a week, in seconds

DEFINITION = TypeSpec(
    name="cache",
    revision=1,
    description="What a retrieval system keeps so that it need not compute it again: results, documents, vectors.",
    mode="overlay",
    schema=titled(
        document(
            {
                "backend": choice("memory", "redis", "memcached", default="memory", description="Where it is kept."),
                "server": nullable(
                    "string",
                    description="Host and port of the cache server, such as cache.internal:6379; null for memory.",
                    pattern="^[A-Za-z0-9.-]+:[0-9]{1,5}$",
                ),
                "search_cache_enabled": boolean(default=True, description="Whether search results are kept."),
                "search_cache_size": integer(1, 10_000_000, default=1000, description="Most searches kept."),
                "search_cache_ttl_seconds": integer(
                    1, TTL, default=300, description="How long search results are kept, in seconds."
                ),
                "document_cache_enabled": boolean(default=True, description="Whether documents are kept."),
                "document_cache_size_mb": integer(
                    1, 1_048_576, default=100, description="Most memory for documents, in MB."
                ),
                "embedding_cache_enabled": boolean(default=True, description="Whether vectors of texts are kept."),
                "embedding_cache_size": integer(1, 100_000_000, default=10_000, description="Most vectors kept."),
                "embedding_cache_ttl_seconds": integer(
                    1, TTL, default=3600, description="How long vectors are kept, in seconds."
                ),
                "semantic_cache_enabled": boolean(
                    default=False, description="Whether a question is answered like an earlier one that is close to it."
                ),
                "semantic_similarity": number(
                    0.5, 1, default=0.95, description="How close two questions must be to share an answer (0.5 to 1)."
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="server_named",
            expression='this.backend == "memory" || this.server != null',
            message="a cache outside the process needs its address: give server, or keep it in memory",
            fields=("/server", "/backend"),
        ),
        Rule(
            name="semantic_needs_vectors",
            expression="!this.semantic_cache_enabled || this.embedding_cache_enabled",
            message="questions are compared by kept vectors: switch embedding_cache_enabled on too",
            fields=("/semantic_cache_enabled", "/embedding_cache_enabled"),
        ),
    ),
)
EXAMPLES = {
    "shared": {
        "backend": "redis",
        "server": "cache.internal:6379",
        "search_cache_size": 100_000,
        "search_cache_ttl_seconds": 900,
        "semantic_cache_enabled": True,
    }
}
