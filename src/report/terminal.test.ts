import { Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ComfypinEvent } from '../core/events.ts'
import type { Language } from '../core/messages.ts'
import { terminalReporter } from './terminal.ts'
import { transferLine } from './transfer-line.ts'

/** `ESC [ <count> <letter>` moves and erases, `ESC [ ? 2026 h` and `l` group what is drawn at once. */
// oxlint-disable-next-line no-control-regex -- the one that a terminal obeys
const TOKEN = /\u001b\[(\??\d*)([A-Za-z])|[^]/gu

/** What stands on a terminal after some output. Whatever else it would have to obey is an error. */
function createScreen(columns: number) {
  const rows: string[] = ['']
  let row = 0
  let column = 0
  const newLine = () => {
    row++
    column = 0
    rows[row] ??= ''
  }
  const put = (char: string) => {
    if (column === columns) newLine()
    const line = (rows[row] ?? '').padEnd(column)
    rows[row] = line.slice(0, column) + char + line.slice(column + 1)
    column++
  }
  const obey = (count: string, letter: string) => {
    if (letter === 'A') row = Math.max(0, row - Number(count || 1))
    else if (letter === 'B') row += Number(count || 1)
    else if (letter === 'G') column = 0
    else if (letter === 'K') rows[row] = count === '2' ? '' : (rows[row] ?? '').slice(0, column)
    else if (count !== '?2026') throw new Error(`it would obey ${count}${letter}`)
  }
  const write = (text: string) => {
    for (const [token, count = '', letter] of text.matchAll(TOKEN)) {
      if (letter !== undefined) obey(count, letter)
      else if (token === '\n') newLine()
      else if (/\p{Cc}/u.test(token)) throw new Error(`it would obey ${JSON.stringify(token)}`)
      else put(token)
    }
  }
  return { write, rows: () => rows.map((line) => line.trimEnd()).filter((line) => line !== '') }
}

function setUp({ columns = 80, language = 'en' as Language } = {}) {
  const screen = createScreen(columns)
  let now = 0
  let writes = 0
  const sink = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      writes++
      screen.write(text)
      done()
    },
  })
  const reporter = terminalReporter({
    language,
    verbose: true,
    write: screen.write,
    stream: Object.assign(sink, { columns, rows: 24, isTTY: true }),
    now: () => now,
  })
  return {
    /** Tell events, each a second after the one before. */
    tell: (...events: ComfypinEvent[]) => {
      for (const event of events) {
        now += 1000
        reporter(event)
      }
    },
    tellAtOnce: (...events: ComfypinEvent[]) => events.forEach(reporter),
    close: reporter.close,
    rows: screen.rows,
    writes: () => writes,
  }
}

const GIB = 2 ** 30

function started(id: string, subject = id): ComfypinEvent {
  return { type: 'step.start', id, kind: 'checkout', subject }
}

function ended(id: string, subject = id): ComfypinEvent {
  return { type: 'step.end', id, kind: 'checkout', subject, ms: 1500, reused: false }
}

function download(id: string, name: string, size: number | null = 2 * GIB): ComfypinEvent {
  return { type: 'download.start', id, name, size }
}

function received(id: string, bytes: number, size: number | null = 2 * GIB): ComfypinEvent {
  return { type: 'download.progress', id, received: bytes, size }
}

test('what is done stands above what is under way', () => {
  const { tell, rows } = setUp()
  tell(started('alpha'), started('beta'), download('m', 'a.pt'), received('m', GIB), ended('alpha'))
  expect(rows()).toEqual([
    'checkout alpha (1.5 s)',
    '  checkout beta …',
    '  a.pt  [██████████░░░░░░░░░░]  50 %  1.0 GiB / 2.0 GiB  512 MiB/s  2.0 s',
  ])
})

test('in the end only what is done is left', () => {
  const { tell, rows, close } = setUp({ language: 'ru' })
  tell(started('alpha'), download('m', 'a.pt'), received('m', GIB), ended('alpha'))
  tell({ type: 'download.end', id: 'm', received: 2 * GIB, ms: 4000 }, started('beta'))
  close()
  expect(rows()).toEqual(['исходники alpha (1.5 s)', 'a.pt 2.0 GiB (4.0 s)'])
})

test('several transfers have a line together, with those that ended meanwhile', () => {
  const { tell, rows, tellAtOnce } = setUp()
  tell(download('m', 'a.pt', GIB), download('n', 'b.pt', 3 * GIB), received('m', GIB, GIB))
  tell({ type: 'download.end', id: 'm', received: GIB, ms: 2000 }, received('n', GIB, 3 * GIB))
  expect(rows()).toEqual([
    'a.pt 1.0 GiB (2.0 s)',
    '  b.pt  [███████░░░░░░░░░░░░░]  33 %  1.0 GiB / 3.0 GiB  341 MiB/s  6.0 s',
    '  all (2)  [██████████░░░░░░░░░░]  50 %  2.0 GiB / 4.0 GiB  512 MiB/s  4.0 s',
  ])
  tellAtOnce({ type: 'download.end', id: 'n', received: 3 * GIB, ms: 1 })
  expect(rows()).toHaveLength(2)
})

test('what an earlier run had received is no speed', () => {
  const { tell, tellAtOnce, rows } = setUp()
  tellAtOnce(download('m', 'a.pt'), received('m', GIB))
  tell(received('m', GIB + GIB / 2))
  expect(rows().join('')).toContain('75 %  1.5 GiB / 2.0 GiB  512 MiB/s  1.0 s')
})

test('a step or a transfer that failed is not under way any more', () => {
  const { tell, rows } = setUp()
  const failed = { type: 'step.fail', kind: 'checkout', subject: '', code: 'GIT_AUTH' } as const
  tell(started('alpha'), download('m', 'a.pt'), { ...failed, id: 'alpha' }, { ...failed, id: 'm' })
  expect(rows()).toEqual([])
})

test('a burst of progress is drawn once, and a line of log at once', () => {
  const { tellAtOnce, tell, rows, writes } = setUp()
  tell(download('m', 'a.pt', null))
  const before = writes()
  tellAtOnce(...Array.from({ length: 100 }, (_, index) => received('m', index, null)))
  expect(writes()).toBe(before)
  tellAtOnce({ type: 'instance.log', line: 'Starting server' })
  expect(rows()[0]).toBe('Starting server')
})

test('of very many transfers the newest are shown', () => {
  const { tell, rows } = setUp()
  tell(...Array.from({ length: 40 }, (_, index) => download(`m${index}`, `${index}.pt`, null)))
  expect(rows()).toHaveLength(12)
  expect(rows().at(-2)).toContain('39.pt')
})

describe('on a narrow terminal', () => {
  test('everything that is under way has one row, and nothing is left of it', () => {
    const { tell, rows, close } = setUp({ columns: 20 })
    tell(started('a', 'a very long subject of a step'), download('m', `${'long'.repeat(20)}.pt`))
    tell(received('m', GIB), download('n', 'b.pt', null), received('n', 3 * GIB, null))
    expect(rows()).toEqual([
      '  checkout a very l…',
      '  longlonglon…  50 %',
      '  b.pt  3.0 GiB',
      '  all (2)  4.0 GiB',
    ])
    close()
    expect(rows()).toEqual([])
  })

  test('a long line above stays whole', () => {
    const { tell, rows } = setUp({ columns: 20 })
    const line = 'a line of log that is longer than the terminal is wide'
    tell(started('alpha'), { type: 'instance.log', line }, started('beta'))
    expect(rows().join('')).toBe(`${line}  checkout alpha …  checkout beta …`)
  })
})

test('what others say moves no cursor', () => {
  const evil = '\u001b[2J\u001b[1;1Hevil\u0007\r\u009b1A\u001b]0;title\u0007'
  const { tell, rows } = setUp()
  tell(started('a', evil), download('m', evil), received('m', 1), ended('b', evil))
  tell({ type: 'instance.log', line: evil }, { type: 'download.end', id: 'm', received: 1, ms: 1 })
  const shown = 'evil\\u0007\\u000d\\u009b1A'
  expect(rows()).toEqual([
    `checkout ${shown} (1.5 s)`,
    shown,
    `${shown} 1 B (1 ms)`,
    `  checkout ${shown} …`,
  ])
})

test('credentials are told neither above nor below', () => {
  const url = 'https://me:secret@example.org/a'
  const { tell, rows } = setUp()
  tell(started('a', url), download('m', url), ended('b', url))
  expect(rows()).toHaveLength(3)
  expect(rows().join()).not.toContain('secret')
})

describe('a transfer', () => {
  const transfer = { name: 'a.pt', received: GIB, before: 0, size: 4 * GIB, started: 0 }

  test.each([
    [80, 'a.pt  [█████░░░░░░░░░░░░░░░]  25 %  1.0 GiB / 4.0 GiB  512 MiB/s  6.0 s'],
    [60, 'a.pt  25 %  512 MiB/s  6.0 s'],
    [20, 'a.pt  25 %'],
    [9, 'a.…  25 %'],
  ])('on %i columns', (width, expected) => {
    expect(transferLine(transfer, 2000, width)).toBe(expected)
  })

  test.each([
    ['that has just begun', { received: 0 }, '0 %  0 B / 4.0 GiB  0 B/s  ?'],
    [
      'that got more than was said',
      { received: 8 * GIB },
      '100 %  8.0 GiB / 4.0 GiB  4.0 GiB/s  0 ms',
    ],
    ['of unknown size', { size: null }, 'a.pt  1.0 GiB  512 MiB/s'],
    [
      'that goes on',
      { received: 2 * GIB, before: GIB },
      '50 %  2.0 GiB / 4.0 GiB  512 MiB/s  4.0 s',
    ],
    ['of nothing', { size: 0, received: 0 }, 'a.pt  0 B  0 B/s'],
  ])('%s', (_, change, expected) => {
    expect(transferLine({ ...transfer, ...change }, 2000, 100)).toContain(expected)
  })

  test('fits, whatever it is called and however far it is', () => {
    const any = fc.record({
      name: fc.string({ maxLength: 300 }),
      received: fc.maxSafeNat(),
      before: fc.maxSafeNat(),
      size: fc.option(fc.maxSafeNat()),
      started: fc.nat(),
    })
    fc.assert(
      fc.property(any, fc.nat(), fc.integer({ min: 14, max: 200 }), (one, now, width) => {
        const line = transferLine(one, one.started + now, width)
        expect(line.length).toBeLessThanOrEqual(width)
      }),
    )
  })
})
