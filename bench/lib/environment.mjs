import { basename, delimiter, join } from 'node:path'

/** Settings of tools and certificates pass. NODE_EXTRA_CA_CERTS does not: it doubles Node's start. */
const PASSED = /^(TMPDIR|TZ|(UV|PIP|SSL)_\w+|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/
const PROXIES = /^(https?|all|no)_proxy$/i

/** `env` is what everything is measured in; only set-up goes online. */
export function createEnvironments(work) {
  const env = {
    ...pick(PASSED),
    PATH: pathWithoutShims(),
    HOME: join(work.run, 'home'),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    GIT_CONFIG_NOSYSTEM: '1',
    UV_CACHE_DIR: work.uvCache,
    UV_LINK_MODE: 'hardlink',
    UV_PYTHON_DOWNLOADS: 'never',
    UV_PREVIEW_FEATURES: 'pylock',
  }
  return { env, onlineEnv: { ...env, ...pick(PROXIES) } }
}

function pick(pattern) {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => pattern.test(name)))
}

/** A version manager's shims are scripts that take 80 ms to find the program. */
function pathWithoutShims() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((dir) => basename(dir) !== 'shims')
    .join(delimiter)
}
