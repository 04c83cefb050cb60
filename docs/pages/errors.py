"""errors.md: each refusal, its status, what it means and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from api.errors import RETRY_AFTER_SECONDS, STATUS
from docs.pages.markdown import table
from domain.errors import Refusal

HEAD = """# Errors

A request that is not carried out is answered with problem details (RFC 9457), `application/problem+json`. `code` is
stable, and `type` leads to the section below. `detail` is a sentence that says what to do; `errors` names each fault of
the input by JSON pointer and rule, all of them at once. What was refused has stored nothing, unless its section says
otherwise.
"""
TO_DO: dict[str, tuple[str, str]] = {
    "invalid_request": (
        "A parameter, a header or the body does not fit the operation.",
        "Correct each place that `errors` names, and send it again.",
    ),
    "invalid_config": (
        "The document breaks the schema or a rule of its config type.",
        "Correct each field that `errors` names; `GET /api/config-types/{name}` has the schema and the rules.",
    ),
    "invalid_type": (
        "The definition of a config type cannot be used.",
        "Correct the schema or the rule that `errors` names.",
    ),
    "invalid_file": (
        "A file could not be read; `detail` has its name, line and column.",
        "Correct it there, and import it again: a file is taken whole or not at all.",
    ),
    "unauthenticated": (
        "The request has no key or token, or one that is not good: unknown, expired, revoked, or not for this service.",
        "Send a live one as `Authorization: Bearer …`, a key also as `X-API-Key`; ask an admin for it.",
    ),
    "forbidden": (
        "The caller is known, and its role does not allow this.",
        "Ask an admin for a key with another role, or do it where the role allows it.",
    ),
    "read_only": (
        "Commands are switched off at this server (`VARVE_READ_ONLY`); reads and dry runs go on.",
        "Send it again when the operator has switched them on; what was recorded before is still known by its key.",
    ),
    "not_found": (
        "There is nothing there, or nothing that the caller may see.",
        "Check the id and the environment; a config that was deleted is found in its history.",
    ),
    "name_taken": (
        "Another config of the same slot has this name; upper and lower case are the same.",
        "Choose another name, or change the config that has it.",
    ),
    "slot_taken": (
        "A collection has at most one config of a type, and there is one.",
        "Change that config, or delete it first.",
    ),
    "conflict": (
        "What is there now stands in the way of what was asked.",
        "Read it again, and decide again; `detail` says what is in the way.",
    ),
    "frozen": (
        "The environment is frozen: nothing changes there, whoever asks. `detail` says since when and why.",
        "Wait until an admin has thawed it: `POST /api/environments/{name}/thaw`.",
    ),
    "locked": (
        "What is in force in this slot is locked, whoever asks; `detail` names the lock and says why.",
        "Ask a maintainer to unlock it (`POST /api/locks/{id}/unlock`), or promote another lock to it.",
    ),
    "lock_required": (
        "In this environment, what is in force changes only when a lock is promoted to it.",
        "Lock the settings where they were tried, and promote that lock: `POST /api/locks/{id}/promote`.",
    ),
    "index_not_ready": (
        "The change would put settings in force that no ready index was built with; `detail` has both fingerprints.",
        "Register an index with the fingerprint that is needed, fill it, mark it ready, and send the change again.",
    ),
    "approval_missing": (
        "Changes in this environment need to be approved by others, and this one is not.",
        "Propose it as a change set, and have it approved.",
    ),
    "policy_refused": (
        "A policy of the environment does not allow what would be in force after the change.",
        "Correct what `errors` names, by policy and rule; `GET /api/environments/{name}/policies` has them all.",
    ),
    "if_match_required": (
        "Changes in this environment must say which version they are about, and this one does not; `*` says nothing.",
        "Read what you change, and send its ETag in If-Match.",
    ),
    "keys_missing": (
        "A secret is to be sealed or opened, and this server has not the master key for it.",
        "Set `VARVE_SECRET_KEYS` to the file that has it, and start the server again; `detail` names the key.",
    ),
    "secret_unreadable": (
        "What is kept of a secret does not open where it stands: it was altered, or made for another place.",
        "Give the secret again; `varve audit verify` tells whether the log was altered.",
    ),
    "stale_version": (
        "If-Match named a version that is no longer the newest: somebody else has changed it.",
        "Read it again, take over what changed, and send the new ETag in If-Match.",
    ),
    "too_large": (
        "The body is over its limit, or one command would record more than 10,000 events.",
        "Send less at once.",
    ),
    "timeout": (
        "The body did not arrive in time: it stalled, or took too long in all.",
        "Send it again, without pauses; a large import over a thin line goes in parts.",
    ),
    "rate_limited": (
        "One caller asks more often than the setting `rate_limit` allows; a command counts for ten reads.",
        "Wait for `Retry-After`, and keep to what `RateLimit` says is left.",
    ),
    "idempotency_key_reused": (
        "This Idempotency-Key came with another request before.",
        "Make a new key for each new request; keep it only to send the same one again.",
    ),
    "behind": (
        "The views have not come to the position that was asked for.",
        "Send it again after `Retry-After`, or without Varve-Min-Position if an older answer will do.",
    ),
    "overloaded": (
        "More is asked at once than can be answered.",
        "Send it again after `Retry-After`, and wait longer each time.",
    ),
    "issuer_unavailable": (
        "A token cannot be checked: the issuer's keys were never read, and cannot be read now.",
        "Wait as long as Retry-After says; whoever runs the server checks `oidc_jwks`.",
    ),
    "store_unavailable": (
        "The store does not answer. A command may have been recorded all the same.",
        "Send it again with the same Idempotency-Key: it is carried out once, and answered as it was the first time.",
    ),
}


AT_THE_DOOR = (  # what is refused before it is known what was asked for
    ("405", "method_not_allowed", "This address does not take this method: `/docs` lists what it takes."),
    (
        "415",
        "unsupported_media_type",
        "The body is not said to be JSON, or is packed: send it as it is, with `Content-Type: application/json`.",
    ),
    ("431", "head_too_large", "Address and headers have more than 64 KiB together: shorten them."),
    ("500", "internal", "A fault of the service, which is in its log. Send a command again with its Idempotency-Key."),
)


def leaves(kind: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """The refusals that are raised: those of domain/errors.py that no other one there refines."""
    finer = [one for one in kind.__subclasses__() if one.__module__ == Refusal.__module__]
    if not finer:
        yield kind
    for one in finer:
        yield from leaves(one)


def page() -> str:
    ordered = sorted(leaves(), key=lambda one: (STATUS[one], one.code))
    rows = ((str(STATUS[one]), f"[`{one.code}`](#{one.code})", one.title) for one in ordered)
    door = (
        "## At the door\n\n"
        + table(("status", "code", "what it means"), ((s, f"`{c}`", m) for s, c, m in AT_THE_DOOR))
        + "\n"
    )
    return "\n".join([HEAD, table(("status", "code", "title"), rows) + "\n", *map(_section, ordered), door])


def _section(one: type[Refusal]) -> str:
    meaning, to_do = TO_DO[one.code]
    seconds = RETRY_AFTER_SECONDS.get(one)
    wait = f", with `Retry-After: {seconds}`" if seconds else ""
    address = f"https://varve.dev/errors/{one.code.replace('_', '-')}"
    return f"## `{one.code}`\n\nStatus {STATUS[one]}{wait}; `type` is `{address}`.\n\n{meaning}\n\n{to_do}\n"
