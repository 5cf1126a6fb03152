/// How a client that works on `String` parses: decode what came, split it into lines, look at each line's field.
///
/// Written as one would who cares: lines are substrings, the unfinished line is kept, no regular expressions.
struct LineSplittingParser {
    private var rest = ""
    private var id = ""
    private var type = ""
    private var data: [Substring] = []

    mutating func parse(_ bytes: ArraySlice<UInt8>, _ emit: (_ id: String, _ type: String, _ data: String) -> Void) {
        let text = self.rest + String(decoding: bytes, as: UTF8.self)
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        self.rest = lines.popLast().map(String.init) ?? ""
        for line in lines {
            if line.isEmpty {
                if !self.data.isEmpty {
                    let type = self.type.isEmpty ? "message" : self.type
                    emit(self.id, type, self.data.joined(separator: "\n"))
                }
                self.type = ""
                self.data.removeAll(keepingCapacity: true)
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            var value = line[line.index(after: colon)...]
            if value.first == " " { value = value.dropFirst() }
            switch line[..<colon] {
            case "data": self.data.append(value)
            case "event": self.type = String(value)
            case "id": self.id = String(value)
            default: break
            }
        }
    }
}
