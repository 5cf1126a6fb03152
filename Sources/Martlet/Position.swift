/// Counts the updates of one log: the first is 1, and there are no holes. 0 is the place before the first.
public typealias SequenceNumber = Int64

/// A random name given to a log when it is created, so that a position from a lost log is recognised as such.
///
/// ```swift
/// let epoch = Epoch.random()
/// print(epoch)  // k3f9xa, for instance
/// ```
public struct Epoch: Sendable, Hashable, CustomStringConvertible {
    /// Crockford's base 32: no letter can be taken for a digit.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
    private static let length = 6

    /// The epoch as text: 1 to 32 lower-case letters and digits.
    public let name: String

    /// Reads an epoch, or nil if the text isn't one.
    public init?(_ name: some StringProtocol) {
        guard (1...32).contains(name.utf8.count),
            name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else { return nil }
        self.name = String(name)
    }

    private init(unchecked name: String) {
        self.name = name
    }

    /// Whether a log could have been given this name: what a publisher made up, such as `order`, seldom could.
    var looksGiven: Bool {
        (5...8).contains(self.name.utf8.count) && self.name.utf8.allSatisfy(Epoch.alphabet.contains)
    }

    /// A new epoch, one of 2³⁰.
    public static func random() -> Epoch {
        Epoch(
            unchecked: String(
                decoding: (0..<self.length).map { _ in self.alphabet[Int.random(in: 0..<32)] },
                as: Unicode.UTF8.self
            )
        )
    }

    /// The epoch as text.
    public var description: String { self.name }
}

/// A place in a log: `<epoch>-<sequence>`, such as `k3f9xa-1042`. It is also the id of every update that its publisher
/// gave none.
///
/// ```swift
/// if let position = Position("k3f9xa-1042") {
///     print(position.epoch, position.sequence)  // k3f9xa 1042
/// }
/// ```
public struct Position: Sendable, Hashable, CustomStringConvertible {
    /// The log it is a place in.
    public let epoch: Epoch
    /// The number of the update there.
    public let sequence: SequenceNumber

    /// Makes a position from its parts.
    public init(epoch: Epoch, sequence: SequenceNumber) {
        self.epoch = epoch
        self.sequence = sequence
    }

    /// Reads `<epoch>-<sequence>`, or nil if the text has another form (only the canonical one is taken, so that no two
    /// texts name one position).
    public init?(_ text: String) {
        guard let dash = text.utf8.lastIndex(of: UInt8(ascii: "-")) else { return nil }
        let digits = text.utf8[text.utf8.index(after: dash)...]
        guard let epoch = Epoch(text[..<dash]), (1...19).contains(digits.count),
            digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.count == 1 || digits.first != 0x30,
            let sequence = SequenceNumber(String(Substring(digits)))
        else { return nil }
        self.init(epoch: epoch, sequence: sequence)
    }

    /// `<epoch>-<sequence>`.
    public var description: String { "\(self.epoch.name)-\(self.sequence)" }
}
