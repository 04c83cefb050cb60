"""Every command, in the order in which one meets them."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import typer
from typer.core import TyperGroup

from api.cli import (
    auditing,
    bisecting,
    changing,
    comparing,
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

Command = Callable[..., Any]


def spoken(command: Command) -> Command:
    """What converses with the API, by that; what does without it, as it is."""
    return speaks(command) if iscoroutinefunction(command) else command


class CommandsAlone(TyperGroup):
    """Its help fits a screen: the options, which every program has, are left out."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)


COMMANDS: dict[str, Command] = {
    "serve": serving.serve,
    "get": reading.get,
    "watch": watching.watch,
    "set": changing.set_,
    "delete": changing.delete,
    "list": reading.list_,
    "timeline": past.timeline,
    "diff": past.diff,
    "history": past.history,
    "rollback": restoring.rollback,
    "undo": restoring.undo,
    "tag": restoring.tag,
    "failures": reporting.failures,
    "compliance": compliance.compliance,
    "types": reading.types,
    "define": changing.define,
    "import": transferring.import_,
    "export": transferring.export,
    "runbook": locks.runbook,
    "manifest": locks.manifest,
    "settings": operating.settings,
    "backup": operating.backup,
}
HIDDEN: dict[str, Command] = {  # the help fits a screen: README and the docs name them
    "demo": serving.demo,
    "usage": reporting.usage,
    "health": health.health,  # it is varve env health
    "golive": golive.golive,  # likewise
    "freeze": environments.freeze,  # in a hurry
    "thaw": environments.thaw,
    "migrate": operating.migrate,  # `serve` does it at its start
    "migrate-legacy": migrating.migrate_legacy,  # once in a life
    "restore": operating.restore,  # `backup` names it
}
GROUPS: dict[str, tuple[str, dict[str, Command]]] = {
    "projections": (
        "The views that queries read.",
        {"status": operating.status, "rebuild": operating.rebuild, "verify": operating.verify},
    ),
    "audit": (
        "Answers and the log, proved.",
        {"replay": auditing.replay, "verify": auditing.verify, "checkpoint": auditing.checkpoint, "key": auditing.key},
    ),
    "env": (
        "What holds in an environment.",
        {
            "list": environments.list_,
            "show": environments.show,
            "add": environments.add,
            "init": environments.init,
            "set": environments.set_,
            "apply": environments.apply,
            "retire": environments.retire,
            "freeze": environments.freeze,
            "thaw": environments.thaw,
            "serving": environments.serving,
            "health": health.health,
            "golive": golive.golive,
            "bounds": health.bounds,
        },
    ),
    "profile": (
        "Named sets of settings, and who is given them.",
        {
            "set": profiles.set_,
            "list": profiles.list_,
            "show": profiles.show,
            "on": profiles.on,
            "off": profiles.off,
            "delete": profiles.delete,
            "assign": profiles.assign,
            "unassign": profiles.unassign,
            "users": profiles.users,
        },
    ),
    "experiment": (
        "Variants, each served to its share of users.",
        {
            "create": experiments.create,
            "list": experiments.list_,
            "show": experiments.show,
            "start": experiments.start,
            "pause": experiments.pause,
            "traffic": experiments.traffic,
            "results": experiments.results,
            "export": warehousing.export,
            "conclude": experiments.conclude,
        },
    ),
    "release": (
        "Changes that are reviewed together.",
        {
            "create": releases.create,
            "draft": releases.draft,
            "copy": releases.copy,
            "list": releases.list_,
            "show": releases.show,
            "impact": releases.impact,
            "propose": releases.propose,
            "check": releases.check,
            "approve": releases.approve,
            "publish": releases.publish,
            "step": releases.step,
            "rollback": releases.rollback,
            "discard": releases.discard,
            "compare": comparing.compare,
        },
    ),
    "evaluation": (
        "What was measured, and is it as good.",
        {
            "record": evaluations.record,
            "import": evaluations.import_,
            "list": evaluations.list_,
            "show": evaluations.show,
        },
    ),
    "lock": (
        "Settings that are frozen.",
        {
            "create": locks.create,
            "list": locks.list_,
            "show": locks.show,
            "unlock": locks.unlock,
            "approve": locks.approve,
            "promote": locks.promote,
            "rollback": locks.rollback,
        },
    ),
    "index": (
        "Indexes built with settings.",
        {
            "register": indexes.register,
            "list": indexes.list_,
            "route": indexes.route,
            "progress": indexes.progress,
            "ready": indexes.ready,
            "switch": indexes.switch,
            "drop": indexes.drop,
        },
    ),
    "bisect": ("Which change did it.", {"run": bisecting.run}),
    "keys": ("API keys: who gets in.", {"create": keys.create, "list": keys.list_, "revoke": keys.revoke}),
    "secrets": ("The keys of secret fields.", {"key": secret_keys.key, "rotate": secret_keys.rotate}),
    "webhooks": (
        "Where events are sent.",
        {
            "add": webhooks.add,
            "list": webhooks.list_,
            "test": webhooks.test,
            "deliveries": webhooks.deliveries,
            "redeliver": webhooks.redeliver,
            "rotate": webhooks.rotate,
            "on": webhooks.on,
            "off": webhooks.off,
            "remove": webhooks.remove,
            "status": webhooks.status,
            "resume": webhooks.resume,
        },
    ),
}


app = typer.Typer(
    cls=CommandsAlone,
    help="Settings in layers, every change dated. varve COMMAND --help tells more.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)
for name, command in {**COMMANDS, **HIDDEN}.items():
    app.command(name, hidden=name in HIDDEN)(spoken(command))
for name, (help_, commands) in GROUPS.items():
    group = typer.Typer(help=help_, no_args_is_help=True, rich_markup_mode=None)
    for act, command in commands.items():
        group.command(act)(spoken(command))
    app.add_typer(group, name=name)
