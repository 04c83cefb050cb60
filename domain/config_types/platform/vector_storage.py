"""Where vectors are kept, and how they are searched."""

from domain.config_types.fields import boolean, choice, document, integer, section, titled
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="vector_storage",
    revision=1,
    description="Where vectors are kept, and the index that searches them.",
    mode="overlay",
    schema=titled(
        document(
            {
                "backend": choice(
                    "hnsw",
                    "flat",
                    "ivf",
                    "pgvector",
                    "qdrant",
                    "milvus",
                    "weaviate",
                    "chroma",
                    "pinecone",
                    "elasticsearch",
                    "mock",
                    default="hnsw",
                    description="What keeps and searches the vectors; mock is for tests.",
                ),
                "dimensions": integer(
                    1, 4096, default=384, description="Length of a vector, in numbers: that of the embedding model."
                ),
                "max_memory_mb": integer(
                    16, 1_048_576, default=1024, description="Most memory that the index may take, in MB."
                ),
                "persistent": boolean(default=True, description="Whether the vectors outlive the process."),
                "hnsw": section(
                    {
                        "m": integer(
                            2, 100, default=16, description="Links of each element: more find better, and cost memory."
                        ),
                        "ef_construction": integer(
                            4, 4096, default=200, description="Candidates looked at when an element is added."
                        ),
                        "ef_search": integer(
                            1,
                            4096,
                            default=50,
                            description="Candidates looked at by a search: at least the number of results.",
                        ),
                        "max_elements": integer(
                            1, 1_000_000_000, default=1_000_000, description="Most vectors in the index."
                        ),
                        "metric": choice(
                            "cosine",
                            "euclidean",
                            "inner_product",
                            "manhattan",
                            default="cosine",
                            description="How the distance of two vectors is measured.",
                        ),
                        "allow_replace_deleted": boolean(
                            default=False, description="Whether a new vector may take the place of a deleted one."
                        ),
                    },
                    description="The graph that searches run through (backends hnsw and pgvector, and most others).",
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="construction_above_links",
            expression="this.hnsw.ef_construction >= this.hnsw.m",
            message="hnsw.ef_construction must be at least hnsw.m: no element finds more links than candidates",
            fields=("/hnsw/ef_construction", "/hnsw/m"),
        ),
        Rule(
            name="mock_keeps_nothing",
            expression='this.backend != "mock" || !this.persistent',
            message="the mock backend keeps nothing: set persistent to false, or choose another backend",
            fields=("/backend", "/persistent"),
        ),
    ),
)
EXAMPLES = {
    "a_million_passages": {
        "backend": "pgvector",
        "dimensions": 1536,
        "max_memory_mb": 16384,
        "hnsw": {"m": 24, "ef_construction": 256, "ef_search": 100, "max_elements": 2_000_000},
    },
    "tests": {"backend": "mock", "persistent": False, "max_memory_mb": 64},
}
