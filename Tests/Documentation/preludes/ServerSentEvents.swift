// What the examples of ServerSentEvents take for granted.
import ServerSentEvents

let body: AsyncThrowingStream<[UInt8], any Error>
let chunk: [UInt8]
let event: Event
let id: String
var parser = EventParser()
