"""The tables of an older system, as its own migrations made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

LLM = """
create table llm_parameters (
    id integer primary key, user_id varchar(64), name varchar(255), is_default {boolean},
    provider varchar(64), model_name text, max_new_tokens integer,
    temperature {real}, top_k integer, top_p numeric(4, 2), repetition_penalty {real},
    color text, created_at timestamp, updated_at timestamp
)"""
TEMPLATES = """
create table prompt_templates (
    id {id} primary key, user_id varchar(64), name varchar(255), is_default {boolean}, template_type varchar(50),
    system_prompt text, template_format text, input_variables {json}, max_context_length integer,
    context_strategy {json}, stop_sequences {json}, created_at timestamp, updated_at timestamp
)"""
SQLITE = {"boolean": "integer", "real": "any", "json": "text", "id": "text"}
POSTGRES = {"boolean": "boolean", "real": "double precision", "json": "jsonb", "id": "uuid"}


class LegacySystem:
    """A database with both tables, empty at first; `url` is what a command is told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=sa.NullPool)
        types = SQLITE if self.is_sqlite else POSTGRES
        with self._engine.begin() as connection:
            for table in (LLM, TEMPLATES):
                connection.execute(sa.text(table.format(**types)))

    def add(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows; a document is written as the column keeps it."""
        with self._engine.begin() as connection:
            for row in rows:
                values = {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
                named = ", ".join(f":{name}" for name in values)
                connection.execute(sa.text(f"insert into {table} ({', '.join(values)}) values ({named})"), values)

    def add_llm(self, id_: int, user_id: str | None, name: str | None, **more: Any) -> None:
        if "is_default" in more and self.is_sqlite:
            more["is_default"] = int(more["is_default"])
        self.add("llm_parameters", {"id": id_, "user_id": user_id, "name": name, **more})
