"""Keys of model providers: encrypted at rest, shown to nobody again.

The secret that encrypts them is a file in the data folder, readable by its owner alone: whoever
has the records without the folder has no keys.
"""

import os
import time
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from msgspec import Struct

from parley.prompts.errors import BadPrompt, NoProviderKey
from parley.prompts.fresh import Fresh
from parley.prompts.providers import PROVIDERS
from parley.records import (
    ProviderKey,
    Records,
    keep_provider_key,
    list_provider_keys,
    remove_provider_key,
)

__all__ = ["Credentials", "ProviderKeys"]

HINT_CHARACTERS = 4
KEY_MAX = 10_000


class Credentials(Struct, frozen=True):
    """How a provider is called. base_url "": where the provider is."""

    provider: str
    api_key: str
    base_url: str = ""


class ProviderKeys:
    """The keys of every project. Thread-safe; every call blocks."""

    def __init__(self, records: Records, secret_file: Path) -> None:
        self._records = records
        self._cipher = Fernet(read_secret(secret_file))
        self._found: Fresh[Credentials] = Fresh()

    def set(self, project_id: str, credentials: Credentials) -> None:
        """Sets a provider's key. Raises BadPrompt."""
        provider, key = credentials.provider, credentials.api_key.strip()
        if provider not in PROVIDERS:
            raise BadPrompt(f"is none of {', '.join(sorted(PROVIDERS))}", field="provider")
        if not key or len(key) > KEY_MAX or not key.isprintable():
            raise BadPrompt("expected the key as the provider gave it", field="api_key")
        if credentials.base_url and not credentials.base_url.startswith(("http://", "https://")):
            raise BadPrompt("expected an http:// or https:// address", field="base_url")
        if provider == "bedrock" and credentials.base_url.startswith("http://"):
            raise BadPrompt("a key of bedrock travels over https:// alone", field="base_url")
        kept = ProviderKey(
            provider=provider,
            secret=self._cipher.encrypt(key.encode()).decode(),
            base_url=credentials.base_url.rstrip("/"),
            hint=key[-HINT_CHARACTERS:] if len(key) > 2 * HINT_CHARACTERS else "",
            changed_at=time.time_ns(),
        )
        keep_provider_key(self._records, project_id, kept)
        self._found.forget()

    def remove(self, project_id: str, provider: str) -> bool:
        """Removes a provider's key; returns whether there was one."""
        was_there = remove_provider_key(self._records, project_id, provider)
        self._found.forget()
        return was_there

    def kept(self, project_id: str) -> list[ProviderKey]:
        """Returns the keys of a project; the secrets stay encrypted."""
        return list_provider_keys(self._records, project_id)

    def found_lately(self, project_id: str, provider: str) -> Credentials | None:
        """Returns what `find` said within the last second; does not block."""
        return self._found.get((project_id, provider))

    def find(self, project_id: str, provider: str) -> Credentials:
        """Returns a provider's key: the project's, else the one in the server's environment.

        Raises:
            NoProviderKey: there is neither.
        """
        changes = self._found.changes
        found = self._read(project_id, provider)
        self._found.keep((project_id, provider), found, changes=changes)
        return found

    def _read(self, project_id: str, provider: str) -> Credentials:
        described = PROVIDERS[provider]
        for key in self.kept(project_id):
            if key.provider == provider:
                return Credentials(provider, self._decrypt(key), key.base_url)
        secret = next((os.environ[n] for n in described.key_variables if os.environ.get(n)), "")
        base_url = os.environ.get(described.url_variable, "") if described.url_variable else ""
        if not secret:
            names = " or ".join(described.key_variables)
            raise NoProviderKey(
                f"no key of {provider}: set one (PUT /api/v1/provider-keys), "
                f"or start the server with {names}",
                field="provider",
            )
        return Credentials(provider, secret, base_url)

    def _decrypt(self, kept: ProviderKey) -> str:
        try:
            return self._cipher.decrypt(kept.secret).decode()
        except InvalidToken as error:
            raise NoProviderKey(
                f"the key of {kept.provider} was encrypted with another secret: set it anew",
                field="provider",
            ) from error


def read_secret(path: Path) -> bytes:
    """Returns the secret in a file; makes both when there is no file."""
    if not path.exists():
        fresh = path.with_suffix(".tmp")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return path.read_bytes()
