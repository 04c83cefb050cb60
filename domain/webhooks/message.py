"""What is sent: an event as CloudEvents has it, or as a line for Slack."""

from __future__ import annotations

from typing import Any

JSON, CLOUD_EVENT = "application/json", "application/cloudevents+json"
CLOUDEVENTS, SLACK = "cloudevents", "slack"
PRIVATE = frozenset({"url", "secret", "secret_sha256"})
"""Fields of events about keys and webhooks that stay here: an address may be a password in itself, as Slack's is."""


def content_type(template: str) -> str:
    return JSON if template == SLACK else CLOUD_EVENT


def message(template: str, event: dict[str, Any], *, source: str) -> dict[str, Any]:
    """The body; `event` is as GET /api/events has it."""
    return {"text": slack_text(event)} if template == SLACK else cloud_event(event, source=source)


def cloud_event(event: dict[str, Any], *, source: str) -> dict[str, Any]:
    """CloudEvents 1.0, in structured mode; source and id name the event for good."""
    return {
        "specversion": "1.0",
        "id": str(event["position"]),
        "source": source,
        "type": event["type"],
        "subject": event["stream_id"],
        "time": event["commit"]["recorded_at"],
        "datacontenttype": JSON,
        "data": {**event, "data": outward(event["type"], event["data"])},
    }


def outward(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    """The facts of an event without what must not leave."""
    about_access = topic.partition(".")[0] in {"api_key", "webhook"}
    return {name: value for name, value in data.items() if not (about_access and name in PRIVATE)}


def slack_text(event: dict[str, Any]) -> str:
    """One line: what happened, where, by whom and why."""
    place = " ".join(str(event[name]) for name in ("environment", "scope") if event.get(name))
    what = _escaped(_named(event["data"]))
    told = f"*{event['type']}*{f' {what}' if what else ''}{f' in {_escaped(place)}' if place else ''}"
    why = f": {_escaped(event['reason'])}" if event.get("reason") else ""
    return f"{told} by {_escaped(event['actor'])}{why} (position {event['position']})"


def _named(data: dict[str, Any]) -> str:
    names = (data.get(name) for name in ("config_type", "name"))
    return " ".join(one for one in names if isinstance(one, str))


def _escaped(text: str) -> str:
    """As Slack asks; a name can then be no link and no mention."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
