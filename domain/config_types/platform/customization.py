"""What an installation adds: plugins, and steps of approval."""

from domain.config_types.fields import (
    boolean,
    document,
    entries,
    integer,
    items,
    section,
    string,
    titled,
    without_default,
)
from domain.config_types.spec import Rule, TypeSpec
from domain.documents import Document

_NAMES: Document = {"type": "string", "minLength": 1}
_PLUGIN: Document = {
    **document(
        {
            "version": {
                **string(description="Which version runs, such as 1.4.2."),
                "pattern": r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$",
            },
            "enabled": without_default(boolean(default=True, description="Whether it runs.")),
            "permissions": {
                "type": "array",
                "items": {"type": "string", "enum": ["documents", "vectors", "prompts", "network", "files"]},
                "uniqueItems": True,
                "description": "What it may touch.",
            },
            "settings": {"type": "object", "description": "The plugin's own settings, whatever they are."},
        }
    ),
    "required": ["version", "enabled"],
}
_STEP = document(
    {
        "name": string(description="What is looked at."),
        "approvers": {"type": "array", "items": _NAMES, "minItems": 1, "uniqueItems": True, "description": "Who may."},
        "approvals": without_default(integer(1, 20, default=1, description="How many of them must.")),
        "timeout_hours": without_default(
            integer(1, 720, default=72, description="After how long the request lapses, in hours.")
        ),
    }
)

DEFINITION = TypeSpec(
    name="customization",
    revision=1,
    description="What an installation adds to the product: plugins, and the steps of approval.",
    mode="overlay",
    schema=titled(
        document(
            {
                "plugins": entries(_PLUGIN, description="The plugins, each under its name."),
                "plugin_order": items(
                    _NAMES, default=[], distinct=True, description="The plugins that run first, in this order."
                ),
                "approval_workflow": section(
                    {
                        "enabled": boolean(default=False, description="Whether changes wait for approval."),
                        "steps": {
                            **items(_STEP, default=[], description="The steps, one after the other."),
                            "maxItems": 20,
                        },
                    },
                    description="Who approves what.",
                ),
            }
        )
    ),
    rules=(
        Rule(
            name="order_names_plugins",
            expression="this.plugin_order.all(name, name in this.plugins)",
            message="plugin_order names a plugin that is not among plugins",
            fields=("/plugin_order", "/plugins"),
        ),
        Rule(
            name="workflow_has_steps",
            expression="!this.approval_workflow.enabled || size(this.approval_workflow.steps) > 0",
            message="an approval workflow needs a step: add one to approval_workflow.steps, or switch it off",
            fields=("/approval_workflow/steps", "/approval_workflow/enabled"),
        ),
        Rule(
            name="enough_approvers",
            expression="this.approval_workflow.steps.all(step, step.approvals <= size(step.approvers))",
            message="a step of approval_workflow demands more approvals than it has approvers",
            fields=("/approval_workflow/steps",),
        ),
    ),
)
EXAMPLES = {
    "reviewed_prompts": {
        "plugins": {
            "redactor": {
                "version": "2.1.0",
                "enabled": True,
                "permissions": ["documents"],
                "settings": {"languages": ["en", "de"]},
            },
            "glossary": {"version": "0.9.3", "enabled": True, "permissions": ["prompts"]},
        },
        "plugin_order": ["redactor"],
        "approval_workflow": {
            "enabled": True,
            "steps": [
                {"name": "search quality", "approvers": ["ada", "grace"], "approvals": 1, "timeout_hours": 24},
                {"name": "data protection", "approvers": ["edsger"], "approvals": 1, "timeout_hours": 72},
            ],
        },
    }
}
