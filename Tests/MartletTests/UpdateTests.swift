import Martlet
import ServerSentEvents
import Testing

@Suite struct UpdateTests {
    @Test func `an empty id or type is none`() throws {
        let update = try Update(topic: Topic("a"), data: "", id: "", type: "")
        #expect(update.id == nil)
        #expect(update.type == nil)
    }

    @Test(arguments: ["a", "é", "k3f9xa-1", "a b", String(repeating: "x", count: 1024), "Earliest"])
    func `an id is any text that a header can carry`(id: String) throws {
        #expect(try Update.sample("t", id: id).id == id)
    }

    @Test(arguments: [
        "a\nb", "a\rb", "a\0", "a\tb", " a", "a ", " ", "\u{7F}", "\u{1B}[0m", "earliest",
        String(repeating: "x", count: 1025),
    ])
    func `an id that would break the stream, or that a header would not bring back, is refused`(id: String) {
        let error = #expect(throws: UpdateError.self) { try Update.sample("t", id: id) }
        #expect(error?.code == .id)
    }

    @Test(arguments: ["a\nb", "a\rb", "a\0", String(repeating: "x", count: 1025)])
    func `a type that would break the stream is refused`(type: String) {
        let error = #expect(throws: UpdateError.self) { try Update(topic: Topic("t"), data: "", type: type) }
        #expect(error?.code == .type)
    }

    @Test func `the number of topics has limits`() throws {
        let topic = try Topic("t")
        #expect(throws: UpdateError.self) { try Update(topics: [], data: "") }
        #expect(try Update(topics: Array(repeating: topic, count: 1000), data: "").topics.count == 1000)
        let error = #expect(throws: UpdateError.self) {
            try Update(topics: Array(repeating: topic, count: 1001), data: "")
        }
        #expect(error?.code == .topic)
        #expect(error?.message.contains("1001") == true)
    }

    @Test func `a reconnection time is not negative`() throws {
        #expect(try Update(topic: Topic("t"), data: "", retry: 0).retry == 0)
        let error = #expect(throws: UpdateError.self) { try Update(topic: Topic("t"), data: "", retry: -1) }
        #expect(error?.code == .retry)
    }

    @Test func `subscribers see the publisher's id, else the position`() throws {
        let position = try #require(Position("k3f9xa-7"))
        #expect(try Update.sample("t").event(at: position).id == "k3f9xa-7")
        #expect(try Update.sample("t", id: "mine").event(at: position).id == "mine")
    }
}
