// What the examples of EventSourceClient take for granted.
import EventSourceClient
import NIOHTTP1
import ServerSentEvents
let url: String
let token: String
func show(_ event: EventSource.Element) {}
func logIn() {}
