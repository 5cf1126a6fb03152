import MartletRedis
import NIOCore

extension RESPToken {
    /// A token in a notation that tells everything apart, and has bytes as Latin-1.
    var notation: String {
        switch self {
        case .simpleString(let bytes): "simple \(bytes.latin1)"
        case .simpleError(let bytes): "error \(bytes.latin1)"
        case .number(let number): "number \(number)"
        case .bulkString(let bytes): "bulk \(bytes.latin1)"
        case .null: "null"
        case .boolean(let value): "\(value)"
        case .double(let value): "double \(value.magnitudeText)"
        case .bigNumber(let bytes): "big \(bytes.latin1)"
        case .bulkError(let bytes): "bulk error \(bytes.latin1)"
        case .verbatimString(let bytes): "verbatim \(bytes.latin1)"
        case .array(let elements): "*[\(elements.notation)]"
        case .map(let pairs): "%[\(pairs.flatMap { [$0.key, $0.value] }.notation)]"
        case .set(let elements): "~[\(elements.notation)]"
        case .push(let elements): ">[\(elements.notation)]"
        }
    }
}

extension [RESPToken] {
    fileprivate var notation: String { self.map(\.notation).joined(separator: ", ") }
}

extension ByteBuffer {
    fileprivate var latin1: String {
        var text = ""
        for byte in self.readableBytesView { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }
}

/// What a decoder makes of a stream that comes in pieces.
struct RESPOutcome: Equatable {
    var values: [String] = []
    var error: RESPDecodingError?

    init(_ pieces: some Sequence<ArraySlice<UInt8>>, limits: RESPDecoder.Limits = .init()) {
        var decoder = RESPDecoder(limits: limits)
        for piece in pieces {
            decoder.append(ByteBuffer(bytes: piece))
            do {
                while let token = try decoder.next() { self.values.append(token.notation) }
            } catch {
                self.error = error
                return
            }
        }
    }

    init(_ text: String, limits: RESPDecoder.Limits = .init()) {
        self.init([Array(text.utf8)[...]], limits: limits)
    }
}
