"""Row 4: the client's read of a known context, in process, beside a dictionary and beside the peers.

    make reads

runs it in an environment of its own, build/peers. Rounds are interleaved; the table gives medians, their spread, and
ratios to the dictionary. A peer answers the same settings for the same user from memory, with nothing to fetch and
nothing to report. Then the time that each package takes to be imported, less that of starting Python.
"""

from __future__ import annotations

import logging
import resource
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any, NamedTuple

import varve
from client.tests.fake import FakeVarve

ROUNDS = 7
SECONDS = 0.1  # that a measure runs for in a round
LLM = {"model_id": "gpt-4o", "temperature": 0.2, "top_p": 0.9, "max_new_tokens": 500}
DICT = "a dict by (user, collection)"
CONTEXTS = [(f"u-{number}", f"c-{number % 20}") for number in range(2_000)]
USER, COLLECTION = CONTEXTS[77]
PACKAGES = ["varve", "UnleashClient", "ldclient", "openfeature.api", "dynaconf", "urllib3"]


class Measure(NamedTuple):
    """A statement as an application would write it, and what its names stand for."""

    statement: str
    names: dict[str, Any]


def dictionary(_: ExitStack) -> dict[str, Measure]:
    names = {"known": {context: dict(LLM) for context in CONTEXTS}, "user": USER, "collection": COLLECTION}
    return {
        DICT: Measure("known[user, collection]", names),
        "… and a setting of it": Measure('known[user, collection]["temperature"]', names),
    }


def ours(stack: ExitStack) -> dict[str, Measure]:
    service = stack.enter_context(FakeVarve().served())
    service.documents["global", "llm"], service.versions["global", "llm"] = LLM, 1
    client = stack.enter_context(varve.Client(service.url))
    for user, collection in CONTEXTS:
        assert client.effective(user=user, collection=collection).llm.temperature == 0.2
    names = {"client": client, "user": USER, "collection": COLLECTION}
    read = "client.effective(user=user, collection=collection)"
    return {
        f"varve {varve.__version__}": Measure(read, names),
        "… by position": Measure("client.effective(user, collection)", names),
        "… and a setting of it": Measure(f"{read}.llm.temperature", names),
    }


def dynaconf(_: ExitStack) -> dict[str, Measure]:
    from dynaconf import Dynaconf  # noqa: PLC0415 - its import is measured too

    settings = Dynaconf(LLM=LLM)
    assert settings.LLM.temperature == 0.2
    return {f"dynaconf {version('dynaconf')}": Measure("settings.LLM", {"settings": settings})}


def openfeature(_: ExitStack) -> dict[str, Measure]:
    from openfeature import api  # noqa: PLC0415
    from openfeature.evaluation_context import EvaluationContext  # noqa: PLC0415
    from openfeature.provider.in_memory_provider import InMemoryFlag, InMemoryProvider  # noqa: PLC0415

    api.set_provider(InMemoryProvider({"llm": InMemoryFlag("on", {"on": LLM})}))
    client, context = api.get_client(), EvaluationContext(USER, {"collection_id": COLLECTION})
    assert client.get_object_value("llm", {}, context) == LLM
    name = f"openfeature-sdk {version('openfeature-sdk')} (in memory)"
    return {name: Measure('client.get_object_value("llm", {}, context)', {"client": client, "context": context})}


def launchdarkly(stack: ExitStack) -> dict[str, Measure]:
    from ldclient import Context, LDClient  # noqa: PLC0415
    from ldclient.config import Config  # noqa: PLC0415
    from ldclient.integrations.test_data import TestData  # noqa: PLC0415

    flags = TestData.data_source()
    flags.update(flags.flag("llm").variations(LLM).variation_for_all(0))
    client = LDClient(Config("sdk", update_processor_class=flags, send_events=False))
    stack.callback(client.close)
    context = Context.builder(USER).set("collection_id", COLLECTION).build()
    assert client.variation("llm", context, {}) == LLM
    name = f"launchdarkly-server-sdk {version('launchdarkly-server-sdk')} (TestData)"
    return {name: Measure('client.variation("llm", context, {})', {"client": client, "context": context})}


def unleash(stack: ExitStack) -> dict[str, Measure]:
    from UnleashClient import UnleashClient  # noqa: PLC0415
    from UnleashClient.cache import FileCache  # noqa: PLC0415

    toggle = {
        "name": "llm",
        "enabled": True,
        "strategies": [{"name": "default", "parameters": {}}],
        "variants": [{"name": "on", "weight": 1000, "payload": {"type": "json", "value": str(LLM)}}],
    }
    cache = FileCache("varve-benchmark", directory=stack.enter_context(tempfile.TemporaryDirectory()))
    cache.bootstrap_from_dict({"version": 1, "features": [toggle]})
    client = UnleashClient(
        "http://127.0.0.1:9", "app", cache=cache, disable_metrics=True, disable_registration=True,
        multiple_instance_mode="SILENT",
    )  # fmt: skip
    client.initialize_client(fetch_toggles=False)
    stack.callback(client.destroy)
    context = {"userId": USER, "properties": {"collection_id": COLLECTION}}
    assert client.get_variant("llm", context)["name"] == "on"
    name, names = f"UnleashClient {version('UnleashClient')}", {"client": client, "context": context}
    return {
        f"{name}: get_variant": Measure('client.get_variant("llm", context)', names),
        f"{name}: is_enabled": Measure('client.is_enabled("llm", context)', names),
    }


def nanoseconds(measure: Measure) -> float:
    timer = timeit.Timer(measure.statement, globals=measure.names)
    number = max(1, int(SECONDS / 10 / max(timer.timeit(10) / 10, 1e-9)))
    return min(timer.repeat(repeat=10, number=number)) / number * 1e9


def import_milliseconds(package: str) -> float:
    """Processor time, which does not depend on who else is at work. The second of two runs finds the bytecode."""
    program = [sys.executable, "-c", f"import {package}" if package else "pass"]
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(program, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1_000


def interleaved(measures: dict[str, Any], measured: Callable[[Any], float]) -> dict[str, list[float]]:
    rounds: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(ROUNDS):
        for name, measure in measures.items():
            rounds[name].append(measured(measure))
    return rounds


def spread(values: list[float], *, digits: int) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def main() -> None:
    logging.disable(logging.CRITICAL)
    with ExitStack() as stack:
        measures: dict[str, Measure] = {}
        for made in (dictionary, ours, dynaconf, openfeature, launchdarkly, unleash):
            for name, measure in made(stack).items():
                measures[name if name not in measures else f"{name} (varve)"] = measure
        reads = interleaved(measures, nanoseconds)
    print(f"Python {sys.version.split()[0]}, {ROUNDS} rounds")
    print("| read of a known context | ns | ratio to the dict |\n|---|---|---|")
    for name, found in reads.items():
        ratios = [one / other for one, other in zip(found, reads[DICT], strict=True)]
        print(f"| {name} | {statistics.median(found):,.0f} | {spread(ratios, digits=2)} |")
    imports = interleaved({name or "(Python itself)": name for name in ("", *PACKAGES)}, import_milliseconds)
    start = statistics.median(imports.pop("(Python itself)"))
    print("\n| import | ms of processor time, less the start of Python |\n|---|---|")
    for name, found in imports.items():
        print(f"| {name} | {spread([one - start for one in found], digits=0)} |")


if __name__ == "__main__":
    main()
