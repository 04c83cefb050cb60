from __future__ import annotations

import pytest

from domain.compliance.question import Question, question
from domain.compliance.requirement import Requirement, requirements_of

BACKUP = {"enabled": True, "copies": 2, "place": None}


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("this.enabled", True),
        ("this.enabled && this.copies > 2", False),
        ("this.enabled // whatever", True),
        ("this.lost", None),
        ("this.enabled || this.lost", True),
        ("this.copies", None),
        ("this.place", None),
        ('this.place.startsWith("s3://")', None),
    ],
)
def test_a_question_is_answered_by_yes_or_no_or_not_at_all(expression, holds):
    answer = Question(expression).asked_of(BACKUP)
    assert (answer.holds, answer.why is None) == (holds, holds is not None)


def test_of_a_document_that_would_cost_too_much_nothing_is_said():
    asked = Question("this.a.all(x, this.a.exists(y, y == x))")
    assert asked.asked_of({"a": [1, 2]}).holds is True
    answer = asked.asked_of({"a": list(range(3_000))})
    assert answer.holds is None
    assert "too large" in str(answer.why)


def test_an_expression_that_cannot_be_one_is_told_with_the_reason():
    why = question("this.a >")
    assert isinstance(why, str)
    assert "mend the requirement" in why


def test_a_requirement_serves_all_regimes_of_its_policy_unless_it_names_some():
    one = {"config_type": "backup", "expression": "this.enabled", "message": "switch it on"}
    policy = {"regimes": ["soc2", "gdpr"], "requirements": {"b": one, "a": {**one, "regimes": ["gdpr"]}}}
    facts = ("backup", "this.enabled", "switch it on", "error")
    assert list(requirements_of(policy)) == [
        Requirement("a", *facts, ("gdpr",)),
        Requirement("b", *facts, ("gdpr", "soc2")),
    ]
