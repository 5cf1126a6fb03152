import MartletSources

extension SourceConfiguration {
    static func readCommand(_ section: Section) -> Kind? {
        let run = section.list("run", of: .argument)
        let shell = section.setting("shell", as: .argument)
        var linger = Duration.seconds(10)
        section.read("linger", into: &linger, as: .duration(.zero ... .seconds(86_400)))
        var lineLimit = 64 << 10
        section.read("line-limit", into: &lineLimit, as: .size(16...16 << 20))
        switch (run, shell) {
        case (let run?, nil) where !run.isEmpty:
            return .command(arguments: run.map(\.value), linger: linger, lineLimit: lineLimit)
        case (nil, let shell?):
            return .command(arguments: CommandOptions.shell(shell.value), linger: linger, lineLimit: lineLimit)
        case (_?, _?):
            section.report(.conflict, "give either run, a program and its arguments, or shell, a line for sh")
        default:
            section.report(
                .missingKey,
                "required: a program and its arguments, like [vmstat, \"1\"], or shell",
                key: "run"
            )
        }
        return nil
    }
}

extension ValueFormat<String> {
    /// One argument of a program.
    fileprivate static var argument: Self {
        Self("text") { text throws(Refusal) in text.isEmpty || text.utf8.contains(0) ? nil : text }
    }
}
