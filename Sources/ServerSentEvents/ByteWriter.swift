/// Writes bytes one after the other into memory that somebody else owns.
///
/// It checks the room before every write, also in release builds: a buffer that is too small stops the program, it is
/// never written past its end.
struct ByteWriter {
    private var rest: UnsafeMutableRawBufferPointer
    private let capacity: Int

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        rest = buffer
        capacity = buffer.count
    }

    var count: Int { capacity - rest.count }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= rest.count, "The buffer is smaller than EventEncoder.byteCount(of:) says")
        // An empty buffer may have no address.
        guard bytes.count > 0, let source = bytes.baseAddress, let target = rest.baseAddress else { return }
        target.copyMemory(from: source, byteCount: bytes.count)
        rest = UnsafeMutableRawBufferPointer(start: target + bytes.count, count: rest.count - bytes.count)
    }

    @inline(__always)
    mutating func write(literal text: StaticString) {
        write(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }
}
