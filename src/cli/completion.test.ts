import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { commands } from './commands/index.ts'
import { completionScript } from './completion.ts'
import { globalFlags } from './global-flags.ts'

describe.for(['bash', 'zsh', 'fish'] as const)('the script for %s', (shell) => {
  test('is accepted by the shell itself', (ctx) => {
    const file = join(tempDir('completion'), 'script')
    writeFileSync(file, completionScript(shell, commands))
    const { error, status, stderr } = spawnSync(shell, ['-n', file])
    if (error !== undefined) return ctx.skip(`${shell} is not installed`)
    expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  })

  test('names every command with every flag', () => {
    const script = completionScript(shell, commands)
    for (const { name, flags } of commands) {
      for (const word of name.split(' ')) expect(script).toContain(word)
      for (const flag of Object.keys({ ...flags, ...globalFlags })) expect(script).toContain(flag)
    }
  })
})

describe('bash completes', () => {
  test('the first word to a command', () => {
    const words = new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))
    const some = [...words].filter((name) => name.startsWith('re'))
    expect(some.length).toBeGreaterThan(1)
    expect(completions('re')).toEqual(some)
    expect(completions('')).toEqual([...words, '--help', '--version'])
  })

  test('the second word of a command that has two, then its flags and ids', () => {
    const dir = versions('alpha.json')
    expect(completions('models', 'l', { dir })).toEqual(['list'])
    expect(completions('models', 'list', '', { dir })).toEqual(['alpha'])
    expect(completions('models', 'verify', '--rep')).toEqual(['--repair'])
    expect(completions('models', 'list', '--rep')).toEqual([])
  })

  test('a flag to one of this command', () => {
    expect(completions('run-ui', '--ho')).toEqual(['--host'])
    expect(completions('realize', 'a', '--dr')).toEqual(['--dry-run'])
    expect(completions('list', '--ho')).toEqual([])
  })

  test('an id to a spec of the versions folder', () => {
    const dir = versions('alpha.json', 'beta-1.2.json', 'alpha.txt')
    expect(completions('realize', '', { dir })).toEqual(['alpha', 'beta-1.2'])
    expect(completions('realize', '--json', 'be', { dir })).toEqual(['beta-1.2'])
    expect(completions('list', '', { dir })).toEqual([])
  })

  test('the same from a versions folder that a variable names', () => {
    const env = { COMFY_VERSIONS_DIR: join(versions('gamma.json'), 'versions') }
    expect(completions('test', 'g', { env })).toEqual(['gamma'])
  })

  test('nothing where there are no versions', () => {
    expect(completions('realize', '')).toEqual([])
  })

  test('no file name that is no id, and runs none', () => {
    const dir = versions('$(touch ran).json', '`touch ran`.json', '-x.json', 'a b.json', 'ok.json')
    expect(completions('realize', '', { dir })).toEqual(['ok'])
    expect(readdirSync(dir)).toEqual(['versions'])
  })
})

describe('fish completes', () => {
  test('commands, flags and ids', (ctx) => {
    const dir = versions('alpha.json', '$(touch ran).json')
    const offers = (line: string) => {
      const script = completionScript('fish', commands)
      const { error, stdout } = spawnSync('fish', ['-c', `${script}complete -C '${line}'`], {
        cwd: dir,
        env: { PATH: process.env.PATH, HOME: dir },
      })
      if (error !== undefined) ctx.skip('fish is not installed')
      return String(stdout)
        .split('\n')
        .map((offer) => offer.split('\t')[0])
    }
    expect(offers('comfypin rea')).toContain('realize')
    expect(offers('comfypin realize --dr')).toContain('--dry-run')
    expect(offers('comfypin realize al')).toContain('alpha')
    expect(offers('comfypin realize ')).not.toContain('$(touch ran)')
    expect(offers('comfypin list al')).not.toContain('alpha')
    expect(offers('comfypin models l')).toContain('list')
    expect(offers('comfypin models list al')).toContain('alpha')
    expect(offers('comfypin models verify --rep')).toContain('--repair')
    expect(offers('comfypin models list --rep')).not.toContain('--repair')
  })
})

/** A folder whose `versions` holds empty files of these names. */
function versions(...names: string[]): string {
  const dir = tempDir('completion')
  mkdirSync(join(dir, 'versions'))
  for (const name of names) writeFileSync(join(dir, 'versions', name), '')
  return dir
}

interface Where {
  dir?: string
  env?: Readonly<Record<string, string>>
}

/** What bash itself offers for `comfypin <words>` with the cursor at the end of the last one. */
function completions(...given: (string | Where)[]): string[] {
  const words = given.filter((one) => typeof one === 'string')
  const { dir = tempDir('completion'), env = {} } =
    given.find((one) => typeof one === 'object') ?? {}
  const ask = [
    completionScript('bash', commands),
    'COMP_WORDS=(comfypin "$@"); COMP_CWORD=$#',
    '_comfypin',
    'for word in "${COMPREPLY[@]}"; do printf "%s\\n" "$word"; done',
  ].join('\n')
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', ask, 'bash', ...words], {
    cwd: dir,
    env: { PATH: process.env.PATH, ...env },
  })
  expect({ status, stderr: String(stderr) }).toEqual({ status: 0, stderr: '' })
  return String(stdout).split('\n').filter(Boolean)
}
