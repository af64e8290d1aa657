import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'
import { isAlive, until } from '../../helpers/poll.ts'

test('until hands back the first value that is there', async () => {
  const values = [null, false, undefined, 0]
  expect(await until(() => values.shift())).toBe(0)
})

test('until gives up with the name of what did not come', async () => {
  const waiting = until(() => false, { what: 'the snow', timeoutMs: 30 })
  await expect(waiting).rejects.toThrow('the snow did not come within 30 ms')
})

test('a process is alive until it ends, and not as a zombie', async () => {
  // The shell's child ends at once, and the program that replaces the shell never asks for it.
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'])
  const [line] = await parent.stdout.setEncoding('utf8').take(1).toArray()
  await until(() => !isAlive(Number(line)))
  expect(isAlive(parent.pid ?? 0)).toBe(true)
  parent.kill()
  await until(() => !isAlive(parent.pid ?? 0))
})
