/// A response's text with its date left out, to compare whole responses.
func withoutDate(_ response: String) -> String {
    guard let start = response.firstRange(of: "Date: ")?.lowerBound,
        let end = response[start...].firstRange(of: "\r\n")?.upperBound
    else { return response }
    return response.replacingCharacters(in: start..<end)
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>) -> String {
        var copy = self
        copy.removeSubrange(range)
        return copy
    }

    /// Splits at a separator, whatever else is in the text.
    func pieces(separatedBy separator: String) -> [String] {
        self.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
