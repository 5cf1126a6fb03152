@testable import MartletCLI

extension Finding {
    /// Sentence and cure, to look for words in.
    var told: String { "\(self.sentence) \(self.cure ?? "")" }
}
