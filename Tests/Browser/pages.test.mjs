import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { World, openTo, settle } from './world.mjs'

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

/** What lies between two pieces of a page's module, which as a whole needs a page. */
function cut(name, start, end) {
    const text = read(`Sources/MartletServer/Browser/${name}`)
    const from = text.indexOf(start)
    const to = text.indexOf(end, from)
    assert.ok(from >= 0 && to > from, `${name} has no ${start}`)
    return text.slice(from, to)
}

/** What a page says of a source that tells events of the types error and close, and is then lost. */
async function said(watch) {
    const world = new World()
    world.server = (request) => openTo(request)
    const source = world.tab().source('/hub')
    const texts = []
    watch(source, (text) => texts.push(text))
    await settle()
    world.requests[0].write('event: error\ndata: a\n\nevent: close\ndata: b\n\n')
    await settle()
    world.requests[0].cut()
    await settle()
    source.close()
    return texts
}

test('the page at / takes what is published for no trouble of its own', async () => {
    const code = cut('home.js', 'function watch(', 'function say(')
    const texts = await said(new Function('source', 'tell', `${code}\nwatch(source, tell)`))
    assert.deepEqual(texts, ['live', 'the hub is away, trying again in 1 s'])
})

test('the console takes what is published for no trouble of its own', async () => {
    const code = cut('dashboard.js', "    source.onopen = () => subscribed('subscribed')", '    source.onany')
    const run = new Function('source', 'subscribed', `let subscription = source\n${code}`)
    const texts = await said(run)
    assert.deepEqual(texts, ['subscribed', 'lost, trying again: connection lost', 'not subscribed'])
})

test('the examples do not either', () => {
    const examples = read('docs/browser.md').match(/```(?:js|html)\n[^]*?```/g)
    const handlers = examples.flatMap((text) => text.match(/\.on(?:error|close) = [^]*?(?=\nsource|\n<|\n```)/g) ?? [])
    assert.equal(handlers.length, 3)
    for (const handler of handlers) assert.match(handler, /instanceof MessageEvent/)
})
