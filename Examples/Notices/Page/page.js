import { MartletSource } from '/martlet.js'

const $ = id => document.getElementById(id)
let source

async function call(method, path, body) {
    const response = await fetch(path, {
        method,
        headers: body ? { 'Content-Type': 'application/json' } : {},
        body: body && JSON.stringify(body),
    })
    if (response.ok) return response
    const { error } = await response.json().catch(() => ({}))
    throw new Error(error?.message ?? response.statusText)
}

/** Has a form or a button say what went wrong. */
const saying = action => async event => {
    event.preventDefault()
    $('problem').textContent = ''
    try { await action(event) } catch (error) { $('problem').textContent = error.message }
}

async function show() {
    const { list } = await (await call('GET', '/notices')).json()
    $('list').replaceChildren(...list.map(notice => {
        const item = document.createElement('li')
        item.textContent = `${notice.sender}: ${notice.text}`
        item.classList.toggle('new', !notice.isRead)
        return item
    }))
    count(list.filter(notice => !notice.isRead).length)
}

function count(unread) {
    $('unread').textContent = $('unread').dataset.count = unread
}

/** Looks before it asks for the list: what comes in between is then told again, and nothing is missed. */
async function enter() {
    await call('GET', '/notices')
    source?.close()
    source = new MartletSource('/.well-known/mercure', { topics: 'users/{id}/notices' })
    source.onopen = show
    source.onmessage = ({ data }) => {
        count(JSON.parse(data).unread)
        show()
    }
    source.onclose = leave
    $('login').hidden = true
    $('inside').hidden = false
}

function leave() {
    source?.close()
    source = undefined
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
    await enter()
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
