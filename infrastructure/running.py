"""What the checklist for going live is told of the settings."""

from __future__ import annotations

import os

from application.running import Running
from infrastructure.settings import Settings
from infrastructure.webhooks.sender import HttpSender

MODEL_SECONDS = 5.0


def running_of(settings: Settings) -> Running:
    """Models are asked wherever the operator says they are: inside the own network too, and with a password."""
    return Running(
        knows_callers=settings.auth_mode != "open",
        rate_limit=settings.rate_limit,
        variables=dict(os.environ) if settings.environment_variables else {},
        models={name: [one.get_secret_value() for one in urls] for name, urls in settings.model_urls.items()},
        ask=HttpSender(settings.webhook_ca_file, allows_private=True, seconds=MODEL_SECONDS).get,
    )
