"""All that one can do, in one place: what bootstrap returns and the doors open onto."""

from __future__ import annotations

from dataclasses import dataclass

from application.assign_profiles import AssignProfiles
from application.assignments import Assignments
from application.audit import Audit
from application.authorize import Authorize
from application.bisect import Bisect
from application.catalog import Catalogs
from application.change_ladder import ChangeLadder
from application.check_compliance import CheckCompliance
from application.check_health import CheckHealth
from application.compare import Compare
from application.counterfactual import Counterfactual
from application.declare_embedders import DeclareEmbedders
from application.deliver_webhooks import DeliverWebhooks
from application.edit_configs import EditConfigs
from application.evaluation_views import EvaluationViews
from application.govern_environments import GovernEnvironments
from application.guards import Guards
from application.inspect_config import InspectConfig
from application.inspect_health import InspectHealth
from application.inspect_history import InspectHistory
from application.inspect_log import InspectLog
from application.lock_configs import LockConfigs
from application.manage_indexes import ManageIndexes
from application.manage_keys import ManageKeys
from application.manage_webhooks import ManageWebhooks
from application.measure_experiments import MeasureExperiments
from application.moments import Moments
from application.name_positions import NamePositions
from application.open_secrets import OpenSecrets
from application.ports import Answers, EventStore, Progress, Rebuilder, Views
from application.preview import Preview
from application.prove_log import ProveLog
from application.publish_checkpoints import PublishCheckpoints
from application.read_environment import ReadEnvironment
from application.read_files import TextFiles
from application.record_evaluations import RecordEvaluations
from application.register_types import RegisterTypes
from application.releases import Releases
from application.reports import Reports
from application.resolve_config import ResolveConfig
from application.restore import Restore
from application.rotate_secrets import RotateSecrets
from application.run_experiments import RunExperiments
from application.switch_serving import SwitchServing
from application.take_reports import TakeReports
from application.transfer import Transfer
from application.undo import Undo
from application.verify_log import VerifyLog
from application.webhook_outbox import Outbox


@dataclass(frozen=True, slots=True)
class UseCases:
    store: EventStore
    views: Views
    progress: Progress
    catalogs: Catalogs
    moments: Moments
    authorize: Authorize
    manage_keys: ManageKeys
    manage_webhooks: ManageWebhooks
    deliver_webhooks: DeliverWebhooks
    outbox: Outbox
    check_compliance: CheckCompliance
    compare: Compare
    bisect: Bisect
    assignments: Assignments
    assign_profiles: AssignProfiles
    audit: Audit
    prove_log: ProveLog
    verify_log: VerifyLog
    checkpoints: PublishCheckpoints
    counterfactual: Counterfactual
    name_positions: NamePositions
    restore: Restore
    undo: Undo
    edit_configs: EditConfigs
    lock_configs: LockConfigs
    record_evaluations: RecordEvaluations
    evaluation_views: EvaluationViews
    manage_indexes: ManageIndexes
    check_health: CheckHealth
    declare_embedders: DeclareEmbedders
    open_secrets: OpenSecrets
    rotate_secrets: RotateSecrets
    resolve_config: ResolveConfig
    run_experiments: RunExperiments
    measure_experiments: MeasureExperiments
    guards: Guards
    register_types: RegisterTypes
    change_ladder: ChangeLadder
    switch_serving: SwitchServing
    govern_environments: GovernEnvironments
    releases: Releases
    read_environment: ReadEnvironment
    text_files: TextFiles
    preview: Preview
    transfer: Transfer
    inspect_config: InspectConfig
    inspect_health: InspectHealth
    inspect_history: InspectHistory
    inspect_log: InspectLog
    rebuilder: Rebuilder
    answers: Answers
    reports: Reports
    take_reports: TakeReports
    default_environment: str
    is_read_only: bool
