// What the examples of HummingbirdSSE take for granted.
import Foundation
import Hummingbird
import HummingbirdSSE
import ServerSentEvents

typealias Values<Value> = AsyncThrowingStream<Value, any Error>
struct Order: Encodable, Sendable {
    let number: String
    var changes: Values<String> { Values { _ in } }
}
struct Orders: Sendable {
    func after(_ id: String?) -> Values<Order> { Values { _ in } }
    func find(_ id: Int) async throws -> Order? { nil }
    func handBack(_ order: Order) async {}
}
struct Entry: Encodable, Sendable { let id: String }
struct Feed: Sendable { func entries(after id: String?) -> Values<Entry> { Values { _ in } } }
struct Machine: Sendable {
    var load: Double { 0 }
    func load(of host: Substring?) -> Double { 0 }
}
struct Notices: Sendable { func count(of user: some Sendable) async throws -> Int { 0 } }
struct Prices: Sendable { var changes: Values<Double> { Values { _ in } } }
struct Quotes: Sendable { func latest() async throws -> Int { 0 } }
struct Search: Sendable { func hits(for words: Substring) -> Values<String> { Values { _ in } } }
let context: BasicRequestContext
let feed: Feed
let machine: Machine
let notices: Notices
let order: Order
let orders: Orders
let prices: Prices
let quotes: Quotes
let request: Request
let router: Router<BasicRequestContext>
let search: Search
let stream: EventStream
