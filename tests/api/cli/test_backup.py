"""backup and restore, as an operator types them."""

from __future__ import annotations

from tests.api.cli.conftest import Server, Varve


def test_a_store_that_is_served_is_backed_up_and_restored(server: Server, varve: Varve):
    varve("set", "global", "chunking", "chunk_overlap=20", "--store", server.store)
    done = varve("backup", "copy.db", "--store", server.store)
    assert (done.code, done.err) == (0, "")
    assert "events in" in done.out
    back = varve("restore", "copy.db", "--store", "sqlite:///restored.db", "--json")
    assert (back.code, back.json["epoch"]) == (0, 2)
    found = varve("get", "--type", "chunking", "--json", "--store", "sqlite:///restored.db").json
    assert (found["chunking"]["chunk_overlap"], found["epoch"]) == (20, 2)


def test_what_cannot_be_copied_is_told_in_one_line(varve: Varve):
    varve("set", "global", "chunking", "chunk_overlap=20")
    assert varve("backup", "copy.db").code == 0
    again = varve("backup", "copy.db")
    assert (again.code, again.err.count("\n")) == (3, 1)
    over = varve("restore", "copy.db")
    assert (over.code, "holds a log already" in over.err) == (3, True)
    assert varve("restore", "nosuch.db", "--store", "sqlite:///new.db").code == 3
