import { expect, test, vi } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { cleanEnv, runCli, spawnCli } from '../../helpers/cli.ts'

test('the built command runs to its end with its streams apart', async () => {
  expect(await runCli(['--version'])).toEqual({
    exitCode: 0,
    signal: null,
    stdout: `${manifest.version}\n`,
    stderr: '',
  })
})

test('a running command can be killed', async () => {
  const { child, result } = spawnCli(['--help'])
  child.kill('SIGKILL')
  expect(await result).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
})

test('settings of tools and certificates reach the command, tokens and versions do not', () => {
  vi.stubEnv('UV_FIND_LINKS', '/wheels')
  vi.stubEnv('SSL_CERT_FILE', '/ca.pem')
  vi.stubEnv('HF_TOKEN', 'hf_secret')
  vi.stubEnv('COMFY_HOME', '/elsewhere')
  const env = cleanEnv('/home/test')
  vi.unstubAllEnvs()
  expect(env).toMatchObject({ UV_FIND_LINKS: '/wheels', SSL_CERT_FILE: '/ca.pem' })
  expect(env).not.toHaveProperty('HF_TOKEN')
  expect(env).not.toHaveProperty('COMFY_HOME')
})
