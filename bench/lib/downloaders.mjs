import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createEngine } from './engine.mjs'
import { createLanding } from './landing.mjs'
import { sha256Of } from './payload.mjs'
import { timed, timedOutput } from './process.mjs'

const COMFY_CLI_DRIVER = fileURLToPath(new URL('comfy-cli-download.py', import.meta.url))

/**
 * Entrants that bring the files of a payload from `url` into a new folder. Programs are measured
 * from start to exit; the functions of comfypin and comfy-cli within their process.
 * @param slug of the row's folders
 * @param ca file with the server's certificate, or null
 */
export async function createDownloaders(bench, { slug, url, payload, ca = null }) {
  const urls = payload.files.map(({ name }) => `${url}/${name}`)
  const site = { bench, slug, payload, ca, urls }
  const curl = await bench.peers.find('curl')
  const aria2c = await bench.peers.find('aria2c')
  return {
    curl: () => program(site, curl, { name: 'curl', argv: curlArguments(site) }),
    curlParallel: () => program(site, curl, { name: 'curl -Z', argv: parallelArguments(site) }),
    curlThen: (tool) => curlThen(site, curl, tool),
    aria2c: () => program(site, aria2c, { name: 'aria2c -x16', argv: aria2cArguments(site) }),
    aria2cMany: () => program(site, aria2c, { name: 'aria2c -j16', argv: listArguments(site) }),
    comfyCli: () => comfyCli(site),
    comfypin: (options) => comfypin(site, options),
  }
}

/** Milliseconds of the function; `whole` those of the process; `memory` its most bytes. */
async function comfypin({ bench, slug, payload, ca, urls }, { name = 'comfypin', verified } = {}) {
  const trust = ca === null ? {} : { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_FILE: '' }
  const engine = await createEngine(bench, trust)
  const checksums = payload.files.map((file) =>
    verified ? { algorithm: 'sha256', hex: sha256Of(join(payload.dir, file.name)) } : null,
  )
  const transfers = (dir) =>
    payload.files.map((file, index) => ({
      url: urls[index],
      target: join(dir, file.name),
      checksum: checksums[index],
    }))
  const land = createLanding(bench, `${slug}-${name.replaceAll(/\W+/g, '-')}`, payload)
  return {
    name,
    command: `${urls.length > 1 ? `${urls.length} × ` : ''}transfer(<url>${verified ? ', sha256' : ''})`,
    ours: true,
    run: (turn) => land(turn, (dir) => engine.run({ transfers: transfers(dir) })),
  }
}

/** The function that `comfy model download` calls, as the package has it. */
async function comfyCli({ bench, slug, payload, ca, urls: [url] }) {
  const facts = { name: 'comfy-cli', command: 'file_utils.download_file(<url>, <file>)' }
  const { python, unavailable } = await bench.peers.get('comfy-cli')
  if (unavailable !== null) return { ...facts, unavailable }
  const land = createLanding(bench, `${slug}-comfy-cli`, payload)
  const env = { ...bench.env, ...(ca === null ? {} : { SSL_CERT_FILE: ca }) }
  return {
    ...facts,
    run: (turn) =>
      land(turn, async (dir) => {
        const argv = [python, COMFY_CLI_DRIVER, url, join(dir, payload.files[0].name)]
        const { stdout } = await timedOutput(argv, { env, cwd: dir })
        return Number(stdout.trim().split('\n').at(-1))
      }),
  }
}

/** @param tool what is then done with the file: `sha256sum`, or `sync` to have it on the disk */
function curlThen({ bench, slug, payload, urls, ca }, { unavailable }, tool) {
  const [{ name: file }] = payload.files
  const download = curlArguments({ payload, urls, ca })
  const shown = {
    name: `curl, ${tool}`,
    command: `curl -sSf -o <file> <url> && ${tool} <file>`,
  }
  if (unavailable !== null) return { ...shown, unavailable }
  const land = createLanding(bench, `${slug}-curl-${tool}`, payload)
  const options = (dir) => ({ env: bench.env, cwd: dir })
  return {
    ...shown,
    run: (turn) =>
      land(turn, async (dir) => {
        const downloaded = await timed(download(dir), options(dir))
        return downloaded + (await timed([tool, file], options(dir)))
      }),
  }
}

function curlArguments({ payload, urls, ca }) {
  const trust = ca === null ? [] : ['--cacert', ca]
  return (dir) => ['curl', '-sSf', ...trust, '-o', join(dir, payload.files[0].name), urls[0]]
}

/** The names of a payload's files differ in a number, which curl counts by itself. */
function parallelArguments({ payload, urls }) {
  const numbered = (first, number) => first.replace(/-1\.bin$/, `-${number}.bin`)
  const all = numbered(urls[0], `[1-${urls.length}]`)
  const target = numbered(payload.files[0].name, '#1')
  return (dir) => ['curl', '-sSf', '-Z', '--parallel-max', '50', '-o', join(dir, target), all]
}

const ARIA2C = ['aria2c', '-q', '--no-conf', '--file-allocation=none']

/** Without -k1M it would open fewer connections than it may. */
function aria2cArguments({ urls, ca }) {
  const trust = ca === null ? [] : [`--ca-certificate=${ca}`]
  return (dir) => [...ARIA2C, '-x16', '-s16', '-k1M', ...trust, '-d', dir, urls[0]]
}

function listArguments({ bench, slug, urls }) {
  const list = join(bench.work.run, `${slug}-urls.txt`)
  writeFileSync(list, `${urls.join('\n')}\n`)
  return (dir) => [...ARIA2C, '-j16', '-d', dir, '-i', list]
}

function program({ bench, slug, payload, urls }, { unavailable }, { name, argv }) {
  const command = bench.show(argv('<dir>')).replace(urls[0], '<url>')
  if (unavailable !== null) return { name, command, unavailable }
  const land = createLanding(bench, `${slug}-${name.replaceAll(/\W+/g, '-')}`, payload)
  return {
    name,
    command,
    run: (turn) => land(turn, (dir) => timed(argv(dir), { env: bench.env, cwd: dir })),
  }
}
