"""How questions are suggested for a collection."""

from domain.config_types.fields import boolean, document, integer, nullable, number
from domain.config_types.spec import Rule, TypeSpec

DEFINITION = TypeSpec(
    name="question_generation",
    revision=1,
    description="How questions that a collection can answer are suggested.",
    mode="overlay",
    schema=document(
        {
            "enabled": boolean(default=True, description="Whether questions are suggested."),
            "number_of_questions": integer(1, 50, default=5, description="How many questions are suggested."),
            "min_question_length": integer(1, 500, default=10, description="Shortest question, in characters."),
            "max_question_length": integer(10, 2000, default=200, description="Longest question, in characters."),
            "from_chunks": integer(1, 200, default=20, description="How many chunks the questions are made from."),
            "deduplicate": boolean(default=True, description="Whether questions that ask the same are dropped."),
            "model_id": nullable("string", description="The model that asks; null for the one that answers."),
            "temperature": number(
                0, 2, default=0.7, description="How freely tokens are sampled: 0 always takes the likeliest (0 to 2)."
            ),
        },
        open_ended=True,
    ),
    rules=(
        Rule(
            name="max_above_min",
            expression="this.max_question_length > this.min_question_length",
            message="max_question_length must be greater than min_question_length",
            fields=("/max_question_length", "/min_question_length"),
        ),
    ),
)
