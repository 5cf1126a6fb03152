#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// That a source has run, and for which files: the bookmark of the source as a whole, published with each batch.
struct FileRun: Hashable, Sendable {
    /// The pattern as it was written. With another one, the source has not run.
    let path: String
    /// When the newest of its files was modified, as of the last look, or if there was none yet, when it began. What was
    /// not seen by then has come since.
    var seen: FileTime

    init(path: String, seen: FileTime) {
        self.path = path
        self.seen = seen
    }

    /// Reads a bookmark's value; nil if it has another form.
    init?(text: String) {
        guard let form = FileBookmarkText.decode(Form.self, text) else { return nil }
        self.path = form.path
        self.seen = FileTime(seconds: form.seconds, nanoseconds: form.nanoseconds)
    }

    /// The bookmark's value.
    var text: String {
        FileBookmarkText.encode(Form(path: path, seconds: seen.seconds, nanoseconds: seen.nanoseconds))
    }

    /// Files that claim to have been modified in the future must not make those that come until then look seen.
    mutating func note(_ marks: some Collection<FileMark>) {
        guard let newest = marks.map(\.modified).max() else { return }
        seen = max(seen, min(newest, .beforeNow()))
    }

    private struct Form: Codable {
        var path: String
        var seconds: Int64
        var nanoseconds: Int64
    }
}

/// How bookmarks are written: as JSON.
enum FileBookmarkText {
    static func encode(_ form: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(form) else { preconditionFailure("numbers and strings can be encoded") }
        return String(decoding: data, as: UTF8.self)
    }

    static func decode<Form: Decodable>(_ type: Form.Type, _ text: String) -> Form? {
        try? JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
