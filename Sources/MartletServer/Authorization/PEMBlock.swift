import Foundation

/// One block of a PEM file (RFC 7468).
struct PEMBlock: Hashable, Sendable {
    /// What it says it is: `PUBLIC KEY`.
    var label: String
    /// The block alone, a line feed after each line.
    var text: String

    /// The first block of `text` that holds a key or a certificate: what stands before it, such as the curve that OpenSSL
    /// writes before an EC key, says nothing that the key does not say itself.
    static func first(in text: String) -> PEMBlock? {
        var block: PEMBlock?
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimmingCharacters(in: .whitespaces)
            if let label = line.between("-----BEGIN ", "-----") {
                block = PEMBlock(label: label, text: "")
            }
            block?.text += line + "\n"
            guard let found = block, line == "-----END \(found.label)-----" else { continue }
            if found.label.hasSuffix("KEY") || found.label == "CERTIFICATE" { return found }
            block = nil
        }
        return nil
    }
}

extension String {
    fileprivate func between(_ prefix: String, _ suffix: String) -> String? {
        guard self.hasPrefix(prefix), self.hasSuffix(suffix), self.count > prefix.count + suffix.count else {
            return nil
        }
        return String(self.dropFirst(prefix.count).dropLast(suffix.count))
    }
}
