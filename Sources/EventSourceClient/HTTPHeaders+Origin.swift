package import NIOHTTP1

extension HTTPHeaders {
    /// Removes what is meant for one origin only, before a redirect leads to another: what authorizes, and a `Host`, which
    /// would have another server look for a site that it does not have, or believe that it was asked for that one.
    ///
    /// Source: WHATWG Fetch 4.4, "HTTP-redirect fetch", where nobody can set a `Host`.
    package mutating func removeWhatIsForOneOrigin() {
        for name in ["Authorization", "Cookie", "Host", "Proxy-Authorization"] { remove(name: name) }
    }
}
