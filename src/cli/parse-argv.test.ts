import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import type { Language } from '../core/messages.ts'
import { commands } from './commands/index.ts'
import { parseArgv } from './parse-argv.ts'

function parse(line: string) {
  const { command, input } = parseArgv(split(line), commands, 'en')
  return { command: command?.name ?? null, args: input.args, flags: { ...input.flags } }
}

function reasonFor(line: string, language: Language = 'en'): string {
  const error = thrownBy(() => parseArgv(split(line), commands, language))
  expect(error).toMatchObject({ code: 'USAGE', exitCode: 2 })
  return String(error.params['reason'])
}

function split(line: string): string[] {
  return line === '' ? [] : line.split(' ')
}

describe('a command', () => {
  test.each(commands.map(({ name }) => name))('%s goes by its name', (name) => {
    const { positionals = [] } = commands.find((one) => one.name === name) ?? {}
    const needed = positionals.filter(({ required }) => required).map(() => 'x')
    expect(parse([name, ...needed].join(' ')).command).toBe(name)
  })

  test.each([
    ['ls', 'list', []],
    ['status', 'list', []],
    ['install a', 'realize', ['a']],
    ['check a', 'validate', ['a']],
    ['handler run a', 'run-handler', ['a']],
    ['version realize a', 'realize', ['a']],
    ['version install a', 'realize', ['a']],
    ['version list', 'list', []],
    ['version handler run a', 'run-handler', ['a']],
    ['realize run', 'realize', ['run']],
    ['realize version', 'realize', ['version']],
  ])('"%s" is %s %j', (line, command, args) => {
    expect(parse(line)).toMatchObject({ command, args })
  })

  test.each([
    ['help', null],
    ['help realize', 'realize'],
    ['help handler run', 'run-handler'],
    ['help ls --lang ru', 'list'],
  ])('has its help asked for by "%s"', (line, command) => {
    expect(parse(line)).toMatchObject({ command, flags: { help: true } })
  })

  test('takes any number of arguments where its last one is open', () => {
    expect(parse('remove a x y z').args).toEqual(['a', 'x', 'y', 'z'])
    expect(reasonFor('remove a')).toBe('the argument <name> is missing')
    expect(reasonFor('diff --spec')).toBe('the argument <id> is missing')
  })

  test('is not needed: nothing asks for the overview', () => {
    expect(parse('')).toEqual({ command: null, args: [], flags: {} })
    expect(parse('--lang ru')).toEqual({ command: null, args: [], flags: { lang: 'ru' } })
  })

  test.each([
    ['realise a', 'unknown command "realise", did you mean "realize"?'],
    ['LIST', 'unknown command "LIST", did you mean "list"?'],
    ['version realise a', 'unknown command "realise", did you mean "realize"?'],
    ['run-hadler a', 'unknown command "run-hadler", did you mean "run-handler"?'],
    ['handler a', 'unknown command "handler", did you mean "handler run"?'],
    ['handler', 'unknown command "handler", did you mean "handler run"?'],
    ['frobnicate', 'unknown command "frobnicate"'],
    ['constructor', 'unknown command "constructor"'],
  ])('that is not known, "%s", is told with the nearest one', (line, reason) => {
    expect(reasonFor(line)).toBe(reason)
  })
})

describe('the argument', () => {
  test.each([
    ['realize', 'the argument <id> is missing'],
    ['version realize', 'the argument <id> is missing'],
    ['completion', 'the argument <shell> is missing'],
    ['realize --json', 'the argument <id> is missing'],
    ['realize a b', 'unexpected argument "b"'],
    ['list a', 'unexpected argument "a"'],
    ['demo -- --cpu', 'unexpected argument "--cpu"'],
  ])('of "%s" is missed or refused', (line, reason) => {
    expect(reasonFor(line)).toBe(reason)
  })

  test.each(['realize --spec a.json', 'validate --version-id a'])('"%s" needs none', (line) => {
    expect(parse(line).args).toEqual([])
  })

  test.each([
    'realize a --json --python 3.12',
    'realize --json a --python 3.12',
    'realize --json --python 3.12 a',
    'realize --python 3.12 --json a',
    '--json realize a --python=3.12',
    '--python 3.12 --json version realize a',
    '--python 3.12 realize --json a',
    'install --python=3.12 --json a',
  ])('is the same wherever the flags stand: "%s"', (line) => {
    const flags = { json: true, python: '3.12' }
    expect(parse(line)).toEqual({ command: 'realize', args: ['a'], flags })
  })

  test('of a command of two words comes after both', () => {
    expect(parse('handler run --workflow w.json a')).toMatchObject({
      command: 'run-handler',
      args: ['a'],
    })
    expect(parse('--workflow w.json handler run a')).toMatchObject({
      command: 'run-handler',
      args: ['a'],
    })
  })
})

describe('a flag', () => {
  test.each([
    ['realize a --spec x.json', { spec: 'x.json' }],
    ['realize a --spec=x.json', { spec: 'x.json' }],
    ['realize a --spec=--x', { spec: '--x' }],
    ['realize a --spec=a=b', { spec: 'a=b' }],
    ['run-ui a --port -1', { port: '-1' }],
    ['list --verbose', { verbose: true }],
    ['list -h', { help: true }],
    ['realize a --dry-run --refresh', { 'dry-run': true, refresh: true }],
  ])('is read: "%s"', (line, flags) => {
    expect(parse(line).flags).toEqual(flags)
  })

  test('that is repeated counts as it was given last', () => {
    expect(parse('list --lang ru --verbose --lang en --verbose').flags).toEqual({
      lang: 'en',
      verbose: true,
    })
  })

  test.each([
    ['realize a --spec', 'the flag --spec needs a value'],
    ['realize a --spec --json', 'the flag --spec needs a value'],
    ['realize --spec -- a', 'the flag --spec needs a value'],
    ['list --json=1', 'the flag --json takes no value'],
    ['list --json=', 'the flag --json takes no value'],
  ])('with a wrong value is refused: "%s"', (line, reason) => {
    expect(reasonFor(line)).toBe(reason)
  })

  test.each([
    ['list --jsn', 'unknown flag "--jsn", did you mean "--json"?'],
    ['realize a --dryrun', 'unknown flag "--dryrun", did you mean "--dry-run"?'],
    ['realize a --skip-model=1', 'unknown flag "--skip-model", did you mean "--skip-models"?'],
    ['create a --modle b', 'unknown flag "--modle", did you mean "--model"?'],
    ['delete a --spec', 'unknown flag "--spec", did you mean "--remove-spec"?'],
    ['list --port 1', 'unknown flag "--port"'],
    ['list -x', 'unknown flag "-x"'],
    ['list --constructor=1', 'unknown flag "--constructor"'],
    ['list --toString', 'unknown flag "--toString"'],
    ['list --__proto__=1', 'unknown flag "--__proto__"'],
    ['--jsn list', 'unknown flag "--jsn", did you mean "--json"?'],
  ])('that is not known is told with the nearest one: "%s"', (line, reason) => {
    expect(reasonFor(line)).toBe(reason)
  })

  test('that asks for help excuses what is missing', () => {
    expect(parse('realize --help')).toMatchObject({ command: 'realize', flags: { help: true } })
  })
})

test('what follows -- goes on to ComfyUI as it is', () => {
  const { command, input } = parseArgv(
    ['run-ui', 'a', '--port', '1', '--', '--port', '2', '--json', '--'],
    commands,
    'en',
  )
  expect(command?.name).toBe('run-ui')
  expect(input).toMatchObject({ args: ['a'], passThrough: ['--port', '2', '--json', '--'] })
  expect(input.flags).toMatchObject({ port: '1' })
  expect(input.flags['json']).toBeUndefined()
})

test.each([
  ['realise a', 'неизвестная команда «realise», возможно, «realize»?'],
  ['list --jsn', 'неизвестный флаг «--jsn», возможно, «--json»?'],
  ['realize', 'не хватает аргумента <id>'],
  ['realize a b', 'лишний аргумент «b»'],
  ['list --lang', 'флагу --lang нужно значение'],
  ['list --json=1', 'у флага --json нет значения'],
])('mistakes are told in Russian too: "%s"', (line, reason) => {
  expect(reasonFor(line, 'ru')).toBe(reason)
})
