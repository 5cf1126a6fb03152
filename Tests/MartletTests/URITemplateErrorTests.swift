import Martlet
import Testing

@Suite struct URITemplateErrorTests {
    @Test(arguments: [
        ("", "A URI template must not be empty."),
        (String(repeating: "é", count: 513), "A URI template is 1026 bytes long; at most 1024 are allowed."),
        ("a\r{x}", "A URI template must not contain a line break (CR or LF) or NUL."),
        ("{x\n}", "A URI template must not contain a line break (CR or LF) or NUL."),
        ("{x}\0", "A URI template must not contain a line break (CR or LF) or NUL."),
        ("users/{id", "The URI template has a { at byte 7 that is never closed."),
        ("{a}{", "The URI template has a { at byte 4 that is never closed."),
        ("é}", "The URI template has a } at byte 3 that closes no expression."),
        ("{a}}", "The URI template has a } at byte 4 that closes no expression."),
        ("a{}", "The URI template has an expression at byte 2 that names no variable."),
        ("{?}", "The URI template has an expression at byte 1 that names no variable."),
        ("{a,}", "The URI template has a variable without a name at byte 4."),
        ("{?,a}", "The URI template has a variable without a name at byte 3."),
        ("{a,,b}", "The URI template has a variable without a name at byte 4."),
        ("{:3}", "The URI template has a variable without a name at byte 2."),
        ("{*}", "The URI template has a variable without a name at byte 2."),
        ("{=a}", "The URI template has the operator = at byte 2, which RFC 6570 reserves."),
        ("x{,a}", "The URI template has the operator , at byte 3, which RFC 6570 reserves."),
        ("{!a}", "The URI template has the operator ! at byte 2, which RFC 6570 reserves."),
        ("{@a}", "The URI template has the operator @ at byte 2, which RFC 6570 reserves."),
        ("{|a}", "The URI template has the operator | at byte 2, which RFC 6570 reserves."),
        ("{.a.}", "The URI template has a misplaced dot in a name at byte 4."),
        ("{a..b}", "The URI template has a misplaced dot in a name at byte 4."),
        ("{?.a}", "The URI template has a misplaced dot in a name at byte 3."),
        ("{a%2}", "The URI template has a % at byte 3 without two hexadecimal digits after it."),
        ("{%zz}", "The URI template has a % at byte 2 without two hexadecimal digits after it."),
        ("{a:0}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a:01}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a:10000}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a:}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a:-1}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a:3x}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{b,a:3*}", "The URI template has a variable at byte 4 with more than one modifier (:n or *)."),
        ("{a*:3}", "The URI template has a variable at byte 2 with more than one modifier (:n or *)."),
        ("{a**}", "The URI template has a variable at byte 2 with more than one modifier (:n or *)."),
        ("{a:3:4}", "The URI template has a length at byte 3 that is no number from 1 to 9999."),
        ("{a-b}", "The URI template has the character - at byte 3, which an expression cannot hold there."),
        ("{$a}", "The URI template has the character $ at byte 2, which an expression cannot hold there."),
        ("{??a}", "The URI template has the character ? at byte 3, which an expression cannot hold there."),
        ("{a b}", "The URI template has the character U+0020 at byte 3, which an expression cannot hold there."),
        ("é{é}", "The URI template has the character U+00E9 at byte 4, which an expression cannot hold there."),
        ("{a{b}}", "The URI template has the character { at byte 3, which an expression cannot hold there."),
        ("{a*b}", "The URI template has the character b at byte 4, which an expression cannot hold there."),
    ])
    func `what is no template is refused with a sentence that says where`(text: String, message: String) {
        let error = #expect(throws: UpdateError.self) { try URITemplate(text) }
        #expect(error?.code == .topic)
        #expect(error?.message == message)
    }
}
