// A small minifier that changes nothing a program could notice: comments and insignificant white space go, and private
// names (#like-this), which nothing outside a class can see, become short, in each class anew. Local names stay as they
// are.

/** What a token looks like after which a slash begins a regular expression and doesn't divide. */
const beforeRegex = [
    /(?:^|[({[,;=:?!&|+\-*%~<>])$/,
    /^(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield)$/,
]

const marks =
    /\?\?=|\|\|=|&&=|\*\*=|\.\.\.|===|!==|=>|\?\.|\?\?|\*\*|\+\+|--|[-+*/%&|^<>=!]=|&&|\|\||<<|>>|[^]/y

const canEnd = /^(?:[)\]}]|\+\+|--)$/
const canBegin = /^(?:[[({+\-!~]|\+\+|--)$/

/** The tokens of a module; a template literal is one token, with everything that is in it. */
export function* tokens(source) {
    let at = 0
    let before = ''
    const fail = (what) => {
        throw new SyntaxError(`${what} at ${at}: ${source.slice(at, at + 30)}`)
    }
    const take = (kind, text) => {
        at += text.length
        if (kind !== 'space' && kind !== 'comment') before = text
        return { kind, text }
    }
    const match = (pattern) => {
        pattern.lastIndex = at
        return pattern.exec(source)?.[0]
    }
    const template = (from) => {
        let end = from + 1
        while (source[end] !== '`') {
            if (end >= source.length) fail('a template without end')
            if (source[end] === '\\') end += 2
            else if (source.startsWith('${', end)) end = substitution(end + 2)
            else end++
        }
        return end + 1
    }
    const substitution = (from) => {
        let depth = 1
        let end = from
        while (depth) {
            const character = source[end]
            if (character === undefined || /['"/]/.test(character)) fail('this minifier takes only plain substitutions')
            if (character === '`') end = template(end)
            else {
                depth += character === '{' ? 1 : character === '}' ? -1 : 0
                end++
            }
        }
        return end
    }
    while (at < source.length) {
        let text
        if ((text = match(/\s+/y))) yield take('space', text)
        else if ((text = match(/\/\/.*|\/\*[^]*?\*\//y))) yield take('comment', text)
        else if ((text = match(/'(?:\\[^]|[^'\\\n])*'|"(?:\\[^]|[^"\\\n])*"/y))) yield take('string', text)
        else if (source[at] === '`') yield take('template', source.slice(at, template(at)))
        else if ((text = match(/#?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy))) yield take('name', text)
        else if ((text = match(/0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?/y))) yield take('number', text)
        else if (source[at] === '/' && beforeRegex.some((pattern) => pattern.test(before))) {
            text = match(/\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y)
            yield take('regex', text ?? fail('a regular expression without end'))
        } else yield take('mark', match(marks))
    }
}

const shortName = (index) => (index >= 52 ? shortName(Math.floor(index / 52) - 1) : '') +
    'etaonisrhldcumfpgwybvkxjqzETAONISRHLDCUMFPGWYBVKXJQZ'[index % 52]

export function minify(source) {
    const privateNames = new Map()
    const short = (name) => {
        if (!privateNames.has(name)) privateNames.set(name, '#' + shortName(privateNames.size))
        return privateNames.get(name)
    }
    let output = ''
    let last = { kind: 'mark', text: ';' }
    let hasLineEnd = false
    let hasSpace = false
    for (const token of tokens(source)) {
        if (token.kind === 'space' || token.kind === 'comment') {
            hasSpace = true
            hasLineEnd ||= token.text.includes('\n') && token.kind === 'space'
            continue
        }
        let { text } = token
        // No class is within another.
        if (text === 'class') privateNames.clear()
        if (text[0] === '#') text = short(text)
        else if (token.kind === 'template') {
            text = text.replace(/\$\{this\.(#[\w$]+)\}/g, (_, name) => `\${this.${short(name)}}`)
        }
        const isWord = (kind) => kind === 'name' || kind === 'number'
        // A line's end may be a statement's, unless the next line can't begin one or this one can't end one.
        const ends = last.kind !== 'mark' || canEnd.test(last.text)
        const begins = token.kind !== 'mark' || canBegin.test(text)
        const areMarks = last.kind === 'mark' && token.kind === 'mark'
        if (hasLineEnd && ends && begins) output += '\n'
        else if (hasSpace && isWord(last.kind) && (isWord(token.kind) || text[0] === '#')) output += ' '
        else if (hasSpace && areMarks && /^[+-]/.test(text) && /[+-]$/.test(last.text)) output += ' '
        output += text
        last = token
        hasLineEnd = hasSpace = false
    }
    return output + '\n'
}
