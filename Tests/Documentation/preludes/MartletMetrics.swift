// What the examples of MartletMetrics take for granted.
import CoreMetrics
import Logging
import MartletMetrics

let logger: Logger
let registry: PrometheusRegistry
let queue: (count: Int, done: Int)
// In the package:
let histogram: Histogram
var before: HistogramSnapshot
