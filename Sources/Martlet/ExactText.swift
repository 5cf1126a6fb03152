/// Text that equals only the same bytes.
///
/// `String` compares by canonical equivalence: to it, `é` in one scalar and in two are equal. Topics and ids are names,
/// and two names are the same if their bytes are, as they are for SQLite, for the publisher and for a token's issuer.
struct ExactText: Sendable, Hashable {
    let text: String

    init(_ text: String) {
        var text = text
        text.makeContiguousUTF8()
        self.text = text
    }

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.withBytes { left in right.withBytes { right in left.elementsEqual(right) } }
    }

    func hash(into hasher: inout Hasher) {
        self.withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        // A string that was made contiguous always has its storage at hand.
        self.text.utf8.withContiguousStorageIfAvailable(body)!
    }
}
