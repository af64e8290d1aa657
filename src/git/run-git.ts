import type { Ctx } from '../core/context.ts'
import { ComfypinError, systemCode } from '../core/errors.ts'
import { exec, type ExecResult } from '../platform/exec.ts'
import { isDiskComplaint } from '../platform/files.ts'
import { writeRefusal } from '../platform/write-refusal.ts'

export interface GitOptions {
  env?: Readonly<Record<string, string>>
  input?: string
}

/**
 * Run git. It can never ask for anything, run hooks, use remote helpers or clean up in the
 * background, and dies when a remote stays silent for `settings.gitTimeoutMs` (R34).
 * Data (URLs, refs, paths) must stand after `--` in `args`.
 * @throws GIT_MISSING, INTERRUPTED; an exit code is the caller's to judge
 */
export async function runGit(
  ctx: Ctx,
  args: readonly string[],
  options: GitOptions = {},
): Promise<ExecResult> {
  try {
    return await exec(ctx, ['git', ...FIXED_CONFIG.flatMap((entry) => ['-c', entry]), ...args], {
      env: { ...environment(ctx), ...options.env },
      idleTimeoutMs: ctx.settings.gitTimeoutMs,
      ...(options.input === undefined ? {} : { input: options.input }),
    })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new ComfypinError('GIT_MISSING', {}, { cause: error })
    throw error
  }
}

const FIXED_CONFIG = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.autocrlf=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.ext.allow=never',
  // A pack is kept as it comes: three times faster than a file per object, and half the disk.
  'fetch.unpackLimit=1',
  'advice.detachedHead=false',
  'init.defaultBranch=main',
]

function environment(ctx: Ctx): Record<string, string | null> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: 'true',
    SSH_ASKPASS: 'true',
    GCM_INTERACTIVE: 'never',
    GIT_SSH_COMMAND: ctx.settings.env['GIT_SSH_COMMAND'] ?? 'ssh -oBatchMode=yes',
    GIT_ALLOW_PROTOCOL: 'http:https:ssh:git:file',
    GIT_LFS_SKIP_SMUDGE: '1',
    LC_ALL: 'C',
    // A caller inside a repository (a hook, CI) must not lend us its own.
    GIT_DIR: null,
    GIT_WORK_TREE: null,
    GIT_INDEX_FILE: null,
    ...hostConfig(ctx.settings),
  }
}

/**
 * The token goes to github.com alone, and through the environment: an argument could be read by
 * anyone. As a login and not as a header, because git sends its headers to wherever a redirect leads.
 * A mirror stands in for it without the token: git looks up logins by the address that it asks.
 */
function hostConfig({ githubToken, githubEndpoint }: Ctx['settings']): Record<string, string> {
  const helper = 'credential.https://github.com.helper'
  const entries = [
    // an empty one forgets the user's own helpers: a token that was set is what counts
    ...(githubToken === null ? [] : [[helper, ''] as const, [helper, TOKEN_HELPER] as const]),
    ...(githubEndpoint === null
      ? []
      : [[`url.${githubEndpoint}/.insteadOf`, 'https://github.com/'] as const]),
  ]
  if (entries.length === 0) return {}
  const numbered = entries.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return {
    ...(githubToken === null ? {} : { [TOKEN_VARIABLE]: githubToken }),
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(numbered),
  }
}

const TOKEN_VARIABLE = 'COMFYPIN_GIT_LOGIN'

/** git's own shell runs it; nothing but this text is ever part of it. */
const TOKEN_HELPER = `!f() { test "$1" = get && printf 'username=x-access-token\\npassword=%s\\n' "$${TOKEN_VARIABLE}"; }; f`

/** Why git failed, for a message: its `fatal:` and `remote:` lines, at most three. */
export function gitReason(result: ExecResult, timeoutMs: number): string {
  if (result.stalled) return `no answer for ${Math.round(timeoutMs / 1000)} s`
  const lines = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('hint:'))
  const telling = lines.filter((line) => /^(fatal|error|remote):/.test(line))
  return (
    (telling.length > 0 ? telling : lines).slice(-3).join('; ') ||
    `exit code ${result.exitCode ?? result.signal}`
  )
}

/**
 * The disk or its permissions are the reason. What the remote says of its own (`remote: …`) is not.
 * @param path what git was writing
 */
export function diskFailure(result: ExecResult, path: string): ComfypinError | null {
  const own = result.stderr.split('\n').filter((line) => /^(fatal|error):/.test(line))
  const reason = own.find((line) => isDiskComplaint(line) || WRITE_FAILED.test(line))
  if (reason !== undefined) return new ComfypinError('DISK_WRITE', { path, reason })
  // git has many more words for it, and none when a helper of its own could not write
  return result.stalled || REMOTE_REFUSED.test(result.stderr) ? null : writeRefusal(path)
}

const WRITE_FAILED =
  /out of diskspace|(unable to|couldn't|failed to) (write|create|append)|cannot (mkdir|create)|permission denied$/i

/** What git says of a remote before it writes anything: no disk explains that. */
const REMOTE_REFUSED =
  /unable to access|could not resolve|connection refused|repository .*not found|does not appear to be a git repository|not our ref|unadvertised object|couldn't find remote ref|could not read (username|password)|authentication failed/i

/** A failure of a remote, told apart by what git says. */
export function remoteError(
  repo: string,
  ref: string,
  result: ExecResult,
  timeoutMs: number,
): ComfypinError {
  const reason = gitReason(result, timeoutMs)
  const needsLogin =
    /authentication failed|could not read (username|password)|terminal prompts disabled|invalid username|permission denied|returned error: 40[13]/i.test(
      result.stderr,
    )
  return new ComfypinError(needsLogin ? 'GIT_AUTH' : 'GIT_REMOTE_FAILED', { repo, ref, reason })
}
