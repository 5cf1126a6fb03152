import InMemoryTracing
import Martlet
import Testing
import Tracing

@testable import MartletServer

@Suite("Publishing is traced where a tracer is installed", .serialized)
struct PublishSpanTests {
    /// A process has one tracer for all time; other tests' spans end in it too.
    private static let tracer: InMemoryTracer = {
        let tracer = InMemoryTracer()
        InstrumentationSystem.bootstrap(tracer)
        return tracer
    }()

    @Test func `a request is a span of the trace that its headers name`() async throws {
        let tracer = Self.tracer
        try await ServedHub.run { hub in
            let wire = try hub.connect()
            let fields = "in-memory-trace-id: trace-7\r\nin-memory-span-id: span-3\r\n"
            #expect(try wire.request("POST", "/topics/traced", fields: fields, body: "x").status == 200)
            #expect(await eventually { tracer.finishedSpans.contains { $0.traceID == "trace-7" } })
            let span = try #require(tracer.finishedSpans.first { $0.traceID == "trace-7" })
            #expect(span.operationName == "publish")
            #expect(span.kind == .producer)
            #expect(span.parentSpanID == "span-3")
            #expect(span.attributes["messaging.destination.name"]?.toSpanAttribute() == .string("traced"))
            #expect(span.attributes["messaging.batch.message_count"]?.toSpanAttribute() == .int64(1))
            #expect(span.errors.isEmpty)
        }
    }

    @Test func `a log that refuses is the span's error`() async throws {
        let tracer = Self.tracer
        let log = ScriptedLog()
        log.fail(LogError(code: .full, message: "The disk is full."))
        try await ServedHub.run(log: log) { hub in
            let wire = try hub.connect()
            let fields = "in-memory-trace-id: trace-8\r\nin-memory-span-id: span-3\r\n"
            #expect(try wire.request("POST", "/topics/traced", fields: fields, body: "x").status == 503)
            #expect(await eventually { tracer.finishedSpans.contains { $0.traceID == "trace-8" } })
            let span = try #require(tracer.finishedSpans.first { $0.traceID == "trace-8" })
            #expect(span.status?.code == .error)
            #expect(span.status?.message == "The disk is full.")
        }
    }
}
