"""Outbound requests reach only what they may, and are bounded in size, time and redirects."""

import asyncio
from collections.abc import Callable

import pytest

from backend.core import addresses, http
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, gzipped, json_answer, serving
from tests.servers import free_port

OK = json_answer({"ok": True})


@pytest.fixture(autouse=True)
def nothing_allowed(environment: pytest.MonkeyPatch) -> None:
    """Settings of this test alone."""


@pytest.fixture
def allow(environment: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(listed: str) -> None:
        environment.setenv("QUADRILLE_OUTBOUND_ALLOW", listed)
        forget_settings()

    return use


def names(**known: list[str]) -> http.Resolver:
    """A resolver of our own: answers of a name come one after another, the last one again and again."""

    async def resolve(host: str, port: int) -> list[str]:
        answers = known[host.partition(".")[0]]
        return [answers.pop(0) if len(answers) > 1 else answers[0]]

    return resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0/", "http://0.0.0.0/", "http://localhost/", "http://10.0.0.1/", "http://172.16.0.1/",
        "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://224.0.0.1/",
        "http://255.255.255.255/", "http://192.0.2.1/", "http://198.18.0.1/", "http://240.0.0.1/",
        "http://[::]/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
        "http://[::ffff:10.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[fe80::1]/", "http://[fc00::1]/", "http://[fd12:3456::1]/", "http://[ff02::1]/", "http://[fec0::1]/",
        "http://①②⑦.⓪.⓪.①/", "https://user:pass@127.0.0.1/",
    ],
)  # fmt: skip
async def test_no_form_of_a_private_address_is_dialled(url: str) -> None:
    with pytest.raises((http.AddressRefused, http.BadAddress)):
        await http.request("GET", url, limits=http.Limits(seconds=5))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101", "2002:101:101::"])
def test_global_addresses_may_be_dialled_on_web_ports_only(address: str) -> None:
    nothing = addresses.allowed("")
    assert addresses.refusal(address, 443, nothing) == ""
    assert "port 22" in addresses.refusal(address, 22, nothing)


async def test_one_private_answer_among_global_ones_refuses_the_name() -> None:
    async def both(host: str, port: int) -> list[str]:
        return ["1.1.1.1", "10.0.0.1"]

    with pytest.raises(http.AddressRefused, match=r"mixed\.example must not be reached: 10\.0\.0\.1"):
        await http.request("GET", "http://mixed.example/", resolver=both)


@pytest.mark.parametrize("listed", ["127.0.0.1", "127.0.0.0/8", "elsewhere.example, service.example"])
async def test_the_operator_s_exceptions_are_reached(allow: Callable[[str], None], listed: str) -> None:
    allow(listed)
    async with serving(lambda asked: OK) as server:
        url = f"http://service.example:{server.port}/x?y=1"
        reply = await http.request("POST", url, content=b"hi", resolver=names(service=["127.0.0.1"]))
    assert (reply.status, reply.body()) == (200, {"ok": True})
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", "/x?y=1", b"hi")
    assert asked.headers["host"] == f"service.example:{server.port}"


async def test_a_host_exception_with_a_port_opens_that_port_only(allow: Callable[[str], None]) -> None:
    async with serving(lambda asked: OK) as server, serving(lambda asked: OK) as other:
        allow(f"service.example:{server.port}")
        resolver = names(service=["127.0.0.1"])
        await http.request("GET", f"http://service.example:{server.port}/", resolver=resolver)
        with pytest.raises(http.AddressRefused):
            await http.request("GET", f"http://service.example:{other.port}/", resolver=resolver)
    assert other.asked == []


async def test_a_redirect_to_a_private_address_is_not_followed(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1/32")
    async with serving(lambda asked: Answer(302, headers={"location": "http://inside.example/"})) as server:
        with pytest.raises(http.AddressRefused, match=r"inside\.example"):
            await http.request(
                "GET", server.url, resolver=names(inside=["10.0.0.1"], **{"127": ["127.0.0.1"]})
            )
    assert len(server.asked) == 1


async def test_a_name_that_changes_its_address_is_checked_each_time(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1/32")
    async with serving(lambda asked: OK) as server:
        resolver = names(rebind=["127.0.0.1", "127.0.0.2"])
        url = f"http://rebind.example:{server.port}/"
        assert (await http.request("GET", url, resolver=resolver)).status == 200
        with pytest.raises(http.AddressRefused, match=r"127\.0\.0\.2"):
            await http.request("GET", url, resolver=resolver)
    assert len(server.asked) == 1


async def test_three_redirects_are_followed_and_no_more(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1")

    def next_step(asked: Asked) -> Answer:
        step = int(asked.path.strip("/") or 0)
        return OK if step == 3 else Answer(307, headers={"location": f"/{step + 1}"})

    async with serving(next_step) as server:
        reply = await http.request("POST", server.url, content=b"kept")
        assert (reply.status, reply.url) == (200, f"{server.url}/3")
        assert [asked.body for asked in server.asked] == [b"kept"] * 4
    async with serving(lambda asked: Answer(302, headers={"location": "/again"})) as server:
        with pytest.raises(http.NoAnswer, match="more than 3 times"):
            await http.request("GET", server.url)
        assert len(server.asked) == 4


async def test_secrets_stay_behind_when_a_redirect_leads_elsewhere(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1")
    async with (
        serving(lambda asked: OK) as elsewhere,
        serving(lambda asked: Answer(307, headers={"location": elsewhere.url})) as server,
    ):
        headers = {"X-API-Key": "secret", "Authorization": "Bearer secret", "Cookie": "a=secret"}
        await http.request("GET", server.url, headers=headers)
    assert "secret" in str(server.asked[0].headers)
    assert "secret" not in str(elsewhere.asked[0].headers)


async def test_an_answer_that_unpacks_to_too_much_is_stopped(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1")
    packed = gzipped(200_000_000)  # a slow machine packs for longer than an answer may take
    async with serving(lambda asked: packed) as server:
        with pytest.raises(http.AnswerTooLarge, match="more than 10000000 bytes"):
            await http.request("GET", server.url)


async def test_a_slow_answer_is_given_up(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1")
    async with serving(lambda asked: Answer(delay=600)) as server, asyncio.timeout(60):
        with pytest.raises(http.TookTooLong, match=r"127\.0\.0\.1 did not answer within 0\.3 seconds"):
            await http.request("GET", server.url, limits=http.Limits(seconds=0.3))


async def test_no_server_and_no_name_are_told(allow: Callable[[str], None]) -> None:
    allow("127.0.0.1")
    with pytest.raises(http.NoAnswer, match=r"127\.0\.0\.1 did not answer"):
        await http.request("GET", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(http.NoAnswer, match="cannot be resolved"):
        await http.request("GET", "http://no-such-name.invalid/")


@pytest.mark.parametrize("url", ["ftp://a.example/", "file:///etc/passwd", "a.example", "http://", ""])
async def test_what_is_no_web_address_is_told(url: str) -> None:
    with pytest.raises(http.BadAddress):
        await http.request("GET", url)


async def test_proxies_of_the_environment_are_not_used(
    allow: Callable[[str], None], environment: pytest.MonkeyPatch
) -> None:
    allow("127.0.0.1")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        environment.setenv(name, "http://127.0.0.1:1")
    async with serving(lambda asked: OK) as server:
        assert (await http.request("GET", server.url)).status == 200


@pytest.mark.parametrize(
    ("content", "sort", "body"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b"{broken", "application/json", "{broken"),
        (b"plain", "text/plain", "plain"),
        (b"n\0ul \xff", "text/plain", "nul \ufffd"),
    ],
)
def test_the_body_is_json_or_text(content: bytes, sort: str, body: object) -> None:
    assert http.Reply("http://a", 200, {"content-type": sort}, content).body() == body
