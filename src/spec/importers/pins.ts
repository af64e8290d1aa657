import { hasControl } from '../repo-address.ts'
import { joinParts, note, type DraftPart } from './draft-parts.ts'
import { withoutLogin } from './foreign-address.ts'
import { describe } from './shape.ts'

/**
 * Lines of `pip freeze`, or of a requirements file, as exact `python_packages`. Everything that was
 * installed is pinned, what packs ask for too: only then the same versions come again. Left out,
 * with a note: what lies on that machine alone, what torch brings itself, and tools of the venv.
 */
export function pinLines(lines: readonly string[]): DraftPart {
  const clean = lines.map((line) => line.trim()).filter((line) => line !== '')
  const hasTorch = clean.some((line) => /^torch\s*(?:==|@)/i.test(line))
  const companions = hasTorch ? clean.filter(isOfTorch) : []
  const others = clean.filter((line) => !companions.includes(line))
  return joinParts([
    ...others.map(pinLine),
    companions.length === 0 ? {} : note('PACKAGES_OF_TORCH', 'torch', describe(companions)),
  ])
}

/** One line; a comment is what `pip freeze` says about something that it cannot pin. */
function pinLine(line: string): DraftPart {
  if (line.startsWith('#')) return freezeComment(line)
  if (/^(?:-e|--editable)\b/.test(line)) return note('PACKAGE_LEFT_OUT', 'editable', describe(line))
  if (line.startsWith('-')) return note('NO_PLACE', 'pip', describe(line))
  if (line.length > MAX_LENGTH || hasControl(line) || line.includes('${'))
    return note('VALUE_REFUSED', 'python_packages', describe(line))
  const direct = /^([A-Za-z0-9][\w.-]*(?:\[[\w,. -]*\])?)\s*@\s*(\S+)(.*)$/.exec(line)
  if (direct !== null) return pinUrl(direct[1] ?? '', direct[2] ?? '', direct[3] ?? '')
  if (/^[a-z][a-z0-9+.-]*:/i.test(line)) return pinUrl(null, line, '')
  if (!REQUIREMENT.test(line))
    return /^[.~/\\]|[/\\]/.test(line)
      ? note('PACKAGE_LEFT_OUT', describe(line), describe(line))
      : note('VALUE_REFUSED', 'python_packages', describe(line))
  return pinRelease(line)
}

const MAX_LENGTH = 2000

const REQUIREMENT =
  /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?\s*(?:\[[\w,. -]*\])?\s*(?:\(?[<>=!~][^;@/\\]*)?(?:;[^/\\]*)?$/

/** A build tag such as `+cu128` names an index that is not PyPI: the public version fits all builds. */
function pinRelease(line: string): DraftPart {
  const name = /^[\w.-]+/.exec(line)?.[0] ?? ''
  if (/^pip$/i.test(name)) return note('PACKAGE_TOOL', name, line)
  const tagged = /^(\s*[\w.-]+(?:\[[^\]]*\])?\s*===?\s*[^+;\s]+)\+([\w.-]+)(.*)$/.exec(line)
  if (tagged === null) return { packages: [line] }
  const pin = `${tagged[1] ?? ''}${tagged[3] ?? ''}`.trim()
  return joinParts([{ packages: [pin] }, note('PACKAGE_BUILD', pin, `+${tagged[2] ?? ''}`)])
}

function pinUrl(name: string | null, url: string, rest: string): DraftPart {
  const [, vcs = '', web = ''] = /^(git\+)?(https?:\/\/.+)$/i.exec(url) ?? []
  if (web === '') return note('PACKAGE_LEFT_OUT', name ?? describe(url), describe(url))
  const { address, hadLogin } = withoutLogin(web)
  const prefix = name === null ? '' : `${name} @ `
  return joinParts([
    { packages: [`${prefix}${vcs}${address}${rest}`] },
    hadLogin ? note('LOGIN_REMOVED', name ?? vcs + address, address) : {},
  ])
}

function freezeComment(line: string): DraftPart {
  const about = /^#\s*(?:!!|Editable|Could not).*?\(([^)]+)\)/i.exec(line)?.[1]
  return about === undefined ? {} : note('PACKAGE_LEFT_OUT', about, describe(line.slice(1).trim()))
}

/** torch requires these in exact versions (`==`), each build of it others. */
const OF_TORCH =
  /^(?:nvidia-(?!ml-py|dali|modelopt)[\w-]*|triton|pytorch-triton[\w-]*|cuda-(?:bindings|pathfinder|toolkit))\s*==/i

function isOfTorch(line: string): boolean {
  return OF_TORCH.test(line)
}
