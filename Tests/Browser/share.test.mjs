import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hub, World, openTo, record, settle } from './world.mjs'

/** A hub and tabs that share; `seen` has what each tab was told. */
async function begin(count, options = {}) {
    const world = new World()
    const hub = new Hub(world)
    const tabs = []
    const add = async (more = {}) => {
        const tab = world.tab()
        const source = tab.source('/hub', { share: true, ...options, ...more })
        const seen = record(source)
        tabs.push({ tab, source, seen, data: () => seen.filter((event) => /^\d+$/.test(event)).map(Number) })
        return tabs.at(-1)
    }
    for (let i = 0; i < count; i++) await add()
    await world.advance(2000)
    return { world, hub, tabs, add }
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

test('eight tabs have one connection, and all of them get everything', async () => {
    const { hub, tabs } = await begin(8)
    assert.equal(hub.streams.length, 1)
    for (let i = 1; i <= 50; i++) hub.publish(i)
    await settle()
    for (const { seen, data, source } of tabs) {
        assert.deepEqual(data(), range(1, 50))
        assert.equal(seen.filter((event) => event === 'open').length, 1)
        assert.equal(source.readyState, 1)
    }
    assert.equal(hub.streams.length, 1)
})

test('followers get type, id, origin and gaps as the leader does', async () => {
    const { hub, tabs } = await begin(3)
    const gaps = tabs.map(({ source }) => {
        const events = []
        source.addEventListener('martlet:gap', (it) => events.push([it.data, it.lastEventId, it.origin]))
        return events
    })
    hub.publish('{}', { type: 'martlet:gap' })
    await settle()
    for (const events of gaps) assert.deepEqual(events, [['{}', 'e-1', 'https://app.example']])
})

for (const end of ['crash', 'close', 'pagehide', 'freeze']) {
    test(`after the leader's ${end} the next tab goes on: nothing lost, nothing twice`, async () => {
        const { world, hub, tabs } = await begin(4)
        for (let i = 1; i <= 10; i++) hub.publish(i)
        await settle()
        const [first] = tabs
        if (end === 'crash') first.tab.crash()
        else if (end === 'close') first.source.close()
        else first.tab.fire(end, end === 'freeze' ? first.tab.document : first.tab)
        for (let i = 11; i <= 20; i++) hub.publish(i)
        await world.advance(2000)
        for (let i = 21; i <= 30; i++) hub.publish(i)
        await settle()
        for (const { data } of tabs.slice(1)) assert.deepEqual(data(), range(1, 30))
        assert.deepEqual(first.data(), range(1, 10))
        assert.equal(hub.streams.length, 1)
        if (end === 'pagehide' || end === 'freeze') {
            if (end === 'freeze') first.tab.fire('resume', first.tab.document)
            else first.tab.fire('pageshow')
            await world.advance(2000)
            hub.publish(31)
            await settle()
            for (const { data } of tabs) assert.deepEqual(data(), range(1, 31))
            assert.equal(hub.streams.length, 1)
        }
    })
}

test('leaders come and go while events come without a pause', async () => {
    const { world, hub, tabs, add } = await begin(6)
    let number = 0
    for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 20; i++) {
            hub.publish(++number)
            if (i === 7) tabs[round].tab.crash()
            await world.advance(90)
        }
    }
    await world.advance(3000)
    assert.deepEqual(tabs[5].data(), range(1, number))
    const late = await add()
    await world.advance(2000)
    hub.publish(++number)
    await settle()
    assert.deepEqual(late.data(), [number])
    assert.equal(hub.streams.length, 1)
})

test('a server that dies and returns under a group: nothing lost, nothing twice', async () => {
    const { world, hub, tabs } = await begin(3)
    hub.publish(1)
    await settle()
    hub.kill()
    hub.publish(2)
    await world.advance(10_000)
    for (const { seen, source } of tabs) {
        assert.equal(source.readyState, 0)
        assert.ok(seen.some((event) => event.willRetry && event.message === 'connection lost'))
    }
    hub.isUp = true
    await world.advance(30_000)
    hub.publish(3)
    await settle()
    for (const { data, source } of tabs) {
        assert.deepEqual(data(), [1, 2, 3])
        assert.equal(source.readyState, 1)
    }
    assert.equal(hub.streams.length, 1)
})

test('a tab that joins later gets no old events, but current values', async () => {
    const { world, hub, tabs, add } = await begin(2)
    hub.publish(1)
    hub.publish(2, { topic: 'counter' })
    hub.publish(3)
    await settle()
    const late = await add()
    await world.advance(2000)
    assert.deepEqual(late.data(), [2])
    hub.publish(4, { topic: 'counter' })
    await settle()
    assert.deepEqual(late.data(), [2, 4])
    assert.deepEqual(tabs[0].data(), [1, 2, 3, 4])
    assert.equal(hub.streams.length, 1)
})

test('a tab that joins while its leader is behind ends at the newest values', async () => {
    const { world, hub, tabs, add } = await begin(1)
    hub.publish(1)
    await settle()
    hub.kill()
    hub.publish(2, { topic: 'a' })
    for (let i = 3; i <= 7; i++) hub.publish(i, { topic: 'b' })
    await world.advance(6000)
    hub.isUp = true
    const late = await add()
    await settle()
    assert.deepEqual(late.data(), [2, 7])
    await world.advance(10_000)
    assert.deepEqual(late.data(), [2, 7])
    assert.deepEqual(tabs[0].data(), range(1, 7))
    hub.publish(8)
    await settle()
    assert.deepEqual(late.data(), [2, 7, 8])
    assert.equal(hub.streams.length, 1)
})

test('nor does a leader that is slow make it end at an older one', async () => {
    const { world, hub, tabs, add } = await begin(1)
    const [slow] = hub.streams
    hub.holds = (request) => request === slow
    hub.publish(1, { topic: 'a' })
    for (let i = 2; i <= 6; i++) hub.publish(i, { topic: 'b' })
    const late = await add()
    await settle()
    assert.deepEqual(late.data(), [1, 6])
    for (let i = 0; i < 3; i++) {
        slow.write(slow.held.shift())
        await world.advance(i * 1500)
    }
    assert.deepEqual([tabs[0].data(), late.data()], [[1, 2, 3], [1, 6]])
    hub.holds = () => false
    hub.release(slow)
    hub.publish(7)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [range(1, 7), [1, 6, 7]])
    assert.equal(hub.streams.length, 1)
})

test('a tab with an id of its own is not told what its leader comes to before that', async () => {
    const { world, hub, tabs, add } = await begin(1)
    const [slow] = hub.streams
    hub.holds = (request) => request === slow
    for (let i = 1; i <= 50; i++) hub.publish(i)
    const late = await add({ lastEventId: 'e-50' })
    await world.advance(500)
    hub.holds = () => false
    hub.release(slow)
    await settle()
    assert.equal(hub.streams.length, 1)
    await world.advance(30_000)
    hub.publish(51)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [range(1, 51), [51]])
})

test('a tab that joins does not wait for a leader that is at the same place but not connected', async () => {
    const { world, hub, tabs, add } = await begin(1, { initialDelay: 25_000 })
    hub.publish(1, { topic: 'a' })
    await settle()
    hub.streams[0].cut()
    const late = await add()
    await world.advance(4000)
    hub.publish(2)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [[1], [1, 2]])
    await world.advance(30_000)
    hub.publish(3)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [[1, 2, 3], [1, 2, 3]])
    assert.equal(hub.streams.length, 1)
})

test('what the network of a tab that joins holds back for longer comes from its leader', async () => {
    const { world, hub, tabs, add } = await begin(1)
    const [stream] = hub.streams
    hub.holds = (request) => request !== stream
    const late = await add()
    await world.advance(300)
    hub.publish(1)
    await world.advance(1500)
    assert.equal(hub.streams.length, 1)
    hub.publish(2)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [[1, 2], [1, 2]])
})

test('tabs that got values when they joined need no connection at a takeover', async () => {
    const world = new World()
    const hub = new Hub(world)
    hub.publish(1, { topic: 'a' })
    // What other topics had since makes their places differ.
    let place = 1
    const answer = hub.answer.bind(hub)
    world.server = (request) => {
        const response = answer(request)
        if (!request.headers['last-event-id']) request.write(`id: p-${place++}\n\n`)
        return response
    }
    const tabs = []
    for (let i = 0; i < 8; i++) {
        const tab = world.tab()
        tabs.push({ tab, seen: record(tab.source('/hub', { share: true })) })
        await world.advance(2500)
    }
    const before = world.requests.length
    tabs[0].tab.crash()
    await world.advance(3000)
    assert.equal(world.requests.length, before + 1)
    assert.equal(hub.streams.length, 1)
})

test('tabs join while events come: each is told everything from its beginning on', async () => {
    const { world, hub, tabs, add } = await begin(1)
    let number = 0
    for (let i = 0; i < 60; i++) {
        hub.publish(++number)
        if (i % 10 === 5) await add()
        await world.advance(35)
    }
    await world.advance(2000)
    hub.publish(++number)
    await settle()
    for (const { data } of tabs) {
        const all = data()
        assert.deepEqual(all, range(all[0], number))
    }
    assert.equal(hub.streams.length, 1)
    assert.ok(tabs.at(-1).data()[0] >= 56)
})

test('a tab with an id of its own gets what comes after it, and then shares', async () => {
    const { world, hub, tabs, add } = await begin(2)
    for (let i = 1; i <= 500; i++) hub.publish(i)
    await settle()
    const late = await add({ lastEventId: 'e-120' })
    await settle()
    assert.equal(hub.streams.length, 1, 'the two have met where the leader was')
    assert.deepEqual(late.data(), range(121, 500))
    hub.publish(501)
    await settle()
    assert.deepEqual(late.data(), range(121, 501))
    assert.deepEqual(tabs[1].data(), range(1, 501))
    assert.equal(hub.streams.length, 1)
})

test('a tab that is where the leader is needs no connection of its own', async () => {
    const { world, hub, add } = await begin(1)
    hub.publish(1)
    await settle()
    const before = world.requests.length
    const late = await add({ lastEventId: 'e-1' })
    await world.advance(2000)
    hub.publish(2)
    await settle()
    assert.deepEqual(late.data(), [2])
    assert.equal(world.requests.length, before)
    assert.deepEqual(late.seen, ['open', '2'])
})

test('a leader that begins far back does not bother those that join', async () => {
    const world = new World()
    const hub = new Hub(world)
    for (let i = 1; i <= 50; i++) hub.publish(i)
    const first = world.tab().source('/hub', { share: true, lastEventId: 'e-10' })
    const firstSeen = record(first)
    const second = world.tab().source('/hub', { share: true })
    const secondSeen = record(second)
    await world.advance(3000)
    hub.publish(51)
    await settle()
    assert.deepEqual(firstSeen.slice(1).map(Number), range(11, 51))
    assert.deepEqual(secondSeen, ['open', '51'])
    assert.equal(hub.streams.length, 1)
})

test('a frozen follower gets what it missed from the leader, without a connection', async () => {
    const { world, hub, tabs } = await begin(3)
    hub.publish(1)
    await settle()
    const frozen = tabs[2]
    frozen.tab.isFrozen = true
    const before = world.requests.length
    for (let i = 2; i <= 100; i++) hub.publish(i)
    await world.advance(30_000)
    frozen.tab.isFrozen = false
    hub.publish(101)
    await world.advance(5000)
    for (const { data } of tabs) assert.deepEqual(data(), range(1, 101))
    assert.equal(world.requests.length, before)
})

test('it notices without a new event, when it is looked at again', async () => {
    const { world, hub, tabs } = await begin(2)
    tabs[1].tab.isFrozen = true
    hub.publish(1)
    await world.advance(60_000)
    tabs[1].tab.isFrozen = false
    tabs[1].tab.fire('visibilitychange', tabs[1].tab.document)
    await settle()
    assert.deepEqual(tabs[1].data(), [1])
})

test('a follower that is put aside by a handler gets the rest when it is back, once', async () => {
    const { world, hub, tabs } = await begin(2)
    const [, { tab, source, data }] = tabs
    source.addEventListener('message', (event) => event.data === '2' && tab.fire('pagehide'))
    hub.publish(1)
    await settle()
    tab.isFrozen = true
    for (let i = 2; i <= 5; i++) hub.publish(i)
    await settle()
    tab.isFrozen = false
    tab.fire('visibilitychange', tab.document)
    await settle()
    assert.deepEqual(data(), [1, 2])
    tab.fire('pageshow')
    await world.advance(2000)
    hub.publish(6)
    await settle()
    assert.deepEqual(data(), range(1, 6))
    assert.equal(hub.streams.length, 1)
})

test('a follower frozen for longer than the ring holds catches up from the hub', async () => {
    for (const [count, size] of [[2000, 1], [20, 200_000]]) {
        const { world, hub, tabs } = await begin(2)
        hub.publish(1)
        await settle()
        const [, frozen] = tabs
        frozen.tab.isFrozen = true
        for (let i = 2; i <= count; i++) hub.publish(String(i).padStart(size, '0'))
        await world.advance(30_000)
        const own = () => world.requests.filter((request) => request.tab === frozen.tab).length
        const before = own()
        frozen.tab.isFrozen = false
        hub.publish(count + 1)
        await world.advance(5000)
        assert.equal(own(), before + 1, 'nobody keeps all that')
        hub.publish(count + 2)
        await settle()
        assert.deepEqual(frozen.data(), range(1, count + 2))
        assert.equal(hub.streams.length, 1)
    }
})

test('a follower that was frozen while the leader changed misses nothing', async () => {
    for (const changes of [1, 2]) {
        const { world, hub, tabs } = await begin(4)
        let number = 0
        const publish = () => hub.publish(++number)
        publish()
        await settle()
        const frozen = tabs[3]
        frozen.tab.isFrozen = true
        for (let change = 0; change < changes; change++) {
            publish()
            await settle()
            tabs[change].tab.crash()
            publish()
            await world.advance(3000)
        }
        frozen.tab.isFrozen = false
        publish()
        await world.advance(10_000)
        publish()
        await settle()
        assert.deepEqual(frozen.data(), range(1, number))
        assert.deepEqual(tabs[2].data(), range(1, number))
        assert.equal(hub.streams.length, 1)
    }
})

test('a follower that has seen more than the new leader is told nothing twice', async () => {
    for (const next of [1, 2]) {
        const { world, hub, tabs } = await begin(4)
        hub.publish(1)
        await settle()
        const behind = tabs[1]
        behind.tab.isFrozen = true
        for (let i = 2; i <= 6; i++) hub.publish(i)
        await settle()
        tabs[0].tab.crash()
        behind.tab.isFrozen = false
        await world.advance(200)
        if (next === 2) tabs[1].tab.crash()
        for (let i = 7; i <= 9; i++) hub.publish(i)
        await world.advance(5000)
        hub.publish(10)
        await settle()
        for (const { data } of tabs.slice(next)) assert.deepEqual(data(), range(1, 10))
        assert.equal(hub.streams.length, 1)
    }
})

test('one that was ahead leads next: who was behind gets what lies between', async () => {
    const { world, hub, tabs } = await begin(4)
    hub.publish(1)
    await settle()
    tabs[1].tab.isFrozen = tabs[3].tab.isFrozen = true
    for (let i = 2; i <= 6; i++) hub.publish(i)
    await settle()
    hub.kill()
    tabs[0].tab.crash()
    tabs[1].tab.isFrozen = tabs[3].tab.isFrozen = false
    await settle()
    tabs[1].tab.crash()
    await settle()
    hub.isUp = true
    hub.publish(7)
    await world.advance(10_000)
    hub.publish(8)
    await settle()
    for (const { data } of tabs.slice(2)) assert.deepEqual(data(), range(1, 8))
    assert.equal(hub.streams.length, 1)
})

test('one that was ahead, and frozen while another took over, needs no connection', async () => {
    const { world, hub, tabs } = await begin(3)
    hub.publish(1)
    await settle()
    tabs[1].tab.isFrozen = true
    for (let i = 2; i <= 6; i++) hub.publish(i)
    await settle()
    tabs[2].tab.isFrozen = true
    // A value replaces those before it, so what the next leader is told has other numbers.
    hub.log.splice(1, 4)
    tabs[0].tab.crash()
    tabs[1].tab.isFrozen = false
    await world.advance(1000)
    hub.publish(7)
    await settle()
    const before = world.requests.length
    tabs[2].tab.isFrozen = false
    tabs[2].tab.fire('visibilitychange', tabs[2].tab.document)
    await settle()
    hub.publish(8)
    await settle()
    assert.deepEqual(tabs[1].data(), [1, 6, 7, 8])
    assert.deepEqual(tabs[2].data(), range(1, 8))
    assert.equal(world.requests.length, before)
})

test('a hub that says its position: nothing is lost even if nothing had come yet', async () => {
    const world = new World()
    const hub = new Hub(world)
    hub.saysPosition = true
    const tabs = [1, 2, 3].map(() => world.tab())
    const seen = tabs.map((tab) => record(tab.source('/hub', { share: true })))
    await world.advance(3000)
    tabs[0].crash()
    hub.publish(1)
    await world.advance(1000)
    assert.deepEqual(seen.slice(1), [['open', '1'], ['open', '1']])
    assert.equal(hub.streams.length, 1)
})

for (const share of [false, true]) {
    test(`a page that is put aside remembers ids that came without events${share ? ', as a leader' : ''}`, async () => {
        const world = new World()
        const hub = new Hub(world)
        hub.saysPosition = true
        const tab = world.tab()
        const seen = record(tab.source('/hub', { share }))
        await world.advance(2000)
        tab.fire('pagehide')
        hub.publish(1)
        tab.fire('pageshow')
        await world.advance(2000)
        assert.deepEqual(seen, ['open', 'open', '1'])
        hub.streams[0].write('id: e-7\n\n')
        await settle()
        tab.fire('pagehide')
        tab.fire('pageshow')
        await settle()
        assert.equal(world.requests.at(-1).headers['last-event-id'], 'e-7')
    })
}

test('one that is frozen while it catches up misses nothing', async () => {
    const { world, hub, tabs, add } = await begin(2)
    hub.publish(1)
    hub.publish(2)
    await settle()
    const [stream] = hub.streams
    hub.holds = (request) => request !== stream
    const late = await add({ lastEventId: 'e-1' })
    await settle()
    hub.publish(3)
    hub.publish(4)
    await settle()
    late.tab.isFrozen = true
    hub.publish(5)
    hub.publish(6)
    await settle()
    late.tab.isFrozen = false
    hub.publish(7)
    await settle()
    hub.holds = () => false
    for (const request of hub.streams) hub.release(request)
    await world.advance(3000)
    hub.publish(8)
    await settle()
    assert.deepEqual(late.data(), range(2, 8))
    assert.deepEqual(tabs[1].data(), range(1, 8))
    assert.equal(hub.streams.length, 1)
})

test('a leader whose timers are late is reminded by those who ask', async () => {
    for (const delay of [1000, 25_000]) {
        const { world, hub, tabs } = await begin(2, { initialDelay: delay })
        hub.streams[0].cut()
        await settle()
        // A hidden page's timers may come once a minute.
        for (const timer of world.timers) if (timer.tab === tabs[0].tab) timer.at += 60_000
        await world.advance(delay - 1)
        assert.equal(hub.streams.length, 0)
        await world.advance(7000)
        assert.equal(hub.streams.length, 1)
        assert.equal(tabs[1].source.readyState, 1)
    }
})

test('while offline a leader is not reminded', async () => {
    const { world, hub, tabs } = await begin(2)
    tabs[0].tab.navigator.onLine = false
    hub.streams[0].cut()
    await world.advance(30_000)
    assert.equal(hub.streams.length, 0)
    tabs[0].tab.navigator.onLine = true
    tabs[0].tab.fire('online')
    await settle()
    assert.equal(hub.streams.length, 1)
})

test('a follower that is looked at again ends the wait of its leader', async () => {
    const { world, hub, tabs } = await begin(2, { initialDelay: 25_000 })
    hub.streams[0].cut()
    await settle()
    tabs[1].tab.fire('visibilitychange', tabs[1].tab.document)
    await settle()
    assert.equal(hub.streams.length, 1)
})

test('a network that holds back what a tab catches up with loses nothing', async () => {
    const { world, hub, tabs, add } = await begin(1)
    for (let i = 1; i <= 5; i++) hub.publish(i)
    await settle()
    const [stream] = hub.streams
    hub.holds = (request) => request !== stream
    const late = await add({ lastEventId: 'e-2' })
    await world.advance(15_000)
    hub.holds = () => false
    for (const request of hub.streams) hub.release(request)
    await settle()
    assert.deepEqual(late.data(), [3, 4, 5])
    assert.equal(hub.streams.length, 1)
    hub.publish(6)
    await settle()
    assert.deepEqual(late.data(), [3, 4, 5, 6])
    assert.deepEqual(tabs[0].data(), range(1, 6))
})

test('who comes with an id that its leader never meets shares after a while', async () => {
    const { world, hub, tabs, add } = await begin(1)
    hub.log.unshift({ id: 'e-0', data: '0' })
    const late = await add({ lastEventId: 'e-0' })
    await world.advance(5000)
    assert.equal(hub.streams.length, 2)
    await world.advance(16_000)
    assert.equal(hub.streams.length, 1)
    hub.publish(1)
    await settle()
    assert.deepEqual([tabs[0].data(), late.data()], [[1], [1]])
})

test('what came while catching up is kept for those who ask, when its turn comes to lead', async () => {
    const { world, hub, tabs, add } = await begin(1)
    hub.publish(1)
    await settle()
    const [stream] = hub.streams
    hub.holds = (request) => request !== stream && request.headers['last-event-id'] === 'e-0'
    hub.log.unshift({ id: 'e-0', data: '0' })
    const late = await add({ lastEventId: 'e-0' })
    const third = await add()
    await world.advance(2000)
    for (let i = 2; i <= 4; i++) hub.publish(i)
    await settle()
    third.tab.isFrozen = true
    hub.publish(5)
    await settle()
    const [slow] = hub.streams.filter((request) => request.held)
    slow.write(slow.held.shift())
    slow.write(slow.held.shift())
    await settle()
    assert.deepEqual(late.data(), range(1, 5))
    const before = world.requests.length
    tabs[0].tab.crash()
    third.tab.isFrozen = false
    await settle()
    hub.publish(6)
    await world.advance(1000)
    assert.deepEqual(third.data(), range(2, 6))
    assert.deepEqual(late.data(), range(1, 6))
    assert.equal(world.requests.length, before + 1)
})

test('a leader that hangs: the others connect by themselves meanwhile, and share again after it', async () => {
    const { world, hub, tabs, add } = await begin(3)
    hub.publish(1)
    await settle()
    tabs[0].tab.isFrozen = true
    // A frozen page reads nothing, and what its server sends waits in the socket.
    const [stuck] = hub.streams
    hub.holds = (request) => request === stuck
    hub.publish(2)
    await world.advance(15_000)
    hub.publish(3)
    const late = await add()
    await world.advance(15_000)
    hub.publish(4)
    await settle()
    for (const { data } of tabs.slice(1, 3)) assert.deepEqual(data(), [1, 2, 3, 4])
    assert.deepEqual(late.data(), [4])
    assert.equal(hub.streams.length, 4)

    tabs[0].tab.isFrozen = false
    hub.holds = () => false
    hub.release(stuck)
    await world.advance(10_000)
    hub.publish(5)
    await settle()
    for (const { data } of tabs.slice(0, 3)) assert.deepEqual(data(), [1, 2, 3, 4, 5])
    assert.deepEqual(late.data(), [4, 5])
    assert.equal(hub.streams.length, 1)
})

test('a leader that hangs and is then killed: one of those that went alone leads', async () => {
    const { world, hub, tabs } = await begin(4)
    hub.publish(1)
    await settle()
    tabs[0].tab.isFrozen = true
    await world.advance(15_000)
    hub.publish(2)
    await settle()
    tabs[0].tab.crash()
    for (let i = 3; i <= 5; i++) hub.publish(i)
    await world.advance(5000)
    hub.publish(6)
    await settle()
    for (const { data } of tabs.slice(1)) assert.deepEqual(data(), range(1, 6))
    assert.equal(hub.streams.length, 1)
})

test('a hub that gives no ids can be shared too', async () => {
    const { world, hub, tabs, add } = await begin(2)
    const publish = (data) => {
        for (const stream of hub.streams) stream.write(`data: ${data}\n\n`)
    }
    publish(1)
    await settle()
    const late = await add()
    await settle()
    for (let i = 2; i <= 40; i++) {
        publish(i)
        await world.advance(100)
    }
    assert.deepEqual(tabs[1].data(), range(1, 40))
    assert.deepEqual(late.data(), range(2, 40))
    assert.equal(hub.streams.length, 1)
})

test('a server without ids that sends its value at once: a value that returns is told', async () => {
    const world = new World()
    let value = 5
    const tell = (request) => request.write(`data: ${value}\n\n`)
    world.server = (request) => {
        const response = openTo(request)
        tell(request)
        return response
    }
    const seen = []
    for (let i = 0; i < 2; i++) {
        seen.push(record(world.tab().source('/hub', { share: true })))
        await world.advance(3000)
    }
    for (value of [6, 5]) {
        for (const request of world.requests) if (!request.isOver) tell(request)
        await world.advance(3000)
    }
    assert.deepEqual(seen, [['open', '5', '6', '5'], ['open', '5', '6', '5']])
})

test('a clock that is set back does not hide that a leader hangs', async () => {
    const { world, hub, tabs } = await begin(2)
    hub.publish(1)
    await settle()
    tabs[0].tab.isFrozen = true
    const [stuck] = hub.streams
    hub.holds = (request) => request === stuck
    world.jump(-3_600_000)
    hub.publish(2)
    await world.advance(15_000)
    assert.deepEqual(tabs[1].data(), [1, 2])
})

test('a refusal is told to all tabs, with status and body, and ends all', async () => {
    const world = new World()
    world.server = () => new Response('no', { status: 403 })
    const tabs = [1, 2, 3].map(() => record(world.tab().source('/hub', { share: true })))
    await world.advance(3000)
    for (const seen of tabs) {
        assert.deepEqual([seen[0].status, seen[0].body, seen[0].willRetry], [403, 'no', false])
        assert.deepEqual(seen.slice(1), ['close refused 403'])
    }
})

test('a refusal that comes later is told to followers by their leader', async () => {
    const { world, hub, tabs } = await begin(3)
    const before = world.requests.length
    world.server = () => new Response('expired', { status: 401 })
    hub.streams[0].cut()
    await world.advance(2000)
    for (const { seen, source } of tabs) {
        assert.equal(seen.at(-2).body, 'expired')
        assert.equal(seen.at(-1), 'close refused 401')
        assert.equal(source.readyState, 2)
    }
    assert.equal(world.requests.length, before + 1)
    assert.equal(world.channels.size, 0)
    assert.deepEqual(world.timers, [])
})

test('what cannot be cloned in a cause stays with the leader', async () => {
    const cause = { run() {} }
    let isReady = true
    const { world, hub, tabs } = await begin(2, { token: () => isReady ? 't' : Promise.reject(cause) })
    isReady = false
    hub.streams[0].cut()
    await world.advance(1500)
    assert.equal(tabs[0].seen.at(-1).cause, cause)
    assert.equal(tabs[1].seen.at(-1).cause, undefined)
    assert.equal(tabs[1].seen.at(-1).willRetry, true)
})

test('groups are apart by address, topics, token, headers, credentials and name', async () => {
    const world = new World()
    const hub = new Hub(world)
    for (const options of [
        {}, { topics: 'a' }, { topics: ['a', 'b'] }, { token: 'a' }, { token: 'b' }, { token: () => 'a' },
        { headers: { a: 'b' } }, { withCredentials: true }, { share: 'name' },
    ]) {
        world.tab().source('/hub', { share: true, ...options })
        world.tab().source('/hub', { share: true, ...options })
    }
    await world.advance(3000)
    assert.equal(hub.streams.length, 9)
    for (const { name } of world.channels) assert.match(name, /^martlet-1:[\d,]+$/)
})

const refuse = () => {
    throw new DOMException('no', 'SecurityError')
}

for (const [name, take] of [
    ['locks', (tab) => delete tab.navigator.locks],
    ['channels', (tab) => delete tab.BroadcastChannel],
    ['crypto', (tab) => delete tab.crypto],
    ['permission for locks', (tab) => (tab.navigator.locks.request = async () => refuse())],
    ['permission for channels', (tab) => (tab.BroadcastChannel = function () { refuse() })],
]) {
    test(`without ${name} each tab has its own connection`, async () => {
        const world = new World()
        const hub = new Hub(world)
        const tabs = [1, 2].map(() => {
            const tab = world.tab()
            take(tab)
            return record(tab.source('/hub', { share: true }))
        })
        await world.advance(20_000)
        hub.publish(1)
        await settle()
        for (const seen of tabs) assert.deepEqual(seen, ['open', '1'])
        assert.equal(hub.streams.length, 2)
    })
}

test('close() in a handler, of the leader and of a follower', async () => {
    const { world, hub, tabs } = await begin(3)
    tabs[0].source.onmessage = () => tabs[0].source.close()
    tabs[1].source.onmessage = () => tabs[1].source.close()
    hub.publish(1)
    hub.publish(2)
    await world.advance(2000)
    hub.publish(3)
    await settle()
    assert.deepEqual(tabs.map(({ data }) => data()), [[1], [1], [1, 2, 3]])
    assert.equal(hub.streams.length, 1)
    tabs[2].source.close()
    await world.advance(60_000)
    assert.equal(hub.streams.length, 0)
    assert.equal(world.channels.size, 0)
    assert.deepEqual(world.timers, [])
})

test('close() at any moment of joining leaves nothing', async () => {
    for (let turns = 0; turns < 20; turns++) {
        const world = new World()
        const hub = new Hub(world)
        const source = world.tab().source('/hub', { share: true })
        for (let turn = 0; turn < turns; turn++) await null
        source.close()
        await settle()
        assert.deepEqual([world.channels.size, hub.streams.length, world.timers], [0, 0, []], `${turns} turns`)
        assert.deepEqual([...world.locks.values()].flat(), [])
    }
})

test('close() in the first handler of a tab that catches up leaves nothing', async () => {
    const { world, hub, tabs, add } = await begin(1)
    const late = await add()
    late.source.onopen = () => late.source.close()
    await settle()
    assert.deepEqual(late.seen, ['open', 'close closed 0'])
    assert.equal(hub.streams.length, 1)
    assert.deepEqual(world.timers.filter((timer) => timer.tab !== tabs[0].tab), [])
})

test('close() while joining and while catching up leaves nothing', async () => {
    for (const time of [0, 1, 500, 1500]) {
        const { world, hub, tabs, add } = await begin(1)
        const late = await add()
        if (time) await world.advance(time)
        late.source.close()
        await world.advance(5000)
        assert.equal(world.channels.size, 1)
        hub.publish(1)
        await settle()
        assert.deepEqual([tabs[0].data(), late.data(), hub.streams.length], [[1], [], 1])
        tabs[0].source.close()
        await settle()
        assert.deepEqual(world.timers, [])
    }
})

test('a random history of tabs: each gets everything from its beginning on, once, in order', async () => {
    for (let seed = 1; seed <= 40; seed++) {
        let state = seed * 2654435761 % 4294967296
        const random = (below) => {
            state = (state * 1664525 + 1013904223) % 4294967296
            return Math.floor(state / 4294967296 * below)
        }
        const { world, hub, tabs, add } = await begin(3)
        world.random = 0.1
        let number = 0
        const active = () => tabs.filter(({ tab, source }) => !tab.isGone && source.readyState !== 2)
        for (let step = 0; step < 60; step++) {
            const kind = random(12)
            const some = active()[random(active().length)]
            if (kind < 6) for (let i = random(5); i >= 0; i--) hub.publish(++number)
            else if (kind === 6) await add(number > 5 ? { lastEventId: `e-${number - random(5)}` } : {})
            else if (kind === 7 && active().length > 2) some.tab.crash()
            else if (kind === 8 && active().length > 2) some.source.close()
            else if (kind === 9) some.tab.isFrozen = !some.tab.isFrozen
            else if (kind === 10) for (const stream of hub.streams.slice(0, 1)) stream.cut()
            else if (kind === 11) {
                some.tab.fire('pagehide')
                await world.advance(random(500))
                some.tab.fire('pageshow')
            }
            await world.advance(random(3) * random(2000))
        }
        for (const { tab } of tabs) tab.isFrozen = false
        await world.advance(60_000)
        hub.publish(++number)
        await settle()
        for (const [index, { data }] of active().map((one, index) => [index, one])) {
            const all = data()
            assert.equal(all.at(-1), number, `seed ${seed}, tab ${index} is alive`)
            // Who joins in the midst of a disconnection begins later, but has no holes after that.
            assert.deepEqual(all, range(all[0], number), `seed ${seed}, tab ${index}`)
        }
        assert.equal(hub.streams.length, 1, `seed ${seed}`)
    }
})
