import Testing

@testable import MartletSources

@Suite("A reading of the machine")
struct SystemReadingTests {
    typealias Processor = SystemReading.Processor

    /// A reading is changed by what it takes, which `#expect` can't see.
    private func expect(_ isTrue: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(isTrue, sourceLocation: sourceLocation)
    }

    @Test func `has processor time for all and for each core`() {
        var reading = SystemReading()
        let text = """
            cpu  100 20 30 400 50 6 7 8 9 10
            cpu0 50 10 15 200 25 3 3 4 4 5
            cpu2 50 10 15 200 25 3 4 4 5 5
            intr 4639431 0 0 0
            ctxt 9876
            softirq 1 2 3
            """
        expect(reading.takeStat(ProcText(text.utf8)))
        // Guests' time is in user and nice already.
        #expect(reading.processor == Processor(busy: 100 + 20 + 30 + 6 + 7 + 8, idle: 450))
        #expect(reading.cores == [0: Processor(busy: 85, idle: 225), 2: Processor(busy: 86, idle: 225)])
    }

    @Test(
        "understands or refuses the processor time of odd kernels",
        arguments: [
            // Linux 2.4: four numbers, no cores.
            ("cpu  10 20 30 40\npage 1 2\n", Processor(busy: 60, idle: 40)),
            // Linux 2.5: iowait.
            ("cpu  10 20 30 40 5\n", Processor(busy: 60, idle: 45)),
            ("cpu 1 2 3 4 5 6 7 8 9 10 11 12\n", Processor(busy: 27, idle: 9)),
            ("cpu 18446744073709551615 1 0 5\n", Processor(busy: 0, idle: 5)),
            ("cpu 1 2 3\n", nil), ("cpu\n", nil), ("cpu x 2 3 4\n", nil), ("cpu0 1 2 3 4\n", nil), ("", nil),
            ("\0\u{FFFD}\n", nil),
        ] as [(String, Processor?)]
    )
    func oddStat(_ text: String, _ processor: Processor?) {
        var reading = SystemReading()
        expect(reading.takeStat(ProcText(text.utf8)) == (processor != nil))
        if let processor { #expect(reading.processor == processor) }
    }

    @Test func `has memory in bytes`() {
        var reading = SystemReading()
        let text = """
            MemTotal:       24684092 kB
            MemFree:        18612744 kB
            MemAvailable:   22854232 kB
            Buffers:           42928 kB
            Cached:          4103216 kB
            SwapTotal:       1000000 kB
            SwapFree:         250000 kB
            HugePages_Total:       0
            """
        expect(reading.takeMemory(ProcText(text.utf8)))
        #expect(
            reading.memory
                == SystemReading.Memory(
                    total: 24_684_092 << 10,
                    available: 22_854_232 << 10,
                    swapTotal: 1_000_000 << 10,
                    swapFree: 250_000 << 10
                )
        )
    }

    @Test func `reckons what is available where the kernel does not say`() {
        var reading = SystemReading()
        let heading = "        total:    used:    free:\nMem:  1000 900 100\n"
        let text = heading + "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 20 kB\nCached: 300 kB\n"
        expect(reading.takeMemory(ProcText(text.utf8)))
        #expect(reading.memory.available == 420 << 10)
        #expect(reading.memory.swapTotal == 0)
        expect(!reading.takeMemory(ProcText("MemTotal: 5 kB\n".utf8)))
        expect(!reading.takeMemory(ProcText("".utf8)))
    }

    @Test func `has what went through each interface but the loopback`() {
        var reading = SystemReading()
        let text = """
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 6838859820 9853309    0    0    0     0          0         0 6838859820 9853309    0    0    0     0       0          0
              eth0:1000       2    0    0    0     0          0         0        3000       4    0    0    0     0       0          0
            eth0:1:10 20 0 0 0 0 0 0 30 40 0 0 0 0 0 0
            wg-ü: 5 6 0 0 0 0 0 0 7 8 0 0 0 0 0 0
            """
        expect(reading.takeNetwork(ProcText(text.utf8)))
        #expect(reading.interfaces.keys.sorted() == ["eth0", "eth0:1", "wg-ü"])
        #expect(
            reading.interfaces["eth0"]
                == SystemReading.Interface(receivedBytes: 1000, receivedPackets: 2, sentBytes: 3000, sentPackets: 4)
        )
        #expect(reading.interfaces["eth0:1"]?.sentPackets == 40)
        expect(!reading.takeNetwork(ProcText("a\nb\neth0: 1 2 3\n".utf8)))
        expect(!reading.takeNetwork(ProcText("a\nb\nnonsense\n".utf8)))
        // A network namespace with nothing in it.
        expect(reading.takeNetwork(ProcText("a\nb\n".utf8)))
    }

    @Test func `has load and uptime`() {
        var reading = SystemReading()
        expect(reading.takeLoad(ProcText("6.44 4.00 2.83 9/170 7913\n".utf8)))
        #expect(reading.load == [6.44, 4, 2.83])
        expect(!reading.takeLoad(ProcText("6.44 4.00\n".utf8)))
        expect(reading.takeUptime(ProcText("4433.74 4150.16\n".utf8)))
        #expect(reading.uptime == 4433.74)
        expect(!reading.takeUptime(ProcText("\n".utf8)))
    }
}
