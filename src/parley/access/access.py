"""The checks: Host, Origin, token, project. Pure; header names are lowercase as in ASGI."""

import base64
import binascii
import hmac
import ipaddress
from collections.abc import Iterable
from urllib.parse import parse_qs, quote, unquote, urlsplit

from msgspec import Struct

__all__ = ["COOKIE", "DEFAULT_PROJECT", "Access", "AccessRules", "Headers"]

from parley.access.errors import BadProject, Forbidden, Unauthorized
from parley.access.origins import (
    ALLOWED_METHODS,
    PREFLIGHT_SECONDS,
    allowed_headers,
    checked_origin,
)

Headers = Iterable[tuple[bytes, bytes]]

COOKIE = "parley_token"
DEFAULT_PROJECT = "default"
PROJECT_CHARACTERS_MAX = 200
COOKIE_SECONDS = 30 * 24 * 3600
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_SCHEMES = ("bearer", "apikey")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class AccessRules(Struct, frozen=True):
    """The token (None: everybody may) and the host names served besides loopback.

    `allowed_origins`: whose pages may send telemetry, see `checked_origin`.
    """

    token: str | None
    allowed_hosts: frozenset[str]
    allowed_origins: frozenset[str] = frozenset()


class Access:
    """The rules, applied. Every method is pure and either returns or raises an AccessError."""

    def __init__(self, rules: AccessRules) -> None:
        self._token = rules.token
        self._hosts = frozenset(_host_name(host) for host in rules.allowed_hosts)
        self._origins = frozenset(checked_origin(origin) for origin in rules.allowed_origins)

    @property
    def needs_token(self) -> bool:
        """Whether the server was started with a token."""
        return self._token is not None

    def check_request(self, method: str, headers: Headers, *, is_ingest: bool = False) -> None:
        """Raises Forbidden for a foreign Host, or an unsafe method sent by a foreign page.

        The Host list stops DNS rebinding, the Origin check forged requests. Exporters are no
        browsers: an ingest request without Origin passes whatever else it says.
        """
        hosts = _values(headers, b"host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            shown = ", ".join(hosts) or "none"
            message = f"host {shown[:200]} is not served here; start with --allowed-host to add it"
            raise Forbidden(message, "host")
        if method in SAFE_METHODS:
            return
        origins = _values(headers, b"origin")
        if is_ingest and self.page_headers(headers):
            return
        if any(not _is_same_origin(origin, hosts[0]) for origin in origins):
            message = f"requests from pages of {origins[0][:200]} are refused"
            raise Forbidden(message, "origin")
        sites = _values(headers, b"sec-fetch-site")
        is_exporter = is_ingest and not origins
        if not is_exporter and any(site in ("cross-site", "same-site") for site in sites):
            message = "requests from pages of other sites are refused"
            raise Forbidden(message, "sec-fetch-site")

    def page_headers(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Returns what lets the page of an allowed origin read an ingest path's answer."""
        origins = _values(headers, b"origin")
        if len(origins) != 1 or origins[0] not in self._origins:
            return []
        return [
            (b"access-control-allow-origin", origins[0].encode("latin-1")),
            (b"access-control-expose-headers", b"retry-after"),
            (b"vary", b"origin"),
        ]

    def preflight(self, headers: Headers) -> list[tuple[bytes, bytes]] | None:
        """Returns the answer's headers to a browser that asks whether a page may send telemetry.

        None when this is no such question. Raises Forbidden for the pages of other origins.
        """
        if not _values(headers, b"access-control-request-method"):
            return None
        if not (allowed := self.page_headers(headers)):
            origin = ", ".join(_values(headers, b"origin"))[:200] or "nowhere"
            message = f"pages of {origin} may not send telemetry; --cors-origin allows it"
            raise Forbidden(message, "origin")
        asked = ",".join(_values(headers, b"access-control-request-headers"))
        return [
            *allowed,
            (b"access-control-allow-methods", ALLOWED_METHODS),
            (b"access-control-allow-headers", allowed_headers(asked)),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        ]

    def _is_ours(self, host: str) -> bool:
        name = _host_name(host)
        if name == "localhost" or name in self._hosts:
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    def check_token(self, headers: Headers) -> None:
        """Raises Unauthorized unless a header or the cookie shows the token, if there is one."""
        if self._token is None:
            return
        # No early end: how long it takes must not tell which form was right.
        matches = [self.is_token(given) for given in _credentials(headers)]
        if not any(matches):
            message = "this server needs its token: Authorization: Bearer <token>"
            raise Unauthorized(message, "authorization")

    def is_token(self, given: str) -> bool:
        """Returns whether this is the token, in constant time. Without a token anything is."""
        if self._token is None:
            return True
        return hmac.compare_digest(given.encode(errors="replace"), self._token.encode())

    def sign_in_cookie(self, *, is_secure: bool) -> str:
        """Returns the Set-Cookie value that signs a browser in. Call it after `is_token`."""
        value = quote(self._token or "", safe="")
        secure = "; Secure" if is_secure else ""
        return f"{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={COOKIE_SECONDS}{secure}"

    def write_project(self, headers: Headers) -> str:
        """Returns the project that telemetry goes to. Raises BadProject."""
        return _project_of_header(headers) or DEFAULT_PROJECT

    def read_project(self, headers: Headers, query: str | bytes) -> str:
        """Returns the project that is asked about: `?project=`, the header, else default."""
        text = query.decode("latin-1") if isinstance(query, bytes) else query
        try:
            given = parse_qs(text, keep_blank_values=True, errors="strict").get("project")
        except ValueError as error:
            message = "expected URL-encoded UTF-8"
            raise BadProject(message, "project") from error
        if given:
            return _checked(given[0], "project")
        return _project_of_header(headers) or DEFAULT_PROJECT


def _values(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in headers if key == name]


def _host_name(host: str) -> str:
    """Returns the name without port, brackets, case and the dot of a full name."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.partition(":")
    if colon and not port.isdecimal():
        return host  # an IPv6 address without brackets, or nothing that a client would send
    return name.removesuffix(".")


def _is_same_origin(origin: str, host: str) -> bool:
    """Compares name and port. The scheme is unknown here: a proxy may end TLS before us."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    if parts.scheme not in _DEFAULT_PORTS or not parts.netloc:
        return False  # "null", an extension, a file
    default = ":" + _DEFAULT_PORTS[parts.scheme]
    return parts.netloc.removesuffix(default) == host.lower().removesuffix(default)


def _credentials(headers: Headers) -> list[str]:
    """Returns all that may be the token, in every form that SDKs send one."""
    found: list[str] = []
    for key, raw in headers:
        if key in (b"x-api-key", b"api_key"):
            found.append(_text(raw))
        elif key == b"authorization":
            found += _of_authorization(_text(raw))
        elif key == b"cookie":
            pairs = (pair.strip().partition("=") for pair in _text(raw).split(";"))
            found += [unquote(value) for name, _, value in pairs if name == COOKIE]
    return [given for given in found if given]


def _of_authorization(value: str) -> list[str]:
    scheme, _, rest = value.partition(" ")
    if scheme.lower() in _SCHEMES:
        return [rest.strip()]
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(rest.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return []
        # Langfuse sends public:secret, curl -u token: sends the token as the name.
        name, _, secret = pair.partition(":")
        return [secret or name]
    return [value]


def _text(raw: bytes) -> str:
    try:
        return raw.decode().strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()


def _project_of_header(headers: Headers) -> str | None:
    for key, raw in headers:
        if key == b"x-parley-project":
            try:
                name = raw.decode()
            except UnicodeDecodeError as error:
                message = "expected UTF-8"
                raise BadProject(message, "x-parley-project") from error
            return _checked(name, "x-parley-project")
    return None


def _checked(name: str, field: str) -> str:
    if not 1 <= len(name) <= PROJECT_CHARACTERS_MAX:
        message = f"expected 1 to {PROJECT_CHARACTERS_MAX} characters, got {len(name)}"
        raise BadProject(message, field)
    # C0, DEL and C1: what may not stand in a header, a log line or a page's title.
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in name):
        message = "expected no control characters"
        raise BadProject(message, field)
    return name
