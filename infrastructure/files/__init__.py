"""Files that people write: TOML, YAML, JSON and .env, read strictly, each fault with file, line and column."""

from infrastructure.files.document import read_document, read_file
from infrastructure.files.env import read_env, read_env_file
from infrastructure.files.layers import read_layered

__all__ = ["read_document", "read_env", "read_env_file", "read_file", "read_layered"]
