"""The last known good answers on disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from client.tests.conftest import eventually
from client.tests.fake import FakeVarve
from varve import disk


@pytest.fixture
def cache(tmp_path: Path, service: FakeVarve, connect) -> Path:
    """A cache in which a process that is gone has left what it knew; the service is down."""
    folder = tmp_path / "cache"
    service.put("user:u-1", "llm", temperature=0.1)
    client = connect(cache_dir=folder, defaults={"llm": {"temperature": 0.6}})
    client.effective(user="u-1", collection=["c-1", "c-2"], scopes=["tenant:t-1"])
    client.effective(user="u-2")
    client.close()
    service.stop()
    return folder


def read(client, **context):
    return client.effective(**{"user": "u-1", "collection": ["c-1", "c-2"], "scopes": ["tenant:t-1"], **context})


def test_what_was_known_is_known_after_a_restart(cache, connect):
    cfg = read(connect(cache_dir=cache, defaults={"llm": {"temperature": 0.5}, "prompt": {"text": "ours"}}))
    assert cfg.llm.temperature == 0.1
    assert cfg.prompt.text == "ours"
    assert cfg.meta.source == "disk"
    assert cfg.meta.is_fallback
    assert 0 <= cfg.meta.age_seconds < 60
    assert cfg.meta.problem
    assert [used.config_id for used in cfg.trace().configs] == ["user:u-1/llm"]
    told = [(layer.layer, layer.value.temperature) for layer in cfg.layers("llm")]
    assert told == [("user:u-1", 0.1), ("default", 0.7), ("application", 0.5)]


def test_a_context_that_was_not_known_has_the_applications_defaults(cache, connect):
    cfg = read(connect(cache_dir=cache, defaults={"llm": {"temperature": 0.5}}), user="u-9")
    assert cfg.llm.temperature == 0.5
    assert cfg.meta.source == "application"


def test_the_service_is_believed_again_once_it_is_back(cache, connect, service):
    client = connect(cache_dir=cache)
    read(client)
    service.documents["user:u-1", "llm"] = {"temperature": 0.9}
    service.start()
    eventually(lambda: read(client).llm.temperature == 0.9)
    assert read(client).meta.source == "live"


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda good: good[: len(good) // 2],
        lambda good: b"",
        lambda good: good.replace(b"varve-answers-1", b"varve-answers-2"),
        lambda good: good.replace(b'"temperature":0.1', b'"temperature":0.9'),
        lambda good: b"\x00" * len(good),
        lambda good: os.urandom(1_000),
    ],
    ids=["half", "empty", "another version", "altered", "zeros", "noise"],
)
def test_a_file_that_is_torn_or_of_another_version_is_passed_over(cache, connect, caplog, spoilt):
    (file,) = cache.glob("*/answers")
    file.write_bytes(spoilt(file.read_bytes()))
    assert read(connect(cache_dir=cache)).meta.source == "types"
    assert "of no use" in caplog.text


def test_an_older_good_file_serves_where_the_newest_is_torn(cache, connect, service):
    service.start()
    client = connect(cache_dir=cache)
    read(client)
    client.close()
    service.stop()
    newest = max(cache.glob("*/answers"), key=lambda file: file.stat().st_mtime)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert read(connect(cache_dir=cache)).meta.source == "disk"


def test_answers_of_another_environment_or_service_are_not_ours(cache, connect, service):
    assert read(connect(cache_dir=cache, environment="staging")).meta.source == "types"
    assert read(connect(cache_dir=cache, url="http://127.0.0.1:1")).meta.source == "types"


@pytest.mark.parametrize("obstacle", ["file", "missing parent that is a file"])
def test_a_folder_that_cannot_be_written_is_told_of_once(tmp_path, service, connect, caplog, obstacle):
    blocked = tmp_path / "blocked"
    blocked.write_text("not a folder")
    client = connect(cache_dir=blocked if obstacle == "file" else blocked / "below")
    for user in ("u-1", "u-2", "u-3"):
        assert client.effective(user=user).meta.source == "live"
        client.flush()
    assert client.metrics()["disk_failures"] == 3
    assert caplog.text.count("answers are not kept on disk") == 1


def test_only_the_user_may_read_the_files(cache):
    (file,) = cache.glob("*/answers")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_answers_with_secrets_are_never_written(tmp_path, service, connect, caplog):
    client = connect(cache_dir=tmp_path / "cache", secrets=True)
    client.effective(user="u-1")
    client.close()
    assert service.batches[-1]["secrets"] is True
    assert not (tmp_path / "cache").exists()
    assert "never written to disk" in caplog.text


def test_answers_come_to_disk_without_being_asked(tmp_path, service, connect, monkeypatch):
    monkeypatch.setattr("varve.saving.WRITE_EVERY_SECONDS", 0.05)
    client = connect(cache_dir=tmp_path)
    client.effective(user="u-1")
    eventually(lambda: list(tmp_path.glob("*/answers")))
    assert not list(tmp_path.glob("*/answers.new"))


def test_the_folders_of_dead_processes_are_few_and_those_of_living_ones_stay(tmp_path, service, connect):
    living = connect(cache_dir=tmp_path)
    living.effective(user="u-1")
    living.flush()
    (own,) = tmp_path.glob("*/answers")
    for _ in range(6):
        client = connect(cache_dir=tmp_path)
        client.effective(user="u-1")
        client.close()
    assert own.exists()
    assert len(list(tmp_path.glob("*/answers"))) <= 1 + 1 + disk.DEAD_FOLDERS


def test_the_file_holds_a_bounded_number_of_contexts(tmp_path, service, connect, monkeypatch):
    monkeypatch.setattr(disk, "MOST_CONTEXTS", 3)
    client = connect(cache_dir=tmp_path)
    for n in range(10):
        client.effective(user=f"u-{n}")
    client.close()
    service.stop()
    after = connect(cache_dir=tmp_path)
    sources = [after.effective(user=f"u-{n}").meta.source for n in range(10)]
    assert sources == ["types"] * 7 + ["disk"] * 3


def test_the_file_has_a_bounded_size(tmp_path, service, connect, monkeypatch):
    monkeypatch.setattr(disk, "LARGEST_FILE", 2_500)
    client = connect(cache_dir=tmp_path)
    for n in range(50):
        client.effective(user=f"u-{n}")
    client.close()
    (file,) = tmp_path.glob("*/answers")
    assert 500 < file.stat().st_size <= 2_600


def test_what_is_on_disk_survives_a_kill(tmp_path, service):
    program = """
import sys, time, varve
client = varve.Client(sys.argv[1], cache_dir=sys.argv[2])
client.effective(user="u-1", collection=["c-1", "c-2"], scopes=["tenant:t-1"])
client.flush()
print("saved", flush=True)
time.sleep(60)
"""
    paths = {**os.environ, "PYTHONPATH": str(Path(disk.__file__).parent.parent)}
    command = [sys.executable, "-c", program, service.url, str(tmp_path)]
    with subprocess.Popen(command, env=paths, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"saved\n"
        process.kill()
    service.stop()
    (own,) = tmp_path.glob("*")
    assert disk.is_dead(own)


def test_a_clock_that_was_set_back_makes_no_answer_young(cache, connect, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 1_000_000)
    assert read(connect(cache_dir=cache)).meta.age_seconds >= 0
