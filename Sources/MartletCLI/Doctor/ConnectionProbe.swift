import EventSourceClient
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Connects to the server of a URL, and agrees on TLS with it, to see how that goes; then hangs up.
struct ConnectionProbe: Sendable {
    /// Certificates that are trusted besides the system's.
    let trust: [NIOSSLCertificate]

    private static let patience = TimeAmount.seconds(10)

    func run(_ target: DoctorTarget) async -> ConnectionRecord {
        var record = ConnectionRecord(peer: "\(target.host):\(target.port)", isLoopback: target.isLoopback)
        let clock = ContinuousClock()
        let start = clock.now
        do {
            _ = try await NIOThreadPool.singleton.runIfActive {
                try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
            }
        } catch {
            record.failure = .notFound
            return record
        }
        let found = clock.now
        record.lookup = (found - start) / .seconds(1)
        do {
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connectTimeout(Self.patience)
                .connect(host: target.host, port: target.port).get()
            record.seconds = (clock.now - found) / .seconds(1)
            try? await channel.close()
        } catch {
            record.seconds = (clock.now - found) / .seconds(1)
            record.failure = Self.failure(error)
            return record
        }
        if target.isSecure { record.tls = await self.handshake(with: target) }
        return record
    }

    private static func failure(_ error: any Error) -> ConnectionRecord.Failure {
        switch error {
        case let error as NIOConnectionError:
            let failures = error.connectionErrors.map { Self.failure($0.error) }
            // Of an address of each family the one that somebody is meant to listen on says more.
            return failures.first { $0 == .refused } ?? failures.last ?? .notFound
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: return .refused
            case EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL: return .unreachable
            case ETIMEDOUT: return .timedOut
            default: return .other(reason(of: error))
            }
        case ChannelError.connectTimeout: return .timedOut
        default: return .other(reason(of: error))
        }
    }

    private func handshake(with target: DoctorTarget) async -> TLSRecord {
        do {
            let done = try await self.handshake(with: target, verification: .fullVerification)
            let days = done.certificate.map { Self.days(until: $0.notValidAfter) }
            return .done(version: done.version, protocolName: done.protocolName, days: days, seconds: done.seconds)
        } catch {
            let problem = Self.problem(error)
            guard problem == .untrusted || problem == .wrongName,
                let shown = try? await self.handshake(with: target, verification: .none).certificate
            else { return .failed(problem) }
            // The dates say more than the bare refusal.
            let left = Self.days(until: shown.notValidAfter)
            if left < 0 { return .failed(.expired(days: -left)) }
            let wait = Self.days(until: shown.notValidBefore)
            return .failed(wait > 0 ? .notYetValid(days: wait) : problem)
        }
    }

    private func handshake(
        with target: DoctorTarget,
        verification: CertificateVerification
    ) async throws -> Handshake {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = verification
        configuration.additionalTrustRoots = [.certificates(self.trust)]
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // Older than browsers take, to be able to say so.
        configuration.minimumTLSVersion = .tlsv1
        let context = try NIOSSLContext(configuration: configuration)
        let isAddress = (try? SocketAddress(ipAddress: target.host, port: target.port)) != nil
        let start = ContinuousClock.now
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let negotiated = loop.makePromise(of: Handshake.self)
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(Self.patience)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let name = isAddress ? nil : target.host
                    try channel.pipeline.syncOperations.addHandlers([
                        try NIOSSLClientHandler(context: context, serverHostname: name),
                        HandshakeWatch(negotiated: negotiated),
                    ])
                }
            }
        let channel: any Channel
        do {
            channel = try await bootstrap.connect(host: target.host, port: target.port).get()
        } catch {
            negotiated.fail(error)
            throw error
        }
        let timeout = loop.scheduleTask(in: Self.patience) {
            negotiated.fail(ChannelError.connectTimeout(Self.patience))
        }
        defer {
            timeout.cancel()
            channel.close(promise: nil)
        }
        var handshake = try await negotiated.futureResult.get()
        handshake.seconds = (ContinuousClock.now - start) / .seconds(1)
        return handshake
    }

    private static func days(until time: time_t) -> Double {
        Double(time - wallClock()) / 86_400
    }

    private static func problem(_ error: any Error) -> TLSRecord.Problem {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return .wrongName }
        if let error = error as? NIOSSLError, error == .unableToValidateCertificate { return .wrongName }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") { return .untrusted }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") { return .noTLS }
        if text.contains("PROTOCOL_VERSION") || text.contains("UNSUPPORTED_PROTOCOL") { return .oldVersion }
        if text.contains("EOF during handshake") { return .other("the server closed the connection") }
        return .other(reason(of: error))
    }
}

/// What the dates in certificates are compared with.
private func wallClock() -> time_t { time(nil) }

/// What was agreed on.
private struct Handshake: Sendable {
    var version: String
    var protocolName: String?
    var certificate: NIOSSLCertificate?
    var seconds = 0.0
}

/// Tells when TLS is agreed on, and on what, or that it never will be. On the event loop of its connection.
private final class HandshakeWatch: ChannelInboundHandler {
    typealias InboundIn = Never

    private let negotiated: EventLoopPromise<Handshake>

    init(negotiated: EventLoopPromise<Handshake>) {
        self.negotiated = negotiated
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let name)? = event as? TLSUserEvent {
            // Now, for the server may close at once.
            let operations = context.pipeline.syncOperations
            self.negotiated.completeWith(
                Result {
                    Handshake(
                        version: Self.spoken(try operations.nioSSL_tlsVersion()),
                        protocolName: name,
                        certificate: try operations.nioSSL_peerCertificate()
                    )
                }
            )
        }
        context.fireUserInboundEventTriggered(event)
    }

    private static func spoken(_ version: TLSVersion?) -> String {
        switch version {
        case .tlsv1: "1.0"
        case .tlsv11: "1.1"
        case .tlsv12: "1.2"
        case .tlsv13, nil: "1.3"
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.negotiated.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.negotiated.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}

@available(*, unavailable)
extension HandshakeWatch: Sendable {}
