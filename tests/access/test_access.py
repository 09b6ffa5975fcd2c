"""Host, Origin, token and project: the pure checks."""

import base64

import pytest

from parley.access import Access, AccessRules, BadProject, Forbidden, Unauthorized

OPEN = Access(AccessRules(None, frozenset()))
LOCKED = Access(AccessRules("s3cret:ü", frozenset({"Parley.Example", "10.1.2.3:4318"})))


def headers(**given):
    named = {"host": "localhost:4318"} | {key.replace("_", "-"): v for key, v in given.items()}
    return [(key.encode(), v if isinstance(v, bytes) else v.encode()) for key, v in named.items()]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "localhost.",
        "127.0.0.1:4318",
        "127.8.9.1",
        "[::1]",
        "[::1]:4318",
        "::1",
        "parley.example",
        "PARLEY.example:443",
        "10.1.2.3",
    ],
)
def test_loopback_and_allowed_hosts_are_served(host):
    LOCKED.check_request("GET", headers(host=host))


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "localhost.evil.example",
        "localhost:80.evil.example",
        "127.0.0.1.evil.example",
        "[::2]",
        "192.168.1.7",
        "0.0.0.0",
        "parley.example.evil",
        "localhost@evil.example",
        "2130706433",
    ],
)
def test_other_hosts_are_refused(host):
    with pytest.raises(Forbidden, match="not served here") as caught:
        LOCKED.check_request("GET", headers(host=host))
    assert caught.value.field == "host"


def test_no_host_or_two_hosts_are_refused():
    two = [(b"host", b"localhost"), (b"host", b"localhost")]
    for given in ([], two):
        with pytest.raises(Forbidden):
            OPEN.check_request("GET", given)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:4318", "localhost:4318"),
        ("HTTP://LocalHost:4318", "localhost:4318"),
        ("http://localhost", "localhost"),
        ("http://localhost:80", "localhost"),
        ("http://localhost", "localhost:80"),
        ("https://parley.example", "parley.example"),
        ("https://parley.example", "parley.example:443"),
        ("http://[::1]:4318", "[::1]:4318"),
    ],
)
def test_our_own_pages_may_write(origin, host):
    LOCKED.check_request("POST", headers(host=host, origin=origin, sec_fetch_site="same-origin"))


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://localhost:3000",
        "http://127.0.0.1:4318",
        "https://localhost:4318.evil.example",
        "file://localhost:4318",
        "chrome-extension://localhost:4318",
        "http://[",
    ],
)
@pytest.mark.parametrize("is_ingest", [True, False])
def test_pages_of_other_origins_may_not_write(origin, is_ingest):
    with pytest.raises(Forbidden) as caught:
        OPEN.check_request("POST", headers(origin=origin), is_ingest=is_ingest)
    assert caught.value.field == "origin"
    OPEN.check_request("GET", headers(origin=origin))


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_of_other_sites_may_not_write_unless_they_are_telemetry(site):
    with pytest.raises(Forbidden):
        OPEN.check_request("DELETE", headers(sec_fetch_site=site))
    OPEN.check_request("POST", headers(sec_fetch_site=site), is_ingest=True)
    OPEN.check_request("POST", headers(sec_fetch_site="none"))
    OPEN.check_request("POST", headers())


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "given",
    [
        {"authorization": "Bearer s3cret:ü"},
        {"authorization": "bearer  s3cret:ü "},
        {"authorization": "ApiKey s3cret:ü"},
        {"authorization": "s3cret:ü"},
        {"x_api_key": "s3cret:ü"},
        {"x_api_key": "s3cret:ü".encode("latin-1")},
        {"authorization": basic("pk-lf-1:s3cret:ü")},
        {"cookie": "a=b; parley_token=s3cret%3A%C3%BC; c=d"},
        {"authorization": "Bearer other", "cookie": "parley_token=s3cret%3A%C3%BC"},
    ],
)
def test_the_token_is_taken_in_every_form(given):
    LOCKED.check_token(headers(**given))


def test_the_token_is_taken_under_the_name_that_phoenix_uses():
    LOCKED.check_token([(b"api_key", "s3cret:ü".encode())])


def test_basic_with_the_token_as_the_name():
    access = Access(AccessRules("tok", frozenset()))
    access.check_token(headers(authorization=basic("tok:")))
    access.check_token(headers(authorization=basic("tok")))


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer S3CRET:Ü"},
        {"authorization": ""},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic /w=="},
        {"cookie": "parley_token="},
        {"cookie": "xparley_token=s3cret%3A%C3%BC"},
        {"x_api_key": "s3cret"},
        {"authorization": b"\xff\xfe"},
    ],
)
def test_everything_else_is_unauthorized(given):
    with pytest.raises(Unauthorized):
        LOCKED.check_token(headers(**given))


def test_without_a_token_everybody_may_and_credentials_are_ignored():
    OPEN.check_token(headers())
    OPEN.check_token(headers(authorization="Bearer whatever"))
    assert OPEN.is_token("anything")


def test_the_sign_in_cookie_is_one_that_is_taken():
    cookie = LOCKED.sign_in_cookie(is_secure=True)
    LOCKED.check_token(headers(cookie=cookie.split(";")[0]))
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert cookie.endswith("; Secure")
    assert not LOCKED.sign_in_cookie(is_secure=False).endswith("Secure")
    assert LOCKED.is_token("s3cret:ü")
    assert not LOCKED.is_token("\ud800")


def test_projects_come_from_query_then_header_then_default():
    named = headers(x_parley_project="shop")
    assert OPEN.write_project(headers()) == "default"
    assert OPEN.write_project(named) == "shop"
    assert OPEN.read_project(named, "project=caf%C3%A9+1&x=2") == "café 1"
    assert OPEN.read_project(named, b"x=2") == "shop"
    assert OPEN.read_project(headers(), "") == "default"
    assert OPEN.write_project(headers(x_parley_project="東京")) == "東京"


@pytest.mark.parametrize("name", ["", "x" * 201, "a\nb", "a\x00", "a\x85b", "\x7f"])
def test_bad_projects_are_named_by_their_field(name):
    with pytest.raises(BadProject) as caught:
        OPEN.write_project(headers(x_parley_project=name))
    assert caught.value.field == "x-parley-project"
    with pytest.raises(BadProject) as caught:
        OPEN.read_project(headers(), "project=" + "".join(f"%{b:02x}" for b in name.encode()))
    assert caught.value.field == "project"


def test_projects_that_are_no_utf8_are_refused():
    with pytest.raises(BadProject):
        OPEN.write_project(headers(x_parley_project=b"\xff"))
    with pytest.raises(BadProject):
        OPEN.read_project(headers(), "project=%ff")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example:443 ", "https://shop.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_origins_are_compared_as_browsers_send_them(given, sent):
    access = Access(AccessRules(None, frozenset(), frozenset({given})))
    headers = [(b"host", b"localhost"), (b"origin", sent.encode())]
    access.check_request("POST", headers, is_ingest=True)
    assert dict(access.page_headers(headers))[b"access-control-allow-origin"] == sent.encode()
    with pytest.raises(Forbidden):
        access.check_request("POST", [*headers, (b"sec-fetch-site", b"cross-site")])


@pytest.mark.parametrize(
    "given",
    ["", "*", "null", "shop.example", "https://*.example", "https://a/", "ftp://a", "https://u@a"],
)
def test_what_is_no_origin_is_refused(given):
    with pytest.raises(ValueError, match="is not an origin"):
        Access(AccessRules(None, frozenset(), frozenset({given})))


def test_a_preflight_names_no_header_that_exporters_do_not_send():
    access = Access(AccessRules(None, frozenset(), frozenset({"https://a.example"})))
    headers = [
        (b"origin", b"https://a.example"),
        (b"access-control-request-method", b"POST"),
        (b"access-control-request-headers", b"Authorization,cookie, X-Parley-Project"),
    ]
    answer = dict(access.preflight(headers) or [])
    assert answer[b"access-control-allow-headers"] == b"authorization, x-parley-project"
    assert access.preflight([]) is None
    with pytest.raises(Forbidden, match="--cors-origin"):
        access.preflight([(b"origin", b"https://b.example"), *headers[1:]])
