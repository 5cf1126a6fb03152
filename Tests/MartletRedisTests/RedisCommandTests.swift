import MartletRedis
import NIOCore
import Testing

@Suite("RedisCommand")
struct RedisCommandTests {
    private func wire(_ command: RedisCommand) -> String {
        var buffer = ByteBuffer()
        command.write(to: &buffer)
        return String(buffer: buffer)
    }

    @Test func `is an array of bulk strings`() {
        #expect(self.wire(RedisCommand("PING")) == "*1\r\n$4\r\nPING\r\n")
        #expect(self.wire(RedisCommand("GET", "k")) == "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
        #expect(
            self.wire(RedisCommand("SET", "k\(1)", .bytes([13, 10])))
                == "*3\r\n$3\r\nSET\r\n$2\r\nk1\r\n$2\r\n\r\n\r\n"
        )
        #expect(
            self.wire(RedisCommand("SET", "é", .buffer(ByteBuffer(string: ""))))
                == "*3\r\n$3\r\nSET\r\n$2\r\né\r\n$0\r\n\r\n"
        )
        #expect(self.wire(RedisCommand("MGET", strings: ["a", "b"])) == "*3\r\n$4\r\nMGET\r\n$1\r\na\r\n$1\r\nb\r\n")
    }

    @Test("counts are written right", arguments: [0, 1, 9, 10, 11, 99, 100, 101, 999, 1000, 12345, 100_000])
    func counts(count: Int) {
        let text = String(repeating: "x", count: count)
        #expect(self.wire(RedisCommand("P", "\(text)")) == "*2\r\n$1\r\nP\r\n$\(count)\r\n\(text)\r\n")
    }

    @Test func `an argument can't become a command`() {
        #expect(
            self.wire(RedisCommand("GET", "a\r\nFLUSHALL\r\n")) == "*2\r\n$3\r\nGET\r\n$13\r\na\r\nFLUSHALL\r\n\r\n"
        )
    }

    @Test func `a buffer is written without being consumed`() {
        let value = ByteBuffer(string: "value")
        let command = RedisCommand("ECHO", .buffer(value))
        #expect(self.wire(command) == self.wire(command))
    }

    @Test func `its description holds no argument`() {
        #expect("\(RedisCommand("AUTH", "secret"))" == "AUTH (1 arguments)")
    }
}
