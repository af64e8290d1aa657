import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { requirePublishedShape } from '../helpers/published-shape.ts'
import { killProcessesOf, processesOf } from '../helpers/process-tree.ts'
import { whenOver } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
  whenOver(() => killProcessesOf(world.root))
})

const WORKFLOW = {
  1: { class_type: 'EmptyImage', inputs: { width: 32, height: 32, batch_size: 1, color: 9 } },
  2: { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'life' } },
}

/** Words that stand in a Russian answer as they are: names of files, tools and formats. */
const ENGLISH = /\b(?:missing|problem|expected|ready|next|nothing|nodes|steps|deleted|written)\b/

test.each(['en', 'ru'] as const)(
  'a version lives from create to delete (%s)',
  async (lang) => {
    const id = `life-${lang}`
    const twin = `${id}-twin`
    const { run, data } = speaker(lang)
    const home = world.home(id)
    const spec = join(world.versionsDir, `${id}.json`)
    const resolved = join(world.cacheRoot, 'resolved')
    const workflow = join(world.root, 'life.json')
    writeFileSync(workflow, JSON.stringify(WORKFLOW))

    expect((await run(0, 'doctor')).stdout).toContain(say(lang, 'in order: ', 'в порядке: '))

    const model = `source=${world.files.url}/one.safetensors,subdir=checkpoints`
    const parts = ['--node', `${world.repo('good').url}@v1`, '--model', model]
    const created = await run(0, 'create', id, `${world.repo('core').url}@main`, ...parts)
    expect(created.stdout).toContain(`comfypin realize ${id}`)
    expect(existsSync(spec)).toBe(true)
    expect(await run(2, 'create', id)).toMatchObject({ stdout: '' })

    const incomplete = await data(1, 'validate', id)
    expect(incomplete.problems).toContainEqual(
      expect.objectContaining({ subject: 'home', code: 'HOME_MISSING' }),
    )
    expect((await run(1, 'validate', id)).stdout).toContain(`comfypin realize ${id}`)

    const dry = await data(0, 'realize', id, '--dry-run')
    expect(dry.steps.map(({ kind }: { kind: string }) => kind)).toContain('venv')
    expect(existsSync(home)).toBe(false)
    await run(0, 'realize', id)
    expect(lstatSync(join(home, 'custom_nodes/good')).isSymbolicLink()).toBe(true)
    expect(statSync(join(world.modelsDir, 'checkpoints/one.safetensors')).size).toBe(300_000)
    const requests = world.git.requests.length
    expect(await data(0, 'realize', id)).toMatchObject({ changed: false, steps: [] })
    expect(world.git.requests).toHaveLength(requests)

    expect(await data(0, 'validate', id, '--checksums')).toMatchObject({ problems: [] })
    expect(await data(0, 'models', 'size', id)).toMatchObject({ missing: 0 })
    expect(await data(0, 'test', id)).toMatchObject({ version_id: id })
    const pictures = join(world.root, `pictures-${lang}`)
    const job = await data(0, 'run-handler', id, '--workflow', workflow, '--output', pictures)
    expect(job.files).toHaveLength(1)
    expect(readdirSync(pictures)).toEqual(['life_00001_.png'])

    await run(0, 'add', id, '--node', world.repo('writer').url)
    expect((await data(0, 'list')).versions).toContainEqual(
      expect.objectContaining({ id, state: 'outdated' }),
    )
    await run(0, 'realize', id)
    const copy = lstatSync(join(home, 'custom_nodes/writer'))
    expect([copy.isDirectory(), copy.isSymbolicLink()]).toEqual([true, false])

    await run(0, 'clone', id, twin)
    expect(await data(0, 'diff', id, twin, '--lock')).toMatchObject({ equal: true })
    await run(0, 'remove', twin, 'writer')
    expect((await run(1, 'diff', id, twin)).stdout).toContain(say(lang, '- pack', '- пак'))
    await run(0, 'realize', twin, '--offline')
    expect(inodeOf(twin)).toBe(inodeOf(id))

    expect(await data(0, 'repro', id)).toMatchObject({ differences: [] })
    const snapshot = join(world.root, `snapshot-${lang}.json`)
    await run(0, 'export', id, '--output', snapshot)
    await run(0, 'create', `${id}-again`, '--from', snapshot, '--no-resolve')

    const plan = await data(0, 'delete', id, '--dry-run')
    expect(plan.items.length).toBeGreaterThan(0)
    await run(1, 'delete', id, '--yes') // the smoke test left a picture in output/
    expect(existsSync(home)).toBe(true)
    await run(0, 'delete', id, '--yes', '--remove-spec', '--with-user-files')
    await run(0, 'delete', twin, '--yes', '--remove-spec')
    expect([home, world.home(twin), spec].filter(existsSync)).toEqual([])
    expect(readdirSync(resolved).filter((name) => name.includes(id))).toEqual([])
    expect(readFileSync(join(world.modelsDir, 'checkpoints/one.safetensors'))).toHaveLength(300_000)
    await run(1, 'delete', id, '--yes')
    expect(processesOf(world.root)).toEqual([])
  },
  300_000,
)

/** The command as somebody with this language runs it; every answer is looked at. */
function speaker(lang: 'en' | 'ru') {
  const start = async (exitCode: number, args: readonly string[]) => {
    const result = await world.start([...args, '--lang', lang]).result
    expect({ args, ...result }).toMatchObject({ exitCode })
    return result
  }
  return {
    async run(exitCode: number, ...args: string[]) {
      const result = await start(exitCode, args)
      if (lang === 'ru') expect(withoutNames(result.stdout + result.stderr)).not.toMatch(ENGLISH)
      return result
    },
    async data(exitCode: number, ...args: string[]) {
      const { stdout } = await start(exitCode, [...args, '--json'])
      requirePublishedShape(stdout)
      return JSON.parse(stdout).data
    },
  }
}

function withoutNames(text: string): string {
  return text.replaceAll(/\S*[/:@=.]\S*/g, '').replaceAll(/\bcustom nodes\b/g, '')
}

function say(lang: 'en' | 'ru', english: string, russian: string): string {
  return lang === 'ru' ? russian : english
}

/** Of a file of the core's venv: hard links of one file are the same. */
function inodeOf(id: string): number {
  const lib = join(world.home(id), '.venv/lib')
  const [python = ''] = readdirSync(lib)
  return statSync(join(lib, python, 'site-packages/yaml/loader.py')).ino
}
