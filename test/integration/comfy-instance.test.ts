import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startInstance, type Instance, type InstanceRequest } from '../../src/comfy/instance.ts'
import { parseStartupLog } from '../../src/comfy/startup-log.ts'
import type { ComfypinEvent } from '../../src/core/events.ts'
import { failureOf } from '../helpers/failure.ts'
import { isAlive, until } from '../helpers/poll.ts'
import { makeProbeHome } from '../helpers/probe-home.ts'
import { freePort } from '../helpers/free-port.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx, type TestCtx } from '../helpers/test-ctx.ts'

test('an instance starts, answers, and stops cleanly', async () => {
  const probe = createTestCtx()
  const instance = await start(probe, await makeProbeHome())
  expect(await json(`${instance.url}/prompt`)).toEqual({ exec_info: { queue_remaining: 0 } })
  expect(probe.events).toContainEqual(
    expect.objectContaining({ type: 'instance.ready', url: instance.url, pid: instance.pid }),
  )
  expect(existsSync(instance.folders.temp)).toBe(true)

  expect(await instance.stop()).toEqual({ code: 0, signal: null })
  expect(isAlive(instance.pid)).toBe(false)
  expect(existsSync(instance.folders.temp)).toBe(false) // ComfyUI cleans up after Ctrl-C only
  expect(probe.events.at(-1)).toEqual({ type: 'instance.exit', code: 0, signal: null })
})

test('a home without any of its folders starts', async () => {
  const request = await makeProbeHome()
  await start(createTestCtx(), { ...request, home: join(request.home, 'new') })
})

test('an end during the start is told with its status and the end of the log', async () => {
  const request = await makeProbeHome({
    quits: 'print("last words", flush=True)\nraise SystemExit(3)',
  })
  const failure = await failureOf(startInstance(createTestCtx().ctx, request))
  expect(failure).toMatchObject({ code: 'INSTANCE_DIED', params: { status: 'exit 3' } })
  expect(String(failure)).toContain('last words')
})

test('an interpreter that is not there is told by its path', async () => {
  const request = { ...(await makeProbeHome()), python: '/nowhere/bin/python' }
  const failure = await failureOf(startInstance(createTestCtx().ctx, request))
  expect(failure).toMatchObject({ code: 'INSTANCE_DIED' })
  expect(String(failure)).toContain('/nowhere/bin/python')
})

test('a taken port is found before anything is started', async () => {
  const { port } = await startForeignServer(await freePort())
  const probe = createTestCtx()
  const failure = await failureOf(startInstance(probe.ctx, { ...(await makeProbeHome()), port }))
  expect(failure).toMatchObject({ code: 'PORT_TAKEN', params: { port, host: '127.0.0.1' } })
  expect(probe.events).toEqual([])
})

test('a server that takes the port during the imports is not taken for ours', async () => {
  const gate = join(tempDir('gate'), 'open')
  const probe = createTestCtx()
  const port = await freePort()
  const starting = failureOf(startInstance(probe.ctx, { ...(await gated(gate)), port }))
  await probe.waitFor(isPortLine)
  const foreign = await startForeignServer(port)
  await once(foreign.server, 'request') // it was asked, and answered like a ComfyUI
  writeFileSync(gate, '')
  expect(await starting).toMatchObject({ code: 'PORT_TAKEN', params: { port } })
})

test('when a port of our own choice is lost during the imports, another one is tried', async () => {
  const gate = join(tempDir('gate'), 'open')
  const probe = createTestCtx()
  const starting = start(probe, await gated(gate))
  const { line } = await probe.waitFor(isPortLine)
  const lost = Number(line.split(' ').at(-1))
  await startForeignServer(lost)
  writeFileSync(gate, '')
  const instance = await starting
  expect(instance.port).not.toBe(lost)
  expect(await json(`${instance.url}/prompt`)).toEqual({ exec_info: { queue_remaining: 0 } })
})

test('a start that takes too long is ended and tells what it was doing', async () => {
  const probe = createTestCtx({ startTimeoutMs: 1_500 })
  const request = await gated('/never')
  const failure = await failureOf(startInstance(probe.ctx, request))
  expect(failure).toMatchObject({ code: 'INSTANCE_TIMEOUT', params: { seconds: 1.5 } })
  expect(probe.events.at(-1)).toMatchObject({ type: 'instance.exit' })
})

test('Ctrl-C during the start ends the process and says so', async () => {
  const probe = createTestCtx()
  const starting = failureOf(startInstance(probe.ctx, await gated('/never')))
  await probe.waitFor(isPortLine)
  probe.abort()
  expect(await starting).toMatchObject({ code: 'INTERRUPTED' })
  expect(probe.events.at(-1)).toMatchObject({ type: 'instance.exit' })
})

test('Ctrl-C later stops a running instance', async () => {
  const probe = createTestCtx()
  const instance = await start(probe, await makeProbeHome())
  probe.abort()
  expect(await instance.exited).toEqual({ code: 0, signal: null })
})

test('what ignores Ctrl-C is killed after the grace, with everything it started', async () => {
  const request = await makeProbeHome({
    stubborn: `
import signal, subprocess, threading
sleeper = subprocess.Popen(["sleep", "1000"])
print("sleeper", sleeper.pid, flush=True)
import asyncio
asyncio.get_running_loop().call_later(0, lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
`,
  })
  const probe = createTestCtx()
  const instance = await start(probe, request)
  const { line } = await probe.waitFor(isSleeperLine)
  expect(await instance.stop(100)).toEqual({ code: null, signal: 'SIGKILL' })
  await until(() => !isAlive(Number(line.split(' ').at(-1))), { what: "the pack's child to end" })
})

test('the log keeps the newest lines without colours, its file keeps all', async () => {
  const request = await makeProbeHome({
    loud: 'print("\\n".join(f"\\033[31mline {n}\\033[0m" for n in range(100)), flush=True)',
  })
  const logFile = join(request.home, 'var.log')
  const instance = await start(createTestCtx(), { ...request, logFile, logLines: 20 })
  await instance.stop()
  expect(instance.log()).toHaveLength(20)
  const whole = await until(() => {
    const text = readFileSync(logFile, 'utf8')
    return text.includes('line 99') && text
  })
  expect(whole).toContain('line 0\n')
  expect(whole).not.toContain('\x1b')
})

test('the start log tells which packs failed and why', async () => {
  const request = await makeProbeHome({ broken: 'import nothing_like_this' })
  const instance = await start(createTestCtx(), request)
  const { imports, version } = parseStartupLog(instance.log())
  expect(version).not.toBeNull()
  expect(
    Object.fromEntries(imports.map(({ path, reason }) => [path.split('/').at(-1), reason])),
  ).toEqual({
    probe: null,
    broken: "No module named 'nothing_like_this'",
  })
})

test('a run leaves nothing in the shared checkout', async () => {
  const request = await makeProbeHome()
  const coreDir = join(tempDir('core'), 'core')
  cpSync(request.coreDir, coreDir, { recursive: true })
  const before = listAll(coreDir)
  const instance = await start(createTestCtx(), { ...request, coreDir })
  await instance.stop()
  expect(listAll(coreDir)).toEqual(before)
})

function listAll(dir: string): Set<string> {
  return new Set(readdirSync(dir, { recursive: true, encoding: 'utf8' }))
}

async function start(probe: TestCtx, request: InstanceRequest): Promise<Instance> {
  const instance = await startInstance(probe.ctx, request)
  whenOver(async () => void (await instance.stop(0)))
  return instance
}

/** A home whose start says its port and then stands still until the file exists. */
function gated(file: string): Promise<InstanceRequest> {
  return makeProbeHome({
    gate: `
import os, sys, time
print("gate: port", sys.argv[sys.argv.index("--port") + 1], flush=True)
while not os.path.exists(${JSON.stringify(file)}):
    time.sleep(0.005)
`,
  })
}

type LogEvent = Extract<ComfypinEvent, { type: 'instance.log' }>

function isPortLine(event: ComfypinEvent): event is LogEvent {
  return event.type === 'instance.log' && event.line.startsWith('gate: port')
}

function isSleeperLine(event: ComfypinEvent): event is LogEvent {
  return event.type === 'instance.log' && event.line.startsWith('sleeper')
}

/** Another ComfyUI, by its answers. */
async function startForeignServer(port: number): Promise<{ server: Server; port: number }> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ system: { argv: ['main.py', '--port', String(port)] } }))
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  whenOver(() => server.close().closeAllConnections())
  return { server, port }
}

async function json(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}
