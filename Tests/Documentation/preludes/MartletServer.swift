// What the examples of MartletServer take for granted.
import Foundation
import Hummingbird
import Logging
import Martlet
import MartletServer
import NIOPosix
import ServiceLifecycle
import UnixSignals
let configuration: Configuration
let endpoint: HubEndpoint
let group: MultiThreadedEventLoopGroup
let hub: Hub
let logger: Logger
let problem: ConfigurationProblem
let router: Router<BasicRequestContext>
let server: HubServer
