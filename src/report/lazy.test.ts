import { expect, test } from 'vitest'
import { lazyReporter } from './lazy.ts'

function setUp() {
  const written: string[] = []
  let asked = 0
  const reporter = lazyReporter({
    language: 'en',
    verbose: true,
    write: (text) => written.push(text),
    now: () => 0,
    terminal: () => {
      asked++
      return null
    },
  })
  const log = (line: string) => reporter.emit({ type: 'instance.log', line })
  return { ...reporter, log, written, asked: () => asked }
}

test('events that come while the rendering loads are told in order, and none is lost', async () => {
  const { log, close, written, asked } = setUp()
  log('one')
  log('two')
  expect(written).toEqual([])
  await close()
  log('three')
  expect(written).toEqual(['one\n', 'two\n', 'three\n'])
  expect(asked()).toBe(1)
})

test('a command that has nothing to tell never asks for a terminal', async () => {
  const { close, asked } = setUp()
  await close()
  expect(asked()).toBe(0)
})
