#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Which files a `FileSource` follows: the one at a path, or all in a directory whose names match.
///
/// ```swift
/// let logs = try FilePattern("/var/log/app/*.log")
/// ```
///
/// In the last component `*`, `?` and `[…]` stand for what they do in a shell: none matches a dot at the beginning.
/// A backslash takes the next character as it is. Names that say that the file is compressed match only a pattern that
/// ends like them.
public struct FilePattern: Sendable, Hashable, CustomStringConvertible {
    /// The pattern as it was written.
    public let description: String
    /// Whether it stands for any number of files.
    public let isGlob: Bool
    let directoryPath: String
    /// The name of the one file, or the pattern of names, in bytes, because names need not be UTF-8.
    let name: [UInt8]

    private static let compressed = [".gz", ".bz2", ".xz", ".zst", ".lz4", ".lzma", ".br", ".Z", ".zip"]
        .map { Array($0.utf8) }

    /// Takes a path apart.
    ///
    /// - Throws: ``FilePatternError`` if it is empty, holds a NUL, or has a wildcard in a directory's name.
    public init(_ path: String) throws(FilePatternError) {
        var bytes = Array(path.utf8)
        guard !bytes.isEmpty else { throw FilePatternError(message: "The path is empty.") }
        guard !bytes.contains(0) else { throw FilePatternError(message: "The path holds a NUL.") }
        while bytes.count > 1, bytes.last == UInt8(ascii: "/") { bytes.removeLast() }
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let directory = Self.reading(bytes[..<(slash ?? 0)])
        guard !directory.isGlob else {
            throw FilePatternError(
                message: "The wildcards *, ? and [ can only stand in the last part of \(path); write \\ before one "
                    + "that is meant as it is."
            )
        }
        let name = bytes[(slash.map { $0 + 1 } ?? 0)...]
        let read = Self.reading(name)
        self.description = path
        self.isGlob = read.isGlob
        self.name = read.isGlob ? Array(name) : read.text.isEmpty ? [UInt8(ascii: ".")] : read.text
        self.directoryPath =
            slash == nil ? "." : directory.text.isEmpty ? "/" : String(decoding: directory.text, as: UTF8.self)
    }

    /// Whether a file of that name is one of them.
    func matches(_ name: [UInt8]) -> Bool {
        guard self.isGlob else { return name == self.name }
        guard Self.matches(self.name, name) else { return false }
        return !Self.isCompressed(name) || Self.compressed.contains { self.name.hasSuffix($0) && name.hasSuffix($0) }
    }

    /// The path of a file of that name, for people.
    func path(of name: [UInt8]) -> String {
        let directory = self.directoryPath == "/" ? "" : self.directoryPath
        return Self.printable(directory + "/" + String(decoding: name, as: UTF8.self))
    }

    static func isCompressed(_ name: [UInt8]) -> Bool { Self.compressed.contains { name.hasSuffix($0) } }

    /// Without what could be taken for another line of a log, or for an order to a terminal.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        return String(String.UnicodeScalarView(scalars))
    }

    private static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        let pattern = pattern.map { CChar(bitPattern: $0) } + [0]
        let name = name.map { CChar(bitPattern: $0) } + [0]
        return fnmatch(pattern, name, FNM_PERIOD) == 0
    }

    /// The text without its backslashes, and whether one of its characters is a wildcard.
    private static func reading(_ bytes: ArraySlice<UInt8>) -> (text: [UInt8], isGlob: Bool) {
        var text: [UInt8] = []
        var isGlob = false
        var isEscaped = false
        for byte in bytes {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            if !isEscaped, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "[") {
                isGlob = true
            }
            isEscaped = false
            text.append(byte)
        }
        if isEscaped { text.append(UInt8(ascii: "\\")) }
        return (text, isGlob)
    }
}

/// Says why a path can't be followed.
///
/// ```swift
/// do { _ = try FilePattern("/var/*/app.log") } catch { print(error.message) }
/// ```
public struct FilePatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public let message: String
    /// What is wrong with it.
    public var description: String { self.message }
}

extension [UInt8] {
    /// Whether it ends like that, after something else.
    func hasSuffix(_ suffix: [UInt8]) -> Bool {
        self.count > suffix.count && self.suffix(suffix.count).elementsEqual(suffix)
    }
}
