// What is outside of martlet.js, made of plain objects: a clock that tests move, a network, tabs with channels and
// locks.

import { createHash, randomUUID } from 'node:crypto'
import { MartletSource } from '../../Sources/MartletServer/Browser/martlet.js'

/** Lets everything happen that waits for nothing but its turn. */
export async function settle() {
    for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve))
}

export class World {
    now = 1_700_000_000_000
    timers = []
    channels = new Set()
    locks = new Map()
    requests = []
    /** What answers requests: a function of a request that returns a Response or a promise of one. */
    server = () => new Promise(() => {})
    random = 1
    #timerNumber = 0

    /** Moves the clock, and stops at each timer on the way. */
    async advance(milliseconds) {
        const end = this.now + milliseconds
        await settle()
        for (;;) {
            const due = this.timers.filter((timer) => !timer.tab.isFrozen && timer.at <= end)
            if (!due.length) break
            const next = due.reduce((a, b) => (b.at < a.at ? b : a))
            this.timers.splice(this.timers.indexOf(next), 1)
            this.now = Math.max(this.now, next.at)
            next.action()
            await settle()
        }
        this.now = end
        await settle()
    }

    /** The clock jumps, and what it says is due when it was: a sleep, or a clock that was set. */
    jump(milliseconds) {
        this.now += milliseconds
        for (const timer of this.timers) timer.at += milliseconds
    }

    addTimer(tab, action, delay = 0) {
        if (delay > 0x7fffffff) throw new RangeError('a timer that browsers would run at once')
        const timer = { id: ++this.#timerNumber, tab, action, at: this.now + Math.max(0, delay) }
        this.timers.push(timer)
        return timer.id
    }

    tab() {
        return new Tab(this)
    }
}

/** A page, and what `env` is to a source in it. */
export class Tab extends EventTarget {
    isFrozen = false
    isGone = false
    navigator = { onLine: true, locks: { request: (...given) => this.#requestLock(...given) } }
    document = Object.assign(new EventTarget(), { baseURI: 'https://app.example/page/', visibilityState: 'visible' })
    location = { href: 'https://app.example/page/' }
    sessionStorage = new Storage()
    crypto = {
        randomUUID,
        subtle: { digest: async (_, bytes) => createHash('sha256').update(bytes).digest() },
    }
    Date
    Math
    BroadcastChannel
    #held = []
    #inFlight = new Set()

    constructor(world) {
        super()
        this.world = world
        this.Date = { now: () => world.now }
        this.Math = { random: () => world.random }
        const tab = this
        this.BroadcastChannel = class {
            constructor(name) {
                Object.assign(this, { name, tab, onmessage: null })
                world.channels.add(this)
            }

            postMessage(message) {
                if (tab.isGone) return
                if (!world.channels.has(this)) throw new DOMException('closed', 'InvalidStateError')
                const data = structuredClone(message)
                for (const other of world.channels) {
                    if (other === this || other.name !== this.name) continue
                    const isThere = () => world.channels.has(other) && !other.tab.isFrozen
                    queueMicrotask(() => isThere() && other.onmessage?.({ data }))
                }
            }

            close() {
                world.channels.delete(this)
            }
        }
    }

    setTimeout(action, delay) {
        return this.isGone ? 0 : this.world.addTimer(this, action, delay)
    }

    clearTimeout(id) {
        this.world.timers = this.world.timers.filter((timer) => timer.id !== id)
    }

    async fetch(url, { headers, signal, ...rest }) {
        const { world } = this
        if (this.isGone) return await new Promise(() => {})
        signal.throwIfAborted()
        const request = { url, headers: Object.fromEntries(headers), signal, tab: this, at: world.now, ...rest }
        world.requests.push(request)
        this.#inFlight.add(request)
        const aborted = new Promise((_, reject) => {
            request.drop = (reason) => {
                this.#inFlight.delete(request)
                request.isOver = true
                request.cut?.(reason)
                reject(reason)
            }
            signal.addEventListener('abort', () => request.drop(signal.reason), { once: true })
        })
        aborted.catch(() => {})
        return await Promise.race([aborted, world.server(request)])
    }

    /** The end of a tab, without any chance to say goodbye. */
    crash() {
        this.isGone = true
        this.world.timers = this.world.timers.filter((timer) => timer.tab !== this)
        for (const channel of this.world.channels) if (channel.tab === this) this.world.channels.delete(channel)
        for (const request of this.#inFlight) request.drop(new TypeError('gone'))
        for (const release of this.#held.splice(0)) release()
    }

    fire(type, target = this) {
        target.dispatchEvent(new Event(type))
    }

    source(url, options) {
        return new MartletSource(url, options, this)
    }

    async #requestLock(name, { signal }, action) {
        const queue = this.world.locks.get(name) ?? []
        this.world.locks.set(name, queue)
        const turn = { go: undefined }
        const mine = new Promise((resolve, reject) => {
            turn.go = resolve
            signal.addEventListener('abort', () => {
                const index = queue.indexOf(turn)
                if (index > 0) queue.splice(index, 1)
                if (index !== 0) reject(signal.reason)
            })
        })
        queue.push(turn)
        const release = () => {
            const index = queue.indexOf(turn)
            if (index < 0) return
            queue.splice(index, 1)
            if (index === 0) queue[0]?.go()
        }
        this.#held.push(release)
        if (queue[0] === turn) setImmediate(turn.go)
        await mine
        if (this.isGone) return release()
        await action()
        release()
    }
}

class Storage {
    items = new Map()
    getItem(key) {
        return this.items.get(key) ?? null
    }
    setItem(key, value) {
        this.items.set(key, String(value))
    }
}

/** A response whose body a test writes piece by piece. */
export function streamTo(request, { status = 200, type = 'text/event-stream', headers = {}, statusText } = {}) {
    let controller
    const body = new ReadableStream({ start: (it) => (controller = it) })
    const response = new Response(body, { status, statusText, headers: { 'Content-Type': type, ...headers } })
    const encoder = new TextEncoder()
    const over = () => (request.isOver = true)
    request.cut = (reason = new TypeError('connection lost')) => {
        try {
            controller.error(reason)
        } catch {
            // It has ended already.
        }
        over()
    }
    request.write = (piece) => controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece)
    request.end = () => {
        controller.close()
        over()
    }
    return response
}

/** A response that begins with a comment, as a hub's does. */
export function openTo(request, options) {
    const response = streamTo(request, options)
    request.write(':\n\n')
    return response
}

/** A hub with a log: new events for all streams, what was missed for those with an id, values for those without. */
export class Hub {
    log = []
    values = new Map()
    isUp = true
    saysPosition = false
    /** Whether what is sent to a request stays in its socket until `release`. */
    holds = () => false
    #count = 0
    constructor(world) {
        this.world = world
        world.server = (request) => this.answer(request)
    }

    get streams() {
        return this.world.requests.filter((request) => request.write && !request.isOver)
    }

    answer(request) {
        if (!this.isUp) return Promise.reject(new TypeError('connection refused'))
        const position = this.saysPosition && { headers: { 'Last-Event-ID': `e-${this.#count}` } }
        const response = openTo(request, position || {})
        const id = request.headers['last-event-id']
        if (id) {
            const index = this.log.findIndex((entry) => entry.id === id)
            for (const entry of this.log.slice(index + 1)) this.#send(request, entry)
        } else {
            const values = [...this.values.values()].sort((a, b) => a.number - b.number)
            for (const entry of values) this.#send(request, entry)
        }
        return response
    }

    #send(request, { id, data, type }) {
        const text = `${type ? `event: ${type}\n` : ''}id: ${id}\ndata: ${data}\n\n`
        if (this.holds(request)) (request.held ??= []).push(text)
        else request.write(text)
    }

    release(request) {
        for (const text of request.held?.splice(0) ?? []) request.write(text)
    }

    publish(data, { topic, type, only = () => true } = {}) {
        const number = ++this.#count
        const entry = { number, id: `e-${number}`, data: String(data), type }
        this.log.push(entry)
        if (topic) this.values.set(topic, entry)
        for (const stream of this.streams) if (only(stream)) this.#send(stream, entry)
    }

    kill() {
        this.isUp = false
        for (const stream of this.streams) stream.cut()
    }
}

/** Everything a source tells, in order. */
export function record(source, types = ['message']) {
    const seen = []
    source.addEventListener('open', () => seen.push('open'))
    source.addEventListener('error', (event) => seen.push(event.data === undefined ? event : event.data))
    source.addEventListener('close', (event) => seen.push(`close ${event.reason} ${event.status}`))
    for (const type of types) source.addEventListener(type, (event) => seen.push(event.data))
    return seen
}
