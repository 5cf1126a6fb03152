import HTTPTypes

extension HTTPFields {
    /// What the subscript gives: a field's value, or all of them joined if it was sent more than once. Without joining one to
    /// nothing, which costs more than the rest of looking at a request.
    func value(of name: HTTPField.Name) -> String? {
        var value: String?
        for field in self where field.name == name {
            if value != nil { return self[name] }
            value = field.value
        }
        return value
    }
}
