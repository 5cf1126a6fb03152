package import NIOCore

extension RedisCommand {
    /// Writes the command as RESP has it: an array of bulk strings.
    package func write(to buffer: inout ByteBuffer) {
        Self.writeLine("*", self.arguments.count, to: &buffer)
        for argument in self.arguments {
            switch argument {
            case .string(let text):
                Self.writeLine("$", text.utf8.count, to: &buffer)
                buffer.writeString(text)
            case .bytes(let bytes):
                Self.writeLine("$", bytes.count, to: &buffer)
                buffer.writeBytes(bytes)
            case .buffer(let bytes):
                Self.writeLine("$", bytes.readableBytes, to: &buffer)
                buffer.writeImmutableBuffer(bytes)
            }
            buffer.writeInteger(Self.lineEnd)
        }
    }

    private static let lineEnd: UInt16 = 0x0D0A

    /// Counts are on every argument of every command; so they are written without a `String` in between.
    private static func writeLine(_ marker: Unicode.Scalar, _ count: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt8(ascii: marker))
        var divisor = 1
        while count / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            buffer.writeInteger(UInt8(0x30 + count / divisor % 10))
            divisor /= 10
        }
        buffer.writeInteger(Self.lineEnd)
    }
}
