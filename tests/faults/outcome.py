"""What became of commands: lost, told otherwise, or recorded twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from tests.faults.plan import ACTOR, Answer, Planned
from tests.faults.recorded_log import RecordedLog


def acknowledged_and_not_there(answers: Mapping[str, Answer], log: RecordedLog) -> list[str]:
    """Commands whose commit is not in the log at the position that their answer told."""
    positions = {commit.command_id: str(commit.last) for commit in log.by(ACTOR)}
    return [
        f"{key} was acknowledged at {answer.position}, and lies at {positions.get(key)}"
        for key, answer in answers.items()
        if positions.get(key) != answer.position
    ]


def recorded_of(plans: Iterable[Iterable[Planned]], log: RecordedLog) -> set[str]:
    """The keys of those planned commands that are in the log."""
    there = {commit.command_id for commit in log.by(ACTOR)}
    return {one.key for planned in plans for one in planned if one.key in there}


def told_otherwise(first: Mapping[str, Answer], again: Mapping[str, Answer]) -> list[str]:
    """Commands that a repeat got another answer to: it was not known that they had been carried out."""
    return [
        f"{key} was answered {answer}, and then {again.get(key)}"
        for key, answer in first.items()
        if again.get(key) != answer
    ]


def recorded_twice(log: RecordedLog) -> list[str]:
    """Commands with two commits, or with the same thing done twice to one stream."""
    commits = Counter((commit.principal, commit.command_id) for commit in log.commits)
    acts = Counter((event.payload["command_id"], event.stream, event.topic) for event in log.events)
    names = Counter(event.payload["name"] for event in log.events if event.topic == "config.created")
    found = [f"{key} has {count} commits" for key, count in commits.items() if count > 1]
    found += [f"{key} is recorded {count} times" for key, count in acts.items() if count > 1]
    return found + [f"{name} was created {count} times" for name, count in names.items() if count > 1]
