"""Master keys, from a file that lies away from the store: a line each, `NAME BASE64-OF-32-BYTES`."""

from __future__ import annotations

import binascii
import os
import re
import stat
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from domain.errors import InvalidRequest
from domain.secrets.sealing import KEY_BYTES

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
NAME_IS = "the name of a key is 1 to 64 of a-z, A-Z, 0-9, dot, dash and underscore, a letter or digit first"
NOT_FOR_OTHERS = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO  # a group may read: so volumes hand files to a service


class MasterKeys(NamedTuple):
    """The first wraps; the others open what they wrapped before."""

    path: Path
    first: str
    keys: Mapping[str, bytes]


def read_master_keys(path: Path) -> MasterKeys:
    """Raises InvalidRequest, of one line that repeats no key."""
    lines = [line.split() for line in _text(path).splitlines()]
    keys: dict[str, bytes] = {}
    for number, words in enumerate(lines, start=1):
        if not words or words[0].startswith("#"):
            continue
        name, key = _read(words, where=f"{path}, line {number}")
        if name in keys:
            raise _unfit(f"{path}, line {number}: there is a key {name} before it: give each a name of its own")
        keys[name] = key
    if not keys:
        raise _unfit(f"{path} holds no key: write the line that varve secrets key NAME prints into it")
    return MasterKeys(path, next(iter(keys)), keys)


def new_line(name: str) -> str:
    """A new master key, as a line of the file. Raises InvalidRequest for a name that cannot be."""
    if not NAME.fullmatch(name):
        raise InvalidRequest.at("/name", NAME_IS, "name")
    return f"{name} {b64encode(os.urandom(KEY_BYTES)).decode()}"


def _text(path: Path) -> str:
    try:
        with path.open(encoding="ascii") as file:
            if os.fstat(file.fileno()).st_mode & NOT_FOR_OTHERS:
                raise _unfit(f"{path} is open to others: chmod 600 {path}")
            return file.read()
    except UnicodeDecodeError:
        raise _unfit(f"{path} is not a file of keys: a line is NAME BASE64-OF-32-BYTES") from None
    except OSError as error:
        raise _unfit(f"{path} cannot be read ({error.strerror}): make it with varve secrets key NAME") from error


def _read(words: list[str], *, where: str) -> tuple[str, bytes]:
    if len(words) != 2 or not NAME.fullmatch(words[0]):
        raise _unfit(f"{where}: a line is NAME BASE64-OF-32-BYTES, and {NAME_IS}")
    try:
        key = b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise _unfit(f"{where}: a key is {KEY_BYTES} bytes in base64: varve secrets key NAME prints one")
    return words[0], key


def _unfit(message: str) -> InvalidRequest:
    return InvalidRequest.at("/secret_keys", f"the setting secret_keys: {message}", "secret_keys")
