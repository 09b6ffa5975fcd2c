"""OpenTelemetry's GenAI semantic conventions, as an application writes them by hand.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/ (1.39)
"""

from parley.demo.casting import Conversation
from parley.demo.dialects.dialect import CLIENT, INTERNAL, SERVER, Sheet, dump
from parley.demo.play import Call, Retrieval, Said, ToolRun, TurnPlay
from parley.demo.script import App
from parley.demo.wire import Value

__all__ = ["GenAIDialect"]


class GenAIDialect:
    """`gen_ai.conversation.id` on agent and model spans, messages as parts in JSON."""

    says_ok = False

    def __init__(self, app: App, conversation: Conversation) -> None:
        self._app = app
        self._conversation = conversation
        self.scope = (f"marlow.{app.name}", app.version)

    def resource(self) -> dict[str, Value]:
        """Returns the SDK's resource with service and environment."""
        return {
            "service.name": self._app.service,
            "service.version": self._app.version,
            "service.namespace": "marlow",
            "deployment.environment.name": self._conversation.environment,
            "telemetry.sdk.name": "opentelemetry",
            "telemetry.sdk.language": "python",
            "telemetry.sdk.version": "1.45.2",
        }

    def session(self) -> Sheet:
        """Returns a websocket server span: the connection outlives its turns."""
        values: dict[str, Value] = {
            "network.protocol.name": "websocket",
            "url.path": "/v1/converse",
            "gen_ai.conversation.id": self._conversation.session_id,
            **self._labels(),
        }
        return Sheet("websocket /v1/converse", SERVER, values)

    def turn(self, turn: TurnPlay) -> Sheet:
        """Returns `invoke_agent` with the turn's own messages only, not the history."""
        answer = Said(role="assistant", text=turn.answer)
        values: dict[str, Value] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": self._app.name,
            "gen_ai.conversation.id": self._conversation.session_id,
            "gen_ai.input.messages": dump([_parts(Said(role="user", text=turn.user))]),
            "gen_ai.output.messages": dump([_output(answer)]) if turn.answer else None,
            "error.type": turn.fault.type if turn.fault else None,
            **self._labels(),
        }
        return Sheet(f"invoke_agent {self._app.name}", INTERNAL, values)

    def call(self, call: Call) -> Sheet:
        """Returns `chat` with the whole history; without usage when it failed."""
        values: dict[str, Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": call.model.provider,
            "gen_ai.request.model": call.model_name,
            "gen_ai.conversation.id": self._conversation.session_id,
            "gen_ai.system_instructions": dump([{"type": "text", "content": call.system}]),
            "gen_ai.input.messages": dump([_parts(said) for said in call.history]),
            "error.type": call.fault.type if call.fault else None,
        }
        if call.said and call.usage:
            values |= {
                "gen_ai.response.model": call.model.response,
                "gen_ai.response.id": f"resp_{call.call_id}",
                "gen_ai.response.finish_reasons": ["tool_calls" if call.said.calls else "stop"],
                "gen_ai.output.messages": dump([_output(call.said)]),
                "gen_ai.usage.input_tokens": call.usage.input,
                "gen_ai.usage.output_tokens": call.usage.output,
                "gen_ai.usage.cache_read.input_tokens": call.usage.cached,
                "gen_ai.usage.cache_creation.input_tokens": call.usage.cache_written or None,
                "gen_ai.usage.reasoning.output_tokens": call.usage.reasoning or None,
                "gen_ai.response.time_to_first_chunk": call.first_token_s,
            }
        return Sheet(f"chat {call.model_name}", CLIENT, values)

    def tool(self, run: ToolRun) -> Sheet:
        """Returns `execute_tool`, which carries no conversation id."""
        tool = self._app.tools[run.request.name]
        values: dict[str, Value] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": run.request.name,
            "gen_ai.tool.description": tool.description,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": run.request.call_id,
            "gen_ai.tool.call.arguments": dump(run.request.arguments),
            "gen_ai.tool.call.result": None if run.fault else run.result,
            "error.type": run.fault.type if run.fault else None,
        }
        return Sheet(f"execute_tool {run.request.name}", INTERNAL, values)

    def retrieval(self, retrieval: Retrieval) -> Sheet:
        """Returns `retrieval` with the passages as JSON."""
        documents = [
            {"id": title, "content": text, "score": score} for title, text, score in retrieval.found
        ]
        values: dict[str, Value] = {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": f"{self._app.name}-index",
            "gen_ai.retrieval.query.text": retrieval.query,
            "gen_ai.retrieval.documents": dump(documents),
        }
        return Sheet(f"retrieval {self._app.name}-index", CLIENT, values)

    def _labels(self) -> dict[str, Value]:
        script = self._conversation.script
        return {
            "enduser.id": self._conversation.user,
            # The conventions have no labels; this is what applications borrow for them.
            "tag.tags": list(script.tags) or None,
            "metadata": dump(script.metadata) if script.metadata else None,
        }


def _parts(said: Said) -> dict[str, object]:
    parts: list[dict[str, object]] = []
    if said.role == "tool":
        parts.append({"type": "tool_call_response", "id": said.call_id, "response": said.text})
        return {"role": "tool", "parts": parts}
    if said.text:
        parts.append({"type": "text", "content": said.text})
    parts += [
        {"type": "tool_call", "id": call.call_id, "name": call.name, "arguments": call.arguments}
        for call in said.calls
    ]
    return {"role": said.role, "parts": parts}


def _output(said: Said) -> dict[str, object]:
    return {**_parts(said), "finish_reason": "tool_call" if said.calls else "stop"}
