/**
 * Packs install nothing (packs.md §6.8): uv and a pip from somewhere may list and show, which
 * ComfyUI-Manager needs to start, and refuse what has no hash, be it a name, a URL or a file.
 */
export const NO_INSTALLS = {
  UV_OFFLINE: '1',
  UV_REQUIRE_HASHES: '1',
  PIP_NO_INDEX: '1',
  PIP_REQUIRE_HASHES: '1',
  PIP_REQUIRE_VIRTUALENV: '1',
}

/** What an absent pip says, and uv and pip with that environment. */
export function isRefusedInstall(line: string): boolean {
  return REFUSED.test(line)
}

const REFUSED =
  /\bNo module named '?pip\b|`?--require-hashes`? mode|activated virtualenv \(required\)/
