import { access, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CoreExited, type Start, type StartOptions } from '../../helpers/standin-core.ts'
import { getJson, savedFiles } from './client.ts'
import { withPack } from './contract-home.ts'
import { emptyImage, node, saveEmptyImage } from './graphs.ts'
import { runPrompt } from './socket.ts'

/** How the process starts, refuses to start, and ends. */
export function describeProcess(start: Start): void {
  /** How a start that must fail ended. */
  const failedStart = async (options: StartOptions) => {
    const outcome = await start(options).catch((error: unknown) => error)
    if (outcome instanceof CoreExited) return outcome
    throw new Error('the core started', { cause: outcome })
  }

  describe('the process', () => {
    test('makes input, temp and the database; wipes temp first; output comes later', async () => {
      const target = await start({
        prepareHome: async (homeDir) => {
          await mkdir(join(homeDir, 'temp'))
          await writeFile(join(homeDir, 'temp/left-over.png'), '')
        },
      })
      const entries = await readdir(target.homeDir)
      expect(entries).toEqual(expect.arrayContaining(['custom_nodes', 'input', 'temp', 'user']))
      expect(entries).not.toContain('output')
      expect(await readdir(join(target.homeDir, 'temp'))).toEqual([])
      await access(join(target.homeDir, 'user/comfyui.db'))
      await runPrompt(target, saveEmptyImage('first'))
      expect(await readdir(join(target.homeDir, 'output'))).toEqual(['first_00001_.png'])
      await target.stop()
    })

    test('announces itself before and after it binds', async () => {
      const target = await start()
      const logs = target.logs()
      expect(logs).toMatch(/^ComfyUI version: \d+\.\d+\.\d+/m)
      const lines = [
        /^Starting server$/m,
        new RegExp(`^To see the GUI go to: ${target.baseUrl}$`, 'm'),
      ]
      const [starting = -1, ready = -1] = lines.map((line) => logs.search(line))
      expect(starting).toBeGreaterThan(0)
      expect(ready).toBeGreaterThan(starting)
      await target.stop()
    })

    test('ends with 0 on SIGINT, and temp is gone', async () => {
      const target = await start()
      const preview = { '1': emptyImage(), '2': node('PreviewImage', { images: ['1', 0] }) }
      await runPrompt(target, preview)
      target.kill('SIGINT')
      expect(await target.exited).toEqual({ exitCode: 0, signal: null })
      expect(await readdir(target.homeDir)).not.toContain('temp')
      await target.stop()
    })

    test('is ended by SIGTERM itself, and temp stays', async () => {
      const target = await start()
      target.kill('SIGTERM')
      expect(await target.exited).toEqual({ exitCode: null, signal: 'SIGTERM' })
      expect(await readdir(target.homeDir)).toContain('temp')
      await target.stop()
    })

    test('exits with 2 on a flag that it does not know', async () => {
      const { exitCode, logs } = await failedStart({ args: ['--no-such-flag'] })
      expect(exitCode).toBe(2)
      expect(logs).toContain('unrecognized arguments: --no-such-flag')
    })

    test('does not start on a port in use', async () => {
      const other = createServer().listen(0, '127.0.0.1')
      await once(other, 'listening')
      const address = other.address()
      if (address === null || typeof address === 'string') throw new Error('not a TCP address')
      const { exitCode, logs } = await failedStart({ port: address.port })
      expect(exitCode).toBe(1)
      expect(logs).toContain('already in use')
      other.close()
    })

    test('does not start without a custom_nodes folder, unless all packs are off', async () => {
      const prepareHome = (homeDir: string) =>
        rm(join(homeDir, 'custom_nodes'), { recursive: true })
      const { exitCode, logs } = await failedStart({ prepareHome })
      expect(exitCode).toBe(1)
      expect(logs).toMatch(/FileNotFoundError: .*custom_nodes/)
      const target = await start({ prepareHome, args: ['--disable-all-custom-nodes'] })
      await target.stop()
    })

    test('is ended by a pack that calls sys.exit', async () => {
      const { exitCode } = await failedStart({ prepareHome: withPack('contract-exits') })
      expect(exitCode).toBe(3)
    })

    test('loads only the packs of the whitelist when all others are off', async () => {
      const target = await start({
        prepareHome: async (homeDir) => {
          await withPack('contract-probe')(homeDir)
          await withPack('contract-exits')(homeDir)
        },
        args: ['--disable-all-custom-nodes', '--whitelist-custom-nodes', 'contract-probe'],
      })
      expect(await getJson(target, '/object_info/ProbeHold')).toHaveProperty('ProbeHold')
      await target.stop()
    })

    test('with --cache-none runs a repeated prompt again', async () => {
      const target = await start({ args: ['--cache-none'] })
      const graph = saveEmptyImage('uncached')
      await runPrompt(target, graph)
      const again = await runPrompt(target, graph)
      expect(savedFiles(again, '2')[0]?.filename).toBe('uncached_00002_.png')
      await target.stop()
    })
  })
}
