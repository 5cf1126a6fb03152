extension Duration {
    /// Whole milliseconds, as the field `retry` counts them; less than one is lost.
    var wholeMilliseconds: Int {
        Int(clamping: self.attoseconds / 1_000_000_000_000_000)
    }
}
