"""What can go wrong with prompts. Each names what is to blame.

PromptError
├── NoSuchPrompt     no such application, variant, version or environment
│   └── PromptArchived   there is one, but it answers nothing any more
├── BadPrompt        a prompt cannot be saved like this
├── BadInputs        a run's inputs do not fit the prompt
├── NoProviderKey    no key of the model's provider
├── TooManyRuns      as many runs wait as may
├── ProviderBusy     the provider asks to wait
└── ProviderFailed   the provider refused or did not answer
"""

__all__ = [
    "BadInputs",
    "BadPrompt",
    "NoProviderKey",
    "NoSuchPrompt",
    "PromptArchived",
    "PromptError",
    "ProviderBusy",
    "ProviderFailed",
    "TooManyRuns",
]


class PromptError(Exception):
    """`field`: what is to blame, in dots from the root of what was sent; None when nothing is."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NoSuchPrompt(PromptError):
    """There is no such application, variant, version or environment."""


class PromptArchived(NoSuchPrompt):
    """The application is archived: nothing is run until it is brought back."""


class BadPrompt(PromptError):
    """A prompt that cannot work, or a name that cannot be."""


class BadInputs(PromptError):
    """Inputs that are missing, unknown or of a wrong type."""


class NoProviderKey(PromptError):
    """The project has no key of the provider, and neither has the server."""


class TooManyRuns(PromptError):
    """So many runs wait that one more may not; `retry_after` in seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderBusy(PromptError):
    """The provider asks to wait; `retry_after` in seconds when it said how long."""

    def __init__(self, message: str, *, retry_after: float | None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderFailed(PromptError):
    """The provider refused the call, failed, or did not answer in time.

    kind: "refused" (what we sent), "failed" (its own fault), "empty" (it answered nothing),
    "unreachable", "timeout".
    """

    def __init__(self, message: str, *, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
