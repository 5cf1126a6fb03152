import Hummingbird

/// What can be asked of an open stream: the body of a `POST` to it.
struct Command: Decodable {
    struct Listen: Decodable {
        var type: String?
    }

    enum Known {
        case restart, listen
    }

    var command: String
    var listen: Listen?

    /// - Throws: 400 for a command that there is not, and for one that lacks its type.
    func validated() throws(HTTPError) -> Known {
        switch command {
        case "restart": return .restart
        case "listen":
            guard let type = listen?.type, !type.isEmpty else {
                throw HTTPError(.badRequest, message: "listen takes {\"type\": …}")
            }
            return .listen
        default:
            throw HTTPError(.badRequest, message: "no such command: \(command)")
        }
    }
}
