"""The drafts of a change set once more, for another one: what is over is not published again itself."""

from __future__ import annotations

from typing import Any

from application.draft_changes import Wish
from application.subjects import CONFIG_FIELDS, DATA
from domain.configs.diff import equal
from domain.configs.scope import Scope
from domain.documents import Document
from domain.releases.change_set import ChangeSet
from domain.releases.draft import Draft
from domain.secrets.envelope import shown


def wishes_of(change_set: ChangeSet) -> list[Wish]:
    """What its drafts want. Secrets that were drafted are not carried over."""
    return [_of_config(draft) if draft.kind == "config" else _of_other(draft) for draft in change_set.drafts.values()]


def _of_other(draft: Draft) -> Wish:
    return Wish(draft.kind, shown(draft.wanted or {}), draft.name, deletes=draft.wanted is None)


def _of_config(draft: Draft) -> Wish:
    wanted: Document | None = shown(draft.wanted)
    if wanted is None:
        return Wish("config", {}, config_id=draft.subject, deletes=True)
    own = str(draft.subject)
    if draft.base is None:
        fields = {name: wanted[name] for name in (*CONFIG_FIELDS, DATA) if name != "name"}
        place: dict[str, Any] = {"scope": Scope.recorded(str(draft.scope)), "config_type": draft.config_type}
        return Wish("config", {**fields, "is_default": wanted["default"] == own}, draft.name, **place)
    fields = {name: wanted[name] for name in (*CONFIG_FIELDS, DATA) if not equal(wanted[name], draft.base[name])}
    if (wanted["default"] == own) != (draft.base["default"] == own):
        fields["is_default"] = wanted["default"] == own
    return Wish("config", fields, config_id=draft.subject, base_version=draft.base_version)
