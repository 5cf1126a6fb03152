// What the examples of Martlet take for granted.
import Martlet
import NIOPosix

let hub: Hub
let log: MemoryLog
let group: MultiThreadedEventLoopGroup
let interest: Interest
let kept: [LogEntry]
let limit: PageLimit
let updates: [Update]
let lastRow: Int
let rings: AsyncStream<String>
