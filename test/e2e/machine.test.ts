import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { writeWheels } from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
})

test('doctor looks at a new machine without settings', async () => {
  const { exitCode, stdout, stderr } = await runCli(['doctor'])
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  expect(stdout).toMatch(/^ok +python +Python 3\.\d+/m)
})

test('doctor ends with exit code 1 when something is broken', async () => {
  const env = { REDIS_URL: 'redis://127.0.0.1:1' }
  const { exitCode, stdout } = await runCli(['doctor', '--json'], { env })
  expect({ exitCode, ok: JSON.parse(stdout).ok }).toEqual({ exitCode: 1, ok: false })
})

test('pin prints a list that can be piped', async () => {
  const dir = tempDir('pin')
  const wheels = join(dir, 'wheels')
  mkdirSync(wheels)
  writeWheels(wheels, [{ name: 'alpha', version: '1.0' }])
  writeFileSync(join(dir, 'requirements.txt'), 'alpha\n')
  const args = ['pin', 'requirements.txt', '--wheels-dir', 'wheels']
  const { exitCode, stdout } = await runCli(args, { cwd: dir, env: world.env })
  expect(exitCode).toBe(0)
  expect(stdout).toMatch(/^#.*\nalpha==1\.0\n$/)
})

test('repro finds a version the same, and its pictures as far as they are tolerated', async () => {
  world.writeSpec('e2e')
  const twice = await world.start(['repro', 'e2e']).result
  expect(twice).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^e2e: reproduced, facts that agree: \d+\n$/),
  })
  const dir = tempDir('repro')
  const picture = (color: number) => {
    const inputs = { width: 8, height: 8, batch_size: 1, color }
    const save = { images: ['1', 0], filename_prefix: 'x' }
    const workflow = {
      1: { class_type: 'EmptyImage', inputs },
      2: { class_type: 'SaveImage', inputs: save },
    }
    writeFileSync(join(dir, 'w.json'), JSON.stringify(workflow))
  }
  const flags = ['--workflow', join(dir, 'w.json'), '--baseline', join(dir, 'baseline.json')]
  const run = (...more: string[]) => world.start(['repro', 'e2e', ...flags, ...more]).result
  picture(0x000010)
  expect(await run('--record')).toMatchObject({ exitCode: 0 })
  expect(JSON.parse(readFileSync(join(dir, 'baseline.json'), 'utf8')).files).toHaveLength(1)
  picture(0x000012)
  const different = await run()
  expect(different.exitCode).toBe(1)
  expect(different.stdout).toMatch(/^e2e: differences: 1\n {2}~ node 2\/0 .* channels ±2, /)
  expect(await run('--tolerance', '2')).toMatchObject({ exitCode: 0 })
})
