/// Reading the values of header fields as what they are, bytes.
extension Substring.UTF8View {
    /// Without the optional white space around it (RFC 9110 §5.6.3).
    var withoutOWS: Self {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let start = self.drop(while: isBlank)
        guard let last = start.lastIndex(where: { !isBlank($0) }) else { return start.prefix(0) }
        return start[...last]
    }

    /// Whether it is a word, in whichever case.
    func equals(_ word: StaticString) -> Bool {
        word.withUTF8Buffer { word in
            self.elementsEqual(word) { byte, letter in
                byte == letter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == letter
            }
        }
    }
}
