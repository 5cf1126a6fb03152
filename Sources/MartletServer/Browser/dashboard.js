/**
 * The operator's page. The hub's figures come once a second as events of its own (`stats`); connections are asked for
 * while their tab is shown; the console speaks to the hub as any page would. Numbers are shown as present only while
 * they come.
 */
import { MartletSource } from './martlet.js'

// Times are in milliseconds.
/** How much of the past is kept and drawn. */
const SPAN = 600_000
/** No line is drawn between samples that are further apart. */
const BREAK = 3000
/** Figures come once a second; after this silence the last ones are history. */
const LATE = 3500
/** How long it is said that the hub was away. */
const BACK = 15_000
const LIST_EVERY = 2000
const LIST_LIMIT = 200
const MOST_EVENTS = 200
/** How many characters of an event's data are shown. */
const MOST_DATA = 4000

const find = (id) => document.getElementById(id)

/** An element with attributes and children; an attribute that is null or undefined is left out. */
function make(name, attributes, ...children) {
    const kind = ['svg', 'path', 'line'].includes(name) ? 'http://www.w3.org/2000/svg' : 'http://www.w3.org/1999/xhtml'
    const element = document.createElementNS(kind, name)
    for (const [key, value] of Object.entries(attributes ?? {})) if (value != null) element.setAttribute(key, value)
    element.append(...children)
    return element
}

/** The text of an answer; a refusal is thrown, with what the hub says. */
async function ask(url, options) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000), ...options })
    const text = await response.text()
    if (response.ok) return text
    throw Object.assign(new Error(`${response.status} ${text.slice(0, 500)}`), { status: response.status })
}

/** Leaves alone what is already so, so that selections and screen readers aren't disturbed. */
function say(element, text) {
    if (element.textContent !== text) element.textContent = text
}

// How figures are written

const NONE = '–'
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const digits = (value) => value.toFixed(value < 9.95 ? 1 : 0)

function scaled(value, base, units) {
    let index = 0
    while (value >= base * 0.9995 && index < units.length - 1) {
        value /= base
        index++
    }
    return (index || value % 1 ? digits(value) : String(value)) + '\u00a0' + units[index]
}

const count = (value) => (value < 100_000 ? grouped.format(value) : scaled(value, 1000, ['', 'k', 'M', 'G', 'T']))
const bytes = (value) => scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB'])
const seconds = (value) => scaled(value * 1e6, 1000, ['µs', 'ms', 's'])
const percent = (value) => digits(value) + '\u00a0%'
const perSecond = (value) => (value < 9.95 && value % 1 ? digits(value) : count(value)) + '\u00a0/s'
const bytesPerSecond = (value) => bytes(Math.round(value)) + '/s'
const clock = (time) => new Date(time).toLocaleTimeString('en-GB')

function duration(value) {
    const [days, hours, minutes] = [value / 86400, (value / 3600) % 24, (value / 60) % 60].map(Math.floor)
    if (days) return `${days} d ${hours} h`
    if (hours) return `${hours} h ${minutes} min`
    return minutes ? `${minutes} min ${Math.floor(value % 60)} s` : `${Math.floor(value)} s`
}

// Charts

const gauge = (of) => (now) => of(now)
/** What a total has grown by, a second. */
const rate = (of) => (now, before, time) => before && (of(now) - of(before)) / time
const sum = (object) => Object.values(object).reduce((total, value) => total + value, 0)

const kept = (s) => s.log.last - s.log.first + 1
const hasSize = () => samples.at(-1).stats.log.bytes != null

const CHARTS = [
    { title: 'Streams', show: count, lines: { streams: gauge((s) => s.streams) } },
    { title: 'Updates', show: perSecond, lines: { updates: rate((s) => s.updates) } },
    { title: 'Deliveries', show: perSecond, lines: { deliveries: rate((s) => s.deliveries) } },
    { title: 'Sent', show: bytesPerSecond, lines: { sent: rate((s) => s.bytes) }, base: 1024 },
    {
        title: 'Publish latency',
        show: seconds,
        lines: { p50: gauge((s) => s.publish?.p50), p99: gauge((s) => s.publish?.p99) },
    },
    { title: 'Event loop delay', show: seconds, lines: { delay: gauge((s) => s.loopDelay) } },
    { title: 'Streams that lag', show: count, lines: { lagging: gauge((s) => s.lagging) } },
    {
        title: 'Drops, a second',
        show: (value) => (value % 1 ? digits(value) : count(value)),
        lines: { lagged: rate((s) => s.lagged), stalled: rate((s) => s.closed.stalled), gaps: rate((s) => s.gaps) },
    },
    { title: 'Refusals', show: perSecond, lines: { refusals: rate((s) => sum(s.refusals)) } },
    { title: 'Memory', show: bytes, lines: { memory: gauge((s) => s.process.memory) }, base: 1024 },
    { title: 'CPU', show: percent, lines: { cpu: rate((s) => s.process.cpu * 100) } },
    {
        // Where the store can't tell its size, the number of its updates.
        title: 'Log',
        show: (value) => (hasSize() ? bytes(value) : count(value) + ' updates'),
        lines: { size: gauge((s) => s.log.bytes ?? kept(s)) },
        get base() {
            return hasSize() ? 1024 : 10
        },
    },
]

/** A round figure that is not below the value, for bytes in units of a power of 1024. */
function ceiling(value, base = 10) {
    if (!(value > 0)) return 1
    const unit = base === 10 ? 1 : base ** Math.floor(Math.log(value) / Math.log(base))
    const power = 10 ** Math.floor(Math.log10(value / unit))
    return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power * unit >= value * 0.999) * power * unit
}

for (const chart of CHARTS) {
    const names = Object.keys(chart.lines)
    chart.of = Object.values(chart.lines)
    chart.values = names.map(() => make('b', null, NONE))
    const isOne = names.length === 1
    const labelled = names.map((name, index) =>
        make('span', { class: 's' + index }, ...(isOne ? [] : [make('i', null, name), ' ']), chart.values[index]),
    )
    chart.area = isOne && make('path', { class: 'area s0' })
    chart.paths = names.map((_, index) => make('path', { class: 's' + index }))
    chart.cross = make('line', { class: 'cross', y1: 0, y2: 100, visibility: 'hidden' })
    const rules = [0, 50, 100].map((y) => make('line', { x1: 0, x2: 600, y1: y, y2: y }))
    const drawn = [...rules, ...(chart.area ? [chart.area] : []), ...chart.paths, chart.cross]
    chart.svg = make('svg', { viewBox: '0 -2 600 104', preserveAspectRatio: 'none', role: 'img' }, ...drawn)
    chart.top = make('small', { 'aria-hidden': 'true' })
    const values = make('p', { class: isOne ? 'values' : 'values many' }, ...labelled)
    const plot = make('div', { class: 'plot' }, chart.svg, chart.top)
    find('charts').append(make('article', { class: 'chart' }, make('h3', null, chart.title), values, plot))
}

/** A path for each line of a chart, broken where there is nothing. */
function draw(chart, index, end) {
    const all = samples.map((sample) => sample.values[index])
    const most = Math.max(0, ...all.flat().filter((value) => value != null))
    const top = ceiling(most, chart.base)
    say(chart.top, most ? chart.show(top) : '')
    chart.paths.forEach((path, line) => {
        let [drawn, area, last] = ['', '']
        samples.forEach(({ time }, number) => {
            const value = all[number][line]
            if (value == null) return (last = undefined)
            const x = (600 - (end - time) / 1000).toFixed(1)
            const y = (100 - (value / top) * 100).toFixed(1)
            const isNew = last === undefined || time - last.time > BREAK
            if (isNew && last) area += `L${last.x} 100Z`
            // A line without length shows a value that stands alone as a dot.
            drawn += isNew ? `M${x} ${y}h0` : `L${x} ${y}`
            area += isNew ? `M${x} 100V${y}` : `L${x} ${y}`
            last = { x, time }
        })
        path.setAttribute('d', drawn)
        if (chart.area) chart.area.setAttribute('d', last ? area + `L${last.x} 100Z` : area)
    })
    chart.svg.setAttribute('aria-label', `${chart.title}, the last 10 minutes: at most ${chart.show(most)}`)
}

// What the hub says of itself

/** {time, run, values, stats}, oldest first; `values` has those of each line of each chart. */
const samples = []
let state = 'connecting'
let heardAt = 0
let retryAt = 0
let trouble = ''
let back = { until: 0, text: '' }

function take(stats) {
    const before = samples.at(-1)
    if (before?.time === stats.time) return
    // A clock that was set back.
    if (before?.time > stats.time) samples.length = 0
    const isSameRun = before && before.time < stats.time && before.stats.uptime <= stats.uptime
    const time = before && (stats.time - before.time) / 1000
    const values = CHARTS.map((chart) => chart.of.map((of) => of(stats, isSameRun ? before.stats : undefined, time)))
    samples.push({ time: stats.time, run: isSameRun ? before.run : (before?.run ?? 0) + 1, values, stats })
    // Only the newest tables are shown.
    if (before) before.stats.topics = before.stats.sources = undefined
    while (samples[0].time < stats.time - SPAN) samples.shift()

    const now = Date.now()
    if (heardAt && state !== 'live') {
        back = { until: now + BACK, text: `back since ${clock(now)}, after ${duration((now - heardAt) / 1000)}` }
    }
    heardAt = now
    become('live')
    schedule()
}

function become(next) {
    if (state !== next) {
        state = next
        document.body.dataset.state = next
        schedule()
    }
    const names = { connecting: 'Connecting', live: 'Live', late: 'No news', lost: heardAt ? 'Hub lost' : 'No hub' }
    say(find('status'), names[state])
    say(find('detail'), detail())
    document.title = state === 'live' ? 'Martlet' : `${names[state]} – Martlet`
}

function detail() {
    const now = Date.now()
    if (state === 'live') return now < back.until ? back.text : ''
    const since = heardAt ? `last heard ${duration((now - heardAt) / 1000)} ago, at ${clock(heardAt)}` : ''
    if (state !== 'lost') return since
    const wait = Math.ceil((retryAt - now) / 1000)
    return [since, trouble, wait > 0 ? `trying again in ${wait} s` : 'trying again'].filter(Boolean).join('; ')
}

function listen() {
    // A hub that is well is heard every second, and whoever looks here wants to know at once when it is back.
    const options = { topics: 'stats', share: true, initialDelay: 500, maxDelay: 5000, idleTimeout: 10_000 }
    const source = new MartletSource('stats/.well-known/mercure', options)
    source.onmessage = (event) => take(JSON.parse(event.data))
    source.onerror = (event) => {
        trouble = event.status > 200 ? `${event.status} ${event.body.slice(0, 200)}`.trim() : ''
        retryAt = Date.now() + event.delay
        become('lost')
    }
    // Refused for good may be a proxy's answer while the hub is away.
    source.onclose = () => {
        retryAt = Date.now() + 5000
        setTimeout(listen, 5000)
    }
}

function beat() {
    become(state === 'live' && Date.now() - heardAt > LATE ? 'late' : state)
    // Time goes on in the charts also when nothing comes.
    if (state !== 'live') schedule()
}

// The overview

let picked
let pointed
let isScheduled = false

function schedule() {
    if (isScheduled) return
    isScheduled = true
    requestAnimationFrame(() => {
        isScheduled = false
        if (samples.length) render()
    })
}

/** The hub's time at the right edge. */
function edge() {
    const newest = samples.at(-1).time
    return state === 'live' ? newest : newest + Date.now() - heardAt
}

function render() {
    const end = edge()
    if (picked < end - SPAN) picked = undefined
    const moment = pointed ?? picked
    const shown = moment === undefined ? (state === 'live' ? samples.at(-1) : undefined) : nearest(moment)
    CHARTS.forEach((chart, index) => {
        draw(chart, index, end)
        chart.values.forEach((value, line) => {
            const figure = shown?.values[index][line]
            say(value, figure == null ? NONE : chart.show(figure))
        })
        chart.cross.setAttribute('visibility', moment === undefined ? 'hidden' : 'visible')
        if (moment === undefined) return
        const x = 600 - (end - moment) / 1000
        chart.cross.setAttribute('x1', x)
        chart.cross.setAttribute('x2', x)
    })
    renderTime(end, moment)
    renderTables(samples.at(-1).stats)
}

function nearest(moment) {
    const distance = (sample) => Math.abs(sample.time - moment)
    const best = samples.reduce((best, sample) => (distance(sample) < distance(best) ? sample : best))
    return distance(best) < BREAK / 2 ? best : undefined
}

function renderTime(end, moment) {
    const slider = find('moment')
    const isPast = moment !== undefined
    find('time').classList.toggle('past', isPast)
    slider.value = isPast ? (moment - end) / 1000 : 0
    let text = state === 'live' ? 'now' : NONE
    if (isPast) text = `${clock(moment)}, −${duration((end - moment) / 1000)}`
    say(find('moment-text'), text)
    const figures = CHARTS.map(({ title, values }) => `${title} ${values.map((value) => value.textContent).join(', ')}`)
    slider.setAttribute('aria-valuetext', isPast ? `${text}: ${figures.join('; ')}` : text)
}

find('moment').oninput = (event) => {
    const value = +event.target.value
    picked = value && samples.length ? edge() + value * 1000 : undefined
    schedule()
}
find('charts').onpointermove = (event) => {
    const plot = event.target.closest('.plot')?.getBoundingClientRect()
    const isInside = plot && samples.length
    pointed = isInside ? edge() - Math.max(0, 1 - (event.clientX - plot.left) / plot.width) * SPAN : undefined
    schedule()
}
find('charts').onpointerleave = () => {
    pointed = undefined
    schedule()
}

function renderTables(stats) {
    const { log, tail } = stats
    fact('Version', stats.version)
    fact('Up', duration(stats.uptime) + (stats.draining ? ', draining' : ''))
    fact('Connections', count(stats.connections))
    fact('Log', `${log.store}, ${count(kept(stats))} updates${log.bytes == null ? '' : ', ' + bytes(log.bytes)}`)
    fact('Positions', kept(stats) > 0 ? `${stats.epoch}-${log.first} … ${log.last}` : `${stats.epoch}, none yet`)
    fact('Tail', `${count(tail.updates)} updates, ${bytes(tail.bytes)}`)

    fill(find('topics'), TOPICS, stats.topics, 'topic')
    const failing = stats.sources.filter((source) => source.problem)
    const sources = [...failing, ...stats.sources.filter((source) => !source.problem)].flatMap((source) =>
        source.problem ? [source, { name: source.name + '\n', reason: source.problem }] : [source],
    )
    fill(find('sources'), SOURCES, sources, 'name')
    const names = failing.map((source) => source.name).join(', ')
    const problem = failing.length === 1 ? ` (${failing[0].problem})` : ''
    say(find('alerts'), names && `Failing: ${names}${problem}`)

    const { run } = samples.at(-1)
    const before = samples.find((sample) => sample.run === run).stats
    const row = (name, of) => ({ name, lately: of(stats) - of(before), total: of(stats) })
    const streams = { opened: (s) => s.opened, resumed: (s) => s.resumes, 'told of a gap': (s) => s.gaps }
    streams['fell behind'] = (s) => s.lagged
    for (const key in stats.closed) streams['closed: ' + key] = (s) => s.closed[key]
    fill(find('closed'), COUNTS, Object.entries(streams).map(([name, of]) => row(name, of)), 'name')
    const refusals = Object.keys(stats.refusals).map((key) => row(key, (s) => s.refusals[key] ?? 0))
    fill(find('refusals'), COUNTS, refusals, 'name')
}

function fact(name, text) {
    const id = 'fact-' + name
    if (!find(id)) find('facts').append(make('div', null, make('dt', null, name), make('dd', { id })))
    say(find(id), text)
}

// Tables: a column has a name, what it shows of an item, perhaps a class; or `control`, an element made once per row.

const number = (name, of, kind = '') => ({ name, of, class: ('number ' + kind).trim() })
const TOPICS = [
    { name: 'Topic', of: (item) => item.topic, class: 'name' },
    number('Updates', (item) => perSecond(item.updates)),
    number('Streams', (item) => count(item.streams)),
]
const SOURCES = [
    { name: 'Source', of: (item) => item.name, class: 'name' },
    { name: 'Kind', of: (item) => item.kind, class: 'minor' },
    number('Watches', (item) => count(item.watches)),
    number('Ticks', (item) => count(item.ticks), 'minor'),
    number('Skipped', (item) => count(item.skipped), 'minor'),
    number('Errors', (item) => count(item.errors)),
    number('Updates', (item) => count(item.updates)),
]
const COUNTS = [
    { name: 'What', of: (item) => item.name },
    number('Last 10 min', (item) => count(item.lately)),
    number('Since start', (item) => count(item.total)),
]
const CONNECTIONS = [
    { name: 'Address', of: (item) => item.address, class: 'mono line' },
    { name: 'Selectors', of: (item) => item.selectors.join('\n'), class: 'name line' },
    { name: 'Protocol', of: (item) => item.protocol, class: 'minor' },
    { ...number('Age', (item) => duration(item.age)), isNamed: true },
    { name: 'Cursor', of: (item) => item.cursor, class: 'mono', isNamed: true },
    { ...number('Lag', (item) => count(item.lag), 'lag'), isNamed: true },
    { name: 'State', of: (item) => item.state, class: 'state' },
    {
        name: '',
        class: 'number',
        control(item) {
            const button = make('button', { 'aria-label': `Close the stream of ${item.address}` }, 'Close')
            button.onclick = () => askToClose(item)
            return button
        },
    },
]

/** Brings a table to what the items say. Rows stay what they are as long as their items stay. */
function fill(table, columns, items, key) {
    if (!table.tHead) {
        const heads = columns.map(({ name, class: kind }) => make('th', { scope: 'col', class: kind }, name))
        table.append(make('thead', null, make('tr', null, ...heads)), make('tbody'))
        table.rowOf = new Map()
    }
    const body = table.tBodies[0]
    const rowOf = new Map()
    for (const item of items) {
        const row = table.rowOf.get(item[key]) ?? makeRow(columns, item)
        rowOf.set(item[key], row)
        row.className = item.problem ? 'failing' : item.lag ? 'behind' : ''
        if (item.reason) say(row.cells[0], item.reason)
        else columns.forEach(({ of }, index) => of && say(row.cells[index], of(item)))
    }
    if (!items.length) rowOf.set('', table.rowOf.get('') ?? makeRow(columns, { reason: 'none' }))
    for (const [id, row] of table.rowOf) if (rowOf.get(id) !== row) row.remove()
    ;[...rowOf.values()].forEach((row, index) => body.rows[index] !== row && body.insertBefore(row, body.rows[index]))
    table.rowOf = rowOf
}

function makeRow(columns, item) {
    const { reason } = item
    const kind = reason === 'none' ? 'none' : 'reason'
    if (reason) return make('tr', null, make('td', { colspan: columns.length, class: kind }, reason))
    const cells = columns.map(({ name, class: kind, isNamed, control }) =>
        make('td', { class: kind, 'data-name': isNamed && name }, control?.(item) ?? ''),
    )
    return make('tr', null, ...cells)
}

// Connections

let asked = 0
let askAgain

/** Asks for the list, and goes on asking while it is looked at. */
async function list() {
    clearTimeout(askAgain)
    const turn = ++asked
    if (find('connections').hidden || document.hidden) return
    const query = new URLSearchParams({ limit: LIST_LIMIT, filter: find('filter-text').value.trim() })
    try {
        const { total, connections } = JSON.parse(await ask('connections?' + query))
        if (turn !== asked) return
        fill(find('list'), CONNECTIONS, connections, 'id')
        find('list').classList.remove('stale')
        const shown = total > connections.length ? `${count(connections.length)} of ` : ''
        say(find('count'), `${shown}${count(total)} streams`)
    } catch (error) {
        if (turn !== asked) return
        find('list').classList.add('stale')
        say(find('count'), `The list can't be had: ${error.message}`)
    }
    askAgain = setTimeout(list, LIST_EVERY)
}

let closing

function askToClose(item) {
    closing = item
    const text = `${item.address} gets ${item.selectors.join(', ')}. Its client will most likely connect again.`
    say(find('confirm-text'), text)
    say(find('confirm-problem'), '')
    find('confirm').showModal()
}

find('confirm-no').onclick = () => find('confirm').close()
find('confirm-yes').onclick = async () => {
    try {
        await ask('connections/' + encodeURIComponent(closing.id), { method: 'DELETE' })
    } catch (error) {
        // One that is gone is as good as closed.
        if (error.status !== 404) return say(find('confirm-problem'), `It can't be closed: ${error.message}`)
    }
    find('confirm').close()
    await list()
    // The button that had the focus is gone with its row.
    if (!find('list').contains(document.activeElement)) find('filter-text').focus()
}
find('filter').oninput = find('filter').onsubmit = (event) => {
    event.preventDefault()
    list()
}

// The console

/** Tells events of all types, which otherwise have to be asked for by name. */
class WholeSource extends MartletSource {
    dispatchEvent(event) {
        if (event instanceof MessageEvent) this.onany?.(event)
        return super.dispatchEvent(event)
    }
}

let subscription
let received = 0
let waiting = []

function subscribed(text, isBad = false) {
    say(find('subscribed'), text)
    find('subscribed').classList.toggle('bad', isBad)
    find('stop').disabled = !subscription
}

find('subscribe').onsubmit = (event) => {
    event.preventDefault()
    subscription?.close()
    const topics = find('selectors').value.split('\n').map((line) => line.trim()).filter(Boolean)
    const lastEventId = find('after').value.trim()
    const source = (subscription = new WholeSource('.well-known/mercure', { topics, lastEventId, maxDelay: 5000 }))
    subscribed('connecting')
    source.onopen = () => subscribed('subscribed')
    // What is published may be of these types too; the list shows it.
    source.onerror = (event) => {
        if (event instanceof MessageEvent) return
        const { status, body, message, willRetry } = event
        const why = (status > 200 && body.slice(0, 500)) || message
        subscribed(`${willRetry ? 'lost, trying again' : 'refused'}: ${why}`, true)
    }
    source.onclose = (event) => {
        if (event instanceof MessageEvent || source !== subscription) return
        subscription = undefined
        if (event.reason === 'closed') subscribed('not subscribed')
        else find('stop').disabled = true
    }
    source.onany = (update) => {
        if (!received++ || !waiting.length) requestAnimationFrame(showEvents)
        waiting.push([new Date(), update])
        if (waiting.length > MOST_EVENTS) waiting.shift()
    }
}
find('stop').onclick = () => subscription?.close()

function showEvents() {
    const items = waiting.reverse().map(([time, { lastEventId, type, data }]) => {
        const rest = data.length - MOST_DATA
        const text = rest > 0 ? `${data.slice(0, MOST_DATA)}… and ${count(rest)} more characters` : data
        const head = [clock(time), lastEventId, type === 'message' ? '' : type].map((part) => make('span', null, part))
        return make('li', { class: type === 'martlet:gap' ? 'gap' : null }, ...head, make('pre', null, text))
    })
    waiting = []
    const events = find('events')
    events.prepend(...items)
    while (events.children.length > MOST_EVENTS) events.lastChild.remove()
    const shown = events.children.length
    say(find('events-count'), count(received) + (received > shown ? `, the newest ${shown} shown` : ''))
}

find('clear').onclick = () => {
    received = 0
    waiting = []
    find('events').replaceChildren()
    say(find('events-count'), '')
}

find('publish').onsubmit = async (event) => {
    event.preventDefault()
    const body = new URLSearchParams({ topic: find('topic').value, data: find('data').value })
    for (const name of ['type', 'id']) if (find(name).value) body.set(name, find(name).value)
    if (find('private').checked) body.set('private', 'on')
    const published = find('published')
    try {
        say(published, 'published as ' + (await ask('.well-known/mercure', { method: 'POST', body })))
        published.className = ''
    } catch (error) {
        say(published, 'not published: ' + error.message)
        published.className = 'bad'
    }
}

// Tabs

const tabs = [...document.querySelectorAll('[role=tab]')]

function select(tab) {
    for (const other of tabs) {
        const isSelected = other === tab
        other.setAttribute('aria-selected', isSelected)
        other.tabIndex = isSelected ? 0 : -1
        find(other.getAttribute('aria-controls')).hidden = !isSelected
    }
    history.replaceState(null, '', '#' + tab.getAttribute('aria-controls'))
    list()
}

tabs.forEach((tab, index) => {
    tab.onclick = () => select(tab)
    tab.onkeydown = (event) => {
        const last = tabs.length - 1
        const to = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[event.key]
        if (to === undefined) return
        event.preventDefault()
        const next = tabs[(to + tabs.length) % tabs.length]
        next.focus()
        select(next)
    }
})

select(tabs.find((tab) => '#' + tab.getAttribute('aria-controls') === location.hash) ?? tabs[0])
document.addEventListener('visibilitychange', () => {
    beat()
    list()
})
setInterval(beat, 1000)
listen()
