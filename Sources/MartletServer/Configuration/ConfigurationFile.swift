import Foundation

/// The file on disk: from a path to text.
enum ConfigurationFile {
    /// Larger is no configuration.
    static let limit = 1 << 20

    /// - Parameter mayBeAbsent: whether a file that is not there is `nil` and no problem.
    static func text(at path: String, mayBeAbsent: Bool) throws(ConfigurationError) -> String? {
        let bytes: [UInt8]
        switch read(path) {
        case .success(let read): bytes = read
        case .failure(let error):
            if error.code == .ENOENT, mayBeAbsent { return nil }
            throw problem("cannot be read: \(String(cString: strerror(error.code.rawValue)))")
        }
        guard bytes.count <= limit else {
            throw problem("is larger than \(limit >> 20) MiB, which no configuration is")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let valid = validPrefix(bytes)
            throw problem("is not UTF-8", line: 1 + bytes[..<valid].count { $0 == UInt8(ascii: "\n") })
        }
        // A byte order mark is an editor's, not the user's.
        return text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text

        func problem(_ message: String, line: Int? = nil) -> ConfigurationError {
            let location = ConfigurationLocation(file: path, line: line)
            return ConfigurationError([
                ConfigurationProblem(code: .unreadableFile, origin: .file(location), key: "", message: message)
            ])
        }
    }

    /// One byte more than the limit at most, so that a device or a pipe without end does not fill the memory.
    private static func read(_ path: String) -> Result<[UInt8], POSIXError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(lastError()) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = Foundation.read(descriptor, &chunk, min(chunk.count, limit + 1 - bytes.count))
            if count == 0 { break }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                return .failure(lastError())
            }
        }
        return .success(bytes)
    }

    private static func lastError() -> POSIXError {
        POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
    }

    /// How many bytes are valid UTF-8.
    private static func validPrefix(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var count = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) {
            count += UTF8.width(scalar)
        }
        return count
    }
}
