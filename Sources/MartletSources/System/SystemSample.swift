import Martlet

/// The machine's state over the time between two readings, as the JSON that is published.
///
/// | field | meaning |
/// |---|---|
/// | `cpu.percent` | how busy the processors were, all together: 0 to 100 |
/// | `cpu.cores` | the same for each core, in the kernel's order, without those that are off |
/// | `load` | runnable tasks, averaged over 1, 5 and 15 minutes |
/// | `memory.total`, `.available`, `.used` | bytes; available includes caches that can be given up, used is the rest |
/// | `memory.swap_total`, `.swap_used` | bytes |
/// | `disk.path`, `.total`, `.free` | the file system of the path; bytes; free for others than root |
/// | `network.received_bytes`, `.received_packets`, `.sent_bytes`, `.sent_packets` | per second, all but loopback |
/// | `uptime` | whole seconds since boot |
///
/// Percentages and loads have at most one and two decimals.
struct SystemSample {
    private let then: SystemReading
    private let now: SystemReading
    private let elapsed: Duration
    private let path: String

    init(from then: SystemReading, to now: SystemReading, elapsed: Duration, path: String) {
        self.then = then
        self.now = now
        self.elapsed = elapsed
        self.path = path
    }

    var json: String {
        let cores = self.now.cores.sorted { $0.key < $1.key }.map { number, core in
            // A core that was off before counts from when it came on.
            Self.percent(from: self.then.cores[number] ?? SystemReading.Processor(), to: core)
        }
        let memory = self.now.memory
        let network = self.network
        let parts = [
            "\"cpu\":{\"percent\":\(Self.percent(from: self.then.processor, to: self.now.processor))"
                + ",\"cores\":[\(cores.joined(separator: ","))]}",
            "\"load\":[\(self.now.load.map { Self.text($0, decimals: 2) }.joined(separator: ","))]",
            "\"memory\":{\"total\":\(memory.total),\"available\":\(memory.available)"
                + ",\"used\":\(Self.difference(memory.total, memory.available))"
                + ",\"swap_total\":\(memory.swapTotal)"
                + ",\"swap_used\":\(Self.difference(memory.swapTotal, memory.swapFree))}",
            "\"disk\":{\"path\":\(JSONText.quoted(self.path))"
                + ",\"total\":\(self.now.disk.total),\"free\":\(self.now.disk.free)}",
            "\"network\":{\"received_bytes\":\(self.perSecond(network.receivedBytes))"
                + ",\"received_packets\":\(self.perSecond(network.receivedPackets))"
                + ",\"sent_bytes\":\(self.perSecond(network.sentBytes))"
                + ",\"sent_packets\":\(self.perSecond(network.sentPackets))}",
            "\"uptime\":\(UInt64(max(0, self.now.uptime)))",
        ]
        return "{\(parts.joined(separator: ","))}"
    }

    /// What went through the interfaces that were there at both moments. One whose counters went back was made anew.
    private var network: SystemReading.Interface {
        var sum = SystemReading.Interface()
        for (name, now) in self.now.interfaces {
            guard let then = self.then.interfaces[name] else { continue }
            sum.receivedBytes &+= Self.difference(now.receivedBytes, then.receivedBytes)
            sum.receivedPackets &+= Self.difference(now.receivedPackets, then.receivedPackets)
            sum.sentBytes &+= Self.difference(now.sentBytes, then.sentBytes)
            sum.sentPackets &+= Self.difference(now.sentPackets, then.sentPackets)
        }
        return sum
    }

    private func perSecond(_ count: UInt64) -> UInt64 {
        let seconds = max(self.elapsed / .seconds(1), 0.001)
        return UInt64(exactly: (Double(count) / seconds).rounded()) ?? .max
    }

    /// Counters of idle time are known to go back a little on some kernels: then nothing was idle.
    private static func percent(from then: SystemReading.Processor, to now: SystemReading.Processor) -> String {
        let busy = Double(Self.difference(now.busy, then.busy))
        let idle = Double(Self.difference(now.idle, then.idle))
        return Self.text(busy + idle > 0 ? busy / (busy + idle) * 100 : 0, decimals: 1)
    }

    private static func difference(_ larger: UInt64, _ smaller: UInt64) -> UInt64 {
        larger > smaller ? larger - smaller : 0
    }

    /// A number of JSON; not of infinite length, as some hundredths would be.
    private static func text(_ number: Double, decimals: Int) -> String {
        let scale = decimals == 1 ? 10 : 100
        guard let whole = Int(exactly: (number * Double(scale)).rounded()) else { return "0" }
        let fraction = String(whole % scale + scale).dropFirst()
        return "\(whole / scale).\(fraction)"
    }
}
