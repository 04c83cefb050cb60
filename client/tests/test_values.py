"""What a read answers cannot be changed, and says where it is from."""

from __future__ import annotations

import copy
import pickle

import pytest

import varve
from varve.defaults import Defaults
from varve.effective import ELSEWHERE
from varve.frames import Frame, Frames


def test_settings_cannot_be_changed_and_their_copy_can():
    settings = varve.Settings({"a": 1, "b": {"c": [1, {"d": 2}]}})
    for change in (
        lambda: setattr(settings, "a", 2),
        lambda: delattr(settings, "a"),
        lambda: setattr(settings.b, "c", ()),
    ):
        with pytest.raises(AttributeError, match="cannot be changed"):
            change()
    assert isinstance(settings.b.c, tuple)
    copied = settings.as_dict()
    copied["b"]["c"].append(3)
    assert settings.as_dict() == {"a": 1, "b": {"c": [1, {"d": 2}]}}


def test_settings_are_a_mapping_also_where_fields_are_called_like_its_methods():
    settings = varve.Settings({"items": 1, "keys": 2, "_values": 3, "__class__": 4, "with-dash": 5})
    assert dict(**settings) == {"items": 1, "keys": 2, "_values": 3, "__class__": 4, "with-dash": 5}
    assert list(settings.items())[-1] == ("with-dash", 5)
    assert settings["items"] == 1
    assert settings == varve.Settings(dict(settings))


def test_a_setting_that_there_is_not_is_told_with_those_that_there_are():
    with pytest.raises(AttributeError, match="there is no setting c here: there are a, b"):
        _ = varve.Settings({"a": 1, "b": 2}).c


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_answers_and_settings_survive_copying(client, copied):
    cfg = client.effective(user="u-1")
    assert copied(cfg) == cfg
    assert copied(cfg).trace() == cfg.trace()
    assert copied(cfg.llm) == cfg.llm
    assert copied(cfg).meta.source in ("live", "memory")


def test_an_answer_cannot_be_changed(client):
    cfg = client.effective(user="u-1")
    with pytest.raises(AttributeError, match="cannot be changed"):
        cfg.llm = {}
    with pytest.raises(AttributeError, match="cannot be changed"):
        del cfg.llm


def test_layers_are_told_from_the_strongest_to_the_applications(service, connect):
    service.put("global", "llm", temperature=0.5)
    service.put("user:u-1", "llm", temperature=0.1)
    cfg = connect(defaults={"llm": {"temperature": 0.2}, "prompt": {"text": "ours"}}).effective(user="u-1")
    told = [(layer.layer, layer.config_id, layer.version, layer.value.temperature) for layer in cfg.layers("llm")]
    assert told == [
        ("user:u-1", "user:u-1/llm", 1, 0.1),
        ("global", "global/llm", 1, 0.5),
        ("default", None, None, 0.7),
        ("application", None, None, 0.2),
    ]
    assert cfg.layers("llm")[0].value is cfg.llm
    assert cfg.prompt.text == "ours"
    assert [layer.layer for layer in cfg.layers("prompt")] == ["application"]
    assert [note.kind for note in cfg.meta.notes["prompt"]] == ["unset"]
    with pytest.raises(KeyError, match="there is no config type lmm"):
        cfg.layers("lmm")


def test_a_part_that_was_healed_is_noted(service, connect):
    answer = service.effective

    def healed(asked):
        lack = {"config_type": "llm", "layer": "user:u-1", "message": "temperature is too high"}
        return {**answer(asked), "degraded": [lack]}

    service.effective = healed
    notes = connect().effective(user="u-1").meta.notes
    assert notes["llm"] == (varve.Note("healed", "temperature is too high"),)


def test_a_trace_names_every_config_that_had_a_part(service, client):
    service.put("global", "llm", temperature=0.5)
    service.put("user:u-1", "llm", temperature=0.1)
    cfg = client.effective(user="u-1", collection=("c-1", "c-2"))
    trace = cfg.trace()
    assert (trace.environment, trace.user, trace.collection) == ("production", "u-1", ("c-1", "c-2"))
    assert (trace.position, trace.digest) == (service.position, cfg.meta.digest)
    assert [tuple(used) for used in trace.configs] == [
        ("llm", "user:u-1/llm", 1, "user:u-1"),
        ("llm", "global/llm", 1, "global"),
    ]
    assert trace.as_dict()["configs"][0]["version"] == 1


def test_experiments_are_told_and_the_strongest_is_traced(service, connect, tmp_path):
    answer = service.effective
    service.effective = lambda asked: {**answer(asked), "experiments": {"prompts": "short", "depth": "deep"}}
    client = connect(cache_dir=tmp_path)
    cfg = client.effective(user="u-1")
    client.close()
    service.stop()
    kept = connect(cache_dir=tmp_path).effective(user="u-1")
    for one in (cfg, kept):
        assert one.meta.experiments == {"prompts": "short", "depth": "deep"}
        assert (one.trace().experiment, one.trace().variant) == ("depth", "deep")
    assert kept.meta.source == "disk"


def test_reads_that_fall_back_are_counted_each_and_told_of_once_a_second(service, connect):
    service.stop()
    told: list[varve.Fallback] = []
    client = connect(defaults={"llm": {"model_id": "ours"}}, on_fallback=told.append)
    for _ in range(50):
        client.effective(user="u-1")
    client.flush()
    assert client.metrics()["fallbacks"] == 50
    assert [(one.context.user, one.source) for one in told] == [("u-1", "application")]


def test_a_callback_for_fallbacks_that_raises_harms_no_read(service, connect, caplog):
    service.stop()
    client = connect(on_fallback=lambda fallback: 1 / 0)
    assert client.effective(user="u-1").meta.source == "types"
    client.flush()
    assert "ZeroDivisionError" in caplog.text


def test_defaults_of_the_application_lie_over_those_of_the_type():
    defaults = Defaults({"llm": {"model_id": "m", "temperature": 0.1}, "own": {"depth": 3}})
    cfg = defaults.effective(varve.Context(), ELSEWHERE, environment=None, problem=None)
    assert (cfg.llm.model_id, cfg.llm.temperature, cfg.llm.top_k) == ("m", 0.1, 50)
    assert cfg.own.depth == 3
    assert not cfg.embedding
    assert [layer.layer for layer in cfg.layers("llm")] == ["application"]
    assert [layer.layer for layer in cfg.layers("retrieval")] == ["default"]


FRAMES = [Frame("reset", '{"a":1}', "7"), Frame("message", "one\ntwo", "7")]
TEXT = '\ufeff: hello\nid: 7\nevent: reset\ndata: {"a":1}\nretry: 5\n\ndata: one\ndata:two\n\nevent: nothing\n\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000])
def test_frames_are_the_same_in_whatever_pieces_they_come(newline, size):
    text = TEXT.replace("\n", newline).encode()
    parser = Frames()
    found = [frame for start in range(0, len(text), size) for frame in parser.fed(text[start : start + size])]
    assert found == FRAMES


def test_a_line_without_an_end_is_given_up():
    parser = Frames()
    for _ in range(10):
        parser.fed(b"x" * 100_000)
    with pytest.raises(varve.NotVarve):
        parser.fed(b"x" * 100_000)
