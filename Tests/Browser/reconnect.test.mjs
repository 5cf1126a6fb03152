import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World, openTo, record, settle, streamTo } from './world.mjs'

function begin(options = {}, { random = 1, server = (request) => openTo(request) } = {}) {
    const world = new World()
    world.server = server
    world.random = random
    const tab = world.tab()
    const source = tab.source('/hub', options)
    return { world, tab, source, seen: record(source) }
}

const refuse = () => Promise.reject(new TypeError('connection refused'))
const delays = (seen) => seen.filter((event) => event.type === 'error').map((event) => event.delay)

test('it comes back after a second, with the last id, and says so', async () => {
    const { world, source, seen } = begin()
    await settle()
    world.requests[0].write('id: 7\ndata: a\n\n')
    await settle()
    world.requests[0].cut()
    await settle()
    assert.equal(source.readyState, 0)
    const error = seen.at(-1)
    assert.deepEqual([error.status, error.statusText, error.body], [0, '', ''])
    assert.deepEqual([error.willRetry, error.delay], [true, 1000])
    assert.equal(error.message, 'connection lost')
    assert.ok(error.cause instanceof TypeError)
    await world.advance(999)
    assert.equal(world.requests.length, 1)
    await world.advance(1)
    assert.equal(world.requests[1].headers['last-event-id'], '7')
    assert.deepEqual(seen.filter((event) => event === 'open').length, 2)
    source.close()
})

test('an id without data counts, an unfinished event does not', async () => {
    const { world, source } = begin()
    await settle()
    world.requests[0].write('id: 7\n\nid: 8\ndata: a\n')
    await settle()
    world.requests[0].cut()
    await world.advance(1000)
    assert.equal(world.requests[1].headers['last-event-id'], '7')
    source.close()
})

test('the position that a hub says in its answer is where to go on', async () => {
    const server = (request) => openTo(request, { headers: { 'Last-Event-ID': 'e-9' } })
    const { world, source } = begin({}, { server })
    await settle()
    world.requests[0].cut()
    await world.advance(1000)
    assert.equal(world.requests[1].headers['last-event-id'], 'e-9')
    source.close()

    const own = begin({ lastEventId: 'e-3' }, { server })
    await settle()
    own.world.requests[0].cut()
    await own.world.advance(1000)
    assert.equal(own.world.requests[1].headers['last-event-id'], 'e-3', 'what leads there, a gap, has yet to be told')
    own.source.close()
})

test('delays double up to half a minute', async () => {
    const { world, source, seen } = begin({}, { server: refuse })
    await world.advance(200_000)
    assert.deepEqual(delays(seen).slice(0, 8), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    source.close()
})

test('jitter is full: anything from nothing to the whole', async () => {
    for (const [random, expected] of [[0, [0, 0, 0]], [0.25, [250, 500, 1000]], [0.5, [500, 1000, 2000]]]) {
        let left = 3
        const server = () => (left-- > 0 ? refuse() : new Promise(() => {}))
        const { source, seen, world } = begin({}, { random, server })
        await world.advance(4000)
        assert.deepEqual(delays(seen), expected)
        source.close()
    }
})

test('the first and the longest delay can be set', async () => {
    const { world, source, seen } = begin({ initialDelay: 200, maxDelay: 500 }, { server: refuse })
    await world.advance(2000)
    assert.deepEqual(delays(seen).slice(0, 4), [200, 400, 500, 500])
    source.close()
})

test('an event, or ten seconds, make a connection a good one', async () => {
    for (const [isGood, live] of [
        [true, async (world, request) => request.write('data: a\n\n')],
        [true, async (world) => await world.advance(10_001)],
        [false, async (world, request) => request.write(': hello\n\n')],
    ]) {
        let failures = 3
        const server = (request) => (failures-- > 0 ? refuse() : streamTo(request))
        const { world, source, seen } = begin({ fallback: false }, { server })
        await world.advance(7000)
        const [request] = world.requests.filter((one) => one.write)
        await live(world, request)
        await settle()
        request.cut()
        await settle()
        assert.deepEqual(delays(seen), [1000, 2000, 4000, isGood ? 1000 : 8000])
        source.close()
    }
})

test('retry: is the base of delays', async () => {
    const { world, source, seen } = begin()
    await settle()
    world.requests[0].write('retry: 5000\n\ndata: a\n\n')
    await settle()
    world.requests[0].cut()
    world.server = refuse
    await world.advance(60_000)
    assert.deepEqual(delays(seen).slice(0, 4), [5000, 10_000, 20_000, 30_000])
    source.close()
})

test('who ends a stream in good order and says when to return is obeyed to the millisecond', async () => {
    const { world, source, seen } = begin({}, { random: 0.1 })
    await settle()
    world.requests[0].write('retry: 45000\n\n')
    await settle()
    world.requests[0].end()
    await settle()
    assert.equal(seen.at(-1).status, 200)
    assert.deepEqual(delays(seen), [45_000])
    await world.advance(45_000)
    world.requests[1].end()
    await settle()
    assert.deepEqual(delays(seen), [45_000, 4500], 'what it said before is the base only')
    source.close()
})

for (const [value, expected] of [
    ['-1', 1000], ['1.5', 1000], ['1e3', 1000], [' 5', 1000], ['', 1000], ['٣', 1000], ['0x10', 1000],
    ['0', 100], ['0200', 200], ['99999999999999999999', 0x7fffffff],
]) {
    test(`retry:${value} makes the delay ${expected}`, async () => {
        const { world, source, seen } = begin()
        await settle()
        world.requests[0].write(`retry: ${value}\n\n`)
        await settle()
        world.requests[0].cut()
        await settle()
        assert.deepEqual(delays(seen), [expected])
        source.close()
    })
}

test('a number beyond all numbers makes no loop, whatever the dice say', async () => {
    const { world, source, seen } = begin({}, { random: 0 })
    await settle()
    world.requests[0].write(`retry: ${'9'.repeat(400)}\n\n`)
    await settle()
    world.requests[0].cut()
    await settle()
    assert.deepEqual(delays(seen), [0])
    source.close()
})

for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) {
    test(`${status} is tried again`, async () => {
        let isReady = false
        const server = (request) => (isReady ? openTo(request) : new Response('busy', { status }))
        const { world, source, seen } = begin({}, { server })
        await settle()
        assert.deepEqual([seen[0].status, seen[0].body, seen[0].willRetry, seen[0].delay], [status, 'busy', true, 1000])
        isReady = true
        await world.advance(1000)
        assert.equal(source.readyState, 1)
        source.close()
    })
}

for (const [after, expected] of [
    ['7', 7000], ['0', 1000], ['-5', 1000], ['soon', 1000], ['', 1000], ['999999999999', 0x7fffffff],
    [new Date(1_700_000_020_000).toUTCString(), 20_000], [new Date(0).toUTCString(), 1000],
]) {
    test(`Retry-After: ${after} makes the delay ${expected}`, async () => {
        const headers = { 'Retry-After': after }
        const { source, seen } = begin({}, { server: () => new Response('', { status: 503, headers }) })
        await settle()
        assert.deepEqual(delays(seen), [expected])
        source.close()
    })
}

test('coming back to the page does not cut Retry-After short', async () => {
    const headers = { 'Retry-After': '60' }
    const { world, tab, source } = begin({}, { server: () => new Response('', { status: 429, headers }) })
    await world.advance(5000)
    tab.fire('visibilitychange', tab.document)
    tab.fire('online')
    await settle()
    assert.equal(world.requests.length, 1)
    await world.advance(55_000)
    assert.equal(world.requests.length, 2)
    source.close()
})

for (const [away, back, subject] of [['freeze', 'resume', 'document'], ['pagehide', 'pageshow', undefined]]) {
    for (const share of [false, true]) {
        test(`${away} and ${back} do not cut Retry-After short${share ? ', shared' : ''}`, async () => {
            const server = () => new Response('', { status: 429, headers: { 'Retry-After': '60' } })
            const { world, tab, source } = begin({ share }, { server })
            await world.advance(5000)
            for (let turn = 0; turn < 3; turn++) {
                tab.fire(away, subject && tab[subject])
                await world.advance(1000)
                tab.fire(back, subject && tab[subject])
                await world.advance(1000)
            }
            assert.equal(world.requests.length, 1)
            await world.advance(48_999)
            assert.equal(world.requests.length, 1)
            await world.advance(1)
            assert.equal(world.requests.length, 2)
            source.close()
        })
    }
}

test('while offline it waits, and online it returns at once', async () => {
    const { world, tab, source } = begin()
    await settle()
    tab.navigator.onLine = false
    world.requests[0].cut()
    await world.advance(600_000)
    assert.equal(world.requests.length, 1)
    tab.navigator.onLine = true
    tab.fire('online')
    await settle()
    assert.equal(world.requests.length, 2)
    assert.equal(source.readyState, 1)
    source.close()
})

test('a new network replaces a stream of the old one at once', async () => {
    const { world, tab, source, seen } = begin()
    await settle()
    world.requests[0].write('id: 1\ndata: a\n\n')
    await settle()
    tab.fire('online')
    await settle()
    assert.equal(world.requests[0].signal.aborted, true)
    assert.match(seen.at(-2).message, /network/)
    assert.equal(seen.at(-2).delay, 0)
    assert.equal(world.requests[1].headers['last-event-id'], '1')
    source.close()
})

for (const [type, subject] of [['visibilitychange', 'document'], ['pageshow', undefined], ['online', undefined]]) {
    test(`${type} ends the wait`, async () => {
        const { world, tab, source } = begin({}, { server: refuse })
        await world.advance(40_000)
        const before = world.requests.length
        tab.fire(type, subject && tab[subject])
        await settle()
        assert.equal(world.requests.length, before + 1)
        source.close()
    })
}

test('a page that is hidden does not wake it', async () => {
    const { world, tab, source } = begin({}, { server: refuse })
    await world.advance(40_000)
    const before = world.requests.length
    tab.document.visibilityState = 'hidden'
    tab.fire('visibilitychange', tab.document)
    await settle()
    assert.equal(world.requests.length, before)
    source.close()
})

test('a page that is put aside lets go, and returns where it was', async () => {
    const { world, tab, source, seen } = begin()
    await settle()
    world.requests[0].write('id: 7\ndata: a\n\n')
    await settle()
    tab.fire('pagehide')
    await world.advance(600_000)
    assert.equal(world.requests[0].signal.aborted, true)
    assert.equal(world.requests.length, 1)
    assert.deepEqual(world.timers, [])
    assert.equal(source.readyState, 0)
    tab.fire('pageshow')
    await settle()
    assert.equal(world.requests[1].headers['last-event-id'], '7')
    assert.deepEqual(seen, ['open', 'a', 'open'])
    tab.fire('pagehide')
    source.close()
    tab.fire('pageshow')
    await settle()
    assert.equal(world.requests.length, 2)
    assert.equal(seen.at(-1), 'close closed 0')
})

test('a page that its browser freezes lets go too', async () => {
    const { world, tab, source, seen } = begin()
    await settle()
    tab.fire('freeze', tab.document)
    await world.advance(1000)
    assert.equal(world.requests[0].signal.aborted, true)
    assert.equal(source.readyState, 0)
    tab.fire('resume', tab.document)
    await settle()
    assert.equal(source.readyState, 1)
    assert.equal(world.requests.length, 2)
    source.close()
    assert.deepEqual(seen, ['open', 'open', 'close closed 0'])
})

test('a page that is put aside by a handler gets the rest when it is back, once', async () => {
    const { world, tab, source, seen } = begin()
    source.addEventListener('message', ({ data }) => data === 'a' && tab.fire('pagehide'))
    await settle()
    world.requests[0].write('id: 1\ndata: a\n\nid: 2\ndata: b\n\n')
    await settle()
    tab.fire('pageshow')
    await settle()
    assert.equal(world.requests[1].headers['last-event-id'], '1')
    world.requests[1].write('id: 2\ndata: b\n\n')
    await settle()
    assert.deepEqual(seen, ['open', 'a', 'open', 'b'])
    source.close()
})

test('heartbeats keep a stream, silence ends it', async () => {
    const { world, source, seen } = begin()
    await settle()
    for (let beat = 0; beat < 20; beat++) {
        world.requests[0].write(':\n\n')
        await world.advance(15_000)
    }
    assert.deepEqual(seen, ['open'])
    await world.advance(29_999)
    assert.deepEqual(seen, ['open'])
    await world.advance(1)
    assert.match(seen[1].message, /nothing came for 45000 ms/)
    await world.advance(1000)
    assert.equal(world.requests.length, 2)
    source.close()
})

test('a connection that is never answered is given up too', async () => {
    const { world, source, seen } = begin({ fallback: false }, { server: () => new Promise(() => {}) })
    await world.advance(45_000)
    assert.match(seen[0].message, /nothing came/)
    source.close()
})

test('idleTimeout can be set, and switched off', async () => {
    const short = begin({ idleTimeout: 3000 })
    await short.world.advance(3000)
    assert.equal(short.seen.length, 2)
    short.source.close()
    for (const idleTimeout of [0, 0x7fffffff * 3]) {
        const { world, source, seen } = begin({ idleTimeout, fallback: false })
        await world.advance(10_000_000)
        assert.deepEqual(seen, ['open'])
        source.close()
    }
})

test('after a sleep in which timers stood still, the clock decides', async () => {
    for (const [sleep, count] of [[44_000, 1], [46_000, 2]]) {
        const { world, tab, source } = begin()
        await settle()
        world.requests[0].write(':\n\n')
        await settle()
        world.jump(sleep)
        tab.fire('visibilitychange', tab.document)
        await world.advance(1000)
        assert.equal(world.requests.length, count)
        source.close()
    }
})

test('a clock that is set back does not hide silence', async () => {
    const { world, source, seen } = begin()
    await world.advance(1000)
    world.jump(-3_600_000)
    await world.advance(90_000)
    assert.match(seen[1].message, /nothing came for 45000 ms/)
    source.close()
})

test('nothing is left behind by a thousand reconnections', async () => {
    const { world, source } = begin({ initialDelay: 1 })
    await settle()
    for (let i = 0; i < 1000; i++) {
        world.requests.at(-1).write(`id: ${i}\ndata: a\n\n`)
        world.requests.at(-1).cut()
        await world.advance(100)
    }
    assert.equal(world.requests.length, 1001)
    assert.ok(world.timers.length <= 2, `${world.timers.length} timers`)
    assert.equal(world.requests.filter((request) => !request.signal.aborted).length, 1)
    source.close()
    await settle()
    assert.deepEqual(world.timers, [])
})
