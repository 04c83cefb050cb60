"""lock create, list, show, unlock, promote, rollback; index …; runbook, manifest."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from ruamel.yaml import YAML

from tests.api.cli.conftest import DATA, ROOT, Varve

BGE = "BAAI/bge-large-en-v1.5"
VALIDATED = ("chunk_size=450", "overlap_ratio=0.10", "jaccard_threshold=0.8", "prefix_policy=A")


@pytest.fixture
def validated(varve: Varve) -> Varve:
    """The validated settings are in force."""
    varve("set", "global", "chunk_index", *VALIDATED)
    varve("set", "global", "embedding", "provider_id=p", f"model_id={BGE}", "embedding_dim=1024")
    return varve


def label_of(varve: Varve, *where: str) -> str:
    done = varve("lock", "create", "global", "chunk_index", "--embedder", BGE, "--baseline", "f1=0.61", *where)
    assert done.code == 0, done.err
    return done.out.partition(":")[0]


def test_a_lock_from_its_making_to_its_end(validated: Varve):
    dry = validated("lock", "create", "global", "chunk_index", "--embedder", BGE, "--dry-run")
    assert dry.out == "chunk_index at global can be locked so\n"
    label = label_of(validated, "-r", "recall holds")
    assert "recall holds" in validated("lock", "list").out
    assert "cannot" not in validated("lock", "show", label).out
    held = validated("set", "global", "chunk_index", "chunk_size=300")
    assert (held.code, "is locked" in held.err) == (1, True)
    validated("env", "add", "beyond")
    assert validated("lock", "unlock", label, "-e", "beyond", "-r", "mistaken").code == 1
    built = ("index", "register", "-e", "beyond", "--lock", label)
    assert validated(*built, "--dry-run").code == 1
    assert validated(*built, "--locked-in", "production", "--dry-run").code == 0
    promoted = validated("lock", "promote", label, "--to", "beyond", "-r", "measured")
    assert (promoted.code, "in beyond, production, held" in promoted.out) == (0, True)
    ambiguous = validated("lock", "show", label)
    assert (ambiguous.code, "name one with --environment" in ambiguous.err) == (2, True)
    assert "unlocked" in validated("lock", "unlock", label, "-e", "production", "-r", "done").out
    assert label not in validated("lock", "list", "-e", "production").out
    assert label in validated("lock", "list", "--all", "-e", "production").out
    unknown = validated("lock", "unlock", "2020-01-01-v1", "-r", "done")
    assert (unknown.code, "varve lock list --all" in unknown.err) == (1, True)
    assert validated("lock", "create", "global", "chunk_index", "--embedder", BGE, "--baseline", "f1").code == 2


def test_what_is_unknown_is_noted(validated: Varve):
    done = validated("lock", "create", "global", "chunk_index", "--embedder", BGE)
    assert done.err == f"tokenizer: unknown: {BGE} is not installed at the service\n"


def test_indexes_and_their_route(validated: Varve):
    assert validated("index", "route").out == "no index is ready\n"
    assert validated("index", "register", "--table", "chunks_a").out.startswith(
        "chunks_a: global in production, building"
    )
    assert "10 of 40 chunks" in validated("index", "progress", "chunks_a", "--chunks", "10", "--of", "40").out
    assert "live" in validated("index", "ready", "chunks_a").out
    assert validated("index", "route", "-c", "c-1").out == "chunks_a\n"
    assert "chunks_a" in validated("index", "list").out
    held = validated("set", "global", "chunk_index", "chunk_size=300")
    assert (held.code, "mark it ready" in held.err) == (1, True)
    validated("index", "register", "--table", "chunks_b")
    validated("index", "ready", "chunks_b")
    assert "live" in validated("index", "switch", "chunks_b").out
    assert validated("index", "drop", "chunks_a", "--confirm", "chunks_b").code == 1
    assert validated("index", "drop", "chunks_a", "--confirm", "chunks_a").code == 1
    assert "dropped" in validated("index", "drop", "chunks_a", "--confirm", "chunks_a", "--force").out
    assert "varve index list" in validated("index", "ready", "chunks_a").err


def test_a_manifest_has_the_shape_of_the_real_template(validated: Varve):
    validated("set", "global", "llm", "provider_id=p", "model_id=sonnet")
    label = label_of(validated)
    read = YAML(typ="safe", pure=True)
    read.allow_duplicate_keys = True  # the template says its provenance twice
    template = read.load((DATA / "locking" / "eval_manifest_template.yaml").read_text(encoding="utf-8"))
    written = validated("manifest", label)
    manifest = YAML(typ="safe").load(written.out)
    assert keys(manifest) == keys(template) | {
        f"provenance.few_shot_provenance{more}" for more in ("", ".few_shot_ids", ".pool_version", ".selector_seed")
    }
    assert list(manifest) == list(template)
    assert manifest["chunking"] == {
        "version": label, "chunk_size": 450, "overlap_ratio": 0.1, "jaccard_threshold": 0.8, "prefix_policy": "A",
    }  # fmt: skip
    assert manifest["models"] == {"embedder": BGE, "embed_dim": 1024, "reranker": None, "generator": "sonnet"}
    assert manifest["eval"]["thresholds"]["f1_min"] == 0.61
    assert manifest["retrieval"]["rrf_k"] is None
    assert manifest["run_id"] == f"{label}-{manifest['config_hash'][:8]}"
    assert validated("manifest", label, "--json").json == manifest


def keys(document: dict[str, Any], before: str = "") -> set[str]:
    """Every key, with those before it."""
    found = {f"{before}{key}" for key in document}
    for key, value in document.items():
        if isinstance(value, dict):
            found |= keys(value, f"{before}{key}.")
    return found


def test_a_runbook_sets_what_an_ingest_run_reads(validated: Varve):
    label = label_of(validated)
    told = validated("runbook", label, "--json").json
    assert told["variables"] == {
        "CHUNK_SIZE": "450",
        "OVERLAP_RATIO": "0.1",
        "JACCARD_THRESHOLD": "0.8",
        "PREFIX_POLICY": "A",
        "CHUNK_VERSION": label,
        "INGEST_RUN_ID": validated("lock", "show", label, "--json").json["ingest_run_id"],
        "INDEX_TABLE": f"document_chunks_{label.replace('-', '_')}",
        "EVAL_DISABLE_CACHE": "1",
    }
    script = validated("runbook", label).out
    for name, value in told["variables"].items():
        assert f"export {name}={shlex.quote(value)}\n" in script
    assert [step["title"] for step in told["steps"]][:2] == ["make the shadow table", "fill it"]
    beyond = validated("runbook", label, "--to", "production", "--json").json["steps"][len(told["steps"]) :]
    assert beyond[0]["title"] == "make the table in production"
    assert beyond[-1]["commands"] == [
        f'varve lock promote {label} -e production --to production -r "${{REASON:?set REASON}}"'
    ]


def test_without_a_chunk_index_there_is_no_runbook(varve: Varve):
    varve("set", "global", "llm", "provider_id=p", "model_id=m")
    done = varve("lock", "create", "global", "llm", "--embedder", BGE)
    refused = varve("runbook", done.out.partition(":")[0])
    assert (refused.code, "give chunk_size" in refused.err) == (1, True)


def test_a_runbook_runs_as_it_is_printed(validated: Varve, folder: Path, postgres_url: str):
    """With the programs of an application in its variables, up to the table that is read."""
    collection = "it's $HOME"
    validated("set", f"collection:{collection}", "chunk_index", *VALIDATED)
    done = validated("lock", "create", f"collection:{collection}", "chunk_index", "--embedder", BGE)
    label = done.out.partition(":")[0]
    script = validated("runbook", label).out.partition("\n# 6.")[0]
    (folder / "varve").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m varve_server "$@"\n')
    (folder / "varve").chmod(0o700)
    table = f"document_chunks_{label.replace('-', '_')}"
    fill = (
        "import os, psycopg; psycopg.connect(os.environ['APPLICATION'], autocommit=True).execute("
        f"'INSERT INTO {table} (doc_id, chunk_index, embedding_text, bm25_text, embedding_token_count,"
        " bm25_token_count, chunk_version, ingest_run_id) VALUES (%s, 0, %s, %s, 450, 450, %s, %s)',"
        " ('d-1', 'p t', 't', os.environ['CHUNK_VERSION'], os.environ['INGEST_RUN_ID']))"
    )
    environment = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "VARVE_LOG_LEVEL": "error",
        "VARVE_INDEX_URLS": f'{{"production": "{postgres_url}"}}',
        "APPLICATION": postgres_url,
        "INGEST": f"{shlex.quote(sys.executable)} -c {shlex.quote(fill)}",
        "EVALUATE": 'test "$EVAL_DISABLE_CACHE" = 1 && test "$CHUNK_SIZE" = 450',
    }
    ran = subprocess.run(["sh"], input=script, text=True, env=environment, cwd=folder, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr + ran.stdout
    assert validated("index", "route", "-c", collection).out == f"{table}\n"
    with psycopg.connect(postgres_url) as application:
        assert application.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
