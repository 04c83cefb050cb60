"""Who is in an experiment by what a caller tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import CONFIGS, Client
from tests.api.rest.test_experiments import EXPERIMENTS, VARIANTS, did, planned
from tests.api.rest.test_profiles import profile

PRO = 'context.attributes.plan == "pro" && context.attributes.seats > 10'
EVERYBODY_DEEP = [{**VARIANTS[0], "weight": 0}, {**VARIANTS[1], "weight": 100}]
TOLD = {"plan": "pro", "seats": 12}
ADDRESS = ["plan=pro", "seats=12"]


def for_pro(client: Client) -> str:
    """All who are eligible are in its variant `deep`."""
    profile(client, "deep")
    experiment = planned(client, eligibility=PRO, variants=EVERYBODY_DEEP)
    did(client, experiment, "start")
    return experiment


def results(client: Client, **query: Any) -> int:
    found: int = client.effective("u-1", config_types="retrieval", **query)["retrieval"]["number_of_results"]
    return found


def test_who_fits_the_rule_is_in_it_and_who_lacks_an_attribute_is_not(api: Client) -> None:
    for_pro(api)
    asked = [
        [],
        ["plan=pro"],
        ["plan=pro", "seats=10"],
        ["plan=pro", 'seats="12"'],
        ADDRESS,
        ["plan=pro", "seats=10.5"],
    ]
    assert [results(api, attribute=attribute) for attribute in asked] == [5, 5, 5, 5, 25, 25]


def test_answers_are_kept_for_the_attributes_that_they_were_asked_with(api: Client) -> None:
    experiment = for_pro(api)
    for _ in range(2):
        assert [results(api, attribute=asked) for asked in (ADDRESS, [], ["plan=free", "seats=12"])] == [25, 5, 5]
    assert len(api.service.kept.kept) >= 3
    did(api, experiment, "pause")
    assert results(api, attribute=ADDRESS) == 5


def test_a_batch_takes_attributes_for_each_context(api: Client) -> None:
    for_pro(api)
    contexts: list[dict[str, Any]] = [{"user_id": "u-1", "attributes": TOLD}, {"user_id": "u-1"}]
    contexts.append({"user_id": "u-1", "attributes": {"plan": None}})
    body = {"contexts": contexts, "config_types": ["retrieval"]}
    first, second, refused = api.post(f"{CONFIGS}effective", json=body).json()["items"]
    assert [one["retrieval"]["number_of_results"] for one in (first, second)] == [25, 5]
    assert refused["problem"]["errors"][0]["pointer"] == "/attributes/plan"


def test_the_past_is_asked_with_attributes_and_replay_and_receipts_agree(client: Client) -> None:
    experiment = for_pro(client)
    answer = client.effective("u-1", config_types="retrieval", attribute=ADDRESS)
    did(client, experiment, "pause")
    assert results(client, attribute=ADDRESS, position=answer["position"]) == 25
    who = {"user_id": "u-1", "attributes": TOLD, "config_types": ["retrieval"], "position": answer["position"]}
    replay = client.post("/api/audits/replay", json=who).json()
    assert (replay["equal"], replay["replayed_digest"], replay["attributes"]) == (True, answer["digest"], TOLD)
    receipt = {**who, "digest": answer["digest"]}
    receipts = [receipt, {**receipt, "attributes": {}}]
    judged = client.post("/api/audits/receipts", json={"receipts": receipts}).json()["items"]
    assert [one["verdict"] for one in judged] == ["genuine", "other"]


def test_openfeature_takes_any_attribute_and_leaves_alone_what_cannot_be_one(api: Client) -> None:
    for_pro(api)
    context = {"targetingKey": "u-1", **TOLD, "tags": ["a"], "odd-name": 1}
    flag = api.post("/ofrep/v1/evaluate/flags/retrieval.number_of_results", json={"context": context}).json()
    assert flag["value"] == 25


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ('context.atributes.plan == "pro"', "there is no atributes in it"),
        ("context.user_id", "neither true nor false"),
        ('"pro"', "neither true nor false"),
        ("plan == 'pro'", "plan is not known"),
    ],
)
def test_a_rule_that_could_never_hold_is_refused(api: Client, rule: str, told: str) -> None:
    body = {"name": "e-1", "variants": VARIANTS, "eligibility": rule}
    answer = api.post(EXPERIMENTS, json=body)
    assert answer.status_code == 400
    assert told in answer.json()["errors"][0]["message"], answer.json()


@pytest.mark.parametrize("attribute", ["plan", "a-b=1"])
def test_an_attribute_that_cannot_be_is_refused(api: Client, attribute: str) -> None:
    assert api.get(f"{CONFIGS}effective/u-1", params={"attribute": attribute}).status_code == 400
