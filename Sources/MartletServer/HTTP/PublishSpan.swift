import HTTPTypes
import Instrumentation
import Martlet
import NIOHTTPTypes
import Tracing

/// A publisher's request as a tracer sees it, from its whole body to the log's word; part of the trace that the request's
/// headers name (W3C Trace Context and the like, as the tracer knows them).
///
/// Nil unless a tracer is installed (`InstrumentationSystem.bootstrap`).
struct PublishSpan: Sendable {
    private let span: any Span

    /// Whether a tracer is installed.
    static var isTracing: Bool { !(InstrumentationSystem.instrument is NoOpInstrument) }

    init?(_ updates: [Update], fields: HTTPFields) {
        if !Self.isTracing { return nil }
        var context = ServiceContext.topLevel
        InstrumentationSystem.instrument.extract(fields, into: &context, using: FieldExtractor())
        self.span = startSpan("publish", context: context, ofKind: .producer)
        // OpenTelemetry's semantic conventions for messaging.
        self.span.attributes["messaging.system"] = "martlet"
        self.span.attributes["messaging.operation.type"] = "send"
        self.span.attributes["messaging.batch.message_count"] = updates.count
        if let topic = updates.first?.topics.first { self.span.attributes["messaging.destination.name"] = topic.name }
    }

    /// The log has it, or why not.
    func end(_ result: Result<PublishedRange, PublishError>) {
        if case .failure(let error) = result {
            self.span.recordError(error)
            self.span.setStatus(SpanStatus(code: .error, message: error.description))
        }
        self.span.end()
    }
}

/// Finds the headers that a tracer asks for.
private struct FieldExtractor: Extractor {
    func extract(key: String, from fields: HTTPFields) -> String? {
        HTTPField.Name(key).flatMap { fields[$0] }
    }
}
