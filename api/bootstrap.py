"""The composition root: the only place that names concrete infrastructure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import structlog

from api.app import Service
from api.callers import Callers
from api.starting import own_command, read_variables
from application.assemble import Unmetered
from application.assign_profiles import AssignProfiles
from application.audit import Audit
from application.authorize import Authorize
from application.bisect import Bisect
from application.catalog import Catalogs
from application.change_ladder import ChangeLadder
from application.check_compliance import CheckCompliance
from application.check_health import CheckHealth
from application.check_policies import every_gate
from application.commands import Commands
from application.compare import Compare
from application.counterfactual import Counterfactual
from application.declare_embedders import DeclareEmbedders
from application.deliver_webhooks import DeliverWebhooks
from application.edit_configs import EditConfigs
from application.gates import Gates
from application.govern_environments import GovernEnvironments
from application.guards import Guards
from application.inspect_config import InspectConfig
from application.inspect_health import InspectHealth
from application.inspect_history import InspectHistory
from application.inspect_log import InspectLog
from application.judge_health import JudgeHealth
from application.lock_configs import LockConfigs
from application.manage_indexes import ManageIndexes
from application.manage_keys import ManageKeys
from application.manage_webhooks import ManageWebhooks
from application.measure_experiments import MeasureExperiments
from application.moments import Moments
from application.name_positions import NamePositions
from application.open_secrets import OpenSecrets
from application.prepare_log import PrepareLog
from application.preview import Preview
from application.prove_log import ProveLog
from application.publish_checkpoints import PublishCheckpoints
from application.read_environment import ReadEnvironment
from application.record_evaluations import RecordEvaluations
from application.register_types import RegisterTypes
from application.releases import Releases
from application.resolve_config import ResolveConfig
from application.restore import Restore
from application.rotate_secrets import RotateSecrets
from application.run_experiments import RunExperiments
from application.switch_serving import SwitchServing
from application.take_back import TakeBack
from application.take_reports import TakeReports
from application.transfer import Transfer
from application.undo import Undo
from application.use_cases import UseCases
from application.verify_log import VerifyLog
from application.watch_failures import Watching
from infrastructure.answers import KeptAnswers
from infrastructure.assignments import SqlAssignments
from infrastructure.change_sets import SqlChangeSets
from infrastructure.checkpoints import Anchor, Checkpoints
from infrastructure.evaluations import SqlEvaluations
from infrastructure.experiment_signals import LoggedExperiments
from infrastructure.exposition import Exposition
from infrastructure.failure_signals import LoggedFailures
from infrastructure.files.texts import TextFiles
from infrastructure.health_signals import LoggedHealth
from infrastructure.indexing import Indexing
from infrastructure.rebuilder import ViewRebuilder
from infrastructure.release_signals import LoggedReleases
from infrastructure.replay import StreamReplay
from infrastructure.report_keeper import ReportKeeper
from infrastructure.serving_signals import ServingMetrics
from infrastructure.shadow_tables import SqlShadowTables
from infrastructure.stores import OpenStore, open_store
from infrastructure.telemetry import Telemetry
from infrastructure.tokenizers import InstalledTokenizers
from infrastructure.views import SqlViews
from infrastructure.webhooks.courier import Courier, Webhooks
from infrastructure.webhooks.signals import LoggedDeliveries
from infrastructure.workers import Worker, at_work

log = structlog.get_logger("start")


@contextmanager
def service(
    store_url: str,
    *,
    environment: str = "production",
    variables: Mapping[str, str] = os.environ,
    checkpoints: Checkpoints | None = None,
    callers: Callers | None = None,
    secret_keys: Path | None = None,
    watching: Watching | None = None,
    webhooks: Webhooks | None = None,
    indexing: Indexing | None = None,
    is_read_only: bool = False,
) -> Iterator[Service]:
    """A store, opened and ready, until the context ends.

    Raises StoreUnavailable, InvalidRequest for the environment's name, and what `OpenStore.unlock` raises.
    """
    opened = open_store(store_url)
    try:
        opened.unlock(secret_keys)
        yield from served(
            opened,
            environment=environment,
            variables=variables,
            checkpoints=checkpoints,
            callers=callers,
            watching=watching,
            webhooks=webhooks,
            indexing=indexing,
            is_read_only=is_read_only,
        )
    finally:
        opened.close()


def served(
    opened: OpenStore,
    *,
    environment: str,
    variables: Mapping[str, str],
    checkpoints: Checkpoints | None = None,
    callers: Callers | None = None,
    watching: Watching | None = None,
    webhooks: Webhooks | None = None,
    indexing: Indexing | None = None,
    is_read_only: bool = False,
) -> Iterator[Service]:
    """Put the use cases on an open store, and let it follow its log.

    With `checkpoints`, the log's tree follows too; with `webhooks`, events are sent; without `callers`, everybody may
    do everything. Where it `is_read_only`, all that is recorded is what a new log must hold before it can answer.
    """
    views, kept = SqlViews(lambda: opened.follower.engine), KeptAnswers()
    assignments = SqlAssignments(lambda: opened.follower.engine)
    catalogs = Catalogs(views)
    rebuilder = ViewRebuilder(opened)
    exposition = Exposition(opened.vitals, rebuilder, kept, ServingMetrics(catalogs), is_read_only=is_read_only)
    telemetry = Telemetry(exposition.registry)
    # What guards people acts in a frozen environment too, and has no reason to give but its own: through no gate.
    commands, guarding = (
        Commands(opened.log, opened.follower, telemetry, gates=gates, is_read_only=is_read_only)
        for gates in (every_gate(catalogs, views, telemetry), Gates(catalogs, telemetry, gates=()))
    )
    opened.follower.on_advance += [lambda moved: catalogs.refresh() if moved.definitions else None, kept.invalidate]
    catalogs.refresh()
    opened.follower.start()
    PrepareLog(opened.log, Commands(opened.log, opened.follower, telemetry)).prepare(
        environment=environment, command=own_command("prepare")
    )
    resolve_config = ResolveConfig(views, assignments, catalogs, telemetry)
    compare = Compare(opened.log, views, assignments, catalogs, resolve_config)
    edit_configs = EditConfigs(opened.log, catalogs, commands)
    signals = LoggedFailures(exposition.registry)
    run, measure = RunExperiments(catalogs, commands), MeasureExperiments(opened.measurements, catalogs)
    signing = checkpoints or Checkpoints()
    prove_log = ProveLog(opened.log, opened.tiles)
    publish = PublishCheckpoints(prove_log, key=signing.key, publishers=signing.publishers)
    sending = webhooks or Webhooks(delivers=False)
    manage_webhooks = ManageWebhooks(catalogs, commands, allows_private=sending.sender.allows_private)
    deliver = DeliverWebhooks(
        opened.log,
        opened.follower,
        catalogs,
        manage_webhooks,
        outbox=opened.outbox,
        sender=sending.sender,
        signals=LoggedDeliveries(exposition.registry),
        patience=sending.patience,
    )
    tokenizers, seen = InstalledTokenizers((indexing or Indexing()).tokenizers), LoggedHealth(exposition.registry)
    lock_configs, locks_back = (LockConfigs(opened.log, catalogs, how, tokenizers) for how in (commands, guarding))
    releases = Releases.of(
        opened.log,
        SqlChangeSets(lambda: opened.follower.engine),
        views=views,
        assignments=assignments,
        catalogs=catalogs,
        resolve_config=resolve_config,
        commands=commands,
        guarding=guarding,
        signals=LoggedReleases(exposition.registry),
    )
    judge = JudgeHealth(opened.log, views, catalogs, resolve_config, lock_configs)
    take_back = TakeBack(
        releases.roll_back,
        locks_back,
        seen,
        is_wanted=lambda name: judge.health(name).auto_rollback,
        now_us=opened.log.now_us,
    )
    guards = Guards.of(
        opened.log,
        views,
        catalogs,
        reports=opened.reports,
        measurements=opened.measurements,
        take_back=take_back,
        run=run,
        guarding=guarding,
        failure_signals=signals,
        experiment_signals=LoggedExperiments(exposition.registry),
        watching=watching or Watching(),
        is_read_only=is_read_only,
    )
    cases = UseCases(
        store=opened.log,
        views=views,
        progress=opened.follower,
        catalogs=catalogs,
        moments=Moments(opened.log, opened.follower),
        authorize=Authorize(views),
        manage_keys=ManageKeys(catalogs, commands),
        manage_webhooks=manage_webhooks,
        deliver_webhooks=deliver,
        outbox=opened.outbox,
        check_compliance=CheckCompliance(views, catalogs),
        compare=compare,
        bisect=Bisect(opened.log, compare, resolve_config),
        assignments=assignments,
        assign_profiles=AssignProfiles(assignments, catalogs, commands),
        audit=Audit(opened.log, lambda: ResolveConfig(views, assignments, catalogs, Unmetered())),
        prove_log=prove_log,
        verify_log=VerifyLog(opened.log, opened.tiles),
        checkpoints=publish,
        counterfactual=Counterfactual(opened.log),
        name_positions=NamePositions(opened.log, commands),
        restore=Restore(opened.log, views, catalogs, commands),
        undo=Undo(opened.log, edit_configs, commands),
        edit_configs=edit_configs,
        lock_configs=lock_configs,
        record_evaluations=RecordEvaluations(catalogs, lock_configs, commands),
        check_health=CheckHealth(judge, opened.health_reports, take_back, seen, commands=commands, guarding=guarding),
        evaluation_views=SqlEvaluations(lambda: opened.follower.engine),
        manage_indexes=ManageIndexes(
            opened.log, catalogs, resolve_config, commands, SqlShadowTables((indexing or Indexing()).urls)
        ),
        declare_embedders=DeclareEmbedders(opened.log, commands),
        open_secrets=OpenSecrets(opened.log),
        rotate_secrets=RotateSecrets(opened.log, commands),
        resolve_config=resolve_config,
        run_experiments=run,
        measure_experiments=measure,
        guards=guards,
        register_types=RegisterTypes(opened.log, views, catalogs, commands),
        change_ladder=ChangeLadder(views, commands),
        switch_serving=SwitchServing(catalogs, commands),
        govern_environments=GovernEnvironments(catalogs, views, commands, default=environment),
        releases=releases,
        read_environment=ReadEnvironment(opened.log, catalogs, commands, resolve_config),
        text_files=TextFiles(),
        preview=Preview(opened.log, views, catalogs, resolve_config, opened.reports),
        transfer=Transfer(opened.log, views, catalogs, commands),
        inspect_config=InspectConfig(views, StreamReplay(opened.log)),
        inspect_health=InspectHealth(opened.log, opened.vitals, opened.follower),
        inspect_history=InspectHistory(views),
        inspect_log=InspectLog(opened.log),
        rebuilder=rebuilder,
        answers=kept,
        reports=opened.reports,
        take_reports=TakeReports(opened.reports, catalogs, guards.failures, signals),
        default_environment=environment,
        is_read_only=is_read_only,
    )
    deliver.begin()
    if is_read_only:
        log.warning("every command is refused: the setting read_only is on")
    else:
        read_variables(cases, environment, variables)
    known = None if callers is None else callers.authenticate(catalogs)
    for check, trouble in cases.inspect_health.checks().failing().items():
        log.warning("the service starts all the same", check=check, problem=trouble)
    workers: list[Worker] = [ReportKeeper(cases, leads=opened.leads, now_us=opened.log.now_us)]
    if checkpoints is not None:
        workers.append(Anchor(prove_log, publish, leads=opened.leads, often=signing))
    if sending.delivers:
        courier = Courier(deliver, leads=opened.leads, how=sending)
        opened.follower.on_advance.append(lambda _: courier.poke())
        workers.append(courier)
    with at_work(workers):
        organisation = None if callers is None else callers.organisation
        yield Service(cases, kept, exposition, opened.follower.on_advance, known, organisation)
