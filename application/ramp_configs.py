"""What a release sets while only a part of the users get it: configs at its own scope, in the place of global ones."""

from __future__ import annotations

from application.carry_out import CarryOut
from application.edit_configs import Draft as NewConfig
from application.subjects import DATA, ConfigSubject, Place
from domain.aggregate import stream_id
from domain.configs.scope import GLOBAL
from domain.configs.slot import Slot, slot_id
from domain.errors import Conflict, InvalidRequest
from domain.releases.change_set import ChangeSet
from domain.releases.draft import Draft
from domain.releases.ramp import release_scope

NAME = "release"  # of each such config, in its slot


def put_ramp(carry: CarryOut, change_set: ChangeSet) -> None:
    """Raises InvalidRequest for drafts that no part of the users can be given; Diverged, Conflict, InvalidConfig."""
    place = carry.place
    for index, draft in enumerate(change_set.drafts.values()):
        _require_global(index, draft)
        _require_alone(place, draft)
        document = carry.document(ConfigSubject(place, draft), draft)
        new = NewConfig(
            change_set.environment,
            release_scope(change_set.id),
            str(draft.config_type),
            NAME,
            document[DATA],
            document["description"],
            document["mode"],
            tuple(document["unset"]),
            is_default=True,
        )
        id_ = stream_id("config_of", str(change_set.id), str(draft.subject), str(change_set.version))
        place.configs.create(new, id_)


def drop_ramp(place: Place, change_set: ChangeSet) -> None:
    """Take them away: they are global now, or not to be."""
    for draft in change_set.drafts.values():
        at = slot_id(change_set.environment, release_scope(change_set.id), str(draft.config_type))
        default = place.work.load(Slot, at).default
        if default is not None:
            place.configs.delete(default)


def _require_global(index: int, draft: Draft) -> None:
    wanted = draft.wanted if draft.kind == "config" and draft.scope == str(GLOBAL) else None
    if wanted is None or wanted["default"] != str(draft.subject) or not wanted["is_active"]:
        why = "only what is global, and comes into force, can be given to a part of the users"
        raise InvalidRequest.at(f"/drafts/{index}", f"{draft.title}: {why}", "ramp")


def _require_alone(place: Place, draft: Draft) -> None:
    """Two releases of one type would be compared with each other."""
    for ramp in place.catalog.ramps.values():
        if ramp.environment == place.environment:
            slot = place.work.load(Slot, slot_id(place.environment, ramp.scope, str(draft.config_type)))
            if slot.default is not None:
                message = f"another release of {draft.config_type} is on its way ({ramp.scope.id})"
                raise Conflict(f"{message}: publish it, or roll it back, first")
