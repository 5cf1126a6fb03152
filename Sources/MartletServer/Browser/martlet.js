/**
 * MartletSource is an EventSource that says what went wrong, sends headers and tokens, comes back without storms, and
 * shares one connection among the tabs of an origin. docs/browser.md describes it; martlet.d.ts has its types.
 *
 * MartletSource owns a feed, which is either a Stream (one connection at a time, made anew when it breaks) or a Shared
 * (the place of this tab in a group of tabs of which one has the Stream). A feed has `id`, the last event id in force,
 * `wake()`, `close()`, and tells its owner "open", "event" and "error". Everything outside is reached through `env`,
 * which is globalThis unless a test brings its own.
 */

const CONNECTING = 0
const OPEN = 1
const CLOSED = 2

// Times are in milliseconds.
/** The most bytes of a refusal's body. */
const EXCERPT = 65536
/** A connection that has lived so long was a good one. */
const STEADY = 10_000
/** `retry: 0` would make a loop. */
const SHORTEST_DELAY = 100
/** What is longer, timers take for nothing. */
const LONGEST_TIMER = 0x7fffffff
/** How long to poll before a stream is tried again. */
const STREAM_AGAIN = 180_000
/** A poll is answered within 25 s. */
const POLL_PATIENCE = 40_000
/** How often a follower looks whether it still hears its leader. */
const TICK = 3000
/** A newcomer and its leader are taken to be at the same place when both have had nothing for so long. */
const QUIET = 1000
/** The same for who comes with an id, and would lose what its network holds back; longer than a hub's heartbeat. */
const LONG_QUIET = 20_000
/** How many of the newest events each tab of a group keeps, and how many characters of data. */
const RING_EVENTS = 256
const RING_SIZE = 1 << 20
/** How many events of the leader's a tab keeps while it catches up. */
const BUFFER_EVENTS = 1000

/** More than this client is willing to hold. */
class TooLarge extends RangeError {}

/** The format of event streams, WHATWG HTML 9.2.6. Takes text in any pieces. */
class Parser {
    #rest = ''
    #afterCR = false
    #data = ''
    #type = ''
    #pendingID
    #limit
    #tell

    constructor(id, limit, tell) {
        this.#pendingID = id
        this.#limit = limit
        this.#tell = tell
    }

    push(text) {
        if (!text) return
        // A CR ends its line at once; an LF that follows it in the next piece belongs to it.
        let start = this.#afterCR && text[0] === '\n' ? 1 : 0
        this.#afterCR = text.endsWith('\r')
        const end = /\r\n?|\n/g
        end.lastIndex = start
        for (let match; (match = end.exec(text)); start = end.lastIndex) {
            const line = this.#rest + text.slice(start, match.index)
            this.#rest = ''
            this.#line(line)
        }
        this.#rest += text.slice(start)
        this.#check(this.#rest)
    }

    #check(more) {
        if (this.#data.length + more.length > this.#limit) {
            throw new TooLarge(`an event is larger than ${this.#limit}`)
        }
    }

    #line(line) {
        if (!line) return this.#dispatch()
        const colon = line.indexOf(':')
        const name = colon < 0 ? line : line.slice(0, colon)
        const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
        if (name === 'data') {
            this.#check(value)
            this.#data += value + '\n'
        } else if (name === 'event') {
            this.#type = value
        } else if (name === 'id') {
            if (!value.includes('\0')) this.#pendingID = value
        } else if (name === 'retry') {
            if (/^\d+$/.test(value)) this.#tell('retry', +value)
        }
    }

    #dispatch() {
        const data = this.#data.slice(0, -1)
        const type = this.#type || 'message'
        const isEvent = this.#data
        this.#data = this.#type = ''
        this.#tell('id', this.#pendingID)
        if (isEvent) this.#tell('event', { type, data, id: this.#pendingID })
    }
}

/** Whether a status is one that goes away by itself. */
const isPassing = (status) => status >= 500 || [408, 425, 429].includes(status)

/** Connects, reads, and connects again until it is closed or refused. */
class Stream {
    id
    #env
    #settings
    #tell
    #over = false
    #abort
    #resume
    #heardAt
    #idle
    #watchdog
    #isOpen = false
    #isRefreshed = false
    #canPoll
    #pollUntil = 0
    #retry
    #failures = 0
    #due

    constructor(env, settings, id, tell) {
        this.#env = env
        this.#settings = settings
        this.id = id
        this.#tell = tell
        this.#canPoll = settings.fallback
        this.#run()
    }

    close() {
        this.#over = true
        this.#abort?.abort()
        this.#resume?.()
    }

    /**
     * Does what is due, since timers may have stood still; the clock decides. When the page is back (`isBack`), or the
     * network (`isNetworkNew`), a wait for the next attempt is over too, except one that the server has asked for.
     */
    wake(isBack, isNetworkNew) {
        const idle = this.#idle
        if (this.#resume) {
            const due = isBack ? this.#settings.notBefore : this.#due
            if (this.#now() >= due && (isBack || this.#isOnline())) this.#resume()
        } else if (isNetworkNew) this.#abort?.abort('the network has changed')
        else if (idle && this.#now() - this.#heardAt > idle) this.#abort?.abort(this.#silence(idle))
    }

    #isOnline() {
        return this.#env.navigator?.onLine !== false
    }

    #now() {
        return this.#env.Date.now()
    }

    #silence(time) {
        return new Error(`nothing came for ${time} ms`)
    }

    async #run() {
        // Not before whoever makes the source can have added its listeners.
        await null
        // The server has asked the page, not the feed before this one.
        const left = this.#settings.notBefore - this.#now()
        if (left > 0 && !this.#over) await this.#wait(left)
        while (!this.#over) {
            const failure = await this.#attempt()
            if (failure && !this.#over) await this.#fail(failure)
        }
    }

    /** One request. Returns why it failed, or nothing if the next one is to follow at once. */
    async #attempt() {
        const settings = this.#settings
        const { signal } = (this.#abort = new AbortController())
        const begun = this.#now()
        // A clock that was set back is no reason to poll for longer.
        const isPoll = begun < this.#pollUntil && begun >= this.#pollUntil - STREAM_AGAIN
        let patience, isSlow, hasEvents, isExact
        const isSteady = () => hasEvents || (this.#isOpen && this.#now() - begun > STEADY)
        try {
            this.#watch(isPoll ? Math.max(settings.idleTimeout, POLL_PATIENCE) : settings.idleTimeout)
            const headers = new Headers(settings.headers)
            headers.set('Accept', isPoll ? 'application/json' : 'text/event-stream')
            // Bytes, as EventSource sends them; fetch takes a character for each.
            const id = Array.from(new TextEncoder().encode(this.id), (byte) => String.fromCharCode(byte)).join('')
            if (id) headers.set('Last-Event-ID', id)
            const token = await this.#token(signal)
            if (token) headers.set('Authorization', 'Bearer ' + token)

            if (!isPoll && this.#canPoll) {
                patience = this.#env.setTimeout(() => {
                    isSlow = true
                    this.#abort.abort()
                }, settings.firstByteTimeout)
            }
            const response = await this.#env.fetch(settings.url, {
                headers,
                signal,
                cache: 'no-store',
                credentials: settings.withCredentials ? 'include' : 'same-origin',
            })
            this.#heard()
            const type = response.headers.get('Content-Type')?.split(';')[0].trim().toLowerCase()
            const isStream = response.status === 200 && type === 'text/event-stream'
            const isAnswer = isPoll && response.status === 200 && type === 'application/json'
            if (isPoll && !isAnswer) {
                this.#pollUntil = 0
                // Whoever doesn't know polling streams, as always, or finds fault with the request.
                if (isStream || !(isPassing(response.status) || [204, 401, 403].includes(response.status))) {
                    this.#canPoll = false
                    if (!isStream) return
                }
            }
            if (!isStream && !isAnswer) return await this.#refusal(response, type)
            this.#isRefreshed = false
            const origin = new URL(response.url || settings.url).origin
            if (isAnswer) return await this.#poll(response, begun, origin)
            const reader = response.body.getReader()
            let next = reader.read()
            // Headers prove nothing: a proxy may hold the body.
            if (this.#canPoll) await next
            this.id ||= response.headers.get('Last-Event-ID') ?? ''
            this.#opened()
            const parser = new Parser(this.id, settings.maxEventSize, (kind, value) => {
                if (signal.aborted) return
                if (kind === 'id') {
                    this.id = value
                } else if (kind === 'retry') {
                    isExact = true
                    this.#retry = Math.min(value, LONGEST_TIMER)
                } else {
                    hasEvents = true
                    this.#tell('event', { ...value, origin })
                }
            })
            const decoder = new TextDecoder()
            for (let part; !(part = await next).done; next = reader.read()) {
                this.#env.clearTimeout(patience)
                this.#heard()
                parser.push(decoder.decode(part.value, { stream: true }))
            }
            return { message: 'the stream has ended', status: 200, isSteady: isSteady(), isExact }
        } catch (error) {
            const cause = (signal.aborted && signal.reason) || error
            if (isSlow) {
                this.#pollUntil = this.#now() + STREAM_AGAIN
                return
            }
            if (isPoll) this.#pollUntil = 0
            return {
                message: String(cause?.message ?? cause),
                cause,
                isSteady: isSteady(),
                isAtOnce: cause === 'the network has changed',
                reason: cause instanceof TooLarge && 'too-large',
            }
        } finally {
            this.#env.clearTimeout(patience)
            this.#env.clearTimeout(this.#watchdog)
            // What is left of the answer isn't wanted, however this has ended.
            this.#abort.abort()
        }
    }

    /** A function may take its time, or never answer; the watchdog ends the wait. */
    #token(signal) {
        const { token } = this.#settings
        if (typeof token !== 'function') return token
        return Promise.race([
            token(),
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ])
    }

    #opened() {
        if (this.#isOpen || this.#over) return
        this.#isOpen = true
        this.#tell('open')
    }

    /** docs/browser.md has the contract. */
    async #poll(response, begun, origin) {
        const { maxEventSize } = this.#settings
        const text = await this.#text(response, maxEventSize + 1)
        if (text.length > maxEventSize) throw new TooLarge(`an answer is larger than ${maxEventSize}`)
        const { lastEventID, events } = JSON.parse(text)
        if (!Array.isArray(events)) throw new TypeError('the answer to a poll has no events')
        const { signal } = this.#abort
        const before = this.id
        this.#failures = 0
        this.#opened()
        for (const { id, type, data, retry } of events) {
            if (signal.aborted) return
            if (id != null) this.id = String(id)
            if (retry >= 0) this.#retry = Math.min(retry, LONGEST_TIMER)
            this.#tell('event', { type: String(type || 'message'), data: String(data ?? ''), id: this.id, origin })
        }
        if (lastEventID != null) this.id = String(lastEventID)
        // An answer that neither waited nor brought anything must not be asked for in a tight loop.
        if (!this.#over && !events.length && this.id === before && this.#now() - begun < 1000) await this.#wait(1000)
    }

    async #refusal(response, type) {
        const { status, statusText } = response
        const body = status === 204 ? '' : await this.#text(response, EXCERPT, this.#settings.firstByteTimeout)
        const failure = { status, statusText, body, message: `the server answered ${status} ${statusText}`.trim() }
        if (status === 204) return { ...failure, reason: 'ended' }
        const message = `expected text/event-stream, not ${type}`
        if (status === 200) return { ...failure, message, reason: 'content-type' }
        const { token } = this.#settings
        if ([401, 403].includes(status) && typeof token === 'function' && !this.#isRefreshed) {
            this.#isRefreshed = true
            return { ...failure, isAtOnce: true }
        }
        if (!isPassing(status)) return { ...failure, reason: 'refused' }
        const after = response.headers.get('Retry-After')
        const time = /^\d+$/.test(after) ? after * 1000 : Date.parse(after) - this.#now()
        return { ...failure, after: time || 0 }
    }

    /** At most that many bytes of a body, and what has come of them within a time if there is one. */
    async #text(response, limit, time) {
        let text = ''
        let size = 0
        const timer = time && this.#env.setTimeout(() => this.#abort.abort(), time)
        try {
            const decoder = new TextDecoder()
            const reader = response.body.getReader()
            for (let part; size < limit && !(part = await reader.read()).done; size += part.value.length) {
                this.#heard()
                text += decoder.decode(part.value.subarray(0, limit - size), { stream: true })
            }
        } catch (error) {
            if (!time) throw error
        }
        this.#env.clearTimeout(timer)
        return text
    }

    #heard() {
        this.#heardAt = this.#now()
    }

    /** One timer, which looks again if something has come meanwhile, instead of one per piece that comes. */
    #watch(idle) {
        this.#idle = idle
        const abort = this.#abort
        const look = () => {
            // A clock may be set back.
            this.#heardAt = Math.min(this.#heardAt, this.#now())
            const left = this.#heardAt + idle - this.#now()
            if (left > 0) this.#watchdog = this.#env.setTimeout(look, Math.min(left, LONGEST_TIMER))
            else abort.abort(this.#silence(idle))
        }
        this.#heard()
        if (idle) look()
    }

    async #fail({ isSteady, isAtOnce, isExact, after = 0, reason, ...detail }) {
        const { initialDelay, maxDelay } = this.#settings
        if (isSteady) this.#failures = 0
        this.#isOpen = false
        const base = Math.max(SHORTEST_DELAY, this.#retry ?? initialDelay)
        const whole = Math.min(Math.max(base, maxDelay), base * 2 ** (isAtOnce ? 0 : this.#failures++))
        // Full jitter, so that those whom a server lost don't return together. But a server that ends a stream in good
        // order and says in it when to return has spread them itself.
        let delay = isExact ? base : Math.max(this.#env.Math.random() * whole, after)
        delay = isAtOnce || reason ? 0 : Math.round(Math.min(delay, LONGEST_TIMER))
        this.#settings.notBefore = this.#now() + Math.min(after, LONGEST_TIMER)
        if (reason) this.#over = true
        this.#tell('error', { status: 0, statusText: '', body: '', ...detail, willRetry: !reason, delay, reason })
        if (!this.#over && !isAtOnce) await this.#wait(delay)
    }

    /** Waits for the time, and while offline, or until something wakes it. */
    async #wait(delay) {
        this.#due = this.#now() + delay
        let timer
        await new Promise((resolve) => {
            this.#resume = resolve
            timer = this.#env.setTimeout(() => this.#isOnline() && resolve(), delay)
        })
        this.#env.clearTimeout(timer)
        this.#resume = undefined
    }
}

/** What tells an event from others. Servers that give no ids can't be resumed exactly, but may still be shared. */
const keyOf = ({ id, type, data }) => id || `\n${type}\n${data}`

/**
 * This tab's place in a group of tabs that share a connection.
 *
 * Whoever has the group's lock leads: it has the Stream, numbers what comes, and broadcasts it. A follower knows by the
 * numbers that it missed something (a frozen page does), and asks for it; the leader has the newest in a ring. When a
 * leader is gone, the lock goes to the next tab, which goes on from the last event it has seen. That begins a new
 * `term`, with `base` saying where in the old one. A follower that had seen more is told the rest again, and skips it.
 *
 * Who can't be helped so catches up by itself: a newcomer, which wants what a newcomer gets, or what comes after an id
 * of its own; and who missed more than the ring holds. It opens a stream, delivers from that, and buffers what the
 * leader broadcasts, until the two meet: the newest event of one comes from the other, or both are quiet for a while.
 * The log's order is the same for both, so what is before the meeting place has been delivered and what is after it has
 * not. If the leader doesn't answer, they don't meet, and the tab keeps its own stream for as long.
 */
class Shared {
    #id
    #env
    #settings
    #tell
    #me
    #over = new AbortController()
    #channel
    #term
    #base = []
    #number = 0
    #ring = []
    #ringSize = 0
    #release
    #stream
    #isOpen = false
    #isLeaderOpen = false
    /** What the leader has sent since catching up began; its presence says that it goes on. */
    #buffer
    /** The leader's id at the beginning of the buffer. */
    #target
    /** The leader's number when the own stream opened. A leader that opens later sends what may be older: Infinity. */
    #since
    /** Keys of what was delivered while catching up, and that the leader has yet to send. */
    #ahead = []
    /** Keys of what was delivered before their turn in the sequence. */
    #skip = []
    #unanswered = 0
    #heardAt = 0
    #ticker
    #quiet
    /** How long that takes; 0 is never. */
    #quietTime

    constructor(env, settings, id, tell) {
        this.#env = env
        this.#settings = settings
        this.#id = id
        this.#tell = tell
        this.#me = env.crypto.randomUUID()
        this.#join()
    }

    /** Who leads or catches up may be further than the last event. */
    get id() {
        return this.#stream?.id ?? this.#id
    }

    close() {
        this.#over.abort()
        this.#env.clearTimeout(this.#ticker)
        this.#env.clearTimeout(this.#quiet)
        this.#stream?.close()
        this.#channel?.close()
        this.#release?.()
    }

    wake(isBack, isNetworkNew) {
        this.#stream?.wake(isBack, isNetworkNew)
        if (!this.#release) this.#ask(true)
    }

    async #join() {
        const env = this.#env
        const { signal } = this.#over
        try {
            // Names of locks and channels can be listed; a digest keeps the token out of them.
            const bytes = new TextEncoder().encode(this.#settings.group)
            const name = 'martlet-1:' + new Uint8Array(await env.crypto.subtle.digest('SHA-256', bytes))
            if (signal.aborted) return
            this.#channel = new env.BroadcastChannel(name)
            this.#channel.onmessage = ({ data }) => signal.aborted || this.#hear(data)
            const lead = env.navigator.locks.request(name, { signal }, () => this.#lead())
            this.#heardAt = env.Date.now()
            this.#ask()
            this.#tick()
            await lead
        } catch {
            // The browser doesn't let this page share.
            if (!signal.aborted && !this.#buffer) this.#catchUp()
        }
    }

    #post(message) {
        this.#channel?.postMessage(message)
    }

    // Leading

    #lead() {
        if (this.#over.signal.aborted) return
        // Who is catching up, or is ahead, is at no place of the old sequence, and begins one of its own.
        this.#base = this.#buffer || this.#skip.length ? [] : [this.#term, this.#number]
        this.#term = this.#env.crypto.randomUUID()
        this.#buffer = undefined
        this.#skip = []
        this.#env.clearTimeout(this.#ticker)
        this.#env.clearTimeout(this.#quiet)
        const released = new Promise((resolve) => (this.#release = resolve))
        this.#open()
        this.#announce([])
        return released
    }

    #open() {
        this.#stream ??= new Stream(this.#env, this.#settings, this.#id, (kind, detail) => {
            if (this.#buffer) this.#catch(kind, detail)
            else if (kind === 'event') {
                this.#number++
                this.#announce([detail])
                this.#take(detail)
            } else {
                this.#isOpen = kind === 'open'
                // A cause may be anything, and not everything can be sent.
                this.#post({ term: this.#term, told: [kind, detail && { ...detail, cause: undefined }] })
                this.#tell(kind, detail)
            }
        })
    }

    #announce(events, to) {
        const { id } = this.#stream
        this.#post({ term: this.#term, base: this.#base, number: this.#number, id, events, to, isOpen: this.#isOpen })
    }

    #answer({ ask, term, number, wake }) {
        // Timers of a hidden page are late, and whoever asks may be looked at.
        this.#stream.wake(wake)
        const [oldTerm, fork] = this.#base
        const from = term === this.#term ? number : term && term === oldTerm ? Math.min(number, fork) : -1
        const missing = this.#ring.filter((entry) => entry.number > from)
        // Without all of them there is no use in some: the number tells whoever asked that it has to catch up.
        const isWhole = from >= 0 && missing.length === this.#number - from
        this.#announce(isWhole ? missing.map((entry) => entry.event) : [], ask)
    }

    // Following

    #ask(wake) {
        this.#unanswered++
        this.#post({ ask: this.#me, term: this.#term, number: this.#number, wake })
    }

    #tick() {
        this.#ticker = this.#env.setTimeout(() => this.#tick(), TICK)
        if (Math.abs(this.#env.Date.now() - this.#heardAt) < TICK) return
        // A leader that has been asked twice and says nothing is frozen, though it has the lock.
        if (this.#unanswered > 1 && !this.#buffer) this.#catchUp()
        this.#ask()
    }

    #hear(message) {
        if (message.ask) {
            if (this.#release) this.#answer(message)
            return
        }
        if (this.#release) return
        this.#heardAt = this.#env.Date.now()
        this.#unanswered = 0
        if (message.to && message.to !== this.#me) return
        if (message.told) {
            this.#isLeaderOpen = message.told[0] === 'open'
            if (this.#buffer) {
                if (this.#isLeaderOpen) this.#since = Infinity
                this.#waitForQuiet(false)
            } else if (message.term === this.#term) this.#tell(...message.told)
        } else {
            this.#isLeaderOpen = message.isOpen
            if (this.#buffer) this.#meet(message)
            else this.#follow(message)
        }
    }

    #follow(message) {
        const { term, base, number, id, events, to, isOpen } = message
        const start = number - events.length
        const [oldTerm, fork] = base
        if (this.#term === undefined) {
            // Whoever is where the leader is needs nothing.
            if (events.length || !id || id !== this.#id) return this.#catchUp(message)
            this.#number = number
        } else if (term !== this.#term) {
            const isInRing = this.#number <= fork || this.#ring[0]?.number <= fork + 1
            if (oldTerm !== this.#term || !isInRing) return this.#catchUp(message)
            while (this.#number > fork) {
                const { event } = this.#ring.pop()
                this.#ringSize -= event.data.length
                this.#skip.unshift(keyOf(event))
                this.#number--
            }
        }
        if (start > this.#number) return to ? this.#catchUp(message) : this.#ask()
        this.#term = term
        if (isOpen) this.#tell('open')
        for (const event of events.slice(this.#number - start)) {
            this.#number++
            this.#take(event)
        }
    }

    /** The next event of the sequence. */
    #take(event) {
        this.#ring.push({ number: this.#number, event })
        this.#ringSize += event.data.length
        while (this.#ring.length > RING_EVENTS || this.#ringSize > RING_SIZE) {
            this.#ringSize -= this.#ring.shift().event.data.length
        }
        if (!this.#pass(this.#skip, event)) this.#deliver(event)
    }

    #deliver(event) {
        // A handler may have closed it.
        if (this.#over.signal.aborted) return
        this.#id = event.id
        this.#tell('event', event)
    }

    /** Whether an event is in a list, which then loses it and, since both are in order, what is before it. */
    #pass(keys, event) {
        return keys.splice(0, keys.indexOf(keyOf(event)) + 1).length > 0
    }

    // Catching up

    #catchUp(message) {
        this.#buffer = []
        this.#ahead = []
        this.#quietTime = this.#id ? LONG_QUIET : QUIET
        this.#since = undefined
        this.#ring = []
        this.#ringSize = 0
        this.#isOpen = false
        this.#open()
        // What the leader has sent is where the buffer begins.
        this.#term = undefined
        if (message) this.#meet(message)
    }

    #catch(kind, event) {
        if (kind !== 'event') {
            this.#isOpen = kind === 'open'
            if (this.#isOpen) this.#since ??= this.#number
            this.#tell(kind, event)
            return this.#waitForQuiet()
        }
        this.#deliver(event)
        // A handler may have closed it, or the lock may have come.
        if (!this.#buffer || this.#over.signal.aborted) return
        const index = this.#buffer.map(keyOf).indexOf(keyOf(event))
        if (index >= 0 || (event.id && event.id === this.#target && this.#isLeaderOpen)) {
            this.#buffer.splice(0, index + 1)
            this.#ahead = []
            this.#settle()
        } else {
            this.#ahead.push(keyOf(event))
            if (this.#ahead.length > BUFFER_EVENTS) this.#ahead.shift()
            this.#waitForQuiet()
        }
    }

    #meet({ term, number, id, events }) {
        if (term !== this.#term || number - events.length !== this.#number) {
            // A break in what the leader sends. The own stream has it all, so the buffer may begin anew.
            this.#buffer = []
            this.#target = events.length ? undefined : id
        }
        this.#term = term
        this.#number = number
        let hasMet = false
        for (const event of events) {
            if (this.#pass(this.#ahead, event)) {
                hasMet = !this.#ahead.length
                // What lies between two values the own stream has left out, and the leader is yet to come to the last.
                if (!hasMet) this.#quietTime = 0
                this.#buffer = []
            } else {
                this.#buffer.push(event)
            }
        }
        // A leader that isn't connected is where it was, and has what came since yet to send.
        if (id && id === this.#stream.id && this.#isLeaderOpen) {
            hasMet = true
            this.#ahead = []
            this.#buffer = []
        }
        if (this.#buffer.length > BUFFER_EVENTS) {
            this.#buffer.splice(0, this.#buffer.length - BUFFER_EVENTS)
            this.#target = undefined
        }
        if (hasMet) this.#settle()
        else this.#waitForQuiet(events.length > 0)
    }

    #waitForQuiet(isNews = true) {
        if (this.#quiet && !isNews) return
        this.#env.clearTimeout(this.#quiet)
        this.#quiet = undefined
        if (!this.#isOpen || !this.#quietTime || this.#over.signal.aborted) return
        this.#quiet = this.#env.setTimeout(() => {
            this.#quiet = undefined
            // Who has no leader, or one that isn't connected and may be anywhere, goes on alone.
            if (!this.#buffer || this.#unanswered || !this.#isLeaderOpen) return
            // They are at the same place, but for what the own stream has yet to bring since it opened.
            this.#ahead = []
            this.#buffer.splice(0, this.#buffer.length - this.#number + this.#since)
            this.#settle()
        }, this.#quietTime)
    }

    /** The own stream has met the leader's. */
    #settle() {
        const events = this.#buffer
        this.#buffer = undefined
        this.#env.clearTimeout(this.#quiet)
        this.#id = this.#stream.id
        this.#stream.close()
        this.#stream = undefined
        this.#isOpen = false
        this.#skip.push(...this.#ahead)
        const last = this.#number
        this.#number -= events.length
        for (const event of events) {
            this.#number++
            this.#take(event)
        }
        this.#number = last
    }
}

/** What the source itself tells: `error`, with what went wrong and what follows from it, and `close`. */
class MartletEvent extends Event {
    constructor(type, detail) {
        super(type)
        Object.assign(this, detail)
    }
}

export class MartletSource extends EventTarget {
    #env
    #settings
    #feed
    #id
    #readyState = CONNECTING
    #storageKey
    #listening = new AbortController()

    constructor(url, options = {}, env = globalThis) {
        super()
        let target
        try {
            target = new URL(url, env.document?.baseURI ?? env.location?.href)
        } catch {
            throw new DOMException(`${url} is not a URL`, 'SyntaxError')
        }
        for (const topic of [options.topics ?? []].flat()) target.searchParams.append('topic', topic)
        const { token, share } = options
        const settings = {
            withCredentials: false,
            fallback: true,
            initialDelay: 1000,
            maxDelay: 30_000,
            idleTimeout: 45_000,
            firstByteTimeout: 5000,
            maxEventSize: 1 << 24,
        }
        for (const name in settings) settings[name] = options[name] ?? settings[name]
        // A fragment isn't sent, and a group is made of what is.
        target.hash = ''
        settings.url = target.href
        settings.notBefore = 0
        settings.headers = [...new Headers(options.headers)]
        settings.token = token
        const identity = typeof token === 'function' ? 'function' : token
        settings.group = JSON.stringify([settings.url, share, settings.withCredentials, settings.headers, identity])
        this.#env = env
        this.#settings = settings
        const { remember } = options
        this.#storageKey = remember && 'martlet:' + (remember === true ? settings.url : remember)
        this.#id = this.#storage()?.getItem(this.#storageKey) || options.lastEventId || ''
        const canShare = share && env.navigator?.locks && env.BroadcastChannel && env.crypto?.subtle
        const begin = () => {
            const Feed = canShare ? Shared : Stream
            this.#feed = new Feed(env, settings, this.#id, (kind, detail) => this.#hear(kind, detail))
        }
        begin()

        const { signal } = this.#listening
        const on = (subject, type, action) => subject?.addEventListener?.(type, action, { signal })
        on(env, 'online', () => this.#feed?.wake(true, true))
        // A page that is put aside or frozen may not keep a connection, still less the lock of a group.
        const suspend = () => {
            this.#id = this.#feed?.id ?? this.#id
            this.#feed?.close()
            this.#feed = undefined
            this.#readyState = CONNECTING
        }
        const resume = () => (this.#feed ? this.#feed.wake(true) : begin())
        on(env, 'pagehide', suspend)
        on(env, 'pageshow', resume)
        on(env.document, 'freeze', suspend)
        on(env.document, 'resume', resume)
        on(env.document, 'visibilitychange', () => env.document.visibilityState === 'visible' && resume())
    }

    get url() {
        return this.#settings.url
    }

    get withCredentials() {
        return this.#settings.withCredentials
    }

    get readyState() {
        return this.#readyState
    }

    close() {
        if (this.#readyState !== CLOSED) this.#end('closed', 0)
    }

    #end(reason, status) {
        this.#readyState = CLOSED
        this.#feed?.close()
        this.#listening.abort()
        this.dispatchEvent(new MartletEvent('close', { reason, status }))
    }

    #hear(kind, detail) {
        if (this.#readyState === CLOSED) return
        if (kind === 'open') {
            if (this.#readyState === OPEN) return
            this.#readyState = OPEN
            this.dispatchEvent(new Event('open'))
        } else if (kind === 'error') {
            const { reason, ...told } = detail
            this.#readyState = reason ? CLOSED : CONNECTING
            this.dispatchEvent(new MartletEvent('error', told))
            if (reason) this.#end(reason, told.status)
        } else {
            const { type, data, id, origin } = detail
            this.#remember(id)
            this.dispatchEvent(new MessageEvent(type, { data, lastEventId: id, origin }))
        }
    }

    #remember(id) {
        try {
            if (id) this.#storage()?.setItem(this.#storageKey, id)
        } catch {
            // It is full. A reload begins further back, or anew.
        }
    }

    #storage() {
        try {
            return this.#storageKey && this.#env.sessionStorage
        } catch {
            // Where storage is blocked, already looking at it throws.
        }
    }
}

for (const type of ['open', 'message', 'error', 'close']) {
    const handlers = new WeakMap()
    Object.defineProperty(MartletSource.prototype, 'on' + type, {
        enumerable: true,
        configurable: true,
        get() {
            return handlers.get(this) ?? null
        },
        set(handler) {
            const hasListener = handlers.has(this)
            handlers.set(this, typeof handler === 'function' ? handler : null)
            if (!hasListener) this.addEventListener(type, (event) => handlers.get(this)?.call(this, event))
        },
    })
}

for (const holder of [MartletSource, MartletSource.prototype]) Object.assign(holder, { CONNECTING, OPEN, CLOSED })
