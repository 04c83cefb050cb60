from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgres import PostgresServer
from tests.shared_postgres import SharedPostgres, fresh_database

ROOT = Path(__file__).parent.parent


@pytest.fixture
def other_postgres_url(postgres_server_url):
    with fresh_database(postgres_server_url) as url:
        yield url


def names_of_tables(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def test_the_server_is_one_that_varve_supports(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        assert connection.info.server_version >= 14_00_00


def test_a_database_starts_empty_and_is_apart_from_others(postgres_url, other_postgres_url):
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE here (x int)")
    assert names_of_tables(postgres_url) == ["here"]
    assert names_of_tables(other_postgres_url) == []


def test_a_database_goes_even_while_somebody_is_connected(postgres_server_url):
    with fresh_database(postgres_server_url) as url:
        psycopg.connect(url).close()
        lingering = psycopg.connect(url)
    with pytest.raises(psycopg.OperationalError):
        lingering.execute("SELECT 1")
    lingering.close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_killed_server_comes_back_at_its_address_with_what_was_committed(durable_postgres):
    with fresh_database(durable_postgres.url()) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (x int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        durable_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url, connect_timeout=2)
        durable_postgres.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT x FROM kept").fetchall() == [(7,)]


def test_a_kill_ends_a_transaction_that_was_open(durable_postgres):
    with psycopg.connect(durable_postgres.url()) as connection:
        connection.execute("CREATE TABLE lost (x int)")
        durable_postgres.kill()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    durable_postgres.start()
    assert "lost" not in names_of_tables(durable_postgres.url())


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_only_a_durable_server_waits_for_the_disk(durable, fsync):
    with PostgresServer(durable=durable) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW fsync").fetchone() == (fsync,)


def test_a_server_runs_as_an_ordinary_user_and_takes_its_data_with_it():
    with PostgresServer() as server, psycopg.connect(server.url()) as connection:
        [folder] = connection.execute("SHOW data_directory").fetchone()
        assert Path(folder).stat().st_uid != 0
    assert not Path(folder).parent.exists()


def test_a_server_ends_with_its_parent_even_a_killed_one():
    serving = [sys.executable, "-m", "tests.postgres"]
    with subprocess.Popen(serving, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        url = keeper.stdout.readline().strip()
        with psycopg.connect(url) as connection:
            [folder] = connection.execute("SHOW data_directory").fetchone()
            keeper.kill()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT pg_sleep(60)")
    shutil.rmtree(Path(folder).parent, ignore_errors=True)  # what nobody was left to remove


def test_a_session_has_one_server_for_all_and_none_afterwards():
    with SharedPostgres.session() as main:
        worker = SharedPostgres(main.folder)
        url = main.url()
        assert worker.url() == url
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    assert not main.folder.exists()


def test_a_session_in_which_nobody_asks_starts_no_server():
    with SharedPostgres.session() as main:
        assert [path.name for path in main.folder.iterdir()] == ["alive"]


def test_the_program_serves_until_its_input_ends():
    serving = [sys.executable, "-m", "tests.postgres"]
    with subprocess.Popen(serving, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as keeper:
        url = keeper.stdout.readline().strip()
        psycopg.connect(url).close()
        keeper.stdin.close()
        assert keeper.wait(timeout=30) == os.EX_OK
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
