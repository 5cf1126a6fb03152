/// The page at `/`: a clock that ticks, and a box to publish and see it arrive.
enum HomePage {
    /// Nothing from elsewhere, and nothing but what is in the page.
    static let contentSecurityPolicy =
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func html(hasClock: Bool) -> String {
        self.head + (hasClock ? self.clock : "") + self.tryIt + self.script + "</body>\n</html>\n"
    }

    private static let head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Martlet</title>
        <style>
        :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --accent: #2563eb; }
        @media (prefers-color-scheme: dark) { :root { --accent: #7aa2ff; } }
        * { box-sizing: border-box; }
        body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 2rem 1.25rem 4rem; }
        h1 { font-size: 1.4rem; margin: 0; }
        h2 { font-size: 1rem; margin: 0 0 .5rem; }
        section { border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin-top: 1.25rem; }
        .lead { margin: .25rem 0 0; opacity: .75; }
        .time { font: 600 2.6rem/1.2 ui-monospace, monospace; font-variant-numeric: tabular-nums; }
        .state { font-size: .875rem; opacity: .75; }
        pre { overflow-x: auto; background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 8px; padding: .75rem 1rem; font-size: .8125rem; margin: .75rem 0 0; }
        form { display: flex; gap: .5rem; flex-wrap: wrap; }
        label { flex: 1 1 10rem; font-size: .8125rem; }
        label.wide { flex-basis: 16rem; }
        input { display: block; width: 100%; font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: transparent; color: inherit; }
        button { align-self: end; font: inherit; padding: .45rem 1rem; border: 0; border-radius: 6px; background: var(--accent); color: Canvas; cursor: pointer; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
        ol { list-style: none; margin: .75rem 0 0; padding: 0; font: .875rem/1.6 ui-monospace, monospace; max-height: 16rem; overflow: auto; }
        li { border-top: 1px solid var(--line); padding: .15rem 0; white-space: pre-wrap; overflow-wrap: anywhere; }
        li small { opacity: .6; }
        [role=status] { min-height: 1.5em; }
        </style>
        </head>
        <body>
        <h1>Martlet is running</h1>
        <p class="lead">It pushes what changes on a server to every browser that is looking, over Server-Sent Events.</p>

        """

    private static let clock = """
        <section aria-labelledby="clock">
        <h2 id="clock">A live clock</h2>
        <div class="time" id="time">--:--:--</div>
        <div class="state" id="clock-state" role="status">connecting</div>
        <pre>const source = new EventSource('/.well-known/mercure?topic=time')
        source.onmessage = event =&gt;
          document.querySelector('#time').textContent = JSON.parse(event.data).time</pre>
        </section>

        """

    private static let tryIt = """
        <section aria-labelledby="try">
        <h2 id="try">Publish, and see it arrive</h2>
        <form id="form">
        <label>Topic <input id="topic" value="greetings" required maxlength="1024"></label>
        <label class="wide">Data <input id="data" value="hello" autocomplete="off"></label>
        <button>Publish</button>
        </form>
        <div class="state" id="state" role="status">connecting</div>
        <ol id="list" aria-label="Events received"></ol>
        <pre id="curl"></pre>
        </section>

        """

    private static let script = #"""
        <script type="module">
        const hub = '/.well-known/mercure'
        const find = id => document.getElementById(id)
        const watch = (source, state) => {
          source.onopen = () => state.textContent = 'live'
          source.onerror = () => state.textContent =
            source.readyState === EventSource.CLOSED ? 'closed by the server' : 'reconnecting'
        }

        if (find('time')) {
          const source = new EventSource(hub + '?topic=time')
          watch(source, find('clock-state'))
          source.onmessage = event =>
            find('time').textContent = new Date(JSON.parse(event.data).time).toLocaleTimeString([], { hour12: false })
        }

        let source
        const subscribe = () => {
          source?.close()
          const topic = find('topic').value
          find('state').textContent = 'connecting'
          find('curl').textContent =
            "curl -d 'hello from a shell' '" + location.origin + '/topics/' + topic.split('/').map(encodeURIComponent).join('/').replaceAll("'", '%27') + "'"
          source = new EventSource(hub + '?topic=' + encodeURIComponent(topic))
          watch(source, find('state'))
          source.onmessage = event => {
            const item = document.createElement('li')
            const id = document.createElement('small')
            id.textContent = event.lastEventId + '  '
            item.append(id, event.data)
            find('list').prepend(item)
            while (find('list').children.length > 100) find('list').lastChild.remove()
          }
        }
        find('topic').onchange = subscribe
        find('form').onsubmit = async event => {
          event.preventDefault()
          const body = new URLSearchParams({ topic: find('topic').value, data: find('data').value })
          const response = await fetch(hub, { method: 'POST', body })
          if (!response.ok) find('state').textContent = 'refused: ' + await response.text()
        }
        subscribe()
        </script>

        """#
}
