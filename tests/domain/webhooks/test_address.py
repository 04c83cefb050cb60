"""Which addresses events may be sent to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from domain.errors import InvalidRequest
from domain.webhooks.address import checked_url, is_public

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 -- unspecified; nothing is bound
    "10.1.2.3",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",  # IPv4-compatible
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.215.14",  # mapped: the same address has a form of its own
    "64:ff9b::7f00:1",  # NAT64
    "64:ff9b::5db8:d70e",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",  # Teredo
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700:4700::1111", "2a00::1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_no_public_one_is_told(address: str):
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_told(address: str):
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/varve",
        "https://hooks.example.com",
        "https://HOOKS.example.com:8443/a%20b?token=1&x=%2F",
        "https://xn--bcher-kva.example/x",
        "https://1.1.1.1/x",
        "https://[2606:4700:4700::1111]:1024/x",
        "https://my_name.example.com/",
    ],
)
def test_a_url_on_the_public_internet_is_taken_as_it_is(url: str):
    assert checked_url(url, allows_private=False) == url


UNFIT = [
    "",
    "hooks.example.com",
    "//hooks.example.com/x",
    "http://hooks.example.com/x",
    "ftp://hooks.example.com/x",
    "file:///etc/passwd",
    "https:///x",
    "https://",
    "https://user@hooks.example.com/x",
    "https://user:password@hooks.example.com/x",
    "https://hooks.example.com@127.0.0.1/x",
    "https://hooks.example.com/x#fragment",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nX: y",
    "https://hooks.example.com\\@127.0.0.1/x",
    "https://hooks.example.com:22/x",
    "https://hooks.example.com:0/x",
    "https://hooks.example.com:65536/x",
    "https://hooks.example.com:http/x",
    "https://bücher.example/x",
    "https://hooks。example。com/x",
    "https://①②⑦.0.0.1/x",
    "https://hooks..example.com/x",
    "https://-hooks.example.com/x",
    "https://hooks.example.com./x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0x7f.1/x",
    "https://0177.0.0.1/x",
    "https://017700000001/x",
    "https://127.1/x",
    "https://127.0.0.1.5/x",
    "https://[::1%25eth0]/x",
    "https://[v1.x]/x",
    "https://[::1/x",
    "https://%31%32%37.0.0.1/x",
    "https://hooks.example.com/" + "x" * 2000,
]


@pytest.mark.parametrize("allows_private", [False, True])
@pytest.mark.parametrize("url", UNFIT)
def test_what_is_no_plain_https_address_is_refused(url: str, *, allows_private: bool):
    with pytest.raises(InvalidRequest) as refused:
        checked_url(url, allows_private=allows_private)
    assert refused.value.faults[0].pointer == "/url"


@pytest.mark.parametrize("host", ["localhost", "db.localhost", *(one for one in NOT_PUBLIC if ":" not in one)])
def test_a_host_that_is_not_public_is_refused_but_in_development(host: str):
    with pytest.raises(InvalidRequest, match="not on the public internet"):
        checked_url(f"https://{host}/x", allows_private=False)
    assert checked_url(f"https://{host}/x", allows_private=True)


@pytest.mark.parametrize("address", [one for one in NOT_PUBLIC if ":" in one])
def test_a_literal_address_that_is_not_public_is_refused(address: str):
    with pytest.raises(InvalidRequest, match="not on the public internet"):
        checked_url(f"https://[{address}]/x", allows_private=False)
