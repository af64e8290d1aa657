import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The licence texts of the packages that bundled modules belong to, as their licences ask for. */
export function licensesOf(modules) {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== null))
  return [...folders].map(licenseOf).toSorted(byText).join('\n')
}

function packageFolder(module) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? null
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${folder} is bundled and has no licence file`)
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

function byText(a, b) {
  return a < b ? -1 : 1
}
