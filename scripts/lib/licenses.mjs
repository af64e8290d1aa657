import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** The licence texts of the packages that bundled modules belong to, as their licences ask for. */
export function licensesOf(modules) {
  const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== null))
  return [...folders].map(licenseOf).toSorted(byText).join('\n')
}

function packageFolder(module) {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module)?.[0] ?? null
}

function licenseOf(folder) {
  const { name, version, license, author } = manifestOf(folder)
  const file = licenceFile(folder) ?? licenceOfScope(folder, license)
  const text = file === undefined ? textOf(license, author) : readFileSync(file, 'utf8').trim()
  if (text === null) throw new Error(`${folder} is bundled and has no licence file`)
  return `${name} ${version} (${license})\n\n${text}\n`
}

/** A package that declares the MIT licence without its text means this one. */
function textOf(license, author) {
  const holder = typeof author === 'string' ? author : author?.name
  if (license !== 'MIT' || holder === undefined) return null
  return `MIT License\n\nCopyright (c) ${holder.replace(/\s*<.*/, '')}\n\n${MIT}`
}

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`

function licenceFile(folder) {
  const name = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  return name === undefined ? undefined : join(folder, name)
}

/** Of its packages Amazon forgot the file in some; the others in the scope have it. */
function licenceOfScope(folder, license) {
  const scope = dirname(folder)
  if (!basename(scope).startsWith('@')) return undefined
  const siblings = readdirSync(scope).map((name) => join(scope, name))
  const alike = siblings.filter((sibling) => manifestOf(sibling).license === license)
  return alike.map(licenceFile).find((file) => file !== undefined)
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

function byText(a, b) {
  return a < b ? -1 : 1
}
