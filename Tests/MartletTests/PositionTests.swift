import Martlet
import Testing

@Suite struct PositionTests {
    @Test(arguments: [
        ("k3f9xa-1042", "k3f9xa", 1042), ("a-0", "a", 0), ("0-1", "0", 1),
        ("k3f9xa-9223372036854775807", "k3f9xa", SequenceNumber.max),
        ("abcdefghijklmnopqrstuvwxyz012345-1", "abcdefghijklmnopqrstuvwxyz012345", 1),
    ])
    func `a position is read, and written as it was`(text: String, epoch: String, sequence: SequenceNumber) throws {
        let position = try #require(Position(text))
        #expect(position.epoch.name == epoch)
        #expect(position.sequence == sequence)
        #expect(position.description == text)
    }

    @Test(arguments: [
        "", "-", "a", "a-", "-1", "a-01", "a-00", "a--1", "a-+1", "a- 1", "a-1 ", " a-1", "A-1", "a_b-1", "a-b-1",
        "é-1",
        "a-1\u{301}", "a-\u{301}1", "a-١", "a-9223372036854775808", "a-18446744073709551617", "a-99999999999999999999",
        "abcdefghijklmnopqrstuvwxyz0123456-1", "a-1\0", "a-0x1", "a-1e3", "earliest",
    ])
    func `any other text is no position`(text: String) {
        #expect(Position(text) == nil)
    }

    @Test func `a random epoch reads back, and is another each time`() throws {
        let epochs = (0..<100).map { _ in Epoch.random() }
        for epoch in epochs {
            #expect(Epoch(epoch.name) == epoch)
            #expect(epoch.name.utf8.count == 6)
        }
        #expect(Set(epochs).count > 95)
    }
}
