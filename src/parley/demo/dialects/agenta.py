"""Agenta's `ag.*` attributes, as an application writes them by hand.

https://docs.agenta.ai/observability/trace-with-opentelemetry/semantic-conventions
"""

from parley.demo.casting import Conversation
from parley.demo.dialects.dialect import CLIENT, INTERNAL, SERVER, Sheet, dump, openai_message
from parley.demo.play import Call, Retrieval, Said, ToolRun, TurnPlay
from parley.demo.script import App
from parley.demo.tokens import price_call
from parley.demo.wire import Value

__all__ = ["AgentaDialect"]


class AgentaDialect:
    """`ag.session.id` on the root span only; inputs and outputs are JSON documents."""

    says_ok = False

    def __init__(self, app: App, conversation: Conversation) -> None:
        self._app = app
        self._conversation = conversation
        self.scope = ("agenta.tracer", "0.125.0")

    def resource(self) -> dict[str, Value]:
        """Returns the service and environment."""
        return {
            "service.name": self._app.service,
            "service.version": self._app.version,
            "deployment.environment.name": self._conversation.environment,
        }

    def session(self) -> Sheet:
        """Returns a workflow around the conversation."""
        return Sheet("conversation", SERVER, {"ag.type.node": "workflow", **self._context()})

    def turn(self, turn: TurnPlay) -> Sheet:
        """Returns the workflow that alone knows session, user and references."""
        values: dict[str, Value] = {
            "ag.type.node": "workflow",
            "ag.data.inputs": dump({"message": turn.user}),
            "ag.data.outputs": dump({"answer": turn.answer}) if turn.answer else None,
            **self._context(),
        }
        return Sheet("chat_turn", SERVER, values)

    def call(self, call: Call) -> Sheet:
        """Returns a chat node with OpenAI messages, tokens and the client's own cost."""
        messages = [Said(role="system", text=call.system), *call.history]
        values: dict[str, Value] = {
            "ag.type.node": "chat",
            "ag.data.inputs": dump({"messages": [openai_message(said) for said in messages]}),
            "gen_ai.request.model": call.model_name,
        }
        if call.said and call.usage:
            values |= {
                "gen_ai.response.model": call.model.response,
                "gen_ai.response.time_to_first_chunk": call.first_token_s,
                "ag.data.outputs": dump({"completion": [openai_message(call.said)]}),
                "ag.metrics.unit.tokens.prompt": call.usage.input,
                "ag.metrics.unit.tokens.completion": call.usage.output,
                "ag.metrics.unit.tokens.total": call.usage.input + call.usage.output,
                "ag.metrics.unit.costs.total": price_call(call.model, call.usage),
            }
        return Sheet(f"{call.model.system}.chat", CLIENT, values)

    def tool(self, run: ToolRun) -> Sheet:
        """Returns a tool node."""
        values: dict[str, Value] = {
            "ag.type.node": "tool",
            "ag.data.inputs": dump(run.request.arguments),
            "ag.data.outputs": None if run.fault else dump({"result": run.result}),
        }
        return Sheet(run.request.name, INTERNAL, values)

    def retrieval(self, retrieval: Retrieval) -> Sheet:
        """Returns a retriever node."""
        documents = [{"id": title, "text": text} for title, text, _ in retrieval.found]
        values: dict[str, Value] = {
            "ag.type.node": "retriever",
            "ag.data.inputs": dump({"query": retrieval.query}),
            "ag.data.outputs": dump({"documents": documents}),
        }
        return Sheet("retrieve", INTERNAL, values)

    def _context(self) -> dict[str, Value]:
        script = self._conversation.script
        return {
            "ag.session.id": self._conversation.session_id,
            "ag.user.id": self._conversation.user,
            "ag.refs.application.slug": self._app.name,
            "ag.refs.environment.slug": self._conversation.environment,
            "ag.meta.tags": list(script.tags) or None,
            **{f"ag.meta.{key}": value for key, value in script.metadata.items()},
        }
