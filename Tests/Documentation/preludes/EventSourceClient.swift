// What the examples of EventSourceClient take for granted.
import EventSourceClient
import NIOHTTP1
import ServerSentEvents

struct NotANumber: Error {}
let url: String
let token: String
var networkHasChanged: @Sendable () -> Void
func logIn() {}
@Sendable func show(_ text: String) async {}
func show(_ event: EventSource.Element) {}
