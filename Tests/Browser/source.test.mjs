import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MartletSource } from '../../Sources/MartletServer/Browser/martlet.js'
import { World, openTo, record, settle, streamTo } from './world.mjs'

function begin(url = '/hub', options = {}) {
    const world = new World()
    world.server = (request) => openTo(request)
    const tab = world.tab()
    const source = tab.source(url, options)
    return { world, tab, source, seen: record(source) }
}

test('it has what EventSource has', async () => {
    const { source, world } = begin('../hub?a=1#part', { withCredentials: true })
    assert.ok(source instanceof EventTarget)
    assert.deepEqual([MartletSource.CONNECTING, MartletSource.OPEN, MartletSource.CLOSED], [0, 1, 2])
    assert.deepEqual([source.CONNECTING, source.OPEN, source.CLOSED], [0, 1, 2])
    assert.equal(source.url, 'https://app.example/hub?a=1')
    assert.equal(source.withCredentials, true)
    assert.equal(source.readyState, 0)
    assert.deepEqual([source.onopen, source.onmessage, source.onerror, source.onclose], [null, null, null, null])
    await settle()
    assert.equal(source.readyState, 1)
    const [request] = world.requests
    assert.equal(request.credentials, 'include')
    assert.equal(request.cache, 'no-store')
    assert.equal(request.headers.accept, 'text/event-stream')
    assert.equal('last-event-id' in request.headers, false)
    source.close()
    assert.equal(source.readyState, 2)
    assert.equal(request.signal.aborted, true)
})

test('what is no URL is a SyntaxError', () => {
    const tab = new World().tab()
    assert.throws(() => tab.source('http://['), { name: 'SyntaxError' })
})

test('topics become parameters', () => {
    const tab = new World().tab()
    assert.equal(tab.source('/hub?x=1', { topics: ['a b', 'users/{id}'] }).url,
        'https://app.example/hub?x=1&topic=a+b&topic=users%2F%7Bid%7D')
    assert.equal(tab.source('/hub', { topics: '*' }).url, 'https://app.example/hub?topic=*')
    assert.equal(tab.source('/hub', { topics: [] }).url, 'https://app.example/hub')
})

test('a message has data, lastEventId and the origin of the last redirect', async () => {
    const { world, source } = begin()
    world.server = (request) => {
        const response = openTo(request)
        Object.defineProperty(response, 'url', { value: 'https://other.example/there' })
        return response
    }
    const events = []
    source.onmessage = (event) => events.push(event)
    source.addEventListener('add', (event) => events.push(event))
    await settle()
    world.requests[0].write('id: 5\ndata: a\n\nevent: add\ndata: b\n\n')
    await settle()
    assert.deepEqual(
        events.map(({ type, data, lastEventId, origin }) => [type, data, lastEventId, origin]),
        [['message', 'a', '5', 'https://other.example'], ['add', 'b', '5', 'https://other.example']],
    )
    assert.ok(events[0] instanceof MessageEvent)
    source.close()
})

test('handlers can be set, replaced and taken away', async () => {
    const { world, source } = begin()
    const calls = []
    const first = function () {
        calls.push(['first', this === source])
    }
    source.onmessage = first
    assert.equal(source.onmessage, first)
    await settle()
    world.requests[0].write('data: a\n\n')
    await settle()
    source.onmessage = () => calls.push(['second'])
    world.requests[0].write('data: a\n\n')
    await settle()
    source.onmessage = 'no function'
    assert.equal(source.onmessage, null)
    world.requests[0].write('data: a\n\n')
    await settle()
    assert.deepEqual(calls, [['first', true], ['second']])
    source.close()
})

test('headers and a token are sent', async () => {
    const { world, source } = begin('/hub', { headers: { 'X-Tenant': '7' }, token: 'abc', lastEventId: 'é1' })
    await settle()
    const { headers, credentials } = world.requests[0]
    assert.equal(headers['x-tenant'], '7')
    assert.equal(headers.authorization, 'Bearer abc')
    assert.equal(credentials, 'same-origin')
    assert.equal(Buffer.from(headers['last-event-id'], 'latin1').toString(), 'é1')
    source.close()
})

test('a token function is asked before each connection', async () => {
    let number = 0
    const { world, source } = begin('/hub', { token: async () => `t${++number}` })
    await settle()
    world.requests[0].end()
    await world.advance(1000)
    assert.deepEqual(world.requests.map((request) => request.headers.authorization), ['Bearer t1', 'Bearer t2'])
    source.close()
})

test('a token function that throws is asked again, with the cause told', async () => {
    const cause = new Error('signed out')
    let isReady = false
    const { world, source, seen } = begin('/hub', { token: () => isReady ? 'good' : Promise.reject(cause) })
    await settle()
    assert.equal(world.requests.length, 0)
    assert.equal(seen[0].cause, cause)
    assert.equal(seen[0].willRetry, true)
    isReady = true
    await world.advance(1000)
    assert.equal(world.requests[0].headers.authorization, 'Bearer good')
    source.close()
})

test('a token function that never answers is given up by the idle timeout', async () => {
    const { world, source, seen } = begin('/hub', { token: () => new Promise(() => {}) })
    await world.advance(45_000)
    assert.match(seen[0].message, /nothing came for 45000 ms/)
    source.close()
})

for (const status of [401, 403]) {
    test(`after ${status} a token function is asked once more, at once`, async () => {
        let number = 0
        const { world, source, seen } = begin('/hub', { token: () => `t${++number}` })
        const refuse = (request) => {
            const response = streamTo(request, { status, type: 'text/plain' })
            request.write('expired')
            request.end()
            return response
        }
        world.server = refuse
        await settle()
        assert.equal(world.requests.length, 2)
        assert.deepEqual(seen.map((event) => event.willRetry ?? event), [true, false, `close refused ${status}`])
        assert.equal(seen[0].delay, 0)
        assert.equal(source.readyState, 2)

        const again = begin('/hub', { token: () => `t${++number}` })
        again.world.server = (request) => again.world.requests.length % 2 ? refuse(request) : openTo(request)
        await settle()
        assert.equal(again.source.readyState, 1)
        again.world.requests[1].end()
        await again.world.advance(1000)
        assert.equal(again.world.requests.length, 4, 'a later refusal may be repaired again')
        assert.equal(again.source.readyState, 1)
        again.source.close()
    })
}

test('a refusal ends it, and says status, text and body', async () => {
    const { world, source, seen } = begin('/hub', { token: 'fixed' })
    let state
    source.onerror = () => (state = source.readyState)
    world.server = (request) => {
        const response = streamTo(request, { status: 401, statusText: 'Unauthorized', type: 'text/plain' })
        request.write('the token has expired')
        request.end()
        return response
    }
    await settle()
    const [error, end] = seen
    assert.equal(error.status, 401)
    assert.equal(error.statusText, 'Unauthorized')
    assert.equal(error.body, 'the token has expired')
    assert.equal(error.willRetry, false)
    assert.equal(state, 2)
    assert.equal(end, 'close refused 401')
    await world.advance(600_000)
    assert.equal(world.requests.length, 1)
    assert.deepEqual(world.timers, [])
})

for (const status of [400, 404, 410, 201, 206, 304, 300]) {
    test(`${status} ends it`, async () => {
        const { world, source, seen } = begin()
        const headers = { 'Content-Type': 'text/event-stream' }
        world.server = () => new Response(status === 304 ? null : 'x', { status, headers })
        await settle()
        assert.equal(seen[0].status, status)
        assert.equal(seen[1], `close refused ${status}`)
        assert.equal(source.readyState, 2)
    })
}

test('204 ends it in good order', async () => {
    const { world, seen } = begin()
    world.server = () => new Response(null, { status: 204 })
    await settle()
    assert.equal(seen[0].status, 204)
    assert.equal(seen[0].willRetry, false)
    assert.deepEqual(seen.slice(1), ['close ended 204'])
})

for (const type of ['text/html; charset=utf-8', 'text/event-streams', 'application/json', null]) {
    test(`the content type ${type} ends it, with an excerpt`, async () => {
        const { world, seen } = begin()
        world.server = () => {
            const response = new Response('<h1>Sign in</h1>', { headers: { 'Content-Type': type ?? '' } })
            if (!type) response.headers.delete('Content-Type')
            return response
        }
        await settle()
        assert.equal(seen[0].body, '<h1>Sign in</h1>')
        assert.match(seen[0].message, /expected text\/event-stream/)
        assert.equal(seen[1], 'close content-type 200')
    })
}

test('a content type with parameters or in capitals is one', async () => {
    for (const type of ['text/event-stream; charset=utf-8', 'Text/Event-Stream;x=y']) {
        const { world, source } = begin()
        world.server = (request) => openTo(request, { type })
        await settle()
        assert.equal(source.readyState, 1)
        source.close()
    }
})

test('a body without end is cut at 64 KiB', async () => {
    const { world, seen } = begin()
    world.server = (request) => {
        const response = streamTo(request, { status: 400, type: 'text/plain' })
        for (let i = 0; i < 100; i++) request.write('x'.repeat(1000))
        return response
    }
    await settle()
    assert.equal(seen[0].body.length, 65_536)
    assert.equal(world.requests[0].signal.aborted, true)
})

test('a body that stalls is not waited for', async () => {
    const { world, seen } = begin()
    world.server = (request) => {
        const response = streamTo(request, { status: 400, type: 'text/plain' })
        request.write('so far')
        return response
    }
    await world.advance(5000)
    assert.equal(seen[0].body, 'so far')
    assert.equal(seen[1], 'close refused 400')
})

test('close() tells it once, and nothing comes after', async () => {
    const { world, source, seen } = begin()
    await settle()
    const [request] = world.requests
    source.onmessage = () => source.close()
    request.write('data: 1\n\ndata: 2\n\n')
    await settle()
    source.close()
    await world.advance(600_000)
    assert.deepEqual(seen, ['open', '1', 'close closed 0'])
    assert.equal(world.requests.length, 1)
    assert.deepEqual(world.timers, [])
})

test('close() is possible at any time', async () => {
    const early = begin()
    early.source.close()
    await settle()
    assert.equal(early.world.requests.length, 0)
    assert.deepEqual(early.seen, ['close closed 0'])

    const whileAsking = begin('/hub', { token: () => new Promise(() => {}) })
    await settle()
    whileAsking.source.close()
    await settle()
    assert.deepEqual(whileAsking.seen, ['close closed 0'])

    const whileConnecting = begin()
    whileConnecting.world.server = () => new Promise(() => {})
    await settle()
    whileConnecting.source.close()
    await settle()
    assert.deepEqual(whileConnecting.seen, ['close closed 0'])

    const whileWaiting = begin()
    whileWaiting.world.server = () => Promise.reject(new TypeError('refused'))
    await settle()
    whileWaiting.source.close()
    await whileWaiting.world.advance(600_000)
    assert.equal(whileWaiting.seen.length, 2)
    assert.equal(whileWaiting.world.requests.length, 1)

    for (const type of ['open', 'error', 'close']) {
        const { world, source, seen } = begin()
        source.addEventListener(type, () => source.close())
        await settle()
        world.requests[0].cut()
        await settle()
        source.close()
        await world.advance(600_000)
        assert.equal(seen.at(-1), 'close closed 0', type)
        assert.equal(seen.filter((event) => String(event).startsWith('close')).length, 1)
        assert.deepEqual(world.timers, [])
    }

    const whenRefused = begin()
    whenRefused.world.server = () => new Response('', { status: 404 })
    whenRefused.source.onerror = () => whenRefused.source.close()
    await settle()
    assert.deepEqual(whenRefused.seen.slice(1), ['close refused 404'])
})

test('a handler that throws does not break the stream', async () => {
    const { world, source, seen } = begin()
    const thrown = []
    const keep = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => thrown.push(error.message))
    try {
        source.onopen = () => { throw new Error('open') }
        source.onmessage = () => { throw new Error('message') }
        await settle()
        world.requests[0].write('data: 1\n\ndata: 2\n\n')
        await settle()
        world.requests[0].write('data: 3\n\n')
        await settle()
    } finally {
        process.removeAllListeners('uncaughtException')
        for (const listener of keep) process.on('uncaughtException', listener)
    }
    assert.deepEqual(seen, ['open', '1', '2', '3'])
    assert.deepEqual(thrown, ['open', 'message', 'message', 'message'])
    assert.equal(world.requests.length, 1)
    source.close()
})

test('a server may send events of the types open, error and close', async () => {
    const { world, source } = begin()
    const data = []
    for (const type of ['open', 'error', 'close']) source.addEventListener(type, (event) => data.push(event.data))
    await settle()
    world.requests[0].write('event: error\ndata: e\n\nevent: close\ndata: c\n\nevent: open\ndata: o\n\n')
    await settle()
    assert.deepEqual(data, [undefined, 'e', 'c', 'o'])
    assert.equal(source.readyState, 1)
    source.close()
})

test('martlet:gap is an event like others', async () => {
    const { world, source } = begin()
    const gaps = []
    source.addEventListener('martlet:gap', (event) => gaps.push(JSON.parse(event.data).reason))
    await settle()
    const gap = { requested: 'a-1', reason: 'trimmed', resumed: 'x-9' }
    world.requests[0].write(`event: martlet:gap\nid: x-9\ndata: ${JSON.stringify(gap)}\n\n`)
    await settle()
    assert.deepEqual(gaps, ['trimmed'])
    source.close()
})

test('an id too large to be sent does not break it', async () => {
    const { world, source, seen } = begin()
    await settle()
    world.requests[0].write(`id: ${'é'.repeat(1 << 20)}\ndata: a\n\n`)
    await settle()
    world.requests[0].cut()
    world.server = () => new Response('', { status: 431 })
    await world.advance(1000)
    assert.equal(world.requests[1].headers['last-event-id'].length, 2 << 20)
    assert.equal(seen.at(-1), 'close refused 431')
    assert.equal(source.readyState, 2)
})

test('it works without a page: no document, location, storage, navigator', async () => {
    const world = new World()
    const tab = world.tab()
    world.server = (request) => openTo(request)
    const { setTimeout, clearTimeout, fetch, Date, Math } = tab
    const bind = (action) => action.bind(tab)
    const env = { setTimeout: bind(setTimeout), clearTimeout: bind(clearTimeout), fetch: bind(fetch), Date, Math }
    assert.throws(() => new MartletSource('/relative', {}, env), { name: 'SyntaxError' })
    const source = new MartletSource('http://hub.example/', { share: true, remember: true }, env)
    const seen = record(source)
    await settle()
    world.requests[0].write('data: a\n\n')
    await settle()
    world.requests[0].cut()
    await world.advance(1000)
    assert.deepEqual([seen[0], seen[1], world.requests.length], ['open', 'a', 2])
    source.close()
})

test('remember keeps the id for a reload, by address or by name', async () => {
    for (const remember of [true, 'mine']) {
        const { world, tab, source } = begin('/hub', { topics: 'a', remember, lastEventId: 'given' })
        await settle()
        assert.equal(world.requests[0].headers['last-event-id'], 'given')
        world.requests[0].write('id: 5\ndata: a\n\n')
        await settle()
        source.close()
        const again = tab.source('/hub', { topics: 'a', remember, lastEventId: 'given' })
        const other = tab.source('/hub', { topics: 'b', remember: remember === true || 'other' })
        await settle()
        assert.equal(world.requests[1].headers['last-event-id'], '5')
        assert.equal('last-event-id' in world.requests[2].headers, false)
        again.close()
        other.close()
    }
})

test('events without an id do not take the one that was kept', async () => {
    const { world, tab, source } = begin('/hub', { remember: true })
    await settle()
    world.requests[0].write('data: a\n\nid: 5\ndata: b\n\nid\ndata: c\n\n')
    await settle()
    assert.deepEqual([...tab.sessionStorage.items.values()], ['5'])
    source.close()
})

test('without remember nothing is kept', async () => {
    const { world, tab, source } = begin()
    await settle()
    world.requests[0].write('id: 5\ndata: a\n\n')
    await settle()
    assert.equal(tab.sessionStorage.items.size, 0)
    source.close()
})

const refuse = (name) => {
    throw new DOMException('no', name)
}

test('blocked and full storage are lived without', async () => {
    for (const block of [
        (tab) => Object.defineProperty(tab, 'sessionStorage', { get: () => refuse('SecurityError') }),
        (tab) => (tab.sessionStorage.setItem = () => refuse('QuotaExceededError')),
    ]) {
        const world = new World()
        world.server = (request) => openTo(request)
        const tab = world.tab()
        block(tab)
        const source = tab.source('/hub', { remember: true })
        const seen = record(source)
        await settle()
        world.requests[0].write('id: 5\ndata: a\n\n')
        await settle()
        assert.deepEqual(seen, ['open', 'a'])
        source.close()
    }
})
