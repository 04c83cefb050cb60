"""What an approval is bound to: the drafts, and the values that they touch."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import orjson

from application.subjects import SUBJECTS, Place
from domain.configs.diff import patch
from domain.documents import Document
from domain.pointers import MISSING, value_at
from domain.releases.draft import Draft
from domain.secrets.envelope import shown


def digest_of(drafts: Iterable[Draft], place: Place) -> str:
    """SHA-256, in hex. What others change beside what is drafted changes nothing about it."""
    found = {str(one.subject): _of_draft(one, SUBJECTS[one.kind](place, one).now()) for one in drafts}
    return sha256(orjson.dumps(found, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _of_draft(draft: Draft, now: Document | None) -> list[Any]:
    """What it changes and what is there now: all of a thing that comes or goes, else field by field."""
    wanted = shown(draft.wanted)
    if draft.base is None or wanted is None or now is None:
        return [wanted, now]
    changes = patch(draft.base, wanted)
    there = {one["path"]: value_at(now, one["path"]) for one in changes}
    return [changes, {pointer: value for pointer, value in there.items() if value is not MISSING}]
