import MartletSources

extension SourceConfiguration {
    static func readHTTP(_ section: Section, variables: [String]) -> Kind? {
        let url = section.required("url", as: .urlTemplate)
        let headers = section.list("headers", of: .header) ?? []
        var timeout = Duration.seconds(10)
        section.read("timeout", into: &timeout, as: .duration(.milliseconds(100) ... .seconds(300)))
        var bodyLimit = 1 << 20
        section.read("body-limit", into: &bodyLimit, as: .size(1 << 10...16 << 20))
        let polling = Polling(section)
        guard let url else { return nil }
        reportUnknown(url.value.template.variables, of: "url", among: variables, section, url.origin)
        return .http(
            url: url.value.text,
            headers: headers.map(\.value),
            timeout: timeout,
            bodyLimit: bodyLimit,
            polling: polling
        )
    }
}

extension ValueFormat<Read<HTTPURLTemplate>> {
    fileprivate static var urlTemplate: Self {
        // Its query may hold a key. What is wrong with it is told all the same, without the query.
        Self("a URL like https://example.com/weather/{city}", isSecret: true) { text throws(Refusal) in
            do throws(SourceProblem) {
                return Read(template: try HTTPURLTemplate(text), text: text)
            } catch {
                throw Refusal(.invalidValue, error.message)
            }
        }
    }
}

extension ValueFormat<Secret> {
    fileprivate static var header: Self {
        Self("a header field like \"Accept: application/json\"", isSecret: true) { text throws(Refusal) in
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), colon != text.startIndex else { return nil }
            return Secret(text)
        }
    }
}
