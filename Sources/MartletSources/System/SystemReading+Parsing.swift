/// Each takes the content of a file of Linux's `/proc` and says whether it could be understood. Source: proc(5).
extension SystemReading {
    /// `/proc/stat`: a line for all processors and one for each.
    mutating func takeStat(_ text: ProcText) -> Bool {
        var hasTotal = false
        for var line in text.lines {
            guard let name = line.word(), name.hasPrefix("cpu") else { continue }
            // user nice system idle iowait irq softirq steal; kernels of old end earlier. Guests' time, which newer ones
            // add, is in user and nice already.
            var times: [UInt64] = []
            while times.count < 8, let time = line.number() { times.append(time) }
            guard times.count >= 4 else { return false }
            times += Array(repeating: 0, count: 8 - times.count)
            let processor = Processor(
                busy: [0, 1, 2, 5, 6, 7].reduce(0) { $0 &+ times[$1] },
                idle: times[3] &+ times[4]
            )
            if name == "cpu" {
                self.processor = processor
                hasTotal = true
            } else if let number = Int(name.dropFirst(3)) {
                self.cores[number] = processor
            }
        }
        return hasTotal
    }

    /// `/proc/meminfo`: names and amounts in kB, which are 1024 bytes.
    mutating func takeMemory(_ text: ProcText) -> Bool {
        var amounts: [String: UInt64] = [:]
        for var line in text.lines {
            guard let name = line.word(), let amount = line.number() else { continue }
            amounts[name] = amount &* 1024
        }
        guard let total = amounts["MemTotal:"], let free = amounts["MemFree:"] else { return false }
        // Linux before 3.14 does not say what is available: this is what was reckoned with then.
        let reclaimable = ["Buffers:", "Cached:"].reduce(free) { $0 &+ (amounts[$1] ?? 0) }
        self.memory = Memory(
            total: total,
            available: min(total, amounts["MemAvailable:"] ?? reclaimable),
            swapTotal: amounts["SwapTotal:"] ?? 0,
            swapFree: amounts["SwapFree:"] ?? 0
        )
        return true
    }

    /// `/proc/net/dev`: two lines of headings, then a line for each interface, with or without a space after its colon.
    mutating func takeNetwork(_ text: ProcText) -> Bool {
        for var line in text.lines.dropFirst(2) {
            guard let name = line.text(beforeLast: UInt8(ascii: ":")) else { return false }
            var counts: [UInt64] = []
            while counts.count < 16, let count = line.number() { counts.append(count) }
            guard counts.count >= 10 else { return false }
            if name == "lo" { continue }
            self.interfaces[name] = Interface(
                receivedBytes: counts[0],
                receivedPackets: counts[1],
                sentBytes: counts[8],
                sentPackets: counts[9]
            )
        }
        return true
    }

    /// `/proc/loadavg`
    mutating func takeLoad(_ text: ProcText) -> Bool {
        var text = text
        guard let one = text.decimal(), let five = text.decimal(), let fifteen = text.decimal() else { return false }
        self.load = [one, five, fifteen]
        return true
    }

    /// `/proc/uptime`
    mutating func takeUptime(_ text: ProcText) -> Bool {
        var text = text
        guard let uptime = text.decimal() else { return false }
        self.uptime = uptime
        return true
    }
}
