"""What an application tells of a user besides ids."""

from __future__ import annotations

import pytest

from varve.context import Context


def test_attributes_are_sent_and_answers_held_for_each_set_of_them(service, client):
    first = client.effective("u-1", attributes={"plan": "pro", "seats": 12})
    assert service.batches[-1]["contexts"][0]["attributes"] == {"plan": "pro", "seats": 12}
    asked = len(service.batches)
    assert client.effective("u-1", attributes={"seats": 12, "plan": "pro"}) is first
    assert len(service.batches) == asked
    assert client.effective("u-1") is not first
    assert "attributes" not in service.batches[-1]["contexts"][0]


@pytest.mark.parametrize("none", [(), {}, None])
def test_no_attributes_are_none_however_they_are_written(service, client, none):
    first = client.effective("u-1")
    assert client.effective("u-1", attributes=none) is first
    assert len(service.batches) == 1


def test_answers_with_and_without_attributes_are_kept_up_alike(client, service):
    plain, pro = client.effective("u-1"), client.effective("u-1", attributes={"plan": "pro"})
    assert {one.context for one in (plain, pro)} == set(client._held.contexts())
    assert set(client._held.hear(["user:u-1"], position=plain.meta.position + 1)) == {plain.context, pro.context}


def test_answers_come_from_disk_for_the_attributes_that_they_were_given_for(tmp_path, service, connect):
    first = connect(cache_dir=tmp_path)
    first.effective("u-1", attributes={"plan": "pro"})
    first.close()
    service.stop()
    again = connect(cache_dir=tmp_path)
    assert again.effective("u-1", attributes={"plan": "pro"}).meta.source == "disk"
    assert again.effective("u-1", attributes={"plan": "free"}).meta.source != "disk"


def test_true_and_one_are_not_the_same():
    assert Context.checked("u-1", attributes={"trial": True}) != Context.checked("u-1", attributes={"trial": 1})


@pytest.mark.parametrize("given", [{"a-b": 1}, {"a": None}, {"a": "x" * 256}, {"a": 2**53 + 1}, {"a": float("nan")}])
def test_what_cannot_be_an_attribute_is_refused_before_anybody_is_asked(given):
    with pytest.raises(ValueError, match="attributes: "):
        Context.checked("u-1", attributes=given)
