/// Groups of figures that several loads have.
extension BenchReport {
    /// Percentiles in milliseconds.
    mutating func add(_ latencies: Latencies, key: String, label: String) {
        guard latencies.count > 0 else { return }
        for (percentile, name, word) in [
            (50.0, "p50", "half within"), (90, "p90", "90 %"), (99, "p99", "99 %"), (99.9, "p999", "99.9 %"),
            (100, "max", "all"),
        ] {
            let label = percentile == 50 ? "\(label): \(word)" : "  \(word)"
            self.add("\(key)_\(name)_ms", label, latencies.milliseconds(percentile: percentile), "ms")
        }
    }

    /// What the server spent, if its processes are known.
    mutating func add(server before: ProcessCost?, _ after: ProcessCost?, seconds: Double, deliveries: Int? = nil) {
        guard let before, let after else { return }
        self.add("server_cpu_user_s", "server: in the program", after.user - before.user, "s")
        self.add("server_cpu_system_s", "  in the kernel for it", after.system - before.system, "s")
        if seconds > 0 {
            let share = (after.cpu - before.cpu) / seconds
            self.add("server_cpu_ms_per_s", "  a second", share * 1_000, "ms of CPU")
        }
        if let deliveries, deliveries > 0 {
            let each = (after.cpu - before.cpu) / Double(deliveries) * 1e6
            self.add("server_cpu_us_per_delivery", "  per delivery", each, "µs of CPU")
        }
        self.add("server_resident_kib", "  resident", after.resident >> 10, "KiB")
    }

    /// What the load itself spent on the same cores.
    mutating func add(ownCPU: Double, deliveries: Int) {
        guard deliveries > 0 else { return }
        let each = ownCPU / Double(deliveries) * 1e6
        self.add("load_cpu_us_per_delivery", "this load per delivery", each, "µs of CPU")
    }

    /// What subscribers must never see.
    mutating func add(_ faults: Receipts.Faults) {
        self.add("duplicates", "came twice", faults.duplicates)
        self.add("misordered", "came in the wrong order", faults.misordered)
        self.add("gaps", "gaps told by the server", faults.gaps)
        self.add(faults: faults.duplicates, "updates came twice.")
        self.add(faults: faults.misordered, "updates came in the wrong order.")
        self.add(faults: faults.gaps, "times the server said that updates are missing (martlet:gap).")
        self.add(faults: faults.foreign, "updates came that nobody has published.")
    }
}
