// What the examples of docs/embedding.md take for granted.
import Foundation
import Hummingbird
import Logging
import Martlet
import MartletServer
import Synchronization

struct Session: Sendable { let userID: String; let end: Date }
struct Sessions: Sendable { func find(_ cookie: String?) async throws -> Session? { nil } }
enum jobs { static var count: Int { get async { 0 } } }
let hub: Hub
let logger: Logger
let sessions: Sessions
let subscriberKey: String
