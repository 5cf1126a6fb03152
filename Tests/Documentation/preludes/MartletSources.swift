// What the examples of MartletSources take for granted.
import Martlet
import MartletSources
let hub: Hub
