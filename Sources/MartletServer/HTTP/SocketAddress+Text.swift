import NIOCore

extension SocketAddress {
    /// The address and port, as people write them.
    var text: String {
        guard let address = self.ipAddress, let port = self.port else { return self.pathname ?? "" }
        return address.contains(":") ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
