"""The guard: what a call is tried with, whose error it is, and what is told of it."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from types import SimpleNamespace

import pytest

import varve
from varve.testing import MemoryClient
from varve.testing import client as memory_client

GOOD = {"provider_id": "openai", "model_id": "gpt-4o"}
DEFAULTS = {"llm": {"model_id": "gpt-4o-mini"}}


class NoSuchModel(Exception):
    status_code = 404


class Refused(Exception):
    def __init__(self, **facts):
        super().__init__("refused")
        self.__dict__.update(facts)


def grpc(name: str):
    """As gRPC's errors tell their code."""
    return lambda: SimpleNamespace(name=name)


def named(error: BaseException) -> str:
    facts = " ".join(f"{name}={getattr(value, '__dict__', value)}" for name, value in vars(error).items())
    return f"{type(error).__module__}.{type(error).__name__} {facts}"


class Model:
    """A provider that has some models, and remembers what it was asked for."""

    def __init__(self, *models: str) -> None:
        self.models = set(models)
        self.asked: list[str] = []

    def __call__(self, cfg) -> str:
        self.asked.append(cfg.model_id)
        if cfg.model_id not in self.models:
            raise NoSuchModel(f"there is no {cfg.model_id}")
        return f"{cfg.model_id} says so"


@pytest.fixture
def client() -> Iterator[MemoryClient]:
    with memory_client({"llm": GOOD}, defaults=DEFAULTS) as client:
        yield client


@pytest.fixture
def model() -> Model:
    return Model("gpt-4o", "gpt-4o-mini")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    clock = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr("varve.circuits.time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def reports(client: MemoryClient) -> list[dict]:
    assert client.flush(5)
    return [one for path, body in client.received if path == "/api/failures" for one in body["failures"]]


def test_a_call_that_goes_well_is_made_once_with_the_settings_in_force(client, model):
    assert client.guard("llm", user="u-1").run(model) == "gpt-4o says so"
    assert model.asked == ["gpt-4o"]
    assert reports(client) == []


def test_a_misspelled_model_costs_one_extra_call_and_no_error(client, model):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    assert client.guard("llm", user="u-1").run(model) == "gpt-4o says so"
    assert model.asked == ["gpt-4oo", "gpt-4o"]
    assert client.metrics()["calls_healed"] == 1


def test_what_failed_is_reported_with_its_config_and_what_healed_it(client, model):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    layer = client.effective(user="u-1").layers("llm")[0]
    client.guard("llm", user="u-1", collection="c-9").run(model)
    (told,) = reports(client)
    del told["id"], told["at"]
    assert told == {
        "config_type": "llm",
        "config_id": layer.config_id,
        "version": 1,
        "layer": "user:u-1",
        "user_id": "u-1",
        "collection_id": "c-9",
        "position": client.effective(user="u-1").meta.position,
        "error": "NoSuchModel: there is no gpt-4oo",
        "healed_by": "global",
        "circuit": "closed",
        "counts": True,
    }


def test_where_every_layer_of_the_service_fails_the_application_s_defaults_answer(client, model):
    client.set("llm", model_id="gpt-4oo")
    client.set("llm", model_id="gpt-5oo", user="u-1")
    assert client.guard("llm", user="u-1").run(model) == "gpt-4o-mini says so"
    assert model.asked == ["gpt-5oo", "gpt-4oo", "gpt-4o-mini"]
    told = {one["layer"]: (one["healed_by"], one["counts"]) for one in reports(client)}
    # The upper one may only have failed for what it got from below.
    assert told == {"user:u-1": ("application", False), "global": ("application", True)}


def test_where_everything_fails_the_first_error_is_the_caller_s_and_speaks_against_no_config(client):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    with pytest.raises(NoSuchModel, match="gpt-4oo") as told:
        client.guard("llm", user="u-1").run(Model())
    assert [note.partition(" it failed")[0] for note in told.value.__notes__] == [
        "with the settings of global",
        "with the settings of application",
    ]
    assert {(one["healed_by"], one["counts"]) for one in reports(client)} == {(None, False)}
    for _ in range(20):
        with pytest.raises(NoSuchModel):
            client.guard("llm", user="u-1").run(Model())
    assert client.metrics()["circuits_opened"] == 0


def test_the_error_that_is_raised_keeps_what_led_to_it(client):
    def call(cfg):
        try:
            raise OSError(cfg.model_id)
        except OSError as error:
            raise NoSuchModel(cfg.model_id) from error

    with pytest.raises(NoSuchModel, match="gpt-4o") as told:
        client.guard("llm").run(call)
    assert repr(told.value.__cause__) == repr(told.value.__context__) == "OSError('gpt-4o')"


def test_a_coroutine_that_nobody_awaits_is_refused(client):
    async def call(cfg):
        raise NoSuchModel

    with pytest.raises(TypeError, match="arun"):
        client.guard("llm").run(call)


def test_where_there_is_one_layer_alone_its_failure_counts():
    with memory_client({"prompt": {"text": "x"}}) as client, pytest.raises(NoSuchModel):
        client.guard("prompt").run(lambda cfg: Model()(SimpleNamespace(model_id="m")))
    assert [(one["healed_by"], one["counts"]) for one in reports(client)] == [(None, True)]


@pytest.mark.parametrize(
    "error",
    [
        Refused(status_code=429),
        Refused(status_code=401),
        Refused(status_code=403),
        Refused(status_code=500),
        Refused(status_code=503),
        Refused(response=SimpleNamespace(status_code=429)),
        Refused(response={"ResponseMetadata": {"HTTPStatusCode": 429}}),
        Refused(status=504),
        Refused(status_code=400, code="content_filter"),
        Refused(code=grpc("RESOURCE_EXHAUSTED")),
        type("RateLimitError", (Exception,), {})(),
        type("APITimeoutError", (Exception,), {})(),
        type("AuthenticationError", (Exception,), {})(),
        type("ConnectError", (Exception,), {})(),
        TimeoutError(),
        ConnectionResetError(),
        CancelledError(),
        asyncio.CancelledError(),
        KeyboardInterrupt(),
        SystemExit(),
        GeneratorExit(),
        MemoryError(),
    ],
    ids=named,
)
def test_an_error_that_says_nothing_of_the_settings_is_passed_on_at_once(client, error):
    calls = []

    def call(cfg):
        calls.append(cfg.model_id)
        raise error

    with pytest.raises(type(error)) as told:
        client.guard("llm").run(call)
    assert (told.value, calls, reports(client)) == (error, ["gpt-4o"], [])


@pytest.mark.parametrize(
    "error",
    [
        Refused(status_code=400),
        Refused(status_code=404),
        Refused(status_code=422),
        Refused(response=SimpleNamespace(status_code=404)),
        Refused(response=SimpleNamespace(status=404)),
        Refused(response={"ResponseMetadata": {"HTTPStatusCode": 400}}),
        Refused(code=404),
        Refused(code=grpc("NOT_FOUND")),
        Refused(code="model_not_found"),
        Refused(status_code=400, status="INVALID_ARGUMENT"),
        ValueError("temperature must be at most 1"),
        TypeError("unexpected keyword argument 'top_k'"),
        FileNotFoundError("there is no model here"),
    ],
    ids=named,
)
def test_an_error_of_the_settings_is_tried_again_with_others(client, error):
    def call(cfg):
        if cfg.model_id == "gpt-4o":
            raise error
        return cfg.model_id

    assert client.guard("llm").run(call) == "gpt-4o-mini"


def test_whose_error_it_is_may_be_said_by_the_caller(client):
    def call(cfg):
        if cfg.model_id == "gpt-4o":
            raise TimeoutError
        return cfg.model_id

    assert client.guard("llm", is_config_error=lambda error: isinstance(error, TimeoutError)).run(call) == "gpt-4o-mini"
    with pytest.raises(NoSuchModel):
        client.guard("llm", is_config_error=lambda _: False).run(Model())


def test_traffic_never_moves_to_another_provider_unless_that_is_allowed(client):
    client.set("llm", provider_id="azure", model_id="gpt-4oo", user="u-1")
    asked = Model("gpt-4o", "gpt-4o-mini")
    assert (
        client.guard("llm", user="u-1").run(asked) == "gpt-4o-mini says so"
    )  # whose provider is nobody's in particular
    assert asked.asked == ["gpt-4oo", "gpt-4o-mini"]
    assert client.guard("llm", user="u-1", allow_provider_change=True).run(asked) == "gpt-4o says so"


def test_settings_that_are_the_same_are_not_tried_twice(client):
    client.set("llm", GOOD, user="u-1")
    model = Model("gpt-4o-mini")
    client.guard("llm", user="u-1").run(model)
    assert model.asked == ["gpt-4o", "gpt-4o-mini"]


def test_an_unknown_type_is_a_mistake_of_the_program(client):
    with pytest.raises(KeyError, match="there is no config type lmm"):
        client.guard("lmm").run(lambda cfg: cfg)


def test_while_the_service_is_down_a_type_that_only_it_knows_has_no_settings():
    with memory_client({"mine": {"a": 1}}) as client:
        client.fail()
        assert client.guard("mine").run(dict) == {}


def test_what_cannot_be_described_is_told_by_its_class(client, model):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    client.guard("llm", user="u-1", describe=lambda error: error.nothing).run(model)
    client.guard("llm", user="u-1", describe=lambda _: "hidden").run(model)
    assert [one["error"] for one in reports(client)] == ["NoSuchModel", "hidden"]


def test_nothing_is_reported_where_that_is_not_wanted(model):
    with memory_client({"llm": {**GOOD, "model_id": "gpt-4oo"}}, defaults=DEFAULTS) as client:
        client.auto_report = False
        client.guard("llm").run(model)
        assert (reports(client), client.metrics()["calls_healed"]) == ([], 1)


# ------------------------------------------------------------------------------------------------------------ circuits


def test_a_version_that_keeps_failing_is_not_tried_any_more(client, model, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    guard = client.guard("llm", user="u-1")
    for _ in range(1_000):
        assert guard.run(model) == "gpt-4o says so"
    assert model.asked.count("gpt-4oo") == 5
    assert client.metrics()["circuits_opened"] == 1
    # Of the calls that were spared a number is told of, and later some now and then.
    assert [one["circuit"] for one in reports(client)] == ["closed"] * 5 + ["open"] * 100
    clock.now += 1
    for _ in range(100):
        guard.run(model)
    assert len(reports(client)) == 110
    told = reports(client)[-1]
    assert (told["circuit"], told["error"]) == ("open", "NoSuchModel: there is no gpt-4oo")
    assert (told["healed_by"], told["counts"]) == ("global", True)


def test_who_only_failed_for_what_lies_below_is_never_blamed(client, model, clock):
    """A layer that adds a temperature to a misspelled model from below, until that is corrected."""
    client.set("llm", model_id="gpt-4oo")
    client.set("llm", temperature=0.1, user="u-1")
    guard = client.guard("llm", user="u-1")
    for n in range(20):
        guard.run(model)
        if n == 10:
            client.set("llm", model_id="gpt-4o")
        clock.now += 0.2
    told = {(one["layer"], one["circuit"]): one["counts"] for one in reports(client)}
    assert told == {
        ("user:u-1", "closed"): False,
        ("user:u-1", "open"): False,
        ("global", "closed"): True,
        ("global", "open"): True,
    }


def test_after_the_cool_down_one_call_tries_again(client, model, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    guard = client.guard("llm", user="u-1")
    for _ in range(10):
        guard.run(model)
    clock.now += 30
    for _ in range(10):
        guard.run(model)
    assert model.asked.count("gpt-4oo") == 6
    model.models.add("gpt-4oo")  # the provider has it now
    clock.now += 30
    assert [guard.run(model) for _ in range(3)] == ["gpt-4oo says so"] * 3


def test_a_new_version_is_tried_at_once(client, model, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    guard = client.guard("llm", user="u-1")
    for _ in range(10):
        guard.run(model)
    client.set("llm", model_id="gpt-4o-mini", user="u-1")
    assert guard.run(model) == "gpt-4o-mini says so"


def test_failures_that_lie_far_apart_open_nothing(client, model, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    for _ in range(20):
        client.guard("llm", user="u-1").run(model)
        clock.now += 16  # four in a minute
    assert model.asked.count("gpt-4oo") == 20


def test_some_failures_among_many_good_calls_open_nothing(client, clock):
    calls = iter(range(100))

    def call(cfg):
        if cfg.model_id == "gpt-4o" and next(calls) % 3 == 0:
            raise NoSuchModel
        return cfg.model_id

    answers = [client.guard("llm").run(call) for _ in range(90)]
    assert answers.count("gpt-4o-mini") == 30


def test_where_every_circuit_is_open_the_settings_in_force_are_tried_all_the_same(model, clock):
    with memory_client({"llm": GOOD}) as client:
        client.set("llm", provider_id="azure", model_id="gpt-4oo", user="u-1")
        rule = varve.CircuitRule(failures=1, calls=1)
        client.guard("llm", user="u-1", circuit=rule, allow_provider_change=True).run(model)
        assert client.metrics()["circuits_opened"] == 1
        model.models.add("gpt-4oo")
        assert client.guard("llm", user="u-1", circuit=rule).run(model) == "gpt-4oo says so"


def test_of_many_callers_one_makes_the_trial(client, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    guard, entered, go = client.guard("llm", user="u-1"), threading.Barrier(8), threading.Event()
    tried = []

    def failing(cfg):
        if cfg.model_id == "gpt-4oo":
            tried.append(1)
            go.wait(1)
            raise NoSuchModel
        return cfg.model_id

    def call(_):
        entered.wait(5)
        return guard.run(failing)

    go.set()
    for _ in range(5):
        guard.run(failing)
    clock.now += 30
    go.clear()
    tried.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))
    assert (answers, len(tried)) == (["gpt-4o"] * 8, 1)


def test_a_trial_without_a_verdict_leaves_it_to_the_next(client, model, clock):
    client.set("llm", model_id="gpt-4oo", user="u-1")
    guard = client.guard("llm", user="u-1")
    for _ in range(5):
        guard.run(model)
    clock.now += 30

    def slow(cfg):
        raise TimeoutError

    with pytest.raises(TimeoutError):
        guard.run(slow)
    guard.run(model)
    assert model.asked.count("gpt-4oo") == 6


@pytest.mark.parametrize(
    "fields", [{"failures": 0}, {"failures": 6, "calls": 5}, {"window_seconds": 0}, {"cool_down_seconds": -1}]
)
def test_a_rule_that_cannot_be_is_refused(fields):
    with pytest.raises(ValueError, match="is needed"):
        varve.CircuitRule(**fields)


# --------------------------------------------------------------------------------------------------------------- forms


def test_as_a_decorator_the_function_gets_the_settings_as_cfg_or_first(client, model):
    client.set("llm", model_id="gpt-4oo")

    @client.guard("llm")
    def first(settings, question, *, loud=False):
        return f"{question} {model(settings)} {loud}"

    @client.guard("llm")
    def by_name(question, *, cfg):
        return f"{question} {model(cfg)}"

    class Service:
        @client.guard("llm")
        def answer(self, cfg, question):
            return f"{question} {model(cfg)}"

        @client.guard("llm")
        def other(self, question, cfg):
            return f"{question} {model(cfg)}"

    assert first("why?", loud=True) == "why? gpt-4o-mini says so True"
    assert by_name("why?") == by_name(question="why?") == "why? gpt-4o-mini says so"
    assert Service().answer("why?") == Service().other("why?") == Service().other(question="why?")
    assert list(inspect.signature(first).parameters) == ["question", "loud"]
    assert list(inspect.signature(by_name).parameters) == ["question"]


def test_for_whom_a_decorated_function_works_may_follow_from_its_arguments(client):
    client.set("llm", model_id="of-u-1", user="u-1")
    client.set("llm", model_id="of-c-9", collection="c-9")

    @client.guard("llm", user=lambda _, user: user)
    def of_user(question, user, *, cfg):
        return cfg.model_id

    @client.guard("llm", collection=lambda collection: collection)
    def of_collection(cfg, collection):
        return cfg.model_id

    assert [of_user("why?", "u-1"), of_user("why?", user="u-2"), of_collection("c-9")] == ["of-u-1", "gpt-4o", "of-c-9"]
    with pytest.raises(TypeError, match="for the decorator alone"):
        client.guard("llm", user=lambda user: user).run(lambda cfg: cfg)


def test_what_answers_in_pieces_is_no_function_to_decorate(client):
    with pytest.raises(TypeError, match="use attempts"):

        @client.guard("llm")
        def stream(cfg):
            yield cfg

    with pytest.raises(TypeError, match="takes the settings"):
        client.guard("llm")(lambda: None)


def test_attempts_are_for_what_is_no_single_function(client, model):
    client.set("llm", model_id="gpt-4oo")
    layers = []
    for attempt in client.guard("llm").attempts():
        with attempt as cfg:
            layers.append(attempt.layer)
            answer = model(cfg)
    assert (layers, answer) == (["global", "application"], "gpt-4o-mini says so")


def test_attempts_that_all_fail_end_with_the_error(client):
    def work():
        for attempt in client.guard("llm").attempts():
            with attempt as cfg:
                Model()(cfg)

    with pytest.raises(NoSuchModel, match="gpt-4o"):
        work()


def test_an_attempt_that_is_not_taken_ends_them(client):
    assert len(list(client.guard("llm").attempts())) == 1


def test_coroutines_are_guarded_too(client, model):
    client.set("llm", model_id="gpt-4oo")

    async def call(cfg):
        await asyncio.sleep(0)
        return model(cfg)

    async def work():
        asynchronous = varve.AsyncClient(client=client)
        guard, found = asynchronous.guard("llm"), []
        decorated = guard(call)
        async for attempt in guard.attempts():
            with attempt as cfg:
                found.append(await call(cfg))
        return [await guard.run(call), await decorated(), await client.guard("llm").arun(call), *found]

    assert asyncio.run(work()) == ["gpt-4o-mini says so"] * 4


def test_a_task_that_is_cancelled_is_not_tried_again(client):
    calls = []

    async def call(cfg):
        calls.append(cfg.model_id)
        await asyncio.sleep(10)

    async def work():
        task = asyncio.create_task(varve.AsyncClient(client=client).guard("llm").run(call))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(work())
    assert (calls, reports(client)) == (["gpt-4o"], [])


def test_many_tasks_and_threads_are_all_answered(client, model):
    client.set("llm", model_id="gpt-4oo")
    guard = client.guard("llm")

    async def work():
        async def call(cfg):
            await asyncio.sleep(0.001)
            return model(cfg)

        return await asyncio.gather(*(guard.arun(call) for _ in range(200)))

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: guard.run(model), range(200)), *asyncio.run(work())]
    assert set(answers) == {"gpt-4o-mini says so"}
    assert len(answers) == 400
