"""Managed prompts and the chat run: what is said to which model, versioned, deployed, traced.

May import records, pricing, conventions and model. Refuses to know HTTP, HTML and telemetry's
storage: what a run leaves behind is a trace like any client's, handed to whom it was given.
"""

from parley.prompts.errors import (
    BadInputs,
    BadPrompt,
    NoProviderKey,
    NoSuchPrompt,
    PromptError,
    ProviderBusy,
    ProviderFailed,
    TooManyRuns,
)
from parley.prompts.inputs import input_schema
from parley.prompts.keys import Credentials, ProviderKeys
from parley.prompts.places import Places
from parley.prompts.registry import Registry
from parley.prompts.run import ChatAnswer, ChatRunner, RunRequest
from parley.prompts.trace import Caller

__all__ = [
    "BadInputs",
    "BadPrompt",
    "Caller",
    "ChatAnswer",
    "ChatRunner",
    "Credentials",
    "NoProviderKey",
    "NoSuchPrompt",
    "Places",
    "PromptError",
    "ProviderBusy",
    "ProviderFailed",
    "ProviderKeys",
    "Registry",
    "RunRequest",
    "TooManyRuns",
    "input_schema",
]
