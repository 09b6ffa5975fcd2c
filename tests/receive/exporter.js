// Sends batches of spans with OpenTelemetry's own exporter, one after another.
// Arguments: URL, project, batches, spans in each, bytes of each span. Prints a line per batch.
const { OTLPTraceExporter } = require("@opentelemetry/exporter-trace-otlp-proto");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const [url, project, batches, spans, bytes] = process.argv.slice(2);
const kept = new InMemorySpanExporter();
const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(kept)] });
const exporter = new OTLPTraceExporter({
  url: `${url}/v1/traces`,
  headers: { "x-parley-project": project },
  timeoutMillis: 20000,
});

async function main() {
  const tracer = provider.getTracer("tests");
  for (let batch = 0; batch < Number(batches); batch++) {
    kept.reset();
    for (let place = 0; place < Number(spans); place++) {
      tracer.startSpan("chat", { attributes: { text: "x".repeat(Number(bytes)) } }).end();
    }
    await provider.forceFlush();
    const result = await new Promise((resolve) => exporter.export(kept.getFinishedSpans(), resolve));
    console.log(result.code === 0 ? "sent" : `lost: ${result.error}`);
  }
}
main();
