// What the examples of MartletRedis take for granted.
import MartletRedis
import NIOCore

let client: RedisClient
let id: Int
let keys: [String]
let value: ByteBuffer
let milliseconds: Int
func readEverything() async throws {}
func show(_ channel: ByteBuffer, _ payload: ByteBuffer) {}
func log(_ error: any Error) {}
