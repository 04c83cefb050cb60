"""Every command, in the order in which one meets them."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import (
    auditing,
    bisecting,
    changing,
    compliance,
    environments,
    evaluations,
    experiments,
    golive,
    health,
    indexes,
    keys,
    locks,
    migrating,
    operating,
    past,
    profiles,
    reading,
    releases,
    reporting,
    restoring,
    serving,
    transferring,
    warehousing,
    watching,
    webhooks,
)
from api.cli import (
    secrets as secret_keys,
)
from api.cli.client import speaks


class CommandsAlone(TyperGroup):
    """Its help fits a screen: the options, which every program has, are left out."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)


app = typer.Typer(
    cls=CommandsAlone,
    help="Settings in layers, every change dated. varve COMMAND --help tells more.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
app.command("serve")(serving.serve)
app.command("demo", hidden=True)(serving.demo)  # README and the docs name it; the help fits a screen
app.command("get")(speaks(reading.get))
app.command("watch")(speaks(watching.watch))
app.command("set")(speaks(changing.set_))
app.command("delete")(speaks(changing.delete))
app.command("list")(speaks(reading.list_))
app.command("timeline")(speaks(past.timeline))
app.command("diff")(speaks(past.diff))
app.command("history")(speaks(past.history))
app.command("rollback")(speaks(restoring.rollback))
app.command("undo")(speaks(restoring.undo))
app.command("tag")(speaks(restoring.tag))
app.command("failures")(speaks(reporting.failures))
app.command("usage", hidden=True)(speaks(reporting.usage))  # after `failures`; the help fits a screen
app.command("compliance")(speaks(compliance.compliance))
app.command("types")(speaks(reading.types))
app.command("define")(speaks(changing.define))
app.command("import")(speaks(transferring.import_))
app.command("export")(speaks(transferring.export))

projections = typer.Typer(help="The views that queries read.", no_args_is_help=True, rich_markup_mode=None)
projections.command("status")(speaks(operating.status))
projections.command("rebuild")(speaks(operating.rebuild))
projections.command("verify")(speaks(operating.verify))
app.add_typer(projections, name="projections")

audit = typer.Typer(help="Answers and the log, proved.", no_args_is_help=True, rich_markup_mode=None)
audit.command("replay")(speaks(auditing.replay))
audit.command("verify")(speaks(auditing.verify))
audit.command("checkpoint")(speaks(auditing.checkpoint))
audit.command("key")(auditing.key)
app.add_typer(audit, name="audit")

environment = typer.Typer(help="What holds in an environment.", no_args_is_help=True, rich_markup_mode=None)
environment.command("list")(speaks(environments.list_))
environment.command("show")(speaks(environments.show))
environment.command("add")(speaks(environments.add))
environment.command("init")(speaks(environments.init))
environment.command("set")(speaks(environments.set_))
environment.command("apply")(speaks(environments.apply))
environment.command("retire")(speaks(environments.retire))
environment.command("freeze")(speaks(environments.freeze))
environment.command("thaw")(speaks(environments.thaw))
environment.command("serving")(speaks(environments.serving))
app.add_typer(environment, name="env")
environment.command("health")(speaks(health.health))
environment.command("bounds")(speaks(health.bounds))
app.command("health", hidden=True)(speaks(health.health))  # it is varve env health
app.command("golive", hidden=True)(speaks(golive.golive))  # after `env health`; the help fits a screen
app.command("freeze", hidden=True)(speaks(environments.freeze))  # in a hurry
app.command("thaw", hidden=True)(speaks(environments.thaw))

profile = typer.Typer(
    help="Named sets of settings, and who is given them.", no_args_is_help=True, rich_markup_mode=None
)
profile.command("set")(speaks(profiles.set_))
profile.command("list")(speaks(profiles.list_))
profile.command("show")(speaks(profiles.show))
profile.command("on")(speaks(profiles.on))
profile.command("off")(speaks(profiles.off))
profile.command("delete")(speaks(profiles.delete))
profile.command("assign")(speaks(profiles.assign))
profile.command("unassign")(speaks(profiles.unassign))
profile.command("users")(speaks(profiles.users))
app.add_typer(profile, name="profile")

experiment = typer.Typer(
    help="Variants, each served to its share of users.", no_args_is_help=True, rich_markup_mode=None
)
experiment.command("create")(speaks(experiments.create))
experiment.command("list")(speaks(experiments.list_))
experiment.command("show")(speaks(experiments.show))
experiment.command("start")(speaks(experiments.start))
experiment.command("pause")(speaks(experiments.pause))
experiment.command("traffic")(speaks(experiments.traffic))
experiment.command("results")(speaks(experiments.results))
experiment.command("export")(speaks(warehousing.export))
experiment.command("conclude")(speaks(experiments.conclude))
app.add_typer(experiment, name="experiment")

release = typer.Typer(help="Changes that are reviewed together.", no_args_is_help=True, rich_markup_mode=None)
release.command("create")(speaks(releases.create))
release.command("draft")(speaks(releases.draft))
release.command("copy")(speaks(releases.copy))
release.command("list")(speaks(releases.list_))
release.command("show")(speaks(releases.show))
release.command("impact")(speaks(releases.impact))
release.command("propose")(speaks(releases.propose))
release.command("check")(speaks(releases.check))
release.command("approve")(speaks(releases.approve))
release.command("publish")(speaks(releases.publish))
release.command("step")(speaks(releases.step))
release.command("rollback")(speaks(releases.rollback))
release.command("discard")(speaks(releases.discard))
release.command("compare")(speaks(releases.compare))
app.add_typer(release, name="release")

evaluation = typer.Typer(help="What was measured, and is it as good.", no_args_is_help=True, rich_markup_mode=None)
evaluation.command("record")(speaks(evaluations.record))
evaluation.command("import")(speaks(evaluations.import_))
evaluation.command("list")(speaks(evaluations.list_))
evaluation.command("show")(speaks(evaluations.show))
app.add_typer(evaluation, name="evaluation")

lock = typer.Typer(help="Settings that are frozen.", no_args_is_help=True, rich_markup_mode=None)
lock.command("create")(speaks(locks.create))
lock.command("list")(speaks(locks.list_))
lock.command("show")(speaks(locks.show))
lock.command("unlock")(speaks(locks.unlock))
lock.command("approve")(speaks(locks.approve))
lock.command("promote")(speaks(locks.promote))
lock.command("rollback")(speaks(locks.rollback))
app.add_typer(lock, name="lock")
app.command("runbook")(speaks(locks.runbook))
app.command("manifest")(speaks(locks.manifest))

index = typer.Typer(help="Indexes built with settings.", no_args_is_help=True, rich_markup_mode=None)
index.command("register")(speaks(indexes.register))
index.command("list")(speaks(indexes.list_))
index.command("route")(speaks(indexes.route))
index.command("progress")(speaks(indexes.progress))
index.command("ready")(speaks(indexes.ready))
index.command("switch")(speaks(indexes.switch))
index.command("drop")(speaks(indexes.drop))
app.add_typer(index, name="index")

bisect = typer.Typer(help="Which change did it.", no_args_is_help=True, rich_markup_mode=None)
bisect.command("run")(speaks(bisecting.run))
app.add_typer(bisect, name="bisect")

access = typer.Typer(help="API keys: who gets in.", no_args_is_help=True, rich_markup_mode=None)
access.command("create")(speaks(keys.create))
access.command("list")(speaks(keys.list_))
access.command("revoke")(speaks(keys.revoke))
app.add_typer(access, name="keys")
secrets = typer.Typer(help="The keys of secret fields.", no_args_is_help=True, rich_markup_mode=None)
secrets.command("key")(secret_keys.key)
secrets.command("rotate")(speaks(secret_keys.rotate))
app.add_typer(secrets, name="secrets")
hooks = typer.Typer(help="Where events are sent.", no_args_is_help=True, rich_markup_mode=None)
hooks.command("add")(speaks(webhooks.add))
hooks.command("list")(speaks(webhooks.list_))
hooks.command("test")(speaks(webhooks.test))
hooks.command("deliveries")(speaks(webhooks.deliveries))
hooks.command("redeliver")(speaks(webhooks.redeliver))
hooks.command("rotate")(speaks(webhooks.rotate))
hooks.command("on")(speaks(webhooks.on))
hooks.command("off")(speaks(webhooks.off))
hooks.command("remove")(speaks(webhooks.remove))
hooks.command("status")(speaks(webhooks.status))
hooks.command("resume")(speaks(webhooks.resume))
app.add_typer(hooks, name="webhooks")

app.command("settings")(operating.settings)
app.command("migrate", hidden=True)(operating.migrate)  # `serve` does it at its start; the help fits a screen
app.command("migrate-legacy", hidden=True)(speaks(migrating.migrate_legacy))  # once in a life
app.command("backup")(operating.backup)
app.command("restore", hidden=True)(operating.restore)  # `backup` names it; the help fits a screen
