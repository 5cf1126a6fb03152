// From lines to items: WHATWG HTML 9.2.6, "interpreting an event stream".
extension EventParser {
    /// Takes a line, without its end.
    ///
    /// - Parameter inLine: Where data is left that lies in the memory `line` belongs to; whoever owns that memory moves
    ///   it to `data` before the memory goes.
    @inline(__always)
    mutating func take<Failure: Error>(
        _ line: UnsafeRawBufferPointer,
        _ inLine: inout UnsafeRawBufferPointer?,
        _ emit: (Item) throws(Failure) -> Void
    ) throws(Failure) -> EventParserError? {
        if line.isEmpty {
            if let event = dispatch(&inLine) { try emit(.event(event)) }
            return nil
        }
        let field = Field(line)
        switch field.name {
        case .data: return append(field.value, &inLine)
        case .event: type = field.text
        case .id: if !field.value.contains(0) { id = field.text }
        case .retry: if let retry = field.number { try emit(.retry(retry)) }
        case .comment: if reportsComments { try emit(.comment(field.text)) }
        case .unknown: break
        }
        return nil
    }

    @inline(__always)
    private mutating func append(
        _ value: UnsafeRawBufferPointer,
        _ inLine: inout UnsafeRawBufferPointer?
    ) -> EventParserError? {
        let held = hasData ? (inLine?.count ?? data.count) + 1 : 0
        if held + value.count > limits.maxEventBytes {
            return EventParserError(.eventTooLong, limit: limits.maxEventBytes)
        }
        if hasData {
            if let first = inLine.take() { data.append(contentsOf: first) }
            data.append(LineEnd.lf)
            data.append(contentsOf: value)
        } else {
            hasData = true
            inLine = value
        }
        return nil
    }

    /// The event that an empty line completes, or `nil` if there was no data.
    @inline(__always)
    private mutating func dispatch(_ inLine: inout UnsafeRawBufferPointer?) -> MessageEvent? {
        lastEventID = id
        let type = self.type.isEmpty ? "message" : self.type
        self.type = ""
        guard hasData else { return nil }
        hasData = false
        if let text = inLine.take() {
            return MessageEvent(type: type, data: String(decoding: text, as: UTF8.self), lastEventID: id)
        }
        let text = String(decoding: data, as: UTF8.self)
        data.removeAll(keepingCapacity: data.capacity <= Self.keptCapacity)
        return MessageEvent(type: type, data: text, lastEventID: id)
    }
}
