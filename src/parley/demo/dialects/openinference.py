"""OpenInference, as its instrumentation of an agent framework writes it.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from parley.demo.casting import Conversation
from parley.demo.dialects.dialect import INTERNAL, SERVER, Sheet, dump, openai_message
from parley.demo.play import Call, Retrieval, Said, ToolRun, TurnPlay
from parley.demo.script import App
from parley.demo.wire import Value

__all__ = ["OpenInferenceDialect"]

JSON = "application/json"
TEXT = "text/plain"


class OpenInferenceDialect:
    """`session.id` on every span, messages as indexed attributes, status OK on success."""

    says_ok = True

    def __init__(self, app: App, conversation: Conversation) -> None:
        self._app = app
        self._conversation = conversation
        # Bare calls are seen by the provider's instrumentation, agents by the framework's.
        bare = conversation.script.trace == "call"
        self.scope = (
            f"openinference.instrumentation.{'openai' if bare else 'langchain'}",
            "0.1.66",
        )

    def resource(self) -> dict[str, Value]:
        """Returns the service, which is also the project name."""
        return {
            "service.name": self._app.service,
            "openinference.project.name": self._app.service,
            "deployment.environment.name": self._conversation.environment,
        }

    def session(self) -> Sheet:
        """Returns a CHAIN around the conversation."""
        return Sheet("chat_session", SERVER, self._context("CHAIN"))

    def turn(self, turn: TurnPlay) -> Sheet:
        """Returns an AGENT or CHAIN with the text of question and answer."""
        values = self._context("AGENT" if self._app.tools else "CHAIN")
        values |= {"input.value": turn.user, "input.mime_type": TEXT}
        if turn.answer:
            values |= {"output.value": turn.answer, "output.mime_type": TEXT}
        return Sheet(self._app.name, INTERNAL, values)

    def call(self, call: Call) -> Sheet:
        """Returns LLM with one attribute per piece of every message."""
        messages = [Said(role="system", text=call.system), *call.history]
        values = self._context("LLM")
        values |= {
            "llm.system": call.model.system,
            "llm.provider": call.model.system,
            "llm.model_name": call.model_name,
            "llm.invocation_parameters": dump({"model": call.model_name, "temperature": 0.2}),
        }
        for place, said in enumerate(messages):
            values |= _indexed(f"llm.input_messages.{place}.message", said)
        for place, (name, tool) in enumerate(self._app.tools.items()):
            kinds = {name: {"type": kind} for name, kind in tool.parameters.items()}
            schema = {
                "name": name,
                "description": tool.description,
                "parameters": {"type": "object", "properties": kinds},
            }
            values[f"llm.tools.{place}.tool.json_schema"] = dump(
                {"type": "function", "function": schema}
            )
        if call.said and call.usage:
            values |= _indexed("llm.output_messages.0.message", call.said)
            values |= {
                "output.value": dump(openai_message(call.said)),
                "output.mime_type": JSON,
                "llm.finish_reason": "tool_calls" if call.said.calls else "stop",
                "llm.token_count.prompt": call.usage.input,
                "llm.token_count.completion": call.usage.output,
                "llm.token_count.total": call.usage.input + call.usage.output,
                "llm.token_count.prompt_details.cache_read": call.usage.cached,
                "llm.token_count.prompt_details.cache_write": call.usage.cache_written or None,
                "llm.token_count.completion_details.reasoning": call.usage.reasoning,
                "gen_ai.response.time_to_first_chunk": call.first_token_s,
            }
        return Sheet("ChatCompletion", INTERNAL, values)

    def tool(self, run: ToolRun) -> Sheet:
        """Returns TOOL with input and output as JSON."""
        values = self._context("TOOL")
        values |= {
            "tool.name": run.request.name,
            "tool.description": self._app.tools[run.request.name].description,
            "input.value": dump(run.request.arguments),
            "input.mime_type": JSON,
        }
        if not run.fault:
            values |= {"output.value": run.result, "output.mime_type": JSON}
        return Sheet(run.request.name, INTERNAL, values)

    def retrieval(self, retrieval: Retrieval) -> Sheet:
        """Returns RETRIEVER with one set of attributes per passage."""
        values = self._context("RETRIEVER")
        values |= {"input.value": retrieval.query, "input.mime_type": TEXT}
        for place, (title, text, score) in enumerate(retrieval.found):
            key = f"retrieval.documents.{place}.document"
            values |= {f"{key}.id": title, f"{key}.content": text, f"{key}.score": score}
        return Sheet("VectorStoreRetriever", INTERNAL, values)

    def _context(self, kind: str) -> dict[str, Value]:
        script = self._conversation.script
        return {
            "openinference.span.kind": kind,
            "session.id": self._conversation.session_id,
            "user.id": self._conversation.user,
            "tag.tags": list(script.tags) or None,
            "metadata": dump(script.metadata) if script.metadata else None,
        }


def _indexed(key: str, said: Said) -> dict[str, Value]:
    values: dict[str, Value] = {f"{key}.role": said.role}
    if said.text or not said.calls:
        values[f"{key}.content"] = said.text
    if said.call_id:
        values |= {f"{key}.tool_call_id": said.call_id, f"{key}.name": said.name}
    for place, call in enumerate(said.calls):
        call_key = f"{key}.tool_calls.{place}.tool_call"
        values |= {
            f"{call_key}.id": call.call_id,
            f"{call_key}.function.name": call.name,
            f"{call_key}.function.arguments": dump(call.arguments),
        }
    return values
