// What the examples of MartletServer take for granted.
import Foundation
import Hummingbird
import Logging
import Martlet
import MartletServer
import NIOPosix
import ServiceLifecycle
import UnixSignals

let access: Access
let configuration: Configuration
let endpoint: HubEndpoint
let group: MultiThreadedEventLoopGroup
let hub: Hub
let logger: Logger
let problem: ConfigurationProblem
let router: Router<BasicRequestContext>
let server: HubServer
struct Session: Sendable { let end: Date }
let session: Session
struct User: Sendable { let id: String }
let user: User
struct Sessions: Sendable { func user(of cookie: String?) async throws -> User? { nil } }
let sessions: Sessions
