"""What may be called, and what not, however it is written: names are resolved once and pinned."""

import socket
import threading
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.receivers import Came, Receiver, receiver

from freshline.errors import DeniedError, FreshlineError, ResourceError
from freshline.outgoing.addresses import Allowed, is_public, place_of, resolved
from freshline.outgoing.sending import HttpSender

PUBLIC = "93.184.215.14"


class Resolver:
    def __init__(self, addresses: Sequence[str]) -> None:
        self.addresses, self.asked = tuple(addresses), 0

    def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked += 1
        return self.addresses


def answering(*addresses: str) -> Resolver:
    return Resolver(addresses)


INSIDE = {
    "loopback": "127.0.0.1",
    "anywhere in the loopback network": "127.200.3.4",
    "this host": "0.0.0.0",
    "a private network, 10": "10.1.2.3",
    "a private network, 172.16": "172.31.255.254",
    "a private network, 192.168": "192.168.0.1",
    "addresses that providers share": "100.64.0.1",
    "metadata of clouds": "169.254.169.254",
    "metadata in addresses that providers share": "100.100.100.200",
    "metadata at a public address": "168.63.129.16",
    "metadata of one cloud, v6": "fd00:ec2::254",
    "link-local": "169.254.1.1",
    "multicast": "224.0.0.1",
    "broadcast": "255.255.255.255",
    "reserved": "240.0.0.1",
    "for documents": "192.0.2.1",
    "for measurements": "198.18.0.1",
    "loopback, v6": "::1",
    "this host, v6": "::",
    "unique local, v6": "fc00::1",
    "link-local, v6": "fe80::1",
    "site-local, v6": "fec0::1",
    "multicast, v6": "ff02::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped metadata": "::ffff:169.254.169.254",
    "compatible loopback": "::7f00:1",
    "6to4 of a private one": "2002:0a00:0001::1",
    "6to4 of loopback": "2002:7f00:0001::",
    "NAT64 of metadata": "64:ff9b::169.254.169.254",
    "NAT64 of a network's own": "64:ff9b:1::a00:1",
    "Teredo of a private one": "2001:0:4136:e378:8000:63bf:f5ff:fffe",
}


@pytest.mark.parametrize("address", INSIDE.values(), ids=INSIDE)
def test_what_lies_within_is_never_called(address: str) -> None:
    with pytest.raises(DeniedError, match=r"hooks\.shop\.example lies in a network"):
        place_of("https://hooks.shop.example/x", Allowed(), answering(address))


@pytest.mark.parametrize(
    "address", [PUBLIC, "2606:2800:220:1::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_what_is_public_may_be_called(address: str) -> None:
    assert is_public(ip_address(address))
    place = place_of("https://hooks.shop.example/x?y=1", Allowed(), answering(address))
    assert (place.path, place.port, place.addresses) == ("/x?y=1", 443, (address,))


@given(st.ip_addresses(v=4).map(lambda each: IPv4Address(str(each))))
def test_an_address_within_another_one_is_judged_as_itself(address: IPv4Address) -> None:
    number = int(address)
    sixtofour = IPv6Address((0x2002 << 112) | (number << 80) | 1)
    for outer in (IPv6Address(f"::ffff:{address}"), sixtofour, IPv6Address(f"64:ff9b::{address}")):
        assert is_public(outer) == is_public(address)


def test_one_address_within_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(DeniedError):
        place_of("https://hooks.shop.example", Allowed(), answering(PUBLIC, "10.0.0.1"))


def test_a_name_is_resolved_once_so_that_a_second_answer_changes_nothing() -> None:
    names = answering(PUBLIC)
    place = place_of("https://hooks.shop.example", Allowed(), names)
    names.addresses = ("127.0.0.1",)
    assert names.asked == 1 and place.addresses == (PUBLIC,)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_odd_ways_to_write_loopback_lead_to_loopback(host: str) -> None:
    with pytest.raises((DeniedError, ResourceError)):
        place_of(f"https://{host}/", Allowed(), resolved)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://hooks.shop.example/",
        "ftp://hooks.shop.example/",
        "//hooks.shop.example/",
        "https://",
        "https:///x",
        "https://hooks.shop.example:99999/",
        "https://hooks.shop.example/\r\nX: y",
        "https://hooks.shop.example/ x",
        "https://hooks.shop.example\\@10.0.0.1/",
        "https://[::1",
        "not a url",
        "",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(DeniedError, match="is no URL"):
        place_of(url, Allowed(), answering(PUBLIC))


def test_a_user_name_in_an_address_is_refused_and_not_shown() -> None:
    with pytest.raises(DeniedError) as told:
        place_of("https://ada:hunter22@hooks.shop.example/", Allowed(), answering(PUBLIC))
    assert "hunter22" not in f"{told.value.message} {told.value.help}"


def test_without_tls_only_what_is_allowed_by_name_is_called() -> None:
    with pytest.raises(DeniedError, match="without TLS"):
        place_of("http://hooks.shop.example/", Allowed(), answering(PUBLIC))
    allowed = Allowed(entries=("hooks.shop.example",))
    assert not place_of("http://hooks.shop.example/", allowed, answering(PUBLIC)).is_secure


ALLOWED = {
    "a host": ("builds.internal", "https://builds.internal/", True),
    "a host, whatever its case": ("builds.internal", "https://Builds.Internal./", True),
    "a host and its port": ("builds.internal:8443", "https://builds.internal:8443/", True),
    "a host at another port": ("builds.internal:8443", "https://builds.internal/", False),
    "a network": ("10.0.0.0/8", "https://builds.internal/", True),
    "another network": ("192.168.0.0/16", "https://builds.internal/", False),
    "not the hosts below a host": ("internal", "https://builds.internal/", False),
    "not a host that ends so": ("uilds.internal", "https://builds.internal/", False),
}


@pytest.mark.parametrize(("entry", "url", "good"), ALLOWED.values(), ids=ALLOWED)
def test_the_list_of_what_is_allowed_names(entry: str, url: str, good: bool) -> None:
    allowed = Allowed(entries=(entry,))
    if good:
        assert place_of(url, allowed, answering("10.0.0.7")).addresses == ("10.0.0.7",)
    else:
        with pytest.raises(DeniedError):
            place_of(url, allowed, answering("10.0.0.7"))


# ---- sending


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def sender_to(there: Receiver) -> HttpSender:
    return HttpSender(Allowed(entries=(there.allowed,)))


def test_the_address_that_was_checked_is_connected_to_under_the_name_that_was_called(
    there: Receiver,
) -> None:
    names = answering("127.0.0.1")
    host = f"hooks.internal:{there.port}"
    HttpSender(Allowed(entries=(host,)), resolve=names).post(f"http://{host}/x?y", {}, b"{}")
    assert names.asked == 1
    assert (there.came[0].path, there.came[0].headers["Host"]) == ("/x?y", host)


def test_loopback_is_not_called_unless_it_is_allowed(there: Receiver) -> None:
    with pytest.raises(DeniedError):
        HttpSender().post(there.url, {}, b"{}")
    with pytest.raises(DeniedError):
        HttpSender().post(there.url.replace("http:", "https:"), {}, b"{}")
    assert there.came == []


def test_a_redirect_is_not_followed(there: Receiver) -> None:
    def to_within(came: Came) -> tuple[int, dict[str, str], bytes]:
        return 307, {"Location": f"http://127.0.0.1:{there.port}/admin"}, b""

    there.answer = to_within
    with pytest.raises(DeniedError, match="redirect"):
        sender_to(there).post(there.url, {}, b"{}")
    assert [came.path for came in there.came] == ["/hooks"]


@pytest.mark.parametrize(
    ("status", "error", "again"),
    [
        pytest.param(500, ResourceError, True, id="a fault may pass"),
        pytest.param(429, ResourceError, True, id="too often may pass"),
        pytest.param(404, ResourceError, True, id="not there may pass"),
        pytest.param(410, DeniedError, False, id="gone does not pass"),
        pytest.param(302, DeniedError, False, id="a redirect does not pass"),
    ],
)
def test_answers_say_whether_an_attempt_may_help(
    there: Receiver, status: int, error: type[FreshlineError], again: bool
) -> None:
    there.answer = lambda came: (status, {}, b"the secret of the inside")
    with pytest.raises(error) as told:
        sender_to(there).post(f"{there.url}/T00/secret-path", {}, b"{}")
    assert told.value.retryable is again
    assert str(status) in told.value.message
    assert "inside" not in told.value.message and "secret-path" not in told.value.message


def test_no_more_than_a_little_of_an_answer_is_read(there: Receiver) -> None:
    there.answer = lambda came: (200, {}, b"x" * 5_000_000)
    sender_to(there).post(there.url, {}, b"{}")
    assert len(there.came) == 1


def test_who_answers_byte_by_byte_is_late_all_the_same() -> None:
    over = threading.Event()

    def drip(listening: socket.socket) -> None:
        connected, _ = listening.accept()
        with connected:
            try:
                while not over.wait(0.01):
                    connected.sendall(b"H")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        try:
            sender = HttpSender(Allowed(entries=("127.0.0.1",)), seconds=0.3)
            with pytest.raises(ResourceError):
                sender.post(f"http://127.0.0.1:{port}/", {}, b"{}")
        finally:
            over.set()
            thread.join()


def test_a_header_cannot_begin_another(there: Receiver) -> None:
    with pytest.raises(DeniedError):
        sender_to(there).post(there.url, {"X-A": "b\r\nX-C: d"}, b"{}")
    assert there.came == []


def test_proxies_of_the_process_are_not_asked(
    there: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    sender_to(there).post(there.url, {}, b"{}")
    assert len(there.came) == 1


def test_nobody_there_is_told_without_the_path() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    sender = HttpSender(Allowed(entries=("127.0.0.1",)))
    with pytest.raises(ResourceError, match=rf"127\.0\.0\.1:{port} cannot be reached") as told:
        sender.post(f"http://127.0.0.1:{port}/T00/B00/xyz", {}, b"{}")
    assert "xyz" not in told.value.message
