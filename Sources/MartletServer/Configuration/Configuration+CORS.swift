extension Configuration {
    /// Which web pages may read what the hub answers.
    ///
    /// ```swift
    /// let cors = Configuration.CORS(origins: ["https://app.example"])
    /// ```
    public struct CORS: Sendable, Equatable {
        /// Origins in their canonical form, or `*` alone.
        public var origins: [String]

        /// Pages of these origins, which must be canonical; of none by default.
        public init(origins: [String] = []) {
            self.origins = origins
        }

        /// Whether pages of every origin may, though never with a visitor's cookie.
        public var allowsAnyOrigin: Bool { origins == ["*"] }

        mutating func read(_ section: Section) {
            guard let list = section.list("origins", of: .originOrAny) else { return }
            if list.count > 1, let any = list.first(where: { $0.value == "*" }) {
                section.report(
                    .conflict,
                    "\"*\" is every origin already; leave it out, or all the others",
                    key: any.key,
                    at: any.origin
                )
            }
            origins = list.map(\.value)
        }
    }
}
