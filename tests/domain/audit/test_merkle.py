"""The tree is that of RFC 6962, proofs convince when they are true and only then, and a frontier is its tree."""

from __future__ import annotations

from hashlib import sha256
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    range_of,
    root,
    verify_consistency,
    verify_inclusion,
)

# The vectors of the Certificate Transparency tests; the leaves are given as hex.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (6, 7): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
PUBLISHED = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES]

LARGEST = 40
HASHES = [leaf_hash(number.to_bytes(2)) for number in range(200)]
TREE_ROOTS = [root(HASHES[:size]) for size in range(2 * LARGEST + 3)]
OTHER = leaf_hash(b"of another tree")


def recursive_root(data: list[bytes]) -> bytes:
    """MTH as RFC 6962, section 2.1, defines it."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    left = max(1 << power for power in range(20) if 1 << power < len(data))
    return sha256(b"\x01" + recursive_root(data[:left]) + recursive_root(data[left:])).digest()


def included(index: int, size: int) -> dict[str, object]:
    """The arguments that prove a leaf of HASHES to be in the tree of the first `size`."""
    path = inclusion_path(index, size, range_of(HASHES))
    return {"leaf": HASHES[index], "index": index, "size": size, "path": path, "root": TREE_ROOTS[size]}


def grown(first: int, second: int) -> dict[str, object]:
    path = consistency_path(first, second, range_of(HASHES))
    roots = {"first_root": TREE_ROOTS[first], "second_root": TREE_ROOTS[second]}
    return {"first": first, "second": second, "path": path, **roots}


def flips(value: bytes) -> list[bytes]:
    """`value` with each one of its bits the other way."""
    number = int.from_bytes(value)
    return [(number ^ 1 << bit).to_bytes(len(value)) for bit in range(8 * len(value))]


def longer_and_shorter(path: list[bytes]) -> list[list[bytes]]:
    grown_paths = [[*path, OTHER], [OTHER, *path], [*path, b""], [b"", *path], [*path, *path[-1:] * 70, OTHER]]
    cut_paths = [path[1:], path[:-1], path[::-1]] if len(path) > 1 else [[]] * len(path)
    return [other for other in [*grown_paths, *cut_paths, []] if other != path]


def with_a_bit_flipped(path: list[bytes]) -> list[list[bytes]]:
    return [[*path[:at], other, *path[at + 1 :]] for at, one in enumerate(path) for other in flips(one)]


# ------------------------------------------------------------------------------------------------------------ vectors


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_come_out(size):
    assert root(PUBLISHED[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(9))
def test_a_frontier_has_the_published_roots(size):
    frontier = Frontier()
    frontier.append(PUBLISHED[:size])
    assert frontier.root().hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_published_inclusion_proofs_come_out_and_convince(index, size):
    path = inclusion_path(index, size, range_of(PUBLISHED))
    assert [one.hex() for one in path] == INCLUSION[index, size]
    assert verify_inclusion(PUBLISHED[index], index=index, size=size, path=path, root=bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_the_published_consistency_proofs_come_out_and_convince(first, second):
    path = consistency_path(first, second, range_of(PUBLISHED))
    first_root, second_root = bytes.fromhex(ROOTS[first]), bytes.fromhex(ROOTS[second])
    assert [one.hex() for one in path] == CONSISTENCY[first, second]
    assert verify_consistency(first, second, first_root=first_root, second_root=second_root, path=path)


def test_the_seven_leaves_of_the_rfc_have_its_proofs():
    """RFC 6962, section 2.1.3: the tree drawn there, by its letters."""
    a, b, c, d, e, f, j = HASHES[:7]
    g, h, i = node_hash(a, b), node_hash(c, d), node_hash(e, f)
    k, l = node_hash(g, h), node_hash(i, j)  # noqa: E741 - the letter of the RFC
    root_of = range_of(HASHES[:7])
    assert [inclusion_path(index, 7, root_of) for index in (0, 3, 4, 6)] == [[b, h, l], [c, g, l], [f, j, k], [i, k]]
    assert [consistency_path(first, 7, root_of) for first in (3, 4, 6)] == [[c, d, g, l], [l], [i, j, k]]


# ------------------------------------------------------------------------------------------------------------ algebra


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_the_root_is_the_recursive_one_of_the_rfc(data):
    assert root([leaf_hash(one) for one in data]) == recursive_root(data)


def test_the_root_of_every_size_is_the_recursive_one():
    data = [number.to_bytes(2) for number in range(len(HASHES))]
    assert [root(HASHES[:size]) for size in range(71)] == [recursive_root(data[:size]) for size in range(71)]


@given(st.lists(st.integers(0, 70), max_size=12))
def test_a_frontier_is_the_tree_however_the_leaves_arrive(lengths):
    hashes = [leaf_hash(number.to_bytes(3)) for number in range(sum(lengths))]
    frontier, done = Frontier(), 0
    for length in lengths:
        frontier.append(hashes[done : done + length])
        done += length
        assert (frontier.size, frontier.root()) == (done, root(hashes[:done]))


def test_a_frontier_leaves_the_callers_list_alone():
    given_list, frontier = list(HASHES[:5]), Frontier()
    frontier.append(given_list)
    frontier.append(given_list)
    assert given_list == HASHES[:5]


def test_a_frontier_takes_a_leaf_in_less_than_three_microseconds():
    """Measured at 0.4; the bound leaves room for slow machines, and none for a stack operation per leaf."""
    hashes = HASHES * 500
    assert min(seconds_to_append(hashes) for _ in range(3)) / len(hashes) < 3e-6


def seconds_to_append(hashes: list[bytes]) -> float:
    begun = process_time()
    Frontier().append(hashes)
    return process_time() - begun


# ------------------------------------------------------------------------------------------------------------- proofs


def test_every_leaf_of_every_tree_is_proved():
    for size in range(1, LARGEST + 1):
        assert all(verify_inclusion(**included(index, size)) for index in range(size))


def test_every_tree_is_proved_to_begin_with_every_smaller_one():
    for second in range(LARGEST + 1):
        assert all(verify_consistency(**grown(first, second)) for first in range(second + 1))


def test_an_inclusion_proof_with_one_bit_changed_is_refused():
    for index, size in [(0, 1), (0, 2), (1, 3), (2, 3), (4, 7), (6, 7), (5, 8), (16, 17), (20, 33), (39, 40)]:
        proof = included(index, size)
        for part in ("leaf", "root"):
            assert not any(verify_inclusion(**proof | {part: other}) for other in flips(proof[part]))
        assert not any(verify_inclusion(**proof | {"path": other}) for other in with_a_bit_flipped(proof["path"]))


def test_a_consistency_proof_with_one_bit_changed_is_refused():
    for first, second in [(0, 5), (1, 1), (1, 2), (2, 3), (3, 4), (3, 7), (4, 7), (6, 7), (6, 8), (16, 33), (39, 40)]:
        proof = grown(first, second)
        parts = (
            ("first_root", "second_root") if first else ("first_root",)
        )  # of no leaves, anything is the continuation
        for part in parts:
            assert not any(verify_consistency(**proof | {part: other}) for other in flips(proof[part]))
        assert not any(verify_consistency(**proof | {"path": other}) for other in with_a_bit_flipped(proof["path"]))


def test_an_inclusion_proof_stands_for_one_index_only():
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = included(index, size)
            others = set(range(-2, 2 * size)) - {index}
            assert not any(verify_inclusion(**proof | {"index": other}) for other in others)


def test_an_inclusion_proof_for_another_size_is_refused_unless_the_siblings_stand_alike():
    """A root does not tell 5 leaves from 8 to one who follows the first leaf: the size is what the checkpoint signs."""
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = included(index, size)
            for other in range(-2, 2 * LARGEST):
                alike = index < other and sides(index, other) == sides(index, size)
                assert verify_inclusion(**proof | {"size": other}) == alike


def sides(index: int, size: int) -> list[bool]:
    return inclusion_path(index, size, lambda start, end: start > index)


def test_an_inclusion_proof_is_refused_with_size_and_root_of_another_tree():
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = included(index, size)
            for other in set(range(2 * LARGEST)) - {size}:
                assert not verify_inclusion(**proof | {"size": other, "root": TREE_ROOTS[other]})


def test_a_consistency_proof_from_another_size_is_refused():
    for second in range(2, LARGEST + 1):
        for first in range(1, second):
            proof = grown(first, second)
            others = set(range(-2, 2 * LARGEST)) - {first}
            assert not any(verify_consistency(**proof | {"first": other}) for other in others)


def test_a_consistency_proof_to_another_size_is_refused_with_its_root():
    for second in range(2, LARGEST + 1):
        for first in range(1, second):
            proof = grown(first, second)
            for other in set(range(2 * LARGEST)) - {second}:
                assert not verify_consistency(**proof | {"second": other, "second_root": TREE_ROOTS[other]})


def test_swapped_roots_are_refused():
    for second in range(2, LARGEST + 1):
        for first in range(1, second):
            roots = {"first_root": TREE_ROOTS[second], "second_root": TREE_ROOTS[first]}
            assert not verify_consistency(**grown(first, second) | roots)


def test_a_path_of_another_length_or_order_is_refused():
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = included(index, size)
            assert not any(verify_inclusion(**proof | {"path": other}) for other in longer_and_shorter(proof["path"]))
            proof = grown(index, size)
            assert not any(verify_consistency(**proof | {"path": other}) for other in longer_and_shorter(proof["path"]))


def test_a_rewritten_past_cannot_be_proved_consistent():
    for second in range(2, LARGEST + 1):
        for first in range(1, second):
            rewritten = [*HASHES[: first - 1], OTHER, *HASHES[first:second]]
            path = consistency_path(first, second, range_of(rewritten))
            altered = {"path": path, "second_root": root(rewritten)}
            assert not verify_consistency(**grown(first, second) | altered)


@pytest.mark.parametrize("malformed", [b"", b"\x00" * 31, b"\x00" * 33, None, "0" * 32, 7])
def test_what_is_not_a_hash_is_refused_without_an_error(malformed):
    inclusion, consistency = included(3, 7), grown(3, 7)
    for part, value in {"leaf": malformed, "root": malformed, "path": [malformed] * 3}.items():
        assert not verify_inclusion(**inclusion | {part: value})
    for part, value in {"first_root": malformed, "second_root": malformed, "path": [malformed] * 4}.items():
        assert not verify_consistency(**consistency | {part: value})


numbers = st.integers(-3, 20) | st.integers(-(2**70), 2**70)
values = st.sampled_from([*HASHES[:4], *TREE_ROOTS[:9], OTHER, b""]) | st.binary(max_size=40)


@given(numbers, numbers, values, values, st.lists(values, max_size=6))
def test_no_nonsense_makes_a_verifier_fail(first, second, one, other, path):
    assert verify_inclusion(one, index=first, size=second, path=path, root=other) in {True, False}
    assert verify_consistency(first, second, first_root=one, second_root=other, path=path) in {True, False}


# ---------------------------------------------------------------------------------------------------------------- edges


def test_the_empty_tree_is_the_beginning_of_every_tree():
    assert consistency_path(0, 5, range_of(HASHES)) == []
    assert verify_consistency(0, 5, first_root=EMPTY_ROOT, second_root=TREE_ROOTS[5], path=[])


def test_only_the_empty_root_stands_for_no_leaves():
    assert not verify_consistency(0, 5, first_root=OTHER, second_root=TREE_ROOTS[5], path=[])
    assert not verify_consistency(0, 0, first_root=EMPTY_ROOT, second_root=OTHER, path=[])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 4), (4, 4)])
def test_a_path_to_a_leaf_that_is_not_there_is_not_made(index, size):
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion_path(index, size, range_of(HASHES))


@pytest.mark.parametrize(("first", "second"), [(-1, 3), (4, 3), (1, 0)])
def test_a_path_back_from_a_smaller_tree_is_not_made(first, second):
    with pytest.raises(ValueError, match="does not grow"):
        consistency_path(first, second, range_of(HASHES))


def test_leaves_and_nodes_are_hashed_apart():
    assert leaf_hash(HASHES[0] + HASHES[1]) != node_hash(HASHES[0], HASHES[1])
