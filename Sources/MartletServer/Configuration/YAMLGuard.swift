import Foundation

/// Bounds what aliases can make of a small file, before it is parsed.
///
/// Yams shares the node that an alias names, so an alias is cheap to have. It is dear to follow: keys are hashed whole, and
/// freeing a chain recurses once per link.
enum YAMLGuard {
    /// Whether aliases could make more than about a gigabyte of `text`.
    ///
    /// Growing takes levels, each an anchor whose node holds aliases of the level below. With so many aliases spread over
    /// so many levels, a file grows by their quotient to the power of the levels.
    static func couldGrowEnormous(_ text: String) -> Bool {
        let anchors = tokens(UInt8(ascii: "&"), in: text)
        let aliases = tokens(UInt8(ascii: "*"), in: text)
        guard anchors > 0, aliases > 0 else { return false }
        // The power is greatest where the quotient is e.
        let levels = min(Double(anchors), max(1, Double(aliases) / M_E))
        return pow(Double(aliases) / levels, levels) * Double(text.utf8.count) > 1e9
    }

    /// How often `indicator` stands where a token can begin, before a name; in comments and strings too.
    private static func tokens(_ indicator: UInt8, in text: String) -> Int {
        var count = 0
        var before = UInt8(ascii: "\n")
        var last = before
        for byte in text.utf8 {
            if last == indicator, byte.isNameByte, before.mayPrecedeToken { count += 1 }
            (before, last) = (last, byte)
        }
        return count
    }
}

extension UInt8 {
    /// White space, an indicator after which a token follows, or a part of what YAML takes for white space beyond ASCII.
    fileprivate var mayPrecedeToken: Bool {
        self <= 0x20 || self >= 0x80 || "[{,:?".utf8.contains(self)
    }
}
