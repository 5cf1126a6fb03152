import Foundation
import Testing

@testable import MartletServer

@Suite("Lines of updates")
struct UpdateLineTests {
    private static func scanned(_ text: String) -> UpdateLine? {
        Array(text.utf8).withUnsafeBytes { UpdateLineScanner.line($0) }
    }

    private static func decoded(_ text: String) -> UpdateLine? {
        try? JSONDecoder().decode(UpdateLine.self, from: Data(text.utf8))
    }

    @Test(arguments: [
        #"{"topic":"a"}"#, #"{"topic":"a","data":"b"}"#, #" { "topic" : [ "a" , "b" ] , "data" : "x\ny\t\"\\\/" } "#,
        #"{"data":"","topic":"","id":"1","type":"t","private":true,"retry":0}"#, #"{"topic":"ä","private":false}"#,
        #"{"topic":"a","retry":123456789012345}"#, "{\"topic\":\"a\",\"data\":\"\u{7F}\u{2028}😀\"}\r",
    ])
    func `A usual line is read at once, and as Foundation reads it`(_ text: String) throws {
        let line = try #require(Self.scanned(text))
        #expect(line == Self.decoded(text))
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "null", #"{"topic":}"#, #"{"topic":"a",}"#, #"{"topic":"a"}}"#, #"{"topic":"a"} x"#,
        #"{"topic":"a","topic":"b"}"#, #"{"topic":[]}"#, #"{"topic":["a",]}"#, #"{"topic":["a",1]}"#, #"{"topic":1}"#,
        #"{"topic":"a","data":null}"#, #"{"topic":"a","data":1}"#, #"{"topic":"a","more":1}"#, #"{"topic":"\u0061"}"#,
        #"{"topic":"a\q"}"#, #"{"topic":"a\"#, #"{"topic":"a"#, "{\"topic\":\"a\nb\"}", "{\"topic\":\"a\u{0}\"}",
        #"{"topic":"a","private":1}"#, #"{"topic":"a","private":truely}"#, #"{"topic":"a","retry":01}"#,
        #"{"topic":"a","retry":-1}"#, #"{"topic":"a","retry":1.5}"#, #"{"topic":"a","retry":1e3}"#,
        #"{"topic":"a","retry":1234567890123456}"#, #"{"topic":"a","retry":}"#, #"{"topic":"a","retry":1"#,
        #"{topic:"a"}"#, #"{"Topic":"a"}"#, #"{"topic" "a"}"#, "\u{FEFF}{\"topic\":\"a\"}", #"{"data":"a"}"#,
    ])
    func `Any other line is left to Foundation`(_ text: String) {
        #expect(Self.scanned(text) == nil)
    }

    @Test func `What is not UTF-8 is left to Foundation`() {
        for bytes in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] as [[UInt8]] {
            let line = Array(#"{"topic":""#.utf8) + bytes + Array(#""}"#.utf8)
            #expect(line.withUnsafeBytes { UpdateLineScanner.line($0) } == nil)
        }
    }

    @Test func `Whatever is read at once, Foundation reads alike`() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "{", "}", "[", "]", ":", ",", " ", "\t", "\"", "\\", "\\n", "\\u0041", "\"topic\"", "\"data\"", "\"id\"",
            "\"retry\"", "\"private\"", "\"type\"", "true", "false", "null", "0", "12", "-", ".5", "\"a\"", "\"é\"",
            "x",
        ]
        let usual = #"{"topic":["a","b"],"data":"x\"y","id":"i","type":"t","private":true,"retry":12}"#
        var read = 0
        for _ in 0..<20_000 {
            var text = Array(usual)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let place = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text.remove(at: place)
                case 1: text.insert(contentsOf: pieces.randomElement(using: &random) ?? "", at: place)
                default: text.replaceSubrange(place...place, with: pieces.randomElement(using: &random) ?? "")
                }
            }
            guard let line = Self.scanned(String(text)) else { continue }
            read += 1
            #expect(line == Self.decoded(String(text)), "\(String(text))")
        }
        #expect(read > 1000)
    }
}
