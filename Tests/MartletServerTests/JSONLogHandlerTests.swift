import Foundation
import Logging
import Synchronization
import Testing

@testable import MartletServer

@Suite struct JSONLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    @Test func `a message is one line of JSON, whatever it holds`() throws {
        let lines = Lines()
        var logger = Logger(label: "martlet") { label in
            JSONLogHandler(label: label) { line in lines.all.withLock { $0.append(line) } }
        }
        logger[metadataKey: "shared"] = "yes"
        logger.debug("not written")
        logger.error(
            "two\nlines \"quoted\"",
            metadata: ["reason": "drain", "selectors": ["a", "b{c}\u{1}"], "level": "hidden", "more": ["x": "1"]]
        )
        let written = lines.all.withLock { $0 }
        #expect(written.count == 1)
        let line = try #require(written.first)
        #expect(line.hasSuffix("}\n") && line.dropLast().utf8.allSatisfy { $0 >= 0x20 })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["message"] as? String == "two\nlines \"quoted\"")
        #expect(object["level"] as? String == "error")
        #expect(object["reason"] as? String == "drain")
        #expect(object["shared"] as? String == "yes")
        #expect(object["selectors"] as? [String] == ["a", "b{c}\u{1}"])
        #expect((object["more"] as? [String: String]) == ["x": "1"])
        #expect((object["time"] as? String)?.wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) != nil)
    }
}
