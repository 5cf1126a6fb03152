import Hummingbird
import Martlet
import NIOCore

extension Router where Context == BasicRequestContext {
    /// `/connections`: the hub's streams, and how to end one.
    func addStreams(of hub: Hub) {
        self.get("/connections") { request, _ in
            let limit = request.uri.queryParameters["limit"].map { Int($0) ?? -1 } ?? 200
            guard (1...10_000).contains(limit) else {
                return Response.text(.badRequest, "\"limit\" is a number from 1 to 10000.\n")
            }
            let filter = request.uri.queryParameters["filter"].map { String($0) } ?? ""
            return Response.json(try await StreamList.json(of: hub, holding: filter, limit: limit))
        }
        self.delete("/connections/:id") { request, context in
            if let (loop, number) = StreamList.place(of: try context.parameters.require("id")),
                try await hub.ask({ $0.endStream(number) }, of: loop) == true
            {
                return Response(status: .noContent)
            }
            return Response.text(.notFound, "There is no such stream, or no more.\n")
        }
    }
}

/// The hub's streams, as JSON.
enum StreamList {
    /// Tells streams of this run from those of another, which have the same numbers.
    private static let run = String(UInt32.random(in: .min ... .max), radix: 36)

    /// The loop and number that an id names, if it is of this run.
    static func place(of id: String) -> (loop: Int, number: Int)? {
        let parts = id.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == Self.run, let loop = Int(parts[1]), let number = Int(parts[2]) else {
            return nil
        }
        return (loop, number)
    }

    static func json(of hub: Hub, holding filter: String, limit: Int) async throws -> String {
        let (epoch, bounds) = hub.logState
        let loops = try await hub.ask { $0.streams(holding: filter, limit: limit) }
        let all = loops.enumerated().flatMap { loop, streams in streams.first.map { (loop, $0) } }
        let rows = all.sorted { $0.1.age > $1.1.age }.prefix(limit).map { loop, stream in
            let selectors = stream.selectors.map { JSONText.quoted($0) }.joined(separator: ",")
            let fields = [
                ("id", JSONText.quoted("\(Self.run)-\(loop)-\(stream.number)")),
                ("address", JSONText.quoted(stream.peer.address)),
                ("protocol", JSONText.quoted(stream.peer.version)),
                ("selectors", "[\(selectors)]"),
                ("age", "\(Double(stream.age.nanoseconds / 1_000_000) / 1000)"),
                ("cursor", JSONText.quoted(Position(epoch: epoch, sequence: stream.cursor).description)),
                ("lag", "\(max(0, bounds.last - stream.cursor))"),
                ("state", JSONText.quoted(stream.state.rawValue)),
            ]
            return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
        }
        let total = loops.reduce(0) { $0 + $1.all }
        return "{\"total\":\(total),\"connections\":[\(rows.joined(separator: ","))]}\n"
    }
}
