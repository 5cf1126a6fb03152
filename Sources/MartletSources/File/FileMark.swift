/// A place in a file, with the bytes right before it, by which it is known that the file is still the same.
struct FilePlace: Hashable, Sendable {
    static let beginning = FilePlace(offset: 0, footprint: [])

    var offset: Int64
    /// At most `FileReader.footprintLength` bytes.
    var footprint: [UInt8]
}

/// Up to where the lines of a file were handed over. Published with the lines, as a bookmark, it is where a restarted
/// source goes on.
///
/// Its item is the file, not the path, so that it is found again whatever name the file has by then: the directory and
/// the inode. The device is a part of it only for a file outside the directory's own, which a symbolic link leads to,
/// because the number of a device may be another one each time it is mounted.
struct FileMark: Hashable, Sendable {
    let item: String
    /// Under which name it was followed.
    let name: [UInt8]
    let identity: FileIdentity
    let place: FilePlace
    /// When it was modified, as of the last look at it.
    let modified: FileTime

    /// The bookmark's value.
    var text: String {
        let form = Form(
            name: self.name.map(Self.encoded).joined(),
            device: self.identity.device,
            inode: self.identity.inode,
            offset: self.place.offset,
            footprint: self.place.footprint.map { Self.hex($0) }.joined(),
            seconds: self.modified.seconds,
            nanoseconds: self.modified.nanoseconds
        )
        return FileBookmarkText.encode(form)
    }

    /// Reads a bookmark's value; nil if it has another form.
    init?(item: String, text: String) {
        guard let form = FileBookmarkText.decode(Form.self, text),
            let name = Self.decoded(form.name), !name.isEmpty,
            let footprint = Self.bytes(form.footprint),
            footprint.count <= FileReader.footprintLength, form.offset >= footprint.count,
            !footprint.isEmpty || form.offset == 0
        else { return nil }
        self.item = item
        self.name = name
        self.identity = FileIdentity(device: form.device, inode: form.inode)
        self.place = FilePlace(offset: form.offset, footprint: footprint)
        self.modified = FileTime(seconds: form.seconds, nanoseconds: form.nanoseconds)
    }

    init(item: String, name: [UInt8], identity: FileIdentity, place: FilePlace, modified: FileTime) {
        self.item = item
        self.name = name
        self.identity = identity
        self.place = place
        self.modified = modified
    }

    private struct Form: Codable {
        /// Percent-encoded, because a name need not be UTF-8.
        var name: String
        var device: UInt64
        var inode: UInt64
        var offset: Int64
        /// In hexadecimal digits.
        var footprint: String
        var seconds: Int64
        var nanoseconds: Int64
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = Array("0123456789abcdef")
        return String([digits[Int(byte >> 4)], digits[Int(byte & 15)]])
    }

    private static func bytes(_ hex: some StringProtocol) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
            guard digits[index] != UInt8(ascii: "+"), let byte = UInt8(pair, radix: 16) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    private static func encoded(_ byte: UInt8) -> String {
        let isPlain = (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "%")
        return isPlain ? String(UnicodeScalar(byte)) : "%" + Self.hex(byte)
    }

    private static func decoded(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: "%", omittingEmptySubsequences: false)
        var name = Array(parts[0].utf8)
        for part in parts.dropFirst() {
            guard part.utf8.count >= 2, let byte = Self.bytes(String(decoding: part.utf8.prefix(2), as: UTF8.self))
            else { return nil }
            name += byte + part.utf8.dropFirst(2)
        }
        return name
    }
}
