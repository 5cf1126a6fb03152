#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The most data one update takes from standard input.
private let inputLimit = 16 << 20

/// All of standard input, without one final newline.
func readStandardInput() throws(PublishRefusal) -> [UInt8] {
    if isatty(STDIN_FILENO) == 1 { StandardError.write("reading the data from the terminal; end it with Ctrl-D") }
    var data: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        let count = read(STDIN_FILENO, &piece, piece.count)
        if count == 0 { break }
        if count < 0 {
            if errno == EINTR { continue }
            throw PublishRefusal(sentence: "cannot read standard input: \(String(cString: strerror(errno)))")
        }
        data.append(contentsOf: piece[..<count])
        // One byte over, because a final newline does not count.
        if data.count > inputLimit + 1 { break }
    }
    if data.last == UInt8(ascii: "\n") { data.removeLast() }
    guard data.count <= inputLimit else {
        throw PublishRefusal(sentence: "standard input has more than the \(inputLimit >> 20) MiB one update may have")
    }
    return data
}

/// A variable of the environment, if it is set to something.
func environmentValue(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
}
