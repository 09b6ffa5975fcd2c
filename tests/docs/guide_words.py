"""What several guides say alike."""

__all__ = ["ENDPOINT", "EXPORTER", "PROTOCOL", "ROOT_SPAN", "SETUP"]

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
EXPORTER = "opentelemetry-sdk opentelemetry-exporter-otlp-proto-http"
SETUP = """
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint="http://127.0.0.1:4318/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
"""
ROOT_SPAN = "The client sends no session of its own: the span around the turn carries it for the whole trace."
