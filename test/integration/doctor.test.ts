import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { lookAtVolumes } from '../../src/doctor/check-volumes.ts'
import { startInstance } from '../../src/comfy/instance.ts'
import { homePaths } from '../../src/platform/paths.ts'
import { startFileServer } from '../helpers/file-server.ts'
import { listen } from '../helpers/listen.ts'
import { startPythonIndex } from '../helpers/python-index.ts'
import { startRedis } from '../helpers/redis.ts'
import { selfSigned } from '../helpers/self-signed.ts'
import { demoDir } from '../helpers/standin-core.ts'
import { standinPython } from '../helpers/standin-python.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { treeOf } from '../helpers/tree.ts'
import { createWorld, type World } from '../helpers/world.ts'

interface Finding {
  check: string
  status: string
  code: string
  params: Record<string, string | number>
  message: string
  remedy: string | null
}

let world: World

beforeAll(async () => {
  world = await createWorld()
  world.writeSpec('main', { custom_nodes: [world.pack('good')] })
  await world.json(['realize', 'main'])
})

describe('a machine in order', () => {
  test('has no failure, and is left as it was', async () => {
    const before = treeOf(world.root)
    const { exitCode, findings } = await examine()
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([])
    expect(exitCode).toBe(0)
    expect(codes(findings)).toEqual(
      expect.arrayContaining(['GIT_OK', 'UV_OK', 'PYTHON_OK', 'NODE_OK', 'LINKS_OK', 'LOCKS_OK']),
    )
    expect([...treeOf(world.root)]).toEqual([...before])
  })

  test('is told line by line, in both languages', async () => {
    const english = await world.run(['doctor'])
    expect(english.stdout).toMatch(/^ok +git +git \d/m)
    expect(english.stdout).toMatch(/^failed: 0, to look at: \d+, in order: \d+$/m)
    const russian = await world.run(['doctor', '--lang', 'ru'])
    expect(russian.stdout).toMatch(/^ошибок: 0, требуют внимания: \d+, в порядке: \d+$/m)
  })

  test('needs no folder that is not there yet, and makes none', async () => {
    const root = tempDir('new')
    const env = { COMFY_CACHE_ROOT: join(root, 'a', 'cache'), MODELS_DIR: join(root, 'b') }
    const { exitCode, findings } = await examine([], env)
    expect(exitCode).toBe(0)
    expect(find(findings, 'FOLDER_ABSENT').params).toMatchObject({ parent: root })
    expect(readdirSync(root)).toEqual([])
  })
})

describe('tools', () => {
  test('that are missing are failures with a remedy', async () => {
    const { exitCode, findings } = await examine([], {
      PATH: '/nowhere',
      COMFYPIN_UV: '/nowhere/uv',
    })
    expect(exitCode).toBe(1)
    expect(find(findings, 'GIT_ABSENT')).toMatchObject({ status: 'fail', remedy: 'install git' })
    expect(find(findings, 'UV_BROKEN').params).toEqual({ path: '/nowhere/uv' })
  })

  test('that are too old are named with what is needed', async () => {
    const bin = script(
      'git',
      'case "$*" in *--version*) echo git version 2.17.1;; *) echo /nowhere;; esac',
    )
    const { findings } = await examine([], { PATH: `${bin}${delimiter}${process.env.PATH}` })
    expect(find(findings, 'GIT_OLD').params).toEqual({ version: '2.17.1', oldest: '2.20' })
    expect(find(findings, 'GIT_NO_HTTP').status).toBe('fail')
  })

  test('of NVIDIA name their GPUs', async () => {
    const bin = script('nvidia-smi', 'echo "GPU of a test, 999.1, 24564 MiB"')
    const env = { PATH: `${bin}${delimiter}${process.env.PATH}` }
    expect(find((await examine([], env)).findings, 'GPU_OK').params).toEqual({
      name: 'GPU of a test',
      driver: '999.1',
      memory: '24564 MiB',
    })
  })

  test('such as Python are the ones that realize would take', async () => {
    const { findings } = await examine(['--python', '/nowhere/python'])
    expect(find(findings, 'PYTHON_ABSENT').params).toMatchObject({ python: '/nowhere/python' })
  })
})

describe('folders', () => {
  test('that are no folders are refused', async () => {
    const file = join(tempDir('file'), 'file')
    writeFileSync(file, '')
    const { exitCode, findings } = await examine([], { COMFY_CACHE_ROOT: file })
    expect(exitCode).toBe(1)
    expect(find(findings, 'FOLDER_NONE').params).toEqual({ folder: 'cache_root', path: file })
  })

  test('that cannot be written fail where that is needed, and warn where it is not', async () => {
    const env = { COMFY_CACHE_ROOT: '/proc/comfypin', MODELS_DIR: '/proc' }
    const { findings } = await examine([], env)
    expect(find(findings, 'FOLDER_LOCKED').params).toMatchObject({ folder: 'cache_root' })
    expect(find(findings, 'FOLDER_READ_ONLY').params).toMatchObject({ folder: 'models_dir' })
    expect(find(findings, 'FOLDER_LOCKED').message).not.toContain('.comfypin-doctor')
    expect(codes(findings)).not.toContain('LOCKS_BROKEN')
  })

  test.runIf(existsSync('/dev/shm'))('in memory and on another filesystem are told', async () => {
    const dir = '/dev/shm/comfypin-doctor-test'
    mkdirSync(dir, { recursive: true })
    whenOver(() => rmSync(dir, { recursive: true, force: true }))
    const { findings } = await examine([], { COMFY_CACHE_ROOT: dir })
    expect(find(findings, 'FOLDER_IN_MEMORY').params).toMatchObject({ path: dir })
    expect(find(findings, 'LINKS_ACROSS').status).toBe('warn')
    expect(readdirSync(dir)).toEqual([])
  })

  test('of RunPod are volumes, or a warning', async () => {
    const dir = tempDir('volume')
    const { ctx } = createTestCtx()
    const env = { ...ctx.settings.env, RUNPOD_POD_ID: 'pod' }
    const pod = { ...ctx, settings: { ...ctx.settings, env } }
    expect(await lookAtVolumes(ctx, [join(dir, 'none')])).toMatchObject([{ code: 'VOLUME_NONE' }])
    expect(await lookAtVolumes(pod, [join(dir, 'none')])).toMatchObject([{ code: 'VOLUME_ABSENT' }])
    expect(await lookAtVolumes(pod, [dir])).toMatchObject([{ code: 'VOLUME_NOT_MOUNTED' }])
    expect(await lookAtVolumes(pod, ['/dev'])).toMatchObject([{ code: 'VOLUME_OK' }])
    const { findings } = await examine([], { RUNPOD_VOLUME_ROOT: join(dir, 'none') })
    expect(find(findings, 'VOLUME_NOT_THERE').params).toEqual({ path: join(dir, 'none') })
  })

  test('have what the variables of RunPod allow', async () => {
    const env = { RUNPOD_VOLUME_QUOTA_GB: '50', RUNPOD_VOLUME_QUOTA_MB: 'x', COMFY_CACHE: '1' }
    const { findings } = await examine([], env)
    expect(find(findings, 'DISK_QUOTA').params).toMatchObject({ quota: '50 GiB' })
    expect(find(findings, 'DISK_QUOTA_ODD').params).toMatchObject({ value: 'x' })
    expect(find(findings, 'VARIABLE_UNUSED').remedy).toContain('COMFY_CACHE_ROOT')
  })
})

describe('what was left behind', () => {
  test('is counted: locks of the dead, staging of yesterday', async () => {
    const cache = tempDir('cache')
    for (const name of ['locks', 'tmp']) mkdirSync(join(cache, name))
    writeFileSync(join(cache, 'locks', 'dead.lock'), `${hostname()} 999999999 1 abc`)
    writeFileSync(join(cache, 'locks', 'live.lock'), `another-machine 1 1 abc`)
    mkdirSync(join(cache, 'tmp', 'old'))
    mkdirSync(join(cache, 'tmp', 'new'))
    utimesSync(join(cache, 'tmp', 'old'), 1, 1)
    const { findings } = await examine([], { COMFY_CACHE_ROOT: cache })
    expect(find(findings, 'LOCKS_STALE').params).toMatchObject({ count: 1 })
    expect(find(findings, 'STAGING_STALE').params).toMatchObject({ count: 1 })
  })

  test('and what still runs is named with its process', async () => {
    const home = world.home('main')
    const { ctx, abort } = createTestCtx()
    const instance = await startInstance(ctx, {
      python: await standinPython(),
      coreDir: join(demoDir, 'core'),
      home: tempDir('elsewhere'),
      extraModelPaths: null,
    })
    whenOver(async () => void (await instance.stop()))
    expect(codes((await examine()).findings)).toContain('INSTANCES_NONE')
    const own = await startInstance(ctx, {
      python: homePaths(home).python,
      coreDir: join(demoDir, 'core'),
      home,
      extraModelPaths: null,
    })
    expect(find((await examine()).findings, 'INSTANCE_RUNS').params).toEqual({
      pid: own.pid,
      home,
    })
    await own.stop()
    abort()
  })
})

describe('tokens', () => {
  test('are never shown, only where they go', async () => {
    const env = { HF_TOKEN: 'hf_secretsecret', CIVITAI_TOKEN: 'plain-secret' }
    const { stdout, findings } = await examine([], env)
    expect(stdout).not.toMatch(/secret/)
    expect(find(findings, 'TOKEN_SET').params).toEqual({ name: 'HF_TOKEN', host: 'huggingface.co' })
    expect(find(findings, 'TOKEN_ABSENT').params).toEqual({ name: 'GITHUB_TOKEN' })
  })

  test('are tried on request, at their own host', async () => {
    const files = new Map([
      ['/api/whoami-v2', Buffer.from('{}')],
      ['/api/v1/me', Buffer.from('{}')],
    ])
    const good = await startFileServer({ files, token: 'hf_good-token' })
    const other = await startFileServer({ files, token: 'another' })
    whenOver(() => Promise.all([good.stop(), other.stop()]).then(() => {}))
    const { exitCode, findings } = await examine(['main', '--online'], {
      HF_TOKEN: 'hf_good-token',
      HF_ENDPOINT: good.url,
      CIVITAI_TOKEN: 'wrong-token',
      COMFYPIN_CIVITAI_ENDPOINT: other.url,
      ...(await localNetwork()),
    })
    expect(find(findings, 'TOKEN_ACCEPTED').params).toMatchObject({ name: 'HF_TOKEN' })
    expect(find(findings, 'TOKEN_REFUSED').params).toMatchObject({
      name: 'CIVITAI_TOKEN',
      status: 401,
    })
    expect(exitCode).toBe(1)
    const sent = other.requests.map(({ headers }) => headers.authorization)
    expect(sent).toEqual(['Bearer wrong-token'])
  })
})

describe('the network', () => {
  test('is left alone unless somebody asks', async () => {
    const requests = [world.git.requests.length, world.files.requests.length]
    const { findings } = await examine(['main'])
    expect(codes(findings)).toContain('NETWORK_UNASKED')
    expect([world.git.requests.length, world.files.requests.length]).toEqual(requests)
    expect(codes((await examine(['--online', '--offline'])).findings)).toContain('NETWORK_OFFLINE')
  })

  test('is asked through the tools that will use it', async () => {
    const hub = await startFileServer({ files: new Map() })
    whenOver(() => hub.stop())
    const env = { HF_ENDPOINT: hub.url, ...(await localNetwork()) }
    const { findings } = await examine(['main', '--online'], env)
    const answered = findings.filter(({ code }) => code === 'NETWORK_OK')
    expect(answered.map(({ params }) => params['host'])).toEqual([world.repo('core').url, hub.url])
    expect(codes(findings)).toContain('INDEX_OK')
  })

  test('that does not answer is a failure with its reason', async () => {
    const env = {
      HF_ENDPOINT: 'http://127.0.0.1:1',
      UV_FIND_LINKS: undefined,
      UV_DEFAULT_INDEX: 'http://127.0.0.1:1/simple',
      UV_HTTP_RETRIES: '0',
    }
    const { exitCode, findings } = await examine(['main', '--online'], env)
    expect(exitCode).toBe(1)
    expect(find(findings, 'NETWORK_FAILED').params['reason']).toContain('ECONNREFUSED')
    expect(codes(findings)).toContain('INDEX_FAILED')
  })

  test('goes through proxies that are shown without their logins', async () => {
    const env = { https_proxy: 'http://me:secret@127.0.0.1:1', ALL_PROXY: 'me:secret@127.0.0.1:2' }
    const { stdout, findings } = await examine([], env)
    expect(stdout).not.toContain('secret')
    expect(
      findings.filter(({ code }) => code === 'PROXY').map(({ params }) => params['value']),
    ).toEqual(['http://***@127.0.0.1:1', '***@127.0.0.1:2'])
  })
})

describe('redis', () => {
  test('answers with its login, and its settings are judged', async (ctx) => {
    const port = await startRedis(ctx, [
      ...['--requirepass', 'se cret@1', '--maxmemory-policy', 'allkeys-lru'],
    ])
    const password = encodeURIComponent('se cret@1')
    const url = `redis://:${password}@127.0.0.1:${port}/3`
    const { stdout, findings } = await examine([], { REDIS_URL: url })
    expect(find(findings, 'REDIS_OK').params['host']).toBe(`127.0.0.1:${port}`)
    expect(find(findings, 'REDIS_EVICTS').params['policy']).toBe('allkeys-lru')
    expect(stdout).not.toMatch(/se.{1,3}cret/)
  })

  test('refuses a wrong login and a database that is not there', async (ctx) => {
    const port = await startRedis(ctx, ['--requirepass', 'right'])
    const cases = [
      ['x:wrong@', '', 'WRONGPASS'],
      ['', '', 'NOAUTH'],
      [':right@', '/99', 'ERR'],
    ] as const
    for (const [login, path, reason] of cases) {
      const env = { COMFYPIN_REDIS_URL: `redis://${login}127.0.0.1:${port}${path}` }
      const { exitCode, findings } = await examine([], env)
      expect(exitCode).toBe(1)
      expect(find(findings, 'REDIS_REFUSED').params['reason']).toContain(reason)
    }
  })

  test('speaks TLS to those who trust its certificate', async (ctx) => {
    const tls = await selfSigned()
    const port = await startRedis(ctx, ['--requirepass', 'right'], tls)
    const trusted = await examineAlone({
      REDIS_URL: `rediss://:right@localhost:${port}/1`,
      NODE_EXTRA_CA_CERTS: tls.certFile,
    })
    expect(find(trusted.findings, 'REDIS_OK').params['host']).toBe(`localhost:${port}`)
    const url = `rediss://:right@127.0.0.1:${port}`
    const { findings, stderr } = await examineAlone({ REDIS_URL: url, SSL_CERT_FILE: tls.certFile })
    expect(codes(findings)).toContain('REDIS_OK')
    expect(stderr).toBe('')
  })

  test('whose certificate nobody knows is told so, and so is one without TLS', async (ctx) => {
    const tls = await selfSigned(['redis.example'])
    const port = await startRedis(ctx, [], tls)
    const { findings } = await examine([], { REDIS_URL: `rediss://127.0.0.1:${port}` })
    const { params, remedy } = find(findings, 'REDIS_UNTRUSTED')
    expect(params['reason']).toMatch(/self-signed certificate/)
    expect(remedy).toContain('NODE_EXTRA_CA_CERTS')
    const plain = await startRedis(ctx)
    const swapped = [`redis://127.0.0.1:${port}`, `rediss://127.0.0.1:${plain}`]
    for (const url of swapped)
      expect(codes((await examine([], { REDIS_URL: url })).findings)).toContain('REDIS_UNREACHABLE')
  })

  test('that is none is told from one', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    whenOver(() => void server.close())
    const port = await listen(server)
    const ask = async (url: string) => codes((await examine([], { REDIS_URL: url })).findings)
    expect(await ask(`redis://127.0.0.1:${port}`)).toContain('REDIS_UNREACHABLE')
    expect(await ask('redis://127.0.0.1:1')).toContain('REDIS_UNREACHABLE')
    expect(await ask('http://127.0.0.1')).toContain('REDIS_ODD')
    expect(await ask('')).toContain('REDIS_NONE')
  })
})

describe('a version', () => {
  test('that is ready is fine, with a venv for this machine', async () => {
    const { exitCode, findings } = await examine(['main'])
    expect(exitCode).toBe(0)
    expect(codes(findings)).toEqual(expect.arrayContaining(['VERSION_OK', 'VENV_OK']))
  })

  test('that was never realized is told what to do', async () => {
    world.writeSpec('never')
    const { exitCode, findings } = await examine(['never'])
    expect(exitCode).toBe(0)
    expect(find(findings, 'VERSION_PROBLEM').remedy).toBe('comfypin realize never')
  })

  test('whose spec is wrong fails', async () => {
    world.writeSpec('wrong', { schema_version: 1 })
    const { exitCode, findings } = await examine(['wrong'])
    expect(exitCode).toBe(1)
    expect(find(findings, 'VERSION_INVALID').params['reason']).toContain('schema_version')
  })

  test('that has no spec is a mistake of the caller', async () => {
    expect(await world.json(['doctor', 'nobody'])).toMatchObject({
      exitCode: 2,
      error: { code: 'SPEC_NOT_FOUND' },
    })
  })

  test('whose venv was made in another image is told so', async () => {
    world.writeSpec('moved')
    await world.json(['realize', 'moved'])
    const { venv } = homePaths(world.home('moved'))
    const lib = join(venv, 'lib')
    const [python = ''] = readdirSync(lib)
    const wheel = join(lib, python, 'site-packages', 'needy-1.0.dist-info')
    mkdirSync(wheel)
    writeFileSync(join(wheel, 'WHEEL'), 'Tag: cp311-cp311-manylinux_2_99_x86_64\n')
    const codesNow = async () => codes((await examine(['moved'])).findings)
    expect(await codesNow()).toContain('VENV_OLD_GLIBC')
    const own = join(venv, 'bin', 'python')
    rmSync(own)
    writeFileSync(own, '#!/bin/sh\necho 3.99.1 2.36\n', { mode: 0o755 })
    expect(await codesNow()).toContain('VENV_OTHER_PYTHON')
    writeFileSync(own, '#!/bin/sh\necho no such library >&2\nexit 127\n')
    expect(await codesNow()).toContain('VENV_BROKEN')
    rmSync(own)
    expect(await codesNow()).toContain('VENV_NO_PYTHON')
  })
})

async function examine(args: string[] = [], env: Record<string, string | undefined> = {}) {
  const { exitCode, stdout, data } = await world.json(['doctor', ...args], env)
  const findings: Finding[] = data.findings
  return { exitCode, stdout, findings }
}

/** In a process of its own, because Node reads certificates and warns of odd ones once. */
async function examineAlone(env: Record<string, string>) {
  const { stdout, stderr } = await world.start(['doctor', '--json'], env).result
  const findings: Finding[] = JSON.parse(stdout).data.findings
  return { findings, stderr }
}

function codes(findings: readonly Finding[]): string[] {
  return findings.map(({ code }) => code)
}

function find(findings: readonly Finding[], code: string): Finding {
  const found = findings.find((finding) => finding.code === code)
  if (found === undefined) throw new Error(`no ${code} among ${codes(findings).join(', ')}`)
  return found
}

function script(name: string, text: string): string {
  const dir = tempDir('bin')
  writeFileSync(join(dir, name), `#!/bin/sh\n${text}\n`)
  chmodSync(join(dir, name), 0o755)
  return dir
}

/** An index of this machine; git asks a repository of this machine anyway when a version is named. */
async function localNetwork(): Promise<Record<string, string | undefined>> {
  const { url } = await startPythonIndex([{ name: 'numpy', version: '1.0' }])
  return { UV_FIND_LINKS: undefined, UV_DEFAULT_INDEX: url }
}
