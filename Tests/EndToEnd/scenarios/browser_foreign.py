"""Chromium with a page of an attacker, and a hub without keys on the same machine."""

from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import Site
from harness.stream import HUB

from .browser import PAGE, TRIES, browse, show, url

FOREIGN = TRIES + """
const [hubs, data] = arguments, tried = []
const element = (name, fields) => {
  const made = Object.assign(document.createElement(name), fields)
  return new Promise(resolve => {
    made.onload = () => resolve('loaded')
    made.onerror = () => resolve('refused')
    document.body.append(made)
  })
}
for (const hub of hubs) {
  const body = form({ topic: 'a', data }), topic = hub.replace('/.well-known/mercure', '/topics/a')
  tried.push(await settled(hub + '?topic=a') ? 'open' : 'refused')
  tried.push(await settled(hub + '?topic=a', { withCredentials: true }) ? 'open' : 'refused')
  tried.push(await element('img', { src: hub + '?topic=a' }), await element('script', { src: hub + '?topic=a' }))
  for (const options of [{}, { mode: 'no-cors' }, { mode: 'no-cors', credentials: 'include' }]) {
    tried.push(await outcome(fetch(hub, { method: 'POST', body, ...options })))
    tried.push(await outcome(fetch(topic, { method: 'POST', body: data, ...options })))
  }
  navigator.sendBeacon(topic, data)
  await element('iframe', { name: hub, src: 'about:blank' })
  const posts = Object.assign(document.createElement('form'), { action: topic, method: 'post', target: hub })
  posts.append(Object.assign(document.createElement('input'), { name: 'data', value: data }))
  document.body.append(posts)
  posts.submit()
}
return tried.map(one => Array.isArray(one) ? one[0] : one)
"""


@scenario("browser: a page from elsewhere neither reads nor publishes at a hub without keys, whatever its name is")
def foreign(context):
    site = context.closes(Site(PAGE))
    server = context.server()
    hubs = [url(server, host, HUB) for host in ("127.0.0.1", "localhost")]
    browser = browse(context)
    browser.open(site.url("/", "evil.example"))
    tried = browser.run(FOREIGN, hubs, "evil")
    check_equal(tried, (["refused"] * 4 + ["TypeError"] * 2 + ["opaque"] * 4) * 2, "what became of its tries")
    # It was the hub that refused them, not the browser: 12 tries with each of its names.
    server.wait_for_status(lambda s: s["refusals"]["forbidden"] >= 24, 5, "all of them have come to the hub")
    # Its name now stands for this machine.
    browser.open(url(server, "evil.example"))
    said = browser.run("return document.body.textContent")
    check("evil.example" in said and "not this machine" in said, f"it is shown {said!r}")
    show(context, browser, "foreign")
    tried = browser.run(
        TRIES + "return [!!await settled(arguments[0] + '?topic=a'),"
        "(await outcome(fetch(arguments[0], { method: 'POST', body: form({ topic: 'a' }) })))[1],"
        "(await outcome(fetch('/topics/a', { method: 'POST', body: 'x' })))[1]]",
        HUB,
    )
    check_equal(tried, [False, 403, 403], "what became of its tries under that name")
    # What cannot say where it is from is from elsewhere too.
    browser.open(site.url())
    browser.run(
        """
        const script = `const body = new URLSearchParams({ topic: 'a' })
          fetch('${arguments[0]}', { method: 'POST', mode: 'no-cors', body }).finally(() => parent.postMessage('done', '*'))`
        const srcdoc = `<script>${script}</` + 'script>'
        const frame = Object.assign(document.createElement('iframe'), { sandbox: 'allow-scripts', srcdoc })
        const done = new Promise(resolve => { window.onmessage = resolve })
        document.body.append(frame)
        await done
        """,
        hubs[0],
    )
    status = server.status()
    check_equal((status["logLast"], status["streamsOpened"]), (0, 0), f"updates and streams: {status}")
    refused = status["refusals"]["forbidden"]
    check(refused >= 28, f"{refused} refusals: the page without an origin did not come to the hub")
    # While a page of this machine may publish, though it cannot read the answer.
    answered = browser.run(
        TRIES + "const body = form({ topic: 'a', data: 'x' });"
        "return outcome(fetch(arguments[0], { method: 'POST', mode: 'no-cors', body }))",
        hubs[0],
    )
    check_equal(answered[0], "opaque", "the answer that a page of this machine sees")
    check_equal(server.status()["logLast"], 1, "updates after it has published")
    return f"{refused} requests refused"
