/**
 * The page at / of a hub without keys: what a hub does, to be tried. Each card shows what a user would write. The page
 * itself has fewer streams than cards, and its tabs share them: over HTTP/1.1 a browser has six connections for a host.
 */
import { MartletSource } from './martlet.js'

const HUB = '/.well-known/mercure'
const find = (id) => document.getElementById(id)

/** Tells in words how a source fares. */
function watch(source, tell) {
    source.addEventListener('open', () => tell('live'))
    source.addEventListener('error', (event) => {
        // Anybody may publish an event of this type.
        if (event instanceof MessageEvent) return
        const { status, body, message, willRetry, delay } = event
        if (willRetry) tell(`the hub is away, trying again in ${Math.ceil(delay / 1000)} s`, true)
        else tell(`refused: ${status} ${body || message}`, true)
    })
}

function say(id, text, isBad = false) {
    find(id).textContent = text
    find(id).classList.toggle('bad', isBad)
}

/** What a card shows, as long as it is not old. */
const states = { 'clock-state': 'time', 'notices-state': 'notices', 'log-state': 'log', 'system-state': 'charts' }
function sayFor(...ids) {
    return (text, isBad) => {
        for (const id of ids) {
            say(id, text, isBad)
            find(states[id]).classList.toggle('old', Boolean(isBad))
        }
    }
}

async function send(stateID, url, options) {
    try {
        const response = await fetch(url, options)
        if (!response.ok) say(stateID, `refused: ${response.status} ${await response.text()}`, true)
    } catch {
        say(stateID, 'the hub does not answer', true)
    }
}

function addLine(list, line, most) {
    // Somebody who reads further up isn't moved.
    const isAtEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 8
    list.append(line)
    while (list.children.length > most) list.firstChild.remove()
    if (isAtEnd) list.scrollTop = list.scrollHeight
}

function item(...children) {
    const line = document.createElement('li')
    line.append(...children)
    return line
}

// Publish and see

const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'"
let source

function subscribe() {
    source?.close()
    const topic = find('topic').value
    const path = topic.split('/').map(encodeURIComponent).join('/')
    find('curl').textContent = `curl -d 'hello from a shell' \\\n  ${quoted(`${location.origin}/topics/${path}`)}`
    find('cards').querySelector('[aria-labelledby=try-title] .topic').textContent = path.replaceAll("'", '%27')
    say('state', 'connecting')
    source = new MartletSource(HUB, { topics: topic, share: true })
    watch(source, (text, isBad) => say('state', text, isBad))
    source.onmessage = (event) => {
        const id = document.createElement('small')
        id.textContent = event.lastEventId + '  '
        find('list').prepend(item(id, event.data))
        while (find('list').children.length > 100) find('list').lastChild.remove()
    }
}

find('topic').onchange = subscribe
find('form').onsubmit = (event) => {
    event.preventDefault()
    const body = new URLSearchParams({ topic: find('topic').value, data: find('data').value })
    send('state', HUB, { method: 'POST', body })
}

// The clock

function addClock(topic) {
    find('cards').prepend(find('clock-card').content.cloneNode(true))
    for (const name of document.querySelectorAll('[aria-labelledby=clock-title] .topic')) name.textContent = topic
}

function showTime(time) {
    find('time').textContent = new Date(time).toLocaleTimeString([], { hour12: false })
}

/** Without the demonstration there may still be somebody's own clock. */
function lookForClock() {
    const source = new MartletSource(HUB, { topics: 'time', share: true })
    const giveUp = setTimeout(() => source.close(), 10_000)
    source.onmessage = (event) => {
        let time
        try {
            time = JSON.parse(event.data).time
        } catch {
            return
        }
        if (!find('time')) {
            clearTimeout(giveUp)
            addClock('time')
            const tell = sayFor('clock-state')
            tell('live')
            watch(source, tell)
        }
        showTime(time)
    }
}

// The demonstration

function addDemo() {
    find('cards').prepend(find('demo-cards').content.cloneNode(true))
    addClock('demo/time')

    const values = new MartletSource(HUB, {
        topics: ['demo/time', 'demo/users/1/notices', 'demo/system'],
        share: true,
    })
    watch(values, sayFor('clock-state', 'notices-state', 'system-state'))
    values.onmessage = (event) => {
        const value = JSON.parse(event.data)
        if ('notice_num' in value) find('notices').textContent = value.notice_num
        else if ('cpu' in value) showSystem(value)
        else showTime(value.time)
    }
    find('add-notice').onclick = () => send('notices-state', '/demo/notices', { method: 'POST' })
    find('read-notices').onclick = () => send('notices-state', '/demo/notices', { method: 'DELETE' })

    const log = new MartletSource(HUB, { topics: 'demo/log', share: true })
    watch(log, sayFor('log-state'))
    log.onmessage = (event) => addLine(find('log'), item(event.data), 200)
    find('log-form').onsubmit = (event) => {
        event.preventDefault()
        send('log-state', '/demo/log', { method: 'POST', body: find('line').value })
    }
}

// Charts: two minutes of what came since the page was opened

const SPAN = 120
const bytes = (value) => {
    const power = value < 1024 ? 0 : Math.min(4, Math.floor(Math.log2(value) / 10))
    const figure = value / 1024 ** power
    return `${figure.toFixed(power && figure < 10 ? 1 : 0)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`
}
/** `top` is what reaches the upper edge; without it the highest value does. */
const charts = [
    { name: 'Processors', of: (s) => s.cpu.percent, top: () => 100, show: (value) => value.toFixed(0) + ' %' },
    { name: 'Memory', of: (s) => s.memory.used, top: (s) => s.memory.total, show: bytes },
    { name: 'Received', of: (s) => s.network.received_bytes, show: (value) => bytes(value) + '/s' },
    { name: 'Sent', of: (s) => s.network.sent_bytes, show: (value) => bytes(value) + '/s' },
]

function makeChart(chart) {
    const make = (name, attributes) => {
        const element = document.createElementNS('http://www.w3.org/2000/svg', name)
        for (const key in attributes) element.setAttribute(key, attributes[key])
        return element
    }
    chart.svg = make('svg', { viewBox: `0 0 ${SPAN} 100`, preserveAspectRatio: 'none', role: 'img' })
    chart.line = make('path', { class: 'line' })
    chart.area = make('path', { class: 'area' })
    chart.svg.append(chart.area, chart.line)
    chart.value = document.createElement('b')
    chart.points = []
    const head = document.createElement('p')
    head.append(chart.name, chart.value)
    const figure = document.createElement('div')
    figure.append(head, chart.svg)
    find('charts').append(figure)
}

function showSystem(system) {
    const now = Date.now() / 1000
    for (const chart of charts) {
        if (!chart.svg) makeChart(chart)
        const { points } = chart
        const value = chart.of(system)
        // The first look has nothing before it to compare with.
        if (value == null) continue
        points.push({ time: now, value })
        while (points[0].time < now - SPAN) points.shift()
        const top = chart.top?.(system) ?? Math.max(1024, ...points.map((point) => point.value)) * 1.1
        const x = (point) => (SPAN - (now - point.time)).toFixed(1)
        const line = points.map((point) => `${x(point)} ${(99 - (point.value / top) * 98).toFixed(1)}`).join('L')
        chart.line.setAttribute('d', 'M' + line)
        chart.area.setAttribute('d', `M${x(points[0])} 100L${line}V100Z`)
        chart.value.textContent = chart.show(value)
        chart.svg.setAttribute('aria-label', `${chart.name} over two minutes, now ${chart.show(value)}`)
    }
}

subscribe()
const demo = await fetch('/demo').then((response) => response.ok && response.json()).catch(() => false)
if (demo && demo.topics.length) addDemo()
else lookForClock()
