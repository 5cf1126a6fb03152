// What the examples of Martlet take for granted.
import Martlet
import NIOPosix
let hub: Hub
let log: MemoryLog
let group: MultiThreadedEventLoopGroup
let updates: [Update]
let lastRow: Int
