"""Which variant of an experiment a user is in, without asking: the same function of ids as in the service.

```python
experiment = requests.get(f"{VARVE}/api/experiments/{ID}").json()  # again when it changes: traffic and weights may
varve.bucketing.variant_of(experiment["buckets"], user="u-1")
```

The client itself has no need of it: answers tell the variants. It is for work with logs and lists of users.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

BUCKETS = 10_000


def bucket(unit_id: str, salt: str) -> int:
    """Stable bucket in [0, 10_000): the first 8 bytes, big-endian, of SHA-256 over "salt:unit_id", modulo 10,000."""
    digest = sha256(f"{salt}:{unit_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def variant_of(buckets: Mapping[str, Any], *, user: str) -> str | None:
    """The variant, by the `buckets` of an experiment; None for who is not in it.

    Whether the experiment runs, and for whom it is eligible, is not looked at.
    """
    if found(buckets["traffic"], bucket(user, buckets["traffic_salt"])) is None:
        return None
    of_user = found(buckets["variants"], bucket(user, buckets["variant_salt"]))
    return None if of_user is None else str(of_user[2])


def found(ranges: Iterable[Sequence[Any]], number: int) -> Sequence[Any] | None:
    """The range that holds a bucket: from its start up to, and without, its end."""
    return next((one for one in ranges if one[0] <= number < one[1]), None)
