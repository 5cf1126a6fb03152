// What the examples of MartletSources take for granted.
import Logging
import Martlet
import MartletSources

let hub: Hub
let logger: Logger
let monitor: SourceMonitor
let topics: OwnedTopics
