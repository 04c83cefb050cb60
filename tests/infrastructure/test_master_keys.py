"""The file of master keys: read whole, or refused in one line that repeats none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidRequest
from infrastructure.master_keys import new_line, read_master_keys
from tests.master_keys import key_file, lines_of

KEY = "A" * 43 + "="


def test_the_first_line_wraps_and_all_are_known(tmp_path: Path):
    found = read_master_keys(key_file(tmp_path / "keys", "m-2", "m-1", lines=["# retired soon", ""]))
    assert found.first == "m-2"
    assert list(found.keys) == ["m-2", "m-1"]
    assert {len(key) for key in found.keys.values()} == {32}


def test_no_two_keys_are_the_same():
    assert new_line("m") != new_line("m")


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o620, 0o602])
def test_a_file_that_others_may_read_or_change_is_refused(tmp_path: Path, mode: int):
    path = key_file(tmp_path / "keys", "m-1")
    path.chmod(mode)
    with pytest.raises(InvalidRequest, match="chmod 600"):
        read_master_keys(path)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_its_owner_may_read_it_and_a_group(tmp_path: Path, mode: int):
    path = key_file(tmp_path / "keys", "m-1")
    path.chmod(mode)
    assert read_master_keys(path).first == "m-1"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no key"),
        ("# only a comment\n", "holds no key"),
        ("m-1\n", "line 1"),
        (f"m-1 {KEY} more\n", "line 1"),
        (f"# first\nm/1 {KEY}\n", "line 2"),
        ("m-1 c2hvcnQ=\n", "32 bytes"),
        ("m-1 not!base64\n", "32 bytes"),
        (f"m-1 {KEY}\nm-1 {KEY}\n", "line 2: there is a key m-1"),
        ("m-1 ü\n", "not a file of keys"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(tmp_path: Path, text: str, told: str):
    path = tmp_path / "keys"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(InvalidRequest, match=told) as refused:
        read_master_keys(path)
    assert "\n" not in refused.value.detail
    assert KEY not in refused.value.detail
    assert "not!base64" not in refused.value.detail


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(InvalidRequest, match="varve secrets key"):
        read_master_keys(tmp_path / "none")


def test_a_key_has_a_name_that_a_line_can_hold():
    with pytest.raises(InvalidRequest):
        new_line("two words")


def test_a_printed_line_is_read(tmp_path: Path):
    path = key_file(tmp_path / "keys", lines=[new_line("m-1")])
    assert f"m-1 {lines_of(path)[0].split()[1]}" == lines_of(path)[0]
    assert read_master_keys(path).first == "m-1"
