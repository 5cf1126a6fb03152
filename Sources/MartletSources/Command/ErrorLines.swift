/// What of a program's standard error is told: lines of at most 1 KiB, and at most twenty in a second; what is left out is
/// counted. Does no I/O.
struct ErrorLines<Instant: InstantProtocol> where Instant.Duration == Duration {
    private static var lineLimit: Int { 1 << 10 }
    private static var most: Int { 20 }

    private var splitter = FileLineSplitter(limit: Self.lineLimit)
    private var second: Instant
    private var told = 0
    private var leftOut = 0

    init(start: Instant) {
        self.second = start
    }

    /// Takes the next bytes and returns what is to be told of them.
    mutating func take(_ bytes: UnsafeRawBufferPointer, now: Instant) -> [String] {
        var texts: [String] = []
        if self.second.duration(to: now) >= .seconds(1) {
            texts = self.summary
            self.second = now
            self.told = 0
            self.leftOut = 0
        }
        var lines: [String] = []
        var told = self.told
        var leftOut = self.leftOut
        self.splitter.push(bytes) { line in
            if told < Self.most {
                lines.append(line)
                told += 1
            } else {
                leftOut += 1
            }
        }
        self.told = told
        self.leftOut = leftOut
        return texts + lines
    }

    /// What is to be told when nothing will follow.
    mutating func finish() -> [String] {
        let last = self.splitter.flushPartial()
        if last != nil, self.told >= Self.most { self.leftOut += 1 }
        return (self.told < Self.most ? last.map { [$0] } ?? [] : []) + self.summary
    }

    private var summary: [String] {
        self.leftOut == 0 ? [] : ["… and \(self.leftOut) more lines, which are not shown"]
    }
}
