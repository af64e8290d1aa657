import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { coreVersion, getJson } from './client.ts'
import { node } from './graphs.ts'
import { runPrompt } from './socket.ts'
import { expectationsOf } from './versions.ts'

/** Packs that load and packs that fail: nodes, log lines, and a server that goes on. */
export function describePacks(target: () => Target): void {
  const pack = (name: string) => join(target().homeDir, 'custom_nodes', name)
  const tableRow = (mark: string, name: string) =>
    expect(target().logs()).toMatch(new RegExp(`^ +\\d+\\.\\d seconds${mark}: ${pack(name)}$`, 'm'))
  const failed = String.raw` \(IMPORT FAILED\)`

  describe('a pack', () => {
    let nodes: string[]
    beforeAll(async () => {
      const all = z.record(z.string(), z.unknown()).parse(await getJson(target(), '/object_info'))
      nodes = Object.keys(all)
    })

    test('that is a link to a folder loads like a folder', () => {
      expect(nodes).toContain('ProbeHold')
      tableRow('', 'contract-probe')
    })

    test('of one file loads as a module named after its path', async () => {
      const { history } = await runPrompt(target(), { '1': node('SingleFile', {}) })
      expect(history.outputs['1']?.text).toEqual([pack('contract_single')])
      tableRow('', 'contract_single.py')
    })

    test('that raises at import is reported with its traceback', () => {
      const logs = target().logs()
      const path = pack('contract-raises')
      expect(logs).toContain(`Cannot import ${path} module for custom nodes: boom at import\n`)
      expect(logs).toContain('RuntimeError: boom at import\n')
      tableRow(failed, 'contract-raises')
    })

    test('that lacks a dependency is reported with the name of the module', () => {
      const path = pack('contract-missing-dependency')
      const reason = "No module named 'comfypin_no_such_module'"
      const line = `Cannot import ${path} module for custom nodes: ${reason}\n`
      expect(target().logs()).toContain(line)
      expect(target().logs()).toContain(`ModuleNotFoundError: ${reason}\n`)
      tableRow(failed, 'contract-missing-dependency')
    })

    test('without mappings is skipped and counts as failed', async () => {
      const { needsOneOf } = expectationsOf(await coreVersion(target()))
      const path = pack('contract-no-mappings')
      const line = `Skip ${path} module for custom nodes due to the lack of ${needsOneOf}\n`
      expect(target().logs()).toContain(line)
      tableRow(failed, 'contract-no-mappings')
    })

    test('whose prestartup script raises is reported, and its nodes load all the same', () => {
      const script = join(pack('contract-prestartup-raises'), 'prestartup_script.py')
      const line = `Failed to execute startup-script: ${script} / boom at prestartup\n`
      expect(target().logs()).toContain(line)
      expect(target().logs()).toContain('\nPrestartup times for custom nodes:\n')
      tableRow(String.raw` \(PRESTARTUP FAILED\)`, 'contract-prestartup-raises')
      tableRow('', 'contract-prestartup-raises')
      expect(nodes).toContain('AfterPrestartup')
    })

    test('whose name ends in .disabled is never touched', () => {
      expect(target().logs()).not.toContain('contract-off')
    })
  })
}
