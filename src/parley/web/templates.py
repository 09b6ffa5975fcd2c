"""Templates and static files: loaded once, addressed by the hash of what they are."""

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

__all__ = ["SECURITY_HEADERS", "render", "static_folder", "static_prefix"]

# Model output is hostile: nothing inline runs, nothing leaves for another host.
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
SECURITY_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
ENVIRONMENT = Environment(
    loader=PackageLoader("parley.web", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def static_folder() -> Path:
    """Returns where the static files are."""
    return Path(str(files("parley.web") / "static"))


@cache
def static_prefix() -> str:
    """Returns the path of the static files; it changes with them, so they are cached for good."""
    digest = hashlib.sha256()
    for path in sorted(static_folder().rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(static_folder()).as_posix().encode())
            digest.update(path.read_bytes())
    return f"/static/{digest.hexdigest()[:12]}"


def render(template: str, **values: Any) -> str:
    """Returns the HTML of a template."""
    return ENVIRONMENT.get_template(template).render(static=static_prefix(), **values)
