// OpenTelemetry JS and its instrumentation of OpenAI's package; words in log records.
const talk = require("./talk.cjs");
const { trace, SpanStatusCode } = require("@opentelemetry/api");
const { OTLPLogExporter } = require("@opentelemetry/exporter-logs-otlp-http");
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { OpenAIInstrumentation } = require("@opentelemetry/instrumentation-openai");
const { BatchLogRecordProcessor, LoggerProvider } = require("@opentelemetry/sdk-logs");
const { BatchSpanProcessor, NodeTracerProvider } = require("@opentelemetry/sdk-trace-node");

const exporter = new OTLPTraceExporter({ url: `${talk.parley}/v1/traces` });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] });
provider.register();
const logs = new OTLPLogExporter({ url: `${talk.parley}/v1/logs` });
const loggerProvider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter: logs })] });
registerInstrumentations({
  instrumentations: [new OpenAIInstrumentation({ captureMessageContent: true })],
  tracerProvider: provider,
  loggerProvider,
});

const { OpenAI } = require("openai");
const client = new OpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any", maxRetries: 0 });
const tracer = trace.getTracer("shop");
const tools = [{ type: "function", function: talk.tool }];

function within(name, attributes, work) {
  return tracer.startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      span.recordException(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
      throw error;
    } finally {
      span.end();
    }
  });
}

async function answer(said, chat, turn) {
  const messages = [{ role: "system", content: chat.system }, ...said];
  const request = { model: talk.model, messages, ...(turn.cities.length ? { tools } : {}) };
  if (!turn.stream) return (await client.chat.completions.create(request)).choices[0].message;
  const stream = await client.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  });
  let content = "";
  for await (const chunk of stream) content += chunk.choices[0]?.delta?.content ?? "";
  return { role: "assistant", content };
}

function ask(chat, turn) {
  return within("turn", { "session.id": chat.session_id, "user.id": chat.user_id }, async () => {
    const said = [...chat.history, { role: "user", content: turn.words }];
    for (;;) {
      const message = await answer(said, chat, turn);
      said.push(message);
      if (!message.tool_calls?.length) break;
      for (const call of message.tool_calls) {
        const named = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": call.function.name };
        const content = await within(`execute_tool ${call.function.name}`, named, () =>
          talk.getWeather(JSON.parse(call.function.arguments)),
        );
        said.push({ role: "tool", tool_call_id: call.id, content });
      }
    }
    chat.history = said;
    return said.at(-1).content;
  });
}

talk.hold(ask).then(async () => {
  await provider.shutdown();
  await loggerProvider.shutdown();
});
