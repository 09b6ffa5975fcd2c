"""Managed prompts and the chat run: what is said to which model, versioned, deployed, traced.

May import records, pricing, conventions and model. Refuses to know HTTP, HTML and telemetry's
storage: what a run leaves behind is a trace like any client's, handed to whom it was given.
"""

from parley.prompts.checks import check_name
from parley.prompts.errors import (
    BadInputs,
    BadPrompt,
    NoProviderKey,
    NoSuchPrompt,
    PromptArchived,
    PromptError,
    ProviderBusy,
    ProviderFailed,
    TooManyRuns,
)
from parley.prompts.inputs import asks_by_itself, input_schema, variables
from parley.prompts.keys import Credentials, ProviderKeys
from parley.prompts.places import Places
from parley.prompts.providers import PROVIDERS
from parley.prompts.registry import DEFAULT_VARIANT, Registry, lines_of
from parley.prompts.run import ChatAnswer, ChatRunner, RunRequest
from parley.prompts.trace import Caller

__all__ = [
    "DEFAULT_VARIANT",
    "PROVIDERS",
    "BadInputs",
    "BadPrompt",
    "Caller",
    "ChatAnswer",
    "ChatRunner",
    "Credentials",
    "NoProviderKey",
    "NoSuchPrompt",
    "Places",
    "PromptArchived",
    "PromptError",
    "ProviderBusy",
    "ProviderFailed",
    "ProviderKeys",
    "Registry",
    "RunRequest",
    "TooManyRuns",
    "asks_by_itself",
    "check_name",
    "input_schema",
    "lines_of",
    "variables",
]
