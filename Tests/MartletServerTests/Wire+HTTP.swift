/// An HTTP/1 response as it came.
struct WireResponse {
    var line: String
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []

    var status: Int { Int(self.line.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var text: String { String(decoding: self.body, as: UTF8.self) }

    subscript(name: String) -> String? {
        let values = self.fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }
}

extension Wire {
    /// The head of a response, and nothing after it.
    func readHead(within seconds: Double = 10) throws -> WireResponse {
        let line = try self.readLine(within: seconds)
        guard line.hasPrefix("HTTP/1.1 ") else { throw Failure(description: "no status line: \(line.prefix(200))") }
        var response = WireResponse(line: line, fields: [])
        while true {
            let line = try self.readLine(within: seconds)
            if line.isEmpty { return response }
            guard let colon = line.firstIndex(of: ":") else { throw Failure(description: "no field: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            response.fields.append((String(line[..<colon]), String(value)))
        }
    }

    /// A whole response, as its framing says it ends.
    func readResponse(to method: String = "GET", within seconds: Double = 10) throws -> WireResponse {
        var response = try self.readHead(within: seconds)
        if method == "HEAD" || response.status == 204 || response.status == 304 || response.status / 100 == 1 {
            return response
        }
        if let length = response["Content-Length"] {
            guard let length = Int(length) else { throw Failure(description: "no length: \(length)") }
            response.body = try self.read(length, within: seconds)
        } else if response["Transfer-Encoding"] == "chunked" {
            while let chunk = try self.readChunk(within: seconds) { response.body += chunk }
        } else {
            response.body = try self.readToEnd(within: seconds)
        }
        return response
    }

    /// The content of the next chunk, or nil after the last; anything but the form our encoder gives is an error.
    func readChunk(within seconds: Double = 10) throws -> [UInt8]? {
        let line = try self.readLine(within: seconds)
        guard let size = Int(line, radix: 16), line == String(size, radix: 16) else {
            throw Failure(description: "no chunk size: \(line.prefix(200))")
        }
        let content = size == 0 ? [] : try self.read(size, within: seconds)
        let end = try self.readLine(within: seconds)
        guard end.isEmpty else { throw Failure(description: "a chunk of \(size) bytes ends with \(end.prefix(200))") }
        return size == 0 ? nil : content
    }

    func readChunkText(within seconds: Double = 10) throws -> String? {
        try self.readChunk(within: seconds).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The contents of chunks until they hold so many bytes at least.
    func readStream(atLeast count: Int, within seconds: Double = 20) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let chunk = try self.readChunk(within: seconds) else {
                throw Failure(description: "the stream ended after \(bytes.count) of \(count) bytes")
            }
            bytes += chunk
        }
        return bytes
    }

    /// The contents of chunks until they end with a text.
    func readStream(until end: String, within seconds: Double = 10) throws -> String {
        var text = ""
        while !text.hasSuffix(end) {
            guard let chunk = try self.readChunkText(within: seconds) else {
                throw Failure(description: "the stream ended after: \(text)")
            }
            text += chunk
        }
        return text
    }

    /// Sends a request without or with a body, and reads its response.
    func request(
        _ method: String,
        _ target: String,
        fields: String = "",
        body: String? = nil
    ) throws -> WireResponse {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\(fields)"
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        text += "\r\n" + (body ?? "")
        try self.send(text)
        return try self.readResponse(to: method)
    }

    /// Opens a stream: sends the request, reads its head and the first comment.
    @discardableResult
    func subscribe(_ target: String, fields: String = "") throws -> WireResponse {
        try self.send("GET \(target) HTTP/1.1\r\nHost: hub.localhost\r\n\(fields)\r\n")
        let head = try self.readHead()
        guard head.status == 200 else { throw Failure(description: "no stream: \(head.line)") }
        let comment = try self.readChunkText()
        guard comment == ":\n\n" else { throw Failure(description: "no comment first: \(comment ?? "the end")") }
        return head
    }
}
