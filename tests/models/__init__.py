"""A model server for tests: OpenAI's and Anthropic's HTTP interfaces, answers written in the question.

`script` decides what is answered, `chat`, `responses`, `messages` and `embeddings` speak the wire
formats, `server` serves them and remembers every exchange. The last user message says in its
words what shall happen (`Kyoto? #call:get_weather(city=Kyoto)`); so do a header `x-model-script`
and what follows `+` in a model's name (`gpt-4o-mini+fail:500`). `script.Script` lists the words.
Every word is one token, so that whoever knows the words knows the usage and the cost.
"""

from tests.models.script import Answer, Call, Failure, Heard, Said, Usage, count_tokens
from tests.models.server import Exchange, ModelServer, serve_models

__all__ = [
    "Answer",
    "Call",
    "Exchange",
    "Failure",
    "Heard",
    "ModelServer",
    "Said",
    "Usage",
    "count_tokens",
    "serve_models",
]
