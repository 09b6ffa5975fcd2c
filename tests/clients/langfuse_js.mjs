// Langfuse's JS SDK: its OpenAI wrapper inside an observation, the session by propagateAttributes.
import talk from "./talk.cjs";
import { observeOpenAI } from "@langfuse/openai";
import { LangfuseSpanProcessor } from "@langfuse/otel";
import { propagateAttributes, startActiveObservation } from "@langfuse/tracing";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OpenAI } from "openai";

const keys = { publicKey: "pk-lf-any", secretKey: "sk-lf-any", baseUrl: talk.parley };
const processor = new LangfuseSpanProcessor(keys);
const provider = new NodeTracerProvider({ spanProcessors: [processor] });
provider.register();
const client = new OpenAI({ baseURL: `${talk.modelUrl}/v1`, apiKey: "any", maxRetries: 0 });
const openai = observeOpenAI(client);
const tools = [{ type: "function", function: talk.tool }];

async function answer(said, chat, turn) {
  const messages = [{ role: "system", content: chat.system }, ...said];
  const request = { model: talk.model, messages, ...(turn.cities.length ? { tools } : {}) };
  if (!turn.stream) return (await openai.chat.completions.create(request)).choices[0].message;
  const stream = await openai.chat.completions.create({
    ...request,
    stream: true,
    stream_options: { include_usage: true },
  });
  let content = "";
  for await (const chunk of stream) content += chunk.choices[0]?.delta?.content ?? "";
  return { role: "assistant", content };
}

async function ask(chat, turn) {
  const said = [...chat.history, { role: "user", content: turn.words }];
  const about = { sessionId: chat.session_id, userId: chat.user_id };
  await propagateAttributes(about, () =>
    startActiveObservation("turn", async (span) => {
      span.update({ input: { message: turn.words } });
      for (;;) {
        const message = await answer(said, chat, turn);
        said.push(message);
        if (!message.tool_calls?.length) break;
        for (const call of message.tool_calls) {
          const given = JSON.parse(call.function.arguments);
          const content = await startActiveObservation(
            talk.tool.name,
            (tool) => {
              const found = talk.getWeather(given);
              tool.update({ input: given, output: found });
              return found;
            },
            { asType: "tool" },
          );
          said.push({ role: "tool", tool_call_id: call.id, content });
        }
      }
      span.update({ output: said.at(-1).content });
    }),
  );
  chat.history = said;
  return said.at(-1).content;
}

await talk.hold(ask);
await processor.forceFlush();
await provider.shutdown();
