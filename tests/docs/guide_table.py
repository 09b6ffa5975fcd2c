"""The clients that have a page, from what is installed to where the session goes."""

from tests.docs.guides import Guide
from tests.docs.guides_agents import AGENTS
from tests.docs.guides_languages import LANGUAGES
from tests.docs.guides_python import PYTHON

__all__ = ["GUIDES"]

GUIDES: list[Guide] = sorted([*PYTHON, *AGENTS, *LANGUAGES], key=lambda guide: guide.slug)
