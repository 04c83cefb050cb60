"""Files that extend others: layers, folded into one document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from domain.documents import Document, is_one_value
from domain.errors import InvalidFile
from infrastructure.files.document import SUFFIXES, read_file
from infrastructure.files.source import refusal

_MAX_FILES = 100


def read_layered(path: Path, *, layers_dir: Path | None = None) -> Document:
    """The document in the file, over the layers that it names in `extends`, at the top or under `profile`.

    A name is a path without suffix, looked up beside the file that names it, then in `layers_dir`, never outside them.
    The first named is the weakest, the file itself the strongest; objects are merged by key, anything else is replaced.
    `extends` is not in the result. Raises InvalidFile.
    """
    return _Layers(layers_dir).folded(path, ())


class _Layers:
    """One fold: it counts the files, so that layers which name each other many times over cannot run away."""

    def __init__(self, layers_dir: Path | None) -> None:
        self._layers_dir = layers_dir
        self._files = 0

    def folded(self, path: Path, above: tuple[Path, ...]) -> Document:
        """The file at `path` over its layers; `above` are the files that led here."""
        if path.resolve() in [file.resolve() for file in above]:
            raise refusal(str(above[0]), "layers go in a circle: " + " → ".join(str(file) for file in (*above, path)))
        self._files += 1
        if self._files > _MAX_FILES:
            raise refusal(str((*above, path)[0]), f"more than {_MAX_FILES} layers: fold some into one file")
        document, names = _without_extends(read_file(path), path)
        result: Document = {}
        for name in names:
            result = _merged(result, self.folded(self._found(name, path), (*above, path)))
        return _merged(result, document)

    def _found(self, name: str, path: Path) -> Path:
        """The file that `name` stands for in the file at `path`."""
        _check_name(name, path)
        folders = [path.parent] if self._layers_dir is None else [path.parent, self._layers_dir]
        for folder in folders:
            for suffix in SUFFIXES:
                candidate = folder / f"{name}{suffix}"
                if candidate.is_file():
                    _check_inside(candidate, folder, path)
                    return candidate
        looked = " and ".join(str(folder / name) for folder in folders)
        raise _refused(path, f'there is no layer "{name}": looked for {looked}, ending in {", ".join(SUFFIXES)}')


def _without_extends(document: Document, path: Path) -> tuple[Document, list[str]]:
    """The document without its `extends`, and the names that these held."""
    names = _names(document.get("extends", []), path)
    rest = {key: value for key, value in document.items() if key != "extends"}
    profile = rest.get("profile")
    if isinstance(profile, dict) and "extends" in profile:
        names = names + _names(profile["extends"], path)
        rest["profile"] = {key: value for key, value in profile.items() if key != "extends"}
    return rest, names


def _names(value: Any, path: Path) -> list[str]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    raise _refused(path, 'extends must be a list of names, such as ["bases/cli", "envs/prod"]')


def _check_name(name: str, path: Path) -> None:
    parts = name.split("/")
    if not name or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise _refused(path, f'"{name}" is not the name of a layer: give a path without "..", such as "envs/prod"')


def _check_inside(candidate: Path, folder: Path, path: Path) -> None:
    if not candidate.resolve().is_relative_to(folder.resolve()):
        raise _refused(path, f"the layer {candidate} leads out of its folder: put a copy there instead of a link")


def _refused(path: Path, message: str) -> InvalidFile:
    return refusal(str(path), message, pointer="/extends", rule="extends")


def _merged(below: Document, above: Document) -> Document:
    result = dict(below)
    for key, value in above.items():
        under = result.get(key)
        result[key] = value if is_one_value(value) or is_one_value(under) else _merged(under or {}, value)
    return result
