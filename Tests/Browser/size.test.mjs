import assert from 'node:assert/strict'
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { minify, tokens } from './minify.mjs'

const source = readFileSync(new URL('../../Sources/MartletServer/Browser/martlet.js', import.meta.url), 'utf8')

test('minified and gzipped, martlet.js is below 6 KB', (t) => {
    const minified = minify(source)
    const size = gzipSync(minified, { level: 9 }).length
    t.diagnostic(`martlet.js: ${source.length} bytes, ${minified.length} minified, ${size} minified and gzipped`)
    assert.ok(size < 6000, `${size} bytes`)
    assert.ok(size > 2000, 'the minifier has lost something')
})

test('the minified module still is one, with the same export', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'martlet-'))
    try {
        const path = join(folder, 'martlet.mjs')
        writeFileSync(path, minify(source))
        const module = await import(pathToFileURL(path))
        assert.deepEqual(Object.keys(module), ['MartletSource'])
        const made = new module.MartletSource('http://127.0.0.1:9/', {})
        assert.equal(made.readyState, 0)
        made.close()
        assert.equal(made.readyState, 2)
    } finally {
        rmSync(folder, { recursive: true })
    }
})

test('the minifier keeps strings, templates and regular expressions', () => {
    assert.equal(minify("const a = /[/*'\"]+/g // no\na\n++a\n"), "const a=/[/*'\"]+/g\na\n++a\n")
    assert.equal(minify('let b = `x ${ a } /* y */` /* no */\n'), 'let b=`x ${ a } /* y */`\n')
    assert.equal(minify("c = 'it // is' + 4 / 2 / 1\n"), "c='it // is'+4/2/1\n")
    assert.equal(minify('a + +b - -c; return_ = d\n.e'), 'a+ +b- -c;return_=d.e\n')
    assert.equal(minify('class A { #a = 1; #b }\nclass B { #c }\n'), 'class A{#e=1;#t}\nclass B{#e}\n')
    assert.equal([...tokens(source)].map((token) => token.text).join(''), source)
    assert.throws(() => minify('`never'), SyntaxError)
})
