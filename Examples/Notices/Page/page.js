import { MartletSource } from '/martlet.js'

const $ = id => document.getElementById(id)
let source
// Counts what is shown, so that an answer that comes late replaces nothing newer, and nothing after logging out.
let shown = 0

async function call(method, path, body) {
    const response = await fetch(path, {
        method,
        headers: body ? { 'Content-Type': 'application/json' } : {},
        body: body && JSON.stringify(body),
    })
    if (response.ok) return response
    const { error } = await response.json().catch(() => ({}))
    throw Object.assign(new Error(error?.message ?? response.statusText), { status: response.status })
}

/** Has a form or a button say what went wrong. */
const saying = action => async event => {
    event.preventDefault()
    $('problem').textContent = ''
    try { await action(event) } catch (error) { $('problem').textContent = error.message }
}

async function show() {
    const mine = ++shown
    const { list, unread } = await (await call('GET', '/notices')).json()
    if (mine !== shown) return
    $('list').replaceChildren(...list.map(notice => {
        const item = document.createElement('li')
        item.textContent = `${notice.sender}: ${notice.text}`
        item.classList.toggle('new', !notice.isRead)
        return item
    }))
    count(unread)
}

function count(unread) {
    $('unread').textContent = $('unread').dataset.count = unread
}

const showOrSay = () => show().catch(error => { $('problem').textContent = error.message })

/**
 * Looks before it asks for the list: what comes in between is then told again, and nothing is missed. The topic is the
 * user's own in full: a hub finds who looks at a topic at once, and tries each template that somebody looks at.
 */
async function enter() {
    const { id } = await (await call('GET', '/session')).json()
    source?.close()
    source = new MartletSource('/.well-known/mercure', { topics: `users/${id}/notices` })
    source.onopen = showOrSay
    source.onmessage = ({ data }) => {
        count(JSON.parse(data).unread)
        showOrSay()
    }
    // An event may be called "close", too.
    source.onclose = (event) => event instanceof MessageEvent || leave()
    $('login').hidden = true
    $('inside').hidden = false
}

function leave() {
    source?.close()
    source = undefined
    shown++
    $('login').hidden = false
    $('inside').hidden = true
    $('list').replaceChildren()
    count(0)
}

$('login').onsubmit = saying(async ({ target, submitter }) => {
    const credentials = Object.fromEntries(new FormData(target))
    if (submitter?.value === 'register') await call('POST', '/users', credentials)
    await call('POST', '/session', credentials)
    target.reset()
    await enter().catch(error => {
        if (error.status !== 401) throw error
        throw new Error('This browser does not keep the cookie, which is for TLS. Run the program with --insecure-cookie.')
    })
})
$('tell').onsubmit = saying(async ({ target }) => {
    await call('POST', '/notices', Object.fromEntries(new FormData(target)))
    target.reset()
})
$('read').onclick = saying(() => call('POST', '/notices/read'))
$('logout').onclick = saying(async () => {
    await call('DELETE', '/session')
    leave()
})
enter().catch(() => {})
