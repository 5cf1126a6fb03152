/** Called before each connection, and once more, at once, if the server answers 401 or 403. */
export type MartletToken = () => string | null | undefined | PromiseLike<string | null | undefined>

export interface MartletSourceOptions {
    /** Appended to the URL as `topic=`, once for each. */
    topics?: string | readonly string[]

    /** Sent as `Authorization: Bearer`. */
    token?: string | MartletToken

    /** Further headers of each request. */
    headers?: HeadersInit

    /** Whether cookies go to other origins too. Default: `false`. */
    withCredentials?: boolean

    /** The id to begin after; without it, what is published from now on. */
    lastEventId?: string

    /**
     * Keeps the last id in `sessionStorage`, so that this tab goes on from it when it is reloaded. A string is the name
     * to keep it under, in place of the URL. Default: `false`.
     */
    remember?: boolean | string

    /**
     * Shares one connection among all tabs of the origin that ask for the same. A string keeps groups apart that would
     * otherwise be one. Default: `false`.
     */
    share?: boolean | string

    /** Whether to poll where streams don't get through. Default: `true`. */
    fallback?: boolean

    /** The base of delays in milliseconds, until the server says `retry:`. Default: 1000. */
    initialDelay?: number

    /** What delays grow to, in milliseconds. Default: 30000. */
    maxDelay?: number

    /** Reconnects after so many milliseconds in which nothing came; 0 is never. Default: 45000. */
    idleTimeout?: number

    /** How many milliseconds to wait for the first byte of a stream before polling. Default: 5000. */
    firstByteTimeout?: number

    /** The most characters of an event, and bytes of an answer to a poll. Default: 16777216. */
    maxEventSize?: number
}

/** Why a source lost or never had its connection. */
export interface MartletErrorEvent extends Event {
    readonly type: 'error'
    /** What happened, for people. */
    readonly message: string
    /** The HTTP status, or 0 if there was no answer or it broke off. */
    readonly status: number
    readonly statusText: string
    /** The beginning of what the server said, at most 64 KiB. */
    readonly body: string
    /** Whether it connects again. If not, `readyState` is `CLOSED` and `close` follows. */
    readonly willRetry: boolean
    /** In how many milliseconds. */
    readonly delay: number
    /** What was thrown, if something was; not in tabs that share another's connection. */
    readonly cause?: unknown
}

/**
 * - `closed`: by `close()`
 * - `ended`: the server answered 204
 * - `refused`: with a status that isn't tried again
 * - `content-type`: with something else than a stream
 * - `too-large`: an event was larger than `maxEventSize`
 */
export type MartletCloseReason = 'closed' | 'ended' | 'refused' | 'content-type' | 'too-large'

/** The end of a source; the last event that it has. */
export interface MartletCloseEvent extends Event {
    readonly type: 'close'
    readonly reason: MartletCloseReason
    /** The HTTP status that ended it, or 0. */
    readonly status: number
}

/** What is published may be of the types `open`, `error` and `close` too, and is a `MessageEvent` then as well. */
export interface MartletSourceEventMap {
    open: Event | MessageEvent<string>
    message: MessageEvent<string>
    error: MartletErrorEvent | MessageEvent<string>
    close: MartletCloseEvent | MessageEvent<string>
}

/** The data of an event of type `martlet:gap`, as JSON: not everything after the last id can be had. */
export interface MartletGap {
    readonly requested: string
    readonly reason: 'unknown-id' | 'trimmed' | 'new-epoch'
    readonly resumed: string
}

/** An `EventSource` that says what went wrong, sends headers and tokens, and may share its connection among tabs. */
export declare class MartletSource extends EventTarget {
    static readonly CONNECTING: 0
    static readonly OPEN: 1
    static readonly CLOSED: 2

    /** @throws {DOMException} `SyntaxError` if `url` is none. */
    constructor(url: string | URL, options?: MartletSourceOptions)

    readonly CONNECTING: 0
    readonly OPEN: 1
    readonly CLOSED: 2

    /** The URL with its topics, and without a fragment. */
    readonly url: string
    readonly withCredentials: boolean
    readonly readyState: 0 | 1 | 2

    onopen: ((this: MartletSource, event: MartletSourceEventMap['open']) => unknown) | null
    onmessage: ((this: MartletSource, event: MartletSourceEventMap['message']) => unknown) | null
    onerror: ((this: MartletSource, event: MartletSourceEventMap['error']) => unknown) | null
    onclose: ((this: MartletSource, event: MartletSourceEventMap['close']) => unknown) | null

    /** Ends it. There is no way back; make a new one. */
    close(): void

    addEventListener<K extends keyof MartletSourceEventMap>(
        type: K,
        listener: ((this: MartletSource, event: MartletSourceEventMap[K]) => unknown) | null,
        options?: boolean | AddEventListenerOptions,
    ): void
    addEventListener(
        type: string,
        listener: ((this: MartletSource, event: MessageEvent<string>) => unknown) | null,
        options?: boolean | AddEventListenerOptions,
    ): void
    addEventListener(
        type: string,
        listener: EventListenerOrEventListenerObject | null,
        options?: boolean | AddEventListenerOptions,
    ): void

    removeEventListener<K extends keyof MartletSourceEventMap>(
        type: K,
        listener: ((this: MartletSource, event: MartletSourceEventMap[K]) => unknown) | null,
        options?: boolean | EventListenerOptions,
    ): void
    removeEventListener(
        type: string,
        listener: ((this: MartletSource, event: MessageEvent<string>) => unknown) | null,
        options?: boolean | EventListenerOptions,
    ): void
    removeEventListener(
        type: string,
        listener: EventListenerOrEventListenerObject | null,
        options?: boolean | EventListenerOptions,
    ): void
}
