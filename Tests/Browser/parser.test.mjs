import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World, settle, streamTo } from './world.mjs'

/** The events that come of pieces of a body. */
async function events(pieces, { types = ['message'], options } = {}) {
    const world = new World()
    world.server = (request) => streamTo(request)
    const tab = world.tab()
    const source = tab.source('/stream', options)
    const seen = []
    for (const type of types) {
        source.addEventListener(type, (event) => {
            seen.push([event.type, event.data, event.lastEventId])
        })
    }
    const errors = []
    source.addEventListener('error', (event) => 'message' in event && errors.push(event))
    await settle()
    const [request] = world.requests
    for (const piece of pieces) if (!request.isOver) request.write(piece)
    await settle()
    const result = { seen, errors, source, world }
    source.close()
    return result
}

const corpus = [
    ['a line of data', 'data: hello\n\n', [['message', 'hello', '']]],
    ['no space after the colon', 'data:hello\n\n', [['message', 'hello', '']]],
    ['only one space is taken', 'data:  hello\n\n', [['message', ' hello', '']]],
    ['a tab is not a space', 'data:\thello\n\n', [['message', '\thello', '']]],
    ['lines of data are joined', 'data: a\ndata: b\n\n', [['message', 'a\nb', '']]],
    ['an empty line of data', 'data\n\n', [['message', '', '']]],
    ['two empty lines of data', 'data\ndata:\n\n', [['message', '\n', '']]],
    ['no data, no event', 'event: add\nid: 1\n\ndata: x\n\n', [['message', 'x', '1']]],
    ['a type', 'event: add\ndata: 1\n\n', [['add', '1', '']]],
    ['a type holds for one event', 'event: add\ndata: 1\n\ndata: 2\n\n', [['add', '1', ''], ['message', '2', '']]],
    ['an empty type is message', 'event:\ndata: 1\n\n', [['message', '1', '']]],
    ['an id holds on', 'id: 7\ndata: a\n\ndata: b\n\n', [['message', 'a', '7'], ['message', 'b', '7']]],
    ['an empty id resets', 'id: 7\ndata: a\n\nid\ndata: b\n\n', [['message', 'a', '7'], ['message', 'b', '']]],
    ['an id with NUL is ignored', 'id: 7\ndata: a\n\nid: 8\0\ndata\n\n', [['message', 'a', '7'], ['message', '', '7']]],
    ['NUL in data is data', 'data: a\0b\n\n', [['message', 'a\0b', '']]],
    ['NUL in a type is not its end', 'event: a\0\ndata: b\n\n', []],
    ['comments', ':\n: data: no\ndata: yes\n:data: no\n\n', [['message', 'yes', '']]],
    ['unknown fields', 'datas: no\nDATA: no\n data: no\ndata : no\ndata: yes\n\n', [['message', 'yes', '']]],
    ['CR', 'data: a\rdata: b\r\rdata: c\r\r', [['message', 'a\nb', ''], ['message', 'c', '']]],
    ['CRLF', 'data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n', [['message', 'a\nb', ''], ['message', 'c', '']]],
    ['all of them', 'data: a\rdata: b\ndata: c\r\n\ndata: d\n\r\n', [['message', 'a\nb\nc', ''], ['message', 'd', '']]],
    ['a byte order mark', '\uFEFFdata: a\n\n', [['message', 'a', '']]],
    ['only the first one', '\uFEFF\uFEFFdata: a\n\ndata: b\n\n', [['message', 'b', '']]],
    ['one within is data', 'data: \uFEFFa\n\n', [['message', '\uFEFFa', '']]],
    ['of one, two, three and four bytes', 'data: aé€😀e\u0301\n\n', [['message', 'aé€😀e\u0301', '']]],
    ['other separators are data', 'data:\u2028b\u2029c\u0085d\v\n\n', [['message', '\u2028b\u2029c\u0085d\v', '']]],
    ['an unfinished event is none', 'data: a\n\ndata: b\n', [['message', 'a', '']]],
    ['a colon in the value', 'data: a: b\n\n', [['message', 'a: b', '']]],
    ['an id beyond Latin-1', 'id: é😀\ndata: a\n\n', [['message', 'a', 'é😀']]],
]

for (const [name, body, expected] of corpus) {
    test(`parses: ${name}`, async () => {
        const types = ['message', 'add']
        const bytes = new TextEncoder().encode(body)
        assert.deepEqual((await events([bytes], { types })).seen, expected)
        assert.deepEqual((await events([...bytes].map((byte) => Uint8Array.of(byte)), { types })).seen, expected)
        for (let at = 1; at < bytes.length; at++) {
            const { seen } = await events([bytes.slice(0, at), new Uint8Array(), bytes.slice(at)], { types })
            assert.deepEqual(seen, expected, `cut at ${at}`)
        }
    })
}

test('a CR ends its line without waiting for what follows', async () => {
    assert.deepEqual((await events(['data: a\r\r'])).seen, [['message', 'a', '']])
})

test('bytes that are not UTF-8 become replacement characters', async () => {
    const bytes = Uint8Array.of(...new TextEncoder().encode('data: '), 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 10, 10)
    assert.deepEqual((await events([bytes])).seen, [['message', '\uFFFD\uFFFD(\uFFFD\uFFFD\uFFFD', '']])
})

test('an event of the allowed size comes through, in many pieces', async () => {
    const half = 'x'.repeat(500)
    const { seen, errors } = await events(['data: ', half, half.slice(7), '\n\n'], { options: { maxEventSize: 1000 } })
    assert.deepEqual(seen, [['message', half + half.slice(7), '']])
    assert.deepEqual(errors, [])
})

for (const [name, pieces] of [
    ['a line without end', Array(20).fill('x'.repeat(100))],
    ['a comment without end', [':', ...Array(20).fill('x'.repeat(100))]],
    ['data without end', Array(40).fill('data: ' + 'x'.repeat(50) + '\n')],
    ['empty lines of data without end', Array(2000).fill('data\n')],
    ['one huge piece', ['data: ' + 'x'.repeat(5000) + '\n\n']],
]) {
    test(`too large an event ends it: ${name}`, async () => {
        const { seen, errors, source, world } = await events(pieces, { options: { maxEventSize: 1000 } })
        assert.deepEqual(seen, [])
        assert.equal(errors.length, 1)
        assert.equal(errors[0].willRetry, false)
        assert.match(errors[0].message, /larger than 1000/)
        assert.equal(source.readyState, 2)
        assert.equal(world.requests[0].signal.aborted, true)
    })
}

test('the default limit takes 15 MiB and refuses 17', async () => {
    const mebibyte = 'x'.repeat(1 << 20)
    assert.equal((await events(['data: ', ...Array(15).fill(mebibyte), '\n\n'])).seen[0]?.[1].length, 15 << 20)
    assert.equal((await events(['data: ', ...Array(17).fill(mebibyte)])).errors[0]?.willRetry, false)
})

test('a hundred thousand small events in one piece are read in order', async () => {
    const body = Array.from({ length: 100_000 }, (_, index) => `id: ${index}\ndata: ${index}\n\n`).join('')
    const { seen } = await events([body])
    assert.equal(seen.length, 100_000)
    assert.ok(seen.every(([, data, id], index) => data === String(index) && id === data))
})
