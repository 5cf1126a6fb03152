// What the examples of MartletSQLite take for granted.
import Martlet
import MartletSQLite
import NIOPosix

let group: MultiThreadedEventLoopGroup
