"""All that one can do about change sets, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from application.advance_releases import AdvanceReleases, ReleaseSignals
from application.assignments import Assignments
from application.catalog import Catalogs
from application.change_set_views import ChangeSetViews
from application.change_sets import ChangeSets
from application.commands import Commands
from application.ports import EventStore, Views
from application.preview_change_set import PreviewChangeSet
from application.publish_change_sets import PublishChangeSets
from application.ramp_releases import RampReleases
from application.register_types import RegisterTypes
from application.resolve_config import ResolveConfig
from application.roll_back_releases import RollBackReleases
from application.side_by_side import SideBySide


@dataclass(frozen=True, slots=True)
class Releases:
    views: ChangeSetViews
    change_sets: ChangeSets
    publishing: PublishChangeSets
    ramps: RampReleases
    side_by_side: SideBySide
    advance: AdvanceReleases
    roll_back: RollBackReleases
    preview: PreviewChangeSet

    @classmethod
    def of(
        cls,
        store: EventStore,
        listed: ChangeSetViews,
        *,
        views: Views,
        assignments: Assignments,
        catalogs: Catalogs,
        resolve_config: ResolveConfig,
        commands: Commands,
        guarding: Commands,
        signals: ReleaseSignals,
    ) -> Releases:
        """`guarding` are the commands that no environment refuses."""
        types = RegisterTypes(store, views, catalogs, commands)
        change_sets = ChangeSets(store, catalogs, types, commands, assignments=assignments)
        publishing, turning_back = (
            PublishChangeSets(store, catalogs, types, one, change_sets=change_sets, assignments=assignments)
            for one in (commands, guarding)
        )
        ramps, halting = (RampReleases(store, one, publishing) for one in (commands, guarding))
        now = {"now_us": store.now_us}
        advance = AdvanceReleases(listed, change_sets, publishing, ramps=ramps, halting=halting, signals=signals, **now)
        return cls(
            listed,
            change_sets,
            publishing,
            ramps,
            SideBySide(store, views, catalogs),
            advance,
            RollBackReleases(listed, change_sets, turning_back, **now),
            PreviewChangeSet(store, resolve_config, change_sets, publishing),
        )
