"""A prompt template."""

from domain.config_types.fields import document, mapping, nullable, string
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="template",
    revision=1,
    description="A prompt: the text with its variables, and how context is fitted into it.",
    mode="replace",
    schema=document(
        {
            "template_type": string(description="What the prompt is for, such as rag_query."),
            "system_prompt": string(description="What the model is told before the prompt."),
            "template_format": string(description="The text of the prompt, with {variables} in braces."),
            "input_variables": mapping(description="The variables of the text, each with its description."),
            "max_context_length": nullable(
                "integer",
                minimum=1,
                description="Longest context put into the prompt, in characters; null for no limit.",
            ),
            "context_strategy": nullable("object", description="How context is chosen and cut; null for as it comes."),
            "stop_sequences": nullable("array", description="Texts at which the model stops; null for none."),
        }
    ),
    rules=(
        Rule(
            name="variables_declared",
            expression="template_variables(this.template_format).all(name, name in this.input_variables)",
            message="every variable in template_format must be declared in input_variables",
            fields=("/template_format", "/input_variables"),
        ),
    ),
)
