import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World, record, settle, streamTo } from './world.mjs'

/** A hub behind a proxy that lets answers through when they have ended, and no stream before. */
class BufferingHub {
    log = []
    values = []
    waiting = []
    hasHeaders = true
    streams = 0
    polls = []
    constructor(world) {
        this.world = world
        world.server = (request) => this.answer(request)
    }

    answer(request) {
        if (request.headers.accept === 'text/event-stream') {
            this.streams++
            return this.isOpen || this.hasHeaders ? this.stream(request) : new Promise(() => {})
        }
        this.polls.push(request)
        const id = request.headers['last-event-id']
        const events = id ? this.log.filter((event) => +event.id > +id) : []
        if (!id) return this.reply(this.values)
        if (events.length) return this.reply(events)
        return new Promise((resolve) => {
            const wait = { resolve, after: +id }
            this.waiting.push(wait)
            this.world.addTimer(request.tab, () => this.finish(wait), 25_000)
        })
    }

    stream(request) {
        const response = streamTo(request, { headers: { 'Last-Event-ID': String(this.log.length) } })
        if (this.isOpen) request.write(':\n\n')
        return response
    }

    reply(events) {
        const lastEventID = String(this.log.length)
        return Response.json({ lastEventID, events })
    }

    finish(wait) {
        const index = this.waiting.indexOf(wait)
        if (index < 0) return
        this.waiting.splice(index, 1)
        wait.resolve(this.reply(this.log.filter((event) => +event.id > wait.after)))
    }

    publish(data, more) {
        this.log.push({ id: String(this.log.length + 1), data: String(data), ...more })
        for (const wait of [...this.waiting]) this.finish(wait)
    }
}

function begin(options = {}) {
    const world = new World()
    const hub = new BufferingHub(world)
    const tab = world.tab()
    const source = tab.source('/hub', options)
    return { world, hub, tab, source, seen: record(source, ['message', 'add']) }
}

for (const hasHeaders of [true, false]) {
    test(`without a first byte it polls, ${hasHeaders ? 'though headers came' : 'and without headers'}`, async () => {
        const { world, hub, source, seen } = begin()
        hub.hasHeaders = hasHeaders
        await world.advance(4999)
        assert.equal(hub.polls.length, 0)
        await world.advance(1)
        assert.equal(source.readyState, 1)
        assert.equal(world.requests[0].signal.aborted, true)
        assert.equal(hub.polls[0].headers.accept, 'application/json')
        assert.equal('last-event-id' in hub.polls[0].headers, false)
        assert.equal(hub.polls[1].headers['last-event-id'], '0')
        hub.publish('a')
        await settle()
        hub.publish('b', { type: 'add' })
        hub.publish('c')
        await settle()
        await world.advance(30_000)
        hub.publish('d')
        await settle()
        assert.deepEqual(seen, ['open', 'a', 'b', 'c', 'd'])
        assert.equal(hub.polls.at(-1).headers['last-event-id'], '4')
        source.close()
        await settle()
        assert.deepEqual(world.timers.filter((timer) => !timer.action.toString().includes('finish')), [])
    })
}

test('headers whose body is held are not told as open, and are no place to go on from', async () => {
    const { world, hub, source, seen } = begin()
    hub.values.push({ id: '0', data: 'value' })
    await world.advance(4999)
    assert.deepEqual([seen, source.readyState], [[], 0])
    await world.advance(1)
    assert.equal('last-event-id' in hub.polls[0].headers, false)
    assert.deepEqual([seen, source.readyState], [['open', 'value'], 1])
    source.close()
})

test('tabs share what is polled, and one that joins later gets current values', async () => {
    const { world, hub, tab, source, seen } = begin({ share: true })
    await world.advance(10_000)
    hub.publish('a')
    hub.values.push(hub.log[0])
    await world.advance(1000)
    const late = world.tab().source('/hub', { share: true })
    const lateSeen = record(late)
    await world.advance(10_000)
    hub.publish('b')
    await settle()
    assert.deepEqual([seen, lateSeen], [['open', 'a', 'b'], ['open', 'a', 'b']])
    assert.ok(world.requests.every((request) => request.tab === tab || request.signal.aborted))
    late.close()
    source.close()
})

test('a poll takes 25 seconds to bring nothing, and the next follows at once', async () => {
    const { world, hub, source } = begin()
    await world.advance(5000)
    const before = hub.polls.length
    await world.advance(100_000)
    assert.equal(hub.polls.length, before + 4)
    source.close()
})

test('a poll may wait for longer than idleTimeout', async () => {
    const { world, hub, source, seen } = begin({ idleTimeout: 10_000 })
    await world.advance(29_000)
    hub.publish('a')
    await settle()
    assert.deepEqual(seen, ['open', 'a'])
    await world.advance(1000)
    hub.answer = () => new Promise(() => {})
    hub.publish('b')
    await world.advance(40_000)
    assert.match(seen[3].message, /nothing came for 40000 ms/)
    source.close()
})

test('a page that is shown again does not take a poll for a dead stream', async () => {
    const { world, tab, source, seen } = begin({ idleTimeout: 10_000 })
    await world.advance(20_000)
    tab.fire('visibilitychange', tab.document)
    await settle()
    assert.deepEqual(seen, ['open'])
    source.close()
})

test('a clock that is set back does not make it poll for longer', async () => {
    const { world, hub, source } = begin()
    await world.advance(10_000)
    world.jump(-3_600_000)
    await world.advance(60_000)
    assert.equal(hub.streams, 2)
    await world.advance(100_000)
    assert.equal(hub.streams, 2)
    source.close()
})

test('events of a poll have id, type, data and origin; what lacks is made up', async () => {
    const { world, hub, source } = begin()
    const events = []
    for (const type of ['message', 'add']) source.addEventListener(type, (event) => events.push(event))
    const told = [{ id: '1', type: 'add', data: 'a' }, { data: 'b' }, { id: '3', type: null, data: 5, retry: 4000 }]
    const answers = [{ lastEventID: '3', events: told }]
    await world.advance(4000)
    hub.answer = () => answers.length ? Response.json(answers.shift()) : new Promise(() => {})
    await world.advance(1000)
    assert.deepEqual(events.map(({ type, data, lastEventId, origin }) => [type, data, lastEventId, origin]), [
        ['add', 'a', '1', 'https://app.example'],
        ['message', 'b', '1', 'https://app.example'],
        ['message', '5', '3', 'https://app.example'],
    ])
    source.close()
})

test('an answer that neither waits nor brings anything is not asked for in a loop', async () => {
    const { world, hub, source } = begin()
    hub.answer = (request) => {
        if (request.headers.accept === 'text/event-stream') return new Promise(() => {})
        hub.polls.push(request)
        return Response.json({ lastEventID: '1', events: [] })
    }
    await world.advance(15_000)
    assert.ok(hub.polls.length <= 13, `${hub.polls.length} polls`)
    source.close()
})

test('after three minutes it tries a stream again, and stays with one that gets through', async () => {
    const { world, hub, source, seen } = begin()
    await world.advance(5000)
    assert.equal(hub.streams, 1)
    await world.advance(210_000)
    assert.equal(hub.streams, 2)
    hub.publish('a')
    await world.advance(5000)
    hub.isOpen = true
    await world.advance(210_000)
    const stream = world.requests.at(-1)
    assert.equal(stream.headers.accept, 'text/event-stream')
    assert.equal(stream.headers['last-event-id'], '1')
    stream.write('id: 2\ndata: b\n\n')
    await settle()
    assert.deepEqual(seen, ['open', 'a', 'b'])
    source.close()
})

test('a hub that is gone while polling is an error, and is asked again', async () => {
    const { world, hub, source, seen } = begin()
    await world.advance(6000)
    hub.publish('a')
    await settle()
    world.requests.at(-1).drop(new TypeError('connection lost'))
    await settle()
    assert.equal(seen.at(-1).willRetry, true)
    assert.equal(source.readyState, 0)
    await world.advance(1000)
    assert.equal(world.requests.at(-1).headers.accept, 'text/event-stream')
    hub.publish('b')
    await world.advance(7000)
    assert.deepEqual(seen.filter((event) => typeof event === 'string'), ['open', 'a', 'open', 'b'])
    source.close()
})

for (const [name, answer] of [
    ['a stream again', (request) => streamTo(request)],
    ['406', () => new Response('', { status: 406 })],
    ['404', () => new Response('', { status: 404 })],
    ['HTML', () => new Response('<p>', { headers: { 'Content-Type': 'text/html' } })],
]) {
    test(`a server that answers a poll with ${name} is left to stream as it likes`, async () => {
        const world = new World()
        const tab = world.tab()
        world.server = (request) => request.headers.accept === 'text/event-stream' ? streamTo(request) : answer(request)
        const source = tab.source('/hub')
        const seen = record(source)
        await world.advance(40_000)
        const stream = world.requests.at(-1)
        assert.equal(stream.isOver, undefined)
        stream.write('data: at last\n\n')
        await settle()
        assert.deepEqual(seen, ['open', 'at last'])
        stream.cut()
        await world.advance(40_000)
        assert.deepEqual(seen.slice(3), ['open'])
        assert.equal(world.requests.filter((request) => request.headers.accept !== 'text/event-stream').length, 1)
        source.close()
    })
}

for (const [name, body] of [
    ['no JSON', '<p>'], ['cut JSON', '{"lastEventID":"1","ev'], ['null', 'null'], ['a number', '7'],
    ['no events', '{"lastEventID":"1"}'], ['events that are none', '{"events":{"length":3}}'],
    ['null for an event', '{"lastEventID":"1","events":[null]}'],
]) {
    test(`a malformed answer to a poll is an error, and is tried again: ${name}`, async () => {
        const { world, hub, source, seen } = begin()
        hub.answer = (request) => request.headers.accept === 'text/event-stream'
            ? new Promise(() => {})
            : new Response(body, { headers: { 'Content-Type': 'application/json' } })
        await world.advance(5000)
        const errors = seen.filter((event) => event !== 'open')
        assert.equal(errors.length, 1)
        assert.equal(errors[0].willRetry, true)
        source.close()
    })
}

test('an answer to a poll that is too large ends it', async () => {
    const { world, hub, source, seen } = begin({ maxEventSize: 1000 })
    await world.advance(4000)
    hub.publish('x'.repeat(2000))
    hub.reply = () => Response.json({ lastEventID: '1', events: hub.log })
    await world.advance(1000)
    assert.match(seen[0].message, /larger than 1000/)
    assert.equal(seen[1], 'close too-large 0')
    assert.equal(source.readyState, 2)
})

test('a refusal of a poll is one', async () => {
    const { world, hub, seen } = begin()
    hub.answer = (request) => request.headers.accept === 'text/event-stream'
        ? new Promise(() => {})
        : new Response('no', { status: 401 })
    await world.advance(5000)
    assert.deepEqual([seen[0].status, seen[0].body, seen[1]], [401, 'no', 'close refused 401'])
})

test('close() within a poll, and while one is waited for', async () => {
    const { world, hub, source, seen } = begin()
    await world.advance(5000)
    source.onmessage = () => source.close()
    hub.publish('a')
    await settle()
    assert.deepEqual(seen, ['open', 'a', 'close closed 0'])
    const again = begin()
    await again.world.advance(5000)
    again.source.close()
    await settle()
    assert.equal(again.world.requests.at(-1).signal.aborted, true)
    assert.deepEqual(again.seen, ['open', 'close closed 0'])
    assert.equal(hub.waiting.length, 0)
})

test('a page that is put aside by a handler gets the rest of an answer when it is back, once', async () => {
    const { world, hub, tab, source, seen } = begin()
    source.addEventListener('message', ({ data }) => data === 'a' && tab.fire('pagehide'))
    await world.advance(5000)
    hub.log.push({ id: '1', data: 'a' }, { id: '2', data: 'b' })
    hub.publish('c')
    await settle()
    assert.deepEqual(seen, ['open', 'a'])
    tab.fire('pageshow')
    await world.advance(5000)
    assert.deepEqual(seen, ['open', 'a', 'open', 'b', 'c'])
    source.close()
})

test('fallback: false never polls', async () => {
    const { world, hub, source, seen } = begin({ fallback: false })
    await world.advance(40_000)
    assert.deepEqual([hub.polls.length, world.requests.length, seen], [0, 1, ['open']])
    source.close()
})

test('firstByteTimeout can be set', async () => {
    const { world, hub, source } = begin({ firstByteTimeout: 500 })
    await world.advance(500)
    assert.equal(hub.polls.length, 2)
    source.close()
})
