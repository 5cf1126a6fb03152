import Synchronization

/// How many streams each address has open. Shared by all event loops.
final class AddressCounts: Sendable {
    private let most: Int
    private let counts = Mutex<[ClientAddress: Int]>([:])

    init(most: Int) {
        self.most = most
    }

    /// Counts one more, unless the address has as many as it may; to be given back with ``release(_:)``.
    func take(_ address: ClientAddress) -> Bool {
        self.counts.withLock { counts in
            let count = counts[address, default: 0]
            guard count < self.most else { return false }
            counts[address] = count + 1
            return true
        }
    }

    func release(_ address: ClientAddress) {
        self.counts.withLock { counts in
            guard let count = counts[address] else { return }
            counts[address] = count > 1 ? count - 1 : nil
        }
    }
}
