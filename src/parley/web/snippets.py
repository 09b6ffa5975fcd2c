"""The quick start: three ways to send a first conversation to this very server."""

import json

from markupsafe import Markup

from parley.web.rich_text import code_html

__all__ = ["quick_start"]

PYTHON = """# in the folder of Parley's repository: pip install ./sdk
import agenta as ag

ag.init(host="{address}"{arguments})
ag.tracing.store_session(session_id="chat-42")  # the conversation it belongs to

@ag.instrument()  # calls of OpenAI's library need no decorator
def answer(message: str) -> str:
    return "Yes. Loud and clear."

answer("Hello, is anybody there?")
"""
ANY = """export OTEL_EXPORTER_OTLP_ENDPOINT={address}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf{exported}
# and on any span of the trace:
#   span.setAttribute("gen_ai.conversation.id", "chat-42")
"""
CURL = """curl {address}/v1/traces{curled} \\
  -H 'Content-Type: application/json' -d '{{
  "resourceSpans":[{{"scopeSpans":[{{"spans":[{{
    "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"chat",
    "startTimeUnixNano":"'$(date +%s)'000000000","endTimeUnixNano":"'$(date +%s)'900000000",
    "attributes":[{{"key":"gen_ai.conversation.id","value":{{"stringValue":"chat-42"}}}},
      {{"key":"input.value","value":{{"stringValue":"Hello, is anybody there?"}}}},
      {{"key":"output.value","value":{{"stringValue":"Yes. Loud and clear."}}}}]}}]}}]}}]}}'
"""


def quick_start(address: str, *, project: str, needs_token: bool) -> dict[str, Markup]:
    """Returns the snippets as HTML, with this server's address and what it asks for."""
    headers = {}
    arguments = ""
    if needs_token:
        headers["Authorization"] = "Bearer YOUR_TOKEN"
        arguments += ', api_key="YOUR_TOKEN"'
    if project != "default":
        headers["x-parley-project"] = project
        arguments += f", project={json.dumps(project)}"
    pairs = ",".join(f"{name}={value.replace(' ', '%20')}" for name, value in headers.items())
    values = {
        "address": address,
        "arguments": arguments,
        "exported": f'\nexport OTEL_EXPORTER_OTLP_HEADERS="{pairs}"' if headers else "",
        "curled": "".join(f" \\\n  -H '{name}: {value}'" for name, value in headers.items()),
    }
    return {
        name: Markup(code_html(text.format(**values), language))  # noqa: S704 - escaped there
        for name, text, language in (
            ("python", PYTHON, "python"),
            ("any", ANY, "bash"),
            ("curl", CURL, "bash"),
        )
    }
