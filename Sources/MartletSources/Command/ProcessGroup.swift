#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The processes of a program: its first one, and what that has started.
struct ProcessGroup: Sendable {
    private static var firstPause: Duration { .milliseconds(10) }
    private let number: pid_t

    init(_ number: pid_t) {
        precondition(number > 1, "that would be every process")
        self.number = number
    }

    /// Ends what is left of the group: it is told to end, and after the grace killed.
    ///
    /// To be called before the first process is reaped: until then nobody else can get the group's number.
    ///
    /// - Parameter isTold: the group was told already.
    func end(isTold: Bool, grace: Duration) async {
        guard self.isRunning else { return }
        if !isTold { kill(-self.number, SIGTERM) }
        // The group must be ended though the task that ran the program is cancelled, whose sleep would return at once.
        // The task that is made here does not outlive this one.
        await Task {
            let end = ContinuousClock.now + grace
            var pause = Self.firstPause
            while self.isRunning {
                if ContinuousClock.now >= end {
                    kill(-self.number, SIGKILL)
                    try? await Task.sleep(for: Self.firstPause)
                    return
                }
                try? await Task.sleep(for: min(pause, ContinuousClock.now.duration(to: end)))
                pause *= 2
            }
        }.value
    }

    /// Sees to those that have ended and that this process has inherited, as the first process of a container does.
    ///
    /// To be called after the first process is reaped, which is not for this to do.
    func reapInherited() {
        while waitpid(-self.number, nil, WNOHANG) > 0 {}
    }

    /// Whether a process of the group runs. Zombies are members of it too: where whoever inherits orphans is slow to see
    /// to them, it would seem to go on. Where the system does not tell, it does.
    private var isRunning: Bool {
        guard kill(-self.number, 0) == 0 else { return false }
        #if os(Linux)
        guard let folder = opendir("/proc") else { return true }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            // The names of processes are numbers.
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let process = pid_t(name), Self.isMember(process, of: self.number) { return true }
        }
        return false
        #else
        return true
        #endif
    }

    #if os(Linux)
    /// Whether a process is in a group and no zombie, as its `stat` says: `123 (any text) S parent group …`.
    private static func isMember(_ process: pid_t, of group: pid_t) -> Bool {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        var text = ProcText(bytes)
        guard text.text(beforeLast: UInt8(ascii: ")")) != nil, let state = text.word(), text.number() != nil,
            let number = text.number()
        else { return false }
        return number == UInt64(group) && state != "Z" && state != "X"
    }
    #endif
}
