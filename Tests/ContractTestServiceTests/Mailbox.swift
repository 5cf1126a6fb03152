/// Holds what comes until the test asks for it, in order.
actor Mailbox<Element: Sendable> {
    private var elements: [Element] = []
    private var waiters: [CheckedContinuation<Element, Never>] = []

    var count: Int { elements.count }

    func put(_ element: Element) {
        if waiters.isEmpty { elements.append(element) } else { waiters.removeFirst().resume(returning: element) }
    }

    /// The next element; a test that waits for one that never comes ends with its time limit.
    func next() async -> Element {
        if !elements.isEmpty { return elements.removeFirst() }
        return await withCheckedContinuation { waiters.append($0) }
    }
}
