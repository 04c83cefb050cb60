"""Files of environment variables are read as they stand, and a line that is none is named."""

from pathlib import Path

import pytest

from domain.errors import InvalidFile
from infrastructure.files import read_env_file

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def read(tmp_path):
    def read_text(text: str | bytes) -> dict[str, str]:
        path = tmp_path / "settings.env"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_env_file(path)

    return read_text


def test_a_real_file_is_read():
    variables = read_env_file(DATA / "locking" / "deterministic_evaluation.env")
    assert len(variables) == 35
    assert variables["TEMPERATURE"] == "0.0"
    assert variables["FEW_SHOT_IDS"] == ""


def test_export_comments_quotes_and_blank_lines_are_understood(read):
    text = "# first\n\nexport A=1\nB = two # why\nC='a # b'\nD=\"x\\ny\"\nE=\nF='${A} $A'\nG=a=b\nH=\"p\nq\"\n"
    assert read(text) == {
        "A": "1",
        "B": "two",
        "C": "a # b",
        "D": "x\ny",
        "E": "",
        "F": "${A} $A",
        "G": "a=b",
        "H": "p\nq",
    }


def test_a_variable_in_a_value_stays_as_it_is_written(read, monkeypatch):
    monkeypatch.setenv("HOME", "/somewhere")
    assert read('A=${HOME}/x\nB="${A:-y}"') == {"A": "${HOME}/x", "B": "${A:-y}"}


def test_lines_may_end_as_on_windows(read):
    assert read('A=1\r\nB="x"\r\n') == {"A": "1", "B": "x"}


def test_of_a_name_that_stands_twice_the_last_holds(read):
    assert read("A=1\nB=2\nA=3") == {"A": "3", "B": "2"}


def test_an_empty_file_has_no_variables(read):
    assert read("") == {}
    assert read("\n# nothing\n\n") == {}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("A=1\n\n\n  no variable\nB=2", "line 4, column 3"),
        ("A=1\nNAME\n", "line 2, column 1"),
        ("export NAME", "line 1, column 1"),
        ("A='x", "line 1, column 1"),
        ("B=1\r\nA='x' y", "line 2, column 1"),
        ("=x", "line 1, column 1"),
        ("B=1\nA=x\0y", "line 2, column 1"),
        (b"A=1\nB=\xff", "line 2, column 3"),
        ("\ufeffA=1", "line 1, column 1"),
    ],
)
def test_a_line_that_is_no_variable_is_named(read, text, place):
    with pytest.raises(InvalidFile, match=rf"settings\.env, {place}: "):
        read(text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidFile, match=r"nothing\.env: there is no such file"):
        read_env_file(tmp_path / "nothing.env")
