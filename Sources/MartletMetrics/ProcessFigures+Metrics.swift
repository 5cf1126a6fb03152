extension ProcessFigures {
    /// Adds everything to a scrape, by the names that all of Prometheus' clients use.
    ///
    /// - Parameter descriptorLimit: how many descriptors may be open, or nil if that is unlimited.
    package func add(to samples: inout PrometheusSamples, descriptorLimit: Int?) {
        samples.counter(
            "process_cpu_seconds_total",
            help: "CPU time, of the process and of the system for it.",
            self.cpuSeconds
        )
        samples.gauge("process_resident_memory_bytes", help: "Memory that is resident.", self.residentBytes)
        if let open = self.openDescriptors {
            samples.gauge("process_open_fds", help: "Descriptors that are open.", open)
        }
        if let descriptorLimit {
            samples.gauge("process_max_fds", help: "Descriptors that may be open.", descriptorLimit)
        }
        if let start = self.startTime {
            samples.gauge(
                "process_start_time_seconds",
                help: "When the process began, in seconds since 1970.",
                start
            )
        }
    }
}
