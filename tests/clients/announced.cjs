// The announced line, in an application that sends batches: the call's span goes first, its root last.
const { trace } = require("@opentelemetry/api");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BatchSpanProcessor, NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

const processor = new BatchSpanProcessor(new OTLPTraceExporter());
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();
const tracer = trace.getTracer("shop");

const said = (role, content) => ({ role, parts: [{ type: "text", content }] });

async function answer(history, question) {
  await tracer.startActiveSpan("chat-message", async (span) => {
    span.setAttribute('ag.session.id', 'conversation_123');
    tracer.startActiveSpan("chat gpt-4o-mini", (call) => {
      history.push(said("user", question));
      const reply = said("assistant", `${question.length} letters`);
      call.setAttributes({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.input.messages": JSON.stringify(history),
        "gen_ai.output.messages": JSON.stringify([{ ...reply, finish_reason: "stop" }]),
      });
      history.push(reply);
      call.end();
    });
    await provider.forceFlush();
    span.end();
  });
}

(async () => {
  const history = [];
  for (const question of ["Is anybody there?", "And now?"]) await answer(history, question);
  await provider.shutdown();
})();
