extension URITemplate {
    /// The values of the variables with which the template gives `topic`; nil if it doesn't match.
    ///
    /// ```swift
    /// let template = try URITemplate("users/{user_id}/notices")
    /// template.variables(in: try Topic("users/a%20b/notices"))    // ["user_id": "a b"]
    /// template.variables(in: try Topic("users/a/b/notices"))      // nil
    /// ```
    ///
    /// There may be several ways to read a topic; this is the one in which each variable, from left to right, is defined
    /// if it can be and takes as much as it can, but that a comma separates variables rather than a list's members where
    /// it may: `{x,y}` reads `1,2` as two values. One reading is tried and no other.
    ///
    /// - A value is percent-decoded. One that took nothing, or is undefined, is `""`.
    /// - Of an exploded variable, and of a list with commas, it is the text as the topic has it, not decoded: `a,b%2Cc`,
    ///   `x=1&x=2`.
    /// - Of a variable with a length it is what is there: the value's first characters.
    /// - Where a variable stands several times, its values must be the same bytes; one with a length must be the first
    ///   characters of the others. Else the result is nil.
    /// - The result is nil, too, if a value is no UTF-8 when decoded, as then no string gives the topic.
    ///
    /// A value can hold any character that its publisher encoded: `'`, `/`, a line break, NUL.
    public func variables(in topic: Topic) -> [String: String]? {
        var name = topic.name
        return name.withUTF8 { bytes in
            guard let middle = self.middle(of: bytes), let readings = self.program.readings(of: middle) else {
                return nil
            }
            return self.values(of: readings, in: middle)
        }
    }

    private func values(
        of readings: [URITemplateProgram.Reading?],
        in bytes: UnsafeBufferPointer<UInt8>
    ) -> [String: String]? {
        var texts: [String] = []
        for (place, reading) in zip(self.program.places, readings) {
            let taken = UnsafeBufferPointer(rebasing: bytes[reading?.range ?? 0..<0])
            if place.modifier == .explode || reading?.isList == true {
                texts.append(String(decoding: taken, as: UTF8.self))
            } else {
                guard let text = PercentEncoding.text(of: taken) else { return nil }
                texts.append(text)
            }
        }
        // A whole value is what all places of a variable are held against; the longest start of one will do.
        var values: [String: (text: String, length: Int)] = [:]
        for (place, text) in zip(self.program.places, texts)
        where place.length > values[place.name]?.length ?? 0 {
            values[place.name] = (text, place.length)
        }
        for (place, text) in zip(self.program.places, texts) {
            guard let value = values[place.name]?.text else { return nil }
            let start = String(value.unicodeScalars.prefix(place.length))
            // Compared as bytes: canonically equivalent strings are different values.
            guard start.utf8.elementsEqual(text.utf8) else { return nil }
        }
        return values.mapValues(\.text)
    }
}

extension URITemplateProgram.Place {
    /// How many code points of the value it shows at most.
    fileprivate var length: Int {
        if case .length(let limit) = self.modifier { Int(limit) } else { .max }
    }
}
