/// A request to publish, made once: topics and markers are of fixed width and are written over in a copy.
struct PublishRequest: Sendable {
    let batch: Int
    let bytes: [UInt8]
    /// Where each update's marker begins.
    private let markers: [Int]
    /// Where the digits of topics begin; with batches one per update.
    private let topics: [Int]

    /// - Throws: ``BenchError`` if it is not known where to publish, or the payload can't hold a marker.
    init(target: HubTarget, batch: Int, payloadBytes: Int) throws(BenchError) {
        guard let path = target.publishPath else {
            throw BenchError(
                .invalidTarget,
                "With the profile \(target.profile.rawValue) say where to publish: --publish /path/of/{topic}."
            )
        }
        guard payloadBytes >= Marker.byteCount else {
            throw BenchError(
                .invalidTarget,
                "An update takes \(Marker.byteCount) bytes or more, which say when it was due; "
                    + "\(payloadBytes) are not enough."
            )
        }
        var marker = [UInt8](repeating: 0, count: Marker.byteCount)
        marker.withUnsafeMutableBufferPointer { bytes in
            if let base = bytes.baseAddress { Marker(time: 0, publisher: 0, sequence: 0).write(to: base) }
        }
        let payload = marker + [UInt8](repeating: UInt8(ascii: "x"), count: payloadBytes - Marker.byteCount)
        let topic = Array(target.topic(0).utf8)
        var body: [UInt8] = []
        switch target.body {
        case .raw: body = payload
        case .form: body = Array("topic=".utf8) + topic + Array("&data=".utf8) + payload
        case .jsonLines:
            for _ in 0..<batch {
                body += Array(#"{"topic":""#.utf8) + topic + Array(#"","data":""#.utf8) + payload + Array("\"}\n".utf8)
            }
        }
        let bytes = target.publishHead(path: path, topic: 0, bodyBytes: body.count) + body
        self.batch = batch
        self.bytes = bytes
        self.markers = Self.places(of: marker, in: bytes)
        self.topics = Self.places(of: topic, in: bytes).map { $0 + topic.count - HubProfile.topicDigits }
    }

    /// Writes an update's topic and marker into a copy of ``bytes``.
    func write(
        _ marker: Marker,
        topic: Int,
        number: Int,
        to bytes: UnsafeMutablePointer<UInt8>
    ) {
        marker.write(to: bytes + self.markers[number])
        if self.batch > 1 {
            Marker.write(UInt64(topic), digits: HubProfile.topicDigits, to: bytes + self.topics[number])
        } else {
            for place in self.topics {
                Marker.write(UInt64(topic), digits: HubProfile.topicDigits, to: bytes + place)
            }
        }
    }

    private static func places(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
        var places: [Int] = []
        var place = 0
        while place + needle.count <= bytes.count {
            if bytes[place] == needle[0], bytes[place..<(place + needle.count)].elementsEqual(needle) {
                places.append(place)
                place += needle.count
            } else {
                place += 1
            }
        }
        return places
    }
}
