// node send.mjs PACKAGE URL KEY COMPRESSION SERVICE: exports one trace of two spans; prints the exporter's result.
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { resourceFromAttributes } from "@opentelemetry/resources";

const [name, url, key, compression, service] = process.argv.slice(2);
const { OTLPTraceExporter } = await import(name);
const memory = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": service }),
  spanProcessors: [new SimpleSpanProcessor(memory)],
});
const tracer = provider.getTracer("tests", "1");
const span = tracer.startSpan("GET /invoices", { kind: 1, attributes: { "http.response.status_code": 200 } });
span.addEvent("cache.miss", { key: "invoices" });
tracer.startSpan("SELECT", { links: [{ context: span.spanContext() }], attributes: { tags: ["a", "b"] } }).end();
span.end();
await provider.forceFlush();
const exporter = new OTLPTraceExporter({ url, headers: { "x-sillage-key": key }, compression });
exporter.export(memory.getFinishedSpans(), (result) => {
  console.log(JSON.stringify({ code: result.code, error: result.error?.message ?? "" }));
  exporter.shutdown();
});
